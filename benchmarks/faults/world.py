"""A target, Prometheus, the engine and a Slack, all real but the target, and what must be true."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from benchmarks.faults.relay import Relay, relaying
from benchmarks.faults.truth import Stretch, Truth, now, serving
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan, outage_id
from sla_engine.ledger import Ledger, LedgerError, Outbox
from tests.programs.ports import free_port
from tests.programs.process import stop
from tests.programs.prometheus import Prometheus, running_prometheus
from tests.programs.slack import TOKEN, Slack, local_slack

SERVICES = ("shop", "mail", "desk")
_CONFIG = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: truth
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""
_BOOK = """\
organization: Example
timezone: UTC
prometheus: {{url: "{prometheus}", scrape_interval: 1s, max_gap: 5s, timeout: 3s}}
slack: {{api_url: "{slack}", channel: "#uptime", flood_limit: 10000}}
services:
"""
_SERVICE = "  - {{id: {0}, name: {0}, sli: {{promql: 'state{{service=\"{0}\"}}'}}}}\n"
_NEAR = 3_500
"""How far the ledger's edge of an outage may be from the moment somebody decided it (ms)."""
_PATIENCE = 60


@dataclass
class World:
    """All that a case may break; ``engine`` is the process, None while none runs."""

    folder: Path
    truth: Truth
    relay: Relay
    slack: Slack
    url: str
    port: int
    prometheus: Prometheus | None = None
    engine: "subprocess.Popen[bytes] | None" = None
    env: dict[str, str] = field(default_factory=dict)
    blind: list[Interval] = field(default_factory=list)
    prometheus_port: int = field(default_factory=free_port)
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def page(self) -> str:
        """Return where the engine serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """Return the engine's log."""
        return self.folder / "engine.log"

    def write(self, more: str = "", top: str = "") -> None:
        """Write the catalogue: the services of the truth, and more."""
        head = _BOOK.format(prometheus=self.relay.url, slack=self.slack.api_url)
        services = "".join(_SERVICE.format(name) for name in self.truth.services)
        (self.folder / "services.yml").write_text(top + head + services + more)

    def start_prometheus(self) -> None:
        """Start it, on the data that are there."""
        config = _CONFIG.format(port=self.truth.port)
        started = running_prometheus(
            self.folder / "prometheus", config=config, port=self.prometheus_port
        )
        self.prometheus = self._running.enter_context(started)
        self.relay.target = self.prometheus.url

    def kill_prometheus(self) -> None:
        """Kill it; what it does not see from here on nobody knows."""
        assert self.prometheus is not None
        os.kill(self.prometheus.pid, signal.SIGKILL)
        self._running.close()

    def start_engine(self, prefix: Sequence[str] = ()) -> None:
        """Start the engine and wait until it serves."""
        command = [
            *(*prefix, sys.executable, "-m", "sla_engine", "serve", "--tick=1s"),
            f"--config.file={self.folder / 'services.yml'}",
            f"--storage.ledger={self.url}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]
        with self.log.open("ab") as log:
            self.engine = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={
                    **os.environ,
                    "SLACK_BOT_TOKEN": TOKEN,
                    "XDG_RUNTIME_DIR": str(self.folder),
                    **self.env,
                },
            )
        self.until("the engine serves", lambda: self.answers() or self.engine_ended())

    def kill_engine(self) -> None:
        """Kill -9."""
        if self.engine is not None:
            self.engine.kill()
            self.engine.wait()

    def engine_ended(self) -> bool:
        """Say whether the engine is no more."""
        return self.engine is None or self.engine.poll() is not None

    def answers(self, seconds: float = 5) -> bool:
        """Say whether the engine's page answers."""
        with suppress(requests.RequestException):
            return requests.get(f"{self.page}/-/healthy", timeout=seconds).ok
        return False

    def metric(self, name: str) -> float | None:
        """Return the value of a metric of the engine."""
        for line in requests.get(f"{self.page}/metrics", timeout=10).text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return None

    def status(self) -> str:
        """Return the status page."""
        return requests.get(self.page, timeout=10).text

    def until(self, what: str, true: Callable[[], object], patience: float = _PATIENCE) -> None:
        """Wait until something is so.

        Raises:
            TimeoutError: it does not come.
        """
        deadline = time.monotonic() + patience
        while not true():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited in vain: {what}")
            time.sleep(0.1)

    def sees(self, service: str, *, down: bool) -> None:
        """Wait until the ledger has a service as it is."""
        self.until(f"{service} is {'down' if down else 'up'}", lambda: self._open(service) == down)

    def outage(self, service: str) -> None:
        """Let an outage begin, be seen, and end, and be seen."""
        self.truth.down(service)
        self.sees(service, down=True)
        self.truth.up(service)
        self.sees(service, down=False)

    def _open(self, service: str) -> bool | None:
        with suppress(LedgerError), Ledger.open(self.url, create=False) as ledger:
            return service in ledger.open_outages()
        return None

    @contextmanager
    def blindness(self) -> Iterator[None]:
        """What happens meanwhile nobody can know."""
        begun = now() - 2_000
        yield
        self.blind.append(Interval(begun, now() + 7_000))

    def settle(self) -> None:
        """Wait until the ledger has come to now, and everything is told."""
        begun = now()

        def settled() -> bool:
            with suppress(LedgerError), Ledger.open(self.url, create=False) as ledger:
                covered = ledger.covered_until()
                there = all(covered.get(s, 0) >= begun for s in self.truth.services)
                return there and not Outbox(ledger.engine).pending()
            return False

        self.until("the ledger comes to now", settled)

    def violations(self) -> Iterator[str]:
        """Yield what of the ledger and of the messages is not as it was."""
        with Ledger.open(self.url, create=False) as ledger:
            yield from ledger.verify()
            histories = ledger.histories(Interval(0, 2**62))
        for service in self.truth.services:
            yield from self._wrong(service, histories.get(service, History()))
        told = {outage_id(s, span.start): span for s, h in histories.items() for span in h.outages}
        for identifier, span in told.items():
            yield from self._mistold(identifier, span)
        if len(self.slack.roots()) > len(told):
            yield f"{len(self.slack.roots())} threads of {len(told)} outages"

    def _wrong(self, service: str, history: History) -> Iterator[str]:
        left = [one for one in self.truth.outages if one.service == service]
        for span in history.outages:
            match = next((one for one in left if self._is(span, one)), None)
            if match is None:
                yield f"{service}: an outage that was none, {span}; the truth: {left}"
            else:
                left.remove(match)
        unseen = [one for one in left if not self._hidden(one)]
        yield from (f"{service}: not recorded: {one}" for one in unseen)
        if history.covered and history.covered[-1].end > now() + 1_000:
            yield f"{service}: coverage beyond now, {history.covered[-1]}"

    def _is(self, span: OutageSpan, one: Stretch) -> bool:
        begun = self._near(span.start, one.start) or span.start == self._seen(one, one.start, "0")
        ended = self._near(span.end, one.end) or span.end == self._seen(one, one.end, "1")
        return begun and ended

    def _near(self, said: int | None, true: int | None) -> bool:
        if said is None or true is None:
            return said is true
        hidden = any(i.start <= true <= i.end and i.start <= said <= i.end for i in self.blind)
        return hidden or abs(said - true) <= _NEAR

    def _seen(self, one: Stretch, after: int | None, value: str) -> int | None:
        """Return when Prometheus first saw this: late where a busy machine kept it from looking."""
        if self.prometheus is None or after is None:
            return None
        query = f'state{{service="{one.service}"}}[1h]'
        answer = requests.get(
            f"{self.prometheus.url}/api/v1/query", params={"query": query}, timeout=10
        )
        samples = [s for series in answer.json()["data"]["result"] for s in series["values"]]
        times = (round(at * 1000) for at, said in samples if said == value)
        return min((at for at in times if at >= after), default=None)

    def _hidden(self, one: Stretch) -> bool:
        return any(i.start <= one.start and (one.end or now()) <= i.end for i in self.blind)

    def _mistold(self, identifier: str, span: OutageSpan) -> Iterator[str]:
        roots = [m for m in self.slack.roots() if identifier in json.dumps(m)]
        if len(roots) != 1:
            yield f"{identifier}: told in {len(roots)} threads"
        elif (" was down" if span.end else " is down") not in roots[0]["text"]:
            yield f"{identifier}: its last state is {roots[0]['text']!r}, it is {span}"

    def close(self) -> None:
        """End what runs."""
        if self.engine is not None:
            stop(self.engine)
        self._running.close()


@contextmanager
def world(
    folder: Path, url: str | None = None, services: Sequence[str] = SERVICES
) -> Iterator[World]:
    """Begin with everything running and well; a ledger in SQLite unless a URL is given."""
    folder.mkdir(parents=True, exist_ok=True)
    truth, relay = Truth(services), Relay("")
    with ExitStack() as stack:
        stack.enter_context(serving(truth))
        stack.enter_context(relaying(relay))
        slack = stack.enter_context(local_slack())
        slack.retry_after = 1
        ledger = url or f"sqlite:///{folder}/ledger.db"
        made = World(folder, truth, relay, slack, ledger, free_port())
        stack.callback(made.close)
        made.write()
        made.start_prometheus()
        yield made
