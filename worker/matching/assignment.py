"""The best joint choice: every line at most one explanation, no document used beyond its due."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from worker.matching.candidate import Candidate

# Below these log-odds an explanation is not worth a bookkeeper's look.
WORTH_SHOWING = -2.5

# Steps of the exact search in one component; beyond it the best found so far stands.
_STEPS_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What one line got, how likely it is, and what else it could have been.

    `probability` counts every other candidate and "none of ours". `lost_to` is the line that took
    the documents of this line's best candidate, or None.
    """

    chosen: Candidate | None
    probability: float
    rivals: tuple[Candidate, ...] = ()
    """Other candidates, likeliest first."""
    lost_to: int | None = None


def choose(lines: Sequence[Sequence[Candidate]], due: Mapping[int, Decimal]) -> tuple[Choice, ...]:
    """Choose for all lines together so that the total weight is greatest.

    Lines come in the order a bookkeeper takes them (by date); of equal totals the one that serves
    earlier lines with their likelier candidates is taken. Only candidates worth showing are
    chosen; each component of lines and documents is solved by itself, exactly within a bound.
    """
    chosen: dict[int, Candidate] = {}
    for component in _components(lines):
        chosen.update(_solve(component, lines, due))
    named_by, taken_by = _named_by(chosen), _taken_by(chosen)
    return tuple(_choice(i, lines, chosen, named_by, taken_by) for i in range(len(lines)))


def _components(lines: Sequence[Sequence[Candidate]]) -> Iterable[list[int]]:
    """Lines tied together by documents both could use, in line order."""
    parent = list(range(len(lines)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first_with: dict[int, int] = {}
    for i, candidates in enumerate(lines):
        for candidate in candidates:
            for place, _ in candidate.takes():
                held = first_with.setdefault(place, i)
                parent[max(root(held), root(i))] = min(root(held), root(i))
    groups: dict[int, list[int]] = defaultdict(list)
    for i, candidates in enumerate(lines):
        if candidates:
            groups[root(i)].append(i)
    return groups.values()


def _solve(
    component: Sequence[int], lines: Sequence[Sequence[Candidate]], due: Mapping[int, Decimal]
) -> dict[int, Candidate]:
    options = [[c for c in lines[i] if c.weight > WORTH_SHOWING] for i in component]
    # Weights as whole thousandths: sums are then the same in whatever order they are added.
    value = [[round((c.weight - WORTH_SHOWING) * 1000) for c in each] for each in options]
    above = [0] * (len(component) + 1)
    for at in range(len(component) - 1, -1, -1):
        above[at] = above[at + 1] + max(value[at], default=0)
    best_total, best = -1, [-1] * len(component)
    used: dict[int, Decimal] = defaultdict(Decimal)
    picked = [-1] * len(component)
    greedy_total = 0
    # Greedy by weight over the whole component is the bound the search has to beat.
    ranked = sorted(
        (-value[at][k], at, k) for at in range(len(component)) for k in range(len(options[at]))
    )
    for negative, at, k in ranked:
        if picked[at] < 0 and _free(options[at][k], used, due):
            _take(options[at][k], used, 1)
            picked[at] = k
            greedy_total -= negative
    greedy, steps = list(picked), 0
    used.clear()
    picked = [-1] * len(component)

    def search(at: int, total: int) -> None:
        nonlocal best_total, best, steps
        steps += 1
        if steps > _STEPS_MAX or total + above[at] <= best_total:
            return
        if total + above[at] < greedy_total:
            return
        if at == len(component):
            best_total, best = total, list(picked)
            return
        for k, candidate in enumerate(options[at]):
            if _free(candidate, used, due):
                _take(candidate, used, 1)
                picked[at] = k
                search(at + 1, total + value[at][k])
                picked[at] = -1
                _take(candidate, used, -1)
        search(at + 1, total)

    if len(component) <= 200:
        search(0, 0)
    if best_total < greedy_total:
        best = greedy
    return {line: options[at][best[at]] for at, line in enumerate(component) if best[at] >= 0}


def _free(candidate: Candidate, used: Mapping[int, Decimal], due: Mapping[int, Decimal]) -> bool:
    wanted: dict[int, Decimal] = defaultdict(Decimal)
    for place, amount in candidate.takes():
        wanted[place] += amount
    return all(used.get(p, Decimal(0)) + amount <= due[p] for p, amount in wanted.items())


def _take(candidate: Candidate, used: dict[int, Decimal], sign: int) -> None:
    for place, amount in candidate.takes():
        used[place] += sign * amount


def _named_by(chosen: Mapping[int, Candidate]) -> dict[int, list[int]]:
    """Documents by the lines that named them and got them."""
    named: dict[int, list[int]] = defaultdict(list)
    for line, candidate in sorted(chosen.items()):
        if candidate.strength is not None:
            for place in candidate.places:
                named[place].append(line)
    return named


def _taken_by(chosen: Mapping[int, Candidate]) -> dict[int, list[int]]:
    """Documents by the lines that got money to them."""
    taken: dict[int, list[int]] = defaultdict(list)
    for line, candidate in sorted(chosen.items()):
        for place in candidate.places:
            taken[place].append(line)
    return taken


def _choice(
    i: int,
    lines: Sequence[Sequence[Candidate]],
    chosen: Mapping[int, Candidate],
    named_by: Mapping[int, Sequence[int]],
    taken_by: Mapping[int, Sequence[int]],
) -> Choice:
    mine = chosen.get(i)
    rivals = tuple(c for c in lines[i] if c is not mine)
    if mine is None:
        worth = [c for c in lines[i] if c.weight > WORTH_SHOWING]
        takers = [t for place in worth[0].places for t in taken_by.get(place, ())] if worth else []
        return Choice(None, 0.0, rivals, min(takers, default=None))
    # A document another line names is that line's; it does not make this choice doubtful.
    doubts = [
        c
        for c in rivals
        if not any(line != i for place in c.places for line in named_by.get(place, ()))
        and not (len(c.places) == 1 and c.places[0] in mine.chosen_of_equals)
    ]
    odds = math.exp(min(mine.weight, 50.0))
    against = 1.0 + sum(math.exp(min(c.weight, 50.0)) for c in doubts)
    return Choice(mine, odds / (odds + against), rivals)
