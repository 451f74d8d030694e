"""Real servers that hold the cases' samples, and what stands before them."""

import json
import re
import struct
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import bcrypt
import requests

from benchmarks.audit.states import Key
from benchmarks.discovered.case import BEHIND, HOUR, Series
from tests.programs.newer import newer_program
from tests.programs.ports import free_port
from tests.programs.process import READY_SECONDS, find_program, running, stop
from tests.programs.prometheus import NOTHING_SCRAPED, create_blocks, running_prometheus
from tests.programs.tls import papers
from tests.programs.victoria import running_victoria

RULES = """\
groups:
  - name: theirs
    rules:
      - record: slo:sli_error:ratio_rate5m
        expr: (sum(rate(hits_total{code="500"}[5m]))) / (sum(rate(hits_total[5m])))
        labels: {sloth_id: web-ok}
      - record: answers:burnrate5m
        expr: sum(rate(answers_total{code="500"}[5m])) / sum(rate(answers_total[5m]))
        labels: {slo: api-errors}
"""


class Server(NamedTuple):
    """Where a server is, and the flags that it takes to be asked."""

    url: str
    flags: tuple[str, ...] = ()


class Servers:
    """Starts each server once, when it is first asked for."""

    def __init__(
        self,
        folder: Path,
        stack: ExitStack,
        samples: Mapping[str, Series],
        clocks: Mapping[str, int],
    ) -> None:
        """Take the samples of each server, and the time at which the last report of it is made."""
        self._folder, self._stack, self._samples, self._clocks = folder, stack, samples, clocks
        self._started: dict[str, Server] = {}

    def get(self, name: str) -> Server:
        """Return a server by its name."""
        if name not in self._started:
            self._started[name] = self._stack.enter_context(self._starting(name))
        return self._started[name]

    def _starting(self, name: str) -> AbstractContextManager[Server]:
        folder = self._folder / name
        folder.mkdir()
        if name == "agent":
            return _agent(folder)
        if name in _HOLDING:
            return _HOLDING[name](folder, self._samples[name])
        behind = self.get("prometheus").url
        if name == "skewed":
            return _front(behind, _skewed(self._clocks[name] - BEHIND))
        if name in _FRONTS:
            return _front(behind, _FRONTS[name])
        return _READING[name](folder, behind)


MAIN = frozenset({"prometheus", "reading", "guarded", "old", "partial", "skewed", "agent"})
"""Servers whose samples are those of the first."""


@contextmanager
def _holding(folder: Path, series: Series, program: str) -> Iterator[Server]:
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        out.writelines(_openmetrics(series))
    tool = str(Path(program).with_name("promtool"))
    create_blocks(folder, folder / "past.om", block="162h", program=tool)
    config = f"{NOTHING_SCRAPED}rule_files: [theirs.yml]\n"
    with running_prometheus(
        folder, config=config, files={"theirs.yml": RULES}, program=program
    ) as prometheus:
        yield Server(prometheus.url)


def _openmetrics(series: Series) -> Iterator[str]:
    for one, points in series.items():
        name = _text(one)
        yield from (f"{name} {value} {at // 1000}.{at % 1000:03d}\n" for at, value in points)
    yield "# EOF\n"


@contextmanager
def _victoria(folder: Path, series: Series) -> Iterator[Server]:
    named = {_text(one): [(t, int(v)) for t, v in points] for one, points in series.items()}
    with running_victoria(folder, named) as url:
        yield Server(url)


def _text(one: Key) -> str:
    metric, labels = one
    told = (f"{_label(name)}={json.dumps(value)}" for name, value in labels)
    return f"{metric}{{{','.join(told)}}}"


def _label(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else json.dumps(name)


@contextmanager
def _written(folder: Path, series: Series) -> Iterator[Server]:
    with running_prometheus(folder, flags=["--web.enable-remote-write-receiver"]) as prometheus:
        for body in _requests(series):
            requests.post(f"{prometheus.url}/api/v1/write", data=body, timeout=30,
                          headers={"Content-Encoding": "snappy"}).raise_for_status()  # fmt: skip
        yield Server(prometheus.url)


@contextmanager
def _reading(folder: Path, behind: str) -> Iterator[Server]:
    with running_prometheus(folder, config=_reads(behind)) as prometheus:
        yield Server(prometheus.url)


def _reads(behind: str) -> str:
    return f"remote_read: [{{url: {behind}/api/v1/read, read_recent: true}}]\n"


@contextmanager
def _guarded(folder: Path, behind: str) -> Iterator[Server]:
    """Run a Prometheus behind TLS and a password, under a path."""
    made = papers(folder)
    (folder / "chain.pem").write_bytes(made.chain)
    (folder / "key.pem").write_bytes(made.key)
    (folder / "password").write_text("se:cret\n")
    hashed = bcrypt.hashpw(b"se:cret", bcrypt.gensalt(4)).decode()
    web = {
        "tls_server_config": {"cert_file": "chain.pem", "key_file": "key.pem"},
        "basic_auth_users": {"ops": hashed},
    }
    (folder / "web.yml").write_text(json.dumps(web))
    (folder / "prometheus.yml").write_text(_reads(behind))
    port = free_port()
    line = [
        find_program("prometheus"), f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}",
        f"--web.config.file={folder}/web.yml", "--web.route-prefix=/prom",
        f"--web.external-url=https://localhost:{port}/prom",
    ]  # fmt: skip
    url = f"https://localhost:{port}/prom"
    flags = ("--prometheus.username=ops", f"--prometheus.password-file={folder}/password",
             f"--prometheus.ca-file={made.authority}")  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(line, stdout=log, stderr=log)
    try:
        _await(f"{url}/-/ready", made.authority)
        yield Server(url, flags)
    finally:
        stop(process)


