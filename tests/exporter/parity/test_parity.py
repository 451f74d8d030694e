"""Our verdicts on hostile endpoints are those of blackbox_exporter, or differ for a reason."""

import json
import re
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from exporter.probes.transport.result import ProbeResult
from tests.exporter.asking import ask_all
from tests.exporter.parity import (
    dns_cases,
    http_cases,
    message_cases,
    other_cases,
    redirect_cases,
    tls_cases,
)
from tests.exporter.parity.case import LIMIT_SECONDS, Case
from tests.exporter.parity.certificates import Certificates
from tests.exporter.servers import answering, serving
from tests.programs.ports import free_port
from tests.programs.process import find_program, running

pytestmark = pytest.mark.integration
CASES = [
    *http_cases.CASES,
    *redirect_cases.CASES,
    *message_cases.CASES,
    *tls_cases.CASES,
    *dns_cases.CASES,
    *other_cases.CASES,
]
_AT_ONCE = 50
DOC = Path(__file__).parents[3] / "docs/verdicts.md"
HEAD = """# Verdicts compared with blackbox_exporter's

Written by `pytest --update-golden tests/exporter/parity`, which asks {count} local endpoints,
hostile and friendly, by both programs, and fails where verdicts differ for no reason that stands
here. What an endpoint does is in `tests/exporter/parity`, under its name; echo requests are left
out where the machine forbids them.

## Where they differ: {differing}

| type | endpoint | we say | it says | why |
|---|---|---|---|---|
"""
BETWEEN = """
## Where they agree

| type | endpoint | we say | it says |
|---|---|---|---|
"""
DIFFERENCES = {
    "header-400-kib": "libcurl takes 300 KiB of headers, Go ten MiB; browsers less than both",
    "header-with-nul": "RFC 9110, section 5.5: a field with NUL is invalid and dangerous",
    "header-carriage-return-alone": "RFC 9112, section 2.2: a CR alone makes a message invalid",
    "tls-no-goodbye": "without a length only close_notify tells a whole body from one cut short",
    "redirect-body-cut-short": "RFC 9112, section 8: a message that ends early is incomplete, "
    "whoever reads it",
    "version-1.2": "libcurl speaks 1.0, 1.1 and 2 alone; nobody has defined a 1.2",
    "length-empty": "RFC 9112, section 6.3: a Content-Length without a number is an error",
    "dns-answer-to-another-question": "RFC 5452, section 9.1: the question must be ours",
    "dns-question-sent-back": "RFC 1035, section 4.1.1: without QR it is a query, no response",
    "put-redirect-301-stays-put": "RFC 9110, section 15.4.2: only POST may become GET; "
    "Go makes GET of every method",
    "length-as-list": "RFC 9110, section 8.6: the same number several times may be taken as one",
    "gzip-then-garbage": "the page is whole, and browsers leave out what follows its end",
    "gzip-empty": "no body is no broken one: browsers and proxies take it",
    "deflate": "RFC 9110, section 8.4.1.2: deflate has zlib's frame, which Go's flate lacks",
    "tcp-banner-endless": "a line longer than we read is unknown, by the cause `limit`",
    "body-in-latin-1": "expressions see text in the charset that the answer names, not its bytes",
}
"""Names of cases that we judge otherwise, and why."""


def _speaks_tls(case: Case) -> bool:
    steps = case.theirs.get("query_response", ())
    wanted = case.theirs.get("tls") or any(step.get("starttls") for step in steps)
    return bool(wanted if case.kind == "tcp" else case.tls or case.scheme)


