"""Xero's spellings of words, ids, numbers, booleans and dates, read without trusting any of them.

Every reader takes the record and the field's name. What is missing, null or unreadable becomes
"", None or False; only the `need_*` readers raise. Spellings: fact sheet 4.1 and 4.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

Json = Mapping[str, Any]

_EMPTY: Json = {}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_DATE = re.compile(r"/Date\((-?\d{1,17})(?:[+-]\d{4})?\)/")
_HEX = re.compile(r"[0-9a-fA-F]{32}")
_NO_GUID = "00000000-0000-0000-0000-000000000000"
# More digits than money or a rate can have: such a number would only exhaust memory.
_DIGITS_MAX = 40


class NotUnderstood(ValueError):
    """A record lacks what it cannot be understood without; it is kept raw."""


def text(record: Json, field: str) -> str:
    """The words of a field, fit for any database: no NUL, no half characters."""
    value = record.get(field)
    if value is None or isinstance(value, (dict, list)):
        return ""
    words = value if isinstance(value, str) else str(value)
    if "\x00" in words:
        words = words.replace("\x00", "")
    return words if words.isascii() else words.encode("utf-8", "replace").decode()


def guid(record: Json, field: str) -> str:
    """An id in lower case with hyphens; "" where it is missing or all zero.

    An id that is no GUID stays as it is, so that asking for it again finds it.
    """
    return as_guid(text(record, field))


def as_guid(value: str) -> str:
    """One spelling for a GUID, whether it came with braces, capitals, or without hyphens."""
    bare = value.strip().strip("{}").replace("-", "")
    if not _HEX.fullmatch(bare):
        return value.strip()
    bare = bare.lower()
    whole = "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))
    return "" if whole == _NO_GUID else whole


def is_guid(value: str) -> bool:
    """Whether this is a real id: a GUID that is not all zeros."""
    return bool(_HEX.fullmatch(as_guid(value).replace("-", "")))


def number(record: Json, field: str) -> Decimal | None:
    """An exact number, also from a string; None where there is none or it is absurd."""
    return as_number(record.get(field))


def as_number(value: object) -> Decimal | None:
    """An exact, finite Decimal of a sane size, or None; never from a float."""
    if isinstance(value, Decimal):
        found = value
    elif isinstance(value, (int, str)) and not isinstance(value, bool):
        try:
            found = Decimal(value.strip() if isinstance(value, str) else value)
        except InvalidOperation:
            return None
    else:
        return None
    if not found.is_finite() or len(found.as_tuple().digits) > _DIGITS_MAX:
        return None
    return found if abs(found.adjusted()) <= _DIGITS_MAX else None


def amount(record: Json, field: str) -> Decimal:
    """An amount, zero where it is left out: Xero omits what is nothing."""
    return number(record, field) or Decimal(0)


def need_amount(record: Json, field: str) -> Decimal:
    """An amount the record makes no sense without; raises NotUnderstood."""
    found = number(record, field)
    if found is None:
        raise NotUnderstood(f"{field} is no amount")
    return found


def truth(record: Json, field: str) -> bool:
    """A boolean, also from "true" or "True"."""
    value = record.get(field)
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def day(record: Json, field: str) -> date | None:
    """A calendar date, never moved by a time zone.

    The sibling `FieldString` is a naive local date and is preferred; `/Date(ms)/` is midnight UTC.
    """
    return as_day(text(record, f"{field}String")) or as_day(text(record, field))


def as_day(value: str) -> date | None:
    """A date from `/Date(ms+0000)/` or the first ten characters of ISO; None for "no date"."""
    moment = _from_ms(value)
    if moment is not None:
        return None if moment.year == 1 else moment.date()
    try:
        found = date.fromisoformat(value[:10])
    except ValueError:
        return None
    return None if found.year == 1 else found


def need_day(record: Json, field: str) -> date:
    """A date the record makes no sense without; raises NotUnderstood."""
    found = day(record, field)
    if found is None:
        raise NotUnderstood(f"{field} is no date")
    return found


def instant(record: Json, field: str) -> datetime | None:
    """An instant, aware UTC; the ISO sibling `FieldString` is preferred where it is present."""
    return as_instant(text(record, f"{field}String")) or as_instant(text(record, field))


def as_instant(value: str) -> datetime | None:
    """An instant from `/Date(ms)/` or ISO; ISO without an offset is UTC.

    The milliseconds are UTC already, whatever offset is written behind them.
    """
    moment = _from_ms(value)
    if moment is not None:
        return moment
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def part(record: Json, field: str) -> Json:
    """A record inside the record; empty where there is none."""
    value = record.get(field)
    return value if isinstance(value, dict) else _EMPTY


def parts(record: Json, field: str) -> list[Json]:
    """The records of a list inside the record."""
    value = record.get(field)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def need(record: Json, field: str) -> str:
    """An id the record makes no sense without; raises NotUnderstood."""
    found = guid(record, field)
    if not found:
        raise NotUnderstood(f"{field} is missing")
    return found


def _from_ms(value: str) -> datetime | None:
    """None for other forms, for zero ("no date"), and for what no calendar holds."""
    found = _MS_DATE.fullmatch(value.strip())
    if not found or int(found[1]) == 0:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        return None
