"""The configuration files of the stack's Prometheus and Alertmanager."""

import json

import yaml

from stack.layout import ROOT, Layout

JOBS = {
    "prometheus": "prometheus",
    "alertmanager": "alertmanager",
    "exporter": "sla-exporter",
    "engine": "sla-engine",
}


def prometheus_yml(layout: Layout) -> str:
    """Return prometheus.yml: scrape all four programs, load our rules, alert to Alertmanager."""
    # JSON is YAML: quoting is json's worry.
    config = {
        "global": {
            "scrape_interval": layout.scrape_interval,
            "evaluation_interval": layout.scrape_interval,
        },
        # The second are the engine's, for services by PromQL, by counters and of components.
        "rule_files": [str(ROOT / "alert_rules" / "*.rules.yml"), str(layout.var / "*.rules.yml")],
        "alerting": {"alertmanagers": [_targets(layout, "alertmanager")]},
        "scrape_configs": [
            {"job_name": job, **_targets(layout, program)} for program, job in JOBS.items()
        ],
    }
    return json.dumps(config, indent=2) + "\n"


def _targets(layout: Layout, program: str) -> dict[str, list[dict[str, list[str]]]]:
    return {"static_configs": [{"targets": [f"127.0.0.1:{layout.ports[program]}"]}]}


def alertmanager_yml() -> str:
    """Return alertmanager.yml: the one that we deliver, but nobody is told; the engine tells."""
    text = (ROOT / "alert_rules" / "alertmanager.yml").read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    del config["global"], config["templates"]  # Slack's
    config["receivers"] = [{"name": receiver["name"]} for receiver in config["receivers"]]
    return json.dumps(config, indent=2) + "\n"


def write_configs(layout: Layout) -> None:
    """Write both files into the stack's folder."""
    layout.var.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "prometheus.yml": prometheus_yml(layout),
        "alertmanager.yml": alertmanager_yml(),
    }.items():
        (layout.var / name).write_text(text, encoding="utf-8")
