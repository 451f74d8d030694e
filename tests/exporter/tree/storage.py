"""The host's storage: NVMe, RAID, multipath, XFS, Btrfs, ZFS, bcache, a tape drive."""

UUID = "0abb23a9-579b-43e6-ad30-227ef47fcb9d"
BCACHE = "deaddd54-c735-46d5-868e-f331c5fd7c74"


def _below(root: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{root}/{name}": text + "\n" for name, text in files.items()}


def _kstat(rows: dict[str, int], head: str = "") -> str:
    lines = (f"{name:<31} 4    {value}\n" for name, value in rows.items())
    return f"13 1 0x01 8 272 5000 6000\n{'name':<31} type data\n{head}{''.join(lines)}"


_XFS = """\
extent_alloc 11 12 13 14
abt 21 22 23 24
blk_map 31 32 33 34 35 36 37
bmbt 41 42 43 44
dir 51 52 53 54
trans 1 2 3
ig 61 62 63 64 65 66 67
log 1 2 3 4 5
push_ail 1 2 3 4 5 6 7 8 9 10
xstrat 92 0
rw 71 72
attr 1 2 3 4
icluster 1 2 3
vnodes 81 82 83 84 85 86 87 88
buf 1 2 3 4 5 6 7 8 9
abtb2 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
qm 0 0 0 0 0 0 0 0
xpc 399724544 92823103 86219234
debug 0
"""


def _nvme(number: int) -> dict[str, str]:
    return _below(
        f"sys/class/nvme/nvme{number}",
        {
            "firmware_rev": "1B2QEXP7",
            "model": "Samsung SSD 970 PRO 512GB",
            "serial": f"S680HF8N19089{number}",
            "state": "live",
            "cntlid": str(1997 + number),
        },
    )


def _allocation(kind: str, layout: str) -> dict[str, str]:
    return _below(
        f"sys/fs/btrfs/{UUID}/allocation/{kind}",
        {
            "bytes_may_use": "0",
            "bytes_pinned": "0",
            "bytes_readonly": "0",
            "bytes_reserved": "4096",
            "bytes_used": "808189952",
            "disk_total": "2147483648",
            "disk_used": "808189952",
            "flags": "1",
            "total_bytes": "2147483648",
            f"{layout}/total_bytes": "2147483648",
            f"{layout}/used_bytes": "808189952",
        },
    )


_TOTALS = {
    "bypassed": "5.2M",
    "cache_bypass_hits": "3",
    "cache_bypass_misses": "4",
    "cache_hits": "546",
    "cache_miss_collisions": "5",
    "cache_misses": "6",
    "cache_hit_ratio": "98",
}
_WRITEBACK = """\
rate:\t\t1.1M/sec
dirty:\t\t20.4G
target:\t\t20.4G
proportional:\t427.5k
integral:\t-790.0k
change:\t\t321.5k/sec
next io:\t17ms
"""
_PRIORITY = """\
Unused:\t\t99%
Clean:\t\t0%
Dirty:\t\t0%
Metadata:\t0%
Average:\t10473
Sectors per Q:\t64
Quantiles:\t[0 0 0 20946 20946]
"""
FILES = {
    "sys/fs/xfs/sda1/stats/stats": _XFS,
    "sys/fs/xfs/md0/stats/stats": _XFS.replace("extent_alloc 11", "extent_alloc 19"),
    **_nvme(0),
    **_nvme(1),
    **_below(
        "sys/block/md0/md",
        {"raid_disks": "2", "degraded": "0", "array_state": "clean", "level": "raid1"},
    ),
    **_below("sys/block/md1/md", {"raid_disks": "3", "degraded": "1"}),
    **_below(
        "sys/block/dm-0",
        {
            "size": "104857600",
            "dm/name": "mpatha",
            "dm/uuid": "mpath-360000000000001",
            "dm/suspended": "0",
            "slaves/sdi/dev": "8:128",
            "slaves/sdj/dev": "8:144",
        },
    ),
    **_below("sys/block/sdi", {"size": "104857600", "device/state": "running"}),
    **_below("sys/block/sdj", {"size": "104857600", "device/state": "offline"}),
    **_below(
        f"sys/fs/btrfs/{UUID}",
        {
            "label": "backup",
            "metadata_uuid": UUID,
            "clone_alignment": "4096",
            "nodesize": "16384",
            "quota_override": "0",
            "sectorsize": "4096",
            "allocation/global_rsv_reserved": "16777216",
            "allocation/global_rsv_size": "16777216",
            "devices/loop25/size": "20971520",
            "devices/loop26/size": "20971520",
            "features/extended_iref": "1",
            "commit_stats": (
                "commits 3\nlast_commit_ms 1000\nmax_commit_ms 2000\ntotal_commit_ms 3500"
            ),
        },
    ),
    **_allocation("data", "raid0"),
    **_allocation("metadata", "raid1"),
    **_allocation("system", "raid1"),
    "proc/spl/kstat/zfs/arcstats": _kstat({"hits": 8772612, "misses": 604635, "mru-size": 7})
    + "memory_available_bytes          3    -922337203685\n",
    "proc/spl/kstat/zfs/zil": _kstat({"zil_commit_count": 10, "zil_itx_count": 0}),
    "proc/spl/kstat/zfs/tank/io": (
        "12 3 0x00 1 80 79205351707403 395818011156865\n"
        "nread    nwritten reads    writes   wtime    wlentime wupdate  rtime    rlentime "
        "rupdate  wcnt     rcnt\n"
        "1884160  3206144  22       132      7155162  104112268 79210489694949 24168078 "
        "104112268 79210489849220 0        0\n"
    ),
    "proc/spl/kstat/zfs/tank/state": "ONLINE\n",
    "proc/spl/kstat/zfs/pool2/state": "DEGRADED\n",
    "proc/spl/kstat/zfs/tank/objset-0x36": _kstat(
        {"writes": 4, "nwritten": 12302, "reads": 2, "nread": 28, "nunlinks": 3, "nunlinked": 3},
        f"{'dataset_name':<31} 7    tank/home of all\n",
    ),
    **_below(
        f"sys/fs/bcache/{BCACHE}",
        {
            "average_key_size": "0",
            "btree_cache_size": "1.5k",
            "cache_available_percent": "100",
            "congested": "0",
            "root_usage_percent": "17",
            "tree_depth": "1",
            "internal/active_journal_entries": "3",
            "internal/btree_nodes": "4",
            "internal/btree_read_average_duration_us": "1305",
            "internal/cache_read_races": "2",
            **{f"stats_total/{name}": text for name, text in _TOTALS.items()},
            **{f"stats_five_minute/{name}": text for name, text in _TOTALS.items()},
            "bdev0/dirty_data": "20.4G",
            "bdev0/writeback_rate_debug": _WRITEBACK.rstrip("\n"),
            **{f"bdev0/stats_total/{name}": text for name, text in _TOTALS.items()},
            **{f"bdev0/stats_five_minute/{name}": text for name, text in _TOTALS.items()},
            "cache0/io_errors": "0",
            "cache0/metadata_written": "512",
            "cache0/priority_stats": _PRIORITY.rstrip("\n"),
            "cache0/written": "1.9M",
        },
    ),
    **_below(
        "sys/class/scsi_tape/st0/stats",
        {
            "in_flight": "1",
            "io_ns": "9247011087720",
            "other_cnt": "1409",
            "read_byte_cnt": "979383912",
            "read_cnt": "3741",
            "read_ns": "33788355744",
            "resid_cnt": "19",
            "write_byte_cnt": "1496246784000",
            "write_cnt": "53772916",
            "write_ns": "5233597394395",
        },
    ),
}
LINKS = {"sys/class/scsi_tape/nst0": "st0"}
