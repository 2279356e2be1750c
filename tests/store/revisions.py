"""Databases of earlier revisions of the schema."""

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from admin_cli.database import schema
from common.storage.schema import revision


def move(engine: Engine, target: str) -> None:
    """Brings a database up or down to a revision, as `migrate` does."""
    with (
        schema._exclusive_transaction(engine) as connection,
        as_file(files("admin_cli.database.migrations")) as at,
    ):
        config = Config()
        config.set_main_option("script_location", str(at))
        config.attributes["connection"] = connection
        found = revision(connection)
        (command.downgrade if found and (target == "base" or found > target) else command.upgrade)(
            config, target
        )
