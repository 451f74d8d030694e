"""Since when data exist: what a page of the first hour says about the rest of its range."""

from grafana_foundation_sdk.builders import stat

from grafana_dashboards.style import looks
from grafana_dashboards.style.looks import WHEN
from grafana_dashboards.style.panel import number
from grafana_dashboards.style.query import now


def data_since(selector: str) -> stat.Panel:
    """Return the begin of the first series of a selector in the range, to a few steps.

    Where that is the range's begin nothing is missing, and older data may be there.
    """
    first = f"min(min_over_time(timestamp({selector})[$__range:$__interval]))"
    begins = "time() - $__range_s + 4 * $__interval_ms / 1000"
    return number(
        "Data since",
        "When the data of this page begin, where they do within the time range (to a few minutes): "
        "what is before is not known, and no figure counts it.",
        now(f"1000 * ({first} > {begins}) or 0 * count({selector})", "since"),
        unit=WHEN,
        mappings=looks.SINCE,
    )
