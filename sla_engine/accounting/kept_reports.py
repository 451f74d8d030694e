"""Of which agreement reports are that were kept: their schedule may be of another one by now."""

from collections.abc import Iterable

import orjson

from service_catalogue import Catalogue
from sla_engine.ledger.kept import Kept, is_of_agreement, report_of_agreement


def agreements_of(kept: Iterable[Kept], catalogue: Catalogue) -> dict[str, str | None]:
    """Return the agreement of each kept report of one period, if any, by what it is kept under."""
    kept = list(kept)
    scheduled = {entry.id: entry.agreement for entry in catalogue.reports}
    found: dict[str, str | None] = {}
    for one in kept:
        if is_of_agreement(one.report):
            found[one.report] = one.report.removeprefix(report_of_agreement(""))
        else:
            found.setdefault(one.report, scheduled.get(one.report))
    for one in kept:
        if one.format == "json" and not is_of_agreement(one.report):
            found[one.report] = _said(one.body, found[one.report])
    return found


def _said(body: bytes, otherwise: str | None) -> str | None:
    """Return the agreement that a document in JSON is of, as it was kept with each report."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:  # changed by hand, which `verify` tells
        return otherwise
    if "status" not in told:  # written before a report said whose it is
        return otherwise
    if "customer" not in told:
        return None
    agreements = told.get("agreements", ())
    return str(agreements[0]["id"]) if len(agreements) == 1 else otherwise
