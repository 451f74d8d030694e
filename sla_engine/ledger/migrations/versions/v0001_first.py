"""The first schema: what was measured, what people decided, what is to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _time(name: str, *, null: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null, primary_key=key, autoincrement=False)


def upgrade() -> None:
    """Make the tables."""
    _facts()
    _decisions()
    _deliveries()


def _facts() -> None:
    op.create_table(
        "outage",
        sa.Column("service", sa.Text, primary_key=True),
        _time("start_ms", key=True),
        _time("end_ms", null=True),
    )
    op.create_index("ix_outage_end_ms", "outage", ["end_ms"])
    op.create_table(
        "gap",
        sa.Column("service", sa.Text, primary_key=True),
        _time("start_ms", key=True),
        _time("end_ms"),
    )
    op.create_index("ix_gap_end_ms", "gap", ["end_ms"])
    op.create_table(
        "coverage",
        sa.Column("service", sa.Text, primary_key=True),
        _time("start_ms", key=True),
        _time("end_ms"),
    )
    op.create_index("ix_coverage_end_ms", "coverage", ["end_ms"])
    op.create_table(
        "service_state",
        sa.Column("service", sa.Text, primary_key=True),
        _time("first_sample_ms"),
    )


def _decisions() -> None:
    op.create_table(
        "correction",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        _time("outage_start_ms"),
        _time("time_ms"),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_correction_service", "correction", ["service", "outage_start_ms"])
    op.create_table(
        "maintenance",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        _time("start_ms"),
        _time("end_ms"),
        sa.Column("rrule", sa.Text),
        sa.Column("timezone", sa.Text, nullable=False),
    )
    op.create_table(
        "maintenance_event",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("window_id", sa.Text, sa.ForeignKey("maintenance.id"), nullable=False),
        _time("time_ms"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_maintenance_event_window_id", "maintenance_event", ["window_id"])
    op.create_table(
        "audit",
        sa.Column("seq", _ROW_ID, primary_key=True, autoincrement=False),
        _time("time_ms"),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )


def _deliveries() -> None:
    op.create_table(
        "frozen_period",
        sa.Column("service", sa.Text, primary_key=True),
        _time("start_ms", key=True),
        _time("end_ms", key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        _time("time_ms"),
        sa.Column("figures", sa.Text, nullable=False),
    )
    op.create_table(
        "notice",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        _time("time_ms"),
        sa.Column("service", sa.Text),
        sa.Column("facts", sa.Text, nullable=False),
        sa.UniqueConstraint("key"),
    )
