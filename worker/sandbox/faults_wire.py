"""One exchange as a fault handles it: the request to be sent again, the answer to be spoiled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import WSGIApplication, WSGIEnvironment

from worker.sandbox.errors import denied
from worker.sandbox.faults import Asked, Cut
from worker.sandbox.wire import dumps

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
_DOWN = b"<!DOCTYPE html><html><body><h1>503 Service Unavailable</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: status line, headers, body."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_body(self, body: bytes) -> Reply:
        """The same answer saying something else, its length told truly."""
        kept = [(name, value) for name, value in self.headers if name != "Content-Length"]
        return Reply(self.status, (*kept, ("Content-Length", str(len(body)))), body)


class Exchange:
    """One request that can be sent more than once."""

    def __init__(self, environ: WSGIEnvironment, asked: Asked) -> None:
        self.asked = asked
        length = str(environ.get("CONTENT_LENGTH") or "")
        stream = environ["wsgi.input"]
        if length.isdigit():
            self._body = stream.read(int(length))
        else:
            self._body = stream.read() if environ.get("wsgi.input_terminated") else b""
        self.environ = {**environ, "CONTENT_LENGTH": str(len(self._body))}
        terms = [(n, v) for n, v in parse_qsl(asked.query, True) if n.lower() != "page"]
        self.scan = f"{asked.path.lower()}?{urlencode(terms)}"

    def ask_page(self, page: int) -> None:
        """Send the request for another page than it names."""
        terms = parse_qsl(self.asked.query, keep_blank_values=True)
        changed = [(name, str(page) if name.lower() == "page" else value) for name, value in terms]
        self.environ["QUERY_STRING"] = urlencode(changed)

    def send(self, app: WSGIApplication, changes: dict[str, Any]) -> Reply:
        """Hand the request to the app and take its whole answer."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: object = None
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return lambda part: None

        environ = {**self.environ, **changes, "wsgi.input": BytesIO(self._body)}
        body = b"".join(app(environ, start_response))
        status, headers = started[-1]
        return Reply(status, tuple(headers), body)


def broken(kind: str) -> Reply:
    """A server error, or the end of the connection; raises Cut."""
    if kind.startswith("timeout-"):
        raise Cut("hang")
    if kind.startswith("drop-"):
        raise Cut("drop")
    if kind.startswith("503-"):
        headers = (("Content-Type", HTML),)
        return Reply("503 Service Unavailable", headers, b"").with_body(_DOWN)
    body = {"Title": "An error occurred", "Detail": "An error occurred in Xero", "Status": 500}
    headers = (("Content-Type", JSON),)
    return Reply("500 Internal Server Error", headers, b"").with_body(dumps(body).encode())


def problem(status: int, title: str, detail: str) -> Reply:
    """A refusal in the shape of Xero's gateway."""
    body = dumps(denied(status, title, detail).body).encode()
    return Reply(f"{status} {title}", (("Content-Type", JSON),), b"").with_body(body)
