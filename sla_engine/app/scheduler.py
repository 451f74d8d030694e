"""What ``serve`` does again and again, and how often."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from sla_engine.app.annotations import AnnotationKeeper
from sla_engine.app.clock_guard import ClockGuard
from sla_engine.app.engine import Engine
from sla_engine.app.feeds import FeedReader
from sla_engine.app.rules import RulesKeeper
from sla_engine.app.silences import EVERY_SECONDS, SilenceKeeper
from sla_engine.app.slack_listener import SlackListener
from sla_engine.app.windows import WindowWatch

_SEND_SECONDS = 5
_LISTEN_SECONDS = 5
_DECISIONS_SECONDS = 2
_RULES_SECONDS = 60
_WINDOWS_SECONDS = 60
_ANNOTATIONS_SECONDS = 15
_FEED = "feed "

log = structlog.get_logger("engine")


class _Every(BaseTrigger):  # type: ignore[misc] # the library has no types
    """Due again so many seconds later; what a clock that stepped ahead passed over does not count.

    The library's own would count up every run of 40 days before it does one.
    """

    def __init__(self, seconds: float) -> None:
        self._interval = timedelta(seconds=seconds)

    def __str__(self) -> str:
        return f"every {self._interval}"

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return when a job is due next, within one interval of ``now``."""
        due = now if previous_fire_time is None else previous_fire_time + self._interval
        return due if now < due <= now + self._interval else now + self._interval


class Scheduler:
    """The engine's jobs; one that is late runs once, never twice at a time.

    ``tick`` is in seconds; without ``rules_file`` there is no rule file to keep. When the wall
    clock steps either way, every job is due at once.
    """

    def __init__(
        self, engine: Engine, listener: SlackListener, tick: float, rules_file: Path | None
    ) -> None:
        self._engine = engine
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._guard = ClockGuard(self.stepped)
        for name, job, seconds in (
            ("send", engine.send, _SEND_SECONDS),
            ("listen", listener.keep, _LISTEN_SECONDS),
            ("decisions", engine.refresh_decided, _DECISIONS_SECONDS),
        ):
            self._scheduler.add_job(job, _Every(seconds), id=name)
        self._at_once: list[str] = []
        self._follows("tick", engine.tick, tick)
        if rules_file is not None:
            self._follows("rules", RulesKeeper(rules_file, engine), _RULES_SECONDS)
        keeper = SilenceKeeper(engine)
        self._follows("silences", engine.while_leading(keeper), EVERY_SECONDS)
        annotator = AnnotationKeeper(engine)
        self._follows("annotations", engine.while_leading(annotator), _ANNOTATIONS_SECONDS)
        self._follows("windows", WindowWatch(engine), _WINDOWS_SECONDS)
        self._add_feeds()

    def _add(self, name: str, job: Callable[[], None], seconds: float) -> None:
        first = datetime.now(UTC)
        self._scheduler.add_job(job, _Every(seconds), id=name, next_run_time=first)

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

    def follow(self) -> None:
        """Do at once what hangs on the catalogue, which is another one."""
        for job in self._scheduler.get_jobs():
            if job.id.startswith(_FEED):
                job.remove()
        self._engine.metrics.forget_feeds()
        self._add_feeds()
        for name in self._at_once:
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def stepped(self, seconds: float) -> None:
        """Have every job due at once, since the wall clock stepped by so many seconds."""
        log.warning("the wall clock stepped; every job is due at once", seconds=round(seconds, 3))
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()
        self._guard.start()

    def stop(self) -> bool:
        """Begin nothing any more; return whether it had begun."""
        running: bool = self._scheduler.running
        if running:
            self._guard.stop()
            self._scheduler.shutdown(wait=False)
        return running
