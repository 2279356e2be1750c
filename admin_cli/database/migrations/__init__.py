"""The Alembic environment: run by `admin_cli.database.schema.migrate`, never through an alembic.ini."""
