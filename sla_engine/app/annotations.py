"""What ``serve`` does about Grafana's annotations of outages."""

from functools import partial
from pathlib import Path

import structlog

from service_catalogue import Catalogue
from sla_engine.app.engine import Engine
from sla_engine.app.log_once import LogOnce
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage_list import ListedOutage, NewestOutages
from sla_engine.grafana import Annotation, Client, GrafanaError, Plan, plan, wanted
from sla_engine.notices.links import links

log = structlog.get_logger("grafana")


class AnnotationKeeper:
    """Has Grafana show the newest outages of the ledger; Grafana's fault is told and nobody else's.

    What it has is found by tags, so that nothing is posted twice after a restart or by another
    engine. It is asked only where the outages are others than before.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._log_once = LogOnce("grafana", "annotations not brought up to date")
        self._done: tuple[object, ...] = ()

    def __call__(self) -> None:
        """Bring Grafana up to date."""
        catalogue, newest = self._engine.context.catalogue, self._engine.newest
        settings = catalogue.grafana
        if settings is None or settings.token_file is None or newest is None:
            return
        desired = wanted(newest.outages, partial(_named, catalogue), partial(_page, catalogue))
        if (this := (settings, desired)) == self._done:
            return
        with self._log_once.about(GrafanaError):
            with Client(settings.url, _token(settings.token_file)) as client:
                self._annotate(client, catalogue, newest, desired)
            self._done = this
            return
        self._engine.metrics.grafana_errors.inc()

    def _annotate(
        self,
        client: Client,
        catalogue: Catalogue,
        newest: NewestOutages,
        desired: tuple[Annotation, ...],
    ) -> None:
        """Do what is to be done; what was done before a failure is counted, too."""
        todo = _plan(client, catalogue, newest, desired)
        results = self._engine.metrics.annotations
        for annotation in todo.post:
            client.post(annotation)
            results.labels("posted").inc()
        for annotation in todo.change:
            client.change(annotation)
            results.labels("changed").inc()
        for number in todo.remove:
            client.remove(number)
            results.labels("removed").inc()
        if any(todo):
            counts = {done: len(these) for done, these in todo._asdict().items()}
            log.info("annotations brought up to date", **counts)


def _plan(
    client: Client, catalogue: Catalogue, newest: NewestOutages, desired: tuple[Annotation, ...]
) -> Plan:
    if newest.since is None:
        return Plan()
    existing = client.annotations(min((newest.since, *(one.start for one in desired))))
    ours = {service.id for service in catalogue.services}
    return plan(desired, existing, ours, newest.since)


def _named(catalogue: Catalogue, service: str) -> str:
    found = catalogue.find(service)
    return service if found is None else found.name


def _page(catalogue: Catalogue, outage: ListedOutage) -> str | None:
    """Return the engine's page of the day of an outage, where people reach its pages."""
    lasted = Interval(outage.start, outage.start if outage.end is None else outage.end)
    return dict(links(catalogue, [outage.service], lasted)).get("Outages of the day")


def _token(file: Path) -> str:
    """Return the token as the file has it now.

    Raises:
        GrafanaError: it cannot be read, is empty, or cannot stand in a header.
    """
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise GrafanaError(f"{file}: {error}") from error
    if not token or not token.isascii() or not token.isprintable():
        raise GrafanaError(f"{file}: it should hold the token of a service account of Grafana")
    return token
