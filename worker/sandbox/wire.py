"""Spellings at the gate: JSON with exact numbers, Xero's dates, ids, and money in minor units.

Numbers are `Decimal` from the raw text and go out again as JSON numbers, never through float.
Calendar dates travel as `/Date(ms+0000)/` at midnight UTC beside a naive `…String` sibling
(fact sheet 4.2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from json.encoder import encode_basestring_ascii
from typing import Any

Record = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.date().toordinal()
DAY_MS = 86_400_000
CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MONEY_MAX = Decimal("9999999999.99")
_MS_DATE = re.compile(r"/Date\((-?\d{1,15})([+-]\d{4})?\)/")
_EXPONENTS = dict.fromkeys(("BIF", "CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF"), 0)
_EXPONENTS |= dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "OMR", "TND"), 3)


def loads(text: str | bytes) -> Any:
    """JSON with every fraction as `Decimal`; raises ValueError (also for NaN and too deep)."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=no_constant)
    except RecursionError as deep:
        raise ValueError("JSON is nested too deeply") from deep


def no_constant(name: str) -> Any:
    """Refuse `NaN` and its like, which Python's reader would take; raises ValueError."""
    raise ValueError(f"{name} is not a JSON number")


def dumps(value: Any) -> str:
    """Compact ASCII JSON; `Decimal` becomes a number with the digits it carries."""
    parts: list[str] = []
    _write(value, parts.append)
    return "".join(parts)


def _write(value: Any, put: Callable[[str], None]) -> None:
    if value.__class__ is str:
        put(encode_basestring_ascii(value))
    elif value is None:
        put("null")
    elif value is True:
        put("true")
    elif value is False:
        put("false")
    elif isinstance(value, dict):
        mark = "{"
        for key, item in value.items():
            put(mark + encode_basestring_ascii(str(key)) + ":")
            _write(item, put)
            mark = ","
        put("{}" if mark == "{" else "}")
    elif isinstance(value, list | tuple):
        mark = "["
        for item in value:
            put(mark)
            _write(item, put)
            mark = ","
        put("[]" if mark == "[" else "]")
    elif isinstance(value, Decimal):
        put(format(value, "f"))
    elif isinstance(value, int):
        put(str(value))
    else:
        put(encode_basestring_ascii(str(value)))


def number(value: Any) -> Decimal | None:
    """A JSON number or numeric string as `Decimal`; None when absent; raises ValueError."""
    if value is None or value == "":
        return None
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError(f"{value!r} is not a number")
    try:
        found = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not found.is_finite() or abs(found) >= Decimal("1e15"):
        raise ValueError(f"{value!r} is not a usable number")
    return found


def stored(value: Any) -> Decimal:
    """A number already checked on its way in; absent counts as 0.00."""
    return ZERO if value is None else value if isinstance(value, Decimal) else Decimal(value)


def flag(value: Any) -> bool | None:
    """`true`, `"true"`, `"True"`, 1 and their opposites; None when absent or not a boolean."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if value is not None else ""
    return {"true": True, "1": True, "false": False, "0": False}.get(text)


def rounded(amount: Decimal, exponent: int = 2) -> Decimal:
    """`amount` to `exponent` decimals, halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-exponent), rounding=ROUND_HALF_UP)


def exponent_of(currency: str) -> int:
    """How many decimals a currency's minor unit has (ISO 4217)."""
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """Whole minor units: 12.50 GBP is 1250."""
    return int(rounded(amount.scaleb(exponent_of(currency)), 0))


def from_minor(units: int, currency: str) -> Decimal:
    """Back from minor units, always with at least two decimals, as Xero prints money."""
    exponent = exponent_of(currency)
    amount = Decimal(units).scaleb(-exponent)
    return amount if exponent >= 2 else rounded(amount)


def ms_of(instant: datetime) -> int:
    """Milliseconds since the epoch of an aware instant."""
    return (instant - EPOCH) // timedelta(milliseconds=1)


def at_ms(ms: int) -> datetime:
    """The aware UTC instant of epoch milliseconds."""
    return EPOCH + timedelta(milliseconds=ms)


def ms_date(ms: int) -> str:
    """Xero's JSON spelling of an instant."""
    return f"/Date({ms}+0000)/"


def day_ms(day: date) -> int:
    """Midnight UTC of a calendar day, in epoch milliseconds."""
    return (day.toordinal() - EPOCH_DAY) * DAY_MS


def wire_day(day: date) -> str:
    """Xero's JSON spelling of a calendar day."""
    return ms_date(day_ms(day))


def set_day(record: Record, field: str, day: date) -> None:
    """Write a calendar day both ways: `Date` and `DateString`."""
    record[field + "String"] = f"{day.isoformat()}T00:00:00"
    record[field] = wire_day(day)


def stamp(record: Record, now: datetime, *, text: bool = True) -> None:
    """Set `UpdatedDateUTC` (and its ISO sibling where the endpoint has one)."""
    record["UpdatedDateUTC"] = ms_date(ms_of(now))
    if text:
        record["UpdatedDateUTCString"] = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def instant_ms(value: Any) -> int | None:
    """Epoch milliseconds of any instant Xero spells; None for absent, zero or unreadable dates.

    The milliseconds of `/Date(ms+1300)/` are UTC already: the offset is ignored.
    """
    if not isinstance(value, str) or not value:
        return None
    found = _MS_DATE.fullmatch(value.strip())
    if found:
        return int(found[1]) or None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return ms_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def day_of(value: Any) -> date | None:
    """The calendar day of any date Xero or its clients spell; None when absent; ValueError else.

    Reads `2026-03-31`, `2026-03-31T00:00:00`, `/Date(ms)/`; a time of day is cut, never shifted.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        text = value.strip()
        found = _MS_DATE.fullmatch(text)
        if found:
            ordinal = EPOCH_DAY + int(found[1]) // DAY_MS
            if int(found[1]) == 0:
                return None
            if 1 <= ordinal <= date.max.toordinal():
                return date.fromordinal(ordinal)
        elif len(text) == 10 or text[10:11] in ("T", " "):
            try:
                return date.fromisoformat(text[:10])
            except ValueError:
                pass
    raise ValueError(f"{value!r} is not a date")


def record_day(record: Record, field: str = "Date") -> date | None:
    """The day a stored record carries in `field`."""
    return day_of(record.get(field))


def guid(value: Any) -> str:
    """An id as stored: lower case with hyphens; other text comes back stripped and lower."""
    text = str(value if value is not None else "").strip().strip("{}").lower()
    bare = text.replace("-", "")
    if len(bare) == 32 and all(c in "0123456789abcdef" for c in bare):
        return f"{bare[:8]}-{bare[8:12]}-{bare[12:16]}-{bare[16:20]}-{bare[20:]}"
    return text
