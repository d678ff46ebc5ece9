"""Whether an account's statements follow one another without a day or a line missing between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Literal

from worker.bank.balances import walk
from worker.books.records import Statement

HOLE_DAYS_MIN = 5
"""A long weekend is no hole."""

HOLE_RHYTHMS = 3
"""A hole is longer than so many of the account's usual pauses between booking days."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Money moved between two statements, by their own balances, and its lines are missing."""

    after: date
    """Last day of the statement before."""
    before: date
    """First day of the statement after."""
    expected: Decimal
    found: Decimal

    @property
    def sentence(self) -> str:
        return (
            f"lines are missing between {self.after} and {self.before}: the balance was"
            f" {self.expected}, and the next statement opens with {self.found}; import the days"
            " between"
        )


@dataclass(frozen=True, slots=True)
class Hole:
    """Days without a statement, more than the account usually goes without a booking."""

    after: date
    before: date
    days: int

    @property
    def sentence(self) -> str:
        return (
            f"no statement covers the {self.days} days between {self.after} and {self.before};"
            " this account is seldom quiet for so long"
        )


@dataclass(frozen=True, slots=True)
class Continuity:
    """What the statements prove together. A gap outweighs all; one joint unproved is unproved.

    `last_day` is the last day any statement covers, None when there is none.
    """

    state: Literal["proved", "gap", "not provable"]
    gaps: tuple[Gap, ...]
    holes: tuple[Hole, ...]
    last_day: date | None


def continuity(statements: Sequence[Statement]) -> Continuity:
    """Follow one account's statements by day: each must open with what the one before closed with.

    Statements may overlap or repeat one another: one that begins inside another must open with a
    balance the other passed through on that day. A statement without opening or closing balance
    proves nothing about its two joints.
    """
    ordered = sorted(
        (one for one in statements if one.start and one.end),
        key=lambda one: (one.start, one.end, one.file),
    )
    gaps: list[Gap] = []
    holes: list[Hole] = []
    proved = bool(ordered) and all(_has_balances(one) for one in ordered)
    rhythm = max(HOLE_DAYS_MIN, HOLE_RHYTHMS * _usual_pause(ordered))
    last: Statement | None = None
    for one in ordered:
        if last is not None:
            joint = _joint(last, one)
            if isinstance(joint, Gap):
                gaps.append(joint)
            proved = proved and joint == "proved"
            if joint == "not provable" and (hole := _hole(last, one)) and hole.days > rhythm:
                holes.append(hole)
        if last is None or _end(one) >= _end(last):
            last = one
    return Continuity(
        state="gap" if gaps else "proved" if proved else "not provable",
        gaps=tuple(gaps),
        holes=tuple(holes),
        last_day=_end(last) if last else None,
    )


def _joint(last: Statement, following: Statement) -> Gap | Literal["proved", "not provable"]:
    if not (_has_balances(last) and _has_balances(following)):
        return "not provable"
    expected, found = last.closing, following.opening
    if expected is None or found is None:
        return "not provable"
    if found == expected or found in _passed_through(last, _start(following)):
        return "proved"
    if _start(following) <= _end(last) and last.opening != expected and not last.lines:
        return "not provable"  # it begins inside one whose lines we do not have
    return Gap(_end(last), _start(following), expected, found)


def _passed_through(last: Statement, day: date) -> set[Decimal]:
    """The balances of `last` at the beginning of a day and after each of its lines on that day."""
    if last.opening is None or day > _end(last):
        return set()
    repeated = walk(last.lines).repeated
    running = last.opening
    passed = [running]
    for at, line in enumerate(last.lines):
        if at in repeated:
            continue
        running += line.amount
        if line.date < day:
            passed = [running]
        elif line.date == day:
            passed.append(running)
    return set(passed)


def _has_balances(one: Statement) -> bool:
    """Whether the statement's closing balance is that of its own last line.

    A closing balance beside an unknown opening one is of another day (worker.bank.ofx).
    """
    return one.opening is not None and one.closing is not None


def _hole(last: Statement, following: Statement) -> Hole | None:
    days = (_start(following) - _end(last)).days - 1
    return Hole(_end(last), _start(following), days) if days > 0 else None


def _usual_pause(statements: Sequence[Statement]) -> float:
    """Median days from one booking day to the next; 0 with fewer than two booking days."""
    days = sorted({line.date for one in statements for line in one.lines})
    return float(median((b - a).days for a, b in pairwise(days))) if len(days) > 1 else 0.0


def _start(one: Statement) -> date:
    assert one.start is not None
    return one.start


def _end(one: Statement) -> date:
    assert one.end is not None
    return one.end
