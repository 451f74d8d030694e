"""What was promised and kept as the engine publishes it: months by owner, and agreements."""

from typing import NamedTuple

from sla_engine.domain.agreement import AgreementReport

MONTHS = 13
"""How many closed months, and closed windows of an agreement, are published."""


class MonthOfOwner(NamedTuple):
    """What the services of an owner did in a closed month ("2026-10"), by the ledger.

    ``met``, ``missed`` and ``unjudged`` count the contracts' windows that closed in it; downtime is
    in milliseconds, ``cost`` in the ``currency`` of its beginning, None where nothing has a price.
    """

    owner: str
    month: str
    met: int
    missed: int
    unjudged: int
    planned: int
    unplanned: int
    cost: float | None
    currency: str = ""


class Promises(NamedTuple):
    """What is published; ``closed_months`` are None until every service was accounted for.

    ``parts`` are the ids of the services of each agreement, by its id.
    """

    agreements: tuple[AgreementReport, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    months: tuple[MonthOfOwner, ...] | None = None
