"""Candidates a text names: quoted numbers, their lists, ranges and double meanings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from worker.books.decisions import Remainder
from worker.matching.book import PENDING, age, direction_of
from worker.matching.candidate import CHANCE_MAX, Candidate, Kind, Search
from worker.matching.combinations import sums_to
from worker.matching.deductions import discounted, netted
from worker.text.references import Strength

_READINGS_MAX = 12


def named(search: Search) -> Iterator[Candidate]:
    """Candidates for each thing the quoted numbers can mean."""
    readings, singles = _readings(search)
    for places, strength in readings:
        yield from _by_reading(search, places, strength)
    # One of several quoted numbers is meant alone only where the sum is just its own.
    for places, strength in singles:
        yield from (
            c
            for c in _by_reading(search, places, strength)
            if c.places == places and not c.remainder
        )


_Readings = list[tuple[tuple[int, ...], Strength]]


def _readings(search: Search) -> tuple[_Readings, _Readings]:
    """Sets of documents the quoted numbers can mean, likelier spellings first; and each alone."""
    quoted = []
    for number in search.reading.references.quoted:
        fitting = _fitting(search, number.documents)
        if fitting:
            quoted.append((number, fitting))
    sure = [each for each in quoted if each[0].strength > Strength.WEAK]
    readings: dict[tuple[int, ...], Strength] = {}
    singles: dict[tuple[int, ...], Strength] = {}
    for chosen in (sure, quoted):
        if not chosen:
            continue
        strength = min(number.strength for number, _ in chosen)
        for choice in _bounded_product([options for _, options in chosen]):
            readings.setdefault(tuple(sorted(set(choice))), strength)
        for number, options in chosen if len(chosen) > 1 else ():
            for place in options:
                singles.setdefault((place,), number.strength)
    for first, last in search.reading.references.ranges:
        low, high = (search.reading.references.quoted[end] for end in (first, last))
        between = search.book.numbers.between(low.documents[0], high.documents[0])
        fitting = _fitting(search, between)
        rest = [options[0] for number, options in sure if number not in (low, high)]
        if fitting:
            readings.setdefault(tuple(sorted({*fitting, *rest})), min(low.strength, high.strength))
    return list(readings.items()), [each for each in singles.items() if each[0] not in readings]


def _fitting(search: Search, places: Iterable[int]) -> tuple[int, ...]:
    """Of documents with a quoted number: those this line can settle, the payer's own first."""
    documents, direction = search.book.documents, search.reading.direction
    open_ones = [
        place
        for place in places
        if documents[place].due > 0
        and documents[place].status in ("AUTHORISED", *PENDING)
        and (direction_of(documents[place]) == direction or documents[place].is_credit)
    ]
    own = [p for p in open_ones if documents[p].contact_id in search.reading.payer.possible]
    return tuple(own or open_ones)


def _by_reading(search: Search, places: Sequence[int], strength: Strength) -> Iterator[Candidate]:
    documents = search.book.documents
    settled = [p for p in places if direction_of(documents[p]) == search.reading.direction]
    credits = [p for p in places if p not in settled]
    if not settled:
        return
    settled.sort(key=lambda p: age(documents[p]))
    if any(documents[p].status != "AUTHORISED" for p in settled):
        if search.due(settled) == search.reading.size:
            yield search.candidate("approve", settled, strength=strength, bar="approve_first")
        return
    if any(documents[p].currency != search.reading.line.currency for p in settled):
        yield search.candidate("foreign", settled, strength=strength, bar="foreign_currency")
        return
    owed, size = search.due(settled), search.reading.size
    if owed == size:
        kind: Kind = "several" if len(settled) > 1 else "exact"
        if any(documents[p].is_credit for p in settled):
            kind = "refund"
        yield search.candidate(kind, settled, strength=strength)
    if credits:
        yield from netted(search, settled, credits, strength, named=True)
    if owed > size:
        yield from _short(search, settled, strength)
    elif owed < size:
        yield from _more(search, settled, strength)


def _short(
    search: Search, settled: Sequence[int], strength: Strength | None
) -> Iterator[Candidate]:
    """The named documents want more than came: discount, credit, or a part payment."""
    yield from discounted(search, settled, strength)
    contact_id = search.book.documents[settled[0]].contact_id
    credits = search.book.credits_of.get((search.reading.direction, contact_id), ())
    if search.due(settled) - search.due(credits) <= search.reading.size:
        yield from netted(search, settled, credits, strength, named=False)
    left, parts = search.reading.size, []
    for place in settled:
        amount = min(left, search.book.documents[place].due)
        if amount > 0:
            parts.append((place, amount))
        left -= amount
    short = search.due(settled) - search.reading.size
    yield replace(
        search.candidate("part", settled, strength=strength, bar="part_payment"),
        parts=tuple(parts),
        remainder=(Remainder("open", short),),
    )


def _more(search: Search, settled: Sequence[int], strength: Strength) -> Iterator[Candidate]:
    """More came than the named documents want: others of the same contact, or too much."""
    documents = search.book.documents
    contact_id = documents[settled[0]].contact_id
    over = search.reading.size - search.due(settled)
    others = [
        p for p in search.payable(contact_id) if p not in settled and documents[p].due <= over
    ]
    exact = [(p,) for p in others if documents[p].due == over]
    sums = sums_to(over, [(p, documents[p].due) for p in others])
    ways = [*exact, *sums.ways]
    bar = "" if len(ways) == 1 else "several_sums"
    if not bar and not exact and sums.by_chance > CHANCE_MAX:
        bar = "sum_by_chance"
    for way in ways[:3]:
        found = search.candidate("several", [*settled, *way], bar=bar)
        yield replace(found, named_in_part=True, sums=sums if len(way) > 1 else None)
    yield replace(
        search.candidate("over", settled, strength=strength, bar="overpayment"),
        remainder=(Remainder("overpayment", over),),
    )


def _bounded_product(options: Sequence[Sequence[int]]) -> Iterator[tuple[int, ...]]:
    count = 1
    for each in options:
        count *= len(each)
    if count <= _READINGS_MAX:
        yield from product(*options)
