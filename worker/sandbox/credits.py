"""Allocations: applying credit notes, overpayments and prepayments to invoices, and undoing it."""

from __future__ import annotations

from worker.sandbox.errors import ApiError, Invalid, not_found
from worker.sandbox.ledger import ID_OF, document
from worker.sandbox.session import Session
from worker.sandbox.settlement import (
    allocation_entry,
    find_open,
    is_sales,
    link_credit,
    save,
    singular,
    unlink_credit,
)
from worker.sandbox.wire import Record, day_of, guid, stored, to_minor


def allocate(session: Session, kind: str, credit_id: str, sent: Record) -> Record:
    """Apply part of a credit to one invoice; returns the allocation; raises Invalid.

    Dated the later of the two documents' days, whatever the client sent (fact sheet 6.4 b).
    """
    name = singular(kind)
    credit = session.store.get(kind, credit_id)
    if credit is None:
        raise not_found()
    if credit.get("Status") not in ("AUTHORISED", "PAID"):
        raise Invalid(f"{name} not of valid status for allocation")
    amount = session.money(sent)
    named = sent.get("Invoice")
    if not isinstance(named, dict):
        raise Invalid("An allocation must name an Invoice")
    try:
        invoice = find_open(session, "Invoices", named)
    except Invalid as refused:
        if refused.messages[0].startswith("Payment amount"):
            raise Invalid(
                "The invoice you are trying to allocate to has already been paid off"
            ) from None
        raise
    _check_pair(credit, invoice, session)
    source = document(kind, credit, session.base)
    target = document("Invoices", invoice, session.base)
    units = to_minor(amount, target.currency)
    if units > source.outstanding:
        raise Invalid(f"{name} cannot be allocated as amount is greater than amount outstanding")
    if units > target.outstanding:
        raise Invalid("The allocation amount exceeds the amount outstanding on the invoice")
    day = max(d for d in (day_of(credit["Date"]), day_of(invoice["Date"])) if d)
    session.check_open(day)
    entry = allocation_entry(session.store.new_id(), invoice, amount, day)
    session.ledger.allocate(entry["AllocationID"], day.isoformat(), source, target, units)
    credit["Allocations"] = [*(credit.get("Allocations") or ()), entry]
    link_credit(invoice, kind, credit, amount, day)
    save(session, kind, credit)
    save(session, "Invoices", invoice)
    return {**entry, name: {ID_OF[kind]: credit[ID_OF[kind]]}}


def _check_pair(credit: Record, invoice: Record, session: Session) -> None:
    if credit["Contact"].get("ContactID") != invoice["Contact"].get("ContactID"):
        raise Invalid("The credit and the invoice must belong to the same contact")
    held = [record.get("CurrencyCode") or session.base for record in (credit, invoice)]
    if held[0] != held[1]:
        raise Invalid("The credit and the invoice must be in the same currency")
    if is_sales(credit) != is_sales(invoice):
        raise Invalid("A sales credit applies to sales invoices only, a purchase credit to bills")


def remove(session: Session, kind: str, credit_id: str, allocation_id: str) -> Record:
    """Delete one allocation, opening both sides again; raises ApiError 404 when it is not there."""
    credit = session.store.get(kind, credit_id)
    wanted = guid(allocation_id)
    entries = (credit or {}).get("Allocations") or []
    entry = next((e for e in entries if guid(e.get("AllocationID")) == wanted), None)
    if credit is None or entry is None:
        raise not_found()
    day = day_of(entry["Date"]) or session.today
    session.check_open(day)
    session.ledger.reverse(wanted)
    credit["Allocations"] = [e for e in entries if e is not entry]
    invoice = session.store.get("Invoices", entry["Invoice"]["InvoiceID"])
    if invoice is None:
        raise ApiError(500, "An allocation points to an invoice that is not there")
    unlink_credit(invoice, kind, credit[ID_OF[kind]], stored(entry["Amount"]))
    save(session, kind, credit)
    save(session, "Invoices", invoice)
    return {**entry, "IsDeleted": True}
