"""kill -9 at any moment of a backfill loses and doubles nothing."""

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
from tests.jobs.test_increments import facts
from tests.past import past, write_openmetrics
from tests.programs.prometheus import create_blocks, running_prometheus

pytestmark = pytest.mark.integration

START = 1_790_812_800_000
PERIOD = Interval(START, START + 14 * 86_400_000)
STEP = 60_000
KILLS = 3
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
    series = {
        f'service_up{{service="{name}"}}': past(PERIOD, STEP, "both", i).samples
        for i, name in enumerate(NAMES)
    }
    with (tmp_path / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, series)
    create_blocks(tmp_path / "prometheus", tmp_path / "past.om", block="500h")
    with running_prometheus(tmp_path / "prometheus") as prometheus:
        text = "organization: X\ntimezone: UTC\nservices:\n" + "".join(SERVICE % n for n in NAMES)
        text += f"prometheus: {{url: '{prometheus.url}', scrape_interval: 60s}}\n"
        (tmp_path / "services.yml").write_text(text)
        began = time.monotonic()
        subprocess.run(_command(tmp_path, "once.db"), check=True)
        lasts = time.monotonic() - began
        chance = random.Random(0)
        ends = []
        # The first is early: once a run has ended, all that follow have nothing left to do.
        for part in (0.4, *(chance.uniform(0.3, 1) for _ in range(KILLS - 1))):
            with subprocess.Popen(_command(tmp_path, "killed.db")) as process:
                try:
                    process.wait(lasts * part)
                except subprocess.TimeoutExpired:
                    process.kill()
            ends.append(process.returncode)
        assert -signal.SIGKILL in ends
        subprocess.run(_command(tmp_path, "killed.db"), check=True)
    assert _facts(tmp_path, "killed.db") == _facts(tmp_path, "once.db")
