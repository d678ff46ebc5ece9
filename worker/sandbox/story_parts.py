"""The story's own nouns: what a bank prints, what is owed, and what a bookkeeper would do.

Money inside the story is integer pence (or cents) of the document's currency; it becomes a
`Decimal` only where it enters Xero's JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

Expected = Literal["post", "may", "ask", "leave", "rule", "transfer", "explained"]
Json = dict[str, Any]
Day = date  # for records that have a `date` of their own

TAX_PERCENT = {
    "OUTPUT2": 20,
    "INPUT2": 20,
    "RRINPUT": 5,
    "ZERORATEDOUTPUT": 0,
    "ZERORATEDINPUT": 0,
    "EXEMPTOUTPUT": 0,
    "EXEMPTEXPENSES": 0,
    "NONE": 0,
}


@dataclass(frozen=True, slots=True)
class Truth:
    """What a careful bookkeeper would do with one bank line, on the evidence visible.

    `post`: sure, pay these documents. `may`: right to pay them, and right to ask first. `ask`:
    a person must decide; `documents` are then what it turns out to be about. `leave`: no real
    money. `rule`: income or expense for a bank rule. `transfer`: one leg between own accounts.
    `explained`: the ledger holds it already. Amounts are positive, in document currency.
    """

    kind: str
    expected: Expected
    documents: tuple[tuple[str, Decimal], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A statement as the bank lets it be downloaded: account code, file name, bytes."""

    account_code: str
    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Story:
    """A company's books in Xero's own shape, its statement files, and the truth of each line.

    `truths` is keyed by the bank's own id of the line (CSV column, OFX FITID). `feed` holds the
    same lines as the bank feeds them into Xero, where the API does not show them.
    """

    books: dict[str, list[Json]]
    statements: tuple[StatementFile, ...]
    truths: dict[str, Truth]
    feed: tuple[Json, ...] = ()


@dataclass(slots=True)
class BankLine:
    """One row of a statement; `amount` is signed pence, money in positive."""

    account_code: str
    date: Day
    amount: int
    type: str
    text: str
    truth: Truth
    payee: str = ""
    reference: str = ""
    counterparty: str = ""
    bank_reference: str = ""
    repeats_row: bool = False  # the feed printed the row before once more: no money moved


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, supplier or authority, with the habits a bank statement shows."""

    contact_id: str
    name: str
    role: Literal["customer", "supplier", "other"]
    bank_name: str
    pays_by: str = "FPI"
    quotes: str = "INV-{n}"
    terms_days: int = 30
    lag_days: int = 0
    bank_account: str = ""
    batches: bool = False
    cast: bool = False  # kept for a hard case: no business of its own in the last months


@dataclass(frozen=True, slots=True)
class Item:
    """A document line: net of tax unless the document is tax inclusive; `unit` in pence."""

    description: str
    unit: int
    account: str
    tax: str
    quantity: int = 1
    region: str | None = None

    @property
    def amount(self) -> int:
        return self.quantity * self.unit


@dataclass(slots=True, eq=False)
class Doc:
    """An invoice, bill or credit note while the story is being made."""

    id: str
    kind: Literal["ACCREC", "ACCPAY", "ACCRECCREDIT", "ACCPAYCREDIT"]
    person: Person
    date: Day
    due: Day
    items: tuple[Item, ...]
    order: int
    number: str = ""
    reference: str = ""
    inclusive: bool = False
    status: str = "AUTHORISED"
    currency: str = "GBP"
    rate: Decimal = Decimal(1)
    held: bool = False  # a hard case settles it, or leaves it
    paid: int = 0
    credited: int = 0
    last_touch: Day | None = None
    allocations: list[tuple[Doc, int, Day]] = field(default_factory=list)

    @property
    def taxes(self) -> list[int]:
        return [tax_of(item.amount, item.tax, self.inclusive) for item in self.items]

    @property
    def total(self) -> int:
        gross = sum(item.amount for item in self.items)
        return gross if self.inclusive else gross + sum(self.taxes)

    @property
    def due_amount(self) -> int:
        return self.total - self.paid - self.credited


@dataclass(frozen=True, slots=True)
class Days:
    """The story's calendar, counted back from `today`.

    Everything up to `lock` is reconciled, but for the lines that came too late for it. Open
    lines lie in the last six weeks; banks book on weekdays, and not later than yesterday.
    """

    today: date

    @property
    def start(self) -> date:
        return month_start(self.today, -13)

    @property
    def lock(self) -> date:
        return self.today - timedelta(38)

    @property
    def last(self) -> date:
        return back_to_weekday(self.today - timedelta(1))

    def ago(self, days: int) -> date:
        """The first weekday from `days` days ago on, yesterday at the latest."""
        return min(on_to_weekday(self.today - timedelta(days)), self.last)

    def months(self) -> list[date]:
        """The first day of each month of the story, oldest first."""
        return [month_start(self.start, ahead) for ahead in range(14)]


def tax_of(amount: int, tax: str, inclusive: bool) -> int:
    """The tax on a line in pence, rounded half up per line as Xero does."""
    percent = TAX_PERCENT[tax]
    above = amount * percent
    below = 100 + percent if inclusive else 100
    return (2 * above + below) // (2 * below)


def money(pence: int) -> Decimal:
    """Pence as an exact amount with two decimals."""
    return Decimal(pence).scaleb(-2)


def month_start(day: date, months: int = 0) -> date:
    """The first of the month `months` after (before: negative) the month of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def month_end(day: date) -> date:
    return month_start(day, 1) - timedelta(1)


def on_to_weekday(day: date) -> date:
    return day + timedelta(max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def back_to_weekday(day: date) -> date:
    return day - timedelta(max(0, day.weekday() - 4))
