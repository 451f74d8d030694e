"""Garbage in the kernel's files loses only the collectors that read it."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.collectors import COLLECTORS, default_options
from exporter.collectors.support.api import Roots
from exporter.host.scrape import Host, HostOptions
from tests.exporter.parsers import parsed

FILES = (
    *("loadavg", "meminfo", "stat", "diskstats", "1/mounts", "vmstat", "schedstat", "mdstat"),
    *("net/netstat", "net/snmp", "net/snmp6", "net/sockstat", "net/softnet_stat", "net/arp"),
    *("net/udp", "net/stat/nf_conntrack", "sys/net/netfilter/nf_conntrack_count"),
    *("sys/net/netfilter/nf_conntrack_max", "pressure/io", "sys/fs/file-nr", "cpuinfo"),
    *("sys/kernel/random/entropy_avail", "sys/kernel/random/poolsize"),
)
# What such files are made of, so that garbage gets past the first split.
WORDS = st.one_of(
    st.sampled_from(
        ["cpu0", "cpu", "intr", "some", "total=", "Tcp:", "TcpExt:", "MemTotal:", "kB"]
    ),
    st.sampled_from(
        ["entries", "found", "IP address", "sockets:", "md0 :", "active", "[2/1]", "[UU]"]
    ),
    st.integers(-(2**70), 2**70).map(str),
    st.integers(0, 2**32).map("{:08x}".format),
    st.text(max_size=6),
)
LINES = st.lists(WORDS, max_size=14).map(" ".join)
TEXTS = st.lists(LINES, max_size=6).map("\n".join)
SAFE = (
    "timex",
    "time",
    "uname",
)  # read no file at all: through other roots the network is files, too


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(FILES), TEXTS.map(str.encode) | st.binary(max_size=60)))
def test_garbage_loses_only_its_collector(garbage: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        proc = Path(folder) / "proc"
        for name, content in garbage.items():
            (proc / name).parent.mkdir(parents=True, exist_ok=True)
            (proc / name).write_bytes(content)
        roots = Roots(proc, Path(folder) / "sys", Path(folder), Path(folder) / "udev")
        names = tuple(name for name, c in COLLECTORS.items() if c.enabled)
        host = Host(HostOptions(names, default_options(), roots))
        text, strict = host.collect("text"), host.collect("openmetrics")
        host.close()
    families = parsed(text, promtool=False)
    parsed(strict, "openmetrics")
    success = {
        s.labels["collector"]: s.value for s in families["node_scrape_collector_success"].samples
    }
    assert set(success) == set(names)
    assert all(success[name] == 1 for name in SAFE if name in names)


@pytest.mark.parametrize("name", sorted(COLLECTORS))
def test_a_collector_whose_files_are_missing_says_so(name: str, tmp_path: Path) -> None:
    host = Host(HostOptions((name,), default_options(), Roots(*[tmp_path / "none"] * 4)))
    text = host.collect("text")
    host.close()
    parsed(text)
    assert f'node_scrape_collector_success{{collector="{name}"}}' in text
