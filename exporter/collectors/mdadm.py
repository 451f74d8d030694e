"""Linux software RAID, from /proc/mdstat and /sys/block/md*/md."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from exporter.collectors.support.api import NoDataError, System, text_of
from uptime_common.exposition import Family, gauge

STATE = gauge("node_md_state", "Indicates the state of md-device.", "device", "state")
DISKS = gauge("node_md_disks", "Number of active/failed/spare disks of device.", "device", "state")
REQUIRED = gauge("node_md_disks_required", "Total number of disks of device.", "device")
BLOCKS = gauge("node_md_blocks", "Total number of blocks on device.", "device")
SYNCED = gauge("node_md_blocks_synced", "Number of blocks synced on device.", "device")
RAID_DISKS = gauge("node_md_raid_disks", "Number of raid disks on device.", "device")
DEGRADED = gauge("node_md_degraded", "Number of degraded disks on device.", "device")
METRICS = (STATE, DISKS, REQUIRED, BLOCKS, SYNCED, RAID_DISKS, DEGRADED)

STATES = ("active", "inactive", "recovering", "resync", "check")
_ACTIVITY = {"recovery": "recovering", "reshape": "recovering", "resync": "resync"}
_ACTIVITY |= {"check": "check", "repair": "check"}

_COUNTS = re.compile(r"\[(\d+)/(\d+)\]")
_BLOCKS = re.compile(r"(\d+) blocks")
_SYNC = re.compile(r"(recovery|reshape|resync|check|repair)\s*=\s*(\S+)(?:.*?\((\d+)/\d+\))?")
_DELAYED = ("DELAYED", "PENDING", "REMOTE")


class Array(NamedTuple):
    """One md device; counts of disks and of blocks of 1 KiB."""

    name: str
    state: str
    active: int
    failed: int
    spare: int
    required: int
    blocks: int
    synced: int


def parse(text: str) -> Iterator[Array]:
    """Parse the paragraphs of the arrays."""
    for paragraph in re.split(r"\n(?=\S)", text):
        name, colon, rest = paragraph.partition(" : ")
        if colon and name.startswith("md"):
            yield _array(name, rest)


def _array(name: str, text: str) -> Array:
    head, _, tail = text.partition("\n")
    members = re.findall(r"\S+\[\d+\]\S*", head)
    failed, spare = (sum(mark in m for m in members) for mark in ("(F)", "(S)"))
    inactive = head.startswith("inactive")
    found = _COUNTS.search(tail)
    plain = len(members) - failed - spare
    required, active = (int(found[1]), int(found[2])) if found else (plain, plain)
    size = _BLOCKS.search(tail)
    if size is None:
        raise ValueError(f"{name} has no size")
    state, synced = "inactive" if inactive else "active", int(size[1])
    if inactive:
        required = active = 0
    if (sync := _SYNC.search(tail)) and not inactive:
        state = _ACTIVITY[sync[1]]
        synced = 0 if sync[2] in _DELAYED else int(sync[3] or 0)
    return Array(name, state, active, failed, spare, required, int(size[1]), synced)


def families(arrays: list[Array]) -> Iterator[Family]:
    """Return the families of the arrays."""
    yield STATE.of(*(((a.name, s), a.state == s) for a in arrays for s in STATES))
    kinds = ("active", "failed", "spare")
    yield DISKS.of(*(((a.name, kind), getattr(a, kind)) for a in arrays for kind in kinds))
    yield REQUIRED.of(*(((a.name,), a.required) for a in arrays))
    yield BLOCKS.of(*(((a.name,), a.blocks) for a in arrays))
    yield SYNCED.of(*(((a.name,), a.synced) for a in arrays))


def read(system: System) -> Iterator[Family]:
    """Read the arrays; what sysfs tells comes beside it."""
    try:
        text = system.proc("mdstat")
    except FileNotFoundError as error:
        raise NoDataError("there is no software RAID") from error
    yield from families(list(parse(text)))
    folders = sorted((system.roots.sys / "block").glob("md*/md"))
    for name, metric in (("raid_disks", RAID_DISKS), ("degraded", DEGRADED)):
        # "4 (2)" while reshaping: the number now, and before; RAID 0 has no file "degraded"
        found = ((f.parent.name, (text_of(f / name) or "0").split()[0]) for f in folders)
        yield metric.of(*(((device,), int(number)) for device, number in found))
