"""What reports ask about servers, in the names of node_exporter and of our own exporter."""

from collections.abc import Sequence
from fractions import Fraction

from sla_engine.prometheus.promql import one_of

_DISKS = 'fstype!~"tmpfs|ramfs|overlay|squashfs|devtmpfs|iso9660|fuse.*"'
_AVAILABLE = f"node_filesystem_avail_bytes{{{_DISKS}}}"
_DAY = 86_400
_SLOWEST = 'max by (service) (service_probe_duration_seconds{phase="total"})'
_STEPS = 400
_EVENT_STEPS = 5_000
"""How many points a percentile is taken of, at most."""


def busy(length: int) -> str:
    """Return the 95th percentile of each host's CPU use over some seconds, as a ratio."""
    idle = 'avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))'
    return _percentile(f"1 - {idle}", length)


def memory(length: int) -> str:
    """Return the 95th percentile of each host's memory use over some seconds, as a ratio."""
    return _percentile("1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", length)


def latency(length: int, percentile: float = 95) -> str:
    """Return a percentile of each service's slowest probe over some seconds, in seconds."""
    return _percentile(_SLOWEST, length, percentile)


def fast_enough(length: int, below: float) -> str:
    """Return the share of the runs of each service's slowest probe within so many seconds."""
    step = max(60, length // _STEPS)
    return f"avg_over_time(({_SLOWEST} <= bool {below!r})[{length}s:{step}s])"


def requests_percentile(buckets: str, length: int, percentile: float = 95) -> str:
    """Return a percentile of a histogram's requests over some seconds, in its unit."""
    quantile = _quantile(percentile)
    return f"histogram_quantile({quantile}, sum by (le) (increase({buckets}[{length}s])))"


def requests_within(buckets: str, below: float, length: int) -> str:
    """Return the share of a histogram's requests within an edge of its buckets.

    Nothing where no bucket has that edge, or nobody asked anything.
    """
    edges = "|".join(sorted({f"{below:g}", repr(below)})).replace(".", "[.]")
    inside = _matching(buckets, f'le=~"{edges}"')
    whole = _matching(buckets, 'le="+Inf"')
    return f"sum(increase({inside}[{length}s])) / (sum(increase({whole}[{length}s])) > 0)"


def _matching(selector: str, matcher: str) -> str:
    """Return a selector with one matcher more."""
    name, _, rest = selector.partition("{")
    others = rest.removesuffix("}").strip().rstrip(",").strip()
    return f"{name}{{{', '.join(filter(None, (others, matcher)))}}}"


def disk_used() -> str:
    """Return how full each filesystem is, as a ratio."""
    return f"1 - {_AVAILABLE} / node_filesystem_size_bytes{{{_DISKS}}}"


def disk_full_in() -> str:
    """Return the days until each filesystem that fills is full, at the pace of the last week.

    One that is known for less than a day has no pace yet.
    """
    known = f"present_over_time({_AVAILABLE}[2h] offset 22h)"
    return f"{_AVAILABLE} / -(deriv({_AVAILABLE}[7d]) < 0) / {_DAY} and {known}"


def updates() -> str:
    """Return how many packages of each host wait for an upgrade, by whichever collector tells."""
    ours = "sum by (instance) (node_updates_pending)"
    return f"{ours} or sum by (instance) (apt_upgrades_pending)"


def security() -> str:
    """Return how many of them are security updates."""
    return "sum by (instance) (node_updates_security_pending)"


def moments() -> dict[str, str]:
    """Return what asks for times of each host (Unix time), by the name of a host's field."""
    return {
        "listed": "max by (instance) (node_updates_lists_timestamp_seconds)",
        "applied": "max by (instance) (node_updates_applied_timestamp_seconds)",
        "support_end": "max by (instance) (node_os_support_end_timestamp_seconds)",
    }


def outdated() -> str:
    """Return 1 for each host that runs another kernel than the newest installed, 0 for others."""
    return "max by (instance) (node_kernel_outdated)"


def systems() -> str:
    """Return the distribution of each host, in the label ``pretty_name``."""
    return "max by (instance, pretty_name) (node_os_info)"


BOOTED = "node_boot_time_seconds"
PACKAGES = "node_packages_changed_timestamp_seconds"
"""When a host was booted, and when its packages were changed last (Unix time): their values are
the times of events."""


def changing(times: str, length: int) -> str:
    """Return the hosts of which one of the times changed in some seconds."""
    return f"max by (instance) (changes({times}[{length}s])) > 0"


def times_of(times: str, hosts: Sequence[str]) -> str:
    """Return the times of some hosts."""
    return f"max by (instance, kind) ({times}{{instance=~{one_of(hosts)}}})"


def event_step(length: int) -> int:
    """Return how far apart to look for events in so many seconds."""
    return max(60, length // _EVENT_STEPS)


def reboots() -> str:
    """Return 1 for each host that waits for a reboot, 0 for the others."""
    return "max by (instance) (node_reboot_required)"


def expiries(horizon: int) -> str:
    """Return when the certificates expire that do so within some seconds (Unix time)."""
    expiry = "min by (service, target) (service_tls_certificate_expiry_timestamp_seconds)"
    return f"{expiry} < time() + {horizon}"


def _quantile(percentile: float) -> str:
    """Return a percentile as PromQL's quantile: 99.9 is 0.999, to the digit."""
    return str(float(Fraction(str(percentile)) / 100))


def _percentile(expression: str, length: int, percentile: float = 95) -> str:
    step = max(60, length // _STEPS)
    return f"quantile_over_time({_quantile(percentile)}, ({expression})[{length}s:{step}s])"
