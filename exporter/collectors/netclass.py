"""Properties of network devices, from the rtnetlink dump.

What the dump lacks (speed, duplex and how names were assigned) is read from sysfs when a device
appears or its link, flags or address change, not at every scrape. Where the host is seen through
mounts (``--path.sysfs``) all of it comes from there: netlink would show a container's own devices.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from exporter.collectors.gathered import Gathered, folders, integer
from exporter.collectors.support.api import Flag, System, filters, text_of
from exporter.collectors.support.links import Attribute, Link, Links
from uptime_common.exposition import Family, Metric, Sample, counter, gauge


def _property(name: str) -> Metric:
    make = counter if name.endswith("_total") else gauge
    return make(f"node_network_{name}", f"Network device property: {name}", "device")


UP = gauge("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.", "device")
INFO = gauge(
    "node_network_info",
    "Non-numeric data from /sys/class/net/<iface>, value is always 1.",
    *("device", "address", "broadcast", "duplex", "operstate", "ifalias"),
)
NUMBERS = {
    Attribute.CARRIER_CHANGES: _property("carrier_changes_total"),
    Attribute.CARRIER_UP_COUNT: _property("carrier_up_changes_total"),
    Attribute.CARRIER_DOWN_COUNT: _property("carrier_down_changes_total"),
    Attribute.LINKMODE: _property("iface_link_mode"),
    Attribute.MTU: _property("mtu_bytes"),
    Attribute.GROUP: _property("net_dev_group"),
    Attribute.TXQLEN: _property("transmit_queue_length"),
}
CARRIER, DORMANT = _property("carrier"), _property("dormant")
FLAGS_, INDEX, LINK, TYPE = map(_property, ("flags", "iface_id", "iface_link", "protocol_type"))
SPEED = _property("speed_bytes")
SYSFS = {
    "addr_assign_type": _property("address_assign_type"),
    "dev_id": _property("device_id"),
    "name_assign_type": _property("name_assign_type"),
    "speed": SPEED,
}
METRICS = (
    UP,
    INFO,
    *NUMBERS.values(),
    CARRIER,
    DORMANT,
    FLAGS_,
    INDEX,
    LINK,
    TYPE,
    *SYSFS.values(),
)
FLAGS = (
    *filters("netclass.devices", "network devices"),
    Flag("netclass.ignore-invalid-speed", False, "no speed where the driver says -1"),
)

# RFC 2863's states, numbered as in linux/if.h and named as in net/core/net-sysfs.c.
STATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
_IS_UP, _IS_PROMISCUOUS = 0x1, 0x100
# Netlink computes RUNNING, LOWER_UP and DORMANT into the flags; sysfs shows the device's own.
_COMPUTED = 0x40 | 0x10000 | 0x20000
_BYTES_PER_MEGABIT = 1_000_000 / 8

Facts = Mapping[str, str]


class Slow:
    """What sysfs says of each device, read anew when something about the device changed."""

    def __init__(self, system: System) -> None:
        self._folder = system.roots.sys / "class/net"
        self._valid_speed = system.switched("netclass.ignore-invalid-speed")
        self._known: dict[str, tuple[object, Facts]] = {}

    def facts(self, link: Link) -> Facts:
        """Return the attributes that the driver tells."""
        key = (link.index, link.flags, *(link.attributes.get(a) for a in _CHANGES))
        known = self._known.get(link.name)
        if known is None or known[0] != key:
            facts = _facts(self._folder / link.name, valid_speed=self._valid_speed)
            known = self._known[link.name] = key, facts
        return known[1]

    def forget_all_but(self, names: set[str]) -> None:
        """Forget the devices that are gone."""
        for name in self._known.keys() - names:
            del self._known[name]


_CHANGES = (Attribute.ADDRESS, Attribute.OPERSTATE, Attribute.CARRIER_CHANGES, Attribute.CARRIER)


def _facts(folder: Path, *, valid_speed: bool) -> Facts:
    found = ((name, text_of(f"{folder}/{name}")) for name in (*SYSFS, "duplex"))
    facts = {name: text for name, text in found if text is not None}
    if valid_speed and facts.get("speed", "").startswith("-"):
        del facts["speed"]
    return facts


def operstate(link: Link) -> str:
    """Return the state in words; a device that is switched off is down."""
    if not link.flags & _IS_UP:
        return "down"
    number = link.number(Attribute.OPERSTATE)
    return STATES[number] if number < len(STATES) else "unknown"


def flags(link: Link) -> int:
    """Return the flags as sysfs shows them."""
    promiscuous = _IS_PROMISCUOUS if link.number(Attribute.PROMISCUITY) else 0
    return link.flags & ~_COMPUTED | promiscuous


def families(devices: list[tuple[Link, Facts]]) -> Iterator[Family]:
    """Return the properties of the devices; a property that one lacks has no sample for it."""
    every = [link for link, _ in devices]
    running = [link for link in every if link.flags & _IS_UP]
    states = {link.name: operstate(link) for link in every}
    yield Family(UP, [((name,), state == "up") for name, state in states.items()])
    yield Family(INFO, [_info(link, states[link.name], facts) for link, facts in devices])
    for attribute, metric in NUMBERS.items():
        have = [link for link in every if attribute in link.attributes]
        yield Family(metric, [((link.name,), link.number(attribute)) for link in have])
    yield Family(CARRIER, [((k.name,), k.number(Attribute.CARRIER)) for k in running])
    yield Family(DORMANT, [((k.name,), states[k.name] == "dormant") for k in running])
    yield Family(FLAGS_, [((k.name,), flags(k)) for k in every])
    yield Family(INDEX, [((k.name,), k.index) for k in every])
    yield Family(LINK, [((k.name,), k.number(Attribute.LINK, k.index)) for k in every])
    yield Family(TYPE, [((k.name,), k.type) for k in every])
    for name, metric in SYSFS.items():
        unit = _BYTES_PER_MEGABIT if metric is SPEED else 1
        found = [(k.name, int(facts[name], 0)) for k, facts in devices if name in facts]
        yield Family(metric, [((device,), number * unit) for device, number in found])


def _info(link: Link, state: str, facts: Facts) -> Sample:
    addresses = link.address(Attribute.ADDRESS), link.address(Attribute.BROADCAST)
    alias = link.text(Attribute.IFALIAS)
    return (link.name, *addresses, facts.get("duplex", ""), state, alias), 1


# Files of a device, in sysfs.
_FILES = {
    "carrier_changes": NUMBERS[Attribute.CARRIER_CHANGES],
    "carrier_up_count": NUMBERS[Attribute.CARRIER_UP_COUNT],
    "carrier_down_count": NUMBERS[Attribute.CARRIER_DOWN_COUNT],
    "link_mode": NUMBERS[Attribute.LINKMODE],
    "mtu": NUMBERS[Attribute.MTU],
    "netdev_group": NUMBERS[Attribute.GROUP],
    "tx_queue_len": NUMBERS[Attribute.TXQLEN],
    "carrier": CARRIER,
    "dormant": DORMANT,
    "flags": FLAGS_,
    "ifindex": INDEX,
    "iflink": LINK,
    "type": TYPE,
    **SYSFS,
}


def of_files(devices: Iterable[Path], *, valid_speed: bool = False) -> list[Family]:
    """Return the properties as the files of these folders tell them."""
    gathered = Gathered(METRICS)
    for folder in devices:
        facts = [text_of(folder / file) or "" for file in ("address", "broadcast", "duplex")]
        state, alias = (text_of(folder / file) or "" for file in ("operstate", "ifalias"))
        gathered.add(UP, state == "up", folder.name)
        gathered.add(INFO, 1, folder.name, *facts, state, alias)
        for file, metric in _FILES.items():
            number = integer(folder / file, 0)
            if number is None or (number < 0 and valid_speed and metric is SPEED):
                continue
            gathered.add(
                metric, number * (_BYTES_PER_MEGABIT if metric is SPEED else 1), folder.name
            )
    return gathered.families()


def _families(devices: list[Link], slow: Slow) -> Iterator[Family]:
    slow.forget_all_but({link.name for link in devices})
    return families([(link, slow.facts(link)) for link in devices])


def read(system: System) -> list[Family]:
    """Read the wanted devices."""
    valid_speed = system.switched("netclass.ignore-invalid-speed")
    if system.elsewhere:
        every = folders(system.roots.sys / "class/net")
        wanted = [f for f in every if f.is_dir() and system.wants("netclass.devices", f.name)]
        return of_files(wanted, valid_speed=valid_speed)
    devices = [k for k in system.part(Links).links() if system.wants("netclass.devices", k.name)]
    return system.parsed(_families, devices, system.part(Slow))
