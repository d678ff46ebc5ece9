"""Batch payments: one sum at the bank for several documents, created or deleted whole (5.9)."""

from __future__ import annotations

from decimal import Decimal

from worker.sandbox.chart import account_stub
from worker.sandbox.errors import Invalid
from worker.sandbox.payments import TOO_MUCH, batch_stub, create, delete, paying_account
from worker.sandbox.session import Session
from worker.sandbox.settlement import find_open, is_sales
from worker.sandbox.wire import Record, set_day, stamp


def save(session: Session, sent: Record, record_id: str | None, create_only: bool) -> Record:
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
    account = paying_account(session, {"Account": sent.get("Account") or {}})
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


def _delete_batch(session: Session, batch_id: str, sent: Record) -> Record:
    batch = session.store.get("BatchPayments", batch_id)
    if batch is None:
        raise Invalid("The batch payment with the supplied id was not found")
    if sent.get("Status") != "DELETED":
        raise Invalid("Batch payments cannot be updated; they can only be created or deleted")
    if batch.get("Status") == "DELETED":
        raise Invalid("The batch payment has been deleted already")
    if batch.get("IsReconciled") and not session.readings.delete_reconciled:
        raise Invalid("This batch payment has been reconciled and cannot be deleted")
    batch["Status"] = "DELETED"
    stamp(batch, session.now, text=False)
    for entry in batch.get("Payments") or ():
        payment = session.store.get("Payments", entry["PaymentID"])
        if payment is not None and payment["Status"] != "DELETED":
            payment["BatchPayment"] = batch_stub(batch)
            delete(session, payment)
    session.store.put("BatchPayments", batch)
    return batch
