"""Run by Alembic for each command, on the connection and in the transaction that `migrate` hands over."""

from alembic import context

from common.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a table in place; batch operations write it again.
    render_as_batch=True,
    compare_server_default=True,
)

with context.begin_transaction():
    context.run_migrations()
