"""What the NFS client counts, from /proc/net/rpc/nfs."""

from collections.abc import Iterator

from exporter.collectors.rpc import PROC2, PROC3, numbers, requests
from exporter.collectors.support.api import NoDataError, System
from uptime_common.exposition import Family, counter

PACKETS = counter(
    "node_nfs_packets_total",
    "Total NFSd network packets (sent+received) by protocol type.",
    "protocol",
)
CONNECTIONS = counter("node_nfs_connections_total", "Total number of NFSd TCP connections.")
RPCS = counter("node_nfs_rpcs_total", "Total number of RPCs performed.")
RETRANSMISSIONS = counter(
    "node_nfs_rpc_retransmissions_total", "Number of RPC transmissions performed."
)
REFRESHES = counter(
    "node_nfs_rpc_authentication_refreshes_total",
    "Number of RPC authentication refreshes performed.",
)
REQUESTS = counter(
    "node_nfs_requests_total", "Number of NFS procedures invoked.", "proto", "method"
)
METRICS = (PACKETS, CONNECTIONS, RPCS, RETRANSMISSIONS, REFRESHES, REQUESTS)

# include/linux/nfs4.h: NFSPROC4_CLNT_*; later kernels append procedures.
PROC4 = (
    *("Null", "Read", "Write", "Commit", "Open", "OpenConfirm", "OpenNoattr", "OpenDowngrade"),
    *("Close", "Setattr", "FsInfo", "Renew", "SetClientID", "SetClientIDConfirm", "Lock"),
    *("Lockt", "Locku", "Access", "Getattr", "Lookup", "LookupRoot", "Remove", "Rename", "Link"),
    *("Symlink", "Create", "Pathconf", "StatFs", "ReadLink", "ReadDir", "ServerCaps"),
    *("DelegReturn", "GetACL", "SetACL", "FsLocations", "ReleaseLockowner", "Secinfo"),
    *("FsidPresent", "ExchangeID", "CreateSession", "DestroySession", "Sequence"),
    *("GetLeaseTime", "ReclaimComplete", "LayoutGet", "GetDeviceInfo", "LayoutCommit"),
    *("LayoutReturn", "SecinfoNoName", "TestStateID", "FreeStateID", "GetDeviceList"),
    *("BindConnToSession", "DestroyClientID", "Seek", "Allocate", "DeAllocate", "LayoutStats"),
    "Clone",
)


def parse(text: str) -> Iterator[Family]:
    """Parse lines of a key and numbers. Raises ValueError where one is cut short."""
    found = numbers(text)
    _, udp, tcp, connections = found.get("net", [0] * 4)
    yield PACKETS.of((("udp",), udp), (("tcp",), tcp))
    yield CONNECTIONS.value(connections)
    calls, retransmissions, refreshes = found.get("rpc", [0] * 3)
    yield RPCS.value(calls)
    yield RETRANSMISSIONS.value(retransmissions)
    yield REFRESHES.value(refreshes)
    versions = {"2": PROC2, "3": PROC3, "4": PROC4}
    yield Family(REQUESTS, list(requests(found, versions)))


def read(system: System) -> list[Family]:
    """Read the client's counters."""
    try:
        text = system.proc("net/rpc/nfs")
    except FileNotFoundError as error:
        raise NoDataError("there is no NFS client") from error
    return system.parsed(parse, text)
