"""The ledger's tables. Times are milliseconds UTC; ``end_ms`` is NULL while an outage is open.

The schema is made by the migrations; a test proves that these tables are what they make.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)
# SQLite numbers rows by itself only where the key's type is INTEGER.
_ROW_ID = BigInteger().with_variant(Integer(), "sqlite")


def _time(name: str, *, null: bool = False, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null, primary_key=key, autoincrement=False)


outage = Table(
    "outage",
    metadata,
    Column("service", Text, primary_key=True),
    _time("start_ms", key=True),
    _time("end_ms", null=True),
    Index("ix_outage_end_ms", "end_ms"),
)

gap = Table(
    "gap",
    metadata,
    Column("service", Text, primary_key=True),
    _time("start_ms", key=True),
    _time("end_ms"),
    Index("ix_gap_end_ms", "end_ms"),
)

coverage = Table(
    "coverage",
    metadata,
    Column("service", Text, primary_key=True),
    _time("start_ms", key=True),
    _time("end_ms"),
    Index("ix_coverage_end_ms", "end_ms"),
)

service_state = Table(
    "service_state",
    metadata,
    Column("service", Text, primary_key=True),
    _time("first_sample_ms"),
)

correction = Table(
    "correction",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("service", Text, nullable=False),
    _time("outage_start_ms"),
    _time("time_ms"),
    Column("author", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("reason", Text, nullable=False),
    Column("login", Text),
    Index("ix_correction_service", "service", "outage_start_ms"),
)

maintenance = Table(
    "maintenance",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("scope", Text, nullable=False),
    _time("start_ms"),
    _time("end_ms"),
    Column("rrule", Text),
    Column("timezone", Text, nullable=False),
)

maintenance_event = Table(
    "maintenance_event",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("window_id", Text, ForeignKey("maintenance.id"), nullable=False),
    _time("time_ms"),
    Column("kind", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("login", Text),
    Index("ix_maintenance_event_window_id", "window_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", _ROW_ID, primary_key=True, autoincrement=False),
    _time("time_ms"),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

event_hour = Table(
    "event_hour",
    metadata,
    Column("service", Text, primary_key=True),
    _time("start_ms", key=True),
    Column("minutes", Text, nullable=False),
)

frozen_period = Table(
    "frozen_period",
    metadata,
    Column("service", Text, primary_key=True),
    _time("start_ms", key=True),
    _time("end_ms", key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _time("time_ms"),
    Column("figures", Text, nullable=False),
    Column("basis", Text),
)

term = Table(
    "term",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    _time("time_ms"),
    Column("before", Text),
    Column("after", Text),
    Column("digest", Text, nullable=False),
    Column("origin", Text, nullable=False),
)

kept_report = Table(
    "kept_report",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    _time("start_ms"),
    _time("end_ms"),
    Column("report", Text, nullable=False),
    Column("format", Text, nullable=False),
    _time("time_ms"),
    Column("digest", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_kept_report_start_ms", "start_ms", "end_ms"),
)

notice = Table(
    "notice",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("key", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _time("time_ms"),
    Column("service", Text),
    Column("facts", Text, nullable=False),
    UniqueConstraint("key"),
    Index("ix_notice_topic", "topic"),
    Index("ix_notice_service", "service"),
)
