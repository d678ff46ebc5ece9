"""What each path under /api.xro/2.0 answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from worker.sandbox import attachments, besides, credits, groups, notes, settings
from worker.sandbox.body import elements
from worker.sandbox.endpoints import ENDPOINTS, Endpoint, failed, refuse, write
from worker.sandbox.errors import (
    ApiError,
    Invalid,
    UnknownPath,
    bad_body,
    not_found,
    refusal,
    validation,
)
from worker.sandbox.pdf import pdf
from worker.sandbox.query import read_list, read_one, two_places, with_balances
from worker.sandbox.session import Session
from worker.sandbox.shapes import shaped
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.wire import Record, dumps, flag, guid, loads


@dataclass(frozen=True, slots=True)
class Call:
    """One request past the gates; `parts` lower-cased, `names` as sent, `params` by lower name."""

    session: Session
    method: str
    parts: Sequence[str]
    names: Sequence[str]
    params: Mapping[str, str]
    body: bytes
    content_type: str
    since: str
    reports: Any = None
    wants_pdf: bool = False

    def sent(self, plural: str) -> list[Record]:
        """The elements of the body; raises ApiError 400."""
        return elements(self.body, self.content_type, plural)

    def fit(self, plural: str) -> list[Record]:
        """The same, each field of the kind its name promises; raises ApiError 400."""
        try:
            return [shaped(element, refuse) for element in self.sent(plural)]
        except Invalid as broken:
            raise bad_body(broken.messages[0]) from None


@dataclass(frozen=True, slots=True)
class Listed:
    """Records to be answered under a plural, as JSON texts."""

    plural: str
    texts: Sequence[str]
    pagination: Record | None = None

    def records(self) -> list[Record]:
        return [loads(text) for text in self.texts]


@dataclass(frozen=True, slots=True)
class Bare:
    """A reply without Xero's envelope."""

    value: Record


@dataclass(frozen=True, slots=True)
class Raw:
    """A reply that is a file."""

    content_type: str
    body: bytes


Found = Listed | Bare | Raw | None


def answer(call: Call) -> Found:
    """The answer of a path and method; None is 204; raises ApiError."""
    name = "organisation" if call.parts[0] == "organisations" else call.parts[0]
    fixed = besides.fixed([name, *call.parts[1:]]) if call.method == "GET" else None
    if fixed is not None:
        return _listed(*fixed)
    if name == "organisation":
        return _organisation(call)
    if name == "reports":
        return _report(call)
    endpoint = ENDPOINTS.get(name)
    if endpoint is None:
        raise UnknownPath()
    if len(call.parts) == 1:
        return _collection(call, endpoint)
    record = read_one(call.session.store, endpoint.kind, call.names[1])
    if record is None:
        raise not_found()
    if len(call.parts) == 2:
        return _single(call, endpoint, record)
    return _under(call, endpoint, record)


def _listed(plural: str, records: Sequence[Record]) -> Listed:
    return Listed(plural, [dumps(record) for record in records])


def _organisation(call: Call) -> Listed:
    if call.method != "GET":
        raise _no_method()
    if len(call.parts) == 1:
        return _listed("Organisations", [call.session.organisation])
    if list(call.parts[1:]) == ["actions"]:
        return _listed("Actions", settings.actions())
    raise UnknownPath()


def _report(call: Call) -> Listed:
    if call.method != "GET":
        raise _no_method()
    if len(call.parts) == 1:
        return Listed("Reports", [])
    if len(call.parts) != 2:
        raise UnknownPath()
    # Loaded here: reports read what this app writes, and need nothing of it.
    module = call.reports or import_module("worker.sandbox.reports")
    session = call.session
    found = module.render(session.store, call.names[1], dict(call.params), session.today)
    return _listed("Reports", [found])


def _collection(call: Call, endpoint: Endpoint) -> Listed:
    session, kind = call.session, endpoint.kind
    if call.method == "GET":
        found = read_list(
            session.store,
            kind,
            call.params,
            call.since,
            today=session.today.isoformat(),
            base=session.base,
            high_volume=session.readings.high_volume,
        )
        if kind == "Budgets":
            records = [loads(text) for text in found.texts]
            return _listed(kind, besides.budgets_within(records, call.params))
        return Listed(kind, _places(call, found.texts), found.pagination)
    if call.method not in ("PUT", "POST") or endpoint.save is None:
        raise _no_method()
    return _store(call, endpoint, None)


def _store(call: Call, endpoint: Endpoint, record_id: str | None) -> Listed:
    # Endpoints that take one element have no such parameter.
    summarize = endpoint.one_at_a_time or flag(call.params.get("summarizeerrors")) is not False
    records = write(
        call.session,
        endpoint,
        call.sent(endpoint.kind),
        record_id,
        create_only=call.method == "PUT" and record_id is None,
        summarize=summarize,
    )
    return Listed(endpoint.kind, _places(call, [dumps(record) for record in records]))


