"""Candidates among what the payer has open, whether or not the text names anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from worker.books.decisions import Remainder
from worker.matching.candidate import (
    CHANCE_MAX,
    SEARCHED_MAX,
    Candidate,
    Kind,
    Search,
    interchangeable,
)
from worker.matching.combinations import sums_to
from worker.matching.deductions import discounted, netted

# Nothing fits: a shortfall this small, or a payment at least this large, is worth showing.
_NEAR = Decimal("0.05")
_SHORT_BY_MAX = Decimal(35)
_PART_MIN = Decimal("0.05")
_CREDITS_MAX = 6


def of_payer(search: Search) -> Iterator[Candidate]:
    """Candidates among the open documents of everybody the payer can be."""
    for contact_id in search.reading.payer.possible:
        yield from _of_contact(search, contact_id)


def _of_contact(search: Search, contact_id: str) -> Iterator[Candidate]:
    documents, size = search.book.documents, search.reading.size
    exact = search.exact(contact_id)
    for place in exact:
        kind: Kind = "refund" if documents[place].is_credit else "exact"
        yield search.candidate(kind, [place])
    payable = search.payable(contact_id)
    invoices = [p for p in payable if not documents[p].is_credit]
    found = bool(exact)
    if len(invoices) > SEARCHED_MAX:
        return
    for candidate in (
        *_several(search, invoices),
        *(c for p in invoices for c in discounted(search, [p], None)),
        *_credited(search, contact_id, invoices),
    ):
        found = True
        yield candidate
    pending = search.book.pending_of.get((search.reading.direction, contact_id), ())
    for place in pending:
        same_currency = documents[place].currency == search.reading.line.currency
        if documents[place].due == size and same_currency:
            found = True
            yield search.candidate("approve", [place], bar="approve_first")
    if not found:
        yield from _near(search, invoices)


def _several(search: Search, invoices: Sequence[int]) -> Iterator[Candidate]:
    """Sets of two or more that make up the amount; with more than one way, each is shown."""
    documents = search.book.documents
    dated = [p for p in invoices if documents[p].date <= search.reading.line.date]
    if len(dated) < 2:
        return
    sums = sums_to(search.reading.size, [(p, documents[p].due) for p in dated])
    for way in sums.ways:
        everything = len(way) == len(dated)
        bar = ""
        if len(sums.ways) > 1 or not sums.complete or _picks_among_unlike(search, way, dated):
            bar = "several_sums"
        elif sums.by_chance > CHANCE_MAX and not everything:
            bar = "sum_by_chance"
        yield replace(search.candidate("several", way, bar=bar), sums=sums, everything=everything)


def _picks_among_unlike(search: Search, way: Sequence[int], dated: Sequence[int]) -> bool:
    """The set takes one of several equal amounts that are not interchangeable."""
    documents = search.book.documents
    return any(
        documents[left].due == documents[taken].due
        and not interchangeable(documents[left], documents[taken])
        for left in dated
        if left not in way
        for taken in way
    )


def _credited(search: Search, contact_id: str, invoices: Sequence[int]) -> Iterator[Candidate]:
    credits = [
        p
        for p in search.book.credits_of.get((search.reading.direction, contact_id), ())
        if search.book.documents[p].currency == search.reading.line.currency
    ]
    for credit in credits[:_CREDITS_MAX]:
        wanted = search.reading.size + search.book.documents[credit].due
        for place in invoices:
            if search.book.documents[place].due == wanted:
                yield from netted(search, [place], [credit], None, named=False)
    if (
        credits
        and len(invoices) > 1
        and search.due(invoices) - search.due(credits) == search.reading.size
    ):
        yield from netted(search, invoices, credits, None, named=False)


def _near(search: Search, invoices: Sequence[int]) -> Iterator[Candidate]:
    """Nothing fits: the one document the payer may have paid short, or paid too much for."""
    documents, size = search.book.documents, search.reading.size
    dated = [p for p in invoices if documents[p].date <= search.reading.line.date]
    close = [
        p
        for p in dated
        if 0 < documents[p].due - size <= min(documents[p].due * _NEAR, _SHORT_BY_MAX)
    ]
    if len(close) != 1:
        close = dated if len(dated) == 1 else []
    for place in close:
        due = documents[place].due
        if due * _PART_MIN <= size < due:
            yield replace(
                search.candidate("part", [place], bar="part_payment"),
                parts=((place, size),),
                remainder=(Remainder("open", due - size),),
            )
        elif due < size <= due * 2:
            yield replace(
                search.candidate("over", [place], bar="overpayment"),
                remainder=(Remainder("overpayment", size - due),),
            )
