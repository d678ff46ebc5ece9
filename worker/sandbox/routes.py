"""What each path under /api.xro/2.0 answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from worker.sandbox import credits, groups, notes, settings
from worker.sandbox.body import elements
from worker.sandbox.endpoints import ENDPOINTS, Endpoint, failed, refuse, write
from worker.sandbox.errors import ApiError, Invalid, bad_body, not_found, validation
from worker.sandbox.query import read_list, read_one, two_places, with_balances
from worker.sandbox.session import Session
from worker.sandbox.shapes import shaped
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.wire import Record, dumps, flag, guid, loads

REPORTS = (
    "ProfitAndLoss",
    "BalanceSheet",
    "TrialBalance",
    "BankSummary",
    "AgedReceivablesByContact",
    "AgedPayablesByContact",
    "ExecutiveSummary",
    "BudgetSummary",
)


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


Found = Listed | Bare | None


def answer(call: Call) -> Found:
    """The answer of a path and method; None is 204; raises ApiError."""
    name = call.parts[0]
    if name in ("organisation", "organisations"):
        return _organisation(call)
    if name == "reports":
        return _report(call)
    if name in ("users", "brandingthemes") and call.method == "GET":
        return Listed({"users": "Users", "brandingthemes": "BrandingThemes"}[name], [])
    endpoint = ENDPOINTS.get(name)
    if endpoint is None:
        raise not_found()
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
    raise not_found()


def _report(call: Call) -> Listed:
    if call.method != "GET":
        raise _no_method()
    if len(call.parts) == 1:
        return Listed("Reports", [])
    known = {name.lower(): name for name in REPORTS}
    if len(call.parts) != 2 or call.parts[1] not in known:
        raise not_found()
    # Loaded here: reports read what this app writes, and need nothing of it.
    module = call.reports or import_module("worker.sandbox.reports")
    session = call.session
    found = module.render(session.store, known[call.parts[1]], dict(call.params), session.today)
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
        )
        return Listed(kind, _places(call, found.texts), found.pagination)
    if call.method not in ("PUT", "POST") or endpoint.save is None:
        raise _no_method()
    return _store(call, endpoint, None)


def _store(call: Call, endpoint: Endpoint, record_id: str | None) -> Listed:
    summarize = flag(call.params.get("summarizeerrors"))
    records = write(
        call.session,
        endpoint,
        call.sent(endpoint.kind),
        record_id,
        create_only=call.method == "PUT" and record_id is None,
        summarize=summarize is not False,
    )
    return Listed(endpoint.kind, _places(call, [dumps(record) for record in records]))


def _places(call: Call, texts: Sequence[str]) -> Sequence[str]:
    """Unit amounts to two decimals unless the client asked for four."""
    return texts if call.session.places == 4 else [two_places(text) for text in texts]


def _single(call: Call, endpoint: Endpoint, record: Record) -> Listed:
    if call.method == "GET":
        texts = [dumps(record)]
        if endpoint.kind == "Contacts":
            session = call.session
            texts = with_balances(session.store, texts, session.base, session.today.isoformat())
        return Listed(endpoint.kind, _places(call, texts))
    if call.method not in ("PUT", "POST") or endpoint.save is None:
        raise _no_method()
    return _store(call, endpoint, str(record[ID_FIELDS[endpoint.kind]]))


def _under(call: Call, endpoint: Endpoint, record: Record) -> Found:
    """Sub-resources: History, Allocations, Email, group members, tracking options."""
    session, record_id = call.session, str(record[ID_FIELDS[endpoint.kind]])
    below = call.parts[2]
    if below == "history" and len(call.parts) == 3:
        return _history(call, endpoint, record_id)
    if below == "allocations" and endpoint.allocations:
        return _allocations(call, endpoint, record)
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
    raise not_found()


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
