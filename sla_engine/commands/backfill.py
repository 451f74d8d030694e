"""Commands that derive the past."""

import argparse
import sys

from rich.console import Console

from sla_engine.app.context import chosen_period, now, opened
from sla_engine.app.errors import JobError
from sla_engine.domain.interval import Interval
from sla_engine.ledger import LedgerError
from sla_engine.measurement import backfill as job
from sla_engine.prometheus import PrometheusError


def backfill(options: argparse.Namespace) -> int:
    """``sla-engine backfill``."""
    with opened(options) as context:
        at = now()
        chosen = chosen_period(options, context.catalogue, at)
        period = Interval(chosen.start, chosen.end)
        console = Console(stderr=True) if sys.stderr.isatty() else None
        try:
            job.backfill(
                context.catalogue, context.client, context.ledger, period, at, console=console
            )
        except (PrometheusError, LedgerError) as error:
            raise JobError(f"{error}; what was derived so far is kept, run it again") from error
    return 0
