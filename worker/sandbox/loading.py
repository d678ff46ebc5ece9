"""What one load of books holds while documents, payments and allocations are put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from worker.sandbox.chart import Chart
from worker.sandbox.chart import account as new_account
from worker.sandbox.entries import Document, document
from worker.sandbox.intake import Doubts, label
from worker.sandbox.ledger import Ledger
from worker.sandbox.pile import Pile
from worker.sandbox.settlement import CREDIT_KINDS
from worker.sandbox.store import Store
from worker.sandbox.wire import Record, day_of, guid, set_day

LIVE = ("AUTHORISED", "PAID")
KINDS = ("Invoices", *CREDIT_KINDS)
FALLBACK_DAY = date(2020, 1, 1)
# Where a document keeps what the folder said of it until it is finished; no JSON of Xero's has it.
SAID = "\0said"

# A day, a rank within it (payments, allocations, history; then by id), and what to post.
Move = tuple[str, str, Callable[[], None]]


class Loading:
    """Cleaned books on their way into the store.

    `left` is what is open on each document in minor units, `paid` and `credited` what the records
    at hand explain, `shown` the applications of each credit that only invoices list, `opened` the
    deposits that a bank transaction has posted.
    """

    def __init__(
        self,
        store: Store,
        chart: Chart,
        base: str,
        books: dict[str, Pile],
        doubts: Doubts,
    ) -> None:
        self.store = store
        self.chart = chart
        self.base = base
        self.books = books
        self.doubts = doubts
        self.ledger = Ledger(store, chart, base)
        self.by_number: dict[str, str] = {}
        self.left: dict[str, int] = {}
        self.paid: dict[str, Decimal] = {}
        self.credited: dict[str, Decimal] = {}
        self.shown: dict[tuple[str, str], list[Record]] = {}
        self.opened: set[str] = set()

    def account(self, stub: object, owner: str) -> Record:
        """The account a record moves money on; made where the chart does not know it."""
        named = stub if isinstance(stub, dict) else {}
        found = self.chart.find(named)
        if found is None and not named:
            self.doubts.tell(f"{owner} names no account: it stands on the historical adjustment")
            return self.chart.accounts[self.chart.role("HISTORICAL")]
        if found is None:
            code = str(named.get("Code") or "")
            name = str(named.get("Name") or f"Bank account {code or named.get('AccountID')}")
            found = new_account(code, name, "BANK", "NONE", currency=self.base)
            if named.get("AccountID"):
                found["AccountID"] = guid(named["AccountID"])
            self.doubts.tell(f"{owner} names account {name}, which is not in the chart: supplied")
            self.store.put("Accounts", found)
            self.chart.add(found)
        return found

    def dated(self, kind: str, record: Record) -> date:
        """A record's day, supplied and told when it has none."""
        day = day_of(record.get("Date"))
        if day is None:
            day = FALLBACK_DAY
            self.doubts.tell(f"{label(kind, record)} has no date: {day} is supplied")
            set_day(record, "Date", day)
        return day

    def found(self, kind: str, record_id: str) -> Record:
        """A record that is known to be there, to be changed and put back."""
        found = self.books[kind].get(record_id)
        if found is None:
            raise AssertionError(f"{kind} {record_id} was there a moment ago")
        return found

    def numbered(self, number: object) -> Record | None:
        """The first invoice of a number, in any case."""
        invoice_id = self.by_number.get(str(number or "").lower())
        return None if invoice_id is None else self.found("Invoices", invoice_id)

    def open(self, kind: str, record: Record) -> Document:
        """A document with what is open on it at this point of the load."""
        doc = document(kind, record, self.base)
        left = self.left[doc.id]
        return Document(record, doc.id, kind, doc.currency, left)
