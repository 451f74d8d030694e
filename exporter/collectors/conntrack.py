"""Connection tracking, from /proc/sys/net/netfilter and /proc/net/stat/nf_conntrack."""

from collections.abc import Iterator

from exporter.collectors.support.api import NoDataError, System
from uptime_common.exposition import Family, gauge

ENTRIES = gauge(
    "node_nf_conntrack_entries",
    "Number of currently allocated flow entries for connection tracking.",
)
LIMIT = gauge("node_nf_conntrack_entries_limit", "Maximum size of connection tracking table.")
STATS = {
    name: gauge(f"node_nf_conntrack_stat_{name}", text)
    for name, text in {
        "found": "Number of searched entries which were successful.",
        "invalid": "Number of packets seen which can not be tracked.",
        "ignore": "Number of packets seen which are already connected to a conntrack entry.",
        "insert": "Number of entries inserted into the list.",
        "insert_failed": "Number of entries for which list insertion was attempted but failed.",
        "drop": "Number of packets dropped due to conntrack failure.",
        "early_drop": "Number of dropped conntrack entries to make room for new ones, "
        "if maximum table size was reached.",
        "search_restart": "Number of conntrack table lookups which had to be restarted "
        "due to hashtable resizes.",
    }.items()
}
METRICS = (ENTRIES, LIMIT, *STATS.values())


def parse(entries: str, limit: str, text: str) -> Iterator[Family]:
    """Parse two numbers, and sum the hexadecimal columns over the CPUs' lines."""
    yield ENTRIES.value(int(entries))
    yield LIMIT.value(int(limit))
    head, *rows = text.splitlines()
    columns = [row.split() for row in rows]
    for index, name in enumerate(head.split()):
        if name in STATS:
            yield STATS[name].value(sum(int(row[index], 16) for row in columns))


def read(system: System) -> list[Family]:
    """Read the table's size and its counters."""
    try:
        entries = system.proc("sys/net/netfilter/nf_conntrack_count")
    except FileNotFoundError as error:
        raise NoDataError("connection tracking is not loaded") from error
    limit = system.proc("sys/net/netfilter/nf_conntrack_max")
    return system.parsed(parse, entries, limit, system.proc("net/stat/nf_conntrack"))
