"""Invoices, bills, credit notes, overpayments and prepayments: one table, one noun."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from worker.books.records import Allocation, Document
from worker.mirror.rows import amount, minor, pieces
from worker.mirror.tables import allocations, documents

_FIELDS = (
    "id", "side", "kind", "number", "reference", "contact_id", "contact_name", "date", "due_date",
    "currency", "total", "due", "status", "paid", "credited", "cis_deduction", "currency_rate",
    "coding", "descriptions", "sent", "updated",
)  # fmt: skip
_MONEY = ("total", "due", "paid", "credited", "cis_deduction")


def open_documents(conn: Connection, organisation: str) -> tuple[Document, ...]:
    """What money can be allocated to now, oldest first."""
    t = documents.c
    return _documents(conn, organisation, (t.status == "AUTHORISED") & (t.due > 0))


def counting(conn: Connection, organisation: str) -> tuple[Document, ...]:
    """Every document that counts in the books, open or settled, oldest first."""
    return _documents(conn, organisation, documents.c.status.in_(("AUTHORISED", "PAID")))


def by_ids(conn: Connection, organisation: str, ids: Iterable[str]) -> tuple[Document, ...]:
    """The documents of these ids, whatever their status; an unknown id is simply absent."""
    wanted = sorted(set(ids))
    found: list[Document] = []
    for piece in pieces(wanted):
        found += _documents(conn, organisation, documents.c.id.in_(piece))
    return tuple(found)


def named(conn: Connection, organisation: str, what: str) -> tuple[Document, ...]:
    """The documents that count in the books and have this number or id."""
    t = documents.c
    counts = t.status.in_(("AUTHORISED", "PAID"))
    return _documents(conn, organisation, counts & ((t.number == what) | (t.id == what)))


def values(document: Document) -> dict[str, Any]:
    found = {name: getattr(document, name) for name in _FIELDS}
    for name in _MONEY:
        found[name] = minor(found[name], document.currency)
    return found


def replace_allocations(conn: Connection, organisation: str, changed: Sequence[Document]) -> None:
    """Where these credits went, as a whole: one taken back leaves no trace."""
    credits = [document for document in changed if document.is_credit]
    for piece in pieces([credit.id for credit in credits]):
        conn.execute(
            delete(allocations).where(
                allocations.c.organisation == organisation, allocations.c.credit_id.in_(piece)
            )
        )
    rows = [
        {
            "organisation": organisation,
            "credit_id": credit.id,
            "position": position,
            "id": each.id,
            "document_id": each.document_id,
            "amount": minor(each.amount, credit.currency),
            "date": each.date,
        }
        for credit in credits
        for position, each in enumerate(credit.allocations)
    ]
    if rows:
        conn.execute(insert(allocations), rows)


def _documents(
    conn: Connection, organisation: str, which: ColumnElement[bool]
) -> tuple[Document, ...]:
    t = documents.c
    mine = (t.organisation == organisation) & which
    rows = conn.execute(
        select(*(t[name] for name in _FIELDS)).where(mine).order_by(t.date, t.id)
    ).all()
    went = _allocations(conn, organisation, mine)
    return tuple(_document(row, went) for row in rows)


def _allocations(
    conn: Connection, organisation: str, mine: ColumnElement[bool]
) -> Mapping[str, list[Allocation]]:
    a, d = allocations.c, documents.c
    of_these = (d.organisation == a.organisation) & (d.id == a.credit_id)
    found: dict[str, list[Allocation]] = defaultdict(list)
    for row in conn.execute(
        select(a.credit_id, a.id, a.document_id, a.amount, a.date, d.currency)
        .join_from(allocations, documents, of_these)
        .where(a.organisation == organisation, mine)
        .order_by(a.credit_id, a.position)
    ):
        found[row.credit_id].append(
            Allocation(row.id, row.document_id, amount(row.amount, row.currency), row.date)
        )
    return found


def _document(row: Any, went: Mapping[str, list[Allocation]]) -> Document:
    (
        id, side, kind, number, reference, contact_id, contact_name, date, due_date, currency,
        total, due, status, paid, credited, cis, rate, coding, descriptions, sent, updated,
    ) = row  # fmt: skip
    return Document(
        id=id,
        side=side,
        kind=kind,
        number=number,
        reference=reference,
        contact_id=contact_id,
        contact_name=contact_name,
        date=date,
        due_date=due_date,
        currency=currency,
        total=amount(total, currency),
        due=amount(due, currency),
        status=status,
        paid=amount(paid, currency),
        credited=amount(credited, currency),
        cis_deduction=amount(cis, currency),
        currency_rate=rate,
        coding=coding,
        descriptions=descriptions,
        allocations=tuple(went.get(id, ())),
        sent=sent,
        updated=updated,
    )
