"""What the benchmark of rules evaluates: services with a past, our rules, and Sloth's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
OBJECTIVE = 0.999
HOURS = 6
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
"""Those that Sloth sums from raw samples; it sums 30 days from those of 5 minutes."""


def services(count: int) -> list[str]:
    """Return ids."""
    return [f"s{i:04d}" for i in range(count)]


def ours() -> dict[str, str]:
    """Return our rule files about services, as they are delivered."""
    names = ("slo", "services", "targets", "inhibitors", "watchers")
    folder = ROOT / "alert_rules"
    return {f"{n}.rules.yml": (folder / f"{n}.rules.yml").read_text("utf-8") for n in names}


def sloth(ids: list[str]) -> dict[str, str]:
    """Return the rules that Sloth generates for these SLOs: 17 each, in three groups.

    Its layout: an error ratio for each of eight windows, seven series that describe the SLO, and
    two alerts of four windows each. Intervals are Prometheus' own, as Sloth leaves them.
    """
    groups = [group for name in ids for group in _sloth(name)]
    return {"sloth.rules.yml": yaml.dump({"groups": groups}, Dumper=yaml.CSafeDumper)}


def _sloth(name: str) -> Iterator[dict[str, Any]]:
    labels = {"sloth_id": f"{name}-availability", "sloth_service": name, "sloth_slo": "up"}
    me = "{" + ", ".join(f'{k}="{v}"' for k, v in labels.items()) + "}"

    def record(metric: str, expr: str, **more: str) -> dict[str, Any]:
        return {"record": metric, "expr": expr, "labels": labels | more}

    ratio = "slo:sli_error:ratio_rate"
    bad = f'1 - avg(avg_over_time(service_up{{service="{name}"}}'
    errors = [record(f"{ratio}{w}", f"{bad}[{w}]))", sloth_window=w) for w in WINDOWS]
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
    sloths = [
        f'sloth_id="{s}-availability",sloth_service="{s}",sloth_slo="up",sloth_window="5m"'
        for s in ids
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


@contextmanager
def target(ids: list[str]) -> Iterator[str]:
    """Serve what an exporter and an engine tell of these services; yield host:port."""
    lines = [f'service_up{{service="{s}",location="a"}} 1' for s in ids]
    lines += [f'service_info{{service="{s}",owner="o",tier="t"}} 1' for s in ids]
    lines += [f'service_slo_objective_ratio{{service="{s}"}} {OBJECTIVE}' for s in ids]
    lines += [f'service_maintenance_active{{service="{s}"}} 0' for s in ids]
    body = ("\n".join(lines) + "\n").encode()

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
