"""dnf's pending updates (versions 4 and 5), from the metadata that it has in its cache.

Nothing is fetched: ``dnf-makecache.timer`` or the like keeps the cache young. A repository that is
not in the cache is an error, never "no updates".
"""

import re
from pathlib import Path

from exporter.collectors.support.package_managers import Manager, Updates, answer

_CACHED = ("--cacheonly", "--setopt=*.skip_if_unavailable=False")
_UPDATES = 100  # exit code of check-update where there are some
_PACKAGE = re.compile(r"^\S+\.\w+ +\S+ +\S+ *$", re.MULTILINE)
_CACHE = "var/cache/dnf"


def parse(text: str) -> int:
    """Count lines like ``openssl.x86_64  1:3.0.7-28.el9  updates``.

    What follows "Obsoleting Packages" tells which new package replaces which old one.
    """
    updates, _, _ = text.partition("\nObsoleting ")
    return len(_PACKAGE.findall(updates))


def reboot(text: str) -> bool | None:
    """Return what ``needs-restarting`` says; None where dnf has no such plug-in."""
    if "Reboot is required" in text:
        return True
    return False if "Reboot should not be necessary" in text else None


def ask(root: Path) -> Updates:
    """Ask dnf's cache; see `answer` for what it raises."""
    dnf = ["dnf", *_CACHED]
    if root != Path("/"):
        dnf += [f"--installroot={root}", f"--setopt=reposdir={root}/etc/yum.repos.d"]
    if (root / _CACHE).is_dir():  # version 4 gives users other than root a cache of their own
        dnf.append(f"--setopt=cachedir={root / _CACHE}")
    check = [*dnf, "--quiet", "check-update"]
    pending, security = (
        parse(answer([*check, *only], good=(0, _UPDATES))) for only in ((), ("--security",))
    )
    restarts = answer([*dnf, "needs-restarting", "--reboothint"], good=(0, 1, 2))
    return Updates(pending, security, reboot(restarts))


MANAGER = Manager(
    "dnf",
    ("usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/rpmdb.sqlite", "var/lib/rpm/Packages"),
    (f"{_CACHE}/*/repodata", "var/cache/libdnf5/*/repodata"),
    ask,
)
