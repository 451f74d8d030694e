"""The catalogue and the ledger that is kept by it: what every figure is worked out from."""

from typing import NamedTuple

from service_catalogue import Catalogue
from sla_engine.ledger.store import Ledger


class Books(NamedTuple):
    """What was agreed, and what was measured."""

    catalogue: Catalogue
    ledger: Ledger
