"""JSON at the gate: an answer's envelope with each row's own text, and bodies exact to the cent.

Numbers pass as Decimal in both directions, never as float.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from json.decoder import JSONDecoder
from typing import Any, NoReturn

from worker.xero.wire_values import Json, as_instant

_SPACE = " \t\r\n"


class Garbled(ValueError):
    """An answer that is not the JSON it should be: cut off, HTML, or without the expected list."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An answer: the rows under the expected key, each with its text as it came."""

    rows: tuple[tuple[Json, str], ...]
    fields: Json
    """Everything else at the top: Status, DateTimeUTC, pagination, Warnings."""

    @property
    def server_time(self) -> datetime | None:
        stamp = self.fields.get("DateTimeUTC")
        return as_instant(stamp) if isinstance(stamp, str) else None


def read_envelope(body: bytes, key: str) -> Envelope:
    """The rows under `key`; raises Garbled where the key or its list is missing.

    A list that is missing is never taken for an empty one.
    """
    said = _text(body)
    try:
        fields, spans = _walk(said, key)
    except (ValueError, RecursionError) as fault:
        raise Garbled(_why(said, fault)) from None
    if spans is None:
        raise Garbled(f"an answer without {key}")
    return Envelope(tuple((row, said[i:j]) for row, i, j in spans if isinstance(row, dict)), fields)


def read_object(body: bytes) -> Mapping[str, Any]:
    """One JSON object; raises Garbled for anything else."""
    said = _text(body)
    try:
        value = _DECODER.decode(said)
    except (ValueError, RecursionError) as fault:
        raise Garbled(_why(said, fault)) from None
    if not isinstance(value, dict):
        raise Garbled("an answer that is no JSON object")
    return value


def encode(value: object) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8, amounts with exactly their own digits."""
    return _encoded(value).encode("utf-8", "replace")


def _encoded(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        pairs = (f"{_encoded(str(key))}:{_encoded(value[key])}" for key in sorted(value))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(_encoded(each) for each in value) + "]"
    if isinstance(value, float):
        raise TypeError("an amount must not pass through float")
    return json.dumps(value, ensure_ascii=False)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


_DECODER = JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Garbled("an answer that is not UTF-8") from None


def _why(said: str, fault: Exception) -> str:
    start = said.lstrip()[:1]
    if not start:
        return "an empty answer"
    if start == "<":
        return "a page of HTML or XML instead of JSON"
    place = f" at character {fault.pos}" if isinstance(fault, json.JSONDecodeError) else ""
    return f"broken JSON{place}"


def _walk(said: str, key: str) -> tuple[dict[str, Any], list[tuple[Any, int, int]] | None]:
    """The top object's fields, and of the list under `key` each element with its span."""
    at = _past(said, _skip(said, 0), "{")
    fields: dict[str, Any] = {}
    spans: list[tuple[Any, int, int]] | None = None
    while said[at : at + 1] != "}":
        name, at = _DECODER.raw_decode(said, at)
        if not isinstance(name, str):
            raise ValueError("a key that is no string")
        at = _past(said, _skip(said, at), ":")
        if name.lower() == key.lower() and said[at : at + 1] == "[":
            spans, at = _elements(said, at)
        else:
            fields[name], at = _DECODER.raw_decode(said, at)
        at = _next(said, at, "}")
    if said[at + 1 :].strip(_SPACE):
        raise ValueError("something behind the end")
    return fields, spans


def _elements(said: str, at: int) -> tuple[list[tuple[Any, int, int]], int]:
    at = _past(said, at, "[")
    found: list[tuple[Any, int, int]] = []
    while said[at : at + 1] != "]":
        value, end = _DECODER.raw_decode(said, at)
        found.append((value, at, end))
        at = _next(said, end, "]")
    return found, at + 1


def _next(said: str, at: int, closing: str) -> int:
    """Past the comma to the next member, or at the closing bracket."""
    at = _skip(said, at)
    if said[at : at + 1] == closing:
        return at
    at = _past(said, at, ",")
    if said[at : at + 1] == closing:
        raise ValueError("a comma before the end")
    return at


def _past(said: str, at: int, mark: str) -> int:
    if said[at : at + 1] != mark:
        raise ValueError(f"{mark} expected")
    return _skip(said, at + 1)


def _skip(said: str, at: int) -> int:
    while said[at : at + 1] and said[at] in _SPACE:
        at += 1
    return at
