"""Every way a line might be explained by documents, each with its weight and what bars it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from worker.matching.by_number import named
from worker.matching.by_payer import of_payer
from worker.matching.candidate import Candidate, Search, interchangeable
from worker.matching.weighing import weighed

# More documents of one amount than this prove nothing about any of them.
_AMOUNT_ONLY_MAX = 3


def candidates(search: Search) -> tuple[Candidate, ...]:
    """All explanations by documents, likeliest first, each set of allocations once."""
    best: dict[object, Candidate] = {}
    for found in (*named(search), *of_payer(search)):
        candidate = weighed(search, found)
        key = (frozenset(candidate.parts), frozenset(candidate.credits))
        held = best.get(key)
        if held is None or (candidate.weight, not candidate.bar) > (held.weight, not held.bar):
            best[key] = candidate
    ordered = sorted(best.values(), key=lambda c: (-c.weight, search.ages(c)))
    return tuple(_interchangeable(search, ordered))


def amount_only(search: Search) -> tuple[Candidate, ...]:
    """Open documents of just this amount, whoever owes them; never posted, at most three."""
    reading = search.reading
    key = (reading.direction, reading.line.currency, reading.size)
    places = search.book.open_by_amount.get(key, ())
    if len(places) > _AMOUNT_ONLY_MAX:
        return ()
    found = [
        weighed(search, search.candidate("amount_only", [place], bar="unknown_payer"))
        for place in places
        if search.book.documents[place].date <= reading.line.date
    ]
    return tuple(sorted(found, key=lambda c: (-c.weight, search.ages(c))))


def _interchangeable(search: Search, ordered: Sequence[Candidate]) -> Iterator[Candidate]:
    """Candidates that differ only by which of equal documents they take weigh the same.

    The oldest is a hair heavier, so that the choice is the bookkeeper's.
    """
    documents = search.book.documents
    singles = [
        c
        for c in ordered
        if c.kind == "exact"
        and c.strength is None
        and not (c.typo or c.bar)
        and search.policy.identical_documents == "oldest_first"
    ]
    for candidate in ordered:
        if candidate not in singles:
            yield candidate
            continue
        mine = documents[candidate.places[0]]
        equals = [c for c in singles if interchangeable(documents[c.places[0]], mine)]
        equals.sort(key=search.ages)
        rank = next(i for i, c in enumerate(equals) if c.parts == candidate.parts)
        yield replace(
            candidate,
            weight=max(c.weight for c in equals) - rank / 1000,
            chosen_of_equals=tuple(c.places[0] for c in equals if c is not candidate),
        )
