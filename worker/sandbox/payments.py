"""Payments and batch payments: created or deleted, never changed (fact sheet 5.8, 5.9)."""

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
    set_day,
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


def _account(session: Session, sent: Record) -> Record:
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
    account = _account(session, sent)
    session.check_open(day)
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
        payment["BatchPayment"] = _batch_stub(batch)
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
    if payment.get("IsReconciled"):
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


def save_batch(session: Session, sent: Record, record_id: str | None, create_only: bool) -> Record:
    """Create a batch payment, or delete a whole one; raises Invalid."""
    given = None if create_only else record_id or sent.get("BatchPaymentID")
    if given:
        return _delete_batch(session, str(given), sent)
    wanted = sent.get("Payments")
    if not isinstance(wanted, list) or not wanted:
        raise Invalid("A batch payment needs at least one payment")
    for field, length in (("Narrative", 18), ("Particulars", 12), ("Code", 12), ("Details", 18)):
        if len(str(sent.get(field) or "")) > length:
            raise Invalid(f"The {field} field cannot exceed {length} characters")
    if len(str(sent.get("Reference") or "")) > 255:
        raise Invalid("The Reference field cannot exceed 255 characters")
    account = _account(session, {"Account": sent.get("Account") or {}})
    day = session.day(sent, "Date")
    batch: Record = {"BatchPaymentID": session.store.new_id()}
    batch["Account"] = account_stub(account)
    for field in ("Reference", "Narrative", "Particulars", "Code", "Details"):
        if sent.get(field):
            batch[field] = str(sent[field])
    set_day(batch, "Date", day)
    amounts = [session.money(part) for part in wanted]
    documents = [find_open(session, "Invoices", part.get("Invoice") or part) for part in wanted]
    sides = {is_sales(record) for record in documents}
    if len(sides) > 1:
        raise Invalid("All payments of a batch must be for invoices, or all for bills")
    batch["Type"] = "RECBATCH" if sides == {True} else "PAYBATCH"
    batch.update(Status="AUTHORISED", TotalAmount=sum(amounts, Decimal(0)), IsReconciled=False)
    stamp(batch, session.now, text=False)
    made = []
    for part, amount, record in zip(wanted, amounts, documents, strict=True):
        # A document may stand in a batch twice: read it as the payment before left it.
        fresh = session.store.get("Invoices", record["InvoiceID"]) or record
        if fresh["Status"] != "AUTHORISED":
            raise Invalid(TOO_MUCH)
        terms = {**part, "Account": sent.get("Account"), "IsReconciled": False}
        terms["Reference"] = part.get("Reference") or sent.get("Reference")
        payment = create(session, "Invoices", fresh, terms, day, amount, batch)
        entry = {"PaymentID": payment["PaymentID"], "Amount": amount}
        entry["Invoice"] = {key: fresh.get(key) for key in ("InvoiceID", "InvoiceNumber")}
        for field in ("BankAccountNumber", "Particulars", "Code", "Reference", "Details"):
            if part.get(field):
                entry[field] = part[field]
        made.append(entry)
    batch["Payments"] = made
    session.store.put("BatchPayments", batch)
    return batch


def _batch_stub(batch: Record) -> Record:
    kept = ("BatchPaymentID", "Account", "Date", "DateString", "Type", "Status", "TotalAmount")
    found = {key: batch[key] for key in kept if key in batch}
    return {**found, "IsReconciled": bool(batch.get("IsReconciled"))}


def _delete_batch(session: Session, batch_id: str, sent: Record) -> Record:
    batch = session.store.get("BatchPayments", batch_id)
    if batch is None:
        raise Invalid("The batch payment with the supplied id was not found")
    if sent.get("Status") != "DELETED":
        raise Invalid("Batch payments cannot be updated; they can only be created or deleted")
    if batch.get("Status") == "DELETED":
        raise Invalid("The batch payment has been deleted already")
    if batch.get("IsReconciled"):
        raise Invalid("This batch payment has been reconciled and cannot be deleted")
    batch["Status"] = "DELETED"
    stamp(batch, session.now, text=False)
    for entry in batch.get("Payments") or ():
        payment = session.store.get("Payments", entry["PaymentID"])
        if payment is not None and payment["Status"] != "DELETED":
            payment["BatchPayment"] = _batch_stub(batch)
            delete(session, payment)
    session.store.put("BatchPayments", batch)
    return batch
