"""Fetched rows into the mirror: the new and changed are written, the rest marked as seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from worker.books.ports import Noun, Row
from worker.books.records import Document
from worker.errors import Refused
from worker.mirror import accounts, cash_values, contacts, documents, payments, tables, tax_rates
from worker.mirror.rows import MISSING, PIECE, pieces, put
from worker.mirror.tables import ledger_rows, raw_rows


@dataclass(frozen=True, slots=True)
class _Typed:
    """Where a noun's records lie beside their JSON, and how a record becomes a row there."""

    table: Table
    values: Callable[[Any], dict[str, Any]]


_DOCUMENTS = _Typed(tables.documents, documents.values)
_TYPED: Mapping[str, _Typed] = {
    "accounts": _Typed(tables.accounts, accounts.values),
    "tax_rates": _Typed(tables.tax_rates, tax_rates.values),
    "contacts": _Typed(tables.contacts, contacts.values),
    "invoices": _DOCUMENTS,
    "credit_notes": _DOCUMENTS,
    "overpayments": _DOCUMENTS,
    "prepayments": _DOCUMENTS,
    "payments": _Typed(tables.payments, payments.values),
    "batch_payments": _Typed(tables.batch_payments, cash_values.batch_payment),
    "bank_transactions": _Typed(tables.bank_transactions, cash_values.bank_transaction),
    "bank_transfers": _Typed(tables.bank_transfers, cash_values.bank_transfer),
}


def upsert(
    conn: Connection, organisation: str, noun: Noun, rows: Sequence[Row], seen_at: datetime
) -> int:
    """Store fetched rows; how many were new or differ from what was known.

    A row whose JSON is unchanged is only marked as seen. Raises Refused, naming the row, for an
    amount that is no money of its currency.
    """
    # A page may repeat a row when the ledger's order shifts under it: the last one counts.
    unique = list({row.id: row for row in rows}.values())
    return sum(_upsert(conn, organisation, noun, piece, seen_at) for piece in pieces(unique))


def mark_missing(conn: Connection, organisation: str, noun: Noun, seen_before: datetime) -> int:
    """After a full pass: rows it did not show get the status MISSING; how many that were.

    Their last JSON is kept. A row that shows up again is changed, and has its own status again.
    """
    t = ledger_rows.c
    mine = (t.organisation == organisation) & (t.noun == noun)
    unseen = mine & ~t.missing & (t.seen_at < seen_before)
    ids = conn.execute(select(t.id).where(unseen)).scalars().all()
    for piece in pieces(ids):
        conn.execute(update(ledger_rows).where(mine & t.id.in_(piece)).values(missing=True))
        if noun in _TYPED:
            table = _TYPED[noun].table
            gone = (table.c.organisation == organisation) & table.c.id.in_(piece)
            conn.execute(update(table).where(gone).values(status=MISSING))
    return len(ids)


def count(conn: Connection, organisation: str, noun: Noun) -> int:
    """How many rows of a noun are known and not missing."""
    t = ledger_rows.c
    mine = (t.organisation == organisation) & (t.noun == noun) & ~t.missing
    return conn.execute(select(func.count()).select_from(ledger_rows).where(mine)).scalar_one()


def raw(conn: Connection, organisation: str, noun: Noun, row_id: str) -> str | None:
    """The JSON of one row as the ledger last sent it."""
    t = raw_rows.c
    mine = (t.organisation == organisation) & (t.noun == noun) & (t.id == row_id)
    return conn.execute(select(t.raw).where(mine)).scalar_one_or_none()


def _upsert(
    conn: Connection, organisation: str, noun: Noun, rows: Sequence[Row], seen_at: datetime
) -> int:
    assert len(rows) <= PIECE
    t = ledger_rows.c
    mine = (t.organisation == organisation) & (t.noun == noun)
    known = {
        row.id: row.raw_hash
        for row in conn.execute(
            select(t.id, t.raw_hash).where(mine & ~t.missing & t.id.in_([r.id for r in rows]))
        )
    }
    hashes = {row.id: hashlib.sha256(row.raw.encode()).hexdigest() for row in rows}
    changed = [row for row in rows if known.get(row.id) != hashes[row.id]]
    same = [row.id for row in rows if known.get(row.id) == hashes[row.id]]
    if same:
        conn.execute(update(ledger_rows).where(mine & t.id.in_(same)).values(seen_at=seen_at))
    if changed:
        key = {"organisation": organisation, "noun": noun}
        put(
            conn,
            ledger_rows,
            [
                {
                    **key,
                    "id": row.id,
                    "raw_hash": hashes[row.id],
                    "seen_at": seen_at,
                    "missing": False,
                }
                for row in changed
            ],
        )
        put(conn, raw_rows, [{**key, "id": row.id, "raw": row.raw} for row in changed])
        _put_records(conn, organisation, noun, changed)
    return len(changed)


def _put_records(conn: Connection, organisation: str, noun: Noun, rows: Sequence[Row]) -> None:
    typed = _TYPED.get(noun)
    if typed is None:
        return
    values = []
    for row in rows:
        if row.record is None:
            continue
        try:
            values.append({**typed.values(row.record), "organisation": organisation, "id": row.id})
        except Refused as fault:
            raise Refused(f"{noun} {row.id} in the ledger: {fault}") from None
    put(conn, typed.table, values)
    if typed is _DOCUMENTS:
        credits = [row.record for row in rows if isinstance(row.record, Document)]
        documents.replace_allocations(conn, organisation, credits)
