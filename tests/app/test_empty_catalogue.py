"""A file that says nothing yet: the programs start and say how to begin, and lose nothing by it."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from service_catalogue import empty_catalogue, load_catalogue, says_nothing
from sla_engine.accounting.past import noted
from sla_engine.ledger import Books, Ledger
from tests.programs.ports import free_port
from tests.programs.process import running

SERVICE = """\
organization: Example
timezone: Europe/Berlin
prometheus: {url: "http://127.0.0.1:1"}
services:
  - {id: shop, name: Shop, probes: [{type: tcp, target: "127.0.0.1:1"}]}
"""


@pytest.mark.parametrize(
    ("text", "nothing"),
    [("", True), ("\n \n", True), ("# to come\n", True), ("services: []\n", False), ("---", False)],
)
def test_a_file_without_a_word_says_nothing(text: str, nothing: bool, tmp_path: Path) -> None:
    path = tmp_path / "services.yml"
    assert not says_nothing(path)
    path.write_text(text)
    assert says_nothing(path) is nothing


def test_terms_of_a_file_that_says_nothing_are_not_written_down() -> None:
    with Ledger.open("sqlite://") as ledger:
        noted(Books(empty_catalogue(), ledger), 0)
        assert ledger.terms.rows() == ()


@pytest.mark.integration
def test_both_programs_start_with_an_empty_file_and_say_how_to_begin(tmp_path: Path) -> None:
    config = tmp_path / "services.yml"
    config.write_text("# services to come\n")
    ledger = f"--storage.ledger=sqlite:///{tmp_path}/ledger.db"
    urls = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
    flags = [f"--config.file={config}", "--web.enable-lifecycle"]
    places = [f"--web.listen-address={url.removeprefix('http://')}" for url in urls]
    engine = [sys.executable, "-m", "sla_engine", "serve", "--tick=1s", ledger, *flags, places[0]]
    exporter = [sys.executable, "-m", "exporter", *flags, places[1]]
    logs = [tmp_path / "engine.log", tmp_path / "exporter.log"]
    with (
        running(engine, ready_url=f"{urls[0]}/-/ready", log=logs[0]),
        running(exporter, ready_url=f"{urls[1]}/-/ready", log=logs[1]),
    ):
        assert "sla-engine discover --prometheus.url=" in requests.get(urls[0], timeout=9).text
        for url in urls:
            assert requests.post(f"{url}/-/reload", timeout=30).status_code >= 400
        config.write_text(SERVICE)
        for url in urls:
            assert requests.post(f"{url}/-/reload", timeout=30).status_code == 200
        assert "sla-engine discover" not in requests.get(urls[0], timeout=9).text
        config.write_text("")
        for url in urls:
            assert "is empty" in requests.post(f"{url}/-/reload", timeout=30).text
        assert "sla-engine discover" not in requests.get(urls[0], timeout=9).text
        assert 'service="shop"' in requests.get(f"{urls[1]}/metrics", timeout=9).text
    assert "no service is watched yet" in logs[0].read_text()
    assert "nothing is probed yet" in logs[1].read_text()


@pytest.mark.integration
def test_an_emptied_file_does_not_make_a_ledger_forget_its_services(tmp_path: Path) -> None:
    config = tmp_path / "services.yml"
    config.write_text(SERVICE)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        noted(Books(load_catalogue(config), ledger), 0)
    config.write_text("")
    command = [sys.executable, "-m", "sla_engine", "serve", f"--config.file={config}"]
    ends = [f"--storage.ledger=sqlite:///{tmp_path}/ledger.db", "--web.listen-address=127.0.0.1:0"]
    done = subprocess.run(
        [*command, *ends], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "is empty, and the ledger knows 1 service; put it back" in done.stderr
