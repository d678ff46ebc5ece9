"""A client's way to a faulty sandbox in this process: a cut connection is httpx's own error."""

from __future__ import annotations

from collections.abc import Iterator
from wsgiref.types import WSGIApplication

import httpx

from worker.sandbox.faults import Cut


class FaultyTransport(httpx.BaseTransport):
    """`httpx.WSGITransport`, with the errors a socket would give where the app ends in `Cut`.

    A hanging answer is a `ReadTimeout` at once: nothing in this process waits.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._inner = httpx.WSGITransport(app=app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._inner.handle_request(request)
        except Cut as cut:
            if cut.how == "hang":
                raise httpx.ReadTimeout("no answer came", request=request) from None
            if cut.how == "drop":
                text = "Server disconnected without sending a response."
                raise httpx.RemoteProtocolError(text, request=request) from None
            status = int(cut.status.split()[0])
            return httpx.Response(status, headers=list(cut.headers), stream=_Broken(cut.body))


class _Broken(httpx.SyncByteStream):
    """A body that ends before its promised length."""

    def __init__(self, part: bytes) -> None:
        self._part = part

    def __iter__(self) -> Iterator[bytes]:
        yield self._part
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body"
        )
