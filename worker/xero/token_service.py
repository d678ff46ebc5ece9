"""The token endpoint: asked with our secret, answering with a token, and showing neither.

Failures are told in sentences of our own, raised outside the `except` block so that no request,
with its headers and its form, hangs on them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_plus

import httpx

from worker.books.ports import Clock
from worker.errors import SetupWrong, TryLater, Unauthorised
from worker.xero.wire_json import Garbled, read_object
from worker.xero.wire_values import as_number, text

# Xero's tokens live 30 minutes; a new one is asked for this long before the end.
RENEW_AHEAD_SECONDS = 90.0
_LIFE_UNSTATED_SECONDS = 1800.0
_TRIES_MAX = 3
_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


class ScopeRefused(Unauthorised):
    """A scope is not enabled on the connection; the answer does not say which."""


class Sealed(str):
    """Words that are used but never shown, not even by a traceback that prints its locals."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<sealed>"


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and when on the monotonic clock to ask for the next."""

    access: Sealed
    renew_at: float


class TokenService:
    """Where tokens come from."""

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: Callable[[], str] | None,
        http: httpx.Client,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        """`client_secret` is called when it is needed and not kept; None for an app without one."""
        self.url = _address(url)
        self._client_id = client_id
        self._secret = client_secret
        self._http = http
        self._clock = clock
        self._sleep = sleep

    def ask(self, form: Sealed, asked_for: str) -> tuple[Token, Sealed]:
        """The token endpoint's answer: the token and the refresh token ("" where none).

        Raises ScopeRefused for a scope, Unauthorised where it refuses us otherwise, TryLater where
        it cannot answer now.
        """
        failure = ""
        for attempt in range(_TRIES_MAX):
            if attempt:
                self._sleep(2.0 ** (attempt - 1))
            response = self._post(form)
            if isinstance(response, str):
                failure = response
            elif response.status_code == 200:
                token = self._read(response)
                if token is not None:
                    return token
                failure = "it answered without a token"
            elif response.status_code >= 500 or response.status_code in (408, 429):
                failure = f"it answered {response.status_code}"
            else:
                raise _refusal(response, asked_for)
        raise TryLater(f"the token service {self.url} could not be used: {failure}")

    def _post(self, form: Sealed) -> httpx.Response | str:
        """The response, or in words why there was none."""
        try:
            return self._http.send(self._request(form), auth=httpx.Auth(), follow_redirects=False)
        except httpx.TimeoutException:
            return "it did not answer in time"
        except httpx.TransportError as fault:
            return f"no connection ({type(fault).__name__})"
        except httpx.DecodingError:
            return "its answer could not be unpacked"

    def _request(self, form: Sealed) -> httpx.Request:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        body = str(form)
        if self._secret is None:
            body += f"&client_id={quote_plus(self._client_id)}"
        else:
            headers["Authorization"] = _basic(self._client_id, self._secret())
        return self._http.build_request(
            "POST", self.url, content=body.encode(), headers=headers, timeout=_TIMEOUT
        )

    def _read(self, response: httpx.Response) -> tuple[Token, Sealed] | None:
        try:
            body = read_object(response.content)
        except Garbled:
            return None
        access = Sealed(text(body, "access_token"))
        if not _PRINTABLE.fullmatch(access):
            return None
        life = as_number(body.get("expires_in"))
        seconds = _LIFE_UNSTATED_SECONDS if life is None else max(float(life), 0.0)
        ahead = min(RENEW_AHEAD_SECONDS, seconds / 2)
        token = Token(access, self._clock.monotonic() + seconds - ahead)
        return token, Sealed(text(body, "refresh_token"))


def _address(token_url: str) -> str:
    try:
        httpx.URL(token_url)
    except httpx.InvalidURL:
        raise SetupWrong(f"token_url {token_url!r} is no address") from None
    return token_url


def _basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def _refusal(response: httpx.Response, asked_for: str) -> SetupWrong:
    """Why the token endpoint refused; only its error code is repeated, never its text."""
    if 300 <= response.status_code < 400:
        return SetupWrong("token_url answers with a redirect; it must be the token address itself")
    try:
        code = text(read_object(response.content), "error")
    except Garbled:
        code = ""
    meaning = {
        "invalid_client": "the client id or secret is wrong",
        "invalid_scope": "a scope asked for is not enabled on the connection",
        "unauthorized_client": "the app may not use this grant or one of the scopes",
        "invalid_grant": "the refresh token is expired or was used before; connect to Xero again",
    }.get(code)
    if meaning is None and response.status_code not in (400, 401, 403):
        return SetupWrong(
            f"token_url answered {response.status_code}; it must be the whole token address"
        )
    known = code if meaning else "no known reason"
    sentence = f"the token service refused us ({known}): {meaning or 'see the app’s settings'}"
    if code == "invalid_client":
        return Unauthorised(sentence)
    kind = ScopeRefused if code == "invalid_scope" else Unauthorised
    return kind(f"{sentence}; scopes asked for: {asked_for}")
