"""One call to the ledger and what may follow it: leave to call, a bounded answer, patient reads.

Exceptions of the HTTP library never leave this module: they carry the request and its headers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from urllib.parse import quote_plus

import httpx

from worker.books.ports import Clock
from worker.errors import PromiseBroken, SetupWrong, TryLater
from worker.xero.deadline import Deadline
from worker.xero.faults import Reply, fault
from worker.xero.throttle import Patience, Throttle
from worker.xero.wire_json import Envelope, Garbled, read_envelope

API_PATH = "api.xro/2.0"
RESPONSE_BYTES_MAX = 64 * 1024 * 1024
READ_TRIES_MAX = 3
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 90.0


class NoAnswer(Exception):
    """Nothing readable came back. `sent` is False only where nothing can have left us."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class Caller:
    """Calls under one base address, each metered, none redirected, no answer without a bound."""

    def __init__(
        self,
        http: httpx.Client,
        base_url: str,
        auth: httpx.Auth,
        throttle: Throttle,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self._http = http
        self._base = _address(base_url)
        self._auth = auth
        self.sleep = sleep
        self.jitter = jitter
        self.throttle = throttle
        self.clock = clock
        self.tenant_id: str | None = None
        self.sent_at = clock.monotonic()
        """When the latest request left, on the monotonic clock."""
        self.calls = 0
        self.bytes_read = 0

    def read(
        self,
        path: str,
        key: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        root: str = API_PATH,
        bare: bool = False,
    ) -> Envelope:
        """The rows under `key` of a GET, asked again while that can help.

        With `bare` the answer is the list itself, without an envelope. Raises TryLater when three
        tries brought no readable answer, else what the answer means.
        """
        target = with_query(path, params or {})
        patience = Patience()
        failures: list[str] = []
        while len(failures) < READ_TRIES_MAX:
            if failures:
                self.sleep(2.0 ** (len(failures) - 1) + self.jitter())
            try:
                reply = self.once("GET", target, headers=headers, root=root)
            except NoAnswer as nothing:
                failures.append(str(nothing))
                continue
            if reply.status == 304:
                return Envelope((), {})
            if reply.ok:
                try:
                    body = b'{"%s":%s}' % (key.encode(), reply.body) if bare else reply.body
                    return read_envelope(body, key)
                except Garbled as garbled:
                    failures.append(f"it sent {garbled}")
            elif reply.status == 429:
                self.sleep(self.throttle.pause(reply.headers, patience))
            elif reply.passing:
                failures.append(str(fault(reply, "GET", path)))
            else:
                raise fault(reply, "GET", path)
        raise TryLater(
            f"{path} could not be read from {self._base} in {READ_TRIES_MAX} tries: {failures[-1]}"
        )

    def once(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        deadline: Deadline | None = None,
        root: str = API_PATH,
    ) -> Reply:
        """One request and its whole answer, read before the deadline; raises NoAnswer without one.

        Without a deadline the answer has 90 s from the moment its request leaves.
        """
        url = "/".join(piece for piece in (self._base, root, target) if piece)
        request = self._request(method, url, body, headers or {})
        with self.throttle.slot():
            outcome = self._exchange(request, deadline, writes=body is not None)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _request(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> httpx.Request:
        sent = {"Accept": "application/json", "Accept-Encoding": "gzip", **headers}
        if body is not None:
            sent["Content-Type"] = "application/json"
        if self.tenant_id:
            sent["xero-tenant-id"] = self.tenant_id
        return self._http.build_request(method, url, content=body, headers=sent)

    def _exchange(
        self, request: httpx.Request, deadline: Deadline | None, *, writes: bool
    ) -> Reply | Exception:
        """The answer, or the error to raise once no exception of the library is being handled."""
        metered = _Metered(self, self._auth, deadline, writes=writes)
        try:
            response = self._http.send(request, auth=metered, stream=True, follow_redirects=False)
            try:
                body, why = _bounded(response, metered.until)
            finally:
                response.close()
            # In-process transports hand over the body at once and count nothing.
            size = response.num_bytes_downloaded or len(body)
            self.bytes_read += size
            self.throttle.note(response.headers, size)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as e:
            return NoAnswer(f"no connection ({type(e).__name__})", sent=False)
        except httpx.TimeoutException:
            return NoAnswer("no answer in time", sent=True)
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError) as e:
            return PromiseBroken(f"a request that cannot be sent ({type(e).__name__})")
        except (httpx.TransportError, httpx.DecodingError) as e:
            return NoAnswer(f"the connection broke ({type(e).__name__})", sent=True)
        except _Expired:
            return NoAnswer("its deadline passed before it was sent", sent=False)
        if why:
            return NoAnswer(why, sent=True)
        return Reply(response.status_code, response.headers, body)


class _Expired(Exception):
    """The deadline passed before the request left."""


class _Metered(httpx.Auth):
    """Around the real auth: a call is counted, and the deadline looked at, before each request.

    A replay after a 401 is a request of its own, so this cannot be done once around the send.
    """

    def __init__(
        self, caller: Caller, inner: httpx.Auth, deadline: Deadline | None, *, writes: bool
    ) -> None:
        self._caller = caller
        self._inner = inner
        self._deadline = deadline
        self._writes = writes
        self.until = deadline or Deadline.after(_READ_SECONDS, caller.clock)

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        flow = self._inner.sync_auth_flow(request)
        try:
            outgoing = next(flow, None)
            while outgoing is not None:
                self._caller.throttle.take(writes=self._writes)
                if self._deadline is None:
                    self.until = Deadline.after(_READ_SECONDS, self._caller.clock)
                left = self.until.left()
                if left <= 0:
                    raise _Expired
                soon = min(left, _CONNECT_SECONDS)
                outgoing.extensions["timeout"] = {
                    "connect": soon, "pool": soon, "read": left, "write": left
                }  # fmt: skip
                self._caller.calls += 1
                self._caller.sent_at = self._caller.clock.monotonic()
                response = yield outgoing
                try:
                    outgoing = flow.send(response)
                except StopIteration:
                    return
        finally:
            flow.close()


def _address(base_url: str) -> str:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise SetupWrong(f"base_url {base_url!r} is no address such as https://api.xero.com")
    return base_url.rstrip("/")


def with_query(path: str, params: Mapping[str, str]) -> str:
    """Path and query, spaces as "+" and brackets as they are: Xero bounds the URL's length."""
    pairs = "&".join(f"{name}={quote_plus(value, safe='().,')}" for name, value in params.items())
    return f"{path}?{pairs}" if pairs else path


def _bounded(response: httpx.Response, until: Deadline) -> tuple[bytes, str]:
    """The unpacked body, or why it was not read to the end."""
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size > RESPONSE_BYTES_MAX:
            return b"", f"the answer is longer than {RESPONSE_BYTES_MAX // 1024**2} MiB"
        if until.left() <= 0:
            return b"", "the answer did not end in time"
    return b"".join(pieces), ""
