"""Threads, and what of each notice has reached them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "thread",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("mentions", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Text),
        sa.Column("ts", sa.Text),
        sa.Column("doubtful", sa.Boolean, nullable=False),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("notice_id", sa.BigInteger, sa.ForeignKey("notice.id"), nullable=False),
        sa.Column("thread_id", sa.BigInteger, sa.ForeignKey("thread.id"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("doubtful", sa.Boolean, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("sent_ms", sa.BigInteger),
        sa.UniqueConstraint("notice_id", "thread_id"),
    )
    op.create_index("ix_delivery_state", "delivery", ["state", "thread_id"])
    op.create_index("ix_delivery_thread_id", "delivery", ["thread_id"])
    op.create_index("ix_notice_topic", "notice", ["topic"])
    op.create_index("ix_notice_service", "notice", ["service"])
