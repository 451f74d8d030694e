"""Which collectors a scrape wants, as node_exporter lets it say."""

from typing import NamedTuple, Protocol


class BothFiltersError(Exception):
    """A scrape names collectors to show and others to leave out."""


class Query(Protocol):
    """A query string, in which a key may stand several times."""

    def getall(self, key: str, default: list[str], /) -> list[str]:
        """Return the values of a key."""


class Wanted(NamedTuple):
    """The collectors that a scrape wants (None: all that run), and whether services, too."""

    collectors: tuple[str, ...] | None = None
    probes: bool = True


PROBES = "probes"
"""Stands for the services among the names of collectors."""


def wanted_of(query: Query, enabled: tuple[str, ...]) -> Wanted:
    """Return what ``collect[]`` or ``exclude[]`` say.

    Raises:
        BothFiltersError: both are given.
    """
    only, without = (query.getall(key, []) for key in ("collect[]", "exclude[]"))
    if only and without:
        raise BothFiltersError("Combined collect and exclude queries are not allowed.")
    if only:
        return Wanted(tuple(name for name in only if name != PROBES), PROBES in only)
    if without:
        left = tuple(name for name in enabled if name not in without)
        return Wanted(left, PROBES not in without)
    return Wanted()
