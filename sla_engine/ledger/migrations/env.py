"""What Alembic runs: the steps, on the connection that the ledger hands over."""

from alembic import context

from sla_engine.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the ledger holds the transaction
)
context.run_migrations()
