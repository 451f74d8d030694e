"""Our verdicts on hostile endpoints are those of blackbox_exporter, or differ for a reason."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.exporter.asking import ask_all
from tests.exporter.parity import dns_cases, http_cases, tls_cases
from tests.exporter.parity.case import LIMIT_SECONDS, Case
from tests.exporter.parity.certificates import Certificates
from tests.exporter.servers import answering, serving
from tests.programs.ports import free_port
from tests.programs.process import find_program, running

pytestmark = pytest.mark.integration
CASES = [*http_cases.CASES, *tls_cases.CASES, *dns_cases.CASES]
DIFFERENCES = {
    "header-400-kib": "libcurl takes 300 KiB of headers, Go ten MiB; browsers less than both",
    "header-with-nul": "RFC 9110, section 5.5: a field with NUL is invalid and dangerous",
    "tls-no-goodbye": "without a length only close_notify tells a whole body from one cut short",
}
"""Names of cases that we judge otherwise (we fail, they succeed), and why."""


def module(case: Case, certificates: Certificates) -> dict[str, Any]:
    """Return blackbox_exporter's module for a case."""
    asked = {"query_name": "example.org", "query_type": "A"} if case.kind == "dns" else {}
    section: dict[str, Any] = {**asked, "preferred_ip_protocol": "ip4", **case.theirs}
    if case.kind == "http" and (case.tls or case.scheme):
        section["tls_config"] = {"ca_file": certificates.ca_file, **section.get("tls_config", {})}
    return {"prober": case.kind, "timeout": f"{LIMIT_SECONDS}s", case.kind: section}


def probe(case: Case, target: str, certificates: Certificates) -> dict[str, Any]:
    """Return our probe for a case."""
    where = {"target": target}
    if case.kind == "http":
        where = {"url": target}
    elif case.kind == "dns":
        where = {"server": target, "query": "example.org"}
    fields = {"type": case.kind, "timeout": f"{LIMIT_SECONDS * 1000:.0f}ms", **where, **case.ours}
    if case.kind == "http" and (case.tls or case.scheme):
        fields["tls"] = {"ca_file": certificates.ca_file, **fields.get("tls", {})}
    return fields


@contextmanager
def endpoint(case: Case, certificates: Certificates) -> Iterator[str]:
    """Run a case's server; give what the probers are told to ask."""

    def serve(connection: socket.socket) -> None:
        assert case.serve is not None
        if case.tls is None:
            case.serve(connection)
            return
        with certificates[case.tls].wrap_socket(connection, server_side=True) as secure:
            case.serve(secure)
            if case.tls != "abrupt":
                secure.unwrap()

    with ExitStack() as stack:
        port = free_port()
        if case.answers:
            port = stack.enter_context(answering(case.answers))
        elif case.serve:
            port = stack.enter_context(serving(serve, case.host))
        host = case.asked or (f"[{case.host}]" if ":" in case.host else case.host)
        scheme = case.scheme or ("https" if case.tls else "http")
        yield f"{scheme}://{host}:{port}{case.path}" if case.kind == "http" else f"{host}:{port}"


def theirs(url: str, name: str, target: str) -> tuple[bool, str]:
    """Ask blackbox_exporter; return its verdict and its log."""
    query = {"module": name, "target": target, "debug": "true"}
    text = requests.get(f"{url}/probe", params=query, timeout=30).text
    assert "probe_success " in text, text
    return "probe_success 1" in text, text


def test_verdicts_agree(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    config = tmp_path / "blackbox.yml"
    modules = {case.name: module(case, certificates) for case in CASES}
    config.write_text(json.dumps({"modules": modules}), encoding="utf-8")
    port = free_port()
    command = [
        find_program("prometheus-blackbox-exporter", "blackbox_exporter"),
        f"--config.file={config}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        stack.enter_context(
            running(command, ready_url=f"{url}/-/healthy", log=tmp_path / "blackbox.log")
        )
        asked = [stack.enter_context(endpoint(case, certificates)) for case in CASES]
        with ThreadPoolExecutor(40) as pool:
            their = list(pool.map(theirs, [url] * len(CASES), modules, asked))
        probes = [probe(c, target, certificates) for c, target in zip(CASES, asked, strict=True)]
        our = ask_all(probes)
    differing = {
        case.name: f"we: {ours.reason or 'good'} ({ours.detail}); they: {good}"
        for case, ours, (good, _) in zip(CASES, our, their, strict=True)
        if ours.success is not good
    }
    assert set(differing) == set(DIFFERENCES), json.dumps(differing, indent=1)


def test_there_are_forty_cases_and_more() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) >= 40
    assert set(DIFFERENCES) <= set(names)
