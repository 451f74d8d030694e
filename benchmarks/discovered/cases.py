"""The servers as people have them: samples, and what a person would say that they mean."""

import math
from collections.abc import Iterator

from benchmarks.audit.world import Meaning
from benchmarks.discovered.case import (
    BEHIND,
    DAY,
    HOUR,
    MINUTE,
    PERIOD,
    SECOND,
    STALE,
    STEP,
    Case,
    Series,
    Wanted,
    key,
    minutes,
    of,
    states,
)

_OUTAGE, _AWAY = minutes(20, 40), minutes(26, 15)
_SHOP, _HOST = "https://shop.example/", "10.0.0.1:9100"
PROBED = {"job": "blackbox", "instance": _SHOP}
NODE = {"job": "node", "instance": _HOST}


def cases() -> Iterator[Case]:
    """Yield every row of the table in its order."""
    yield from _targets()
    yield from _copies()
    yield from _times()
    yield from _others()
    yield from _objectives()
    yield from _values()
    yield from _servers()
    yield from _in_between()


def simple() -> Series:
    """Return a probed target and a host, each with an outage."""
    return {
        key("probe_success", **PROBED): states([_OUTAGE]),
        key("up", **PROBED): states(),
        key("up", **NODE): states([minutes(30, 7)], step=60 * SECOND),
    }


def simple_with_gap() -> Series:
    """Return the same, of which a quarter of an hour is lost."""
    return {name: [p for p in points if not _AWAY[0] <= p[0] - PERIOD[0] < _AWAY[1]]
            for name, points in simple().items()}  # fmt: skip


def stale() -> Series:
    """Return those with a marker where they end."""
    found = simple_with_gap()
    for name, points in found.items():
        step = points[1][0] - points[0][0]
        marked = max(at for at, _ in points if at < PERIOD[0] + _AWAY[0]) + step
        found[name] = sorted([*points, (marked, STALE)], key=lambda p: p[0])
    return found


SIMPLE = {"shop.example": of("probe_success", **PROBED), "node-10.0.0.1-9100": of("up", **NODE)}


def _targets() -> Iterator[Case]:
    yield Case(
        "blackbox_exporter and node_exporter",
        "`up` of a probed target is left out",
        simple(),
        SIMPLE,
        ("Left out: https://shop.example/: `up`, as `probe_success` says more of them.",),
    )
    yield Case(
        "only `up`",
        "whether a target could be scraped",
        {key("up", **NODE): states([_OUTAGE])},
        {"node-10.0.0.1-9100": of("up", **NODE)},
        ("1 service by `up`: whether Prometheus could scrape a target.",),
    )
    clusters = [dict(NODE, cluster=name) for name in ("eu", "us")]
    yield Case(
        "labels of their own (`cluster`, `env`, `team`)",
        "the same target in two clusters is two services",
        {
            key("up", env="live", team="a", **clusters[0]): states([_OUTAGE]),
            key("up", env="live", team="b", **clusters[1]): states([minutes(3, 5)]),
        },
        {"node-10.0.0.1-9100-a7cf31": of("up", **clusters[0]),
         "node-10.0.0.1-9100-74c7d1": of("up", **clusters[1])},
    )  # fmt: skip
    renamed = {"job": "node-exporter", "instance": _HOST}
    yield Case(
        "a job that was relabelled inside the period",
        "the old name and the new are two services: nothing says that they are one",
        {
            key("up", **NODE): states([minutes(2, 9)], span=(-HOUR, DAY)),
            key("up", **renamed): states([minutes(40, 9)], span=(DAY, 2 * DAY + HOUR)),
        },
        {"node-10.0.0.1-9100": of("up", **NODE),
         "node-exporter-10.0.0.1-9100": of("up", **renamed)},
        ("Not seen any more at the end, and unknown from then on: node 10.0.0.1:9100;",
         "First seen inside the period, and counted from then on: node-exporter 10.0.0.1:9100."),
    )  # fmt: skip
    pod = {"job": "api", "instance": "api:80", "namespace": "shop"}
    yield Case(
        "a target that is started anew (`pod` and `uid` change)",
        "one service over both; the time between is unknown",
        {
            key("up", pod="api-x1", **pod): states([minutes(2, 9)], span=(-HOUR, DAY)),
            key("up", pod="api-y2", **pod): states(span=(DAY + 8 * MINUTE, 2 * DAY + HOUR)),
        },
        {"api-api-80": of("up", **pod)},
    )
    good, bad = (
        states(down, step=120 * SECOND, span=(0, 3 * HOUR)) for down in ((), [minutes(1, 6)])
    )
    many = {
        key("up", job="farm", instance=f"h{i:05}:9100"): good if i % 1000 else bad
        for i in range(10_000)
    }
    yield Case(
        "10,000 series",
        "taken together by a label; each as a service of its own takes minutes",
        many,
        {"farm": of("up", job="farm")},
        ("Of several series: farm; up while more than half of the known are up.",),
        ("--by=job",),
        server="many",
        period=(PERIOD[0] + HOUR, PERIOD[0] + 2 * HOUR),
    )


