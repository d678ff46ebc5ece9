"""Payments as last seen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from worker.books.records import Payment
from worker.mirror.rows import amount, minor, minor_with_decimals
from worker.mirror.tables import payments

_FIELDS = (
    "id", "document_id", "document_kind", "side", "account_id", "contact_id", "date", "amount",
    "bank_amount", "currency", "reference", "is_reconciled", "status", "batch_id", "updated",
)  # fmt: skip


def values(payment: Payment) -> dict[str, Any]:
    found = {name: getattr(payment, name) for name in _FIELDS}
    found["amount"] = minor(payment.amount, payment.currency)
    found["bank_amount"], found["bank_decimals"] = minor_with_decimals(
        payment.bank_amount, payment.currency
    )
    return found


def all_payments(conn: Connection, organisation: str) -> tuple[Payment, ...]:
    """Every payment, deleted ones too, oldest first."""
    t = payments.c
    rows = conn.execute(
        select(payments).where(t.organisation == organisation).order_by(t.date, t.id)
    )
    return tuple(_payment(row) for row in rows)


def _payment(row: Any) -> Payment:
    return Payment(
        id=row.id,
        document_id=row.document_id,
        document_kind=row.document_kind,
        side=row.side,
        account_id=row.account_id,
        contact_id=row.contact_id,
        date=row.date,
        amount=amount(row.amount, row.currency),
        bank_amount=Decimal(row.bank_amount).scaleb(-row.bank_decimals),
        currency=row.currency,
        reference=row.reference,
        is_reconciled=row.is_reconciled,
        status=row.status,
        batch_id=row.batch_id,
        updated=row.updated,
    )
