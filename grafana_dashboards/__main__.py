"""``python -m grafana_dashboards`` writes every dashboard's JSON, its map and alerts' links."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana_dashboards.alert_links import template
from grafana_dashboards.catalog import DASHBOARDS
from grafana_dashboards.panel_map import panel_map

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


def main() -> None:
    """Write the files."""
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
