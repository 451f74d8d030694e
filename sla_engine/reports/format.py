"""What a report format is."""

from collections.abc import Callable
from dataclasses import dataclass

from sla_engine.domain.report import PeriodReport


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a report, and everything that others must know of it.

    ``render`` rounds; nothing before it does. ``extension`` is that of a file's name, without the
    dot. ``needs_daily``: it shows every service's days, which take the most time to work out;
    ``needs_health``: it shows server health, which Prometheus is asked for; ``needs_trend``: it
    shows the periods before, of which the ledger is read.
    """

    render: Callable[[PeriodReport], bytes]
    content_type: str
    extension: str
    needs_daily: bool = False
    needs_health: bool = False
    needs_trend: bool = False
