"""Reports as they were made and sent, byte by byte, for ever."""

import base64
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import orjson
import sqlalchemy as sa

from sla_engine.domain.interval import Interval
from sla_engine.ledger import audit
from sla_engine.ledger.tables import kept_report

ACTION = "keep"
_AGREEMENT = "agreement:"


def report_of_agreement(identifier: str) -> str:
    """Return under which name the reports of an agreement are kept; no schedule has such an id."""
    return f"{_AGREEMENT}{identifier}"


def is_of_agreement(report: str) -> bool:
    """Say whether a report was kept for an agreement, without a schedule."""
    return report.startswith(_AGREEMENT)


class Kept(NamedTuple):
    """A report's bytes; ``report`` is its schedule's id, empty for the command line's."""

    report: str
    format: str
    time: int
    body: bytes


class KeptReports:
    """The reports of a ledger that were kept."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(write=True)

    def add(self, period: Interval, report: str, bodies: Mapping[str, bytes], time: int) -> None:
        """Keep a report of a period, in several formats; made at ``time`` (ms UTC)."""
        rows = [
            {
                "start_ms": period.start,
                "end_ms": period.end,
                "report": report,
                "format": name,
                "time_ms": time,
                "digest": hashlib.sha256(body).hexdigest(),
                "body": base64.b64encode(zlib.compress(body, 9)).decode(),
            }
            for name, body in bodies.items()
        ]
        said = [{key: value for key, value in row.items() if key != "body"} for row in rows]
        subject = f"{period.start}/{period.end}"
        with self._writing.begin() as connection:
            audit.alone(connection)
            connection.execute(sa.insert(kept_report), rows)
            entry = audit.Entry(time, "sla-engine", ACTION, subject, {"rows": said})
            audit.append(connection, [entry])

    def of(self, period: Interval) -> tuple[Kept, ...]:
        """Return what was kept of a period, oldest first."""
        columns = kept_report.c
        query = sa.select(kept_report).where(
            (columns.start_ms == period.start) & (columns.end_ms == period.end)
        )
        with self._engine.begin() as connection:
            rows = connection.execute(query.order_by(columns.id)).all()
        return tuple(Kept(r.report, r.format, r.time_ms, _body(r.body)) for r in rows)


def _body(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def denied_reports(connection: sa.Connection, links: Iterable[audit.Link]) -> Iterator[str]:
    """Yield the kept reports that are not as the audit chain has them."""
    chained = [
        _text(row)
        for link in links
        if link.action == ACTION
        for row in orjson.loads(link.payload)["rows"]
    ]
    found = []
    for row in connection.execute(sa.select(kept_report).order_by(kept_report.c.id)).mappings():
        plain = {str(name): row[name] for name in row if name not in {"id", "body"}}
        found.append(_text(plain))
        what = f"kept report {plain['report'] or 'of the command line'} as {plain['format']}"
        if _digest(row["body"]) != plain["digest"]:
            yield f"{what}: its bytes were changed by hand"
        if found[-1] not in chained:
            yield f"{what} was put in or changed by hand"
    yield from (f"a kept report was taken out: {row}" for row in chained if row not in found)


def _digest(text: str) -> str | None:
    try:
        return hashlib.sha256(_body(text)).hexdigest()
    except (ValueError, zlib.error):
        return None


def _text(row: Mapping[str, object]) -> str:
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS).decode()
