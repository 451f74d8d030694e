"""What the benchmark of rules evaluates: services with a past, our rules, and Sloth's."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
OBJECTIVE = 0.999
HOURS = 6
SLO = "availability"
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
"""Those that Sloth sums from raw samples; it sums 30 days from those of 5 minutes."""

ENGINE = {
    'sla_engine_build_info{version="1"}': 1,
    "sla_engine_leader": 1,
    "sla_engine_last_tick_timestamp_seconds": 4e9,
    'sla_engine_feed_last_success_timestamp_seconds{feed="a"}': 4e9,
    'sla_engine_feed_refresh_seconds{feed="a"}': 900,
    'sla_engine_feed_events_skipped{feed="a"}': 0,
    "node_boot_time_seconds": 1_700_000_000,
    'node_scrape_collector_success{collector="cpu"}': 1,
    "node_textfile_scrape_error": 0,
    'sla_engine_ticks_total{result="ok"}': 1,
    "sla_engine_lag_seconds": 1,
    "sla_engine_outbox_pending": 0,
    "sla_engine_outbox_oldest_timestamp_seconds": 0,
    "sla_engine_maintenance_windows_failing": 0,
    "sla_engine_ledger_errors_total": 0,
    "sla_engine_ledger_ahead_seconds": 0,
    "sla_engine_clock_skew_seconds": 0,
    "sla_engine_config_last_reload_successful": 1,
    "sla_engine_slack_connected": 1,
    "sla_exporter_config_last_reload_successful": 1,
    'sla_exporter_probes_hindered_total{cause="memory"}': 0,
}


def services(count: int) -> list[str]:
    """Return ids."""
    return [f"s{i:04d}" for i in range(count)]


def ours() -> dict[str, str]:
    """Return our rule files about services, as they are delivered."""
    names = ("slo", "services", "targets", "inhibitors", "watchers")
    folder = ROOT / "alert_rules"
    return {f"{n}.rules.yml": (folder / f"{n}.rules.yml").read_text("utf-8") for n in names}


def _of_probes(name: str, window: str) -> str:
    return f'1 - avg(avg_over_time(service_up{{service="{name}"}}[{window}]))'


def sloth(ids: list[str], ratio: Callable[[str, str], str] = _of_probes) -> dict[str, str]:
    """Return the rules that Sloth generates for these SLOs: 17 each, in three groups.

    ``ratio`` makes the expression of errors of a service over a window.

    Its layout: an error ratio for each of eight windows, seven series that describe the SLO, and
    two alerts of four windows each. Intervals are Prometheus' own, as Sloth leaves them.
    """
    groups = [group for name in ids for group in _sloth(name, ratio)]
    return {"sloth.rules.yml": yaml.dump({"groups": groups}, Dumper=yaml.CSafeDumper)}


def generated(program: str, specs: list[dict[str, Any]], folder: Path) -> str:
    """Return the rules that a Sloth program writes for its specifications, as one document."""
    given, out = folder / "sloth.specs.yml", folder / "sloth.out.yml"
    given.write_text("---\n".join(yaml.safe_dump(spec) for spec in specs), encoding="utf-8")
    subprocess.run([program, "generate", "-i", given, "-o", out], check=True, capture_output=True)
    documents = yaml.load_all(out.read_text("utf-8"), Loader=yaml.CSafeLoader)
    groups = [group for document in documents if document for group in document["groups"]]
    return yaml.dump({"groups": groups}, Dumper=yaml.CSafeDumper)


def specification(name: str, objective: float, sli: dict[str, Any]) -> dict[str, Any]:
    """Return Sloth's specification of an SLO."""
    slo = {
        "name": SLO,
        "objective": objective,
        "sli": sli,
        "alerting": {"name": "HighErrorRate", "page_alert": {}, "ticket_alert": {}},
    }
    return {"version": "prometheus/v1", "service": name, "slos": [slo]}


