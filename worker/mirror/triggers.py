"""Rules the database keeps whoever writes: legal steps of an intent, facts of a bank line."""

from __future__ import annotations

from sqlalchemy import Connection

from worker.books.intents import TRANSITIONS

_LINE_FACTS = ("organisation", "id", "account_code", "date", "amount", "currency")


def create(conn: Connection) -> None:
    """Create the triggers of the newest schema in an empty mirror."""
    for statement in statements(conn.dialect.name):
        conn.exec_driver_sql(statement)


def statements(dialect: str) -> tuple[str, ...]:
    """The DDL for an engine, in order."""
    changed = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in _LINE_FACTS)
    if dialect == "sqlite":
        return (
            "CREATE TRIGGER intents_legal_step BEFORE UPDATE OF state ON intents "
            f"WHEN {_illegal_step()} "
            "BEGIN SELECT RAISE(ABORT, 'illegal step of an intent'); END",
            "CREATE TRIGGER bank_lines_facts BEFORE UPDATE ON bank_lines "
            f"WHEN {changed} "
            "BEGIN SELECT RAISE(ABORT, 'the facts of a bank line never change'); END",
        )
    return (
        *_postgres("intents", "intents_legal_step", _illegal_step(), "illegal step of an intent"),
        *_postgres(
            "bank_lines", "bank_lines_facts", changed, "the facts of a bank line never change"
        ),
    )


def _illegal_step() -> str:
    steps = " OR ".join(
        f"(OLD.state = '{before}' AND NEW.state IN ({_listed(after)}))"
        for before, after in TRANSITIONS.items()
        if after
    )
    return f"OLD.state <> NEW.state AND NOT ({steps})"


def _listed(states: frozenset[str]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


def _postgres(table: str, name: str, condition: str, message: str) -> tuple[str, str]:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'; END $$",
        f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW "
        f"WHEN ({condition}) EXECUTE FUNCTION {name}()",
    )
