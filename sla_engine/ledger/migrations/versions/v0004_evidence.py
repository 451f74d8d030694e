"""Coverage, gaps that go on and events join the audit chain; who was logged in joins decisions."""

import sqlalchemy as sa
from alembic import op

from sla_engine.ledger.adoption import adopt

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns, and chain what was found."""
    for table in ("correction", "maintenance_event"):
        op.add_column(table, sa.Column("login", sa.Text))
    adopt(op.get_bind())
