"""The books as their proof reads them: every record that moves money, and what was settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from worker.sandbox.ledger import ID_OF
from worker.sandbox.store import ID_FIELDS, Store
from worker.sandbox.wire import Record, guid, stored

NUMBER_OF = {"Invoices": "InvoiceNumber", "CreditNotes": "CreditNoteNumber"}
LIVE = ("AUTHORISED", "PAID")
HELD_MAX = 10_000
_T = TypeVar("_T")


@dataclass(slots=True)
class Books:
    """All that moves money, and what was paid on and applied to each document."""

    base: str
    documents: Iterable[tuple[str, Record]]
    payments: Iterable[Record]
    bank_transactions: Iterable[Record]
    transfers: list[Record]
    batches: list[Record]
    accounts: dict[str, Record]
    paid: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    applied: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def read_books(store: Store) -> Books:
    books = Books(
        base=str(store.organisation().get("BaseCurrency", "GBP")),
        documents=_held(_Documents(store), sum(store.count(kind) for kind in ID_OF)),
        payments=_held(_Payments(store), store.count("Payments")),
        bank_transactions=_held(_BankTransactions(store), store.count("BankTransactions")),
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


def _held(records: Iterable[_T], count: int) -> Iterable[_T]:
    """A few records are kept at hand; many are read anew for each proof, so memory stays flat."""
    return list(records) if count <= HELD_MAX else records


@dataclass(frozen=True, slots=True)
class _Documents:
    store: Store

    def __iter__(self) -> Iterator[tuple[str, Record]]:
        return ((kind, record) for kind in ID_OF for record in self.store.all(kind))


@dataclass(frozen=True, slots=True)
class _Payments:
    store: Store

    def __iter__(self) -> Iterator[Record]:
        return (p for p in self.store.all("Payments") if p.get("Status") == "AUTHORISED")


@dataclass(frozen=True, slots=True)
class _BankTransactions:
    store: Store

    def __iter__(self) -> Iterator[Record]:
        return self.store.all("BankTransactions")


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
