"""What ``serve`` does about maintenance windows that cannot be worked out."""

from sqlalchemy.exc import SQLAlchemyError

from sla_engine.app.context import now
from sla_engine.app.engine import Engine
from sla_engine.app.log_once import LogOnce
from sla_engine.domain.interval import Interval
from sla_engine.ledger import LedgerError
from sla_engine.maintenance.windows import faults_in

_NEAR = 31 * 86_400_000


class WindowWatch:
    """Counts the windows around now that are left out; the log names them when they are met."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._log_once = LogOnce("windows", "maintenance windows not looked at")

    def __call__(self) -> None:
        """Set the metric."""
        with self._log_once.about(LedgerError, SQLAlchemyError):
            context, at = self._engine.context, now()
            near = Interval(at - _NEAR, at + _NEAR)
            faults = faults_in(context.catalogue, context.ledger.windows.all(), near)
            self._engine.metrics.windows_failing.set(len(faults))
