"""Which names are no counters': what a name by its convention says that a series holds.

Prometheus' recorded series are named ``level:metric:operations``.
"""

import re
from typing import Final

from uptime_common.shown import shown

_STATES: Final = frozenset({"up", "probe_success", "service_up", "service_probe_success"})
_RATES: Final = ("rate", "irate", "ratio", "increase", "burnrate", "delta", "idelta", "deriv")
_MEANS: Final = ("avg", "mean", "min", "max", "quantile", "stddev")
_PLAIN_RATE: Final = re.compile(r".*_(i?rate|increase|ratio|burnrate)_?[0-9]+[smhdwy]|.*_ratio")
_TIMES: Final = ("_created", "_timestamp_seconds", "_per_second", "_per_minute")
_PLAIN: Final = re.compile(r"[^\\^$.*+?()\[\]{}|]*")
_TAIL: Final = re.compile(r"[A-Za-z0-9_:]*\Z")
_BUCKET: Final = "_bucket"


def check_name(name: str) -> str | None:
    """Return why a name is no counter's, and what to write; None where nothing is known of it."""
    if name in _STATES:
        return f"is {name}, which is 1 or 0 and counts nothing: a state belongs into sli.promql"
    if _is_rate(name):
        return f"is {shown_name(name)}, a rate by its name: give the counter it is made from"
    if _is_sum(name):
        lost = "a recorded sum, in which a restart of one target looks like one of all"
        return f"is {shown_name(name)}, {lost}: give the counters it is made from"
    if name.endswith(_TIMES):
        return f"is {shown_name(name)}, no counter by its name: give one, such as NAME_count"
    return None


def shown_name(name: str) -> str:
    """Return a name as it is, unless letters in it could not be shown."""
    return name if name.isascii() and name.isprintable() else shown(name)


def may_be_buckets(name: str) -> bool:
    """Say whether a name, or a part of a pattern of names, may be one of a histogram's buckets."""
    if _PLAIN.fullmatch(name):
        return name.endswith(_BUCKET)
    found = _TAIL.search(name)
    tail = "" if found is None else found.group()
    return tail.endswith(_BUCKET) or _BUCKET.endswith(tail)


def _operations(name: str) -> list[str]:
    """Return what was done to make a recorded series; nothing of one that is a counter's."""
    last = name.rpartition(":")[2] if ":" in name else ""
    return [] if last.endswith(("_total", "_count")) else last.split("_")


def _is_rate(name: str) -> bool:
    done = _operations(name)
    return (
        any(one.startswith(_RATES) for one in done)
        or any(one.startswith(_MEANS) for one in done[:1])
        or _PLAIN_RATE.fullmatch(name) is not None
    )


def _is_sum(name: str) -> bool:
    return any(one.startswith("sum") for one in _operations(name)[:1])
