"""Why each outage began, as it was seen then."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "outage_reason",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("outage_start_ms", sa.BigInteger, nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_outage_reason_service", "outage_reason", ["service", "outage_start_ms"])
