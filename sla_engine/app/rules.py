"""The rule file of the catalogue's services: written whole, or left as it was."""

import shutil
from functools import partial
from pathlib import Path

import structlog

from service_catalogue import Catalogue
from sla_engine.app.context import now
from sla_engine.app.engine import Engine
from sla_engine.app.errors import JobError
from sla_engine.app.log_once import LogOnce
from sla_engine.prometheus import Client
from sla_engine.prometheus.judge import RulesRejectedError, by_prometheus, by_promtool, reload
from sla_engine.prometheus.rule_file import Judge, rendered, update

log = structlog.get_logger("rules")


def keep(path: Path, catalogue: Catalogue, client: Client) -> bool:
    """Bring the rule file up to date with the catalogue; return whether it changed.

    Raises:
        JobError: the file is as it was, because Prometheus or promtool rejects the new one.
        OSError: it cannot be written.
    """
    try:
        return update(path, rendered(catalogue), _judge(client), partial(_reload, client))
    except RulesRejectedError as error:
        raise JobError(f"{path} is left as it was: {error}") from error


class RulesKeeper:
    """The job of ``serve``: a failure is told once, not at every run."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self._path = path
        self._engine = engine
        self._log_once = LogOnce("rules", "rules not written")

    def __call__(self) -> None:
        """Bring the file up to date."""
        with self._log_once.about(JobError, OSError):
            context = self._engine.context
            if keep(self._path, context.catalogue, context.client):
                log.info("rules written", file=str(self._path))


def _judge(client: Client) -> Judge:
    """Prefer promtool: it judges the file as Prometheus loads it, and needs no server."""
    promtool = shutil.which("promtool")
    return partial(by_promtool, promtool) if promtool else partial(by_prometheus, client, now())


def _reload(client: Client) -> None:
    if not reload(client):
        log.warning("Prometheus was not reloaded; it reads the rules at its next start")
