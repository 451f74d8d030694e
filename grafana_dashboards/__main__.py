"""``python -m grafana_dashboards`` writes every dashboard's JSON next to its builder."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana_dashboards.catalog import DASHBOARDS

HERE = Path(__file__).parent / "json"


def files() -> dict[Path, str]:
    """Return what each generated file must hold, the same bytes every time."""
    return {
        HERE / f"{name}.json": json.dumps(build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"
        for name, build in DASHBOARDS.items()
    }


def main() -> None:
    """Write the files."""
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
