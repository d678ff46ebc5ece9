"""How one bank writes its CSV files: the profile an owner describes in a few lines of YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from worker.errors import SetupWrong

COLUMNS = (
    "date", "value_date", "type", "payee", "reference", "description", "amount", "debit", "credit",
    "balance", "currency", "counterparty_account", "bank_reference", "pending",
)  # fmt: skip
_KEYS = (
    "encoding", "delimiter", "decimal", "thousands", "date_format", "header", "skip_rows",
    "columns",
)  # fmt: skip
_TEXTS = ("type", "payee", "reference", "description")
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


@dataclass(frozen=True, slots=True)
class CsvProfile:
    """One layout. What is None is found from the file itself, or the file is refused as ambiguous.

    `columns` maps our names to the file's headers, or to positions counted from 1; a text column
    may be several, joined by a space in that order.
    """

    columns: Mapping[str, tuple[str, ...]]
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    """The mark between groups of three; "" for none, None for any but the decimal mark."""
    date_format: str | None = None
    """A strptime pattern."""
    header: bool = True
    skip_rows: int = 0
    """Lines before the header (or, without one, before the first data row)."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> CsvProfile:
        """The profile from plain values, keys that are None left out; raises SetupWrong."""
        set_keys = {name: value for name, value in given.items() if value is not None}
        _known(set_keys, _KEYS, "a CSV profile")
        decimal = set_keys.get("decimal")
        thousands = set_keys.get("thousands")
        if decimal not in (None, ".", ","):
            raise SetupWrong(f"CSV profile: decimal is {decimal!r}; it must be '.' or ','")
        if thousands is not None and (len(str(thousands)) > 1 or thousands == decimal):
            raise SetupWrong(
                f"CSV profile: thousands is {thousands!r}; it must be one mark that is not the"
                " decimal one, or '' for none"
            )
        return cls(
            columns=_columns(set_keys.get("columns") or {}),
            encoding=_encoding(set_keys.get("encoding")),
            delimiter=_delimiter(set_keys.get("delimiter")),
            decimal=decimal,
            thousands=thousands,
            date_format=_date_format(set_keys.get("date_format")),
            header=_yes(set_keys.get("header", True)),
            skip_rows=_count(set_keys.get("skip_rows", 0)),
        )


def _known(given: Mapping[str, Any], names: Sequence[str], what: str) -> None:
    for name in given:
        if name not in names:
            near = get_close_matches(str(name), names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(names)}"
            raise SetupWrong(f"{name!r} is no key of {what}{hint}")


def _columns(given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, Mapping):
        raise SetupWrong("CSV profile: columns must map our names to the file's headers")
    given = {name: value for name, value in given.items() if value is not None}
    _known(given, COLUMNS, "a CSV profile's columns")
    if "date" not in given:
        raise SetupWrong("CSV profile: columns.date is missing; name the booking date's header")
    if ("amount" in given) == ("debit" in given and "credit" in given):
        raise SetupWrong("CSV profile: columns needs either amount, or both debit and credit")
    columns = {}
    for name, value in given.items():
        listed = [value] if isinstance(value, (str, int)) else list(value)
        if not listed or (len(listed) > 1 and name not in _TEXTS):
            raise SetupWrong(f"CSV profile: columns.{name} must name one column")
        columns[name] = tuple(str(one) for one in listed)
    return columns


def _encoding(given: Any) -> str | None:
    if given is None:
        return None
    try:
        "a".encode(str(given))  # refuses unknown codecs, and those that make no text, such as zip
    except (LookupError, ValueError):
        raise SetupWrong(
            f"CSV profile: encoding {given!r} is unknown; write utf-8, cp1252 or utf-16"
        ) from None
    return str(given)


def _delimiter(given: Any) -> str | None:
    if given is None:
        return None
    mark = _DELIMITERS.get(str(given).lower(), str(given))
    if len(mark) != 1 or mark in '"\r\n':
        raise SetupWrong(f"CSV profile: delimiter {given!r} must be one character, or 'tab'")
    return mark


def _date_format(given: Any) -> str | None:
    """A strptime pattern; `DD/MM/YYYY` is understood as well."""
    if given is None:
        return None
    form = str(given)
    if "%" not in form:
        for letters, code in (
            ("yyyy", "%Y"), ("mmmm", "%B"), ("mmm", "%b"), ("dd", "%d"), ("mm", "%m"), ("yy", "%y"),
        ):  # fmt: skip
            form = re.sub(letters, code, form, count=1, flags=re.IGNORECASE)
    if not all(re.search(code, form) for code in ("%[Yy]", "%[mbB]", "%d")):
        raise SetupWrong(
            f"CSV profile: date_format {given!r} must state day, month and year, as in %d/%m/%Y"
        )
    return form


def _yes(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    if str(given).lower() in ("true", "yes", "false", "no"):
        return str(given).lower() in ("true", "yes")
    raise SetupWrong(f"CSV profile: header is {given!r}; write true or false")


def _count(given: Any) -> int:
    if isinstance(given, bool) or not re.fullmatch("[0-9]{1,4}", str(given)):
        raise SetupWrong(f"CSV profile: skip_rows is {given!r}; write a number of lines")
    return int(given)
