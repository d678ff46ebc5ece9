"""What is open on a document after payments and allocations, and the status that follows.

AmountDue = Total - CISDeduction - AmountPaid - AmountCredited; RemainingCredit likewise. A document
turns PAID at zero and AUTHORISED again when something is taken off (fact sheet 5.5).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from worker.sandbox.errors import Invalid
from worker.sandbox.session import Session
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.wire import (
    ZERO,
    Record,
    day_of,
    guid,
    instant_ms,
    set_day,
    stamp,
    stored,
    wire_day,
)

CREDIT_KINDS = ("CreditNotes", "Overpayments", "Prepayments")
# Payment.PaymentType by what is paid: (sales side, purchases side).
PAYMENT_TYPES = {
    "Invoices": ("ACCRECPAYMENT", "ACCPAYPAYMENT"),
    "CreditNotes": ("ARCREDITPAYMENT", "APCREDITPAYMENT"),
    "Overpayments": ("AROVERPAYMENTPAYMENT", "APOVERPAYMENTPAYMENT"),
    "Prepayments": ("ARPREPAYMENTPAYMENT", "APPREPAYMENTPAYMENT"),
}


def singular(kind: str) -> str:
    """Invoices → Invoice."""
    return kind[:-1]


def is_sales(record: Record) -> bool:
    """Whether a document or deposit stands on the customers' side."""
    return str(record.get("Type", "")).startswith(("ACCREC", "RECEIVE", "AR"))


def recount(kind: str, record: Record) -> None:
    """Work out amounts, status and FullyPaidOnDate anew from what is embedded in the record."""
    paid = sum((stored(p["Amount"]) for p in record.get("Payments") or ()), ZERO)
    owed = stored(record.get("Total")) - stored(record.get("CISDeduction"))
    days = [p.get("Date") for p in record.get("Payments") or ()]
    if kind == "Invoices":
        credits = [c for name in CREDIT_KINDS for c in record.get(name) or ()]
        credited = sum((stored(c["AppliedAmount"]) for c in credits), ZERO)
        record["AmountPaid"], record["AmountCredited"] = paid, credited
        left = record["AmountDue"] = owed - paid - credited
    else:
        credits = record.get("Allocations") or []
        applied = sum((stored(a["Amount"]) for a in credits), ZERO)
        record["AppliedAmount"] = applied
        left = record["RemainingCredit"] = owed - paid - applied
    if record.get("Status") not in ("AUTHORISED", "PAID"):
        return
    record["Status"] = "PAID" if left == 0 else "AUTHORISED"
    record.pop("FullyPaidOnDate", None)
    if left == 0 and kind in ("Invoices", "CreditNotes"):
        days += [c.get("Date") for c in credits]
        last = max((instant_ms(d) or 0 for d in days), default=instant_ms(record["Date"]) or 0)
        record["FullyPaidOnDate"] = f"/Date({last}+0000)/"


def payment_stub(payment: Record) -> Record:
    """A payment as it is embedded in the document it pays (without IsReconciled)."""
    found = {
        "PaymentID": payment["PaymentID"],
        "Date": payment["Date"],
        "Amount": payment["Amount"],
    }
    if payment.get("Reference"):
        found["Reference"] = payment["Reference"]
    if payment.get("BatchPaymentID"):
        found["BatchPaymentID"] = payment["BatchPaymentID"]
    found["CurrencyRate"] = payment.get("CurrencyRate", Decimal(1))
    found.update(HasAccount=True, HasValidationErrors=False)
    return found


def document_stub(kind: str, record: Record) -> Record:
    """A document as it is embedded in a payment."""
    found = {
        "Type": record["Type"],
        ID_FIELDS[kind]: record[ID_FIELDS[kind]],
        "Contact": record.get("Contact") or {},
        "CurrencyCode": record.get("CurrencyCode"),
    }
    for field in ("InvoiceNumber", "CreditNoteNumber"):
        if record.get(field) is not None:
            found[field] = record[field]
    return found


def add_payment(session: Session, kind: str, record: Record, payment: Record) -> None:
    """Store a document with one payment more."""
    record["Payments"] = [*(record.get("Payments") or ()), payment_stub(payment)]
    save(session, kind, record)


def remove_payment(session: Session, kind: str, record: Record, payment_id: str) -> None:
    """Store a document with one payment less."""
    record["Payments"] = [p for p in record.get("Payments") or () if p["PaymentID"] != payment_id]
    save(session, kind, record)


def save(session: Session, kind: str, record: Record) -> None:
    """Recount, stamp and store."""
    recount(kind, record)
    stamp(record, session.now)
    session.store.put(kind, record)


def link_credit(invoice: Record, kind: str, credit: Record, amount: Decimal, day: date) -> None:
    """Show a credit's application on the invoice; one entry per credit, amounts added up."""
    name = ID_FIELDS[kind]
    entries = list(invoice.get(kind) or ())
    known = next((e for e in entries if guid(e.get(name)) == credit[name]), None)
    if known is None:
        known = {name: credit[name], "ID": credit[name], "AppliedAmount": ZERO}
        if credit.get("CreditNoteNumber"):
            known["CreditNoteNumber"] = credit["CreditNoteNumber"]
        known["Total"] = stored(credit.get("Total"))
        set_day(known, "Date", day)
        entries.append(known)
    known["AppliedAmount"] = stored(known["AppliedAmount"]) + amount
    if (day_of(known.get("Date")) or day) < day:
        set_day(known, "Date", day)
    invoice[kind] = entries


def unlink_credit(invoice: Record, kind: str, credit_id: str, amount: Decimal) -> None:
    """Take an application off the invoice again."""
    name = ID_FIELDS[kind]
    entries = []
    for entry in invoice.get(kind) or ():
        left = dict(entry)
        if guid(entry.get(name)) == credit_id:
            left["AppliedAmount"] = stored(entry["AppliedAmount"]) - amount
        if stored(left["AppliedAmount"]) > 0:
            entries.append(left)
    invoice[kind] = entries


def allocation_entry(allocation_id: str, invoice: Record, amount: Decimal, day: date) -> Record:
    """An allocation as it is embedded in the credit."""
    return {
        "AllocationID": allocation_id,
        "Amount": amount,
        "Date": wire_day(day),
        "Invoice": {
            name: invoice[name] for name in ("InvoiceID", "InvoiceNumber") if invoice.get(name)
        },
    }


def find_open(session: Session, kind: str, sent: Record) -> Record:
    """The AUTHORISED document a payment or allocation points to, by id or number.

    Raises Invalid when it is not there, not approved, or settled already.
    """
    name = singular(kind)
    found = None
    if sent.get(ID_FIELDS[kind]):
        found = session.store.get(kind, str(sent[ID_FIELDS[kind]]))
    else:
        number = sent.get("InvoiceNumber" if kind == "Invoices" else "CreditNoteNumber")
        if number:
            alike = session.store.select(
                "kind = ? AND number = ? COLLATE NOCASE AND status NOT IN ('DELETED', 'VOIDED')",
                (kind, str(number)),
            )
            if len(alike) > 1:
                raise Invalid(f"More than one {name} has the number '{number}'; send its ID")
            found = alike[0] if alike else None
    if found is None:
        raise Invalid(f"{name} could not be found")
    if found.get("Status") == "PAID":
        raise Invalid("Payment amount exceeds the amount outstanding on this document")
    if found.get("Status") != "AUTHORISED":
        raise Invalid(f"{name} not of valid status for payment")
    return found
