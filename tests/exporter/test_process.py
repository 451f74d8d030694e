import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from exporter.cli import parser
from tests.exporter.parsers import linted, parsed
from tests.programs.exporter import RunningExporter, exporter
from tests.programs.ports import free_port
from uptime_common.exposition import Style

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.integration
ACCEPTED: dict[str, Style] = {
    "text/plain": "text",
    "application/openmetrics-text; version=1.0.0": "openmetrics",
}
CATALOGUE = """\
organization: Example
timezone: UTC
services:
  - id: open
    name: Open
    probes: [{{type: tcp, target: "localhost:{open}", interval: 1s, timeout: 500ms}}]
  - id: shut
    name: Shut
    quorum: {{probes: any}}
    probes:
      - {{type: tcp, target: "127.0.0.1:{shut}", interval: 1s, timeout: 500ms}}
      - {{type: http, url: "http://127.0.0.1:{shut}/", interval: 1s, timeout: 500ms}}
"""

BROKEN = {
    "organization: {{ org }}\n": "a template that was not rendered",
    "a: 2026-02-30\n": "does not exist: day is out of range",
    "a: &s [*s]\n": "*s stands inside what it repeats",
    "a: " + "[" * 5000: "is nested deeper than 64 levels",
    "reports: [{id: r, period: daily, cron: 99 * * * *}]\n": "is not a crontab line",
}


