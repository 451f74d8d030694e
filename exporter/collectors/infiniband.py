"""InfiniBand and RDMA ports, from /sys/class/infiniband."""

from pathlib import Path

from exporter.collectors import infiniband_hardware, infiniband_names
from exporter.collectors.gathered import Gathered, folders, integer
from exporter.collectors.support.api import NoDataError, System, filters, read_text, text_of
from uptime_common.exposition import Family, Metric, counter, gauge

_PORT = ("device", "port")
INFO = gauge(
    "node_infiniband_info",
    "Non-numeric data from /sys/class/infiniband/<device>, value is always 1.",
    *("device", "board_id", "firmware_version", "hca_type"),
)
STATE = gauge(
    "node_infiniband_state_id",
    "State of the InfiniBand port (0: no change, 1: down, 2: init, 3: armed, 4: active, 5: act "
    "defer)",
    *_PORT,
)
PHYSICAL_STATE = gauge(
    "node_infiniband_physical_state_id",
    "Physical state of the InfiniBand port (0: no change, 1: sleep, 2: polling, 3: disable, 4: "
    "shift, 5: link up, 6: link error recover, 7: phytest)",
    *_PORT,
)
RATE = gauge("node_infiniband_rate_bytes_per_second", "Maximum signal transfer rate", *_PORT)
LIFESPAN = gauge(
    "node_infiniband_lifespan_seconds",
    "The maximum period in ms which defines the aging of the counter reads. Two consecutive reads"
    " within this period might return the same values.",
    *_PORT,
)
COUNTERS: dict[str, dict[str, Metric]] = {
    folder: {
        file: counter(f"node_infiniband_{name}", text, *_PORT)
        for file, (name, text) in names.items()
    }
    for folder, names in {
        "counters": infiniband_names.COUNTERS,
        "counters_ext": infiniband_names.LEGACY,
        "hw_counters": infiniband_hardware.HARDWARE,
    }.items()
}
METRICS = (
    INFO,
    STATE,
    PHYSICAL_STATE,
    RATE,
    LIFESPAN,
    *(metric for files in COUNTERS.values() for metric in files.values()),
)
FLAGS = filters("infiniband.device", "InfiniBand devices")

# These files count words of four octets, as the InfiniBand architecture does.
_WORDS = ("port_rcv_data", "port_xmit_data", "port_rcv_data_64", "port_xmit_data_64")
_BYTES_PER_GIGABIT = 1_000_000_000 // 8
_MS = 1000


def state(text: str) -> int:
    """Return the number of a state like ``4: ACTIVE``."""
    return int(text.partition(":")[0])


def rate(text: str) -> int:
    """Return the bytes per second of a rate like ``2.5 Gb/sec (1X SDR)``."""
    return int(float(text.split(maxsplit=1)[0]) * _BYTES_PER_GIGABIT)


def read(system: System) -> list[Family]:
    """Read the wanted devices and their ports."""
    root = system.roots.sys / "class/infiniband"
    if not root.is_dir():
        raise NoDataError("there is no InfiniBand device")
    gathered = Gathered(METRICS)
    for device in folders(root):
        if system.wants("infiniband.device", device.name):
            facts = (text_of(device / name) or "" for name in ("board_id", "fw_ver", "hca_type"))
            gathered.add(INFO, 1, device.name, *facts)
            for port in folders(device / "ports"):
                _port(gathered, device.name, port)
    return gathered.families()


def _port(gathered: Gathered, device: str, port: Path) -> None:
    labels = (device, port.name)
    gathered.add(STATE, state(read_text(port / "state")), *labels)
    gathered.add(PHYSICAL_STATE, state(read_text(port / "phys_state")), *labels)
    gathered.add(RATE, rate(read_text(port / "rate")), *labels)
    lifespan = integer(port / "hw_counters/lifespan")
    if lifespan is not None:
        gathered.add(LIFESPAN, lifespan // _MS, *labels)
    for folder, files in COUNTERS.items():
        for file, metric in files.items():
            number = integer(port / folder / file)
            if number is not None:
                gathered.add(metric, number * (4 if file in _WORDS else 1), *labels)
