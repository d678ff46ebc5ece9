"""The WSGI app: one request through the gates Xero has, to the endpoint, to exact bytes.

Order of the gates: token, tenant, scope, call limits, idempotency key. A write commits before its
answer leaves; an unforeseen fault rolls back and is a 500. Paths nobody answers are logged.
"""

from __future__ import annotations

import gzip
import logging
import re
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime
from time import monotonic as real_monotonic
from typing import Any
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIEnvironment

from worker.sandbox import routes, xmltext
from worker.sandbox.auth import Tokens
from worker.sandbox.calls import Bare, Call, Listed, Raw
from worker.sandbox.check import check
from worker.sandbox.errors import ApiError, Invalid, UnknownPath, denied, validation
from worker.sandbox.identity import Reply, identity
from worker.sandbox.limits import Keys, Limiter, check_key, request_mark
from worker.sandbox.readings import Readings
from worker.sandbox.request import Request
from worker.sandbox.scopes import ALL_SCOPES, accepted_scopes
from worker.sandbox.session import Session, business_now
from worker.sandbox.store import Store
from worker.sandbox.varied import varied
from worker.sandbox.wire import Record, dumps, guid, ms_date, ms_of

log = logging.getLogger(__name__)
_REASONS = {
    200: "OK",
    204: "No Content",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    500: "Internal Server Error",
}
_JSON = "application/json; charset=utf-8"
_GZIP_FROM = 1_400
_AMOUNT = re.compile(r"-?\d+\.\d+")


