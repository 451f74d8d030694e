"""Storage, fabrics and meters that few hosts have, on the host made of files."""

import struct
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from exporter.collectors import (
    bcache,
    btrfs,
    dmmultipath,
    fibrechannel,
    infiniband,
    ipvs,
    kernel_hung,
    nfs,
    nfsd,
    rapl,
    rpc,
    tapestats,
    watchdog,
    xfs,
    zfs,
)
from exporter.collectors.support.api import NoDataError, Option, Roots, System
from tests.exporter import tree
from tests.exporter.collectors.fake import system, values
from tests.exporter.tree.storage import BCACHE, UUID
from uptime_common.exposition import Part

Values = dict[str, dict[tuple[str, ...], float]]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree.write(tmp_path_factory.mktemp("host"))


def _read(host: Path, read: Callable[[System], Iterable[Part]], **options: Option) -> Values:
    known = system(host, **options)
    known.roots = Roots(host / "proc", host / "sys", host / "root", host / "udev")
    try:
        return values(read(known))
    finally:
        known.close()


def test_xfs_counts_by_file_system(host: Path) -> None:
    found = _read(host, xfs.read)
    assert found["node_xfs_extent_allocation_extents_allocated_total"] == {
        ("md0",): 19,
        ("sda1",): 11,
    }
    for name, value in {
        "extent_allocation_blocks_freed": 14,
        "block_mapping_extent_list_compares": 37,
        "inode_operation_attribute_changes": 67,
        "write_calls": 71,
        "read_calls": 72,
        "vnode_remove": 87,
    }.items():
        assert found[f"node_xfs_{name}_total"]["sda1",] == value


def test_a_line_of_xfs_that_is_cut_short_is_an_error() -> None:
    with pytest.raises(ValueError, match="dir has 3 numbers"):
        list(xfs.parse("dir 1 2 3\n"))


def test_btrfs_space_commits_and_devices(host: Path) -> None:
    found = _read(host, btrfs.read)
    assert found["node_btrfs_info"] == {(UUID, "backup"): 1}
    assert found["node_btrfs_used_bytes"][UUID, "data", "raid0"] == 808189952
    assert found["node_btrfs_allocation_ratio"][UUID, "metadata", "raid1"] == 2
    assert found["node_btrfs_commits_total"] == {(UUID,): 3}
    assert found["node_btrfs_commit_seconds_total"] == {(UUID,): 3.5}
    assert found["node_btrfs_device_size_bytes"][UUID, "loop25", ""] == 20971520 * 512


@pytest.mark.parametrize(
    ("layout", "devices", "ratio"),
    [
        *(("single", 1, 1), ("dup", 1, 2), ("raid1c3", 3, 3), ("raid5", 4, 4 / 3)),
        *(("raid6", 4, 2), ("raid5", 1, 0), ("new", 2, 0)),
    ],
)
def test_what_a_byte_takes_on_disk(layout: str, devices: int, ratio: float) -> None:
    assert btrfs.ratio(layout, devices) == ratio


def test_the_kernel_s_answers_about_a_btrfs_device() -> None:
    identity = uuid.UUID(int=7)
    info = struct.pack("=Q16sQQ", 1, identity.bytes, 300, 1000).ljust(3072, b"\0")
    info += b"/dev/mapper/data\0".ljust(1024, b"\0")
    stats = struct.pack("=QQQ5Q", 1, 5, 0, 1, 2, 3, 4, 5).ljust(1032, b"\0")
    device = btrfs.parse_device(info, stats)
    assert device == btrfs.Device("data", str(identity), 1000, 300, (1, 2, 3, 4, 5))


