"""compose.yml and the image, as far as they can be judged without Docker's engine."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import compose_spec
import pytest
import yaml

from tests.programs.process import find_program

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
OURS = ("engine", "exporter")


def _has_compose() -> bool:
    if shutil.which("docker") is None:
        return False
    command = ["docker", "compose", "version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _has_compose(), reason="this machine's docker has no compose")
@pytest.mark.integration
def test_docker_compose_accepts_it() -> None:
    command = [
        "docker",
        "compose",
        "--file",
        str(FILE),
        "--profile",
        "postgres",
        "config",
        "--quiet",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_is_a_compose_file() -> None:
    # Merge keys and anchors are YAML's, so the file is read by a YAML reader first.
    read = compose_spec.PyCompose.from_yaml(yaml.safe_dump(COMPOSE))
    assert set(read.services or {}) == set(COMPOSE["services"])


def test_a_mistake_would_be_noticed() -> None:
    wrong = yaml.safe_dump({"services": {"a": {"image": "a", "restart": "perhaps"}}})
    with pytest.raises(ValueError, match="restart"):
        compose_spec.PyCompose.from_yaml(wrong)


@pytest.mark.parametrize("name", OURS)
def test_our_containers_write_nothing_and_may_nothing(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_ports_are_open_on_loopback_only() -> None:
    for name, service in COMPOSE["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name


def _sources() -> set[str]:
    """Return what is mounted: paths and names of volumes."""
    volumes = [v for service in COMPOSE["services"].values() for v in service["volumes"]]
    return {v["source"] if isinstance(v, dict) else v.partition(":")[0] for v in volumes}


def test_what_is_mounted_from_the_tree_is_there() -> None:
    for source in _sources():
        if source.startswith(("..", "./prometheus")):
            assert (FILE.parent / source).exists(), source


def test_every_volume_is_declared() -> None:
    assert {name for name in _sources() if name[0] not in "./"} == set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", ["compose.yml", "prometheus.yml"])
@pytest.mark.integration
def test_promtool_accepts_the_configuration(name: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "deploy" / "prometheus" / name, tmp_path)
    for folder in ("alert_rules", "uptime-ledger"):
        shutil.copytree(ROOT / "alert_rules", tmp_path / folder)
    command = [find_program("promtool"), "check", "config", str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "rules found" in done.stdout


@pytest.mark.parametrize(
    "name", ["remote-write-mimir.yml", "remote-write-victoriametrics.yml", "thanos.yml"]
)
@pytest.mark.integration
def test_promtool_accepts_what_is_appended(name: str, tmp_path: Path) -> None:
    folder = ROOT / "deploy" / "prometheus"
    base = yaml.safe_load((folder / "prometheus.yml").read_text(encoding="utf-8"))
    added = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
    merged = {**base, **added, "global": {**base["global"], **added.get("global", {})}}
    path = tmp_path / "prometheus.yml"
    path.write_text(yaml.safe_dump(merged), encoding="utf-8")
    command = [find_program("promtool"), "check", "config", "--syntax-only", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_image_runs_as_nobody_with_all_that_is_packaged() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert "\nUSER 65532:65532\n" in text
    packages = ("exporter", "service_catalogue", "sla_engine", "uptime_common", "uptime_ledger")
    data = ("alert_rules", "deploy/prometheus", "deploy/systemd", "examples")
    dashboards = ("grafana_dashboards/json", "grafana_dashboards/provisioning")
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    for package in (*packages, *data, *dashboards):
        assert f"COPY {package} {package}\n" in text
        assert f"!{package}" in ignored
