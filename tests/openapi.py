"""Xero's own OpenAPI file as the judge of what is asked of an API and what it answers.

A fault is a short text: what was wrong, and where. Fields, parameters and paths that the file does
not declare are faults too; the few that Xero has all the same are listed with their reason.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import yaml

SPEC = Path(__file__).parents[2] / "shared" / "xero-openapi" / "xero_accounting.yaml"
API = "/api.xro/2.0"

_DAY = "the naive day beside a Date, as in the file's own examples and fact sheet 4.2"
# What the file does not declare, and why it is there all the same.
KNOWN = {
    **dict.fromkeys(
        ("Invoice.ExpectedPaymentDateString", "Invoice.PlannedPaymentDateString"), _DAY
    ),
    "PurchaseOrder.DeliveryDateString": _DAY,
    **dict.fromkeys(
        (
            f"{kind}.{field}"
            for kind in (
                *("BankTransaction", "BankTransfer", "BatchPayment", "CreditNote", "Invoice"),
                *("Overpayment", "Prepayment", "PurchaseOrder", "Quote"),
            )
            for field in ("DateString", "DueDateString")
        ),
        _DAY,
    ),
    **dict.fromkeys(
        ("CreditNote.ID", "Overpayment.ID", "Prepayment.ID"),
        "a credit inside an invoice has its id under both names, as in the file's own examples",
    ),
    "BankTransaction lacks LineItems": "required of writes; lists without a page are summaries",
    "BankTransaction.BankTransferID": "the legs of a transfer name it (fact sheet 5.4)",
    **dict.fromkeys(
        ("BatchPayment.StatusAttributeString", "BankTransfer.StatusAttributeString"),
        "their operations take summarizeErrors, whose answers tell each element's fate so",
    ),
}
# Every answer is wrapped in these, in all the file's examples and none of its schemas.
_ENVELOPE = {"Id", "Status", "ProviderName", "DateTimeUTC"}
_PLAIN = {"string": str, "boolean": bool, "object": dict, "array": list}


@cache
def spec() -> dict[str, Any]:
    """The file, read once; the tests that need it are skipped where it is not at hand."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(SPEC.read_text("utf-8"), Loader=loader)
    return found


def operation(method: str, path: str) -> dict[str, Any] | None:
    """What the file says of a method on a path below the API's root; None when nothing."""
    for pattern, methods in _paths():
        if pattern.fullmatch(path):
            found: dict[str, Any] | None = methods.get(method.lower())
            return found
    return None


@cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Paths as patterns, those without variables first."""
    paths = sorted(spec()["paths"].items(), key=lambda item: item[0].count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), methods) for path, methods in paths]


def request_faults(method: str, path: str, query: str, body: bytes) -> list[str]:
    """What the file has against a request; `path` below the API's root."""
    found = operation(method, path)
    if found is None:
        return [f"no {method} {path.partition('/')[0]}"]
    declared = {said["name"]: said["schema"] for said in _parameters(found, "query")}
    faults = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in declared:
            faults.append(f"no parameter {name}")
        else:
            faults += _as_text(declared[name], value, name)
    if body:
        asked = found.get("requestBody", {}).get("content", {}).get("application/json")
        if asked is None:
            return [*faults, "no body in JSON"]
        faults += value_faults(json.loads(body), asked["schema"], "body")
    return faults


def _parameters(found: Mapping[str, Any], place: str) -> Iterator[dict[str, Any]]:
    for said in found.get("parameters", []):
        if "$ref" in said:
            said = spec()["components"]["parameters"][_last(said)]
        if said["in"] == place:
            yield said


def _as_text(schema: Mapping[str, Any], value: str, name: str) -> list[str]:
    """A query's value, whose type is in its spelling."""
    kind = schema.get("type")
    fits = {
        "integer": value.lstrip("-").isdigit(),
        "boolean": value.lower() in ("true", "false"),
    }
    return [] if fits.get(str(kind), True) else [f"{name}={value} is no {kind}"]


