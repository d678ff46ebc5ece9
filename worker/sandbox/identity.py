"""What identity.xero.com, login.xero.com and /connections answer, on the sandbox's own address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlencode, urlsplit
from uuid import NAMESPACE_URL, uuid5

from worker.sandbox.auth import Token, Tokens
from worker.sandbox.errors import ApiError, denied, not_found
from worker.sandbox.request import Request
from worker.sandbox.store import Store
from worker.sandbox.wire import Record, dumps, guid

Reply = tuple[int, dict[str, str], bytes]
_AUTHORISE = (["identity", "connect", "authorize"], ["connect", "authorize"])


def identity(
    tokens: Tokens, store: Store, now: Callable[[], datetime], request: Request
) -> Reply | None:
    """The answer of a path that is not the API's; None for paths that are not known here."""
    parts, method = request.parts, request.method
    if parts in (["connect", "token"], ["connect", "revocation"]):
        if method != "POST":
            raise ApiError(405, f"The {parts[1]} endpoint takes POST")
        if parts[1] == "revocation":
            tokens.revoke(request.header("Authorization"), request.form)
            return 200, {}, b""
        token = tokens.issue(request.header("Authorization"), request.form)
        return 200, {"Content-Type": "application/json"}, dumps(token).encode()
    if parts in _AUTHORISE and method == "GET":
        return _consent(tokens, request.params)
    if parts[:1] == ["connections"]:
        return _connections(tokens, store, now, request)
    return None


def _consent(tokens: Tokens, params: Mapping[str, str]) -> Reply:
    """The code: sent to the client's own address, or shown to the person where none was given."""
    address = params.get("redirect_uri", "")
    where = urlsplit(address)
    local = where.scheme == "http" and where.hostname == "localhost"
    if address and where.scheme != "https" and not local:
        raise ApiError(400, {"error": "invalid_request", "error_description": "redirect_uri"})
    code = tokens.authorise(params)
    if not address:
        return 200, {"Content-Type": "text/plain; charset=utf-8"}, f"{code}\n".encode()
    back = {"code": code} | ({"state": params["state"]} if "state" in params else {})
    mark = "&" if where.query else "?"
    return 302, {"Location": f"{address}{mark}{urlencode(back)}"}, b""


def _connections(
    tokens: Tokens, store: Store, now: Callable[[], datetime], request: Request
) -> Reply:
    token = tokens.check(request.header("Authorization"))
    connection = _connection(store, now(), token)
    if len(request.parts) == 1 and request.method == "GET":
        wanted = request.params.get("autheventid")
        found = [connection] if not wanted or guid(wanted) == connection["authEventId"] else []
        return 200, {"Content-Type": "application/json; charset=utf-8"}, dumps(found).encode()
    if len(request.parts) == 2 and request.method == "DELETE":
        if request.parts[1] != connection["id"]:
            raise not_found()
        if not token.person:
            # A custom connection is ended by its owner, in Xero's own pages.
            raise denied(403, "Forbidden", "AuthorizationUnsuccessful")
        tokens.disconnect(token)
        return 204, {}, b""
    raise not_found()


def _connection(store: Store, now: datetime, token: Token) -> Record:
    organisation = store.organisation()
    tenant, made = organisation["OrganisationID"], now.strftime("%Y-%m-%dT%H:%M:%S.0000000")
    return {
        "id": str(uuid5(NAMESPACE_URL, f"connection/{tenant}")),
        "authEventId": str(uuid5(NAMESPACE_URL, f"sign-in/{tenant}/{token.person}")),
        "tenantId": tenant,
        "tenantType": "ORGANISATION",
        "tenantName": organisation["Name"],
        "createdDateUtc": made,
        "updatedDateUtc": made,
    }
