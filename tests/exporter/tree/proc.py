"""/proc of the host: CPUs, memory, disks, mounts, pressure."""

_STAT = """\
cpu  40000 100 20000 900000 3000 0 700 50 20 10
cpu0 20100 60 10100 450100 1600 0 400 30 12 6
cpu1 19900 40 9900 449900 1400 0 300 20 8 4
intr 123456 7 0 9 0 0
ctxt 987654
btime 1760000000
processes 4321
procs_running 3
procs_blocked 1
softirq 5000 1 2 3 4 5 6 7 8 9 4955
"""
_MEMINFO = """\
MemTotal:       16307452 kB
MemFree:         1207452 kB
MemAvailable:    9307452 kB
Buffers:          307452 kB
Cached:          7307452 kB
SwapCached:          128 kB
Active:          5000000 kB
Inactive:        6000000 kB
Active(anon):    1000000 kB
Inactive(file):  2000000 kB
SwapTotal:       2097148 kB
SwapFree:        2000000 kB
Dirty:               452 kB
HugePages_Total:      16
HugePages_Free:        4
Hugepagesize:       2048 kB
DirectMap4k:      304160 kB
"""
_VMSTAT = """\
nr_free_pages 301863
pgpgin 1000001
pgpgout 2000002
pswpin 3
pswpout 4
pgfault 5000005
pgmajfault 606
oom_kill 1
nr_dirty 113
"""
_DISKSTATS = """\
   8       0 sda 1000 10 20000 300 2000 20 40000 600 0 700 900 0 0 0 0 11 12
   8       1 sda1 900 9 18000 290 1900 19 38000 590 0 690 880 0 0 0 0 0 0
   8      16 sdb 1100 11 22000 330 2200 22 44000 660 1 770 990 0 0 0 0 21 22
   9       0 md0 500 0 10000 0 700 0 14000 0 0 0 0 0 0 0 0 0 0
 253       0 dm-0 500 0 10000 40 700 0 14000 50 0 60 90 0 0 0 0 0 0
 259       0 nvme0n1 5000 50 100000 1500 6000 60 120000 1800 2 2500 3300 70 7 1400 80 31 32
"""
_MDSTAT = """\
Personalities : [raid1] [raid6] [raid5] [raid4]
md0 : active raid1 sdb1[1] sda1[0]
      1047552 blocks super 1.2 [2/2] [UU]

md1 : active raid5 sdd1[3] sdc1[1] sdb2[0]
      2095104 blocks super 1.2 level 5, 512k chunk, algorithm 2 [3/2] [UU_]
      [==>..................]  recovery = 12.6% (132480/1047552) finish=0.5min speed=26496K/sec

unused devices: <none>
"""
_MOUNTS = """\
/dev/md0 / ext4 rw,relatime,errors=remount-ro 0 0
/dev/sda2 /boot/efi vfat rw,relatime 0 0
/dev/mapper/mpatha /srv ext4 ro,relatime 0 0
proc /proc proc rw,nosuid 0 0
tmpfs /run tmpfs rw,nosuid 0 0
"""
_MOUNTINFO = """\
21 1 9:0 / / rw,relatime shared:1 - ext4 /dev/md0 rw,errors=remount-ro
22 21 8:2 / /boot/efi rw,relatime shared:2 - vfat /dev/sda2 rw
23 21 253:0 / /srv ro,relatime shared:3 - ext4 /dev/mapper/mpatha ro
24 21 0:5 / /proc rw,nosuid shared:4 - proc proc rw
25 21 0:6 / /run rw,nosuid shared:5 - tmpfs tmpfs rw
"""
_CPUINFO = """\
processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 85
model name\t: A CPU @ 2.10GHz
stepping\t: 7
microcode\t: 0x5003303
cpu MHz\t\t: 2100.123
cache size\t: 28160 KB
physical id\t: 0
core id\t\t: 0
cpu cores\t: 2
flags\t\t: fpu aes
bugs\t\t: spectre_v1

processor\t: 1
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 85
model name\t: A CPU @ 2.10GHz
stepping\t: 7
microcode\t: 0x5003303
cpu MHz\t\t: 2199.500
cache size\t: 28160 KB
physical id\t: 0
core id\t\t: 1
cpu cores\t: 2
flags\t\t: fpu aes
bugs\t\t: spectre_v1

"""


def _pressure(*, full: bool) -> str:
    some = "some avg10=0.00 avg60=0.10 avg300=0.20 total=1234567\n"
    return some + ("full avg10=0.00 avg60=0.00 avg300=0.10 total=234567\n" if full else "")


FILES = {
    "proc/stat": _STAT,
    "proc/meminfo": _MEMINFO,
    "proc/vmstat": _VMSTAT,
    "proc/loadavg": "0.50 0.75 1.25 2/345 6789\n",
    "proc/diskstats": _DISKSTATS,
    "proc/mdstat": _MDSTAT,
    "proc/mounts": _MOUNTS,
    "proc/1/mounts": _MOUNTS,
    "proc/1/mountinfo": _MOUNTINFO,
    "proc/self/mounts": _MOUNTS,
    "proc/self/mountinfo": _MOUNTINFO,
    "proc/cpuinfo": _CPUINFO,
    "proc/schedstat": (
        "version 15\ntimestamp 4295000000\n"
        "cpu0 0 0 0 0 0 0 5000000000 600000000 7000\n"
        "cpu1 0 0 0 0 0 0 4000000000 500000000 6000\n"
    ),
    "proc/pressure/cpu": _pressure(full=False),
    "proc/pressure/io": _pressure(full=True),
    "proc/pressure/memory": _pressure(full=True),
    "proc/sys/fs/file-nr": "2048\t0\t1048576\n",
    "proc/sys/kernel/random/entropy_avail": "256\n",
    "proc/sys/kernel/random/poolsize": "256\n",
    "proc/sys/kernel/domainname": "(none)\n",
    "proc/sys/kernel/hung_task_detect_count": "3\n",
    "proc/sys/net/netfilter/nf_conntrack_count": "123\n",
    "proc/sys/net/netfilter/nf_conntrack_max": "65536\n",
    "proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
    "proc/sys/kernel/pid_max": "32768\n",
    "proc/sys/kernel/threads-max": "7801\n",
    "root/etc/os-release": (
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n'
        'VERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
    ),
}
