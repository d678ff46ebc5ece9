"""Which sets of open documents add up to an amount, and in how many ways."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

# Sets looked at per half: two halves of this size are met in the middle.
_HALF_MAX = 600
_SHOWN_MAX = 4


@dataclass(frozen=True, slots=True)
class Sums:
    """Sets of two or more places whose amounts sum to the target.

    Equal amounts count as one another here: sets that differ only by which of equal documents they
    take are one way, given with the oldest. `complete` is False where there were too many documents
    to look at every set. `by_chance` is how many sets one would expect to fit by accident.
    """

    ways: tuple[tuple[int, ...], ...] = ()
    complete: bool = True
    by_chance: float = 0.0


@dataclass(frozen=True, slots=True)
class _Kind:
    """Documents of one amount, oldest first."""

    amount: Decimal
    places: tuple[int, ...]


def sums_to(target: Decimal, documents: Sequence[tuple[int, Decimal]]) -> Sums:
    """All ways to reach `target` with two or more of (place, amount), given oldest first."""
    grouped: dict[Decimal, list[int]] = defaultdict(list)
    for place, amount in documents:
        if amount <= target:
            grouped[amount].append(place)
    kinds = [_Kind(amount, tuple(places)) for amount, places in grouped.items()]
    if sum((k.amount * len(k.places) for k in kinds), Decimal(0)) < target:
        return Sums()
    halves = _halves(kinds)
    if halves is None:
        return Sums(_in_order(target, documents), complete=False, by_chance=1.0)
    left = defaultdict(list)
    for total, taken in halves[0]:
        left[total].append(taken)
    ways = []
    for total, taken in halves[1]:
        for first in left.get(target - total, ()):
            places = tuple(sorted(first + taken))
            if len(places) > 1:
                ways.append(places)
    ways.sort(key=lambda places: (len(places), places))
    tried = len(halves[0]) * len(halves[1])
    return Sums(tuple(ways[:_SHOWN_MAX]), True, _by_chance(tried, kinds))


def _halves(
    kinds: Sequence[_Kind],
) -> tuple[list[tuple[Decimal, tuple[int, ...]]], list[tuple[Decimal, tuple[int, ...]]]] | None:
    """Every total of each half of the kinds, or None where there are too many."""
    made: list[list[tuple[Decimal, tuple[int, ...]]]] = [[(Decimal(0), ())], [(Decimal(0), ())]]
    for kind in kinds:
        smaller = 0 if len(made[0]) <= len(made[1]) else 1
        grown = [
            (total + kind.amount * count, taken + kind.places[:count])
            for total, taken in made[smaller]
            for count in range(len(kind.places) + 1)
        ]
        if len(grown) > _HALF_MAX:
            return None
        made[smaller] = grown
    return made[0], made[1]


def _in_order(
    target: Decimal, documents: Sequence[tuple[int, Decimal]]
) -> tuple[tuple[int, ...], ...]:
    """The oldest so many that reach the target exactly: the one natural set of a long list."""
    total, places = Decimal(0), []
    for place, amount in documents:
        total += amount
        places.append(place)
        if total >= target:
            break
    return (tuple(places),) if total == target and len(places) > 1 else ()


def _by_chance(tried: int, kinds: Sequence[_Kind]) -> float:
    """Sets tried over the distinct totals they could have: round amounts meet by accident."""
    cents = [int(kind.amount * 10_000) for kind in kinds]
    step = math.gcd(*cents) or 1
    reach = sum(c * len(kind.places) for c, kind in zip(cents, kinds, strict=True)) / step
    return tried / max(1.0, reach)
