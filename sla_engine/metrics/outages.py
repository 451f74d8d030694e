"""The metrics of the newest outages: begin, end, downtime, class and reason, from the ledger."""

from typing import Final

from sla_engine.domain.outage_list import ListedWindow, NewestOutages
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
    listed = newest.outages
    families = (
        _START.of(*(((o.service, o.id), o.start / 1000) for o in listed)),
        _END.of(*(((o.service, o.id), o.end / 1000) for o in listed if o.end is not None)),
        _DOWNTIME.of(
            *(
                ((o.service, o.id, kind), seconds / 1000)
                for o in listed
                for kind, seconds in (("planned", o.planned), ("unplanned", o.unplanned))
            )
        ),
        _INFO.of(*(((o.service, o.id, o.kind, o.reason), 1) for o in listed)),
        _SINCE.of(*([] if newest.since is None else [((), newest.since / 1000)])),
        _WINDOW_START.of(*((_labels(w), w.start / 1000) for w in newest.windows)),
        _WINDOW_END.of(*((_labels(w), w.end / 1000) for w in newest.windows)),
    )
    return "".join(header(f.metric, "text") + lines(f) for f in families).encode()


def _labels(window: ListedWindow) -> tuple[str, str, str]:
    return window.service, window.window, rfc3339(window.start)
