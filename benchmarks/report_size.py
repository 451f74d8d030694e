"""How long a monthly report of 500 services takes, by format; CPU seconds of one core.

python -m benchmarks.report_size [services]
"""

import resource
import sys
import tempfile
import time
from datetime import UTC
from random import Random

from catalogue import Catalogue
from sla_engine.domain.period import Period, parse_period
from sla_engine.domain.timeline import Segment, State, Timeline, joined
from sla_engine.jobs.report import report
from sla_engine.ledger import Derived, Ledger
from sla_engine.reports import REPORTS

_MINUTE = 60_000
_OUTAGES = 12


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    period = parse_period("2026-10", UTC, 0)
    now = period.end + 3_600_000
    with tempfile.TemporaryDirectory() as folder, Ledger.open(f"sqlite:///{folder}/l.db") as ledger:
        catalogue = _catalogue(count)
        _fill(ledger, catalogue, period)
        start = time.process_time()
        result = report(catalogue, ledger, period, now)
        computed = time.process_time() - start
        outages = sum(len(s.figures.shares) for s in result.services)
        print(f"{count} services, {outages} outages: computed in {computed:.2f} s")
        for name, render in REPORTS.items():
            start = time.process_time()
            size = len(render(result))
            took = time.process_time() - start
            print(f"{name:6} {took:6.2f} s {size / 1e6:6.2f} MB, in all {computed + took:.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MiB")


def _catalogue(count: int) -> Catalogue:
    services = [
        {
            "id": f"service-{i}",
            "name": f"Service {i}",
            "owner": f"team-{i % 17}",
            "tier": ("gold", "silver", "bronze")[i % 3],
            "objective": (99.9, 99.5, 99)[i % 3],
            "cost_per_hour": 100,
            "sli": {"promql": "up"},
        }
        for i in range(count)
    ]
    base = {"organization": "Example", "timezone": "UTC", "services": services}
    return Catalogue.model_validate(base)


def _fill(ledger: Ledger, catalogue: Catalogue, period: Period) -> None:
    random = Random(7)
    first = period.start - 62 * 24 * 60 * _MINUTE
    ledger.apply(
        Derived(service.id, _timeline(random, first, period.end), first)
        for service in catalogue.services
    )


def _timeline(random: Random, start: int, end: int) -> Timeline:
    edges = sorted(random.randrange(start, end, 15_000) for _ in range(_OUTAGES))
    pieces, at = [], start
    for edge in edges:
        length = random.choice((15_000, 60_000, 5 * _MINUTE, 45 * _MINUTE))
        state = State.UNKNOWN if random.random() < 0.2 else State.DOWN
        if edge < at:
            continue
        pieces += [Segment(at, edge, State.UP), Segment(edge, min(edge + length, end), state)]
        at = min(edge + length, end)
    return joined([*pieces, Segment(at, end, State.UP)])


if __name__ == "__main__":
    main()