def test_the_devices_that_btrfs_tells_of_are_shown_with_their_errors(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = btrfs.Device("sdx", "dev-uuid", 1000, 300, (1, 2, 3, 4, 5))
    monkeypatch.setattr(btrfs, "_asked", lambda _system: {UUID: [device]})
    found = _read(host, btrfs.read)
    assert found["node_btrfs_device_unused_bytes"] == {(UUID, "sdx", "dev-uuid"): 700}
    errors = found["node_btrfs_device_errors_total"]
    assert errors[UUID, "corruption", "sdx", "dev-uuid"] == 4


def test_zfs_caches_and_pools(host: Path) -> None:
    found = _read(host, zfs.read)
    assert found["node_zfs_arc_hits"] == {(): 8772612}
    assert found["node_zfs_arc_mru_size"] == {(): 7}
    assert found["node_zfs_arc_memory_available_bytes"] == {(): -922337203685}
    assert found["node_zfs_zil_zil_commit_count"] == {(): 10}
    assert found["node_zfs_zpool_nwritten"] == {("tank",): 3206144}
    assert found["node_zfs_zpool_dataset_writes"] == {("tank", "tank/home of all"): 4}
    states = found["node_zfs_zpool_state"]
    assert {key for key, value in states.items() if value} == {
        ("tank", "online"),
        ("pool2", "degraded"),
    }
    assert len(states) == 14


def test_a_zfs_file_without_its_heading_is_an_error() -> None:
    with pytest.raises(ValueError, match="no heading"):
        list(zfs.rows("hits 4 1\n"))


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("512", 512), ("1.5k", 1523), ("-790.0k", -808960), ("20.4G", 21894288896)],
)
def test_amounts_as_bcache_prints_them(text: str, number: int) -> None:
    assert bcache.amount(text) == pytest.approx(number, rel=0.01)


def test_bcache_sets_and_their_devices(host: Path) -> None:
    found = _read(host, bcache.read, **{"bcache.priorityStats": True})
    assert found["node_bcache_root_usage_percent"] == {(BCACHE,): 17}
    assert found["node_bcache_cache_hits_total"] == {(BCACHE, "bdev0"): 546}
    assert found["node_bcache_writeback_rate_integral_term"][BCACHE, "bdev0"] == -808960
    assert found["node_bcache_metadata_written_bytes_total"] == {(BCACHE, "cache0"): 512}
    assert found["node_bcache_priority_stats_unused_percent"] == {(BCACHE, "cache0"): 99}
    assert "node_bcache_cache_readaheads_total" not in found
    assert "node_bcache_priority_stats_unused_percent" not in _read(host, bcache.read)


def test_paths_of_a_multipath_device(host: Path) -> None:
    found = _read(host, dmmultipath.read)
    assert found["node_dmmultipath_device_size_bytes"] == {("mpatha", "dm-0"): 104857600 * 512}
    assert found["node_dmmultipath_device_paths_active"] == {("mpatha", "dm-0"): 1}
    assert found["node_dmmultipath_device_paths_failed"] == {("mpatha", "dm-0"): 1}
    assert ("mpatha", "sdj", "offline") in found["node_dmmultipath_path_state"]


def test_a_tape_drive_is_shown_under_one_of_its_names(host: Path) -> None:
    found = _read(host, tapestats.read)
    assert found["node_tape_reads_completed_total"] == {("st0",): 3741}
    assert found["node_tape_io_time_seconds_total"]["st0",] == pytest.approx(9247.01108772)
    assert _read(host, tapestats.read, **{"tapestats.ignored-devices": "^st0$"}) == {}


def test_infiniband_ports(host: Path) -> None:
    found = _read(host, infiniband.read)
    assert found["node_infiniband_rate_bytes_per_second"] == {
        ("mlx4_0", "1"): 5_000_000_000,
        ("mlx4_0", "2"): 312_500_000,
    }
    assert found["node_infiniband_port_data_received_bytes_total"]["mlx4_0", "1"] == 4631917 * 4
    assert found["node_infiniband_legacy_data_received_bytes_total"]["mlx4_0", "2"] == 400
    assert found["node_infiniband_state_id"]["mlx4_0", "2"] == 1
    assert found["node_infiniband_lifespan_seconds"] == {("mlx4_0", "1"): 10}
    assert "node_infiniband_symbol_error_total" not in found
    assert _read(host, infiniband.read, **{"infiniband.device-exclude": "mlx"}) == {}


def test_a_counter_that_a_fibre_channel_adapter_does_not_keep_is_no_series(host: Path) -> None:
    found = _read(host, fibrechannel.read)
    ((labels, _),) = found["node_fibrechannel_info"].items()
    assert labels[:6] == (
        *("host0", "16 Gbit", "Online", "Point-To-Point (direct nport connection)"),
        *("000002", "1000e0071bce95f2"),
    )
    assert found["node_fibrechannel_fcp_packet_aborts_total"] == {("host0",): 0x13}
    assert "node_fibrechannel_dumped_frames_total" not in found


