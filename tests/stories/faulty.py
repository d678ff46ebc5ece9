"""A connection to the ledger on which answers get lost, cut, refused and delayed, by a schedule."""

from __future__ import annotations

import random
from collections.abc import Callable

import httpx

Fault = Callable[[httpx.BaseTransport, httpx.Request], httpx.Response]


class FaultyTransport(httpx.BaseTransport):
    """Before or after the inner transport something goes wrong, as often as `writes` and `reads`.

    The same seed and the same requests meet the same faults. `happened` names them, in order.
    """

    def __init__(
        self, inner: httpx.BaseTransport, chance: random.Random, *, writes: float, reads: float
    ) -> None:
        self._inner = inner
        self._chance = chance
        self._writes = writes
        self._reads = reads
        self.happened: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if "/api.xro/" not in str(request.url):
            return self._inner.handle_request(request)
        is_read = request.method == "GET"
        faults = READ_FAULTS if is_read else WRITE_FAULTS
        if self._chance.random() >= (self._reads if is_read else self._writes):
            return self._inner.handle_request(request)
        name = self._chance.choice(sorted(faults))
        self.happened.append(f"{name}: {request.method} {request.url.path}")
        return faults[name](self._inner, request)

    def close(self) -> None:
        self._inner.close()


def _done(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    """The ledger has acted, and its answer is complete."""
    response = inner.handle_request(request)
    response.read()
    return response


def _reply_lost(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    _done(inner, request)
    raise httpx.ReadTimeout("no answer", request=request)


def _cut_after(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    _done(inner, request)
    raise httpx.RemoteProtocolError("the peer closed the connection", request=request)


def _dropped_before(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    raise httpx.WriteError("broken pipe", request=request)


def _no_connection(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def _fault_after(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    _done(inner, request)
    return httpx.Response(500, html="<h1>An error occurred</h1>", request=request)


def _fault_before(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    return httpx.Response(500, json={"Title": "An error occurred"}, request=request)


def _offline(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    return httpx.Response(503, text="The Organisation is offline", request=request)


def _truncated(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    response = _done(inner, request)
    content = response.content[: len(response.content) // 2]
    return httpx.Response(response.status_code, content=content, request=request)


def _limited(inner: httpx.BaseTransport, request: httpx.Request) -> httpx.Response:
    headers = {"Retry-After": "7", "X-Rate-Limit-Problem": "minute"}
    return httpx.Response(429, headers=headers, request=request)


WRITE_FAULTS: dict[str, Fault] = {
    "reply lost": _reply_lost,
    "cut after": _cut_after,
    "dropped before": _dropped_before,
    "no connection": _no_connection,
    "500 after": _fault_after,
    "500 before": _fault_before,
    "503": _offline,
    "truncated": _truncated,
    "429": _limited,
}
READ_FAULTS: dict[str, Fault] = {
    name: WRITE_FAULTS[name]
    for name in ("reply lost", "no connection", "500 before", "503", "truncated", "429")
}
