"""Tokens for the ledger: asked for ahead of need, kept in memory, never shown to anyone.

No token, secret or Basic header gets into a repr, a log line, or an exception: failures are told in
sentences of our own, raised outside the `except` block so that no request hangs on them.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from threading import Lock
from urllib.parse import quote_plus

import httpx

from worker.books.ports import Clock, TokenStore
from worker.errors import SetupWrong, TryLater, Unauthorised
from worker.xero.wire_json import Garbled, read_object
from worker.xero.wire_values import as_number, text

# Xero's tokens live 30 minutes; a new one is asked for this long before the end.
RENEW_AHEAD_SECONDS = 90.0
_LIFE_UNSTATED_SECONDS = 1800.0
_TRIES_MAX = 3
_TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


class Sealed(str):
    """Words that are used but never shown, not even by a traceback that prints its locals."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<sealed>"


@dataclass(frozen=True, slots=True)
class _Token:
    access: Sealed
    renew_at: float
    """On the monotonic clock."""


class _Bearer(httpx.Auth):
    """A bearer token on each request; on a 401 one renewal and one replay."""

    needs_tenant = False

    def __init__(
        self,
        *,
        token_url: str,
        client_id: str,
        client_secret_get: Callable[[], str] | None,
        http: httpx.Client,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self._url = _address(token_url)
        self._client_id = client_id
        self._secret_get = client_secret_get
        self._http = http
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._token: _Token | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(token_url={self._url!r})"

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        used = self._current()
        request.headers["Authorization"] = f"Bearer {used.access}"
        response = yield request
        if response.status_code == 401:
            request.headers["Authorization"] = f"Bearer {self._renewed(used).access}"
            yield request

    def _current(self) -> _Token:
        """A token good for a while; one caller fetches, the others wait for it."""
        with self._lock:
            if self._token is None or self._clock.monotonic() >= self._token.renew_at:
                self._token = self._fetch()
            return self._token

    def _renewed(self, refused: _Token) -> _Token:
        """A token other than the refused one."""
        with self._lock:
            if self._token is None or self._token is refused:
                self._token = self._fetch()
            return self._token

    def _fetch(self) -> _Token:
        raise NotImplementedError

    def _ask(self, form: Sealed, asked_for: str) -> tuple[_Token, Sealed]:
        """The token endpoint's answer: the token and the refresh token ("" where none).

        Raises Unauthorised where it refuses us, TryLater where it cannot answer now.
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
        raise TryLater(f"the token service could not be used: {failure}")

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
        if self._secret_get is None:
            body += f"&client_id={quote_plus(self._client_id)}"
        else:
            headers["Authorization"] = _basic(self._client_id, self._secret_get())
        return self._http.build_request(
            "POST", self._url, content=body.encode(), headers=headers, timeout=_TIMEOUT
        )

    def _read(self, response: httpx.Response) -> tuple[_Token, Sealed] | None:
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
        token = _Token(access, self._clock.monotonic() + seconds - ahead)
        return token, Sealed(text(body, "refresh_token"))


class ClientCredentials(_Bearer):
    """A custom connection's own token (grant `client_credentials`), for one organisation."""

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: Callable[[], str],
        scopes: Sequence[str],
        http: httpx.Client,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`client_secret` is called when the secret is needed, and its answer not kept."""
        super().__init__(
            token_url=token_url,
            client_id=client_id,
            client_secret_get=client_secret,
            http=http,
            clock=clock,
            sleep=sleep,
        )
        self._scopes = " ".join(scopes)

    def _fetch(self) -> _Token:
        form = Sealed(f"grant_type=client_credentials&scope={quote_plus(self._scopes)}")
        token, _ = self._ask(form, self._scopes)
        return token


class RefreshToken(_Bearer):
    """A person's connection: each refresh brings a new refresh token, saved before it is used."""

    needs_tenant = True

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: Callable[[], str] | None,
        store: TokenStore,
        http: httpx.Client,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`client_secret` is None for a PKCE app, which has none."""
        super().__init__(
            token_url=token_url,
            client_id=client_id,
            client_secret_get=client_secret,
            http=http,
            clock=clock,
            sleep=sleep,
        )
        self._store = store

    def _fetch(self) -> _Token:
        refused: Unauthorised | None = None
        used = Sealed()
        # A second round only where another process has meanwhile put its newer token in the store.
        for _ in range(2):
            stored = Sealed(self._store.load() or "")
            if not stored:
                raise Unauthorised("no refresh token is stored; connect to Xero again")
            if stored == used:
                break
            used = stored
            refused, found = self._exchange(stored)
            if found is not None:
                token, following = found
                if following and following != stored:
                    self._store.save(str(following))
                return token
        raise refused or Unauthorised("the refresh token was refused; connect to Xero again")

    def _exchange(self, stored: Sealed) -> tuple[Unauthorised | None, tuple[_Token, Sealed] | None]:
        form = Sealed(f"grant_type=refresh_token&refresh_token={quote_plus(stored)}")
        try:
            return None, self._ask(form, "those of the stored refresh token")
        except Unauthorised as refusal:
            return refusal.with_traceback(None), None


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
    return Unauthorised(
        f"the token service refused us ({known}): {meaning or 'see the app’s settings'}; "
        f"scopes asked for: {asked_for}"
    )
