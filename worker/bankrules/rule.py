"""What a bank rule is, once read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Part = Literal["text", "payer", "reference", "amount", "sign", "account", "day", "currency"]
Operator = Literal["contains", "equals", "starts", "ends", "regex", "one-of"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a line.

    Text parts hold folded words (one of them must fit), or RE2 patterns for `regex`; `amount` and
    `day` hold bounds, both included, in `low` and `high`; the rest hold the words allowed.
    """

    part: Part
    operator: Operator
    words: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class When:
    """All of `all`, at least one of `any` (where there are some), and none of `none`."""

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    none: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """One line of a coding: the whole amount, or its part by amount, percent or remainder."""

    account: str
    tax: str
    description: str = ""
    tracking: tuple[tuple[str, str], ...] = ()
    amount: Decimal | None = None
    percent: Decimal | None = None
    """Of the line's size; with neither amount nor percent it takes what is left."""


@dataclass(frozen=True, slots=True)
class Code:
    """Spend or receive money with one contact."""

    contact: str
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money to or from another own bank account, by its code."""

    account: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing is posted, for the reason given."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A person decides; the question is put to them."""

    question: str


Action = Code | Transfer | Ignore | Ask


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: lowest `priority` first; `stop` ends the search even where it only asks."""

    name: str
    priority: int
    stop: bool
    when: When
    then: Action
    place: str
    """File and line, for people."""
