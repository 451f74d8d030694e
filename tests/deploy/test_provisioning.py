"""Grafana's provisioning files, against compose.yml, which uses them as they are."""

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PROVISIONING = ROOT / "grafana_dashboards" / "provisioning"


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


SOURCES = _read(PROVISIONING / "datasources" / "uptime-ledger.yml")["datasources"]
(PROVIDER,) = _read(PROVISIONING / "dashboards" / "uptime-ledger.yml")["providers"]
GRAFANA = _read(ROOT / "deploy" / "compose.yml")["services"]["grafana"]


def test_the_data_sources_are_prometheus_and_its_alertmanager() -> None:
    prometheus, alertmanager = SOURCES
    assert (prometheus["type"], alertmanager["type"]) == ("prometheus", "alertmanager")
    assert prometheus["jsonData"]["alertmanagerUid"] == alertmanager["uid"]
    assert prometheus["isDefault"] is True


def test_compose_sets_every_variable_and_mounts_every_folder() -> None:
    for source in SOURCES:
        assert source["url"].removeprefix("${").removesuffix("}") in GRAFANA["environment"]
    mounts = dict(volume.split(":")[:2][::-1] for volume in GRAFANA["volumes"])
    assert mounts[PROVIDER["options"]["path"]] == "../grafana_dashboards/json"
    assert mounts["/etc/grafana/provisioning"] == "../grafana_dashboards/provisioning"


def test_no_dashboard_names_one_of_the_data_sources() -> None:
    for path in (ROOT / "grafana_dashboards" / "json").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not any(source["uid"] in text for source in SOURCES), path.name


def test_the_home_dashboard_is_there() -> None:
    home = GRAFANA["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    name = home.removeprefix(PROVIDER["options"]["path"] + "/")
    assert json.loads((ROOT / "grafana_dashboards" / "json" / name).read_text(encoding="utf-8"))
