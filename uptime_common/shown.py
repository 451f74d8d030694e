"""What a document holds, in words: short, on one line, without characters that steer a terminal."""

import reprlib
from typing import Any

_LONGEST = 80
_repr = reprlib.Repr()
_repr.maxlevel = 2
_repr.maxlist = _repr.maxtuple = _repr.maxset = _repr.maxdict = 4
_repr.maxstring = _repr.maxother = _repr.maxlong = _LONGEST


def shown(value: Any) -> str:
    """Return a value as Python writes it, at most some 80 characters of each text in it."""
    return _repr.repr(value)


def shown_key(key: str) -> str:
    """Return a key as it stands, or as Python writes it where it is long or holds control signs."""
    return key if key.isprintable() and len(key) <= _LONGEST else shown(key)


def listed(names: list[str], most: int = 40) -> str:
    """Return names in a row; what exceeds ``most`` is counted."""
    told = ", ".join(shown_key(name) for name in names[:most])
    rest = len(names) - most
    return f"{told} and {rest} more" if rest > 0 else told
