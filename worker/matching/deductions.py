"""What may be taken off what is owed: declared discounts and credits; never a guessed fee."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from worker.books.decisions import Remainder
from worker.books.money import to_cents
from worker.books.records import Document
from worker.matching.book import Book, age
from worker.matching.candidate import Candidate, Search
from worker.matching.policy import DiscountTerms, MatchingPolicy
from worker.text.references import Strength


def discounted(
    search: Search, settled: Sequence[int], strength: Strength | None
) -> Iterator[Candidate]:
    """All these documents, each less its declared discount, exactly."""
    documents = [search.book.documents[p] for p in settled]
    taken = [
        declared_discount(d, search.reading.line.date, search.book, search.policy)
        for d in documents
    ]
    if any(discount is None for discount in taken):
        return
    discounts = [discount for discount in taken if discount is not None]
    total = sum((discount.amount for discount in discounts), Decimal(0))
    if search.due(settled) - total != search.reading.size:
        return
    base = search.candidate("discount", settled, strength=strength, bar="discount_declared")
    yield replace(
        base,
        parts=tuple(
            (place, document.due - discount.amount)
            for place, document, discount in zip(settled, documents, discounts, strict=True)
        ),
        remainder=(Remainder("discount", total, discounts[0].account),),
    )


def netted(
    search: Search,
    settled: Sequence[int],
    credits: Sequence[int],
    strength: Strength | None,
    *,
    named: bool,
) -> Iterator[Candidate]:
    """Credits first, oldest document first, then the cash; the credit must be used up."""
    documents = search.book.documents
    one_contact = len({documents[p].contact_id for p in (*settled, *credits)}) == 1
    usable = all(
        documents[p].is_open and documents[p].currency == search.reading.line.currency
        for p in credits
    )
    if not credits or not usable or not one_contact:
        return
    if search.due(settled) - search.due(credits) != search.reading.size:
        return
    left = {p: documents[p].due for p in settled}
    allocated = []
    for credit in sorted(credits, key=lambda p: age(documents[p])):
        rest = documents[credit].due
        for place in settled:
            amount = min(rest, left[place])
            if amount > 0:
                allocated.append((credit, place, amount))
                left[place] -= amount
                rest -= amount
    parts = tuple((p, left[p]) for p in settled if left[p] > 0)
    raised_for = len(settled) == 1 and all(
        _raised_against(documents[c], documents[settled[0]]) for c in credits
    )
    yield replace(
        search.candidate(
            "netted",
            settled,
            strength=strength,
            bar="" if named or raised_for else "credit_not_named",
        ),
        parts=parts,
        credits=tuple(allocated),
    )


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount as it falls on one document."""

    amount: Decimal
    account: str


def declared_discount(
    document: Document, paid_on: date, book: Book, policy: MatchingPolicy
) -> Discount | None:
    """The discount the document's contact may take when paying on that day, or None.

    Only on sales invoices nothing was paid of yet, within the declared days of their date; the
    first terms that hold for the contact count.
    """
    if document.is_credit or document.side != "receivable" or document.due != document.total:
        return None
    for terms in policy.discounts:
        if terms.base == "gross" and _holds_for(terms, document, book):
            if not document.date <= paid_on <= document.date + timedelta(terms.days):
                return None
            amount = to_cents(document.total * terms.percent / 100, document.currency)
            return Discount(amount, terms.account) if 0 < amount < document.due else None
    return None


def _holds_for(terms: DiscountTerms, document: Document, book: Book) -> bool:
    if terms.contact is not None:
        return terms.contact in (document.contact_id, document.contact_name)
    if terms.group is not None:
        contact = book.contacts.get(document.contact_id)
        return contact is not None and terms.group in contact.groups
    return True


def _raised_against(credit: Document, document: Document) -> bool:
    number = document.number.strip()
    return bool(number) and number in credit.reference.replace(",", " ").split()