def reply_faults(method: str, path: str, status: int, body: bytes) -> list[str]:
    """What the file has against an answer in JSON to a request it knows."""
    found = operation(method, path)
    if found is None:
        return []
    stated = {str(code): said for code, said in found["responses"].items()}
    said = stated.get(str(status))
    if said is None and status == 400:
        said = {"content": {"application/json": {"schema": {"$ref": "#/Error"}}}}
    if said is None and status == 200:
        return [f"{method} {path} does not answer 200"]
    content = (said or {}).get("content", {}).get("application/json")
    if content is None:
        return []
    value = json.loads(body)
    if status == 200 and isinstance(value, dict):
        value = {key: inner for key, inner in value.items() if key not in _ENVELOPE}
    return value_faults(value, content["schema"], "answer")


def value_faults(value: Any, schema: Mapping[str, Any], where: str) -> list[str]:
    """Type, enumeration, length, required and undeclared fields, all the way down."""
    if "$ref" in schema:
        name = _last(schema)
        return value_faults(value, spec()["components"]["schemas"][name], name)
    kind = schema.get("type", "object" if "properties" in schema else None)
    if not _of_kind(value, kind):
        return [f"{where} is no {kind}: {json.dumps(value)[:40]}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is none of its values: {value}"]
    if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        return [f"{where} is longer than {schema['maxLength']}"]
    if isinstance(value, list):
        return [fault for each in value for fault in value_faults(each, schema["items"], where)]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    if value.get("ValidationErrors"):
        # A refused element is sent back in the client's own words, whatever these were.
        return []
    known = schema["properties"]
    lacking = [f"{where} lacks {name}" for name in schema.get("required", ()) if name not in value]
    faults = [fault for fault in lacking if fault not in KNOWN]
    for name, inner in value.items():
        if name in known:
            faults += value_faults(inner, known[name], f"{where}.{name}")
        elif f"{where}.{name}" not in KNOWN:
            faults.append(f"no {where}.{name}")
    return faults


def _of_kind(value: Any, kind: str | None) -> bool:
    if kind in ("number", "integer"):
        whole = kind == "number" or not isinstance(value, float)
        return isinstance(value, int | float) and not isinstance(value, bool) and whole
    return kind is None or isinstance(value, _PLAIN[kind])


def _last(said: Mapping[str, Any]) -> str:
    return str(said["$ref"]).rsplit("/", 1)[-1]


def _taken(environ: dict[str, Any]) -> bytes:
    """The body of a request, which is put back."""
    length = environ.get("CONTENT_LENGTH") or "0"
    found: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(found)
    return found


class Judged:
    """A WSGI app with the judge beside it: `faults` holds what either side did wrong, once each.

    `both` is False where the client is not ours: then only answers are judged.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], *, both: bool = True) -> None:
        self._app, self._both = app, both
        self.faults: set[str] = set()
        self.judged = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        sent = _taken(environ) if self._both else b""
        started: list[tuple[int, dict[str, str]]] = []

        def heard(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            started.append((int(status[:3]), {name.lower(): text for name, text in headers}))
            return start_response(status, headers, *more)

        body = b"".join(self._app(environ, heard))
        if path.startswith(f"{API}/") and SPEC.exists():
            below = path.removeprefix(API)
            if self._both:
                query = environ.get("QUERY_STRING", "")
                self._note(method, below, "asked", request_faults(method, below, query, sent))
            status, headers = started[-1]
            if "json" in headers.get("content-type", ""):
                plain = gzip.decompress(body) if "content-encoding" in headers else body
                found = reply_faults(method, below, status, plain)
                self._note(method, below, f"answered {status}", found)
            self.judged += 1
        return [body]

    def _note(self, method: str, path: str, way: str, found: list[str]) -> None:
        kind = path.split("/")[1]
        self.faults |= {f"{method} {kind} {way}: {fault}" for fault in found}
