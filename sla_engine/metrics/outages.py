"""The metrics of the newest outages: begin, end, downtime, class and reason, from the ledger."""

from functools import lru_cache
from typing import Final

from sla_engine.domain.outage_list import ListedOutage, ListedWindow, NewestOutages
from sla_engine.domain.period import rfc3339
from uptime_common.exposition import gauge, header, lines

_ONE: Final = ("service", "outage")
_START: Final = gauge(
    "sla_outage_start_timestamp_seconds", "First failed sample of one of the newest outages.", *_ONE
)
_END: Final = gauge(
    "sla_outage_end_timestamp_seconds",
    "First good sample after one of the newest outages; none while it is open.",
    *_ONE,
)
_DOWNTIME: Final = gauge(
    "sla_outage_downtime_seconds",
    "Known downtime of one of the newest outages in the agreed service time.",
    *(*_ONE, "kind"),
)
_INFO: Final = gauge(
    "sla_outage_info",
    "Constant 1; the labels tell the class and the recorded cause of one of the newest outages.",
    *(*_ONE, "class", "reason"),
)
_OF_OUTAGES: Final = (_START, _END, _DOWNTIME, _INFO)
_SINCE: Final = gauge(
    "sla_outages_complete_since_timestamp_seconds",
    "Every outage that began since is among the newest that are told.",
)
_WINDOW: Final = ("service", "window", "occurrence")
_WINDOW_START: Final = gauge(
    "sla_maintenance_start_timestamp_seconds",
    "Start of one of the newest approved maintenance windows that began.",
    *_WINDOW,
)
_WINDOW_END: Final = gauge(
    "sla_maintenance_end_timestamp_seconds",
    "End of one of the newest approved maintenance windows that began.",
    *_WINDOW,
)


def outages_text(newest: NewestOutages) -> bytes:
    """Return the text of the newest outages and windows, the same in both styles."""
    listed = [*zip(*map(_of_outage, newest.outages), strict=True)] or [()] * len(_OF_OUTAGES)
    families = (
        _SINCE.of(*([] if newest.since is None else [((), newest.since / 1000)])),
        _WINDOW_START.of(*((_labels(w), w.start / 1000) for w in newest.windows)),
        _WINDOW_END.of(*((_labels(w), w.end / 1000) for w in newest.windows)),
    )
    texts = [
        header(metric, "text") + "".join(samples)
        for metric, samples in zip(_OF_OUTAGES, listed, strict=True)
    ]
    texts += [header(family.metric, "text") + lines(family) for family in families]
    return "".join(texts).encode()


@lru_cache(4096)
def _of_outage(outage: ListedOutage) -> tuple[str, ...]:
    """Return what is told of an outage, by metric: a tick changes one that is open, if any."""
    own = outage.service, outage.id
    kinds = (("planned", outage.planned), ("unplanned", outage.unplanned))
    families = (
        _START.of((own, outage.start / 1000)),
        _END.of(*([] if outage.end is None else [(own, outage.end / 1000)])),
        _DOWNTIME.of(*(((*own, kind), seconds / 1000) for kind, seconds in kinds)),
        _INFO.of(((*own, outage.kind, outage.reason), 1)),
    )
    return tuple(map(lines, families))


def _labels(window: ListedWindow) -> tuple[str, str, str]:
    return window.service, window.window, rfc3339(window.start)
