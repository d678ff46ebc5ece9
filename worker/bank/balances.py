"""Running balances: they prove the order of lines, that none is missing, and which is repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from worker.books.money import ZERO
from worker.books.records import StatementLine


@dataclass(frozen=True, slots=True)
class Walk:
    """What adding the lines up, one after another, shows of the balance column.

    `opening` and `closing` are None where no line has a balance. `repeated` are places (from 0)
    of rows that a feed printed again. `broken` is the first place where the sum does not hold.
    """

    opening: Decimal | None
    closing: Decimal | None
    repeated: frozenset[int]
    broken: int | None = None
    expected: Decimal | None = None


def walk(lines: Sequence[StatementLine]) -> Walk:
    """Follow the running balances through lines in booking order.

    A row is a repeated feed row when its balance is not what the line before it leads to, a row
    above has the same day, amount and text, and its balance is that row's, or has not moved from
    the line before: the bank's own figures then say that no money moved the second time. Two real
    equal movements differ in their balances.
    """
    opening = running = None
    before = ZERO
    seen: dict[tuple[object, ...], set[Decimal | None]] = {}
    repeated: set[int] = set()
    for place, line in enumerate(lines):
        if running is None:
            before += line.amount
            if line.balance is not None:
                opening, running = line.balance - before, line.balance
        elif line.balance is None or line.balance == running + line.amount:
            running += line.amount
        elif _facts(line) in seen and line.balance in (running, *seen[_facts(line)]):
            repeated.add(place)
        else:
            expected = running + line.amount
            return Walk(opening, None, frozenset(repeated), place, expected)
        seen.setdefault(_facts(line), set()).add(line.balance)
    return Walk(opening, running, frozenset(repeated))


def _facts(line: StatementLine) -> tuple[object, ...]:
    # The bank's own id is left out: a feed may number the row anew when it repeats it.
    return (
        line.date, line.amount, line.payee, line.reference, line.description,
        line.counterparty_account,
    )  # fmt: skip


def in_booking_order(lines: Sequence[StatementLine]) -> tuple[tuple[StatementLine, ...], Walk]:
    """The lines oldest first, and the walk along them.

    Files list oldest first, newest first, or days in one direction with the lines of a day in the
    other; the balances tell which. Without balances: by day, and within a day as the file's
    direction has it. When no order adds up, the walk of the likeliest one says where it breaks.
    """
    forward = list(lines)
    if lines and lines[0].date > lines[-1].date:
        forward.reverse()
    by_day = sorted(forward, key=lambda line: line.date)
    if all(line.balance is None for line in lines):
        return tuple(by_day), walk(by_day)
    backward = forward[::-1]
    best = forward, walk(forward)
    for order in (by_day, backward, sorted(backward, key=lambda line: line.date)):
        if best[1].broken is None and not best[1].repeated:
            break
        found = walk(order)
        if found.broken is None and (
            best[1].broken is not None or len(found.repeated) < len(best[1].repeated)
        ):
            best = order, found
    return tuple(best[0]), best[1]


def movement(lines: Sequence[StatementLine]) -> Decimal:
    """The sum of what really moved: all lines but repeated feed rows."""
    repeated = walk(lines).repeated
    return sum((line.amount for at, line in enumerate(lines) if at not in repeated), ZERO)