def _await(url: str, authority: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(url, auth=("ops", "se:cret"), verify=authority, timeout=2).ok:
                return
        except requests.ConnectionError:
            pass  # not listening yet
        time.sleep(0.05)
    raise RuntimeError(f"{url} was not ready in time")


@contextmanager
def _agent(folder: Path) -> Iterator[Server]:
    (folder / "prometheus.yml").write_text(NOTHING_SCRAPED)
    url = f"http://127.0.0.1:{free_port()}"
    line = [
        find_program("prometheus"), "--enable-feature=agent",
        f"--config.file={folder}/prometheus.yml", f"--storage.agent.path={folder}/data",
        f"--web.listen-address={url.removeprefix('http://')}",
    ]  # fmt: skip
    with running(line, ready_url=f"{url}/-/ready", log=folder / "log"):
        yield Server(url)


def _requests(series: Series) -> Iterator[bytes]:
    """Yield remote-write requests, an hour's half each: a receiver takes nothing much older."""
    halves: dict[int, dict[Key, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for one, points in series.items():
        for at, value in points:
            halves[at // (HOUR // 2)][one].append((at, value))
    for _, some in sorted(halves.items()):
        yield _snappy(b"".join(_part(1, _series(one, points)) for one, points in some.items()))


def _series(one: Key, points: Sequence[tuple[int, float]]) -> bytes:
    metric, labels = one
    named = sorted([("__name__", metric), *labels])
    told = (_part(1, n.encode()) + _part(2, v.encode()) for n, v in named)
    samples = (b"\x09" + struct.pack("<d", v) + b"\x10" + _varint(t) for t, v in points)
    return b"".join([*(_part(1, one) for one in told), *(_part(2, one) for one in samples)])


def _part(number: int, body: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(body)) + body


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _snappy(body: bytes) -> bytes:
    """Return a block of snappy that packs nothing: one literal."""
    return _varint(len(body)) + b"\xfc" + struct.pack("<I", len(body) - 1) + body


Change = Callable[[str, bytes, str], tuple[int, bytes] | None]
"""Path, body of the question and URL behind -> the answer; None passes it on."""


@contextmanager
def _front(behind: str, change: Change) -> Iterator[Server]:
    """Serve what is behind, but for what a change answers."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            changed = change(self.path, body, behind)
            status, said = changed or _asked(self.path, body, behind)
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _asked(path: str, body: bytes, behind: str) -> tuple[int, bytes]:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = requests.request("POST" if body else "GET", behind + path, data=body, headers=kind,
                             timeout=60)  # fmt: skip
    return reply.status_code, reply.content


def _old(path: str, _: bytes, __: str) -> tuple[int, bytes] | None:
    known = ("/api/v1/query", "/api/v1/series")
    return None if path.startswith(known) else (404, b"404 page not found")


def _partial(path: str, body: bytes, behind: str) -> tuple[int, bytes] | None:
    status, said = _asked(path, body, behind)
    if not path.startswith("/api/v1/query") or status != requests.codes.ok:
        return status, said
    return status, json.dumps(json.loads(said) | {"warnings": ["store b is away"]}).encode()


def _skewed(theirs: int) -> Change:
    """Return what tells another time (ms UTC)."""
    told = {"resultType": "scalar", "result": [0, str(theirs / 1000)]}
    said = json.dumps({"status": "success", "data": told}).encode()
    return lambda _, body, __: (200, said) if b"query=time%28%29" in body else None


_FRONTS: dict[str, Change] = {"old": _old, "partial": _partial}

Start = Callable[..., AbstractContextManager[Server]]
_HOLDING: dict[str, Start] = {
    "prometheus": lambda folder, series: _holding(folder, series, find_program("prometheus")),
    "many": lambda folder, series: _holding(folder, series, find_program("prometheus")),
    "newer": lambda folder, series: _holding(folder, series, newer_program("prometheus")),
    "victoria": _victoria,
    "written": _written,
}
_READING: dict[str, Start] = {"reading": _reading, "guarded": _guarded}