def _copies() -> Iterator[Case]:
    pair = {"job": "pair", "instance": "mail:25"}
    yield Case(
        "an HA pair with `replica`, not deduplicated",
        "one service; where the two disagree, the time is unknown; a hole in one is none",
        {
            key("probe_success", replica="a", **pair): states([_OUTAGE], [minutes(10, 90)]),
            key("probe_success", replica="b", **pair): states(
                [_OUTAGE, minutes(6, 4)], offset=9_000
            ),
        },
        {"mail-25": of("probe_success", **pair)},
        ("Copies by replicas: mail:25; where two of them disagree, the time is unknown.",),
    )
    first = states([minutes(30, 12)], span=(-HOUR, DAY))
    second = states([minutes(30, 12)], offset=19_000, span=(DAY, 2 * DAY + HOUR))
    yield Case(
        "an HA pair, deduplicated (Thanos, Mimir)",
        "one series; it changes its offset where the replica changed",
        {key("probe_success", **pair): first + second},
        {"mail-25": of("probe_success", **pair)},
    )
    far = {"exported_job": "web", "exported_instance": _SHOP}
    far_up = key("up", job="federate", instance="far:9090", **far)
    seen = {
        key("probe_success", job="federate", instance="far:9090", **far):
        states([_OUTAGE], step=60 * SECOND),
        key("up", job="federate", instance="far:9090"): states(),
        far_up: states(),
    }  # fmt: skip
    yield Case(
        "federated series (`exported_job`, `exported_instance`)",
        "known by its origin; exact to the interval of the federation",
        seen,
        {"shop.example": of("probe_success", exported_job="web"),
         "federate-far-9090": of("up", job="federate")},
        ("Federated: https://shop.example/; exact to the interval of the federation",),
        shown={name: points for name, points in seen.items() if name != far_up},
    )  # fmt: skip
    merged = sorted([*states(), *states([_OUTAGE], offset=17_000)])
    yield Case(
        "two targets with the same labels after relabelling",
        "their samples are one series, and the report is that of the series: nothing else is there",
        {key("up", **NODE): merged},
        {"node-10.0.0.1-9100": of("up", **NODE)},
    )


