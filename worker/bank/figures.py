"""Amounts and days as banks write them, read exactly or refused; nothing is guessed."""

from __future__ import annotations

import re
import time
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from worker.books.money import from_minor, to_minor
from worker.errors import Refused

FIRST_DAY = date(1990, 1, 1)
FUTURE_DAYS_MAX = 5
"""A booking may carry the next working day's date, over a long weekend; more is an error."""

_LENGTH_MAX = 60
_SPACES = str.maketrans(dict.fromkeys("\t\u00a0\u2007\u2009\u202f", " ") | {"\u2212": "-"})
_SYMBOLS = {"£": "GBP", "€": "EUR"}
_AMOUNT = re.compile(
    r"(?P<open>\()? ?(?P<sign1>[-+])? ?(?P<unit1>[£€$¥]|[A-Z]{3})? ?(?P<sign2>[-+])? ?"
    r"(?P<digits>[0-9.,'’ ]*[0-9]) ?"
    r"(?P<unit2>[£€$¥]|[A-Z]{3})? ?(?P<sign3>[-+])? ?(?P<side>CR|DR|Cr|Dr|cr|dr)? ?(?P<close>\))?"
)


def amount_of(
    text: str, *, decimal: str, thousands: str | None = None, currency: str | None = None
) -> Decimal:
    """The signed amount, exact: `1.234,56-` with decimal "," is Decimal("-1234.56").

    `decimal` is the one mark before the decimals; `thousands` the one mark between groups of
    three, "" for none, None for any mark that cannot be taken for the decimal one. Signs may lead
    or trail, or be brackets or CR/DR. Raises Refused for anything else, and for a figure finer
    than the currency's smallest unit.
    """
    squeezed = " ".join(text.translate(_SPACES).split())
    found = _AMOUNT.fullmatch(squeezed) if len(squeezed) <= _LENGTH_MAX else None
    if not found or bool(found["open"]) != bool(found["close"]):
        raise Refused(f"{text.strip()[:40]!r} is not an amount")
    signs = [s for s in (found["open"], found["sign1"], found["sign2"], found["sign3"]) if s]
    side = (found["side"] or "").upper()
    if len(signs) + bool(side) > 1:
        raise Refused(f"{text.strip()!r} carries two signs")
    for unit in filter(None, (found["unit1"], found["unit2"])):
        if currency and _SYMBOLS.get(unit, currency if unit in "$¥" else unit) != currency:
            raise Refused(f"{text.strip()!r} is not in {currency}")
    size = _size(found["digits"], decimal, thousands)
    if size is None:
        raise Refused(f"{text.strip()!r} is not an amount with {decimal!r} before the decimals")
    negative = side == "DR" or signs in (["-"], ["("])
    return exact(size.copy_negate() if negative else size, currency)


def _size(digits: str, decimal: str, thousands: str | None) -> Decimal | None:
    whole, mark, part = digits.partition(decimal)
    if mark and not re.fullmatch("[0-9]+", part):
        return None
    if not (re.fullmatch("[0-9]*", whole) if mark else re.fullmatch("[0-9]+", whole)):
        marks = [m for m in ".,' ’" if m != decimal] if thousands is None else [thousands]
        marks = [m for m in marks if m and m in whole]
        if len(marks) != 1 or not _grouped(whole.split(marks[0])):
            return None
        whole = whole.replace(marks[0], "")
    return Decimal(f"{whole or '0'}.{part or '0'}" if mark else whole)


def _grouped(groups: list[str]) -> bool:
    """Groups of three from the right; or as in India, of two before the last three."""
    if not all(re.fullmatch("[0-9]+", group) for group in groups) or len(groups[-1]) != 3:
        return False
    middle = {len(group) for group in groups[1:-1]}
    return 1 <= len(groups[0]) <= 3 and middle in (set(), {3}, {2})


def exact(amount: Decimal, currency: str | None) -> Decimal:
    """The amount with exactly its currency's decimals; as written where the currency is unknown.

    A negative zero keeps its sign, so that a reader can tell it from a movement of nothing.
    """
    if currency is None or (amount.is_zero() and amount.is_signed()):
        return amount
    return from_minor(to_minor(amount, currency), currency)


def moved(amount: Decimal) -> Decimal:
    """The amount of a movement; raises Refused for a negative zero, which no bank can book."""
    if amount.is_zero() and amount.is_signed():
        raise Refused("an amount of minus nothing is no movement")
    return amount


@lru_cache(maxsize=4096)
def day_of(text: str, form: str) -> date:
    """The day that `text` states in the strptime form; raises Refused where it does not."""
    try:
        if not text.isascii():
            raise ValueError
        parts = time.strptime(text, form)
        return date(parts.tm_year, parts.tm_mon, parts.tm_mday)
    except ValueError:
        raise Refused(f"{text[:40]!r} is not a day in the form {form}") from None


def booked_day(day: date, today: date) -> date:
    """The day, when a booking can carry it; raises Refused for one long past or in the future."""
    if not FIRST_DAY <= day <= today + timedelta(days=FUTURE_DAYS_MAX):
        raise Refused(f"{day} cannot be a booking date (today is {today})")
    return day
