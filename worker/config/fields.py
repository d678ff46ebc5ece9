"""The text of one field → its value; the sentence to print when it cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ODDS = re.compile(r"([0-9]{1,12})\s*(?:in|/)\s*([0-9]{1,12})")
_CRON_FIELD = re.compile(r"[0-9a-zA-Z*/,\-]+")
_UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_CHARACTERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_POSTGRES = ("postgres", "postgresql", "postgresql+psycopg")


class Unreadable(ValueError):
    """The text is not what the field holds; the message finishes the sentence `KEY …`."""


def boolean(text: str) -> bool:
    answer = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    if text.lower() not in answer:
        raise Unreadable(f"{quoted(text)} is neither true nor false")
    return answer[text.lower()]


def whole_number(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise Unreadable(f"{quoted(text)} is not a whole number; write one like 500")
    return int(text)


def exact_number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise Unreadable(f"{quoted(text)} is not a number; write one like 1250.00")
    return Decimal(text)


def odds(text: str) -> Fraction:
    """`1 in 2000`, `1/2000` or `0.0005`, at least 0 and below 1."""
    pair = _ODDS.fullmatch(text)
    if pair and int(pair[2]):
        found = Fraction(int(pair[1]), int(pair[2]))
    elif _NUMBER.fullmatch(text):
        found = Fraction(text)
    else:
        raise Unreadable(f"{quoted(text)} is not odds; write them like 1 in 2000")
    if not 0 <= found < 1:
        raise Unreadable(f"{quoted(text)} must be at least 0 and below 1")
    return found


def day(text: str) -> date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Unreadable(f"{quoted(text)} is not a day; write it like 2026-03-31")


def choice(text: str, known: Iterable[str]) -> str:
    options = list(known)
    if text not in options:
        raise Unreadable(
            f"{quoted(text)} is none of {', '.join(options)}{did_you_mean(text, options)}"
        )
    return text


def cron(text: str) -> str:
    fields = text.split()
    if len(fields) != 5 or not all(_CRON_FIELD.fullmatch(one) for one in fields):
        raise Unreadable(
            f"{quoted(text)} is not a cron line; write minute hour day month weekday, "
            "like 15 * * * *"
        )
    return " ".join(fields)


def currency(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise Unreadable(f"{quoted(text)} is not a currency code; write one like NZD")
    return text


def one_character(text: str) -> str:
    """One character; those that YAML makes hard to write have a word, such as tab."""
    text = _CHARACTERS.get(text, text)
    if len(text) > 1:
        raise Unreadable(f"{quoted(text)} is not one character")
    return text


def encoding(text: str) -> str:
    try:
        "".encode(text)
    except (LookupError, ValueError):
        raise Unreadable(f"{quoted(text)} is no text encoding; write one like cp1252") from None
    return text


def url(text: str) -> str:
    """An https address (http on loopback only) without a slash at the end.

    Never repeated whole in a fault: an address may hold a password.
    """
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise Unreadable("is not a web address; write one like https://api.xero.com") from None
    if parts.scheme not in ("https", "http") or not host or re.search(r"\s", text):
        raise Unreadable("is not a web address; write one like https://api.xero.com")
    if parts.username is not None or parts.query or parts.fragment:
        raise Unreadable("must hold no user, question mark or number sign")
    if parts.scheme == "http" and not is_loopback(text):
        raise Unreadable(f"sends secrets in the clear: use https for {host}")
    return text.rstrip("/")


def is_loopback(address: str) -> bool:
    """Does this address reach this machine only: localhost, 127.0.0.0/8 or [::1]?"""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def database(text: str, base: Path) -> str:
    """A SQLite file (relative to `base`) or a PostgreSQL server, as SQLAlchemy spells it.

    Never repeated whole in a fault: it may hold a password.
    """
    scheme, mark, rest = text.partition("://")
    if mark and scheme == "sqlite":
        if "?" in rest or not rest.startswith("/") or rest in ("/", "/:memory:"):
            raise Unreadable("must name a file, like sqlite:///state/tieout.db")
        return f"sqlite:///{base / rest[1:]}"
    if mark and scheme in _POSTGRES and rest:
        return f"postgresql+psycopg://{rest}"
    raise Unreadable(
        "must be like sqlite:///state/tieout.db or postgresql://user:password@host/database"
    )


def folder_name(text: str) -> str:
    """A name that is one folder on any system, so that no name reaches outside the inbox."""
    safe = (
        text
        and text not in (".", "..")
        and text == text.strip()
        and not text.endswith(".")
        and not _UNSAFE_IN_NAMES.search(text)
        and len(text.encode()) <= 120
    )
    if not safe:
        bad = '/ \\ < > : " | ? *'
        raise Unreadable(f"{quoted(text)} cannot name a folder: no {bad}, no last dot or space")
    return text


def did_you_mean(text: str, known: Iterable[str]) -> str:
    near = get_close_matches(text.lower(), list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def quoted(text: str) -> str:
    shown = text if len(text) <= 60 else text[:57] + "..."
    return '"' + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown) + '"'
