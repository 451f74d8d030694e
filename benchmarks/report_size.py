"""What a monthly report of 500 services costs, by format; CPU seconds of one core.

python -m benchmarks.report_size [services [outages of each in three months [format ...]]]

`cold` is `sla-engine report` as a process of its own: Python, every import, catalogue and ledger
included; there is no Prometheus. `render` is the format alone, in a process that made it before.
`loop` is how long ten million additions take here: on an idle core of 2024 half a second.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC
from pathlib import Path
from random import Random

from service_catalogue import Catalogue
from sla_engine.accounting.report import make_report, report
from sla_engine.domain.period import Period, parse_period
from sla_engine.domain.timeline import Segment, State, Timeline, joined
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.reports import FORMATS

_MINUTE = 60_000
_OUTAGES = 12


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    outages = int(sys.argv[2]) if len(sys.argv) > 2 else _OUTAGES
    names = sys.argv[3:] or list(FORMATS)
    period = parse_period("2026-10", UTC, 0)
    with tempfile.TemporaryDirectory() as folder:
        document = _document(count)
        config = Path(folder) / "services.yml"
        config.write_text(json.dumps(document), encoding="utf-8")
        url = f"sqlite:///{folder}/l.db"
        with Ledger.open(url) as ledger:
            catalogue = Catalogue.model_validate(document)
            _fill(ledger, catalogue, period, outages)
            books, now = Books(catalogue, ledger), period.end + 3_600_000
            listed = sum(len(s.figures.shares) for s in report(books, period, now).services)
            print(f"{count} services, {listed} outages, loop {_loop():.2f} s")
            print("format, cold, render, MB, peak MiB of the cold one")
            for name in names:
                cold, peak = _cold(config, url, name)
                result = make_report(books, period, now, [FORMATS[name]])
                FORMATS[name].render(result)
                start = time.process_time()
                size = len(FORMATS[name].render(result))
                warm = time.process_time() - start
                print(f"{name:6} {cold:6.2f} s {warm:6.2f} s {size / 1e6:6.2f} {peak:5.0f}")


def _loop() -> float:
    start, total = time.process_time(), 0
    for number in range(10_000_000):
        total += number
    return time.process_time() - start


def _cold(config: Path, ledger: str, format_: str) -> tuple[float, float]:
    """Return CPU seconds and MiB of the command."""
    command = [
        *(sys.executable, "-m", "sla_engine", "report", f"--config.file={config}"),
        *(f"--storage.ledger={ledger}", "--period=2026-10", f"--format={format_}"),
        *(f"--output={config.parent}/report", "--prometheus.url=http://127.0.0.1:9"),
    ]
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{format_}: exit code {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _document(count: int) -> dict[str, object]:
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
    return {"organization": "Example", "timezone": "UTC", "services": services}


def _fill(ledger: Ledger, catalogue: Catalogue, period: Period, outages: int = _OUTAGES) -> None:
    random = Random(7)
    first = period.start - 62 * 24 * 60 * _MINUTE
    ledger.apply(
        Derived(service.id, _timeline(random, first, period.end, outages), first)
        for service in catalogue.services
    )


def _timeline(random: Random, start: int, end: int, outages: int) -> Timeline:
    edges = sorted(random.randrange(start, end, 15_000) for _ in range(outages))
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
