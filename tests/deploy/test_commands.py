"""Every command line that a deployment runs is one that the programs understand."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from deploy.manifests import ROOT, manifests
from exporter.cli import parser as exporter_parser
from sla_engine.cli import parser as engine_parser

PARSERS = {"sla-exporter": exporter_parser, "sla-engine": engine_parser}
INSTALL = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


def _text(path: str) -> str:
    return (ROOT / "deploy" / path).read_text(encoding="utf-8")


def _units() -> Iterator[list[str]]:
    for unit in ("sla-exporter", "sla-engine"):
        (line,) = re.findall(r"^ExecStart=(.*)$", _text(f"systemd/{unit}.service"), re.MULTILINE)
        words = shlex.split(line.replace("${SLA_ENGINE_LEDGER}", "sqlite://"))
        yield [Path(words[0]).name, *(word for word in words[1:] if not word.startswith("$"))]


def _compose() -> Iterator[list[str]]:
    for service in yaml.safe_load(_text("compose.yml"))["services"].values():
        if "build" in service:
            yield [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in service["command"]]


def _pods() -> Iterator[list[str]]:
    for manifest in manifests(ROOT / "examples" / "services.yml"):
        pod = manifest.get("spec", {}).get("template", {}).get("spec", {})
        for container in pod.get("containers", ()):
            yield [word.replace("$(NODE_IP)", "10.0.0.1") for word in container["args"]]


def _image() -> Iterator[list[str]]:
    (command,) = re.findall(r"^CMD (\[.*\])", _text("Dockerfile").replace("\\\n", ""), re.MULTILINE)
    yield json.loads(command)


def _guide() -> Iterator[list[str]]:
    for line in INSTALL.replace("\\\n", "").splitlines():
        if line.startswith("/opt/uptime-ledger/bin/sla-"):
            words = shlex.split(line, comments=True)
            yield [Path(words[0]).name, *words[1:]]


COMMANDS = [*_units(), *_compose(), *_pods(), *_image(), *_guide()]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_program_understands_it(command: list[str]) -> None:
    program, *arguments = command
    PARSERS[program]().parse_args(arguments)


def test_both_programs_are_started_everywhere() -> None:
    for commands in (_units(), _compose(), _pods()):
        assert {command[0] for command in commands} == set(PARSERS)


def test_the_guide_names_only_files_that_are_there() -> None:
    made_by_the_reader = {"deploy/services.yml", "deploy/.env"}
    named = re.findall(r"\b((?:deploy|alert_rules|grafana_dashboards)/[\w./*-]+)", INSTALL)
    assert [path for path in {*named} - made_by_the_reader if not list(ROOT.glob(path))] == []


def test_the_guide_s_links_lead_somewhere() -> None:
    heads = re.findall(r"^#+ (.*)$", INSTALL, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}
    for link in re.findall(r"\]\(([^)]+)\)", INSTALL):
        path, _, anchor = link.partition("#")
        assert (ROOT / "docs" / path).exists(), link
        assert path or anchor in anchors, link
