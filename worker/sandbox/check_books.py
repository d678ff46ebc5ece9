"""The books as their proof reads them: every record that moves money, and what was settled."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from worker.sandbox.ledger import ID_OF
from worker.sandbox.store import ID_FIELDS, Store
from worker.sandbox.wire import Record, guid, stored

NUMBER_OF = {"Invoices": "InvoiceNumber", "CreditNotes": "CreditNoteNumber"}
LIVE = ("AUTHORISED", "PAID")


@dataclass(slots=True)
class Books:
    """All that moves money, and what was paid on and applied to each document."""

    base: str
    documents: list[tuple[str, Record]]
    payments: list[Record]
    bank_transactions: list[Record]
    transfers: list[Record]
    batches: list[Record]
    accounts: dict[str, Record]
    paid: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    applied: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def read_books(store: Store) -> Books:
    books = Books(
        base=str(store.organisation().get("BaseCurrency", "GBP")),
        documents=[(kind, record) for kind in ID_OF for record in store.all(kind)],
        payments=[p for p in store.all("Payments") if p.get("Status") == "AUTHORISED"],
        bank_transactions=list(store.all("BankTransactions")),
        transfers=list(store.all("BankTransfers")),
        batches=list(store.all("BatchPayments")),
        accounts={str(account["AccountID"]): account for account in store.all("Accounts")},
    )
    for payment in books.payments:
        books.paid[paid_document(payment)] += stored(payment.get("Amount"))
    for kind, record in books.documents:
        for allocation in record.get("Allocations") or () if kind != "Invoices" else ():
            amount = stored(allocation.get("Amount"))
            books.applied[id_of(kind, record)] += amount
            books.applied[guid(allocation["Invoice"]["InvoiceID"])] += amount
    return books


def is_inflow(payment: Record) -> bool:
    """Invoices bring money from customers; refunds of credits go the other way."""
    kind = str(payment.get("PaymentType"))
    return kind.startswith(("ACCREC", "AP"))


def paid_document(payment: Record) -> str:
    for kind, name in ID_OF.items():
        found = payment.get(kind[:-1])
        if found and found.get(name):
            return guid(found[name])
    return ""


def control(store: Store, name: str) -> str:
    return str(store.system_account(name)["AccountID"])


def id_of(kind: str, record: Record) -> str:
    return guid(record[ID_FIELDS[kind]])


def name_of(kind: str, record: Record) -> str:
    number = record.get(NUMBER_OF.get(kind, "")) or record[ID_FIELDS[kind]]
    return f"{kind[:-1]} {number}"


def currency_of(record: Record, books: Books) -> str:
    return str(record.get("CurrencyCode") or books.base)
