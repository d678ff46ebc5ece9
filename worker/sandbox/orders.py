"""Quotes and purchase orders: priced as documents are, and never in the ledger (5.11)."""

from __future__ import annotations

from dataclasses import dataclass

from worker.sandbox import amounts, contacts, lines
from worker.sandbox.errors import Invalid
from worker.sandbox.session import Session
from worker.sandbox.wire import Record, day_of, flag, set_day, stamp


@dataclass(frozen=True, slots=True)
class Form:
    """What differs between the two; `statuses` by the one they follow, "" for a new one."""

    kind: str
    id_field: str
    number_field: str
    prefix: str
    sales: bool
    dates: tuple[str, ...]
    texts: tuple[str, ...]
    spells_modes_in_capitals: bool
    statuses: dict[str, tuple[str, ...]]


QUOTES = Form(
    "Quotes",
    "QuoteID",
    "QuoteNumber",
    "QU-",
    True,
    ("ExpiryDate",),
    ("Reference", "Title", "Summary", "Terms", "BrandingThemeID"),
    True,
    {
        "": ("DRAFT", "SENT"),
        "DRAFT": ("DRAFT", "SENT", "DELETED"),
        "SENT": ("SENT", "DRAFT", "ACCEPTED", "DECLINED", "DELETED"),
        "ACCEPTED": ("ACCEPTED", "DRAFT", "INVOICED", "DELETED"),
        "DECLINED": ("DECLINED", "DRAFT", "DELETED"),
        "INVOICED": ("INVOICED", "DELETED"),
    },
)
PURCHASE_ORDERS = Form(
    "PurchaseOrders",
    "PurchaseOrderID",
    "PurchaseOrderNumber",
    "PO-",
    False,
    ("DeliveryDate", "ExpectedArrivalDate"),
    (
        *("Reference", "BrandingThemeID", "DeliveryAddress", "AttentionTo", "Telephone"),
        "DeliveryInstructions",
    ),
    False,
    {
        "": ("DRAFT", "SUBMITTED", "AUTHORISED"),
        "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
        "SUBMITTED": ("SUBMITTED", "DRAFT", "AUTHORISED", "DELETED"),
        "AUTHORISED": ("AUTHORISED", "SUBMITTED", "DRAFT", "BILLED", "DELETED"),
        "BILLED": ("BILLED", "AUTHORISED", "DELETED"),
    },
)


def save_quote(session: Session, sent: Record, record_id: str | None, create_only: bool) -> Record:
    """Create or update one quote; raises Invalid."""
    return _save(session, QUOTES, sent, record_id, create_only)


def save_purchase_order(
    session: Session, sent: Record, record_id: str | None, create_only: bool
) -> Record:
    """Create or update one purchase order; raises Invalid."""
    return _save(session, PURCHASE_ORDERS, sent, record_id, create_only)


def _save(
    session: Session, form: Form, sent: Record, record_id: str | None, create_only: bool
) -> Record:
    store = session.store
    given = record_id or sent.get(form.id_field)
    old = store.get(form.kind, str(given)) if given else None
    if given and (old is None or create_only):
        raise Invalid("The document with the supplied id was not found for this endpoint.")
    number = str(sent.get(form.number_field) or "").strip()
    twin = store.by_number(form.kind, number) if number else None
    if old is None and twin is not None and not create_only:
        old = twin
    if twin is not None and (old is None or twin[form.id_field] != old[form.id_field]):
        raise Invalid(f"The {form.number_field} '{number}' is taken already")
    before = dict(old or {})
    before["LineAmountTypes"] = lines.mode_of(before.get("LineAmountTypes"), "Exclusive")
    held = str(before.get("Status") or "")
    status = str(sent.get("Status") or held or "DRAFT")
    if status not in form.statuses.get(held, ()):
        raise Invalid(f"The status cannot go from {held or 'new'} to {status}")
    new: Record = {form.id_field: before.get(form.id_field) or store.new_id()}
    new[form.number_field] = number or before.get(form.number_field) or _next(session, form)
    new |= {key: value for key, value in before.items() if key not in new}
    if old is None or "Contact" in sent:
        new["Contact"] = contacts.for_document(session, sent.get("Contact"), sales=form.sales)
    set_day(new, "Date", session.day(sent, "Date", day_of(before.get("Date"))))
    for field in form.dates:
        if sent.get(field):
            set_day(new, field, session.day(sent, field))
            if field == "ExpectedArrivalDate":
                del new["ExpectedArrivalDateString"]  # alone of them it never has one
    new["Status"] = status
    amounts.fill(session, new, before, sent, approved=False, sales=form.sales, discounts=form.sales)
    if form.spells_modes_in_capitals:
        new["LineAmountTypes"] = new["LineAmountTypes"].upper()
    for field in form.texts:
        if field in sent:
            new[field] = str(sent[field] or "")
    if not form.sales:
        new["SentToContact"] = bool(flag(sent.get("SentToContact", before.get("SentToContact"))))
        new.setdefault("HasAttachments", False)
    stamp(new, session.now, text=False)
    store.put(form.kind, new)
    return new


def _next(session: Session, form: Form) -> str:
    key = f"next {form.prefix}"
    drawn = int(session.store.meta(key, "0"))
    while True:
        drawn += 1
        number = f"{form.prefix}{drawn:04d}"
        if session.store.by_number(form.kind, number) is None:
            session.store.set_meta(key, str(drawn))
            return number