def test_the_load_balancer_s_totals_and_backends(host: Path) -> None:
    found = _read(host, ipvs.read)
    assert found["node_ipvs_connections_total"] == {(): 0x16AA370}
    active = found["node_ipvs_backend_connections_active"]
    assert active["192.168.0.22", "3306", "192.168.82.22", "3306", "TCP", ""] == 248
    assert active["2001:db8::1", "53", "2001:db8::2", "53", "UDP", ""] == 5
    assert found["node_ipvs_backend_weight"]["", "0", "192.168.50.26", "3306", "FWM", "10001000"]
    summed = _read(host, ipvs.read, **{"ipvs.backend-labels": "proto"})
    inactive = summed["node_ipvs_backend_connections_inactive"]
    assert inactive == {("TCP",): 3, ("UDP",): 6, ("FWM",): 1}


def test_a_label_that_no_backend_has_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"unknown labels \['port'\]; there are local_address"):
        ipvs.labels_of("proto,port")


def test_the_nfs_client(host: Path) -> None:
    found = _read(host, nfs.read)
    assert found["node_nfs_packets_total"] == {("udp",): 3, ("tcp",): 45}
    assert found["node_nfs_rpc_retransmissions_total"] == {(): 374636}
    requests = found["node_nfs_requests_total"]
    assert (requests["2", "Null"], requests["3", "Commit"]) == (2, 51)
    assert (requests["4", "Null"], requests["4", "Clone"]) == (100, 158)


def test_the_nfs_server(host: Path) -> None:
    found = _read(host, nfsd.read)
    assert found["node_nfsd_server_threads"] == {(): 8}
    assert found["node_nfsd_read_ahead_cache_not_found_total"] == {(): 7}
    assert found["node_nfsd_rpc_errors_total"] == {("fmt",): 1, ("auth",): 1, ("cInt",): 1}
    requests = found["node_nfsd_requests_total"]
    assert (requests["4", "Access"], requests["4", "Verify"]) == (203, 237)
    assert requests["4", "WdelegGetattr"] == 0
    assert not {name for _, name in requests} & {"", "Null", "PutPubFH", "PutRootFH"}


def test_an_older_kernel_s_nfs_has_no_requests_of_what_it_does_not_know() -> None:
    found = values(nfs.parse("net 0 0 0 0\nrpc 0 0 0\nproc4 2 5 6\n"))["node_nfs_requests_total"]
    assert (found["4", "Read"], found["4", "Clone"]) == (6, 0)


def test_a_line_of_nfs_that_is_cut_short_is_an_error() -> None:
    with pytest.raises(ValueError, match="18 procedures of version 2, and 2 numbers"):
        list(rpc.requests({"proc2": [18, 1, 2]}, {"2": rpc.PROC2}))
    with pytest.raises(ValueError, match="ra has 1 numbers"):
        list(nfsd.parse("ra 32\n"))


def test_meters_of_one_name_are_counted_through(host: Path) -> None:
    found = _read(host, rapl.read)
    root = f"{host}/sys/class/powercap"
    assert found["node_rapl_package_joules_total"] == {
        ("0", f"{root}/intel-rapl:0"): pytest.approx(240422.366267)
    }
    assert [key[0] for key in found["node_rapl_core_joules_total"]] == ["0", "1"]
    labelled = _read(host, rapl.read, **{"rapl.enable-zone-label": True})
    assert ("1", f"{root}/intel-rapl:1:0", "core") in labelled["node_rapl_joules_total"]


def test_a_watchdog(host: Path) -> None:
    found = _read(host, watchdog.read)
    assert found["node_watchdog_timeout_seconds"] == {("watchdog0",): 60}
    assert found["node_watchdog_info"] == {
        ("watchdog0", "0x8380", "Software Watchdog", "active", "0x8000", "noop"): 1
    }
    assert "node_watchdog_access_cs0" not in found


def test_tasks_that_hang(host: Path) -> None:
    assert _read(host, kernel_hung.read)["node_kernel_hung_tasks_total"] == {(): 3}


@pytest.mark.parametrize(
    "module",
    [
        fibrechannel,
        infiniband,
        ipvs,
        kernel_hung,
        nfs,
        nfsd,
        rapl,
        tapestats,
        watchdog,
        zfs,
        dmmultipath,
    ],
    ids=lambda module: module.__name__.rpartition(".")[2],
)
def test_a_host_without_it_has_no_data(module: object, tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        list(module.read(system(tmp_path)))  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", [bcache, btrfs, xfs])
def test_a_host_without_such_a_file_system_has_no_series(module: object, tmp_path: Path) -> None:
    assert list(module.read(system(tmp_path))) == []  # type: ignore[attr-defined]
