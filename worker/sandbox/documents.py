"""Invoices, bills and credit notes: states, numbering and edit rules of fact sheet 5.5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from worker.sandbox import amounts, contacts
from worker.sandbox.edits import NOT_VALID, QUIET, changed, check_frozen, posting, refresh_stubs
from worker.sandbox.errors import Invalid
from worker.sandbox.session import Session
from worker.sandbox.settlement import CREDIT_KINDS, recount
from worker.sandbox.store import Store
from worker.sandbox.terms import due_date
from worker.sandbox.wire import Record, day_of, flag, guid, set_day, stamp

_NEXT = {
    "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "SUBMITTED": ("SUBMITTED", "DRAFT", "AUTHORISED", "DELETED"),
    "AUTHORISED": ("AUTHORISED", "VOIDED", "PAID"),
    "PAID": ("PAID", "AUTHORISED"),
}
_PLAIN = ("BrandingThemeID", "Url")


@dataclass(frozen=True, slots=True)
class Family:
    """What differs between invoices and credit notes."""

    kind: str
    id_field: str
    number_field: str
    sales: str
    purchases: str
    prefix: str


INVOICES = Family("Invoices", "InvoiceID", "InvoiceNumber", "ACCREC", "ACCPAY", "INV-")
CREDIT_NOTES = Family(
    "CreditNotes", "CreditNoteID", "CreditNoteNumber", "ACCRECCREDIT", "ACCPAYCREDIT", "CN-"
)


def save_invoice(
    session: Session, sent: Record, record_id: str | None, create_only: bool
) -> Record:
    """Create or update one invoice or bill; raises Invalid."""
    return save(session, INVOICES, sent, record_id, create_only)


def save_credit_note(
    session: Session, sent: Record, record_id: str | None, create_only: bool
) -> Record:
    """Create or update one credit note; raises Invalid."""
    return save(session, CREDIT_NOTES, sent, record_id, create_only)


def save(
    session: Session, family: Family, sent: Record, record_id: str | None, create_only: bool
) -> Record:
    """Create or update one document and post what follows to the ledger; raises Invalid."""
    old = _existing(session, family, sent, record_id, create_only)
    status = _next_status(family, old, sent)
    if old is not None and status in ("DELETED", "VOIDED"):
        return _close(session, family, old, status)
    new = _assemble(session, family, old, sent, status)
    if old is not None and _applied(old):
        check_frozen(old, new)
        if old["Status"] == "PAID":
            session.check_open(_day(old))
    posts = status in ("AUTHORISED", "PAID")
    loud = old is None or changed(old, new) - QUIET
    if posts and (old is None or loud or old["Status"] not in ("AUTHORISED", "PAID")):
        session.check_open(_day(new))
    if old is not None and old["Status"] == "AUTHORISED" and loud:
        session.check_open(_day(old))
    recount(family.kind, new)
    if loud:
        stamp(new, session.now)
    session.store.put(family.kind, new)
    if posts and (old is None or old["Status"] not in ("AUTHORISED", "PAID")):
        session.ledger.approve(family.kind, new)
    elif posts and old is not None and posting(old) != posting(new):
        session.ledger.reverse(new[family.id_field])
        session.ledger.approve(family.kind, new)
    if old is not None:
        refresh_stubs(session.store, family.kind, old, new)
    return new


def _existing(
    session: Session, family: Family, sent: Record, record_id: str | None, create_only: bool
) -> Record | None:
    given = record_id or sent.get(family.id_field)
    number = sent.get(family.number_field)
    if given:
        found = session.store.get(family.kind, str(given))
        if found is None and record_id:
            found = session.store.by_number(family.kind, record_id)
        if found is None:
            raise Invalid("The document with the supplied id was not found for this endpoint.")
        if create_only:
            raise Invalid(f"A document with this {family.id_field} exists already")
        return found
    if not create_only and number and sent.get("Type", family.sales) == family.sales:
        return _numbered(session.store, family, str(number))
    return None


def _numbered(store: Store, family: Family, number: str) -> Record | None:
    found = store.select(
        "kind = ? AND number = ? COLLATE NOCASE AND type = ? AND status <> 'DELETED' LIMIT 1",
        (family.kind, number, family.sales),
    )
    return found[0] if found else None


def _next_status(family: Family, old: Record | None, sent: Record) -> str:
    wanted = sent.get("Status")
    if old is None:
        status = str(wanted or "DRAFT")
        if status not in ("DRAFT", "SUBMITTED", "AUTHORISED"):
            raise Invalid(f"A new document cannot have the status {status}")
        return status
    before = str(old["Status"])
    status = str(wanted or before)
    if status not in _NEXT.get(before, ()):
        raise Invalid(NOT_VALID)
    if status in ("PAID", "AUTHORISED") and before in ("PAID", "AUTHORISED"):
        return before
    return status


def _applied(record: Record) -> bool:
    """Whether money or credit has been applied to a document, or by it."""
    return any(record.get(name) for name in ("Payments", "Allocations", *CREDIT_KINDS))


def _close(session: Session, family: Family, old: Record, status: str) -> Record:
    """Delete a draft or void an approved document nothing is applied to."""
    if status == "VOIDED":
        if _applied(old):
            raise Invalid(
                NOT_VALID,
                "A document with a payment or credit note allocated to it cannot be voided.",
            )
        session.check_open(_day(old))
        session.ledger.reverse(old[family.id_field])
    old["Status"] = status
    stamp(old, session.now)
    session.store.put(family.kind, old)
    return old


def _day(record: Record) -> date:
    found = day_of(record["Date"])
    if found is None:
        raise Invalid("Date is not a valid date")
    return found


def _assemble(
    session: Session, family: Family, old: Record | None, sent: Record, status: str
) -> Record:
    """The whole record as it will stand, priced and totalled, not yet recounted."""
    before = old or {}
    kind = str(before.get("Type") or sent.get("Type") or "")
    if kind not in (family.sales, family.purchases):
        raise Invalid(f"Type must be {family.sales} or {family.purchases}")
    if old is not None and sent.get("Type", kind) != kind:
        raise Invalid("The Type of a document cannot be changed")
    sales = kind == family.sales
    new: Record = {"Type": kind, family.id_field: before.get(family.id_field)}
    new |= {k: v for k, v in before.items() if k not in new}
    if old is None:
        new[family.id_field] = session.store.new_id()
    new[family.number_field] = _number(session, family, old, sent, sales=sales)
    if sales:
        new["Reference"] = str(sent.get("Reference", before.get("Reference")) or "")[:255]
    if old is None or "Contact" in sent:
        same = guid((sent.get("Contact") or {}).get("ContactID")) == (
            before.get("Contact") or {}
        ).get("ContactID")
        if not (old is not None and same):
            new["Contact"] = contacts.for_document(session, sent.get("Contact"), sales=sales)
    set_day(new, "Date", session.day(sent, "Date", day_of(before.get("Date"))))
    new["Status"] = status
    amounts.fill(
        session,
        new,
        before,
        sent,
        approved=status in ("AUTHORISED", "PAID"),
        sales=sales,
        discounts=sales and family is INVOICES,
    )
    if family is INVOICES:
        new["IsDiscounted"] = "TotalDiscount" in new
        due = session.day(
            sent, "DueDate", day_of(before.get("DueDate")) or due_date(session, new, _day(new))
        )
        set_day(new, "DueDate", due)
        planned = "ExpectedPaymentDate" if sales else "PlannedPaymentDate"
        if sent.get(planned):
            set_day(new, planned, session.day(sent, planned))
    for field in _PLAIN:
        if field in sent:
            new[field] = sent[field]
    marked = flag(sent.get("SentToContact"))
    if marked and status not in ("AUTHORISED", "PAID"):
        raise Invalid("SentToContact can be set only on approved documents")
    new["SentToContact"] = bool(before.get("SentToContact")) if marked is None else marked
    for field in ("Payments", *(CREDIT_KINDS if family is INVOICES else ("Allocations",))):
        new.setdefault(field, [])
    new.setdefault("HasAttachments", False)
    new["HasErrors"] = False
    return new


def _number(
    session: Session, family: Family, old: Record | None, sent: Record, *, sales: bool
) -> str:
    number = str(
        sent.get(family.number_field) or (old or {}).get(family.number_field) or ""
    ).strip()
    if len(number) > 255:
        raise Invalid(f"The {family.number_field} field cannot exceed 255 characters")
    if not sales:
        return number
    if not number:
        return next_number(session.store, family)
    twin = _numbered(session.store, family, number)
    if twin and twin[family.id_field] != (old or {}).get(family.id_field):
        raise Invalid("Invoice # must be unique.")
    return number


def next_number(store: Store, family: Family) -> str:
    """The next free automatic number, INV-0001 and on."""
    key = f"next {family.prefix}"
    drawn = int(store.meta(key, "0"))
    if not drawn:
        size = len(family.prefix)
        found = store.rows(
            "SELECT MAX(CAST(SUBSTR(number, ?) AS INTEGER)) FROM record WHERE kind = ?"
            " AND number LIKE ? AND SUBSTR(number, ?) NOT GLOB '*[^0-9]*'",
            (size + 1, family.kind, f"{family.prefix}%", size + 1),
        )
        drawn = min(int(found[0][0] or 0), 10**12)
    while True:
        drawn += 1
        number = f"{family.prefix}{drawn:04d}"
        if store.by_number(family.kind, number) is None:
            store.set_meta(key, str(drawn))
            return number
