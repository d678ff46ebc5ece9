"""Loading documents: posted when approved, and worked out anew when all is applied."""

from __future__ import annotations

from worker.sandbox.entries import SIDES, rate_of
from worker.sandbox.intake import label
from worker.sandbox.loading import LIVE, Loading
from worker.sandbox.settlement import CREDIT_KINDS, is_sales, recount, singular
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.wire import Record, stored, to_minor

_TYPE_BY_KIND = {
    "Invoices": "ACCREC",
    "CreditNotes": "ACCRECCREDIT",
    "Overpayments": "RECEIVE-OVERPAYMENT",
    "Prepayments": "RECEIVE-PREPAYMENT",
}


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
    names = ("Payments", *(CREDIT_KINDS if kind == "Invoices" else ("Allocations",)))
    load.said[found_id] = {**record, **{n: record.get(n) or [] for n in names}}
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


def finish(load: Loading, kind: str, record: Record) -> None:
    """Recount a document, and tell where it said otherwise."""
    said = load.said[record[ID_FIELDS[kind]]]
    recount(kind, record)
    field = "AmountDue" if kind == "Invoices" else "RemainingCredit"
    if field in said and said[field] != record[field] and record["Status"] in LIVE:
        load.doubts.tell(
            f"{label(kind, record)}: {field} is {said[field]}, but its total less payments, "
            f"credits and deductions is {record[field]}"
        )
    if said["Status"] == "PAID" and record["Status"] != "PAID":
        load.doubts.tell(f"{label(kind, record)} is PAID in the books, with {record[field]} open")
