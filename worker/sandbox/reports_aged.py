"""One contact's open documents as at a day, receivable or payable.

Xero's report lists documents and puts them in no age bands; it takes one contact a call (fact
sheet 7.1). Amounts are in each document's own currency.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from worker.sandbox.errors import refusal
from worker.sandbox.reports_figures import Asked, Figures
from worker.sandbox.reports_rows import header, long_day, report, row, section, summary
from worker.sandbox.store import Store
from worker.sandbox.wire import ZERO, Record, guid, record_day, stored

_CREDITS = {
    "CreditNotes": ("CreditNoteID", "CreditNoteNumber"),
    "Overpayments": ("OverpaymentID", ""),
    "Prepayments": ("PrepaymentID", ""),
}


Day = date


@dataclass(frozen=True, slots=True)
class Open:
    """What was owed on one document at the day asked for; credits are negative throughout."""

    id: str
    number: str
    date: Day
    due_date: Day | None
    total: Decimal
    paid: Decimal
    credited: Decimal

    @property
    def due(self) -> Decimal:
        return self.total - self.paid - self.credited

    @property
    def amounts(self) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Total, paid, credited, due: the report's last four columns."""
        return self.total, self.paid, self.credited, self.due


def aged_by_contact(figures: Figures, asked: Asked, today: date, *, receivable: bool) -> Record:
    """The contact's documents still owing at `date`, those before `fromDate` in one opening sum.

    Raises ApiError 400 without a contactId, or with one that is not known.
    """
    contact_id = asked.text("contactId")
    if contact_id is None:
        raise refusal("The contactId parameter is required")
    contact = figures.store.get("Contacts", guid(contact_id))
    if contact is None:
        raise refusal("The contactId is not a contact of this organisation")
    as_at = asked.day("date") or today
    first, last = asked.day("fromDate"), asked.day("toDate") or as_at
    found = [
        doc
        for doc in open_documents(figures.store, guid(contact_id), as_at, receivable=receivable)
        if doc.due and doc.date <= last
    ]
    listed = sorted((d for d in found if first is None or d.date >= first), key=_order)
    opening = sum((doc.due for doc in found if first and doc.date < first), ZERO)
    name = "AgedReceivablesByContact" if receivable else "AgedPayablesByContact"
    start = first or (listed[0].date if listed else last)
    totals = [sum((doc.amounts[place] for doc in listed), ZERO) for place in range(4)]
    closing = [*totals[:3], opening + totals[3]]
    listing = [*(_line(doc, as_at) for doc in listed), summary("Total", _amounts(totals))]
    rows = [
        header("Date", "Number", "Due Date", "", "Total", "Paid", "Credited", "Due"),
        section("", [row(_iso(start), ["Opening Balance", "", "", "", "", "", f"{opening:.2f}"])]),
        section("", listing),
        section("", [summary("Closing Balance", _amounts(closing))]),
    ]
    titles = [
        str(contact["Name"]),
        f"From {long_day(start)} to {long_day(last)}",
        f"Showing payments to {long_day(as_at)}",
    ]
    title = "Aged Receivables By Contact" if receivable else "Aged Payables By Contact"
    made = report(name, title, titles, today, rows)
    made["ReportTitles"][0] = "Invoices" if receivable else "Bills"
    return made


def open_documents(
    store: Store, contact_id: str, as_at: date, *, receivable: bool
) -> Iterator[Open]:
    """Every document of the contact on one side, with what was settled up to `as_at`."""
    credits = [
        (kind, record)
        for kind in _CREDITS
        for record in store.select("kind = ? AND contact_id = ?", (kind, contact_id))
    ]
    applied: dict[str, Decimal] = {}
    for _, record in credits:
        for allocation in _until(record.get("Allocations") or [], as_at):
            target = guid(allocation["Invoice"]["InvoiceID"])
            applied[target] = applied.get(target, ZERO) + stored(allocation["Amount"])
    wanted = "ACCREC" if receivable else "ACCPAY"
    for doc in store.select(
        "kind = 'Invoices' AND contact_id = ? AND type = ? AND status IN ('AUTHORISED', 'PAID')",
        (contact_id, wanted),
    ):
        day = record_day(doc)
        if day is None or day > as_at:
            continue
        key = guid(doc["InvoiceID"])
        total = stored(doc.get("Total")) - stored(doc.get("CISDeduction"))
        yield Open(
            key,
            str(doc.get("InvoiceNumber") or ""),
            day,
            record_day(doc, "DueDate"),
            total,
            _paid(store, key, as_at),
            applied.get(key, ZERO),
        )
    for kind, record in credits:
        day = record_day(record)
        if day is None or day > as_at or _is_receivable(record) != receivable:
            continue
        if record.get("Status") not in ("AUTHORISED", "PAID") or kind == "Prepayments":
            continue  # deposits are not on the control account (accounting rules, section 7)
        id_field, number_field = _CREDITS[kind]
        key = guid(record[id_field])
        used = sum(
            (stored(a["Amount"]) for a in _until(record.get("Allocations") or [], as_at)), ZERO
        )
        number = str(record.get(number_field) or "") or kind.removesuffix("s")
        total, refunded = stored(record.get("Total")), _paid(store, key, as_at)
        yield Open(key, number, day, None, -total, -refunded, -used)


def _paid(store: Store, document_id: str, as_at: date) -> Decimal:
    payments = store.select(
        "kind = 'Payments' AND document_id = ? AND status = 'AUTHORISED'", (document_id,)
    )
    return sum((stored(payment["Amount"]) for payment in _until(payments, as_at)), ZERO)


def _until(records: list[Record], as_at: date) -> Iterator[Record]:
    for record in records:
        day = record_day(record)
        if (day is None or day <= as_at) and not record.get("IsDeleted"):
            yield record


def _is_receivable(record: Record) -> bool:
    """Customer credits: credit notes to them, and money received ahead of or above an invoice."""
    return str(record.get("Type") or "").startswith(("ACCREC", "RECEIVE", "AR"))


def _line(doc: Open, as_at: date) -> Record:
    late = (as_at - doc.due_date).days if doc.due_date else 0
    overdue = f"{late} day{'s' if late != 1 else ''} overdue" if late > 0 else ""
    due = _iso(doc.due_date) if doc.due_date else ""
    texts = [f"{amount:.2f}" for amount in doc.amounts]
    return row(_iso(doc.date), [doc.number, due, overdue, *texts], ("invoiceID", doc.id))


def _order(doc: Open) -> tuple[date, str]:
    return doc.date, doc.number


def _amounts(amounts: list[Decimal]) -> list[str]:
    """The cells of a total, which has no number and no dates."""
    return ["", "", "", *(f"{amount:.2f}" for amount in amounts)]


def _iso(day: date) -> str:
    return f"{day.isoformat()}T00:00:00"
