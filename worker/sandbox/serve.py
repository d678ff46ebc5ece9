"""The sandbox on a loopback socket: threads, keep-alive, clean stop on SIGTERM and SIGINT."""

from __future__ import annotations

import ipaddress
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import FrameType
from typing import Any, ClassVar
from urllib.parse import unquote
from wsgiref.types import WSGIApplication

from worker.sandbox.faults import Cut

BODY_MAX = 10_500_000
IDLE_SECONDS = 60
CLOSE_SECONDS = 5
HANG_SECONDS = 300


def serve(
    app: WSGIApplication,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    ready: Callable[[int], None] | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT; returns the port. `ready` is told the port once it is open.

    Port 0 takes a free one. Raises ValueError for a host that is not loopback, OSError when the
    port is taken. Signals are heeded in the main thread only, as Python has it.
    """
    with _Server(app, host, port) as server:
        main = threading.current_thread() is threading.main_thread()
        wanted = (signal.SIGTERM, signal.SIGINT) if main else ()
        before = {number: signal.signal(number, server.stop) for number in wanted}
        try:
            if ready is not None:
                ready(server.server_port)
            server.serve_forever(poll_interval=0.1)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return int(server.server_port)


@contextmanager
def running(app: WSGIApplication, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread of this process while the block runs; yields the base URL."""
    with _Server(app, host, port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"the sandbox serves loopback addresses only, not {host}")
        self.app = app
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__((host, port), _Handler)

    def stop(self, number: int, frame: FrameType | None) -> None:
        """End `serve_forever` from a signal, which must not wait for itself."""
        threading.Thread(target=self.shutdown, daemon=True).start()

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection, and remember it until its thread is done with it."""
        connection, address = super().get_request()
        with self._changed:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection at the end of its thread."""
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def server_close(self) -> None:
        """Stop listening; answers under way are finished, silent connections are ended."""
        super().server_close()
        with self._changed:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
            self._changed.wait_for(lambda: not self._open, timeout=CLOSE_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no fault of ours; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError | ValueError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection; the base class keeps it alive and hands each request to `do_METHOD`."""

    protocol_version = "HTTP/1.1"
    server_version = "TieoutSandbox"
    timeout = IDLE_SECONDS
    wbufsize = -1
    disable_nagle_algorithm = True
    _NOT_HEADERS: ClassVar[set[str]] = {"CONTENT_TYPE", "CONTENT_LENGTH"}

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: the command that serves does the talking."""

    def _answer(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            self.send_error(413)
            return
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: object = None
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return self.wfile.write

        server: Any = self.server
        try:
            parts = list(server.app(self._environ(body), start_response))
        except Cut as cut:
            self._cut(cut)
            return
        self._send(*started[-1], parts)

    def _send(
        self, status: str, headers: Sequence[tuple[str, str]], parts: Sequence[bytes]
    ) -> None:
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        told = {name.lower() for name, _ in headers}
        if "date" not in told:
            self.send_header("Date", self.date_time_string())
        self.send_header("Server", self.version_string())
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        for part in parts:
            self.wfile.write(part)

    def _cut(self, cut: Cut) -> None:
        """End the connection as a fault asks, with what may still be said on it."""
        self.close_connection = True
        if cut.how == "truncate":
            self._send(cut.status, cut.headers, [cut.body])
        elif cut.how == "hang":
            self._wait_for_hang_up()

    def _wait_for_hang_up(self) -> None:
        """Say nothing until the client gives up, the server stops, or a long time has passed."""
        self.connection.settimeout(HANG_SECONDS)
        with suppress(OSError):
            while self.connection.recv(4096):
                pass

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _answer  # noqa: N815

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "iso-8859-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": str(self.connection.getsockname()[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key not in self._NOT_HEADERS:
                environ[f"HTTP_{key}"] = value
        return environ

    def _body(self) -> bytes | None:
        """The whole body, so that none of it reads as the next request; None when too large."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0").strip()
        if not length.isdigit() or int(length) > BODY_MAX:
            return None
        return self.rfile.read(int(length))

    def _chunks(self) -> bytes | None:
        found = b""
        while True:
            size = self.rfile.readline(100).partition(b";")[0].strip()
            if not size or not all(digit in b"0123456789abcdefABCDEF" for digit in size):
                return None
            count = int(size, 16)
            if len(found) + count > BODY_MAX:
                return None
            found += self.rfile.read(count)
            self.rfile.readline(100)
            if count == 0:
                return found
