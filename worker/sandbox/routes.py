"""What each path under /api.xro/2.0 answers."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from worker.sandbox import besides, settings
from worker.sandbox.calls import Call, Found, Listed, listed, no_method
from worker.sandbox.endpoints import ENDPOINTS, Endpoint, write
from worker.sandbox.errors import (
    UnknownPath,
    not_found,
)
from worker.sandbox.query import read_list, read_one, two_places, with_balances
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.under import as_pdf, under
from worker.sandbox.wire import Record, dumps, flag, loads


def answer(call: Call) -> Found:
    """The answer of a path and method; None is 204; raises ApiError."""
    name = "organisation" if call.parts[0] == "organisations" else call.parts[0]
    fixed = besides.fixed([name, *call.parts[1:]]) if call.method == "GET" else None
    if fixed is not None:
        return listed(*fixed)
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
    return under(call, endpoint, record)


def _organisation(call: Call) -> Listed:
    if call.method != "GET":
        raise no_method()
    if len(call.parts) == 1:
        return listed("Organisations", [call.session.organisation])
    if list(call.parts[1:]) == ["actions"]:
        return listed("Actions", settings.actions())
    raise UnknownPath()


def _report(call: Call) -> Listed:
    if call.method != "GET":
        raise no_method()
    if len(call.parts) == 1:
        return Listed("Reports", [])
    if len(call.parts) != 2:
        raise UnknownPath()
    # Loaded here: reports read what this app writes, and need nothing of it.
    module = call.reports or import_module("worker.sandbox.reports")
    session = call.session
    found = module.render(session.store, call.names[1], dict(call.params), session.today)
    return listed("Reports", [found])


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
            return listed(kind, besides.budgets_within(records, call.params))
        return Listed(kind, _places(call, found.texts), found.pagination)
    if call.method not in ("PUT", "POST") or endpoint.save is None:
        raise no_method()
    return _store(call, endpoint, None)


def _store(call: Call, endpoint: Endpoint, record_id: str | None) -> Listed:
    whole = endpoint.one_at_a_time or endpoint.all_or_none
    summarize = whole or flag(call.params.get("summarizeerrors")) is not False
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
        return as_pdf(endpoint, record)
    if call.method == "DELETE" and endpoint.remove is not None:
        endpoint.remove(call.session, record)
        return None
    if call.method == "GET":
        if endpoint.kind == "Budgets":
            return listed("Budgets", besides.budgets_within([record], call.params))
        texts = [dumps(record)]
        if endpoint.kind == "Contacts":
            session = call.session
            texts = with_balances(session.store, texts, session.base, session.today.isoformat())
        return Listed(endpoint.kind, _places(call, texts))
    if call.method not in ("PUT", "POST") or endpoint.save is None:
        raise no_method()
    return _store(call, endpoint, str(record[ID_FIELDS[endpoint.kind]]))
