"""Good and total events by the minute."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "event_hour",
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("start_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("minutes", sa.Text, nullable=False),
    )
