"""Customers and suppliers as last seen."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from worker.books.records import Contact
from worker.mirror.tables import contacts

_FIELDS = (
    "id", "name", "status", "first_name", "last_name", "email", "account_number", "bank_accounts",
    "groups", "merged_into", "is_customer", "is_supplier",
)  # fmt: skip


def values(contact: Contact) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in _FIELDS}


def all_contacts(conn: Connection, organisation: str) -> tuple[Contact, ...]:
    """Every contact, archived and missing ones too, by id."""
    t = contacts.c
    found = select(*(t[name] for name in _FIELDS)).where(t.organisation == organisation)
    return tuple(Contact(*row) for row in conn.execute(found.order_by(t.id)))
