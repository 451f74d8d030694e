"""``python -m grafana_dashboards`` writes every dashboard's JSON, its map and alerts' links."""

import json
import sys
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana_dashboards.alert_links import template
from grafana_dashboards.catalog import DASHBOARDS
from grafana_dashboards.panel_map import panel_map
from grafana_dashboards.queries import plain

ROOT = Path(__file__).parent.parent
JSON = ROOT / "grafana_dashboards" / "json"
LINKS = ROOT / "alert_rules" / "templates" / "panels.tmpl"
MAP = ROOT / "docs" / "dashboards.md"


def files() -> dict[Path, str]:
    """Return what each generated file must hold, the same bytes every time."""
    built = {name: build() for name, build in DASHBOARDS.items()}
    return {
        JSON / f"{name}.json": json.dumps(board, cls=JSONEncoder, indent=2, sort_keys=True) + "\n"
        for name, board in built.items()
    } | {MAP: panel_map(built.values()), LINKS: template()}


def importable(dashboard: dict[str, Any]) -> dict[str, Any]:
    """Return a dashboard as Grafana's own export has it, which asks for its data source on import.

    By hand, one is imported without provisioning: its variable begins with what was chosen there.
    """
    name = "DS_PROMETHEUS"
    asked = {"name": name, "label": "Prometheus", "type": "datasource", "pluginId": "prometheus"}
    first, *rest = dashboard["templating"]["list"]
    chosen = {"selected": True, "text": "Prometheus", "value": f"${{{name}}}"}
    wanted = [
        {"type": "grafana", "id": "grafana", "name": "Grafana", "version": "9.4.0"},
        {"type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0"},
    ]
    return {
        **dashboard,
        "__inputs": [asked | {"description": "Prometheus that our metrics are in"}],
        "__requires": wanted,
        "id": None,
        "templating": {"list": [{**first, "current": chosen}, *rest]},
    }


def main() -> None:
    """Write the files; with a folder as argument, those to import by hand there instead."""
    for folder in map(Path, sys.argv[1:]):
        folder.mkdir(parents=True, exist_ok=True)
        for name, build in DASHBOARDS.items():
            text = json.dumps(importable(plain(build())), indent=2, sort_keys=True) + "\n"
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
    for path, content in files().items() if not sys.argv[1:] else ():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
