"""Open documents by contact, currency and age: the models of the aged reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from worker.books.money import ZERO
from worker.books.records import DocumentKind, Side

# A field named `date` hides the type of that name inside its own class.
Day = date

BUCKETS = ("Current", "1-30", "31-60", "61-90", "90+")
_BUCKET_ENDS = (0, 30, 60, 90)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Money at the bank that a proposal would pay a document with; positive, document currency."""

    amount: Decimal
    text: str
    """What waits, with its amounts: "£600.00 at the bank on 3 March 2026"."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A payment the ledger still counts although the bank took it back."""

    amount: Decimal
    day: Day
    text: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One open document; `open` is positive, also of a credit."""

    document_id: str
    number: str
    reference: str
    kind: DocumentKind
    contact_id: str
    contact_name: str
    date: Day
    due_date: Day
    currency: str
    total: Decimal
    open: Decimal
    days_overdue: int
    """Days after the due date at the day of the report; zero or less while not due."""
    waiting: Waiting | None = None

    @property
    def bucket(self) -> int:
        """Index into BUCKETS."""
        return bucket_of(self.days_overdue)

    @property
    def overdue(self) -> Decimal:
        """What is late and not already waiting at the bank."""
        if self.kind != "invoice" or self.days_overdue <= 0:
            return ZERO
        return max(ZERO, self.open - (self.waiting.amount if self.waiting else ZERO))


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact in one currency; `unapplied` (credit notes, overpayments) is zero or negative."""

    contact_id: str
    name: str
    buckets: tuple[Decimal, ...]
    unapplied: Decimal
    total: Decimal
    waiting: Decimal
    overdue: Decimal
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class AgedTable:
    """One currency: contacts by total, largest first, and their sums."""

    currency: str
    rows: tuple[ContactRow, ...]
    deposits: tuple[Item, ...]
    base_value: Decimal | None
    """`total` at the documents' own rates, in base currency; None where a rate is missing."""

    @property
    def buckets(self) -> tuple[Decimal, ...]:
        return tuple(sum((row.buckets[i] for row in self.rows), ZERO) for i in range(len(BUCKETS)))

    @property
    def unapplied(self) -> Decimal:
        return sum((row.unapplied for row in self.rows), ZERO)

    @property
    def total(self) -> Decimal:
        """What the control account should hold of this currency."""
        return sum((row.total for row in self.rows), ZERO)

    @property
    def waiting(self) -> Decimal:
        return sum((row.waiting for row in self.rows), ZERO)

    @property
    def overdue(self) -> Decimal:
        """Late and not already waiting at the bank."""
        return sum((row.overdue for row in self.rows), ZERO)

    @property
    def deposits_held(self) -> Decimal:
        """Prepayments not yet used: on an account of their own, never in `total`."""
        return sum((item.open for item in self.deposits), ZERO)


@dataclass(frozen=True, slots=True)
class Bounced:
    """A document the ledger shows as paid although the bank took the money back."""

    document_id: str
    number: str
    contact_name: str
    currency: str
    returned: Returned


@dataclass(frozen=True, slots=True)
class Stale:
    """A document whose own amount due is not what its payments and allocations leave."""

    document_id: str
    number: str
    contact_name: str
    currency: str
    computed: Decimal
    stated: Decimal


@dataclass(frozen=True, slots=True)
class Aged:
    """Who owes (or is owed) what, and since when, as at one day."""

    side: Side
    as_of: date
    base_currency: str
    tables: tuple[AgedTable, ...]
    """The base currency first, then the others by code; never added together."""
    bounced: tuple[Bounced, ...]
    stale: tuple[Stale, ...]

    @property
    def base(self) -> AgedTable:
        """The table in base currency, empty where nothing is open in it."""
        found = [table for table in self.tables if table.currency == self.base_currency]
        return found[0] if found else AgedTable(self.base_currency, (), (), ZERO)

    @property
    def oldest(self) -> tuple[Item, ...]:
        """Late documents, the longest overdue first; money already waiting is not late."""
        late = (item for item in self._items() if item.overdue)
        return tuple(sorted(late, key=lambda item: (-item.days_overdue, -item.open, item.number)))

    @property
    def newly_overdue(self) -> tuple[Item, ...]:
        """Documents that became late in the last 30 days, the largest first."""
        late = (item for item in self._items() if item.overdue and item.days_overdue <= 30)
        return tuple(sorted(late, key=lambda item: (-item.overdue, item.number)))

    @property
    def waiting(self) -> tuple[Item, ...]:
        """Open documents with money for them already at the bank."""
        return tuple(item for item in self._items() if item.waiting)

    def _items(self) -> list[Item]:
        return [item for table in self.tables for row in table.rows for item in row.items]


def bucket_of(days_overdue: int) -> int:
    """Which of BUCKETS: 0 and less is current, 1 to 30, 31 to 60, 61 to 90, more."""
    return sum(days_overdue > end for end in _BUCKET_ENDS)
