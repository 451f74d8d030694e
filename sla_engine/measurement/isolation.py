"""Which failures of a pass over the services are one service's own."""

import threading
import time
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from sla_engine.domain.isolation import FaultReason, Isolation
from sla_engine.ledger import LedgerError, TamperedError
from sla_engine.prometheus import (
    AnswerError,
    Client,
    LimitError,
    PrometheusError,
    QueryError,
)

_ALIVE: Final = "vector(1)"
_DOUBTFUL = 25
"""So many failures that no error code explains are the server's fault, not the services'."""
_EVERYBODYS = (SQLAlchemyError, LedgerError, OSError, MemoryError)


def isolation(client: Client) -> Isolation:
    """Return what finds the culprits of one pass; a server that answers nothing is no service's."""
    return Isolation(_Judge(client), lock=threading.Lock())


class _Judge:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._alive = False
        self._doubtful = 0

    def __call__(self, error: Exception) -> FaultReason:
        """Return a service's reason; raise what is the ledger's, the machine's or the server's."""
        if isinstance(error, TamperedError):
            return "tampered"
        if isinstance(error, _EVERYBODYS):
            raise error
        if not isinstance(error, PrometheusError):
            return "derivation"
        self._check(error)
        match error:
            case QueryError():
                return "rejected"
            case LimitError():
                return "limit"
            case AnswerError():
                return "answer"
        return "unreachable"

    def _check(self, error: PrometheusError) -> None:
        """Raise the error where the server does not answer the simplest question either."""
        if not isinstance(error, QueryError):
            self._alive = False
            self._doubtful += 1
        if self._doubtful > _DOUBTFUL:
            raise error
        if not self._alive:
            try:
                answer = self._client.instant(_ALIVE, time.time_ns() // 1_000_000)
            except PrometheusError as dead:
                raise error from dead
            if answer.kind != "vector" or [one.values.tolist() for one in answer.series] != [[1]]:
                raise error
            self._alive = True
