"""The chart of accounts as last seen."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from worker.books.records import Account
from worker.mirror.tables import accounts

_FIELDS = (
    "id", "code", "name", "type", "kind", "status", "currency", "tax_type",
    "bank_account_number", "takes_payments", "system",
)  # fmt: skip


def values(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in _FIELDS}


def all_accounts(conn: Connection, organisation: str) -> tuple[Account, ...]:
    """Every account, whatever its status, by code."""
    t = accounts.c
    found = select(*(t[name] for name in _FIELDS)).where(t.organisation == organisation)
    return tuple(Account(*row) for row in conn.execute(found.order_by(t.code, t.id)))


def bank_accounts(conn: Connection, organisation: str) -> tuple[Account, ...]:
    """The accounts bank lines can belong to."""
    return tuple(account for account in all_accounts(conn, organisation) if account.is_bank)
