"""Pending updates; what dnf prints is that of dnf 4.14 on a repository made for it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.collectors import apt, dnf, updates
from exporter.collectors.support import package_managers
from exporter.collectors.support.api import NoDataError
from exporter.collectors.support.package_managers import Updates
from tests.exporter.collectors.fake import system, values

SIMULATION = """\
Reading package lists...
Inst zip [3.0-13] (3.0-13+deb12u1 Debian-Security:12/oldstable-security [amd64])
Inst tzdata [2025a] (2025b Debian:12.15/oldstable [all])
Inst linux-image-6.1.0-41-amd64 (6.1.158-1 Debian-Security:12/oldstable-security [amd64])
Conf zip (3.0-13+deb12u1 Debian-Security:12/oldstable-security [amd64])
"""
CHECKED = """\

a-very-long-package-name-that-is-really-too-long-for-a-column-of-a-terminal.noarch 2.0-1 local  
openssl.noarch                                                                     3.1-1 local  
shop.noarch                                                                        1.1-1 local  
Obsoleting Packages
newname.noarch                                                                     2-1   local  
    oldname.noarch                                                                 1-1   @System
"""  # noqa: W291 - as dnf pads it
SECURITY = """\

openssl.noarch                            3.1-1                            local
"""
NO_CACHE = "Error: Cache-only enabled but no cache for 'local'"
DUE = "Core libraries or services have been updated since boot-up:\n  * glibc\n\n\
Reboot is required to fully utilize these updates."
NOT_DUE = """\
No core libraries or services have been updated since boot-up.
Reboot should not be necessary."""
NO_PLUGIN = "No such command: needs-restarting. Please use /usr/bin/dnf --help"
Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return ``install(name, script)``: programs of a PATH that has no package manager else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(package_managers, "PATH", str(folder))
    for tool in ("cat", "nice", "sh"):
        (folder / tool).symlink_to(f"/bin/{tool}" if tool != "nice" else "/usr/bin/nice")

    def write(name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)

    return write


def dnf_script(security: str = SECURITY, restarts: str = NOT_DUE) -> str:
    """Return a dnf that answers as the real one does: 100 means that there are updates."""
    return f"""\
case "$*" in
*--cacheonly*needs-restarting*) cat <<'X'
{restarts}
X
exit 1 ;;
*--cacheonly*check-update\\ --security) cat <<'X'
{security}X
[ -n '{security.strip()}' ] && exit 100 || exit 0 ;;
*--cacheonly*check-update) cat <<'X'
{CHECKED}X
exit 100 ;;
esac
exit 2"""


def test_apt_s_updates_are_counted_and_new_packages_are_not() -> None:
    assert apt.parse(SIMULATION) == Updates(pending=2, security=1)


@pytest.mark.parametrize(("text", "count"), [(CHECKED, 3), (SECURITY, 1), ("", 0), ("\n", 0)])
def test_dnf_s_updates_are_counted_and_obsoleted_packages_are_not(text: str, count: int) -> None:
    assert dnf.parse(text) == count


def test_updates_of_a_host_with_apt(tmp_path: Path, install: Install) -> None:
    install("apt-get", f"cat <<'X'\n{SIMULATION}X")
    files = {"var/lib/dpkg/status": "", "var/lib/apt/lists/x": "", "run/reboot-required": ""}
    host = system(tmp_path, files)
    first = values(updates.read(host))
    assert first["node_reboot_required"] == {(): 1}
    assert first["node_updates_applied_timestamp_seconds"][()] > 1e9
    host.part(updates.worker).wait()
    found = values(updates.read(host))
    assert found["node_updates_pending"] == {(): 2}
    assert found["node_updates_security_pending"] == {(): 1}


@pytest.mark.parametrize(
    ("restarts", "reboot"), [(DUE, {(): 1}), (NOT_DUE, {(): 0}), (NO_PLUGIN, None)]
)
def test_updates_of_a_host_with_dnf(
    tmp_path: Path, install: Install, restarts: str, reboot: dict[tuple[str, ...], float] | None
) -> None:
    install("dnf", dnf_script(restarts=restarts))
    files = {"var/lib/rpm/rpmdb.sqlite": "", "var/cache/dnf/local-1/repodata/repomd.xml": ""}
    host = system(tmp_path, files)
    os.utime(tmp_path / "var/cache/dnf/local-1/repodata", (2e9, 2e9))
    assert "node_updates_pending" not in values(updates.read(host))
    host.part(updates.worker).wait()
    found = values(updates.read(host))
    assert found["node_updates_pending"] == {(): 3}
    assert found["node_updates_security_pending"] == {(): 1}
    assert found["node_updates_lists_timestamp_seconds"] == {(): 2e9}
    assert found.get("node_reboot_required") == reboot


def test_a_host_without_security_updates_has_none(tmp_path: Path, install: Install) -> None:
    install("dnf", dnf_script(security=""))
    assert dnf.ask(tmp_path) == Updates(pending=3, security=0, reboot=False)


def test_a_repository_that_is_not_cached_is_an_error_not_no_updates(
    tmp_path: Path, install: Install
) -> None:
    install("dnf", f'echo "{NO_CACHE}" >&2; exit 1')
    with pytest.raises(RuntimeError, match="exit code 1: Error: Cache-only enabled but no cache"):
        dnf.ask(tmp_path)


def test_a_host_with_neither_has_no_data(tmp_path: Path, install: Install) -> None:
    del install
    with pytest.raises(NoDataError, match="neither apt nor dnf"):
        list(updates.read(system(tmp_path, {"var/lib/rpm/rpmdb.sqlite": ""})))
