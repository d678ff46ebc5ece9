"""Payments: created or deleted, never changed (fact sheet 5.8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from worker.sandbox.chart import account_stub
from worker.sandbox.errors import Invalid
from worker.sandbox.ledger import SIDES, document, rate_of
from worker.sandbox.session import Session
from worker.sandbox.settlement import (
    PAYMENT_TYPES,
    add_payment,
    document_stub,
    find_open,
    is_sales,
    remove_payment,
    singular,
)
from worker.sandbox.wire import (
    Record,
    day_of,
    exponent_of,
    flag,
    number,
    rounded,
    stamp,
    to_minor,
    wire_day,
)

TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"


def save(session: Session, sent: Record, record_id: str | None, create_only: bool) -> Record:
    """Create one payment, or delete one by `Status: DELETED`; raises Invalid."""
    given = None if create_only else record_id or sent.get("PaymentID")
    if given:
        return _delete_one(session, str(given), sent)
    kind, record = _target(session, sent)
    day = session.day(sent, "Date")
    return create(session, kind, record, sent, day, session.money(sent))


def _target(session: Session, sent: Record) -> tuple[str, Record]:
    """The open document a payment names; a number at the top level is accepted too."""
    for kind in PAYMENT_TYPES:
        named = sent.get(singular(kind))
        if isinstance(named, dict) and any(named.values()):
            if kind == "Invoices" and str(named.get("Type", "")).endswith("CREDIT"):
                # Some clients embed a credit note under Invoice, as payment lists show it.
                kind = "CreditNotes"
                named = {"CreditNoteID": named.get("InvoiceID")}
            return kind, find_open(session, kind, named)
    if sent.get("InvoiceNumber"):
        return "Invoices", find_open(session, "Invoices", sent)
    if sent.get("CreditNoteNumber"):
        return "CreditNotes", find_open(session, "CreditNotes", sent)
    raise Invalid("The payment must name an Invoice, CreditNote, Prepayment or Overpayment")


def paying_account(session: Session, sent: Record) -> Record:
    named = sent.get("Account")
    if not isinstance(named, dict):
        named = {"Code": sent.get("Code")}
    found = session.chart.find(named)
    if found is None or found.get("Status") != "ACTIVE":
        raise Invalid("Account could not be found")
    if found.get("Type") != "BANK" and not flag(found.get("EnablePaymentsToAccount")):
        raise Invalid(
            "The account must be a bank account or have Enable payments to this account switched on"
        )
    return found


def create(
    session: Session,
    kind: str,
    record: Record,
    sent: Record,
    day: date,
    amount: Decimal,
    batch: Record | None = None,
) -> Record:
    """Pay `amount` on an open document and post it; raises Invalid."""
    account = paying_account(session, sent)
    session.check_open(day)
    if day < (day_of(record["Date"]) or day) and not session.readings.early_payments:
        raise Invalid("The payment date cannot be before the date of the document")
    doc = document(kind, record, session.base)
    if to_minor(amount, doc.currency) > doc.outstanding:
        raise Invalid(TOO_MUCH)
    held = account.get("CurrencyCode") or session.base
    if held not in (doc.currency, session.base) or (
        doc.currency == session.base and held != session.base
    ):
        raise Invalid(
            "The currency of the bank account must match the currency of the document or the "
            "organisation"
        )
    rate = (
        _rate(session, record, sent, amount, held) if doc.currency != session.base else Decimal(1)
    )
    moved = amount if held == doc.currency else rounded(amount / rate, exponent_of(held))
    payment: Record = {
        "PaymentID": session.store.new_id(),
        "Date": wire_day(day),
        "BankAmount": moved,
        "Amount": amount,
        "Reference": str(sent.get("Reference") or ""),
        "CurrencyRate": rate,
        "PaymentType": PAYMENT_TYPES[kind][0 if is_sales(record) else 1],
        "Status": "AUTHORISED",
    }
    if batch is not None:
        payment["BatchPaymentID"] = batch["BatchPaymentID"]
        payment["BatchPayment"] = batch_stub(batch)
    payment.update(
        HasAccount=True,
        IsReconciled=bool(flag(sent.get("IsReconciled"))),
        Account={**account_stub(account), "CurrencyCode": held},
    )
    payment[singular(kind)] = document_stub(kind, record)
    payment["HasValidationErrors"] = False
    stamp(payment, session.now)
    bank = session.ledger.bank_entry(account, moved, SIDES[record["Type"]][1], rate, doc.contact_id)
    session.ledger.pay(
        payment["PaymentID"], day.isoformat(), doc, to_minor(amount, doc.currency), bank
    )
    session.store.put("Payments", payment)
    add_payment(session, kind, record, payment)
    return payment


def _rate(session: Session, record: Record, sent: Record, amount: Decimal, held: str) -> Decimal:
    try:
        bank_amount = number(sent.get("BankAmount"))
    except ValueError:
        raise Invalid("BankAmount must be a number") from None
    if bank_amount and bank_amount > 0 and held == session.base:
        return rounded(amount / bank_amount, 10)
    return session.rate(sent) or rate_of(record)


def _delete_one(session: Session, payment_id: str, sent: Record) -> Record:
    payment = session.store.get("Payments", payment_id)
    if payment is None:
        raise Invalid("The payment with the supplied id was not found")
    if sent.get("Status") != "DELETED":
        raise Invalid("Payments cannot be updated; they can only be created or deleted")
    if payment.get("BatchPaymentID"):
        raise Invalid("A payment that is part of a batch payment cannot be deleted by itself")
    return delete(session, payment)


def delete(session: Session, payment: Record) -> Record:
    """Take a payment back: ledger reversed, document open again; raises Invalid."""
    if payment.get("Status") == "DELETED":
        raise Invalid("Payment not of valid status for modification: it has been deleted already")
    if payment.get("IsReconciled") and not session.readings.delete_reconciled:
        raise Invalid("This payment has been reconciled and cannot be deleted")
    day = day_of(payment["Date"])
    session.check_open(day or session.today)
    session.ledger.reverse(payment["PaymentID"])
    payment["Status"] = "DELETED"
    stamp(payment, session.now)
    session.store.put("Payments", payment)
    for kind in PAYMENT_TYPES:
        stub = payment.get(singular(kind))
        if stub:
            record = session.store.get(kind, stub[f"{singular(kind)}ID"])
            if record is not None:
                remove_payment(session, kind, record, payment["PaymentID"])
    return payment


def batch_stub(batch: Record) -> Record:
    """A batch as its payments embed it."""
    kept = ("BatchPaymentID", "Account", "Date", "DateString", "Type", "Status", "TotalAmount")
    found = {key: batch[key] for key in kept if key in batch}
    return {**found, "IsReconciled": bool(batch.get("IsReconciled"))}
