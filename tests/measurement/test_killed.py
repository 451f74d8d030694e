"""kill -9 at any moment of a backfill, or of a running engine, loses and doubles nothing."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sla_engine.domain.interval import Interval
from sla_engine.domain.period import rfc3339
from sla_engine.ledger import Ledger
from tests.measurement.served import served
from tests.measurement.test_increments import facts
from tests.past import past, write_openmetrics
from tests.programs.prometheus import create_blocks, running_prometheus

pytestmark = pytest.mark.integration

START = 1_790_812_800_000
PERIOD = Interval(START, START + 14 * 86_400_000)
STEP = 60_000
KILLS = 2
NAMES = [f"s{i}" for i in range(10)]
SERVICE = "  - {id: %s, name: X, probes: [{type: http, url: 'http://127.0.0.1:1'}]}\n"


def _command(folder: Path, ledger: str) -> list[str]:
    return [
        sys.executable, "-m", "sla_engine", "backfill", f"--config.file={folder}/services.yml",
        f"--storage.ledger=sqlite:///{folder}/{ledger}",
        f"--from={rfc3339(PERIOD.start)}", f"--to={rfc3339(PERIOD.end)}",
    ]  # fmt: skip


def _facts(folder: Path, name: str) -> list[bytes]:
    with Ledger.open(f"sqlite:///{folder}/{name}") as ledger:
        assert ledger.verify() == []
        return facts(ledger)


def test_a_backfill_killed_at_any_moment_is_resumed(tmp_path: Path) -> None:
    assert killed_backfills(tmp_path, KILLS) >= 1


def killed_backfills(folder: Path, kills: int) -> int:
    """Kill backfills so many times; return how many ledgers were filled all the same.

    A run that ends before it is killed fills one; the next run begins another.
    """
    series = {
        f'service_up{{service="{name}"}}': past(PERIOD, STEP, "both", i).samples
        for i, name in enumerate(NAMES)
    }
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, series)
    create_blocks(folder / "prometheus", folder / "past.om", block="500h")
    with running_prometheus(folder / "prometheus") as prometheus:
        text = "organization: X\ntimezone: UTC\nservices:\n" + "".join(SERVICE % n for n in NAMES)
        text += f"prometheus: {{url: '{prometheus.url}', scrape_interval: 60s}}\n"
        (folder / "services.yml").write_text(text)
        began = time.monotonic()
        subprocess.run(_command(folder, "once.db"), check=True)
        lasts = time.monotonic() - began
        chance, filled = random.Random(0), 0
        while kills:
            if _killed(_command(folder, f"killed-{filled}.db"), lasts * chance.uniform(0.3, 1)):
                kills -= 1
            else:
                filled += 1
        subprocess.run(_command(folder, f"killed-{filled}.db"), check=True)
    for number in range(filled + 1):
        assert _facts(folder, f"killed-{number}.db") == _facts(folder, "once.db")
    return filled + 1


def _killed(command: list[str], after: float) -> bool:
    """Say whether a command had to be killed; one that ends by itself must end well."""
    with subprocess.Popen(command) as process:
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.kill()
    assert process.returncode in {0, -signal.SIGKILL}
    return process.returncode != 0


def test_an_engine_killed_at_any_moment_goes_on_where_it_was(tmp_path: Path) -> None:
    found = served(tmp_path, KILLS, hours=2)
    assert found.wrong == []
    assert found.killed == KILLS
    assert found.told > 0
    assert found.outages > 0
