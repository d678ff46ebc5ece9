"""The WSGI app: one request through the gates Xero has, to the endpoint, to exact bytes.

Order of the gates: token, tenant, scope, call limits, idempotency key. A write commits before its
answer leaves; an unforeseen fault rolls back and is a 500.
"""

from __future__ import annotations

import gzip
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime
from time import monotonic as real_monotonic
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIEnvironment

from worker.sandbox import routes, xmltext
from worker.sandbox.auth import ALL_SCOPES, Tokens, accepted_scopes
from worker.sandbox.errors import ApiError, denied, not_found
from worker.sandbox.limits import Keys, Limiter, check_key, request_mark
from worker.sandbox.session import Session, business_now
from worker.sandbox.store import Store
from worker.sandbox.wire import Record, dumps, guid, ms_date, ms_of

_REASONS = {
    200: "OK",
    204: "No Content",
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
_ORGANISATION_NAMES = ("organisation", "organisations")


class SandboxApp:
    """A Xero organisation behind WSGI.

    `now` is business time (stamps, dates); `monotonic` is real elapsed time (limits, token and key
    lifetimes). `scopes` are those ticked on the connection; `scope_denial` is 401 or 403;
    `email_limit` None means 0 for a demo company, else 1,000 a day. `reports` overrides the module
    that renders reports.
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
        scope_denial: int = 401,
        email_limit: int | None = None,
        reports: Any = None,
    ) -> None:
        self.store = store
        self._now = now
        self._tokens = Tokens(
            client_id, client_secret, scopes, monotonic, scope_denial=scope_denial
        )
        self._limiter = Limiter(
            monotonic, minute=minute_limit, day=day_limit, concurrent=concurrent
        )
        self._keys = Keys(store, monotonic)
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

    def _dispatch(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        parts = request.parts
        if parts == ["connect", "token"]:
            if request.method != "POST":
                raise ApiError(405, "The token endpoint takes POST")
            form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
            token = self._tokens.issue(request.header("Authorization"), form)
            return 200, {"Content-Type": "application/json"}, dumps(token).encode()
        if parts[:1] == ["connections"] and len(parts) == 1 and request.method == "GET":
            self._tokens.check(request.header("Authorization"))
            body = dumps([self._connection()]).encode()
            return 200, {"Content-Type": _JSON}, body
        if parts[:2] != ["api.xro", "2.0"] or len(parts) < 3:
            raise not_found()
        return self._api(request)

    def _connection(self) -> Record:
        organisation = self.store.organisation()
        made = self._now().strftime("%Y-%m-%dT%H:%M:%S.0000000")
        return {
            "id": str(uuid4()),
            "authEventId": str(uuid4()),
            "tenantId": organisation["OrganisationID"],
            "tenantType": "ORGANISATION",
            "tenantName": organisation["Name"],
            "createdDateUtc": made,
            "updatedDateUtc": made,
        }

    def _api(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        token = self._tokens.check(request.header("Authorization"))
        tenant = request.header("xero-tenant-id")
        if tenant and guid(tenant) != self.store.organisation()["OrganisationID"]:
            raise denied(403, "Forbidden", "AuthenticationUnsuccessful")
        name = request.parts[2]
        name = "organisation" if name in _ORGANISATION_NAMES else name
        report = request.parts[3] if len(request.parts) > 3 else ""
        write = request.method != "GET"
        self._tokens.check_scope(token, accepted_scopes(name, report, write=write))
        with self._limiter.call():
            if not write:
                with self.store.reading():
                    return self._answer(request)
            return self._write(request)

    def _write(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        """A write in one transaction, its answer kept under its key in the same commit."""
        key = request.optional_header("Idempotency-Key")
        if key is None or request.method == "DELETE":
            with self.store.transaction():
                return self._answer(request)
        check_key(key)
        mark = request_mark(request.method, request.path, request.query, request.body)
        try:
            with self.store.transaction():
                known = self._keys.recall(key, mark)
                if known is not None:
                    return known
                status, headers, body = self._answer(request)
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

    def _answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        places = 4 if request.params.get("unitdp") == "4" else 2
        session = Session(self.store, self._now, places=places, email_limit=self._email_limit)
        call = routes.Call(
            session,
            request.method,
            request.parts[2:],
            request.raw_parts[2:],
            request.params,
            request.body,
            request.header("Content-Type"),
            request.header("If-Modified-Since"),
            self._reports,
        )
        found = routes.answer(call)
        if found is None:
            return 204, {}, b""
        if isinstance(found, routes.Bare):
            return (
                200,
                {"Content-Type": _JSON},
                dumps(found.value).encode(),
            )
        return self._envelope(request, found)

    def _envelope(
        self, request: Request, found: routes.Listed
    ) -> tuple[int, dict[str, str], bytes]:
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
        text = f'{dumps(head)[:-1]},"{found.plural}":[{",".join(found.texts)}]}}'
        return 200, {"Content-Type": _JSON}, text.encode()

    def _refusal(self, request: Request, refused: ApiError) -> tuple[int, dict[str, str], bytes]:
        headers = dict(refused.headers)
        if isinstance(refused.body, str):
            headers["Content-Type"] = "text/html; charset=utf-8"
            return refused.status, headers, refused.body.encode()
        headers["Content-Type"] = _JSON
        return refused.status, headers, dumps(refused.body).encode()


def _fault() -> ApiError:
    return ApiError(
        500,
        {"Title": "An error occurred", "Detail": "An error occurred in Xero", "Status": 500},
    )


class Request:
    """What one WSGI environ says, read once."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self.environ = environ
        self.method = str(environ["REQUEST_METHOD"]).upper()
        self.path = (
            str(environ.get("PATH_INFO") or "/").encode("latin-1").decode("utf-8", "replace")
        )
        self.query = str(environ.get("QUERY_STRING") or "")
        self.raw_parts = [part for part in self.path.split("/") if part]
        self.parts = [part.lower() for part in self.raw_parts]
        self.params = {
            name.lower(): value for name, value in parse_qsl(self.query, keep_blank_values=True)
        }
        length = str(environ.get("CONTENT_LENGTH") or "")
        stream = environ["wsgi.input"]
        self.body: bytes = stream.read(int(length)) if length.isdigit() else _rest(environ)

    def header(self, name: str) -> str:
        """A header's value, empty when absent."""
        return self.optional_header(name) or ""

    def optional_header(self, name: str) -> str | None:
        """A header's value, None when absent."""
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        value = self.environ.get(key)
        return None if value is None else str(value)

    @property
    def wants_xml(self) -> bool:
        """Xero's default is XML; a client that takes anything gets JSON here."""
        accept = self.header("Accept").lower()
        return not accept or ("xml" in accept and "json" not in accept and "*/*" not in accept)


def _path(text: str) -> str:
    """A path as text: WSGI passes bytes as latin-1, some in-process transports the text itself."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _rest(environ: WSGIEnvironment) -> bytes:
    """A body without a length: only where the server says that the input ends."""
    body: bytes = environ["wsgi.input"].read() if environ.get("wsgi.input_terminated") else b""
    return body
