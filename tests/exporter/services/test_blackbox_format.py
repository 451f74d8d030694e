"""/probe under blackbox_exporter's names, beside the real one."""

import asyncio
import json
import re
import socket
import ssl
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from exporter.probes.transport.run import Network
from exporter.services.probe_endpoint import NoSuchTargetError, find, probe_now
from exporter.services.store import Store
from service_catalogue import Service
from tests.exporter.asking import ask, measured, target_of
from tests.exporter.parity.dns_cases import reply
from tests.exporter.parity.other_cases import healthy
from tests.exporter.parsers import parsed
from tests.exporter.servers import answering, serving
from tests.programs.ports import free_port
from tests.programs.process import find_program, running

MODIFIED = b"Last-Modified: Sun, 01 Nov 2026 10:00:00 GMT"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n" + MODIFIED + b"\r\n\r\nfine"
NOT_OURS = {"probe_ip_addr_hash"}
"""What we leave out: a number without meaning."""
EXPIRY = "probe_ssl_earliest_cert_expiry"
"""Left out, too, where there is no certificate: theirs expires in 1970 then, by gRPC."""


class Certified:
    """A certificate for localhost, and a server that has it."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.file = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.file)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self._context)

    def serving(self) -> AbstractContextManager[int]:
        def handle(connection: socket.socket) -> None:
            with self._context.wrap_socket(connection, server_side=True) as wrapped:
                wrapped.recv(65_536)
                wrapped.sendall(ANSWER)
                wrapped.unwrap()

        return serving(handle)


def zone(query: bytes) -> bytes:
    return reply(query, ["ns1.example.org. root.example.org. 7 3600 600 86400 60"])


def plain(connection: socket.socket) -> None:
    connection.recv(65_536)
    connection.sendall(ANSWER)


def ours(**probe: Any) -> str:
    """Return what /probe answers in blackbox_exporter's format."""
    target = target_of(**probe)
    store = Store("here")
    service = Service.model_validate({"id": "shop", "name": "Shop", "probes": [probe]})
    store.replace([service], [target])

    async def main() -> str:
        network = Network.open()
        try:
            entry = find(store.entries(), "shop", "")
            return (await probe_now(entry, network, "text", blackbox=True))[1]
        finally:
            await network.close()

    return asyncio.run(main())


def series(text: str) -> dict[str, float]:
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#"]
    return {name: float(value) for name, value in lines}


def names(text: str) -> set[str]:
    return {re.split(r"[{ ]", line)[0] for line in text.splitlines() if line and line[0] != "#"}


