"""What the ledger says moved on its bank accounts: each movement once, signed as at the bank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Table, select, true

from worker.books.records import CashRecord
from worker.mirror.rows import DEAD, amount
from worker.mirror.tables import (
    bank_transactions,
    bank_transfers,
    batch_payments,
    contacts,
    payments,
)


def records(
    conn: Connection, organisation: str, account_ids: Sequence[str], since: date | None
) -> tuple[CashRecord, ...]:
    """Every live movement of these accounts dated `since` or later, oldest first.

    A batch counts once and its payments not beside it; a transfer once per leg.
    """
    wanted = frozenset(account_ids)
    found = [
        *_payments(conn, organisation, wanted, since),
        *_bank_transactions(conn, organisation, wanted, since),
        *_transfers(conn, organisation, wanted, since),
    ]
    return tuple(sorted(found, key=lambda r: (r.date, r.id, r.kind)))


def balance(conn: Connection, organisation: str, account_id: str, through: date) -> Decimal:
    """The account's balance from its live movements, at the end of the day `through`.

    In the bank account's currency; journals are not seen, so it ties only where there are none.
    """
    moved = records(conn, organisation, (account_id,), None)
    return sum((record.amount for record in moved if record.date <= through), Decimal(0))


def _payments(
    conn: Connection, organisation: str, wanted: Collection[str], since: date | None
) -> Iterator[CashRecord]:
    """Single payments, and batches with the documents of their payments.

    A batch not read yet is put together from its payments: each says which batch it is in.
    """
    p = payments.c
    # A payment that says its batch is read whatever its day and account: the batch decides.
    asked = (p.batch_id != "") | (p.account_id.in_(wanted) & _from(payments, since))
    batches = {row.id: row for row in _live(conn, organisation, batch_payments)}
    batch_of = {pid: row.id for row in batches.values() for pid in row.payment_ids}
    names = _contact_names(conn, organisation)
    members: dict[str, list[Any]] = defaultdict(list)
    for row in _live(conn, organisation, payments, asked):
        batch_id = row.batch_id or batch_of.get(row.id, "")
        if batch_id:
            members[batch_id].append(row)
        elif _is_wanted(row.account_id, row.date, wanted, since):
            yield CashRecord(
                id=row.id,
                kind="payment",
                account_id=row.account_id,
                date=row.date,
                amount=_bank_amount(row),
                contact_id=row.contact_id,
                contact_name=names.get(row.contact_id, ""),
                reference=row.reference,
                is_reconciled=row.is_reconciled,
                document_ids=(row.document_id,) if row.document_id else (),
            )
    for batch_id in sorted({*batches, *members}):
        record = _batch(batch_id, batches.get(batch_id), members[batch_id], names)
        if _is_wanted(record.account_id, record.date, wanted, since):
            yield record


def _batch(batch_id: str, batch: Any, members: Sequence[Any], names: dict[str, str]) -> CashRecord:
    whole = batch or members[0]
    payees = {row.contact_id for row in members}
    contact_id = payees.pop() if len(payees) == 1 else ""
    return CashRecord(
        id=batch_id,
        kind="batch_payment",
        account_id=whole.account_id or next((r.account_id for r in members if r.account_id), ""),
        date=whole.date,
        amount=amount(batch.amount, batch.currency)
        if batch
        else sum((_bank_amount(row) for row in members), Decimal(0)),
        contact_id=contact_id,
        contact_name=names.get(contact_id, ""),
        reference=whole.reference,
        is_reconciled=batch.is_reconciled if batch else all(row.is_reconciled for row in members),
        document_ids=tuple(sorted({row.document_id for row in members} - {""})),
    )


def _bank_transactions(
    conn: Connection, organisation: str, wanted: Collection[str], since: date | None
) -> Iterator[CashRecord]:
    t = bank_transactions.c
    asked = t.account_id.in_(wanted) & _from(bank_transactions, since)
    for row in _live(conn, organisation, bank_transactions, asked):
        # The legs of a transfer are also listed here by some ledgers; they count as a transfer.
        if row.type.endswith("-TRANSFER"):
            continue
        yield CashRecord(
            id=row.id,
            kind="bank_transaction",
            account_id=row.account_id,
            date=row.date,
            amount=amount(row.amount, row.currency),
            contact_id=row.contact_id,
            contact_name=row.contact_name,
            reference=row.reference,
            is_reconciled=row.is_reconciled,
            coding=row.coding,
        )


def _transfers(
    conn: Connection, organisation: str, wanted: Collection[str], since: date | None
) -> Iterator[CashRecord]:
    for row in _live(conn, organisation, bank_transfers, _from(bank_transfers, since)):
        moved = amount(row.amount, row.currency)
        legs: tuple[tuple[Literal["transfer_out", "transfer_in"], str, Decimal, bool], ...] = (
            ("transfer_out", row.from_account_id, -moved, row.from_reconciled),
            ("transfer_in", row.to_account_id, moved, row.to_reconciled),
        )
        for kind, account_id, signed, ticked in legs:
            if _is_wanted(account_id, row.date, wanted, since):
                yield CashRecord(
                    id=row.id,
                    kind=kind,
                    account_id=account_id,
                    date=row.date,
                    amount=signed,
                    contact_id="",
                    contact_name="",
                    reference=row.reference,
                    is_reconciled=ticked,
                )


def _live(
    conn: Connection, organisation: str, table: Table, which: ColumnElement[bool] | None = None
) -> Sequence[Any]:
    """The rows that still count, without the columns nobody here asks for."""
    t = table.c
    live = (t.organisation == organisation) & t.status.not_in(DEAD)
    if which is not None:
        live = live & which
    columns = [c for c in t if c.name not in ("organisation", "updated")]
    return conn.execute(select(*columns).where(live)).all()


def _from(table: Table, since: date | None) -> ColumnElement[bool]:
    return true() if since is None else table.c.date >= since


def _is_wanted(account_id: str, day: date, wanted: Collection[str], since: date | None) -> bool:
    return account_id in wanted and (since is None or day >= since)


def _bank_amount(row: Any) -> Decimal:
    return Decimal(row.bank_amount).scaleb(-row.bank_decimals)


def _contact_names(conn: Connection, organisation: str) -> dict[str, str]:
    t = contacts.c
    found = conn.execute(select(t.id, t.name).where(t.organisation == organisation))
    return {row.id: row.name for row in found}
