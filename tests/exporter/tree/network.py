"""The host's network: two bonds, eight devices, and what /proc/net counts."""

_BONDS = {"bond0": ("eth0", "eth1"), "bond1": ("eth2", "eth3")}
_DOWN = ("eth3", "eth5")
DEVICES = ("lo", *(f"eth{n}" for n in range(6)), *_BONDS, "vlan10")


def _sysfs(number: int, name: str) -> dict[str, str]:
    down = name in _DOWN
    files = {
        "addr_assign_type": "0",
        "address": f"02:00:00:00:00:{number:02x}",
        "broadcast": "ff:ff:ff:ff:ff:ff",
        "carrier": "0" if down else "1",
        "carrier_changes": str(number + 1),
        "carrier_down_count": str(number),
        "carrier_up_count": "1",
        "dev_id": f"0x{number:x}",
        "dormant": "0",
        "duplex": "unknown" if down else "full",
        "flags": "0x1003",
        "ifalias": "uplink" if name == "bond0" else "",
        "ifindex": str(number + 1),
        "iflink": str(number + 1),
        "link_mode": "0",
        "mtu": "65536" if name == "lo" else "1500",
        "name_assign_type": "4",
        "netdev_group": "0",
        "operstate": "down" if down else "up",
        "speed": "-1" if down else "10000",
        "tx_queue_len": "1000",
        "type": "772" if name == "lo" else "1",
        "statistics/rx_nohandler": str(number),
    }
    return {f"sys/class/net/{name}/{file}": text + "\n" for file, text in files.items()}


def _bonding() -> dict[str, str]:
    files = {"sys/class/net/bonding_masters": " ".join(_BONDS) + "\n"}
    for bond, slaves in _BONDS.items():
        files[f"sys/class/net/{bond}/bonding/slaves"] = " ".join(slaves) + "\n"
        for slave in slaves:
            state = "down" if slave in _DOWN else "up"
            files[f"sys/class/net/{slave}/bonding_slave/mii_status"] = state + "\n"
            files[f"sys/class/net/{slave}/operstate"] = state + "\n"
    return files


LINKS = {
    f"sys/class/net/{bond}/lower_{slave}": f"../{slave}"
    for bond, slaves in _BONDS.items()
    for slave in slaves
}


def _dev() -> str:
    head = (
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|"
        "bytes    packets errs drop fifo colls carrier compressed\n"
    )
    rows = (
        f"{name:>6}: " + " ".join(str(100 * number + column) for column in range(16)) + "\n"
        for number, name in enumerate(DEVICES, 1)
    )
    return head + "".join(rows)


def _table(*groups: tuple[str, dict[str, int]]) -> str:
    return "".join(
        f"{name}: {' '.join(numbers)}\n{name}: {' '.join(map(str, numbers.values()))}\n"
        for name, numbers in groups
    )


_SNMP = _table(
    ("Ip", {"Forwarding": 1, "DefaultTTL": 64, "InReceives": 1000}),
    ("Icmp", {"InMsgs": 10, "InErrors": 1, "OutMsgs": 11}),
    (
        "Tcp",
        {
            "RtoAlgorithm": 1,
            "MaxConn": -1,
            "ActiveOpens": 20,
            "PassiveOpens": 21,
            "CurrEstab": 5,
            "InSegs": 2000,
            "OutSegs": 2100,
            "RetransSegs": 7,
            "InErrs": 0,
            "OutRsts": 9,
        },
    ),
    (
        "Udp",
        {
            "InDatagrams": 300,
            "NoPorts": 3,
            "InErrors": 2,
            "OutDatagrams": 310,
            "RcvbufErrors": 1,
            "SndbufErrors": 0,
        },
    ),
    ("UdpLite", {"InDatagrams": 0, "InErrors": 0}),
)
_NETSTAT = _table(
    (
        "TcpExt",
        {
            "SyncookiesSent": 1,
            "SyncookiesRecv": 2,
            "SyncookiesFailed": 3,
            "ListenOverflows": 4,
            "ListenDrops": 5,
            "TCPSynRetrans": 6,
            "TCPTimeouts": 7,
            "TCPOFOQueue": 8,
            "TCPRcvQDrop": 0,
        },
    ),
    ("IpExt", {"InOctets": 123456, "OutOctets": 654321}),
)
_SNMP6 = (
    "Ip6InReceives                   \t44\nIp6InOctets                     \t4400\n"
    "Ip6OutOctets                    \t5500\nIcmp6InMsgs                     \t6\n"
    "Icmp6OutMsgs                    \t7\nUdp6InDatagrams                 \t8\n"
    "Udp6InErrors                    \t0\n"
)
_HEAD = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode ref pointer drops\n"
)
_REST = "00:00000000 00000000     0        0 1234 2 0000000000000000 0\n"
_UDP = f"{_HEAD}  1: 00000000:0035 00000000:0000 07 00000010:00000020 {_REST}"
_TCP = (
    f"{_HEAD}   0: 00000000:0016 00000000:0000 0A 00000000:00000000 {_REST}"
    f"   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 {_REST}"
)
_ANY = "0" * 32
_TCP6 = f"{_HEAD}   0: {'0' * 24}01000000:01BB {_ANY}:0000 0A 00000000:00000000 {_REST}"
_CONNTRACK = (
    "entries  clashres found new invalid ignore delete delete_list insert insert_failed drop "
    "early_drop icmp_error  expect_new expect_create expect_delete search_restart\n"
    "0000007b 00000001 00000002 00000000 00000003 00000004 00000000 00000000 00000005 00000006 "
    "00000007 00000008 00000000  00000000 00000000 00000000 00000009\n"
)
_NET = {
    "dev": _dev(),
    "snmp": _SNMP,
    "snmp6": _SNMP6,
    "netstat": _NETSTAT,
    "sockstat": (
        "sockets: used 229\nTCP: inuse 4 orphan 0 tw 4 alloc 17 mem 1\nUDP: inuse 2 mem 3\n"
        "UDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n"
    ),
    "sockstat6": (
        "TCP6: inuse 17\nUDP6: inuse 9\nUDPLITE6: inuse 0\nRAW6: inuse 1\nFRAG6: inuse 0 memory 0\n"
    ),
    "softnet_stat": (
        "00008e78 00000001 00000011 00000000 00000000 00000000 00000000 00000000 00000000 "
        "00000020 00000010 00000000 00000000\n"
        "00009999 00000002 00000022 00000000 00000000 00000000 00000000 00000000 00000000 "
        "00000021 00000011 00000000 00000001\n"
    ),
    "arp": (
        "IP address       HW type     Flags       HW address            Mask     Device\n"
        "192.0.2.1        0x1         0x2         02:00:00:00:00:aa     *        bond0\n"
        "192.0.2.2        0x1         0x2         02:00:00:00:00:ab     *        bond0\n"
        "198.51.100.1     0x1         0x2         02:00:00:00:00:ac     *        vlan10\n"
    ),
    "tcp": _TCP,
    "tcp6": _TCP6,
    "udp": _UDP,
    "udp6": _HEAD,
    "stat/nf_conntrack": _CONNTRACK,
}
FILES = {f"proc/net/{name}": text for name, text in _NET.items()}
for _number, _name in enumerate(DEVICES):
    FILES |= _sysfs(_number, _name)
FILES |= _bonding()