def real_sloth(program: str, ids: list[str], folder: Path, kind: str) -> dict[str, str]:
    """Return what a Sloth program writes for these services, by an SLI of ``raw`` or ``events``."""
    specs = [specification(i, 100 * OBJECTIVE, _sli(i, kind)) for i in ids]
    return {"sloth.rules.yml": generated(program, specs, folder)}


def _sli(name: str, kind: str) -> dict[str, Any]:
    if kind == "raw":
        return {"raw": {"error_ratio_query": _of_probes(name, "{{.window}}")}}
    seen = f'service_up{{service="{name}"}}[{{{{.window}}}}]'
    total = f"sum(count_over_time({seen}))"
    return {
        "events": {
            "error_query": f"{total} - sum(sum_over_time({seen}))",
            "total_query": total,
        }
    }


def _sloth(name: str, of: Callable[[str, str], str]) -> Iterator[dict[str, Any]]:
    labels = {"sloth_id": f"{name}-{SLO}", "sloth_service": name, "sloth_slo": SLO}
    me = "{" + ", ".join(f'{k}="{v}"' for k, v in labels.items()) + "}"

    def record(metric: str, expr: str, **more: str) -> dict[str, Any]:
        return {"record": metric, "expr": expr, "labels": labels | more}

    ratio = "slo:sli_error:ratio_rate"
    errors = [record(f"{ratio}{w}", of(name, w), sloth_window=w) for w in WINDOWS]
    month = (
        f"sum_over_time({ratio}5m{me}[30d]) / ignoring (sloth_window) "
        f"count_over_time({ratio}5m{me}[30d])"
    )
    errors.append(record(f"{ratio}30d", month, sloth_window="30d"))
    on = "on (sloth_id, sloth_slo, sloth_service) group_left"
    facts = [
        record("slo:objective:ratio", f"vector({OBJECTIVE})"),
        record("slo:error_budget:ratio", f"vector(1 - {OBJECTIVE})"),
        record("slo:time_period:days", "vector(30)"),
        record("slo:current_burn_rate:ratio", f"{ratio}5m{me} / {on} slo:error_budget:ratio{me}"),
        record("slo:period_burn_rate:ratio", f"{ratio}30d{me} / {on} slo:error_budget:ratio{me}"),
        record("slo:period_error_budget_remaining:ratio", f"1 - slo:period_burn_rate:ratio{me}"),
        record("sloth_slo_info", "vector(1)", sloth_objective="99.9"),
    ]
    alerts = [
        _alert(me, "page", ("5m", "1h", 14.4), ("30m", "6h", 6)),
        _alert(me, "ticket", ("2h", "1d", 3), ("6h", "3d", 1)),
    ]
    for kind, rules in (("sli-recordings", errors), ("meta-recordings", facts), ("alerts", alerts)):
        yield {"name": f"sloth-slo-{kind}-{name}", "rules": rules}


def _alert(me: str, severity: str, *pairs: tuple[str, str, float]) -> dict[str, Any]:
    parts = [
        f"(max(slo:sli_error:ratio_rate{short}{me} > ({factor} * 0.001)) without (sloth_window) "
        f"and max(slo:sli_error:ratio_rate{long}{me} > ({factor} * 0.001)) without (sloth_window))"
        for short, long, factor in pairs
    ]
    return {
        "alert": "HighErrorRate",
        "expr": " or ".join(parts),
        "labels": {"sloth_severity": severity},
    }


def past(ids: list[str], now: int) -> Iterator[str]:
    """Yield OpenMetrics lines: hours of samples, and what either rule file recorded of them.

    Time runs in the outer loop of a series, as the format wants; every 997th sample is a failure.
    """
    span = (now - HOURS * 3600, now - 60)
    scraped = 'location="a",instance="target",job="services"'
    yield from _series("service_up", [f'service="{s}",{scraped}' for s in ids], span, 15)
    ours_of = [f'service="{s}"' for s in ids]
    for name, value in (("total:rate", 1), ("errors:rate", 0)):
        yield from _series(f"service:sli_{name}", ours_of, span, 30, value)
    for name, value in (("total:sum5m", 10), ("errors:sum5m", 0)):
        yield from _series(f"service:sli_{name}", ours_of, span, 300, value)
    yield from _series("service:probe_duration_seconds:avg5m", ours_of, span, 300, 1)
    late = (now - 900, now - 60)
    probes = [f'{_probe(s)},instance="target",job="services"' for s in ids]
    yield from _series("service_probe_success", probes, late, 15)
    sloths = [
        f'sloth_id="{s}-{SLO}",sloth_service="{s}",sloth_slo="{SLO}",sloth_window="5m"' for s in ids
    ]
    yield from _series("slo:sli_error:ratio_rate5m", sloths, span, 30, 0)
    yield "# EOF\n"