def module(case: Case, certificates: Certificates) -> dict[str, Any]:
    """Return blackbox_exporter's module for a case."""
    asked = {"query_name": "example.org", "query_type": "A"} if case.kind == "dns" else {}
    section: dict[str, Any] = {**asked, "preferred_ip_protocol": "ip4", **case.theirs}
    if _speaks_tls(case):
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
    if _speaks_tls(case):
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
        for number, part in enumerate(case.plain):
            if number:
                connection.recv(65_536)
            connection.sendall(part)
        with certificates[case.tls].wrap_socket(connection, server_side=True) as secure:
            case.serve(secure)
            if case.tls != "abrupt":
                secure.unwrap()

    with ExitStack() as stack:
        port = free_port()
        if case.answers:
            port = stack.enter_context(answering(case.answers))
        elif case.at:
            port = stack.enter_context(case.at())
        elif case.serve:
            port = stack.enter_context(serving(serve, case.host))
        host = case.asked or (f"[{case.host}]" if ":" in case.host else case.host)
        scheme = case.scheme or ("https" if case.tls else "http")
        where = {"http": f"{scheme}://{host}:{port}{case.path}", "icmp": case.asked or case.host}
        yield where.get(case.kind, f"{host}:{port}")


def theirs(url: str, name: str, target: str) -> tuple[bool, float]:
    """Ask blackbox_exporter; return its verdict and its seconds."""
    query = urlencode({"module": name, "target": target})
    with urlopen(f"{url}/probe?{query}", timeout=30) as answer:
        text = answer.read().decode()
    assert "probe_success " in text, text
    took = re.search(r"^probe_duration_seconds (\S+)$", text, re.MULTILINE)
    assert took, text
    return "probe_success 1" in text, float(took[1])


def in_turn(probes: list[dict[str, Any]], slow: list[bool]) -> list[ProbeResult]:
    """Ask as blackbox_exporter did, those that took long at once: the servers run here, too."""
    found: dict[int, ProbeResult] = {}
    waiting = [i for i, late in enumerate(slow) if late]
    quick = [i for i, late in enumerate(slow) if not late]
    batches = [quick[i : i + _AT_ONCE] for i in range(0, len(quick), _AT_ONCE)]
    for batch in (waiting, *batches):
        found |= zip(batch, ask_all([probes[i] for i in batch]), strict=True)
    return [found[i] for i in range(len(probes))]


def document(verdicts: Mapping[str, tuple[bool | None, bool]]) -> str:
    """Return docs/verdicts.md."""
    found = rows(verdicts)
    differing = {name: row for name, row in found.items() if name in DIFFERENCES}
    return HEAD.format(count=len(found), differing=len(differing)) + "".join(
        [*differing.values(), BETWEEN, *(r for n, r in found.items() if n not in differing)]
    )


def rows(verdicts: Mapping[str, tuple[bool | None, bool]]) -> dict[str, str]:
    """Return the line of the table by the name of its case."""
    kinds = {case.name: case.kind for case in CASES}
    words = {True: "up", False: "down", None: "unknown"}
    found = {}
    for name, (we, they) in sorted(verdicts.items(), key=lambda item: (kinds[item[0]], item[0])):
        why = f" | {DIFFERENCES[name]} |" if name in DIFFERENCES else " |"
        found[name] = f"| {kinds[name]} | `{name}` | {words[we]} | {words[they]}{why}\n"
    return found


def test_verdicts_agree(tmp_path: Path, request: pytest.FixtureRequest) -> None:
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
        with ThreadPoolExecutor(len(CASES)) as pool:
            their = list(pool.map(theirs, [url] * len(CASES), modules, asked))
        probes = [probe(c, target, certificates) for c, target in zip(CASES, asked, strict=True)]
        late = [took > LIMIT_SECONDS / 2 for _, took in their]
        our = in_turn(probes, [c.patient or slow for c, slow in zip(CASES, late, strict=True)])
    pairs = zip(CASES, our, their, strict=True)
    verdicts = {case.name: (mine.success, good) for case, mine, (good, _) in pairs}
    told = {
        case.name: f"we: {mine.reason or 'good'} ({mine.detail}); they: {good}"
        for case, mine, (good, _) in zip(CASES, our, their, strict=True)
        if mine.success is not good
    }
    assert set(told) == set(DIFFERENCES), json.dumps(told, indent=1)
    if request.config.getoption("--update-golden"):
        DOC.write_text(document(verdicts), encoding="utf-8")
    missing = set(rows(verdicts).values()) - set(DOC.read_text("utf-8").splitlines(keepends=True))
    assert not missing, "pytest --update-golden writes docs/verdicts.md"


def test_there_are_more_than_three_hundred_endpoints() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) >= 300
    assert set(DIFFERENCES) <= set(names)
