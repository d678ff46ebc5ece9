"""Tokens: for a custom connection, and for a person who signs in (fact sheet 1.1, 1.3).

A person's refresh token changes with every use; the one before still works for 30 minutes, for
the client that never got the answer. All is kept in memory: a restarted sandbox asks again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote_plus

from worker.sandbox.errors import ApiError, denied
from worker.sandbox.scopes import PERSONAL_SCOPES

LIFETIME_SECONDS = 1800
CODE_SECONDS = 300
GRACE_SECONDS = 1800
REFRESH_SECONDS = 60 * 86_400


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token: what it may do, until when on the monotonic clock, by whose sign-in.

    `person` is empty for a custom connection, else names the sign-in behind it.
    """

    scopes: frozenset[str]
    expires: float
    person: str = ""


@dataclass(frozen=True, slots=True)
class _Code:
    """An authorisation code: used once, within five minutes, for the same address."""

    scopes: frozenset[str]
    expires: float
    redirect_uri: str
    challenge: str


class Tokens:
    """The token, authorisation and revocation endpoints, and the check of what they gave out."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        scopes: Iterable[str],
        monotonic: Callable[[], float],
        *,
        scope_denial: int = 401,
    ) -> None:
        self._client = (client_id, client_secret)
        self._enabled = frozenset(scopes)
        self._monotonic = monotonic
        self._scope_denial = scope_denial
        self._given: dict[str, Token] = {}
        self._codes: dict[str, _Code] = {}
        self._refreshing: dict[str, Token] = {}
        self._lock = threading.Lock()

    def issue(self, authorization: str, form: Mapping[str, str]) -> dict[str, object]:
        """What `POST /connect/token` answers; raises ApiError 400 as Xero does.

        Credentials come as Basic or in the form (with PKCE the client_id alone); without `scope`
        a custom connection is given all it has ticked.
        """
        grant = form.get("grant_type")
        code = self._codes.get(form.get("code", "")) if grant == "authorization_code" else None
        proven = code is not None and bool(code.challenge)
        self._check_client(authorization, form, secret=not proven and not self._public(form))
        with self._lock:
            if grant == "client_credentials":
                return self._give(self._wanted(form.get("scope", ""), frozenset()))
            if grant == "authorization_code":
                return self._redeem(form)
            if grant == "refresh_token":
                return self._refresh(form.get("refresh_token", ""))
        raise ApiError(400, {"error": "unsupported_grant_type"})

    def authorise(self, params: Mapping[str, str]) -> str:
        """The code a person's consent gives for an authorize request; raises ApiError 400.

        The sandbox's one person consents to whatever is asked.
        """
        if params.get("response_type") != "code":
            raise ApiError(400, {"error": "unsupported_response_type"})
        if params.get("client_id") != self._client[0]:
            raise ApiError(400, {"error": "unauthorized_client"})
        if params.get("code_challenge") and params.get("code_challenge_method") != "S256":
            raise ApiError(400, {"error": "invalid_request"})
        scopes = self._wanted(params.get("scope", ""), PERSONAL_SCOPES)
        code = secrets.token_urlsafe(24)
        expires = self._monotonic() + CODE_SECONDS
        address, challenge = params.get("redirect_uri", ""), params.get("code_challenge", "")
        with self._lock:
            self._codes[code] = _Code(scopes, expires, address, challenge)
        return code

    def revoke(self, authorization: str, form: Mapping[str, str]) -> None:
        """Forget a refresh token and all its sign-in gave; an unknown one is no error."""
        self._check_client(authorization, form, secret=not self._public(form))
        with self._lock:
            gone = self._refreshing.get(form.get("token", ""))
            if gone is not None:
                self._forget(gone.person)

    def disconnect(self, token: Token) -> None:
        """End the connection a person's token speaks for."""
        with self._lock:
            self._forget(token.person)

    def check(self, authorization: str) -> Token:
        """The live token behind an `Authorization` header; raises ApiError 401."""
        kind, _, text = authorization.partition(" ")
        with self._lock:
            found = self._given.get(text.strip()) if kind.lower() == "bearer" else None
        if found is None:
            raise denied(401, "Unauthorized", "AuthenticationUnsuccessful")
        if self._monotonic() >= found.expires:
            raise denied(401, "Unauthorized", "TokenExpired: token expired")
        return found

    def check_scope(self, token: Token, needed: frozenset[str]) -> None:
        """Refuse a token without any of the scopes needed; raises ApiError 401 (or 403)."""
        if needed and not needed & token.scopes:
            title = "Unauthorized" if self._scope_denial == 401 else "Forbidden"
            raise denied(self._scope_denial, title, "AuthorizationUnsuccessful")

    def _check_client(self, authorization: str, form: Mapping[str, str], *, secret: bool) -> None:
        given = _basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))
        count = 2 if secret else 1
        ours, theirs = ("\n".join(pair[:count]).encode() for pair in (self._client, given))
        if not secrets.compare_digest(ours, theirs):
            raise ApiError(400, {"error": "invalid_client"})

    def _public(self, form: Mapping[str, str]) -> bool:
        """Whether a refresh token came from a PKCE sign-in, which has no secret."""
        found = self._refreshing.get(form.get("refresh_token") or form.get("token") or "")
        return found is not None and found.person.startswith("pkce ")

    def _wanted(self, text: str, besides: frozenset[str]) -> frozenset[str]:
        wanted = frozenset(text.split()) or self._enabled
        if not wanted <= self._enabled | besides:
            text = "Client credentials scope validation failed"
            raise ApiError(400, {"error": "invalid_scope", "error_description": text})
        return wanted

    def _give(self, scopes: frozenset[str], person: str = "") -> dict[str, object]:
        now, token = self._monotonic(), secrets.token_urlsafe(32)
        self._given = {key: old for key, old in self._given.items() if old.expires > now - 3600}
        self._given[token] = Token(scopes, now + LIFETIME_SECONDS, person)
        found: dict[str, object] = {
            "access_token": token,
            "expires_in": LIFETIME_SECONDS,
            "token_type": "Bearer",
            "scope": " ".join(sorted(scopes)),
        }
        if "offline_access" in scopes:
            refresh = secrets.token_urlsafe(32)
            self._refreshing[refresh] = Token(scopes, now + REFRESH_SECONDS, person)
            found["refresh_token"] = refresh
        return found

    def _redeem(self, form: Mapping[str, str]) -> dict[str, object]:
        code = self._codes.pop(form.get("code", ""), None)
        fits = code is not None and code.redirect_uri == form.get("redirect_uri", "")
        if code is None or not fits or self._monotonic() >= code.expires:
            raise ApiError(400, {"error": "invalid_grant"})
        if code.challenge and code.challenge != _challenge(form.get("code_verifier", "")):
            raise ApiError(400, {"error": "invalid_grant"})
        return self._give(code.scopes, ("pkce " if code.challenge else "") + secrets.token_hex(8))

    def _refresh(self, given: str) -> dict[str, object]:
        found, now = self._refreshing.get(given), self._monotonic()
        if found is None or now >= found.expires:
            raise ApiError(400, {"error": "invalid_grant"})
        ends = min(found.expires, now + GRACE_SECONDS)
        answer = self._give(found.scopes, found.person)
        self._refreshing[given] = replace(found, expires=ends)
        return answer

    def _forget(self, person: str) -> None:
        for held in (self._given, self._refreshing):
            for key in [key for key, token in held.items() if token.person == person]:
                del held[key]


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, text = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)
