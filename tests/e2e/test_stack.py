"""The whole stack, as ``make run`` and ``make demo`` start it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from stack.layout import PREFERRED, ROOT
from stack.leftovers import end_orphans, orphans
from tests.programs.ports import free_port

pytestmark = pytest.mark.e2e

SERVICES = {"host", "prometheus", "alertmanager", "exporter"}


class Stack:
    """``python -m stack run`` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.var = folder / "var"
        self.log = folder / "log"
        self.ports = {program: free_port() for program in PREFERRED}
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        flags = [f"--port={program}={port}" for program, port in self.ports.items()]
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [
                    *(sys.executable, "-m", "stack", "run", f"--var={self.var}"),
                    *("--scrape-interval=1s", "--tick=1s", *flags),
                ],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def reload(self) -> tuple[int, str]:
        """Return the exit code of ``make reload``, and what it complains of."""
        command = [sys.executable, "-m", "stack", "reload", f"--var={self.var}"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def query(self, expression: str) -> list[dict[str, str]]:
        """Return the labels of what Prometheus answers; nothing while it does not listen."""
        url = f"http://127.0.0.1:{self.ports['prometheus']}/api/v1/query"
        try:
            answer = requests.get(url, params={"query": expression}, timeout=5)
        except requests.ConnectionError:
            return []
        return [found["metric"] for found in answer.json()["data"]["result"]] if answer.ok else []

    def await_banner(self) -> None:
        """Return when the stack says that it runs: Prometheus may be one that a kill left over."""
        deadline = time.monotonic() + 60
        while "Where to look" not in self.log.read_text(encoding="utf-8"):
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, self.log.read_text(encoding="utf-8")
            time.sleep(0.1)

    def rules(self) -> list[dict[str, str]]:
        """Return every rule that Prometheus evaluates."""
        url = f"http://127.0.0.1:{self.ports['prometheus']}/api/v1/rules"
        groups = requests.get(url, timeout=5).json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def await_series(self, expression: str, label: str, wanted: set[str]) -> None:
        """Return when the series' labels are the wanted ones, none twice."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = [series[label] for series in self.query(expression)]
            # The example has "names" too where a name server is; whether it answers is not ours.
            if sorted(set(found) - {"names"}) == sorted(wanted) and len(found) == len(set(found)):
                return
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            time.sleep(0.1)
        pytest.fail(f"{expression} has {found}, not {wanted}\n{self.log.read_text('utf-8')}")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path)
    yield stack
    stack.process.terminate()
    stack.process.wait(10)
    end_orphans(stack.var)


def test_the_stack_serves_survives_a_kill_and_leaves_nothing_behind(stack: Stack) -> None:
    stack.await_banner()
    jobs = {"prometheus", "alertmanager", "sla-exporter", "sla-engine"}
    stack.await_series("up == 1", "job", jobs)
    stack.await_series("service_up == 1", "service", SERVICES)
    stack.await_series('sla_availability_ratio{window="1d"}', "service", SERVICES)
    assert [rule["name"] for rule in stack.rules() if rule["health"] == "err"] == []

    catalogue = stack.var / "services.yml"
    text = catalogue.read_text(encoding="utf-8")
    catalogue.write_text(re.sub("(?m)^organization: .*", "organization: Another", text))
    assert stack.reload() == (0, "")
    status = f"http://127.0.0.1:{stack.ports['engine']}/"
    assert "Another" in requests.get(status, timeout=5).text
    catalogue.write_text("organization: [1]\n")
    code, complaint = stack.reload()
    assert code == 1
    assert complaint.count("organization") == 2, "one of each program"

    stack.process.kill()
    stack.process.wait()
    assert orphans(stack.var), "a killed stack leaves its programs, or this test shows nothing"
    stack.process = stack.start()
    stack.await_banner()
    stack.await_series("up == 1", "job", jobs)

    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(5) == 0
    assert orphans(stack.var) == []


def test_the_demo_agrees_with_its_own_report() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stack", "demo", "--quick"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 2 services on course; at risk: Web shop" in done.stdout


def test_a_catalogue_with_mistakes_starts_nothing(tmp_path: Path) -> None:
    services = tmp_path / "services.yml"
    services.write_text("organization: x\n", encoding="utf-8")
    command = [sys.executable, "-m", "stack", "run", f"--var={tmp_path}/var"]
    done = subprocess.run(
        [*command, f"--config.file={services}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"{services}:" in done.stderr
    assert "started" not in done.stdout
