"""Tokens on requests: fetched ahead of need, kept in memory, renewed once where refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from threading import Lock
from urllib.parse import quote_plus

import httpx

from worker.books.ports import Clock, TokenStore
from worker.errors import Unauthorised
from worker.xero.token_service import ScopeRefused, Sealed, Token, TokenService


class _Bearer(httpx.Auth):
    """A bearer token on each request; on a 401 one renewal and one replay."""

    needs_tenant = False

    def __init__(self, service: TokenService, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._lock = Lock()
        self._token: Token | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(token_url={self._service.url!r})"

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        used = self._current()
        request.headers["Authorization"] = f"Bearer {used.access}"
        response = yield request
        if response.status_code == 401:
            request.headers["Authorization"] = f"Bearer {self._renewed(used).access}"
            yield request

    def _current(self) -> Token:
        """A token good for a while; one caller fetches, the others wait for it."""
        with self._lock:
            if self._token is None or self._clock.monotonic() >= self._token.renew_at:
                self._token = self._fetch()
            return self._token

    def _renewed(self, refused: Token) -> Token:
        """A token other than the refused one."""
        with self._lock:
            if self._token is None or self._token is refused:
                self._token = self._fetch()
            return self._token

    def _fetch(self) -> Token:
        raise NotImplementedError


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
        service = TokenService(token_url, client_id, client_secret, http, clock, sleep)
        super().__init__(service, clock)
        self._scopes = tuple(scopes)

    def _fetch(self) -> Token:
        refused, token = self._asked(self._scopes)
        if token is not None:
            return token
        # Xero does not say which scope it is; asked for one by one, they say it themselves.
        wrong = [scope for scope in self._scopes if self._asked((scope,))[1] is None]
        if not wrong or refused is None:
            raise refused or Unauthorised("the token service refused the scopes")
        raise Unauthorised(
            "the token service refused us (invalid_scope): not enabled on the connection: "
            f"{', '.join(wrong)}; tick it in the app's settings, or leave it out of scopes"
        )

    def _asked(self, scopes: Sequence[str]) -> tuple[ScopeRefused | None, Token | None]:
        """A token for these scopes, or the refusal of one of them; other failures are raised."""
        listed = " ".join(scopes)
        form = Sealed(f"grant_type=client_credentials&scope={quote_plus(listed)}")
        try:
            return None, self._service.ask(form, listed)[0]
        except ScopeRefused as refusal:
            return refusal.with_traceback(None), None


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
        service = TokenService(token_url, client_id, client_secret, http, clock, sleep)
        super().__init__(service, clock)
        self._store = store

    def _fetch(self) -> Token:
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

    def _exchange(self, stored: Sealed) -> tuple[Unauthorised | None, tuple[Token, Sealed] | None]:
        form = Sealed(f"grant_type=refresh_token&refresh_token={quote_plus(stored)}")
        try:
            return None, self._service.ask(form, "those of the stored refresh token")
        except Unauthorised as refusal:
            return refusal.with_traceback(None), None
