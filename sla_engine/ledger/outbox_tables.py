"""The outbox's tables: threads, and what of each notice has reached them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from sla_engine.ledger.tables import metadata

_ROW_ID = BigInteger().with_variant(Integer(), "sqlite")

thread = Table(
    "thread",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("key", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("mentions", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("place", Text),
    Column("ts", Text),
    Column("doubtful", Boolean, nullable=False),
    UniqueConstraint("key"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("notice_id", BigInteger, ForeignKey("notice.id"), nullable=False),
    Column("thread_id", BigInteger, ForeignKey("thread.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("doubtful", Boolean, nullable=False),
    Column("error", Text),
    Column("sent_ms", BigInteger),
    UniqueConstraint("notice_id", "thread_id"),
    Index("ix_delivery_state", "state", "thread_id"),
    Index("ix_delivery_thread_id", "thread_id"),
)
