"""Another catalogue without another process: read whole, or not at all."""

import argparse
from collections.abc import Callable

import structlog

from sla_engine.app.context import now, reopened
from sla_engine.app.engine import Engine
from sla_engine.app.errors import JobError
from sla_engine.app.slack_listener import SlackListener, setup_of
from sla_engine.domain.isolation import one_line
from sla_engine.prometheus.expressions import remarks
from uptime_common.document import DocumentError
from uptime_common.garbage import settle

log = structlog.get_logger("engine")


class Reloader:
    """Reads the catalogue again. Not for several threads at once.

    ``adopted`` is called when a new one is in force.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        engine: Engine,
        listener: SlackListener,
        adopted: Callable[[], None],
    ) -> None:
        self._options = options
        self._engine = engine
        self._listener = listener
        self._adopted = adopted

    def __call__(self) -> tuple[str, ...]:
        """Return every mistake of the new catalogue; without one it holds from the next tick."""
        problems = self._take_over()
        self._engine.metrics.loaded(now(), good=not problems)
        for problem in problems:
            log.error("catalogue not loaded", problem=problem)
        if not problems:
            count = len(self._engine.context.catalogue.services)
            log.info("catalogue loaded", services=count)
            self._ask()
            settle()
            self._adopted()
        return problems

    def _ask(self) -> None:
        """Say what Prometheus makes of the expressions; only their own services fail by them."""
        context = self._engine.context
        try:
            for remark in remarks(context.client, context.catalogue.services, now()):
                where = f"sli.{remark.field}"
                log.warning("expression", service=remark.service, at=where, problem=remark.text)
        except Exception as error:  # noqa: BLE001 - the catalogue is in force all the same
            log.warning("expressions not judged", error=one_line(error))

    def _take_over(self) -> tuple[str, ...]:
        try:
            context = reopened(self._engine.context, self._options)
            setup = setup_of(context.catalogue)
            self._engine.adopt(context)
            self._listener.follow(setup)
        except DocumentError as error:
            return tuple(map(str, error.problems))
        except JobError as error:
            return (str(error),)
        except Exception:  # nobody waits for what SIGHUP began: it would be lost
            log.exception("catalogue not loaded: a fault of sla-engine, not of the file")
            return ("a fault of sla-engine, not of the file; its log has more",)
        return ()
