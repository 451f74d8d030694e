"""A host made of files: two bonds, RAID, NVMe, sensors, many network devices, rare hardware.

The texts are written after the kernel's documentation, none is copied from a machine.
"""

from pathlib import Path

from tests.exporter.tree import fabric, network, proc, storage, system

FILES: dict[str, str] = {
    **proc.FILES,
    **network.FILES,
    **system.FILES,
    **storage.FILES,
    **fabric.FILES,
}


def write(folder: Path) -> Path:
    """Write ``proc``, ``sys`` and ``root`` below a folder, and return it."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name, target in (network.LINKS | system.LINKS | storage.LINKS).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    for name in ("root", "root/srv", "root/boot/efi", "udev"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return folder


def flags(folder: Path) -> list[str]:
    """Return the flags that show this host instead of the machine."""
    return [
        f"--path.procfs={folder}/proc",
        f"--path.sysfs={folder}/sys",
        f"--path.rootfs={folder}/root",
        f"--path.udev.data={folder}/udev",
    ]
