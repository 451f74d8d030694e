"""The manifests against Kubernetes' own schemas, and what only belongs to them."""

import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.manifests import ROOT, manifests
from tests.programs.process import find_program

ALL = [*manifests(ROOT / "examples" / "services.yml")]
OPERATORS = "monitoring.coreos.com/v1"  # whose schema is not Kubernetes'
BUILT_IN = [m for m in ALL if m["apiVersion"] != OPERATORS]
VERSION = "1.30"


def _id(manifest: dict[str, Any]) -> str:
    return f"{manifest['kind']}-{manifest['metadata']['name']}"


def _of(kind: str) -> list[dict[str, Any]]:
    return [manifest for manifest in ALL if manifest["kind"] == kind]


@pytest.mark.parametrize("manifest", BUILT_IN, ids=_id)
def test_kubernetes_knows_every_field(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_a_mistake_would_be_noticed() -> None:
    deployment = {**_of("Deployment")[0], "spec": {"replica": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, VERSION, strict=True)


def test_names_are_unique_and_in_one_namespace() -> None:
    names = [_id(manifest) for manifest in ALL]
    assert len(names) == len(set(names))
    assert {m["metadata"]["namespace"] for m in ALL[1:]} == {ALL[0]["metadata"]["name"]}


def _pods() -> list[dict[str, Any]]:
    return [m["spec"]["template"] for m in [*_of("Deployment"), *_of("DaemonSet")]]


def test_containers_write_nothing_and_are_not_root() -> None:
    for pod in _pods():
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["automountServiceAccountToken"] is False
        for container in pod["spec"]["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]


def test_services_and_monitors_find_what_they_select() -> None:
    services = {s["metadata"]["name"]: s for s in _of("Service")}
    for service in services.values():
        (pod,) = [p for p in _pods() if service["spec"]["selector"].items() <= _labels(p).items()]
        named = {port["name"] for c in pod["spec"]["containers"] for port in c["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= named
    scraped = set()
    for monitor in _of("ServiceMonitor"):
        ports = {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]}
        for name, service in services.items():
            if _selected(monitor["spec"]["selector"], _labels(service)):
                assert {port["name"] for port in service["spec"]["ports"]} == ports
                scraped.add(name)
    assert scraped == set(services)


def _labels(manifest: dict[str, Any]) -> dict[str, str]:
    labels: dict[str, str] = manifest["metadata"]["labels"]
    return labels


def _selected(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(wanted["key"]) in wanted["values"]
        for wanted in selector.get("matchExpressions", ())
    )


def test_monitors_leave_the_label_service_to_our_metrics() -> None:
    for monitor in _of("ServiceMonitor"):
        for endpoint in monitor["spec"]["endpoints"]:
            assert {"action": "labeldrop", "regex": "service"} in endpoint["relabelings"]


@pytest.mark.integration
def test_the_rules_are_those_that_promtool_accepts(tmp_path: Path) -> None:
    rules = [m for m in manifests(_with_counters(tmp_path)) if m["kind"] == "PrometheusRule"]
    assert [m["metadata"]["name"] for m in rules] == ["uptime-ledger", "uptime-ledger-services"]
    for rule in rules:
        path = tmp_path / "rules.yml"
        path.write_text(yaml.safe_dump(rule["spec"]), encoding="utf-8")
        command = [find_program("promtool"), "check", "rules", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def _with_counters(folder: Path) -> Path:
    """Write a catalogue with a service that needs rules of its own."""
    shop = {"id": "shop", "name": "Shop", "sli": {"good": "good_total", "total": "all_total"}}
    content = {"organization": "Us", "timezone": "UTC", "services": [shop]}
    path = folder / "services.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_config_maps_fit_into_kubernetes() -> None:
    for config in _of("ConfigMap"):
        assert sum(len(text.encode()) for text in config["data"].values()) < 1024**2