@contextmanager
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def scrape(url: str, until: str) -> str:
    """Return /metrics as soon as it holds the text."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        text = requests.get(f"{url}/metrics", timeout=5).text
        if until in text:
            return text
        time.sleep(0.05)
    raise AssertionError(f"{until} did not come in\n{text}")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[RunningExporter]:
    with listener() as port:
        text = CATALOGUE.format(open=port, shut=free_port())
        with exporter(tmp_path, text, "--location=fra") as running:
            yield running


def test_it_probes_serves_and_stops_at_once(program: RunningExporter) -> None:
    text = scrape(program.url, 'service_up{service="open",location="fra"} 1.0\n')
    text = scrape(program.url, 'service_up{service="shut",location="fra"} 0.0\n')
    assert "node_load1" in text
    assert 'sla_exporter_build_info{version="' in text
    assert linted(text) == []
    for accept, style in ACCEPTED.items():
        answer = requests.get(f"{program.url}/metrics", headers={"Accept": accept}, timeout=5)
        assert "service_up" in parsed(answer.text, style)
    assert "/metrics" in requests.get(program.url, timeout=5).text
    started = time.monotonic()
    program.process.terminate()
    assert program.process.wait(5) == 0
    assert time.monotonic() - started < 2
    assert "error" not in program.log.read_text(encoding="utf-8")


def test_a_reload_changes_what_changed_and_refuses_mistakes(
    program: RunningExporter, tmp_path: Path
) -> None:
    config = tmp_path / "services.yml"
    scrape(program.url, 'service_up{service="open",location="fra"} 1.0')
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("id: shut", "id: Shut!"), encoding="utf-8")
    program.process.send_signal(signal.SIGHUP)
    scrape(program.url, "sla_exporter_config_last_reload_successful 0.0")
    assert "services[1].id" in program.log.read_text(encoding="utf-8")
    config.write_text(text.replace("id: shut", "id: gone"), encoding="utf-8")
    program.process.send_signal(signal.SIGHUP)
    text = scrape(program.url, 'service_up{service="gone",location="fra"} 0.0')
    assert 'service="shut"' not in text
    assert "sla_exporter_config_last_reload_successful 1.0" in text


def test_whatever_a_document_holds_the_exporter_probes_on(
    program: RunningExporter, tmp_path: Path
) -> None:
    good = (tmp_path / "services.yml").read_text(encoding="utf-8")
    for text, words in BROKEN.items():
        (tmp_path / "services.yml").write_text(text, encoding="utf-8")
        program.process.send_signal(signal.SIGHUP)
        scrape(program.url, "sla_exporter_config_last_reload_successful 0.0")
        assert words in program.log.read_text(encoding="utf-8")
        assert 'service_up{service="open"' in scrape(program.url, 'service_up{service="open"')
        (tmp_path / "services.yml").write_text(good, encoding="utf-8")
        program.process.send_signal(signal.SIGHUP)
        scrape(program.url, "sla_exporter_config_last_reload_successful 1.0")


def test_a_document_that_cannot_be_read_is_told_at_the_start(tmp_path: Path) -> None:
    text, words = next(iter(BROKEN.items()))
    (tmp_path / "services.yml").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "exporter", f"--config.file={tmp_path / 'services.yml'}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_targets_tell_their_state_and_can_be_probed_now(program: RunningExporter) -> None:
    scrape(program.url, 'service_up{service="open",location="fra"} 1.0')
    for probe in ("http", "tcp"):
        scrape(program.url, f'service_probe_success{{service="shut",probe="{probe}"')
    states = requests.get(f"{program.url}/targets?json", timeout=5).json()
    assert {s["service"]: s["state"] for s in states} == {"open": "up", "shut": "down"}
    assert "refused: " in requests.get(f"{program.url}/targets", timeout=5).text
    now = f"{program.url}/probe?target=open"
    page = requests.get(now, timeout=5).text
    assert "probe_success 1\n" in page
    assert "service_probe_duration_seconds" in parsed(page)
    theirs = parsed(requests.get(now + "&module=tcp&format=blackbox", timeout=5).text)
    assert [sample.value for sample in theirs["probe_success"].samples] == [1]
    assert all(name.startswith("probe_") for name in theirs)
    log = requests.get(now + "&module=tcp&debug=true", timeout=5).text
    assert "ms  localhost is 127.0.0.1" in log
    assert "ms  succeeded" in log
    several = requests.get(f"{program.url}/probe?target=shut", timeout=5)
    assert (several.status_code, "shut/http, shut/tcp" in several.text) == (404, True)
    stranger = requests.get(f"{program.url}/probe?target=http://example.org&module=http", timeout=5)
    assert (stranger.status_code, "open, shut" in stranger.text) == (404, True)


@pytest.mark.parametrize(
    ("arguments", "code", "message", "following"),
    [
        (
            ["--config.file=none.yml"],
            1,
            "none.yml:1: cannot be read: No such file or directory",
            "sla-exporter: next: --config.file=FILE, or --no-probes for this host's health alone",
        ),
        (
            [f"--config.file={Path(__file__)}"],
            1,
            f"{Path(__file__)}:",
            f"next: sla-engine check --config.file={Path(__file__)}, which tells every mistake",
        ),
        (
            ["--web.listen-address=here"],
            2,
            "sla-exporter: argument --web.listen-address: 'here' is not",
            "; see sla-exporter --help",
        ),
        (
            ["--no-probes", "--web.config.file=no"],
            1,
            "no:1: cannot be read: No such file",
            "sla-exporter: next: mend no, then the same again",
        ),
        (
            ["--no-probes", "--web.listen-address=256.0.0.1:9"],
            1,
            "address=256.0.0.1:9: Name or",
            "",
        ),
    ],
)
def test_what_is_wrong_is_told_in_one_line_and_what_to_type_next(
    arguments: list[str], code: int, message: str, following: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "exporter", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    said = [line for line in done.stderr.splitlines() if not line.startswith("ts=")]
    assert message in said[0]
    assert said[-1].endswith(following)
    assert len(said) <= 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--shard=3/2"], "sla-exporter: argument --shard: '3/2' is not I/N, such as 1/3"),
        (
            ["--nonsense"],
            "sla-exporter: unrecognized arguments: --nonsense; see sla-exporter --help",
        ),
        (["--web.listen-adress=:1"], "; did you mean --web.listen-address=:1?; see"),
        (["--web.listen-address=::1:9"], "'::1:9' is not host:port; IPv6: [::1]:9"),
        (["--collector.timeout=-1"], "'-1' is not a number of seconds above 0"),
        (["--collector.filesystem.mount-timeout=x"], "'x' is not a number of seconds above 0"),
        (["--location="], "sla-exporter: argument --location: '' is not a name"),
    ],
)
def test_a_wrong_flag_is_wrong_usage(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(arguments)
    assert ended.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert message in lines[-1]
    assert lines[-1].endswith("; see sla-exporter --help")
    assert len(lines) == 1


def test_without_a_catalogue_in_its_folder_it_shows_the_host_alone(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "exporter",
            "--web.listen-address=256.0.0.1:9",
            "--no-collector.wifi",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "nothing is probed: no catalogue is named, and there is none here" in done.stderr
    assert "address=256.0.0.1:9: Name or" in done.stderr.splitlines()[-1]


def test_a_taken_address_is_told_in_one_line(tmp_path: Path) -> None:
    del tmp_path
    with listener() as port:
        done = subprocess.run(
            [sys.executable, "-m", "exporter", "--no-probes", f"--web.listen-address=:{port}"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "address already in use" in done.stderr.splitlines()[-1].lower()
