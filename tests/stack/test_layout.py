import json
import subprocess
from pathlib import Path

import pytest
import yaml

from service_catalogue import load_catalogue
from stack.configs import alertmanager_yml, prometheus_yml
from stack.example import EXAMPLE, adapted_example, own_name_server
from stack.layout import PREFERRED, Layout, any_ports, find_program, free_ports
from tests.programs.process import find_program as find_test_program

MOVED = {name: port + 1000 for name, port in PREFERRED.items()}
NAMED = """
services:
  - {id: here, probes: [{type: tcp, target: "127.0.0.1:9710"}]}
  - {id: site, probes: [{type: http, url: "https://www.example.org/"}]}
  - {id: mail, probes: [{type: tcp, target: "mail.example.org:25"}]}
  - {id: query, sli: {promql: up}}
  - {id: names, probes: [{type: dns, server: "127.0.0.53:53", query: intern.example.org}]}
"""


def test_a_taken_port_is_left_alone_and_none_is_given_twice() -> None:
    taken = {9090, 9091}
    ports = free_ports({"a": 9090, "b": 9092, "c": 9092}, lambda port: port not in taken)
    assert ports == {"a": 9092, "b": 9093, "c": 9094}


def test_any_ports_differ() -> None:
    assert len(set(any_ports(PREFERRED).values())) == len(PREFERRED)


def test_a_missing_program_is_told_with_its_packages() -> None:
    with pytest.raises(FileNotFoundError, match="apt-get install prometheus prometheus-alertm"):
        find_program("no-such-program")


def test_the_example_follows_the_ports_of_the_stack(tmp_path: Path) -> None:
    text, left_out = adapted_example(EXAMPLE.read_text(encoding="utf-8"), MOVED, lambda _: True)
    path = tmp_path / "services.yml"
    path.write_text(text, encoding="utf-8")
    assert load_catalogue(path).prometheus.url == f"http://127.0.0.1:{MOVED['prometheus']}"
    assert not [port for port in PREFERRED.values() if f":{port}" in text]
    assert left_out == []


def test_ports_may_swap() -> None:
    swapped = {"prometheus": 9793, "alertmanager": 9790, "exporter": 9711, "engine": 9710}
    text, _ = adapted_example("a: 127.0.0.1:9790\nb: 127.0.0.1:9793\nservices: []\n", swapped, bool)
    assert yaml.safe_load(text) == {"a": "127.0.0.1:9793", "b": "127.0.0.1:9790", "services": []}


def test_a_service_whose_name_does_not_resolve_is_left_out() -> None:
    text, left_out = adapted_example(NAMED, PREFERRED, lambda name: "example.org" not in name)
    assert [service["id"] for service in yaml.safe_load(text)["services"]] == ["here", "query"]
    assert left_out == ["site", "mail", "names"]


def test_names_are_asked_of_this_machine_s_name_server() -> None:
    text, _ = adapted_example(NAMED, PREFERRED, lambda _: True, "192.0.2.1:53")
    assert yaml.safe_load(text)["services"][-1]["probes"][0]["server"] == "192.0.2.1:53"


@pytest.mark.parametrize(
    ("text", "server"),
    [
        (
            "search x\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n",
            "192.0.2.1:53",
        ),
        ("nameserver 2001:db8::1\n", "[2001:db8::1]:53"),
        ("", "127.0.0.53:53"),
    ],
)
def test_the_first_name_server_counts(text: str, server: str) -> None:
    assert own_name_server(text) == server


def test_prometheus_scrapes_all_four_loads_our_rules_and_alerts(tmp_path: Path) -> None:
    config = json.loads(prometheus_yml(Layout(tmp_path, tmp_path / "s.yml", MOVED, "1s")))
    targets = [job["static_configs"][0]["targets"] for job in config["scrape_configs"]]
    assert targets == [[f"127.0.0.1:{port}"] for port in MOVED.values()]
    assert config["global"]["scrape_interval"] == "1s"


@pytest.mark.integration
def test_the_programs_accept_their_configuration(tmp_path: Path) -> None:
    layout = Layout(tmp_path, tmp_path / "services.yml", MOVED)
    for tool, name, text in (
        ("promtool", "prometheus.yml", prometheus_yml(layout)),
        ("amtool", "alertmanager.yml", alertmanager_yml()),
    ):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        check = ["check", "config"] if tool == "promtool" else ["check-config"]
        done = subprocess.run(
            [find_test_program(tool), *check, path], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