class SandboxApp:
    """A Xero organisation behind WSGI.

    `now` is business time (stamps, dates); `monotonic` is real elapsed time (limits, token and key
    lifetimes). `scopes` are those ticked on the connection; `email_limit` None means 0 for a demo
    company, else 1,000 a day. `reports` overrides the module that renders reports. `paranoid`
    proves the books after every write: what breaks them is undone, logged and a 500. `readings`
    are the switches of `Readings`.
    """

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], datetime] = business_now,
        monotonic: Callable[[], float] = real_monotonic,
        minute_limit: int = 60,
        day_limit: int = 5000,
        concurrent: int = 5,
        client_id: str = "sandbox",
        client_secret: str = "sandbox",  # noqa: S107 - a stand-in, on loopback
        scopes: Iterable[str] = ALL_SCOPES,
        email_limit: int | None = None,
        reports: Any = None,
        paranoid: bool = False,
        **readings: Any,
    ) -> None:
        self.store = store
        self._now = now
        self._readings = chosen = Readings(**readings)
        self._tokens = Tokens(
            client_id, client_secret, scopes, monotonic, scope_denial=chosen.scope_denial
        )
        self._limiter = Limiter(
            monotonic, minute=minute_limit, day=day_limit, concurrent=concurrent
        )
        self._keys = Keys(store, monotonic, chosen.key_seconds)
        # Books may come with faults of their own; only a new one is the doing of a write.
        self._known_faults = _faults(store).keys() if paranoid else None
        self._email_limit = email_limit
        self._reports = reports

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answer one WSGI request."""
        request = Request(environ)
        try:
            status, headers, body = self._dispatch(request)
        except ApiError as refused:
            status, headers, body = self._refusal(request, refused)
        except Exception:
            # The gate to the outside: the fault is told in the server's log, not to the client.
            environ["wsgi.errors"].write(traceback.format_exc())
            status, headers, body = self._refusal(request, _fault())
        headers |= self._limiter.headers()
        headers["Xero-Correlation-Id"] = str(uuid4())
        if len(body) >= _GZIP_FROM and "gzip" in request.header("Accept-Encoding"):
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        if status != 204:
            headers["Content-Length"] = str(len(body))
        start_response(f"{status} {_REASONS.get(status, 'Unknown')}", list(headers.items()))
        return [body]

    def _dispatch(self, request: Request) -> Reply:
        parts = request.parts
        if parts[:2] == ["api.xro", "2.0"] and len(parts) > 2:
            return self._api(request)
        found = identity(self._tokens, self.store, self._now, request)
        if found is None:
            raise UnknownPath()
        return found

    def _api(self, request: Request) -> Reply:
        token = self._tokens.check(request.header("Authorization"))
        tenant = request.header("xero-tenant-id")
        # A custom connection belongs to one organisation; a person's token must say which.
        if (tenant or token.person) and guid(tenant) != self.store.organisation()["OrganisationID"]:
            raise denied(403, "Forbidden", "AuthenticationUnsuccessful")
        parts = request.parts[2:]
        if parts[0] == "organisations":
            parts[0] = "organisation"
        write = request.method != "GET"
        self._tokens.check_scope(token, accepted_scopes(parts, write=write))
        with self._limiter.call():
            if not write:
                with self.store.reading():
                    return self._answer(request)
            return self._write(request)

    def _write(self, request: Request) -> Reply:
        """A write in one transaction, its answer kept under its key in the same commit."""
        key = request.optional_header("Idempotency-Key")
        if key is None or request.method == "DELETE":
            with self.store.transaction():
                return self._proven(request)
        check_key(key)
        mark = request_mark(request.method, request.path, request.query, request.body)
        try:
            with self.store.transaction():
                known = self._keys.recall(key, mark)
                if known is not None:
                    return known
                status, headers, body = self._proven(request)
                self._keys.keep(key, mark, status, headers, body)
                return status, headers, body
        except ApiError:
            raise
        except Exception:
            # Xero replays an internal error under its key as well.
            request.environ["wsgi.errors"].write(traceback.format_exc())
            status, headers, body = self._refusal(request, _fault())
            with self.store.transaction():
                self._keys.keep(key, mark, status, headers, body)
            return status, headers, body

    def _proven(self, request: Request) -> Reply:
        """The answer of a write, with the books proved before it is kept."""
        found = self._answer(request)
        if self._known_faults is not None:
            found_now = _faults(self.store)
            broken = [found_now[kind] for kind in found_now if kind not in self._known_faults]
            if broken:
                log.error("sandbox_books_broken: %s %r: %s", request.method, request.path, broken)
                raise AssertionError(f"{request.method} {request.path} breaks the books: {broken}")
        return found

    def _answer(self, request: Request) -> Reply:
        places = 4 if request.params.get("unitdp") == "4" else 2
        session = Session(
            self.store,
            self._now,
            places=places,
            email_limit=self._email_limit,
            readings=self._readings,
        )
        call = Call(
            session,
            request.method,
            request.parts[2:],
            request.raw_parts[2:],
            request.params,
            request.body,
            request.header("Content-Type"),
            request.header("If-Modified-Since"),
            self._reports,
            request.wants_pdf,
        )
        try:
            found = routes.answer(call)
        except Invalid as broken:
            messages = [{"Message": message} for message in broken.messages]
            raise validation([{**(broken.element or {}), "ValidationErrors": messages}]) from None
        if found is None:
            return 204, {}, b""
        if isinstance(found, Raw):
            return 200, {"Content-Type": found.content_type}, found.body
        if isinstance(found, Bare):
            return 200, {"Content-Type": _JSON}, dumps(found.value).encode()
        return self._envelope(request, found)

    def _envelope(self, request: Request, found: Listed) -> Reply:
        head: Record = {
            "Id": str(uuid4()),
            "Status": "OK",
            "ProviderName": "Tieout Sandbox",
            "DateTimeUTC": ms_date(ms_of(self._now())),
        }
        if found.pagination is not None:
            head["pagination"] = found.pagination
        if request.wants_xml:
            body = xmltext.envelope({**head, found.plural: found.records()})
            return 200, {"Content-Type": "text/xml; charset=utf-8"}, body.encode()
        texts = varied(list(found.texts), self._readings)
        text = f'{dumps(head)[:-1]},"{found.plural}":[{",".join(texts)}]}}'
        return 200, {"Content-Type": _JSON}, text.encode()

    def _refusal(self, request: Request, refused: ApiError) -> Reply:
        headers, told = dict(refused.headers), refused.body
        if isinstance(refused, UnknownPath):
            log.warning("sandbox_unknown_path: %s %r", request.method, request.path)
        if isinstance(told, str):
            headers["Content-Type"] = "text/html; charset=utf-8"
            return refused.status, headers, told.encode()
        if self._readings.lower_error_keys and "Title" in told:
            told = {key[0].lower() + key[1:]: value for key, value in told.items()}
        headers["Content-Type"] = _JSON
        return refused.status, headers, dumps(told).encode()


def _faults(store: Store) -> dict[str, str]:
    """What is wrong with the books, by the same without its amounts, which later writes move."""
    return {_AMOUNT.sub("", sentence): sentence for sentence in check(store)}


def _fault() -> ApiError:
    return ApiError(
        500,
        {"Title": "An error occurred", "Detail": "An error occurred in Xero", "Status": 500},
    )
