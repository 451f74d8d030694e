"""What the NFS server counts, from /proc/net/rpc/nfsd."""

from collections.abc import Iterator

from exporter.collectors.rpc import PROC2, PROC3, numbers, requests
from exporter.collectors.support.api import NoDataError, System
from uptime_common.exposition import Family, Metric, counter, gauge


def _counter(name: str, text: str, *labels: str) -> Metric:
    return counter(f"node_nfsd_{name}_total", text, *labels)


HITS = _counter(
    "reply_cache_hits", "Total number of NFSd Reply Cache hits (client lost server response)."
)
MISSES = _counter(
    "reply_cache_misses",
    "Total number of NFSd Reply Cache an operation that requires caching (idempotent).",
)
NOCACHE = _counter(
    "reply_cache_nocache",
    "Total number of NFSd Reply Cache non-idempotent operations (rename/delete/…).",
)
STALE = _counter("file_handles_stale", "Total number of NFSd stale file handles")
READ = _counter("disk_bytes_read", "Total NFSd bytes read.")
WRITTEN = _counter("disk_bytes_written", "Total NFSd bytes written.")
THREADS = gauge("node_nfsd_server_threads", "Total number of NFSd kernel threads that are running.")
AHEAD_SIZE = gauge(
    "node_nfsd_read_ahead_cache_size_blocks", "How large the read ahead cache is in blocks."
)
AHEAD_MISSES = _counter(
    "read_ahead_cache_not_found", "Total number of NFSd read ahead cache not found."
)
PACKETS = _counter(
    "packets", "Total NFSd network packets (sent+received) by protocol type.", "proto"
)
CONNECTIONS = _counter("connections", "Total number of NFSd TCP connections.")
ERRORS = _counter("rpc_errors", "Total number of NFSd RPC errors by error type.", "error")
RPCS = _counter("server_rpcs", "Total number of NFSd RPCs.")
REQUESTS = _counter(
    "requests", "Total number NFSd Requests by method and protocol.", "proto", "method"
)
METRICS = (
    *(HITS, MISSES, NOCACHE, STALE, READ, WRITTEN, THREADS, AHEAD_SIZE, AHEAD_MISSES),
    *(PACKETS, CONNECTIONS, ERRORS, RPCS, REQUESTS),
)

# Operations of RFC 7530 by number; the first three are none.
OPERATIONS = (
    *("", "", "", "Access", "Close", "Commit", "Create", "DelegPurge", "DelegReturn", "GetAttr"),
    *("GetFH", "Link", "Lock", "Lockt", "Locku", "Lookup", "LookupRoot", "Nverify", "Open"),
    *("OpenAttr", "OpenConfirm", "OpenDgrd", "PutFH", "PutPubFH", "PutRootFH", "Read"),
    *("ReadDir", "ReadLink", "Remove", "Rename", "Renew", "RestoreFH", "SaveFH", "SecInfo"),
    *("SetAttr", "SetClientID", "SetClientIDConfirm", "Verify", "Write", "RelLockOwner"),
)
_UNSHOWN = ("", "Null", "PutPubFH", "PutRootFH")


def parse(text: str) -> Iterator[Family]:
    """Parse lines of a key and numbers. Raises ValueError where one is cut short."""
    found = numbers(text)

    def line(key: str, count: int) -> list[int]:
        values = found.get(key, [0] * count)[:count]
        if len(values) < count:
            raise ValueError(f"{key} has {len(values)} numbers")
        return values

    for key, metrics in {
        "rc": (HITS, MISSES, NOCACHE),
        "fh": (STALE,),
        "io": (READ, WRITTEN),
        "th": (THREADS,),
    }.items():
        pairs = zip(metrics, line(key, len(metrics)), strict=True)
        yield from (metric.value(value) for metric, value in pairs)
    ahead = line("ra", 12)
    yield AHEAD_SIZE.value(ahead[0])
    yield AHEAD_MISSES.value(ahead[-1])
    _, udp, tcp, connections = line("net", 4)
    yield PACKETS.of((("udp",), udp), (("tcp",), tcp))
    yield CONNECTIONS.value(connections)
    calls, _, *errors = line("rpc", 5)
    yield ERRORS.of(
        *(((kind,), error) for kind, error in zip(("fmt", "auth", "cInt"), errors, strict=True))
    )
    yield RPCS.value(calls)
    yield Family(
        REQUESTS,
        [
            *requests(found, {"2": PROC2, "3": PROC3}, without=_UNSHOWN),
            *requests(found, {"4": OPERATIONS}, keys="proc{}ops", without=_UNSHOWN),
            (("4", "WdelegGetattr"), line("wdeleg_getattr", 1)[0]),
        ],
    )


def read(system: System) -> list[Family]:
    """Read the server's counters."""
    try:
        text = system.proc("net/rpc/nfsd")
    except FileNotFoundError as error:
        raise NoDataError("there is no NFS server") from error
    return system.parsed(parse, text)
