"""The XML Xero answers when a client does not ask for JSON."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from worker.sandbox.wire import Record, at_ms, instant_ms

_INSTANTS = {"UpdatedDateUTC", "CreatedDateUTC", "DateTimeUTC"}
_SINGULAR = {
    "LineItems": "LineItem",
    "Addresses": "Address",
    "Currencies": "Currency",
    "TrackingCategories": "TrackingCategory",
    "Tracking": "TrackingCategory",
    "Reports": "Report",
    "ReportTitles": "ReportTitle",
    "Organisations": "Organisation",
}


def envelope(body: Record) -> str:
    """A JSON envelope as the XML `Response` of the same content."""
    return f"<Response>{''.join(_element(key, value) for key, value in body.items())}</Response>"


def _element(name: str, value: Any) -> str:
    if value is None or (name.endswith("DateString") and name != "DateString"):
        return ""
    if isinstance(value, list):
        each = _SINGULAR.get(name, name[:-1] if name.endswith("s") else "Item")
        return f"<{name}>{''.join(_element(each, item) for item in value)}</{name}>"
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(key, item) for key, item in value.items())}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{str(value).lower()}</{name}>"
    text = str(value)
    if text.startswith("/Date("):
        ms = instant_ms(text)
        moment = at_ms(ms or 0)
        text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"<{name}>{escape(text)}</{name}>"
