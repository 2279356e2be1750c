"""The Alembic environment: run by `common.storage.schema.migrate`, never through an alembic.ini."""
