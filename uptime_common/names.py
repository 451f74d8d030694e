"""Names of people, however they are written."""

import unicodedata

# Unicode TR39, confusables: letters of other scripts that look like these Latin ones.
_LOOKALIKES = {
    "a": "\u0430\u03b1\u0251",
    "b": "\u0185\u044c\u042c",
    "c": "\u0441\u03f2",
    "d": "\u0501",
    "e": "\u0435\u04bd",
    "f": "\ua799",
    "g": "\u0261\u0581",
    "h": "\u04bb\u0570",
    "i": "\u0456\u03b9\u0131\u02691|",
    "j": "\u0458\u03f3",
    "k": "\u03ba\u043a",
    "m": "\u043c",
    "n": "\u0578\u043f",
    "o": "\u043e\u03bf\u0585\u03c30",
    "p": "\u0440\u03c1",
    "q": "\u051b\u0566",
    "r": "\u0433",
    "s": "\u0455",
    "t": "\u0442\u03c4",
    "u": "\u03c5\u057d",
    "v": "\u03bd\u0475",
    "w": "\u051d\u0561",
    "x": "\u0445\u03c7",
    "y": "\u0443\u03b3\u04af",
    "z": "\u1d22",
}
_LATIN = str.maketrans({look: to for to, looks in _LOOKALIKES.items() for look in looks})
# Unicode's Default_Ignorable_Code_Point beside those of category Cf, and the empty Braille cell.
_FILLERS = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
_SHAPELESS = _FILLERS.union(range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_COLONS = dict.fromkeys((0x2D0, 0x589, 0x5C3, 0x703, 0x2236, 0xA789), ":")


def plain_name(name: str) -> str:
    """Return a name in one way of writing it.

    Compatible letters are one (NFKC), white space is one blank, what nobody sees is gone.
    """
    return " ".join(_seen(unicodedata.normalize("NFKC", name)).split())


def skeleton(name: str) -> str:
    """Return what two names share that people take for one, however they are written."""
    plain = unicodedata.normalize("NFKC", _seen(unicodedata.normalize("NFKC", name)).casefold())
    parts = unicodedata.normalize("NFD", " ".join(plain.split()).translate(_LATIN | _COLONS))
    # An l is a stroke as an i is, and is drawn as one in many fonts.
    return "".join(c for c in parts if not unicodedata.combining(c)).replace("l", "i")


def _seen(text: str) -> str:
    """Return a text without what has no shape; control characters become blanks."""
    kinds = ((c, unicodedata.category(c)) for c in text)
    shown = ((c, kind) for c, kind in kinds if kind != "Cf" and ord(c) not in _SHAPELESS)
    return "".join(" " if kind == "Cc" else c for c, kind in shown)
