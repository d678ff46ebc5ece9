"""Loading documents: posted when approved, and worked out anew when all is applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from worker.sandbox.entries import SIDES, rate_of
from worker.sandbox.intake import label
from worker.sandbox.loading import LIVE, SAID, Loading
from worker.sandbox.settlement import CREDIT_KINDS, is_sales, recount, singular
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.wire import Record, guid, stored, to_minor

_TYPE_BY_KIND = {
    "Invoices": "ACCREC",
    "CreditNotes": "ACCRECCREDIT",
    "Overpayments": "RECEIVE-OVERPAYMENT",
    "Prepayments": "RECEIVE-PREPAYMENT",
}
_SAID = frozenset(
    "Status AmountDue RemainingCredit AmountPaid AmountCredited FullyPaidOnDate".split()
)


def document_of(load: Loading, kind: str, record: Record) -> None:
    """Fill a document in, remember what it said of itself, and post it when approved."""
    record.setdefault("Type", _TYPE_BY_KIND[kind])
    if record["Type"] not in SIDES:
        load.doubts.tell(f"{label(kind, record)}: Type {record['Type']!r} is not known")
        record["Type"] = _TYPE_BY_KIND[kind]
    load.dated(kind, record)
    record.setdefault("Contact", {})
    record["CurrencyRate"] = rate_of(record)
    status = str(record.setdefault("Status", "AUTHORISED")).upper()
    record["Status"] = status
    found_id = record[ID_FIELDS[kind]]
    said = {field: record[field] for field in _SAID if field in record}
    if kind == "Invoices":
        _shown(load, record)
    else:
        said["Allocations"] = record.get("Allocations") or []
    record[SAID] = said
    names = ("Payments", *(CREDIT_KINDS if kind == "Invoices" else ("Allocations",)))
    record.update({name: [] for name in names})
    record.setdefault("HasAttachments", False)
    owed = stored(record.get("Total")) - stored(record.get("CISDeduction"))
    load.left[found_id] = to_minor(owed, record["CurrencyCode"])
    if status not in LIVE:
        return
    if kind in ("Invoices", "CreditNotes"):
        load.ledger.approve(kind, record)
    elif found_id not in load.opened:
        load.doubts.tell(
            f"{label(kind, record)} has no bank transaction behind it: its money stands on "
            "the historical adjustment"
        )
        opening = {**record, "BankTransactionID": found_id}
        if not record["Type"].startswith(("RECEIVE", "SPEND")):
            side = "RECEIVE" if is_sales(record) else "SPEND"
            opening["Type"] = f"{side}-{singular(kind).upper()}"
        historical = dict(load.chart.accounts[load.chart.role("HISTORICAL")])
        historical["CurrencyCode"] = record["CurrencyCode"]
        load.ledger.bank_money(opening, historical, found_id)


def _shown(load: Loading, invoice: Record) -> None:
    """Note an invoice's number, and which credits it says were applied to it."""
    if invoice["Status"] not in ("VOIDED", "DELETED") and invoice.get("InvoiceNumber"):
        number = str(invoice["InvoiceNumber"]).lower()
        load.by_number.setdefault(number, invoice["InvoiceID"])
    for kind in CREDIT_KINDS:
        for stub in invoice.get(kind) or ():
            if isinstance(stub, dict):
                applied = {
                    "Amount": stub.get("AppliedAmount"),
                    "Date": stub.get("Date"),
                    "Invoice": {"InvoiceID": invoice["InvoiceID"]},
                }
                load.shown.setdefault((kind, guid(stub.get(ID_FIELDS[kind]))), []).append(applied)


def finished(load: Loading, kind: str, records: Iterable[Record]) -> Iterator[Record]:
    """The documents as they are kept."""
    for record in records:
        _finish(load, kind, record)
        yield record


def _finish(load: Loading, kind: str, record: Record) -> None:
    """Recount a document, and tell where it said otherwise."""
    said = record.pop(SAID)
    recount(kind, record)
    field = "AmountDue" if kind == "Invoices" else "RemainingCredit"
    if field in said and said[field] != record[field] and record["Status"] in LIVE:
        load.doubts.tell(
            f"{label(kind, record)}: {field} is {said[field]}, but its total less payments, "
            f"credits and deductions is {record[field]}"
        )
    if said["Status"] == "PAID" and record["Status"] != "PAID":
        load.doubts.tell(f"{label(kind, record)} is PAID in the books, with {record[field]} open")
