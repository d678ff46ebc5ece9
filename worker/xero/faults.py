"""What an unwelcome answer means for us: one of the four kinds of error, in the ledger's own words.

The table is fact sheet 4.3. 429 is not here: worker.xero.throttle deals with it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.errors import PromiseBroken, Refused, SetupWrong, TieoutError, TryLater, Unauthorised
from worker.xero.scopes import scope_for
from worker.xero.wire_json import Garbled, read_object

_TEXT_MAX = 300
_MESSAGES_MAX = 20
# What may pass by itself; 501 never does.
_PASSING = frozenset({408, 425, 500, 502, 503, 504, *range(505, 600)})
_OUR_BUG = frozenset({405, 406, 413, 414, 415, 501})
_OUR_BUG_TYPES = frozenset({"queryparseexception", "nodataprocessedexception"})


class NotThere(Refused):
    """404: the record is gone, or never was in this organisation."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came, its body read whole."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def passing(self) -> bool:
        """The same request can succeed later, and nothing says whether this one did anything."""
        return self.status in _PASSING

    @property
    def correlation_id(self) -> str:
        return self.headers.get("xero-correlation-id", "")


def fault(reply: Reply, method: str, path: str) -> TieoutError:
    """The error an answer amounts to, its sentence naming endpoint, reason and correlation id."""
    endpoint = path.partition("?")[0]
    said = "; ".join(messages(reply)) or "no reason given"
    trace = f" (Xero-Correlation-Id {reply.correlation_id})" if reply.correlation_id else ""
    sentence = f"{method} {endpoint} answered {reply.status}: {said}{trace}"
    if reply.passing:
        return TryLater(sentence)
    if 300 <= reply.status < 400:
        return SetupWrong(
            f"{method} {endpoint} answered {reply.status}, a redirect; redirects are not "
            "followed, so base_url must be the API's own address"
        )
    if reply.status in (401, 403):
        scope = scope_for(path, writes=method != "GET")
        needs = f"it needs scope {scope}, " if scope else "it needs "
        return Unauthorised(
            f"{sentence}; {needs}a user role that may do this, and the right organisation "
            "(tenant_id)"
        )
    if reply.status in _OUR_BUG or _is_our_bug(reply):
        return PromiseBroken(sentence)
    return NotThere(sentence) if reply.status == 404 else Refused(sentence)


def messages(reply: Reply) -> tuple[str, ...]:
    """Every reason in an answer, each once: validation messages, else its title, else its text."""
    try:
        body = read_object(reply.body)
    except Garbled:
        return _plain(reply.body)
    found = tuple(dict.fromkeys(_validation(body)))
    if found:
        return found[:_MESSAGES_MAX]
    titled = [_look(body, name) for name in ("Message", "Detail", "Title")]
    return tuple(dict.fromkeys(each for each in titled if each))[:2]


def validation_messages(element: Mapping[str, Any]) -> tuple[str, ...]:
    """The reasons given anywhere inside one element of an answer, each once."""
    return tuple(dict.fromkeys(_validation(element)))[:_MESSAGES_MAX]


def _validation(node: object) -> Iterator[str]:
    """Messages of every `ValidationErrors` list below; one sample calls them Description."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name.lower() == "validationerrors" and isinstance(value, list):
                for each in value:
                    if isinstance(each, dict):
                        said = _look(each, "Message") or _look(each, "Description")
                        if said:
                            yield said
            else:
                yield from _validation(value)
    elif isinstance(node, list):
        for each in node:
            yield from _validation(each)


def _look(body: Mapping[str, Any], name: str) -> str:
    """A field's text whatever the case of its key: gateway and API differ."""
    for key, value in body.items():
        if key.lower() == name.lower() and isinstance(value, str):
            return _short(value)
    return ""


def _is_our_bug(reply: Reply) -> bool:
    try:
        body = read_object(reply.body)
    except Garbled:
        return False
    kind = _look(body, "Type").lower()
    return kind in _OUR_BUG_TYPES or any(
        key.lower() == "errornumber" and str(value) == "17" for key, value in body.items()
    )


def _plain(body: bytes) -> tuple[str, ...]:
    text = body[:20_000].decode("utf-8", "replace")
    text = re.sub(r"(?is)<(script|style)\b.*?</\1>", " ", text)
    text = _short(html.unescape(re.sub(r"(?s)<[^>]*>", " ", text)))
    return (text,) if text else ()


def _short(text: str) -> str:
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words if len(words) <= _TEXT_MAX else words[: _TEXT_MAX - 1] + "…"
