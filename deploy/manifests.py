"""``python -m deploy.manifests`` prints every Kubernetes manifest, for ``kubectl apply -f -``.

The workloads are files in ``kubernetes/``; rules, dashboards and catalogue are made of the files
that every other deployment uses, so that there is one of each.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from service_catalogue import load_catalogue
from sla_engine.prometheus.rules import rule_file

ROOT = Path(__file__).resolve().parent.parent
NAMESPACE = "uptime-ledger"

Manifest = dict[str, Any]


def manifests(catalogue: Path) -> Iterator[Manifest]:
    """Yield every manifest, the namespace first; ``catalogue`` is a services.yml."""
    yield _load("namespace")
    yield _config_map("uptime-ledger-catalogue", {"services.yml": catalogue})
    for name in ("engine", "exporter", "hosts", "monitoring"):
        yield from yaml.safe_load_all(_text(ROOT / "deploy" / "kubernetes" / f"{name}.yaml"))
    yield _prometheus_rule("uptime-ledger", _constant_groups())
    if groups := _groups_of(catalogue):
        yield _prometheus_rule("uptime-ledger-services", groups)
    for path in sorted((ROOT / "grafana_dashboards" / "json").glob("*.json")):
        # The label by which Grafana's sidecar finds dashboards, and its folder's annotation.
        yield _config_map(
            f"uptime-ledger-dashboard-{path.stem}",
            {path.name: path},
            labels={"grafana_dashboard": "1"},
            annotations={"grafana_folder": "Uptime Ledger"},
        )


def _constant_groups() -> list[Manifest]:
    """Return the groups of alert_rules/."""
    files = sorted((ROOT / "alert_rules").glob("*.rules.yml"))
    return [group for path in files for group in yaml.safe_load(_text(path))["groups"]]


def _groups_of(catalogue: Path) -> list[Manifest]:
    """Return what ``sla-engine rules`` writes for services by PromQL, counters or components."""
    loaded = load_catalogue(catalogue)
    text = rule_file(loaded.services, loaded.prometheus.scrape_interval)
    groups: list[Manifest] = yaml.safe_load(text)["groups"]
    return groups


def _prometheus_rule(name: str, groups: list[Manifest]) -> Manifest:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": _metadata(name),
        "spec": {"groups": groups},
    }


def _config_map(
    name: str,
    files: dict[str, Path],
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
) -> Manifest:
    metadata = _metadata(name)
    metadata["labels"] |= labels or {}
    if annotations:
        metadata["annotations"] = annotations
    data = {file: _held(path) for file, path in files.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _held(path: Path) -> str:
    """Return a file's text; JSON without blanks: ``kubectl apply`` keeps 256 KiB at most."""
    text = _text(path)
    return json.dumps(json.loads(text), separators=(",", ":")) if path.suffix == ".json" else text


def _metadata(name: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/part-of": "uptime-ledger"}
    return {"name": name, "namespace": NAMESPACE, "labels": labels}


def _load(name: str) -> Manifest:
    loaded: Manifest = yaml.safe_load(_text(ROOT / "deploy" / "kubernetes" / f"{name}.yaml"))
    return loaded


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "examples" / "services.yml"
    yaml.safe_dump_all(manifests(given), sys.stdout, sort_keys=False, width=100)
