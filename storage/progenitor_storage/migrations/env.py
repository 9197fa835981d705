"""Run by Alembic for each upgrade, in the transaction of the connection that it is given."""

from alembic import context

from progenitor_storage.migrate import VERSION_TABLE
from progenitor_storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
