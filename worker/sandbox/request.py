"""What one WSGI environ says, read once."""

from __future__ import annotations

from urllib.parse import parse_qsl
from wsgiref.types import WSGIEnvironment


class Request:
    """Method, path, query and body; `parts` lower-cased, `raw_parts` as sent."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self.environ = environ
        self.method = str(environ["REQUEST_METHOD"]).upper()
        self.path = _path(str(environ.get("PATH_INFO") or "/"))
        self.query = str(environ.get("QUERY_STRING") or "")
        self.raw_parts = [part for part in self.path.split("/") if part]
        self.parts = [part.lower() for part in self.raw_parts]
        self.params = {
            name.lower(): value for name, value in parse_qsl(self.query, keep_blank_values=True)
        }
        length = str(environ.get("CONTENT_LENGTH") or "")
        stream = environ["wsgi.input"]
        self.body: bytes = stream.read(int(length)) if length.isdigit() else _rest(environ)

    def header(self, name: str) -> str:
        """A header's value, empty when absent."""
        return self.optional_header(name) or ""

    def optional_header(self, name: str) -> str | None:
        """A header's value, None when absent."""
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        value = self.environ.get(key)
        return None if value is None else str(value)

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace")))

    @property
    def wants_xml(self) -> bool:
        """Xero's default is XML; a client that takes anything gets JSON here."""
        accept = self.header("Accept").lower()
        return not accept or ("xml" in accept and "json" not in accept and "*/*" not in accept)

    @property
    def wants_pdf(self) -> bool:
        """Whether a document is asked for as it would be printed."""
        return self.header("Accept").lower().startswith("application/pdf")


def _path(text: str) -> str:
    """A path as text: WSGI passes bytes as latin-1, some in-process transports the text itself."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _rest(environ: WSGIEnvironment) -> bytes:
    """A body without a length: only where the server says that the input ends."""
    body: bytes = environ["wsgi.input"].read() if environ.get("wsgi.input_terminated") else b""
    return body
