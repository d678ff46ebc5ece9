"""Small helpers of the noun modules: minor units in and out, lists in bounded pieces, upserts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from worker.books.money import exponent, from_minor, to_minor

# Well under the parameters one statement may have on either engine.
PIECE = 500

T = TypeVar("T")

minor = to_minor
amount = from_minor

# What the ledger no longer counts; MISSING is our own word for a row a full pass did not show.
MISSING = "MISSING"
DEAD = ("DELETED", "VOIDED", MISSING)


def minor_with_decimals(figure: Decimal, currency: str) -> tuple[int, int]:
    """An amount whose own currency is not known here, as (minor units, decimals): exact anyhow."""
    own = figure.normalize().as_tuple().exponent
    decimals = max(exponent(currency), -own if isinstance(own, int) else 0)
    return int(figure.scaleb(decimals)), decimals


def pieces(items: Sequence[T], size: int = PIECE) -> Iterator[Sequence[T]]:
    """The items in order, at most `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def put(conn: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows or replace those with the same key."""
    if not values:
        return
    insert: Any = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    replaced = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=replaced)
    conn.execute(statement, list(values))


def add_new(conn: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with the same key (any unique one) is there; whether it was new."""
    insert: Any = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(**values).on_conflict_do_nothing()
    # SQLAlchemy keeps the row count of an INSERT only when asked to.
    counted = conn.execute(statement, execution_options={"preserve_rowcount": True})
    return counted.rowcount == 1
