"""What the ledger is made of: entries, exact sharing, documents as the ledger sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from worker.sandbox.wire import Record, stored, to_minor

# Which way a document moves its control account: +1 debit, -1 credit.
SIDES = {
    "ACCREC": ("DEBTORS", 1),
    "ACCPAY": ("CREDITORS", -1),
    "ACCRECCREDIT": ("DEBTORS", -1),
    "ACCPAYCREDIT": ("CREDITORS", 1),
    "RECEIVE-OVERPAYMENT": ("DEBTORS", -1),
    "AROVERPAYMENT": ("DEBTORS", -1),
    "SPEND-OVERPAYMENT": ("CREDITORS", 1),
    "APOVERPAYMENT": ("CREDITORS", 1),
    "RECEIVE-PREPAYMENT": ("DEPOSITS_HELD", -1),
    "ARPREPAYMENT": ("DEPOSITS_HELD", -1),
    "SPEND-PREPAYMENT": ("DEPOSITS_PAID", 1),
    "APPREPAYMENT": ("DEPOSITS_PAID", 1),
}
ID_OF = {
    "Invoices": "InvoiceID",
    "CreditNotes": "CreditNoteID",
    "Overpayments": "OverpaymentID",
    "Prepayments": "PrepaymentID",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger; `amount` base minor units, debit +; `foreign` minor of `currency`."""

    account_id: str
    amount: int
    foreign: int
    currency: str
    basis: str = "both"
    contact_id: str | None = None
    tax_type: str | None = None
    tracking: str | None = None
    settles: str | None = None


def share(total: int, weights: Sequence[int]) -> list[int]:
    """`total` split in proportion to signed weights, exactly; the largest remainders take the rest.

    >>> share(100, [1, 1, 1])
    [34, 33, 33]
    """
    whole = sum(weights)
    if whole == 0:
        return [total if place == 0 else 0 for place in range(len(weights))]
    parts = [divmod(total * weight, whole) for weight in weights]
    found = [quotient for quotient, _ in parts]
    order = sorted(range(len(parts)), key=lambda place: abs(parts[place][1]), reverse=True)
    for place in order[: total - sum(found)]:
        found[place] += 1
    return found


def in_base(amount: Decimal, currency: str, base: str, rate: Decimal) -> int:
    """Base-currency minor units of an amount in `currency`."""
    return to_minor(amount if currency == base else amount / rate, base)


def rate_of(record: Record) -> Decimal:
    """A record's CurrencyRate; 1 when absent or not above zero."""
    rate = stored(record.get("CurrencyRate") or 1)
    return rate if rate > 0 else Decimal(1)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as the ledger sees it; `outstanding` is what is open, in minor units."""

    record: Record
    id: str
    kind: str
    currency: str
    outstanding: int

    @property
    def side(self) -> tuple[str, int]:
        return SIDES[self.record["Type"]]

    @property
    def contact_id(self) -> str | None:
        return (self.record.get("Contact") or {}).get("ContactID")


def document(kind: str, record: Record, base: str) -> Document:
    """Wrap a stored Invoice, CreditNote, Overpayment or Prepayment."""
    currency = record.get("CurrencyCode") or base
    left = record.get("AmountDue" if kind == "Invoices" else "RemainingCredit")
    return Document(record, record[ID_OF[kind]], kind, currency, to_minor(stored(left), currency))
