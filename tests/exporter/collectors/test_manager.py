"""What an infrastructure manager asks of a host: logins, backups, certificates, ports."""

import datetime as dt
import os
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from exporter.blocking import Background
from exporter.collectors import backup, certificates, default_options, listening, logins
from exporter.collectors.support.api import NoDataError, Roots, System
from tests.exporter.collectors.fake import system, values


def test_slow_work_is_done_beside_the_scrape_and_again_when_its_key_changed() -> None:
    release, results = threading.Event(), iter([1, 2])
    background: Background[int] = Background("test", 1000)

    def work() -> int:
        release.wait(30)
        return next(results)

    assert background.get("a", work) is None
    release.set()
    background.wait()
    assert background.get("a", work) == 1
    background.wait()
    release.clear()
    assert background.get("b", work) == 1
    release.set()
    background.wait()
    assert background.get("b", work) == 2


def test_slow_work_that_fails_says_so_to_the_next_scrape() -> None:
    background: Background[float] = Background("test", 1000)
    with suppress(ZeroDivisionError):  # it may fail before the first answer
        assert background.get("a", lambda: 1 / 0) is None
    background.wait()
    with pytest.raises(ZeroDivisionError):
        background.get("a", float)


def _record(seconds: int) -> bytes:
    return logins.RECORD.pack(
        6, 1, b"ssh:notty", b"", b"root", b"192.0.2.9", 0, 0, 0, seconds, 0, b""
    )


def test_failed_logins_since_boot_through_rotation(tmp_path: Path) -> None:
    path = tmp_path / "var/log/btmp"
    host = system(tmp_path, {"proc/stat": "btime 1000\n", "var/log/btmp": ""})
    path.write_bytes(_record(999) + _record(1000) + _record(1001)[:100])
    assert values(logins.read(host)) == {"node_failed_logins_total": {(): 1}}
    path.write_bytes(_record(999) + _record(1000) + _record(1001))
    assert values(logins.read(host)) == {"node_failed_logins_total": {(): 2}}
    path.rename(tmp_path / "var/log/btmp.1")
    path.write_bytes(_record(1002))
    assert values(logins.read(host)) == {"node_failed_logins_total": {(): 3}}
    host.close()


def test_no_login_record_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        list(logins.read(system(tmp_path, {"proc/stat": "btime 1000\n"})))


def test_a_login_record_has_the_size_that_utmp_says() -> None:
    assert logins.RECORD.size == 384


def test_backups_by_their_newest_file(tmp_path: Path) -> None:
    for name, mtime in (("a.gz", 1000), ("b.gz", 2000), ("c.txt", 3000)):
        (tmp_path / name).write_text("12345")
        os.utime(tmp_path / name, (mtime, mtime))
    host = system(tmp_path, **{"backup.files": f"db={tmp_path}/*.gz, mail={tmp_path}/mail/*"})
    assert values(backup.read(host)) == {
        "node_backup_newest_timestamp_seconds": {("db",): 2000},
        "node_backup_newest_size_bytes": {("db",): 5},
        "node_backup_files": {("db",): 2, ("mail",): 0},
    }


def test_a_backup_without_a_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="'/backup' is not NAME=GLOB"):
        backup.parse("db=/x, /backup")


def test_certificates_by_what_expires_first(tmp_path: Path) -> None:
    soon = dt.datetime(2030, 1, 2, tzinfo=dt.UTC)
    authority = trustme.CA()
    leaf = authority.issue_cert("shop.example", common_name="shop.example", not_after=soon)
    chain = tmp_path / "chain.pem"
    chain.write_bytes(authority.cert_pem.bytes() + leaf.cert_chain_pems[0].bytes())
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nx\n")
    host = system(tmp_path, **{"certificates.files": f"{tmp_path}/*.pem,{tmp_path}/none"})
    found = values(certificates.read(host))
    ((labels, value),) = found["node_certificate_expiry_timestamp_seconds"].items()
    assert labels[0] == str(chain)
    assert "CN=shop.example" in labels[1]
    assert value == soon.timestamp()
    assert found["node_certificate_file_errors"] == {(): 1}
    chain.unlink()
    assert "node_certificate_expiry_timestamp_seconds" not in values(certificates.read(host))


@pytest.mark.skipif(sys.platform != "linux", reason="netlink is Linux's")
def test_a_port_is_shown_while_somebody_listens_on_it() -> None:
    host = System(Roots(), default_options())
    with socket.create_server(("127.0.0.1", 0)) as server:
        key = ("tcp", "127.0.0.1", str(server.getsockname()[1]))
        with socket.create_connection(server.getsockname()) as client:
            found = values(listening.read(host))["node_listening_info"]
            assert key in found
            assert ("tcp", "127.0.0.1", str(client.getsockname()[1])) not in found
    assert key not in values(listening.read(host)).get("node_listening_info", {})
    host.close()


def test_udp_clients_are_left_out() -> None:
    ports = frozenset({("udp", ("::", 53)), ("udp", ("0.0.0.0", 40000)), ("tcp", ("::", 40000))})
    found = values(listening.families(ports, 32768))["node_listening_info"]
    assert sorted(found) == [("tcp", "::", "40000"), ("udp", "::", "53")]
