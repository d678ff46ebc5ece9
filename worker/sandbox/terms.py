"""When a document falls due where nobody said so."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from worker.sandbox.session import Session
from worker.sandbox.wire import Record


def due_date(session: Session, new: Record, day: date) -> date:
    """The due date by the contact's terms, else the organisation's, else the document's day."""
    side = "Sales" if new["Type"] == "ACCREC" else "Bills"
    contact = session.store.get("Contacts", new["Contact"]["ContactID"]) or {}
    terms = (contact.get("PaymentTerms") or {}).get(side) or (
        session.organisation.get("PaymentTerms") or {}
    ).get(side)
    if not isinstance(terms, dict) or not str(terms.get("Day", "")).isdigit():
        return day
    count, rule = int(terms["Day"]), terms.get("Type")
    month_end = day.replace(day=monthrange(day.year, day.month)[1])
    if rule == "DAYSAFTERBILLDATE":
        return day + timedelta(count)
    if rule == "DAYSAFTERBILLMONTH":
        return month_end + timedelta(count)
    first = day.replace(day=1) if rule == "OFCURRENTMONTH" else month_end + timedelta(1)
    return first.replace(day=max(1, min(count, monthrange(first.year, first.month)[1])))
