"""The records of a run as a table of docs/alerting.md."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

Json = dict[str, Any]
HEAD: Final = (
    "| what happens | what is told, minutes after it begins | pages, ends | tickets"
    " | engine's notices | Sloth's pages |\n|---|---|---|---|---|---|\n"
)


def table(records: Sequence[Json]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield HEAD
    for one in records:
        ours, theirs, engine = one["ours"], one["sloth"], one["engine"]
        why = f" ({one['meant']})" if "meant" in one else ""
        told = "; ".join(f"{name} {clock(minute)}" for name, minute in ours["told"].items())
        cells = (
            one["what"] + why,
            told or "-",
            f"{ours['pages']}, {ours['ends']}",
            str(ours["tickets"]),
            _first(engine["messages"], engine["first"]),
            _first(theirs["pages"], theirs["first"]),
        )
        yield f"| {' | '.join(cells)} |\n"


def _first(count: int, minute: float | None) -> str:
    return "0" if minute is None else f"{count}, {clock(minute)}"


def clock(minute: float) -> str:
    """Return minutes as 1:30."""
    seconds = round(abs(minute) * 60)
    return f"{'-' if minute < 0 else ''}{seconds // 60}:{seconds % 60:02}"
