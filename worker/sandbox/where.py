"""Xero's `where` and `order` expressions, translated to SQL over the stored records.

The subset of fact sheet 2.6 and 10.4: comparisons, ranges, AND/OR/&&/||, DateTime(), guid(),
null, booleans, .Contains(), .StartsWith(), .EndsWith(), .ToLower(), .ToUpper(). Anything else is
a QueryParseException.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from worker.sandbox.errors import ApiError, bad_query
from worker.sandbox.wire import guid, ms_of

LENGTH_MAX = 8_000
DEPTH_MAX = 40
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>"(?:[^"\\]|\\.|"")*"|'(?:[^'\\]|\\.)*')
  | (?P<number>-?\d+(?:\.\d+)?[mMdD]?)
  | (?P<op>==|!=|<>|>=|<=|&&|\|\||[=<>!().,])
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    )""",
    re.VERBOSE,
)
_COMPARE = {"==": "=", "=": "=", "!=": "<>", "<>": "<>", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "=": "=", "<>": "<>"}


@dataclass(frozen=True, slots=True)
class Field:
    """A queryable field: `kind` guid|text|code|number|amount|flag|day|instant, `sql` its value."""

    sql: str
    kind: str
    optimised: bool = False
    path: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL with its parameters; `optimised` when an index of Xero's could serve it."""

    sql: str
    params: tuple[Any, ...] = ()
    optimised: bool = True


def parse(text: str, fields: dict[str, Field]) -> Condition:
    """Translate a `where`; field names by lower-cased dotted path; raises ApiError 400."""
    if len(text) > LENGTH_MAX:
        raise bad_query("The where clause is too long")
    reader = _Reader(_tokens(text), fields)
    try:
        found = reader.either(0)
    except RecursionError:
        raise bad_query("The where clause is nested too deeply") from None
    if reader.left():
        raise bad_query(f"Syntax error near '{reader.left()[0][1]}'")
    return found


def order_by(text: str, fields: dict[str, Field], tie: str) -> str:
    """Translate `order=Date DESC, InvoiceNumber`; raises ApiError 400 for unknown fields."""
    terms = []
    for part in text.split(","):
        words = part.replace("+", " ").split()
        if not words:
            continue
        field = fields.get(words[0].lower())
        way = words[1].upper() if len(words) > 1 else "ASC"
        way = {"ASCENDING": "ASC", "DESCENDING": "DESC"}.get(way, way)
        if field is None or len(words) > 2 or way not in ("ASC", "DESC"):
            raise bad_query(f"No property or field '{words[0]}' to order by")
        # Texts are put in order as they are compared, in any case.
        collate = " COLLATE NOCASE" if field.kind == "text" else ""
        terms.append(f"{field.sql}{collate} {way}")
    return ", ".join([*terms, tie])


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        hit = _TOKEN.match(text, place)
        if hit is None or hit.lastgroup is None:
            raise bad_query(f"Syntax error at position {place}")
        found.append((hit.lastgroup, hit[hit.lastgroup]))
        place = hit.end()
    return found


