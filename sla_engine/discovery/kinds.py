"""The metrics by which something can be judged, and what each says."""

from typing import NamedTuple


class Kind(NamedTuple):
    """A metric of states: up where it is not 0.

    ``by`` are the labels that name what is judged, ``drops`` those that say who looked, ``title``
    those that people call it by, ``kept`` those that go into the catalogue. ``says`` explains it;
    ``lossy`` says what its values hide, None where they hide nothing.
    """

    metric: str
    by: tuple[str, ...]
    says: str
    drops: frozenset[str] = frozenset()
    title: tuple[str, ...] = ()
    kept: tuple[str, ...] = ("job", "namespace", "cluster", "group")
    lossy: str | None = None


_SCRAPED = frozenset({"job", "instance"})
_KUBERNETES = _SCRAPED | {"service", "endpoint", "container", "uid", "node"}
_TO_ZERO = "scaled to zero on purpose counts as down"
_ONE_NODE = "one pod of all is enough, and without a node to run on it counts as down"

KINDS = (
    Kind(
        "service_up",
        ("service",),
        "the verdict of our exporter's probes",
        _SCRAPED | {"location"},
        ("service",),
    ),
    Kind(
        "probe_success",
        ("job", "instance"),
        "whether a probe of blackbox_exporter succeeded",
        frozenset({"location"}),
        ("instance",),
    ),
    Kind(
        "gatus_results_endpoint_success",
        ("key",),
        "whether Gatus found an endpoint healthy",
        _SCRAPED | {"type"},
        ("group", "name"),
    ),
    Kind(
        "monitor_status",
        ("monitor_name",),
        "what Uptime Kuma says of a monitor",
        _SCRAPED | {"monitor_type", "monitor_url", "monitor_hostname", "monitor_port"},
        ("monitor_name",),
        lossy="its states pending (2) and maintenance (3) count as up",
    ),
    Kind(
        "kube_deployment_status_replicas_available",
        ("namespace", "deployment"),
        "whether a Deployment has an available replica",
        _KUBERNETES,
        ("namespace", "deployment"),
        lossy=_TO_ZERO,
    ),
    Kind(
        "kube_statefulset_status_replicas_ready",
        ("namespace", "statefulset"),
        "whether a StatefulSet has a ready replica",
        _KUBERNETES,
        ("namespace", "statefulset"),
        lossy=_TO_ZERO,
    ),
    Kind(
        "kube_daemonset_status_number_available",
        ("namespace", "daemonset"),
        "whether a DaemonSet has an available pod",
        _KUBERNETES,
        ("namespace", "daemonset"),
        lossy=_ONE_NODE,
    ),
    Kind("up", ("job", "instance"), "whether Prometheus could scrape a target",
         title=("job", "instance")),
)  # fmt: skip
"""In the order in which one goes before another: `up` is taken where nothing else speaks."""

TRANSIENT = frozenset({"pod", "uid", "container_id", "pod_ip", "pod_template_hash", "endpoint"})
"""Labels that change when a target is started anew: it is the same target."""
MEASURING = frozenset(
    {
        "service_up",
        "gatus_results_endpoint_success",
        "monitor_status",
        "kube_deployment_status_replicas_available",
        "kube_statefulset_status_replicas_ready",
        "kube_daemonset_status_number_available",
    }
)
"""Metrics whose `up` is that of a program which measures others."""
SLOTH, PYRRA = "sloth_slo_info", "pyrra_objective"
OBJECTIVES = ("slo:objective:ratio", "slo:time_period:days", PYRRA, "pyrra_window",
              "service_slo_objective_ratio")  # fmt: skip
NAMES = (*(kind.metric for kind in KINDS), SLOTH, PYRRA)
