"""How figures, days and other people's words are written for a reader, the same everywhere."""

from __future__ import annotations

import calendar
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from worker.books.money import ZERO, to_cents
from worker.books.period import Month

# Only signs that name one currency; every other amount carries its ISO code.
_SIGNS = {
    "GBP": "£", "EUR": "€", "USD": "$", "AUD": "A$", "CAD": "C$", "HKD": "HK$", "INR": "₹",
    "JPY": "¥", "NZD": "NZ$", "SGD": "S$", "ZAR": "R",
}  # fmt: skip

_KEPT_FORMATS = "\u200c\u200d"  # joiners that real names in several scripts need


def figure(amount: Decimal, currency: str) -> str:
    """The amount with its currency's decimals and thousands separators: "-1,234.50"."""
    return f"{to_cents(amount, currency) + ZERO:,f}"


def money(amount: Decimal, currency: str) -> str:
    """The amount with its currency: "£1,234.50", "-£3.00", "CHF 12.00"."""
    text = figure(abs(amount), currency)
    minus = "-" if to_cents(amount, currency) < 0 else ""
    sign = _SIGNS.get(currency)
    return f"{minus}{sign}{text}" if sign else f"{minus}{currency} {text}"


def signed(amount: Decimal, currency: str) -> str:
    """A movement: like `money`, with a plus where it rises."""
    return ("+" if to_cents(amount, currency) > 0 else "") + money(amount, currency)


def day(value: date) -> str:
    """A day as people write it: "3 March 2026"."""
    return f"{value.day} {calendar.month_name[value.month]} {value.year}"


def brief(month: Month) -> str:
    """A month where a column is narrow: "Mar 2026"."""
    return f"{calendar.month_abbr[month.month]} {month.year}"


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 line", "1,204 lines"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def listed(parts: Sequence[str]) -> str:
    """The parts as a sentence lists them: "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def in_and_out(amounts: Iterable[tuple[Decimal, str]]) -> str:
    """Signed amounts summed per currency: "in £3,100.00, out £7,420.00"; "" for none."""
    sums: dict[tuple[str, str], Decimal] = {}
    for amount, currency in amounts:
        if amount:
            key = (currency, "in" if amount > 0 else "out")
            sums[key] = sums.get(key, ZERO) + abs(amount)
    return ", ".join(f"{way} {money(sums[c, way], c)}" for c, way in sorted(sums))


def clean(text: str) -> str:
    """Text from outside, made harmless to a page: one line, no control or direction characters.

    What is taken out leaves U+FFFD, so that a reader sees there was something.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_harmless, text))


def _harmless(char: str) -> str:
    kind = unicodedata.category(char)
    if kind in ("Zl", "Zp") or char in "\t\n\r\v\f\x85":
        return " "
    if kind in ("Cc", "Cs") or (kind == "Cf" and char not in _KEPT_FORMATS):
        return "\ufffd"
    return char
