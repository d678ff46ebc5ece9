"""Tokens by client credentials, and which scope each endpoint asks for (fact sheet 1.1, 1.4)."""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from worker.sandbox.errors import ApiError, denied

LIFETIME_SECONDS = 1800
_WRITABLE = (
    "settings",
    "contacts",
    "attachments",
    "invoices",
    "payments",
    "banktransactions",
    "manualjournals",
    "transactions",
)
_REPORTS = {
    "agedreceivablesbycontact": "aged",
    "agedpayablesbycontact": "aged",
    "balancesheet": "balancesheet",
    "banksummary": "banksummary",
    "budgetsummary": "budgetsummary",
    "executivesummary": "executivesummary",
    "profitandloss": "profitandloss",
    "trialbalance": "trialbalance",
    "": "taxreports",
}
ALL_SCOPES = frozenset(
    [f"accounting.{name}{tail}" for name in _WRITABLE for tail in ("", ".read")]
    + [f"accounting.reports.{name}.read" for name in {*_REPORTS.values(), "tenninetynine"}]
    + ["accounting.reports.read", "accounting.budgets.read"]
)
# The broad scope that still covers a granular one.
_BROAD = dict.fromkeys(
    ("invoices", "payments", "banktransactions", "manualjournals"), "transactions"
)
_AREAS = {
    **dict.fromkeys(
        ("organisation", "accounts", "taxrates", "trackingcategories", "currencies"), "settings"
    ),
    **dict.fromkeys(("brandingthemes", "users", "items"), "settings"),
    **dict.fromkeys(("contacts", "contactgroups"), "contacts"),
    **dict.fromkeys(("invoices", "creditnotes"), "invoices"),
    **dict.fromkeys(("payments", "batchpayments", "overpayments", "prepayments"), "payments"),
    **dict.fromkeys(("banktransactions", "banktransfers"), "banktransactions"),
}


def accepted_scopes(endpoint: str, report: str, *, write: bool) -> frozenset[str]:
    """The scopes any one of which opens an endpoint (lower-cased name); empty when unknown."""
    if endpoint == "reports":
        name = _REPORTS.get(report.lower(), "taxreports")
        return frozenset({f"accounting.reports.{name}.read", "accounting.reports.read"})
    area = _AREAS.get(endpoint)
    if area is None:
        return frozenset()
    names = {area, _BROAD.get(area, area)}
    found = {f"accounting.{name}" for name in names}
    return frozenset(found if write else found | {f"{scope}.read" for scope in found})


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token: what it may do, and until when on the monotonic clock."""

    scopes: frozenset[str]
    expires: float


class Tokens:
    """The token endpoint and the check of what it gave out; kept in memory only."""

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
        self._lock = threading.Lock()

    def issue(self, authorization: str, form: Mapping[str, str]) -> dict[str, object]:
        """A new token for `grant_type=client_credentials`; raises ApiError 400 as Xero does.

        Credentials come as Basic or in the form; without `scope` all enabled ones are given.
        """
        given = _basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))
        ours, theirs = ("\n".join(pair).encode() for pair in (self._client, given))
        if not secrets.compare_digest(ours, theirs):
            raise ApiError(400, {"error": "invalid_client"})
        if form.get("grant_type") != "client_credentials":
            raise ApiError(400, {"error": "unsupported_grant_type"})
        wanted = frozenset(form.get("scope", "").split()) or self._enabled
        if not wanted <= self._enabled:
            raise ApiError(
                400,
                {
                    "error": "invalid_scope",
                    "error_description": "Client credentials scope validation failed",
                },
            )
        token = secrets.token_urlsafe(32)
        now = self._monotonic()
        with self._lock:
            self._given = {key: old for key, old in self._given.items() if old.expires > now - 3600}
            self._given[token] = Token(wanted, now + LIFETIME_SECONDS)
        return {
            "access_token": token,
            "expires_in": LIFETIME_SECONDS,
            "token_type": "Bearer",
            "scope": " ".join(sorted(wanted)),
        }

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


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, text = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)
