"""What hangs under a record: history, allocations, files, members, options, its PDF."""

from __future__ import annotations

from worker.sandbox import attachments, credits, groups, notes, settings
from worker.sandbox.calls import Bare, Call, Found, Listed, Raw, listed, no_method
from worker.sandbox.endpoints import Endpoint, failed, refuse
from worker.sandbox.errors import Invalid, UnknownPath, not_found, refusal, validation
from worker.sandbox.pdf import pdf
from worker.sandbox.shapes import shaped
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.wire import Record, flag, guid


def as_pdf(endpoint: Endpoint, record: Record) -> Raw:
    """The record as it would be printed; raises ApiError 404 for what is never printed."""
    if not endpoint.pdf:
        raise not_found()
    return Raw("application/pdf", pdf(endpoint.kind, record))


def under(call: Call, endpoint: Endpoint, record: Record) -> Found:
    """Sub-resources: History, Allocations, Attachments, Email, group members, options, …"""
    session, record_id = call.session, str(record[ID_FIELDS[endpoint.kind]])
    below = call.parts[2]
    if below == "history" and len(call.parts) == 3:
        return _history(call, endpoint, record_id)
    if below == "allocations" and endpoint.allocations:
        return _allocations(call, endpoint, record)
    if below == "attachments" and endpoint.attachments:
        return _attachments(call, endpoint, record)
    if below == "pdf" and call.method == "GET":
        return as_pdf(endpoint, record)
    if below == "cissettings" and endpoint.kind == "Contacts" and call.method == "GET":
        return listed("CISSettings", [{"CISEnabled": False}])
    if below == "email" and endpoint.kind == "Invoices" and call.method == "POST":
        notes.email(session, record_id)
        return None
    if below == "onlineinvoice" and endpoint.kind == "Invoices" and call.method == "GET":
        if record["Type"] != "ACCREC" or record["Status"] not in ("AUTHORISED", "PAID"):
            raise not_found()
        return listed("OnlineInvoices", [{"OnlineInvoiceUrl": f"https://in.xero.com/{record_id}"}])
    if below == "contacts" and endpoint.kind == "ContactGroups":
        return _members(call, record)
    if below == "options" and endpoint.kind == "TrackingCategories" and call.method == "PUT":
        return _options(call, record)
    raise UnknownPath()


def _attachments(call: Call, endpoint: Endpoint, record: Record) -> Found:
    """The list of a record's files, or one of them in or out."""
    store, kind = call.session.store, endpoint.kind
    record_id = str(record[ID_FIELDS[kind]])
    if len(call.parts) == 3 and call.method == "GET":
        return listed("Attachments", attachments.attached(store, kind, record_id))
    if len(call.parts) != 4:
        raise UnknownPath()
    if call.method == "GET":
        found = attachments.content(store, record_id, call.names[3])
        if found is None:
            raise not_found()
        return Raw(*found)
    if call.method not in ("PUT", "POST"):
        raise no_method()
    online = bool(flag(call.params.get("includeonline")))
    try:
        kept = attachments.keep(
            call.session, kind, record, call.names[3], call.content_type, call.body, online=online
        )
    except Invalid as broken:
        raise refusal(broken.messages[0]) from None
    return listed("Attachments", [kept])


def _history(call: Call, endpoint: Endpoint, record_id: str) -> Listed:
    if call.method == "GET":
        return listed("HistoryRecords", notes.notes(call.session.store, record_id))
    if call.method != "PUT":
        raise no_method()
    sent = call.fit("HistoryRecords")
    made = notes.add_notes(call.session, record_id, sent, allowed=endpoint.history)
    return listed("HistoryRecords", made)


def _allocations(call: Call, endpoint: Endpoint, credit: Record) -> Found:
    session, kind = call.session, endpoint.kind
    credit_id = str(credit[ID_FIELDS[kind]])
    if len(call.parts) == 4 and call.method == "DELETE":
        gone = credits.remove(session, kind, credit_id, call.names[3])
        # xero-python reads a bare allocation here, pyxero the Status of the usual envelope.
        return Bare({"Status": "OK", **gone})
    if len(call.parts) != 3 or call.method not in ("PUT", "POST"):
        raise no_method()
    summarize = flag(call.params.get("summarizeerrors")) is not False
    made, refused = [], []
    for element in call.sent("Allocations"):
        try:
            with session.store.transaction():
                fit = shaped(element, refuse)
                found = credits.allocate(session, kind, credit_id, fit)
            made.append({**found, "StatusAttributeString": "OK", "ValidationErrors": []})
        except Invalid as broken:
            messages = [{"Message": message} for message in broken.messages]
            refused.append({**element, "ValidationErrors": messages})
            made.append({**refused[-1], "StatusAttributeString": "ERROR"})
    if refused and summarize:
        raise validation(refused)
    return listed("Allocations", made)


def _members(call: Call, group: Record) -> Found:
    store = call.session.store
    if len(call.parts) == 3 and call.method == "PUT":
        sent = call.fit("Contacts")
        try:
            groups.set_members(store, group, sent, keep=True)
        except Invalid as broken:
            raise validation([failed("Contacts", sent[0], broken.messages)]) from None
        return listed("Contacts", [{"ContactID": guid(entry.get("ContactID"))} for entry in sent])
    if call.method == "DELETE":
        gone = guid(call.names[3]) if len(call.parts) == 4 else None
        left = [m for m in group["Contacts"] if gone is not None and m["ContactID"] != gone]
        groups.set_members(store, group, left, keep=False)
        return None
    raise no_method()


def _options(call: Call, category: Record) -> Listed:
    made = []
    for element in call.fit("Options"):
        try:
            made.append(settings.add_option(call.session, category, element))
        except Invalid as broken:
            messages = [{"Message": message} for message in broken.messages]
            raise validation([{**element, "ValidationErrors": messages}]) from None
    call.session.store.put("TrackingCategories", category)
    return listed("Options", made)
