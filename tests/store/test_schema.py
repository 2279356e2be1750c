"""Migrations: they make exactly the tables that the code uses, once, and a wrong schema is named."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, String, inspect, text

import admin_cli.database.migrations
from admin_cli.catalog_file import Catalog
from admin_cli.database import schema
from admin_cli.database.catalog_changes import apply_catalog
from admin_cli.database.schema import migrate
from common.errors import SchemaMismatch, StoreError
from common.storage.catalog import CatalogCache
from common.storage.engine import snapshot, transaction
from common.storage.schema import HEAD, check_schema
from common.storage.tables import metadata
from tests.database import opened


def shape(engine: Engine) -> dict[str, Any]:
    """Everything of each table that can be seen from outside."""
    seen = inspect(engine)

    def by_name(rows: Any) -> list[Any]:
        return sorted((dict(row) for row in rows), key=str)

    return {
        name: [
            # In no order: a later revision adds columns at the end.
            by_name({**column, "type": repr(column["type"])} for column in seen.get_columns(name)),
            seen.get_pk_constraint(name),
            by_name(seen.get_foreign_keys(name)),
            by_name(seen.get_unique_constraints(name)),
            by_name(seen.get_check_constraints(name)),
            by_name(
                {
                    **index,
                    "dialect_options": {key: str(value) for key, value in index["dialect_options"].items()},
                }
                for index in seen.get_indexes(name)
            ),
        ]
        for name in seen.get_table_names()
        if name != "alembic_version"
    }


@pytest.fixture
def own_engine(empty_engine: Engine) -> Engine:
    """An engine on a database with the newest schema that no other test sees: its schema can be changed."""
    migrate(empty_engine)
    return empty_engine


def set_revision(engine: Engine, revision: str) -> None:
    with transaction(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_alembic_finds_no_difference_between_the_migrated_tables_and_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_migrated_tables_have_the_same_names_conditions_and_constraints(empty_engine: Engine) -> None:
    metadata.create_all(empty_engine)
    wanted = shape(empty_engine)
    metadata.drop_all(empty_engine)
    migrate(empty_engine)
    assert shape(empty_engine) == wanted
    assert set(wanted) == set(metadata.tables)


def test_migrating_again_changes_nothing(empty_engine: Engine) -> None:
    assert migrate(empty_engine) == (None, HEAD)
    assert migrate(empty_engine) == (HEAD, HEAD)
    check_schema(empty_engine)


def test_there_is_one_catalog_version_and_can_be_no_second(engine: Engine) -> None:
    with transaction(engine) as connection:
        rows = connection.execute(text("SELECT id, version FROM catalog_version")).all()
        assert [tuple(row) for row in rows] == [(1, 0)]
    with pytest.raises(StoreError), transaction(engine) as connection:
        connection.execute(text("INSERT INTO catalog_version (id, version) VALUES (2, 0)"))


def test_several_migrate_at_once_and_one_does_the_work(empty_engine: Engine) -> None:
    url = empty_engine.url.render_as_string(hide_password=False)
    with ExitStack() as stack, ThreadPoolExecutor(4) as threads:
        done = list(threads.map(migrate, [stack.enter_context(opened(url)) for _ in range(4)]))
    assert sorted(done, key=str) == [(HEAD, HEAD)] * 3 + [(None, HEAD)]


def test_a_migration_that_fails_leaves_nothing_behind(
    empty_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = schema._upgrade

    def fail_at_the_end(connection: Connection) -> None:
        upgrade(connection)
        raise InterruptedError

    monkeypatch.setattr(schema, "_upgrade", fail_at_the_end)
    with pytest.raises(InterruptedError):
        migrate(empty_engine)
    assert inspect(empty_engine).get_table_names() == []


def test_a_later_revision_can_rewrite_a_table_that_others_refer_to(
    own_engine: Engine, sample_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_catalog(own_engine, sample_catalog, datetime(2026, 11, 23, tzinfo=UTC))
    set_revision(own_engine, "0000")

    def widen_name(connection: Connection) -> None:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("hospitals") as table:
            table.alter_column("name", type_=String(300))

    monkeypatch.setattr(schema, "_upgrade", widen_name)
    migrate(own_engine)
    with snapshot(own_engine) as connection:
        known = CatalogCache()
        known.refresh(connection)
    assert len([*known.hospitals()]) == len(sample_catalog.hospitals)


def test_a_revision_that_loses_what_others_refer_to_is_taken_back(
    own_engine: Engine, sample_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_catalog(own_engine, sample_catalog, datetime(2026, 11, 23, tzinfo=UTC))
    set_revision(own_engine, "0000")

    def lose_hospitals(connection: Connection) -> None:
        connection.execute(text("DELETE FROM hospitals"))

    monkeypatch.setattr(schema, "_upgrade", lose_hospitals)
    with pytest.raises(StoreError):
        migrate(own_engine)
    with transaction(own_engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM hospitals")) == len(sample_catalog.hospitals)
        if connection.dialect.name == "sqlite":  # what the migration switched off is on
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def test_an_empty_database_is_named_with_the_command_that_helps(empty_engine: Engine) -> None:
    with pytest.raises(SchemaMismatch, match=r"no tables.*Run `antrean-admin migrate`\."):
        check_schema(empty_engine)


def test_an_older_schema_is_named_with_the_command_that_helps(own_engine: Engine) -> None:
    set_revision(own_engine, "0000")
    with pytest.raises(SchemaMismatch, match=r"older schema 0000.*Run `antrean-admin migrate`\."):
        check_schema(own_engine)


def test_a_newer_schema_needs_a_newer_program(own_engine: Engine) -> None:
    set_revision(own_engine, "9999")
    for refused in (check_schema, migrate):
        with pytest.raises(SchemaMismatch, match=r"newer schema 9999.*install a newer Antrean"):
            refused(own_engine)


def test_tables_that_no_migration_made_are_left_alone(empty_engine: Engine) -> None:
    with transaction(empty_engine) as connection:
        connection.execute(text("CREATE TABLE tickets (concert VARCHAR(10))"))
    with pytest.raises(SchemaMismatch, match="table 'tickets' that no migration made"):
        migrate(empty_engine)
    assert inspect(empty_engine).get_table_names() == ["tickets"]


def test_a_file_that_is_no_database_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "letter.sqlite"
    path.write_text("Dear Sir or Madam, " * 100)
    with opened(f"sqlite:///{path}") as engine:
        for refused in (check_schema, migrate):
            with pytest.raises(StoreError, match="not a database"):
                refused(engine)


def test_the_newest_revision_is_the_one_that_programs_ask_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(admin_cli.database.migrations.__file__).parent))
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert revisions[0] == HEAD
    # Compared as text, so all have the same length and count up.
    assert revisions == [f"{number:04d}" for number in range(len(revisions), 0, -1)]


def test_a_worker_checks_the_schema_without_the_time_that_alembic_takes() -> None:
    code = "import sys, common.storage.schema; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