class _Reader:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, tokens: list[tuple[str, str]], fields: dict[str, Field]) -> None:
        self._tokens = tokens
        self._place = 0
        self._fields = fields

    def left(self) -> list[tuple[str, str]]:
        return self._tokens[self._place :]

    def either(self, depth: int) -> Condition:
        if depth > DEPTH_MAX:
            raise bad_query("The where clause is nested too deeply")
        parts = [self._both(depth)]
        while self._take("op", "||") or self._take("word", "or"):
            parts.append(self._both(depth))
        if len(parts) == 1:
            return parts[0]
        # Xero serves OR from an index only on ids.
        fast = all(
            part.optimised and part.sql.startswith(("id ", "document_id ")) for part in parts
        )
        return _join(parts, " OR ", fast)

    def _both(self, depth: int) -> Condition:
        parts = [self._one(depth)]
        while self._take("op", "&&") or self._take("word", "and"):
            parts.append(self._one(depth))
        if len(parts) == 1:
            return parts[0]
        return _join(parts, " AND ", any(part.optimised for part in parts))

    def _one(self, depth: int) -> Condition:
        if self._take("op", "!") or self._take("word", "not"):
            inner = self._one(depth + 1)
            return Condition(f"NOT ({inner.sql})", inner.params, False)
        if self._take("op", "("):
            found = self.either(depth + 1)
            self._need(")")
            return found
        left = self._operand()
        if isinstance(left, Condition):
            return left
        sign = self._comparison()
        if sign is None:
            if isinstance(left, Field) and left.kind == "flag":
                return Condition(f"COALESCE({left.sql}, 0) = 1", (), False)
            raise bad_query("Expression of type Boolean expected")
        right = self._operand()
        if isinstance(right, Field) and not isinstance(left, Field):
            left, right, sign = right, left, _TURNED[sign]
        if not isinstance(left, Field) or isinstance(right, Field | Condition):
            raise bad_query("A comparison needs a field on one side and a value on the other")
        return _compare(left, sign, right)

    def _comparison(self) -> str | None:
        if self._place < len(self._tokens):
            kind, text = self._tokens[self._place]
            if kind == "op" and text in _COMPARE:
                self._place += 1
                return _COMPARE[text]
        return None

    def _operand(self) -> Any:
        if self._place >= len(self._tokens):
            raise bad_query("Expression expected")
        kind, text = self._tokens[self._place]
        self._place += 1
        if kind == "text":
            return re.sub(r'\\(.)|""', lambda m: m[1] or '"', text[1:-1])
        if kind == "number":
            return Decimal(text.rstrip("mMdD"))
        if kind != "word":
            raise bad_query(f"Syntax error near '{text}'")
        name = text.lower()
        if name in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[name]
        if name in ("datetime", "guid"):
            return self._call(name)
        return self._field(text)

    def _call(self, name: str) -> Any:
        if self._take("op", "."):
            self._take("word", "parse")
        self._need("(")
        given = [self._operand()]
        while self._take("op", ","):
            given.append(self._operand())
        self._need(")")
        if name == "guid":
            if len(given) != 1 or not isinstance(given[0], str):
                raise bad_query("guid() takes one quoted id")
            return guid(given[0])
        try:
            if isinstance(given[0], str):
                moment = datetime.fromisoformat(given[0])
                return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            year, month, day, *clock = (int(value) for value in given)
            hour, minute, second = (*clock, 0, 0, 0)[:3]
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except (TypeError, ValueError, ArithmeticError):
            raise bad_query("DateTime() takes a year, a month and a day") from None

    def _field(self, first: str) -> Field | Condition:
        path = first.lower()
        while self._take("op", "."):
            kind, text = self._tokens[self._place] if self.left() else ("", "")
            if kind != "word":
                raise bad_query("Identifier expected after '.'")
            self._place += 1
            if self.left() and self.left()[0] == ("op", "("):
                return self._method(path, text.lower())
            path += "." + text.lower()
        field = self._fields.get(path)
        if field is None:
            raise bad_query(f"No property or field '{first}' exists in this type ({path})")
        return field

    def _method(self, path: str, name: str) -> Field | Condition:
        field = self._fields.get(path)
        if field is None or field.kind not in ("text", "code", "guid"):
            raise bad_query(f"No method '{name}' on '{path}'")
        self._need("(")
        if name in ("tolower", "toupper", "tostring", "trim"):
            # Text is compared in any case as it is.
            self._need(")")
            if self._take("op", "."):
                kind, text = self._tokens[self._place] if self.left() else ("", "")
                self._place += 1
                return self._method(path, text.lower() if kind == "word" else "")
            return field
        value = self._operand()
        self._need(")")
        if not isinstance(value, str) or name not in ("contains", "startswith", "endswith"):
            raise bad_query(f"No method '{name}' with these arguments")
        whole, part = f"LOWER(COALESCE({field.sql}, ''))", "LOWER(?)"
        sql = {
            "contains": f"INSTR({whole}, {part}) > 0",
            "startswith": f"SUBSTR({whole}, 1, LENGTH(?)) = {part}",
            "endswith": f"(LENGTH(?) = 0 OR SUBSTR({whole}, -LENGTH(?)) = {part})",
        }[name]
        return Condition(sql, (value,) * sql.count("?"), False)

    def _take(self, kind: str, text: str) -> bool:
        if self._place < len(self._tokens):
            found_kind, found = self._tokens[self._place]
            if found_kind == kind and found.lower() == text:
                self._place += 1
                return True
        return False

    def _need(self, text: str) -> None:
        if not self._take("op", text):
            raise bad_query(f"'{text}' expected")


def _join(parts: list[Condition], word: str, optimised: bool) -> Condition:
    sql = word.join(f"({part.sql})" for part in parts)
    params = tuple(value for part in parts for value in part.params)
    return Condition(sql, params, optimised)


def _compare(field: Field, sign: str, value: Any) -> Condition:
    if value is None:
        if sign not in ("=", "<>"):
            raise bad_query("null can only be compared with == and !=")
        return Condition(f"{field.sql} IS {'NOT ' if sign == '<>' else ''}NULL", (), False)
    sql, wanted = _operands(field, value)
    if field.kind in ("guid", "text", "code", "flag") and sign not in ("=", "<>"):
        raise bad_query(f"Operator '{sign}' cannot be applied to '{field.path}'")
    mark = "(? COLLATE NOCASE)" if field.kind == "text" else "?"
    verb = "IS NOT" if sign == "<>" else sign
    return Condition(f"{sql} {verb} {mark}", (wanted,), field.optimised and sign != "<>")


def _operands(field: Field, value: Any) -> tuple[str, Any]:
    """(SQL of the field, the value as SQLite compares it); raises ApiError for a wrong type."""
    wrong: ApiError = bad_query(f"Operator cannot compare '{field.path}' with {value!r}")
    if field.kind == "flag":
        if isinstance(value, bool):
            return f"COALESCE({field.sql}, 0)", int(value)
        raise wrong
    if field.kind in ("number", "amount"):
        try:
            exact = Decimal(value) if isinstance(value, str | Decimal) else None
        except ArithmeticError:
            exact = None
        if exact is None or not abs(exact) < Decimal("1e13"):
            raise wrong
        return field.sql, int(exact * 10_000) if field.kind == "amount" else float(exact)
    if field.kind in ("day", "instant"):
        if not isinstance(value, datetime):
            raise wrong
        if field.kind == "day":
            clock = value.strftime("%H:%M:%S")
            day = value.date().isoformat()
            return field.sql, day if clock == "00:00:00" else f"{day}T{clock}"
        return field.sql, ms_of(value)
    if not isinstance(value, str):
        raise wrong
    if field.kind == "guid":
        return field.sql, guid(value)
    return field.sql, value.upper() if field.kind == "code" else value