@pytest.mark.integration
def test_what_blackbox_exporter_says_is_said_under_the_same_names(tmp_path: Path) -> None:
    papers = Certified(tmp_path)
    tls = {"ca_file": papers.file}
    modules = {
        "http": {"prober": "http", "http": {"tls_config": tls, "preferred_ip_protocol": "ip4"}},
        "tcp": {"prober": "tcp", "tcp": {"preferred_ip_protocol": "ip4"}},
        "grpc": {"prober": "grpc", "grpc": {"preferred_ip_protocol": "ip4"}},
        "dns": {
            "prober": "dns",
            "dns": {
                "preferred_ip_protocol": "ip4",
                "query_name": "example.org",
                "query_type": "SOA",
            },
        },
    }
    config = tmp_path / "blackbox.yml"
    config.write_text(json.dumps({"modules": modules}), encoding="utf-8")
    port = free_port()
    command = [
        find_program("prometheus-blackbox-exporter", "blackbox_exporter"),
        f"--config.file={config}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    url = f"http://127.0.0.1:{port}"
    with (
        running(command, ready_url=f"{url}/-/healthy", log=tmp_path / "blackbox.log"),
        papers.serving() as secure,
        serving(plain) as open_,
        healthy() as health,
        answering(zone) as names_,
    ):
        asked: list[tuple[str, dict[str, Any]]] = [
            (f"https://localhost:{secure}/", {"type": "http", "tls": tls}),
            (f"http://127.0.0.1:{open_}/", {"type": "http"}),
            (f"http://127.0.0.1:{free_port()}/", {"type": "http"}),
            (f"127.0.0.1:{open_}", {"type": "tcp"}),
            (f"127.0.0.1:{health}", {"type": "grpc"}),
            (f"127.0.0.1:{names_}", {"type": "dns", "query": "example.org", "record": "SOA"}),
        ]
        for target, fields in asked:
            query = {"module": fields["type"], "target": target}
            theirs = requests.get(f"{url}/probe", params=query, timeout=30).text
            where = {{"http": "url", "dns": "server"}.get(fields["type"], "target"): target}
            mine = ours(**fields, **where)
            parsed(mine, promtool=False)
            if series(theirs)["probe_success"]:
                left_out = NOT_OURS if series(theirs).get(EXPIRY) else NOT_OURS | {EXPIRY}
                assert names(theirs) - names(mine) <= left_out
            told, known = series(theirs), series(mine)
            timed = re.compile("duration|_time_|probe_http_content_length$")
            same = [n for n in told if n in known and not timed.search(n)]
            assert {n: known[n] for n in same} == {n: told[n] for n in same}, target
            assert len(same) >= 3 if series(theirs)["probe_success"] else True


def test_details_are_measured_where_asked_for_and_change_no_verdict(tmp_path: Path) -> None:
    papers = Certified(tmp_path)
    with papers.serving() as port:
        fields = {
            "type": "http",
            "url": f"https://localhost:{port}/",
            "tls": {"ca_file": papers.file},
        }
        bare, found = measured(ask(**fields)), ask(**fields, details=True)
    assert found.success
    more = {name.partition("/")[0]: value for name, value in measured(found).items()}
    assert {name: more[name] for name in set(more) - {n.partition("/")[0] for n in bare}} == {
        "probe_ip_protocol": 4,
        "http_version": 1.1,
        "http_tls": 1,
        "http_content_length_bytes": 4,
        "http_body_bytes": 4,
        "http_last_modified_timestamp_seconds": 1793527200,
        "tls_version_info": 1,
        "tls_cipher_info": 1,
        "tls_certificate_info": 1,
    }
    labels = next(n for n in measured(found) if n.startswith("tls_certificate_info")).split("/")
    assert re.fullmatch("[0-9a-f]{64}", labels[-1])
    assert labels[-3] == "localhost"
    assert any(n == "tls_version_info/1.3" for n in measured(found))


def test_both_ways_to_tls_tell_the_same_certificate(tmp_path: Path) -> None:
    papers = Certified(tmp_path)
    tls = {"ca_file": papers.file}
    with papers.serving() as port:
        by_curl = ask(type="http", url=f"https://localhost:{port}/", tls=tls, details=True)
        by_stream = ask(type="tls", target=f"localhost:{port}", tls=tls, details=True)
    told = [
        {n for n in measured(result) if n.startswith("tls_") and "_info/" in n}
        for result in (by_curl, by_stream)
    ]
    assert told[0] == told[1]
    assert len(told[0]) == 3


def test_a_run_without_a_verdict_says_nothing_of_success() -> None:
    text = ours(type="http", url="http://127.0.0.1:1/", bearer_token_file="/nowhere")
    assert "probe_success" not in names(text)
    assert "probe_duration_seconds" in names(text)


def test_a_failed_expression_is_told() -> None:
    with serving(plain) as port:
        url = f"http://127.0.0.1:{port}/"
        found = series(ours(type="http", url=url, expect_body="nothing like it"))
        status = series(ours(type="http", url=url, expect_status=[418]))
    assert (found["probe_success"], found["probe_failed_due_to_regex"]) == (0, 1)
    assert (status["probe_success"], status["probe_failed_due_to_regex"]) == (0, 0)


def test_a_target_without_scheme_is_found_and_a_stranger_is_not() -> None:
    target = target_of(type="http", url="http://shop.example/", name="http_2xx")
    store = Store("here")
    probe = {"type": "http", "url": "http://shop.example/", "name": "http_2xx"}
    service = Service.model_validate({"id": "shop", "name": "Shop", "probes": [probe]})
    store.replace([service], [target])
    for module in ("http_2xx", "http", ""):
        assert find(store.entries(), "shop.example/", module).target is target
    with pytest.raises(NoSuchTargetError):
        find(store.entries(), "evil.example/", "http")