def _places(call: Call, texts: Sequence[str]) -> Sequence[str]:
    """Unit amounts to two decimals unless the client asked for four."""
    return texts if call.session.places == 4 else [two_places(text) for text in texts]


def _single(call: Call, endpoint: Endpoint, record: Record) -> Found:
    if call.method == "GET" and call.wants_pdf:
        return _pdf(endpoint, record)
    if call.method == "DELETE" and endpoint.remove is not None:
        endpoint.remove(call.session, record)
        return None
    if call.method == "GET":
        if endpoint.kind == "Budgets":
            return _listed("Budgets", besides.budgets_within([record], call.params))
        texts = [dumps(record)]
        if endpoint.kind == "Contacts":
            session = call.session
            texts = with_balances(session.store, texts, session.base, session.today.isoformat())
        return Listed(endpoint.kind, _places(call, texts))
    if call.method not in ("PUT", "POST") or endpoint.save is None:
        raise _no_method()
    return _store(call, endpoint, str(record[ID_FIELDS[endpoint.kind]]))


def _pdf(endpoint: Endpoint, record: Record) -> Raw:
    if not endpoint.pdf:
        raise not_found()
    return Raw("application/pdf", pdf(endpoint.kind, record))


def _under(call: Call, endpoint: Endpoint, record: Record) -> Found:
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
        return _pdf(endpoint, record)
    if below == "cissettings" and endpoint.kind == "Contacts" and call.method == "GET":
        return _listed("CISSettings", [{"CISEnabled": False}])
    if below == "email" and endpoint.kind == "Invoices" and call.method == "POST":
        notes.email(session, record_id)
        return None
    if below == "onlineinvoice" and endpoint.kind == "Invoices" and call.method == "GET":
        if record["Type"] != "ACCREC" or record["Status"] not in ("AUTHORISED", "PAID"):
            raise not_found()
        return _listed("OnlineInvoices", [{"OnlineInvoiceUrl": f"https://in.xero.com/{record_id}"}])
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
        return _listed("Attachments", attachments.attached(store, kind, record_id))
    if len(call.parts) != 4:
        raise UnknownPath()
    if call.method == "GET":
        found = attachments.content(store, record_id, call.names[3])
        if found is None:
            raise not_found()
        return Raw(*found)
    if call.method not in ("PUT", "POST"):
        raise _no_method()
    online = bool(flag(call.params.get("includeonline")))
    try:
        kept = attachments.keep(
            call.session, kind, record, call.names[3], call.content_type, call.body, online=online
        )
    except Invalid as broken:
        raise refusal(broken.messages[0]) from None
    return _listed("Attachments", [kept])


def _history(call: Call, endpoint: Endpoint, record_id: str) -> Listed:
    if call.method == "GET":
        return _listed("HistoryRecords", notes.notes(call.session.store, record_id))
    if call.method != "PUT":
        raise _no_method()
    sent = call.fit("HistoryRecords")
    made = notes.add_notes(call.session, record_id, sent, allowed=endpoint.history)
    return _listed("HistoryRecords", made)


def _allocations(call: Call, endpoint: Endpoint, credit: Record) -> Found:
    session, kind = call.session, endpoint.kind
    credit_id = str(credit[ID_FIELDS[kind]])
    if len(call.parts) == 4 and call.method == "DELETE":
        gone = credits.remove(session, kind, credit_id, call.names[3])
        # xero-python reads a bare allocation here, pyxero the Status of the usual envelope.
        return Bare({"Status": "OK", **gone})
    if len(call.parts) != 3 or call.method not in ("PUT", "POST"):
        raise _no_method()
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
    return _listed("Allocations", made)


def _members(call: Call, group: Record) -> Found:
    store = call.session.store
    if len(call.parts) == 3 and call.method == "PUT":
        sent = call.fit("Contacts")
        try:
            groups.set_members(store, group, sent, keep=True)
        except Invalid as broken:
            raise validation([failed("Contacts", sent[0], broken.messages)]) from None
        return _listed("Contacts", [{"ContactID": guid(entry.get("ContactID"))} for entry in sent])
    if call.method == "DELETE":
        gone = guid(call.names[3]) if len(call.parts) == 4 else None
        left = [m for m in group["Contacts"] if gone is not None and m["ContactID"] != gone]
        groups.set_members(store, group, left, keep=False)
        return None
    raise _no_method()


def _options(call: Call, category: Record) -> Listed:
    made = []
    for element in call.fit("Options"):
        try:
            made.append(settings.add_option(call.session, category, element))
        except Invalid as broken:
            messages = [{"Message": message} for message in broken.messages]
            raise validation([{**element, "ValidationErrors": messages}]) from None
    call.session.store.put("TrackingCategories", category)
    return _listed("Options", made)


def _no_method() -> ApiError:
    return ApiError(405, "The requested resource does not support this method")
