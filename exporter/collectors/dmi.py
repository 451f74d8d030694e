"""What the firmware says this machine is, from /sys/class/dmi/id."""

from exporter.collectors.support.api import NoDataError, System, text_of
from uptime_common.exposition import Family, gauge

LABELS = (
    *("bios_date", "bios_release", "bios_vendor", "bios_version", "board_asset_tag"),
    *("board_name", "board_serial", "board_vendor", "board_version", "chassis_asset_tag"),
    *("chassis_serial", "chassis_vendor", "chassis_version", "product_family"),
    *("product_name", "product_serial", "product_sku", "product_uuid", "product_version"),
    "system_vendor",
)
INFO = gauge(
    "node_dmi_info",
    f"A metric with a constant '1' value labeled by {', '.join(LABELS)} if provided by DMI.",
    *LABELS,
)
METRICS = (INFO,)


def facts(system: System) -> tuple[str, ...]:
    """Read the labels' values: empty where the machine is silent or only root may read."""
    folder = system.roots.sys / "class/dmi/id"
    names = ("sys_vendor" if label == "system_vendor" else label for label in LABELS)
    return tuple(text_of(folder / name) or "" for name in names)


def families(values: tuple[str, ...]) -> list[Family]:
    """Return the one info series."""
    return [INFO.of((values, 1))]


def read(system: System) -> list[Family]:
    """Return the one info series, which cannot change while the machine runs."""
    values = system.part(facts)
    if not any(values):
        raise NoDataError("there is no DMI here")
    return system.parsed(families, values)
