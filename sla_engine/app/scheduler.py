"""What ``serve`` does again and again, and how often."""

from collections.abc import Callable
from pathlib import Path

from sla_engine.app.engine import Engine
from sla_engine.app.feeds import FeedReader
from sla_engine.app.repeated import Repeated
from sla_engine.app.rules import RulesKeeper
from sla_engine.app.silences import SilenceKeeper
from sla_engine.app.slack_listener import SlackListener
from sla_engine.app.windows import WindowWatch

_SEND_SECONDS = 5
_LISTEN_SECONDS = 5
_DECISIONS_SECONDS = 2
_RULES_SECONDS = 60
_SILENCES_SECONDS = 30
_WINDOWS_SECONDS = 60
_FEED = "feed "


class Scheduler:
    """The engine's jobs; one that is late runs once, never twice at a time.

    ``tick`` is in seconds; without ``rules_file`` there is no rule file to keep.
    """

    def __init__(
        self, engine: Engine, listener: SlackListener, tick: float, rules_file: Path | None
    ) -> None:
        self._engine = engine
        self._running = False
        self._jobs: dict[str, Repeated] = {}
        for name, job, seconds in (
            ("send", engine.send, _SEND_SECONDS),
            ("listen", listener.keep, _LISTEN_SECONDS),
            ("decisions", engine.refresh_decided, _DECISIONS_SECONDS),
        ):
            self._jobs[name] = Repeated(name, job, seconds, wait=seconds)
        self._at_once: list[str] = []
        self._follows("tick", engine.tick, tick)
        if rules_file is not None:
            self._follows("rules", RulesKeeper(rules_file, engine), _RULES_SECONDS)
        keeper = SilenceKeeper(engine)
        self._follows("silences", engine.while_leading(keeper), _SILENCES_SECONDS)
        self._follows("windows", WindowWatch(engine), _WINDOWS_SECONDS)
        self._add_feeds()

    def _add(self, name: str, job: Callable[[], None], seconds: float) -> None:
        self._jobs[name] = Repeated(name, job, seconds)
        if self._running:
            self._jobs[name].start()

    def _follows(self, name: str, job: Callable[[], None], seconds: float) -> None:
        """Add a job that a change of the catalogue calls at once."""

        def run() -> None:
            """Repeat what a change overtook: a job that runs cannot be called a second time."""
            context = None
            while context is not self._engine.context:
                context = self._engine.context
                job()

        self._at_once.append(name)
        self._add(name, run, seconds)

    def _add_feeds(self) -> None:
        context = self._engine.context
        for feed in context.catalogue.maintenance.feeds:
            read = self._engine.while_leading(FeedReader(context, feed, self._engine.metrics))
            self._add(f"{_FEED}{feed.id}", read, max(1, feed.refresh // 1000))

    def due(self) -> dict[str, float]:
        """Return in how many seconds each job is due, by its name."""
        return {name: job.waits for name, job in self._jobs.items()}

    def follow(self) -> None:
        """Do at once what hangs on the catalogue, which is another one."""
        for name in [name for name in self._jobs if name.startswith(_FEED)]:
            self._jobs.pop(name).stop()
        self._engine.metrics.forget_feeds()
        self._add_feeds()
        for name in self._at_once:
            self._jobs[name].at_once()

    def start(self) -> None:
        """Begin."""
        self._running = True
        for job in self._jobs.values():
            job.start()

    def stop(self) -> bool:
        """Begin nothing any more; return whether it had begun."""
        running, self._running = self._running, False
        for job in self._jobs.values():
            job.stop()
        return running
