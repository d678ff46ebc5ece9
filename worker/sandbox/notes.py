"""History notes on records, and the emailing of invoices (which sends nothing anywhere)."""

from __future__ import annotations

from worker.sandbox.errors import Invalid, not_found, refusal, validation
from worker.sandbox.session import Session
from worker.sandbox.store import Store
from worker.sandbox.wire import Record, at_ms, guid, ms_date, ms_of

DETAILS_MAX = 2_500
_UNSUPPORTED = "The document with the supplied id was not found for this endpoint."


def add_notes(
    session: Session, record_id: str, sent: list[Record], *, allowed: bool
) -> list[Record]:
    """Keep notes on a record, newest last; raises ApiError 400 where Xero takes none."""
    made = []
    for element in sent:
        details = str(element.get("Details") or "").strip()
        if not allowed:
            raise refusal(_UNSUPPORTED, {"Details": details})
        if not details or len(details) > DETAILS_MAX:
            raise refusal(f"Details must hold 1 to {DETAILS_MAX} characters", {"Details": details})
        session.store.rows(
            "INSERT INTO history (record_id, at_ms, changes, details, person)"
            " VALUES (?, ?, 'Note', ?, 'System Generated')",
            (guid(record_id), ms_of(session.now), details),
        )
        made.append(_note(ms_of(session.now), "Note", details, "System Generated"))
    return made


def notes(store: Store, record_id: str) -> list[Record]:
    """The notes on a record, newest first."""
    found = store.rows(
        "SELECT at_ms, changes, details, person FROM history WHERE record_id = ? ORDER BY seq DESC",
        (guid(record_id),),
    )
    return [_note(*row) for row in found]


def _note(at: int, changes: str, details: str, person: str) -> Record:
    return {
        "Changes": changes,
        "DateUTCString": f"{at_ms(at):%Y-%m-%dT%H:%M:%S}",
        "DateUTC": ms_date(at),
        "User": person,
        "Details": details,
    }


def email(session: Session, invoice_id: str) -> None:
    """Mark a sales invoice as emailed; all refusals are 400 (fact sheet 5.5)."""
    store = session.store
    record = store.get("Invoices", invoice_id)
    if record is None:
        raise not_found()
    try:
        _check_email(session, record)
    except Invalid as refused:
        messages = [{"Message": text} for text in refused.messages]
        found = {"InvoiceID": record["InvoiceID"], "ValidationErrors": messages}
        raise validation([found]) from None
    key = f"emails {session.today.isoformat()}"
    store.set_meta(key, str(int(store.meta(key, "0")) + 1))
    record["SentToContact"] = True
    store.put("Invoices", record)


def _check_email(session: Session, record: Record) -> None:
    if record["Type"] != "ACCREC" or record["Status"] not in ("SUBMITTED", "AUTHORISED", "PAID"):
        raise Invalid("Only submitted, authorised or paid sales invoices can be emailed")
    contact = session.store.get("Contacts", record["Contact"]["ContactID"]) or {}
    if not contact.get("EmailAddress"):
        raise Invalid("The contact of this invoice has no email address")
    used = int(session.store.meta(f"emails {session.today.isoformat()}", "0"))
    if used >= session.email_limit:
        raise Invalid("You have reached the daily limit of emails for this organisation")