def blocks(ids: list[str], now: int) -> Iterator[str]:
    """Yield OpenMetrics lines: 30 days of the blocks of 5 minutes that our rules record."""
    labels = [f'service="{s}"' for s in ids]
    for name, value in (("total:sum5m", 10), ("errors:sum5m", 0)):
        yield from _series(f"service:sli_{name}", labels, (now - 30 * 86400, now), 300, value)
    yield "# EOF\n"


def _series(
    metric: str, labels: list[str], span: tuple[int, int], step: int, value: int = 1
) -> Iterator[str]:
    yield f"# TYPE {metric} gauge\n"
    for label in labels:
        head = f"{metric}{{{label}}} "
        yield "".join(
            f"{head}{value if (t // step) % 997 else 1 - value} {t}\n" for t in range(*span, step)
        )


def _probe(name: str) -> str:
    return f'service="{name}",probe="http",target="{name}:443",location="a"'


def feed(ids: list[str]) -> Iterator[str]:
    """Yield what an exporter and an engine tell of these services: every family that rules read.

    A tenth has a quorum of its own, service hours, a dependency and an `after`.
    """
    soon = int(time.time()) + 90 * 86400
    for number, name in enumerate(ids):
        me = f'service="{name}"'
        probe = _probe(name)
        yield f'service_up{{{me},location="a"}} 1'
        yield f"service_probe_success{{{probe}}} 1"
        for phase in ("resolve", "connect", "tls", "processing", "transfer"):
            yield f'service_probe_duration_seconds{{{probe},phase="{phase}"}} 0.01'
        for reason in ("resolve", "timeout"):
            yield f'service_probe_failures_total{{{probe},reason="{reason}"}} 0'
        yield f"service_probe_last_run_timestamp_seconds{{{probe}}} {time.time()}"
        yield f"service_tls_certificate_expiry_timestamp_seconds{{{probe}}} {soon}"
        more = f',host="h{number}"' if number % 10 == 0 else ""
        yield f'service_info{{{me},owner="o{number % 50}",tier="t",method="probes"{more}}} 1'
        yield f"service_slo_objective_ratio{{{me}}} {OBJECTIVE}"
        yield f"service_maintenance_active{{{me}}} 0"
        yield f'service_slo_window_info{{{me},window="month"}} 1'
        yield f'sla_error_budget_remaining_ratio{{{me},window="month"}} 0.9'
        yield f'sla_coverage_ratio{{{me},window="1d"}} 1'
        yield f"sla_figures_until_timestamp_seconds{{{me}}} {time.time()}"
        yield f"service_maintenance_next_start_timestamp_seconds{{{me}}} {soon}"
        if number % 10 == 0:
            yield f'service_location_quorum{{{me},need="any"}} 1'
            yield f"service_outage_after_seconds{{{me}}} 120"
            yield f'service_dependency_info{{{me},dependency="{ids[0]}"}} 1'
        if number % 100 == 0:
            yield f"service_hours_begin_timestamp_seconds{{{me}}} {soon}"
            yield f"service_maintenance_until_timestamp_seconds{{{me}}} {soon}"
            yield f'sla_engine_service_failing{{{me},reason="query"}} 1'
    yield from (f"{name} {value}" for name, value in ENGINE.items())


@contextmanager
def target(ids: list[str]) -> Iterator[str]:
    """Serve what an exporter and an engine tell of these services; yield host:port."""
    body = ("\n".join(feed(ids)) + "\n").encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
