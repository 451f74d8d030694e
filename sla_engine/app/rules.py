"""The rule file of the catalogue's services: written whole, or left as it was."""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import structlog

from service_catalogue import Catalogue, Service
from sla_engine.app.context import now
from sla_engine.app.engine import Engine
from sla_engine.app.errors import JobError
from sla_engine.app.log_once import LogOnce
from sla_engine.prometheus import Client
from sla_engine.prometheus.judge import RulesRejectedError, by_prometheus, by_promtool, reload
from sla_engine.prometheus.rule_file import Judge, culprits, update
from sla_engine.prometheus.rules import rule_file

log = structlog.get_logger("rules")


def keep(
    path: Path, catalogue: Catalogue, client: Client, left_out: dict[str, str] | None = None
) -> bool:
    """Bring the rule file up to date with the catalogue; return whether it changed.

    A service whose rules are rejected goes without, and keeps back no other.

    Args:
        path: of the rule file.
        catalogue: whose services need rules.
        client: the Prometheus to ask where there is no promtool, and to reload.
        left_out: takes the services that go without, by id, each with why; those that it holds are
            not tried again.

    Raises:
        JobError: the file is as it was, because Prometheus or promtool rejects the new one.
        OSError: it cannot be written.
    """
    out = {} if left_out is None else left_out
    judge, wanted = _judge(client), [s for s in catalogue.services if s.id not in out]

    def text(services: Sequence[Service]) -> str:
        return rule_text(catalogue, services)

    def written() -> bool:
        chosen = [service for service in wanted if service.id not in out]
        return update(path, text(chosen), judge, partial(_reload, client))

    try:
        try:
            return written()
        except RulesRejectedError:
            ruled = [s for s in wanted if s.id not in out and s.method != "probes"]
            rejected = culprits(path, ruled, text, judge)
            if not rejected:
                raise
        out |= rejected
        return written()
    except RulesRejectedError as error:
        raise JobError(f"{path} is left as it was: {error}") from error


class RulesKeeper:
    """The job of ``serve``: a failure is told once, not at every run."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self._path = path
        self._engine = engine
        self._log_once = LogOnce("rules", "rules not written")
        self._catalogue: Catalogue | None = None
        self._left_out: dict[str, str] = {}

    def __call__(self) -> None:
        """Bring the file up to date."""
        context = self._engine.context
        if context.catalogue is not self._catalogue:
            self._catalogue, self._left_out = context.catalogue, {}
        told = set(self._left_out)
        with self._log_once.about(JobError, OSError):
            if keep(self._path, context.catalogue, context.client, self._left_out):
                log.info("rules written", file=str(self._path))
        for service in sorted(self._left_out.keys() - told):
            log.error("a service has no rules", service=service, reason=self._left_out[service])


def rule_text(catalogue: Catalogue, services: Sequence[Service] | None = None) -> str:
    """Return the rule file of some services, of all unless given."""
    settings = catalogue.prometheus
    chosen = catalogue.services if services is None else services
    return rule_file(chosen, settings.scrape_interval, settings.replica_labels)


def _judge(client: Client) -> Judge:
    """Prefer promtool: it judges the file as Prometheus loads it, and needs no server."""
    promtool = shutil.which("promtool")
    return partial(by_promtool, promtool) if promtool else partial(by_prometheus, client, now())


def _reload(client: Client) -> None:
    if not reload(client):
        log.warning("Prometheus was not reloaded; it reads the rules at its next start")
