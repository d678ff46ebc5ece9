"""The declared tables, the migrations and the quick build of a new database are one schema."""

from __future__ import annotations

import re
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Connection,
    Date,
    Integer,
    LargeBinary,
    Table,
    Text,
    inspect,
    text,
)

from worker.books.intents import TRANSITIONS
from worker.mirror import engine, triggers
from worker.mirror.engine import open_mirror, upgrade
from worker.mirror.tables import metadata

TABLES = list(metadata.tables.values())


def test_the_migrations_make_what_the_tables_declare(any_database_url: str) -> None:
    upgrade(any_database_url)
    mirror = open_mirror(any_database_url)
    with mirror.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_server_default": True})
        differences = compare_metadata(context, metadata)
    mirror.close()

    assert differences == []


def test_a_new_database_is_built_like_the_migrations_build_it(
    any_database_url: str,
) -> None:
    mirror = open_mirror(any_database_url)
    with mirror.read() as conn:
        built = schema(conn)
    with mirror.write() as conn:
        empty(conn)
    mirror.close()
    upgrade(any_database_url)
    mirror = open_mirror(any_database_url)
    with mirror.read() as conn:
        migrated = schema(conn)
    mirror.close()

    for name, table in built["tables"].items():
        assert table == migrated["tables"][name], name
    assert built == migrated
    assert len(built["triggers"]) == 2
    assert built["tables"]["intents"]["checks"].keys() == {
        "ck_intents_state", "ck_intents_kind", "ck_intents_side", "ck_intents_generation",
        "ck_intents_sending_has_epoch",
    }  # fmt: skip


def test_the_revisions_known_to_the_program_are_those_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(engine._migrations()))
    found = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]

    assert tuple(reversed(found)) == engine.REVISIONS


def test_upgrading_twice_changes_nothing(any_database_url: str) -> None:
    assert upgrade(any_database_url) == upgrade(any_database_url) == engine.HEAD


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_row_carries_its_organisation_and_no_column_can_hold_a_float(table: Table) -> None:
    exact = (Text, BigInteger, Integer, Boolean, Date, LargeBinary)

    assert next(iter(table.primary_key)).name == "organisation"
    for column in table.columns:
        assert isinstance(getattr(column.type, "impl", column.type), exact), column


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_constraints_and_indexes_are_named_by_the_convention(table: Table) -> None:
    prefixes = {"PrimaryKeyConstraint": "pk", "ForeignKeyConstraint": "fk",
                "UniqueConstraint": "uq", "CheckConstraint": "ck"}  # fmt: skip
    for constraint in table.constraints:
        prefix = prefixes[type(constraint).__name__]
        assert re.match(rf"{prefix}_{table.name}(_|$)", str(constraint.name)), constraint
    for index in table.indexes:
        prefix = "uq" if index.unique else "ix"
        assert re.match(rf"{prefix}_{table.name}_", str(index.name)), index
        assert len(str(index.name)) <= 63


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_triggers_say_every_legal_step(dialect: str) -> None:
    said = " ".join(triggers.statements(dialect))
    steps = re.findall(r"OLD\.state = '(\w+)' AND NEW\.state IN \(([^)]*)\)", said)

    assert {before: frozenset(re.findall(r"\w+", after)) for before, after in steps} == {
        before: after for before, after in TRANSITIONS.items() if after
    }


def test_every_state_of_an_intent_is_one_the_table_takes() -> None:
    state = next(
        each
        for each in metadata.tables["intents"].constraints
        if isinstance(each, CheckConstraint) and each.name == "ck_intents_state"
    )

    assert set(re.findall(r"'(\w+)'", str(state.sqltext))) == set(TRANSITIONS)


def schema(conn: Connection) -> dict[str, Any]:
    """Everything the database itself says of its tables, checks and triggers."""
    seen = inspect(conn)
    tables = {}
    for name in seen.get_table_names():
        tables[name] = {
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"], c["default"])
                for c in seen.get_columns(name)
            },
            "key": seen.get_pk_constraint(name),
            "foreign": sorted(str(each) for each in seen.get_foreign_keys(name)),
            "unique": sorted(str(each) for each in seen.get_unique_constraints(name)),
            "indexes": sorted(spelled(each) for each in seen.get_indexes(name)),
            "checks": {c["name"]: c["sqltext"] for c in seen.get_check_constraints(name)},
        }
    return {"tables": tables, "triggers": database_triggers(conn)}


def spelled(index: Any) -> str:
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str({**index, "dialect_options": options})


def database_triggers(conn: Connection) -> dict[str, str]:
    if conn.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT t.tgname, pg_get_triggerdef(t.oid) || pg_get_functiondef(t.tgfoid) "
            "FROM pg_trigger t WHERE NOT t.tgisinternal"
        )
    return {row[0]: row[1] for row in conn.execute(text(query))}


def empty(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        conn.execute(text("DROP SCHEMA public CASCADE"))
        conn.execute(text("CREATE SCHEMA public"))
        return
    metadata.drop_all(conn)
    conn.execute(text("DROP TABLE alembic_version"))
