"""What a tick asks the ledger, made once: to make a statement takes longer than to run it."""

import sqlalchemy as sa

from sla_engine.ledger import tables

_outage, _coverage, _audit, _correction = (
    table.c for table in (tables.outage, tables.coverage, tables.audit, tables.correction)
)
_state = tables.service_state.c
_since: sa.BindParameter[int] = sa.bindparam("since")

NEWEST_OUTAGES = (
    sa.select(_outage.service, _outage.start_ms, _outage.end_ms)
    .where(_outage.end_ms.is_(None) | (_outage.end_ms >= _since))  # what the index is for
    .where(_outage.end_ms.is_(None) | (_outage.start_ms >= _since))
    .order_by(_outage.start_ms.desc(), _outage.service)
)
OPEN_OUTAGES = sa.select(_outage.service, _outage.start_ms).where(_outage.end_ms.is_(None))
FIRST_SAMPLES = sa.select(_state.service, _state.first_sample_ms)
COVERED_UNTIL = sa.select(_coverage.service, sa.func.max(_coverage.end_ms)).group_by(
    _coverage.service
)
DERIVED_UNTIL = sa.select(sa.func.max(_coverage.end_ms))
LAST_GAPS = (
    sa.select(tables.gap.c.service, tables.gap.c.start_ms, tables.gap.c.end_ms)
    .where(tables.gap.c.end_ms > _since, tables.gap.c.start_ms < sa.bindparam("until"))
    .order_by(tables.gap.c.start_ms)
)
DECISIONS = sa.select(
    *(
        sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0)).scalar_subquery()
        for table in (tables.correction, tables.maintenance_event)
    )
)
CORRECTIONS = sa.select(tables.correction).order_by(_correction.id)
CORRECTED_AFTER = sa.select(_correction.id, _correction.service).where(
    _correction.id > sa.bindparam("last")
)
WINDOWS = sa.select(tables.maintenance).order_by(
    tables.maintenance.c.start_ms, tables.maintenance.c.id
)
WINDOW_EVENTS = sa.select(tables.maintenance_event).order_by(tables.maintenance_event.c.id)
HEAD = sa.select(_audit.seq, _audit.hash).order_by(_audit.seq.desc()).limit(1)
HASH = sa.select(_audit.hash).where(_audit.seq == sa.bindparam("seq"))