def _times() -> Iterator[Case]:
    steps = {f"h{s}:9100": s for s in (15, 60, 300)}
    yield Case(
        "several scrape intervals (15 s, 1 min, 5 min)",
        "each service's is measured, hour by hour",
        {
            key("up", job="node", instance=name): states([_OUTAGE], [minutes(30, 45)],
                                                         step=step * SECOND)
            for name, step in steps.items()
        },
        {f"node-{name.replace(':', '-')}": of("up", instance=name) for name in steps},
    )  # fmt: skip
    turned = states([minutes(2, 9)], span=(-HOUR, DAY)) + states(
        [minutes(30, 9)], [minutes(40, 50)], step=120 * SECOND, span=(DAY, 2 * DAY + HOUR)
    )
    yield Case(
        "a scrape interval that changed inside the period",
        "each hour by its own",
        {key("up", **NODE): turned},
        {"node-10.0.0.1-9100": of("up", **NODE)},
    )
    yield Case(
        "a hole in the data, and a restart of Prometheus",
        "unknown, never down; an outage that goes on behind a hole is one outage",
        {
            key("probe_success", **PROBED): states(
                [minutes(9, 130)], [minutes(10, 60), minutes(30, 3)]
            ),
            key("up", **NODE): states(gone=[minutes(10, 60), minutes(30, 3)]),
        },
        SIMPLE,
    )
    late = (DAY + HOUR, 2 * DAY + HOUR)
    yield Case(
        "retention shorter than the period",
        "figures begin at the first sample, and it is said",
        {
            key("probe_success", **PROBED): states([minutes(30, 40)], span=late),
            key("up", **NODE): states(span=late),
        },
        SIMPLE,
        ("has no sample before", "(it keeps 100y): figures begin there."),
    )
    yield Case(
        "samples that arrive late and out of step (jitter of seconds)",
        "a sample holds until the next, whenever that is",
        {
            key("up", **NODE): [
                (at + (at // STEP * 7919) % 9_000, value) for at, value in states([_OUTAGE])
            ]
        },
        {"node-10.0.0.1-9100": of("up", **NODE)},
    )


def _others() -> Iterator[Case]:
    gatus = {"job": "gatus", "instance": "gatus:8080"}
    front = {"key": "core_front-end", "group": "core", "name": "front-end", "type": "HTTP"}
    yield Case(
        "Gatus",
        "`up` of Gatus itself is left out",
        {
            key("gatus_results_endpoint_success", **gatus, **front): states([_OUTAGE]),
            key("up", **gatus): states(),
        },
        {"core-front-end": of("gatus_results_endpoint_success", name="front-end")},
        ("Left out: gatus:8080: `up` of programs that measure others.",),
    )
    kuma = {"job": "kuma", "instance": "kuma:3001"}
    pending = states([_OUTAGE])
    pending = [(at, 2 if 5 * HOUR <= at - PERIOD[0] < 5.1 * HOUR else v) for at, v in pending]
    yield Case(
        "Uptime Kuma (`monitor_status`)",
        "lossy: pending and maintenance count as up",
        {
            key("monitor_status", monitor_id="1", monitor_name="Intranet", monitor_type="http",
                monitor_url="https://i/", monitor_hostname="null", monitor_port="null", **kuma):
            pending,
            key("up", **kuma): states(),
        },
        {"intranet": of("monitor_status", monitor_name="Intranet")},
        ("Lossy: Intranet: its states pending (2) and maintenance (3) count as up.",),
    )  # fmt: skip
    state = {"job": "kube-state-metrics", "namespace": "shop"}
    kinds = {
        "deployment": "kube_deployment_status_replicas_available",
        "statefulset": "kube_statefulset_status_replicas_ready",
        "daemonset": "kube_daemonset_status_number_available",
    }
    yield Case(
        "kube-state-metrics (Deployments, StatefulSets, DaemonSets)",
        "lossy: scaled to zero counts as down; its own restart (another `instance`) is no gap",
        {
            key(metric, instance=pod, **{kind: f"my-{kind}"}, **state):
            states([minutes(9, 20)], span=span, good=3)
            for kind, metric in kinds.items()
            for pod, span in (("10.1.0.4:8080", (-HOUR, DAY)),
                              ("10.1.0.9:8080", (DAY, 2 * DAY + HOUR)))
        },
        {f"shop-my-{kind}": of(metric) for kind, metric in kinds.items()},
        ("Lossy: shop my-deployment, shop my-statefulset: scaled to zero on purpose ",
         "Lossy: shop my-daemonset: "),
    )  # fmt: skip


def _objectives() -> Iterator[Case]:
    slo = {"sloth_id": "web-ok", "sloth_service": "web", "sloth_slo": "ok"}
    yield Case(
        "Sloth's series and rules",
        "events by the raw counters, with its objective and window",
        {
            **_counted("hits_total", job="web"),
            key("sloth_slo_info", **slo): states(),
            key("slo:objective:ratio", **slo): states(good=0.995),
            key("slo:time_period:days", **slo): states(good=30),
        },
        {"web-ok": _events("hits_total", 99.5)},
        ("1 service by `sloth_slo_info`: SLOs of Sloth.",),
    )
    yield Case(
        "Pyrra's series and rules",
        "events by the raw counters, with its objective and window",
        {
            **_counted("answers_total", job="api"),
            key("pyrra_objective", slo="api-errors", namespace="shop"): states(good=0.99),
            key("pyrra_window", slo="api-errors", namespace="shop"): states(good=28 * 86_400),
        },
        {"api-errors": _events("answers_total", 99)},
        ("1 service by `pyrra_objective`: SLOs of Pyrra.",),
    )


def _counted(metric: str, **labels: str) -> Series:
    """Return counters of ten requests at each sample, which all fail for two hours."""
    found: Series = {}
    for code in ("200", "500"):
        count, points = 0, []
        for at, up in states([minutes(12, 120)], [minutes(30, 30)]):
            count += 10 if bool(up) is (code == "200") else 0
            points.append((at, float(count)))
        found[key(metric, code=code, instance="w:80", **labels)] = points
    return found


def _events(metric: str, objective: float) -> Wanted:
    more = {"sli": {"total": metric}, "objective": objective, "window": "30d"}
    meanings = (Meaning(metric, {"code": "200"}), Meaning(metric, {}))
    return Wanted(meanings, more)


def _values() -> Iterator[Case]:
    written = states([_OUTAGE])
    lost = [minutes(5, 10), minutes(20.5, 5)]
    shown = states([_OUTAGE], lost)
    known = {at for at, _ in shown}
    nan = [(at, value if at in known else math.nan) for at, value in written]
    yield Case(
        "NaN",
        "a NaN is no sample: unknown",
        {key("probe_success", **PROBED): nan},
        {"shop.example": of("probe_success", **PROBED)},
        shown={key("probe_success", **PROBED): shown},
    )


def _servers() -> Iterator[Case]:
    otel = {"job": "otel", "instance": "o:1"}
    yield Case(
        "stale markers (a target that went away and came back)",
        "the last sample holds one interval, then the time is unknown",
        stale(),
        SIMPLE,
        server="written",
        shown=simple_with_gap(),
    )
    yield Case(
        "remote-written series (Prometheus as a receiver, no target of its own)",
        "as others; its retention and rules say nothing of the samples",
        simple(),
        SIMPLE,
        server="written",
    )
    yield Case(
        "remote read (`read_recent`)",
        "asked as every Prometheus; the samples come from behind it",
        simple(),
        SIMPLE,
        server="reading",
    )
    yield Case(
        "basic auth, TLS by an authority of one's own, a path before the API",
        "by flags; the password stays in its file",
        simple(),
        SIMPLE,
        server="guarded",
    )
    yield Case(
        "VictoriaMetrics",
        "the same figures",
        simple(),
        SIMPLE,
        server="victoria",
    )
    yield Case(
        "Prometheus 3",
        "as 2.42",
        simple(),
        SIMPLE,
        server="newer",
    )
    yield Case(
        "labels with UTF-8 names (Prometheus 3, OpenTelemetry)",
        "they tell services apart as others do",
        {
            key("up", **NODE): states([_OUTAGE]),
            key("up", **otel, **{"host.name": "a"}): states([minutes(2, 9)]),
            key("up", **otel, **{"host.name": "b"}): states([minutes(3, 8)]),
        },
        {
            "node-10.0.0.1-9100": of("up", **NODE),
            "otel-o-1-856983": of("up", **{"host.name": "a"}),
            "otel-o-1-dc939e": of("up", **{"host.name": "b"}),
        },
        server="newer",
    )


def _in_between() -> Iterator[Case]:
    yield Case(
        "an old server, or a proxy, that answers queries and series alone",
        "the same figures for targets",
        simple(),
        SIMPLE,
        server="old",
    )
    yield Case(
        "partial answers (Thanos with a store away)",
        "refused: an answer that is partial is no answer",
        simple(),
        said=("not the whole answer: store b is away",),
        server="partial",
        code=1,
    )
    yield Case(
        "Prometheus in agent mode",
        "refused: it keeps nothing to ask for",
        {},
        said=("unavailable with Prometheus Agent",),
        server="agent",
        code=1,
    )
    yield Case(
        "a server whose clock is ten minutes behind",
        "figures end at its time, and it is said",
        {
            name: [p for p in points if p[0] < PERIOD[1] - BEHIND]
            for name, points in simple().items()
        },
        SIMPLE,
        server="skewed",
        said=("is 10m behind ours: after",),
        clock=PERIOD[1],
    )
    yield Case(
        "an empty server",
        "refused, with what was looked for",
        {},
        said=("has nothing to judge from", "no series of service_up, probe_success"),
        code=1,
    )
