"""A session of Xero's own Python SDK with a sandbox, and how each call is told: a line of JSON.

The SDK takes a base URL for its API; the address of the token service is a class attribute.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from xero_python.accounting import AccountingApi
from xero_python.accounting import models as m
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
from xero_python.exceptions import HTTPStatusException
from xero_python.identity import IdentityApi

SCOPES = "offline_access openid accounting.settings accounting.contacts"
BASE = sys.argv[1]
TokenApi.client_credentials_token_url = f"{BASE}/connect/token"
TokenApi.refresh_token_url = f"{BASE}/connect/token"
TokenApi.revoke_token_url = f"{BASE}/connect/revocation"

token: dict[str, Any] = {}
client = ApiClient(
    Configuration(oauth2_token=OAuth2Token(client_id="sandbox", client_secret="sandbox")),
    pool_threads=1,
)
api = AccountingApi(client, base_url=f"{BASE}/api.xro/2.0")
identity = IdentityApi(client, base_url=BASE)


@client.oauth2_token_saver
def keep(fresh: dict[str, Any]) -> None:
    token.clear()
    token.update(fresh)


@client.oauth2_token_getter
def held() -> dict[str, Any]:
    return token


def call(name: str, act: Callable[[], Any]) -> Any:
    """Do one step and tell how it went; None when it failed."""
    try:
        found = act()
    except Exception as broken:
        said = getattr(broken, "body", None) or getattr(broken, "error", "")
        told: dict[str, Any] = {"call": name, "wrong": f"{traceback.format_exc()[-900:]} {said}"}
        found = None
    else:
        told = {"call": name, "said": _said(found)}
    sys.stdout.write(json.dumps(told) + "\n")
    return found


def listed(name: str, plural: str, ask: Callable[..., Any], *given: Any, **words: Any) -> Any:
    """The records one call of the SDK answers under `plural`, told under `name`."""
    return call(name, lambda: getattr(ask(*given, **words), plural))


def single(name: str, plural: str, ask: Callable[..., Any], *given: Any, **words: Any) -> Any:
    """The first of them."""
    return call(name, lambda: one(ask(*given, **words), plural))


def _said(value: Any) -> Any:
    """What of an answer is told: how many records, a record's status, plain values as they are."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Decimal | date):
        return str(value)
    if isinstance(value, list):
        plain = all(isinstance(each, str) for each in value)
        return value if plain else len(value)
    status = getattr(value, "status", None)
    return type(value).__name__ if status is None else str(getattr(status, "value", status))


def refused(name: str, status: int, act: Callable[[], Any]) -> None:
    """A step that Xero must refuse with this status, in an error the SDK can read."""

    def attempt() -> str:
        try:
            act()
        except HTTPStatusException as found:
            if found.status != status:
                raise
            return type(found).__name__
        raise AssertionError("it was not refused")

    call(name, attempt)


def signed_in() -> str:
    """A person says yes to the app; the token that comes of it is handed to the SDK."""
    wanted = {"response_type": "code", "client_id": "sandbox", "scope": SCOPES}
    with urlopen(f"{BASE}/identity/connect/authorize?{urlencode(wanted)}") as reply:
        code = reply.read().decode().strip()
    form = {"grant_type": "authorization_code", "code": code}
    form |= {"client_id": "sandbox", "client_secret": "sandbox"}
    with urlopen(f"{BASE}/connect/token", data=urlencode(form).encode()) as reply:
        keep(json.load(reply))
    token["scope"] = token["scope"].split()
    return str(token["token_type"])


def refreshed() -> bool:
    """The SDK renews its token by the refresh token, which is another one then."""
    before = dict(token)
    holder = client.configuration.oauth2_token
    holder.update_token(**before)
    holder.refresh_access_token(client)
    return before["refresh_token"] != token["refresh_token"]


def many(plural: str, *elements: Any, **more: Any) -> Any:
    """The SDK's container of elements: `many("contacts", …)` is a `Contacts`."""
    kind = "".join(word.title() for word in plural.split("_"))
    return getattr(m, kind)(**{plural: list(elements)}, **more)


def one(found: Any, plural: str) -> Any:
    """The first record of an answer."""
    return getattr(found, plural)[0]
