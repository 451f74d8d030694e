"""What a report format is."""

from collections.abc import Callable
from dataclasses import dataclass

from sla_engine.domain.report import PeriodReport


class MissingExtraError(ValueError):
    """A format needs packages that are not installed."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a report, and everything that others must know of it.

    ``render`` rounds; nothing before it does. ``extension`` is that of a file's name, without the
    dot. ``needs_daily``: it shows services' days, which take the most time to work out, with
    ``few_days`` those alone that lost most (`plots.shown`);
    ``needs_health``: it shows server health, which Prometheus is asked for; ``needs_trend``: it
    shows the periods before, of which the ledger is read.
    """

    render: Callable[[PeriodReport], bytes]
    content_type: str
    extension: str
    needs_daily: bool = False
    needs_health: bool = False
    needs_trend: bool = False
    few_days: bool = False
