"""What a line might be explained by: one candidate, and the search it was found in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from worker.books.decisions import Remainder
from worker.books.records import BankLine, Document
from worker.matching.book import Book, Direction, age
from worker.matching.combinations import Sums
from worker.matching.payer import Payer
from worker.matching.policy import MatchingPolicy
from worker.text.references import References, Strength

Kind = Literal[
    "exact", "several", "part", "over", "discount", "netted", "refund", "approve", "foreign",
    "amount_only",
]  # fmt: skip

# A contact with more open documents than this is searched by exact amount and number alone.
SEARCHED_MAX = 60
# Sets expected to fit by accident, above which a fitting one proves too little.
CHANCE_MAX = 0.02


@dataclass(frozen=True, slots=True)
class Reading:
    """A line as it was understood before any document was looked at."""

    line: BankLine
    direction: Direction
    payer: Payer
    references: References

    @property
    def size(self) -> Decimal:
        return abs(self.line.amount)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One explanation: what each document gets, what is left, how likely it is.

    `weight` is log-odds against "no document of ours". `bar` is the reason code that forbids
    posting it unattended; "" where nothing does.
    """

    kind: Kind
    parts: tuple[tuple[int, Decimal], ...]
    """(place of the document, positive amount of cash)."""
    credits: tuple[tuple[int, int, Decimal], ...] = ()
    """(place of the credit, place of the document, amount allocated)."""
    remainder: tuple[Remainder, ...] = ()
    strength: Strength | None = None
    """How every document in it is named; None where one is not."""
    named_in_part: bool = False
    """It holds every document the text names, and others that make up the sum."""
    typo: str = ""
    """The quoted digits that are one slip from the document's number."""
    contact_id: str = ""
    belongs: bool = False
    """The payer can be this contact."""
    sums: Sums | None = None
    everything: bool = False
    """It takes all that the contact owes."""
    weight: float = 0.0
    bar: str = ""
    chosen_of_equals: tuple[int, ...] = ()
    """Places of interchangeable documents that would do as well."""

    @property
    def places(self) -> tuple[int, ...]:
        return tuple(place for place, _ in self.parts)

    def takes(self) -> Iterator[tuple[int, Decimal]]:
        """What each document and credit is used for: cash and credit together."""
        yield from self.parts
        for credit, document, amount in self.credits:
            yield credit, amount
            yield document, amount


@dataclass(frozen=True, slots=True)
class Search:
    """One line looked for in one book, under one policy."""

    book: Book
    policy: MatchingPolicy
    reading: Reading

    def candidate(
        self,
        kind: Kind,
        places: Sequence[int],
        *,
        strength: Strength | None = None,
        bar: str = "",
    ) -> Candidate:
        """A candidate that settles these documents in full; not weighed yet."""
        documents = self.book.documents
        ordered = sorted(places, key=lambda p: age(documents[p]))
        contact_id = documents[ordered[0]].contact_id
        if any(documents[p].contact_id != contact_id for p in ordered):
            bar = bar or "several_contacts"
        return Candidate(
            kind=kind,
            parts=tuple((p, documents[p].due) for p in ordered),
            strength=strength,
            contact_id=contact_id,
            belongs=contact_id in self.reading.payer.possible,
            bar=bar,
        )

    def due(self, places: Iterable[int]) -> Decimal:
        """What is due on these documents together."""
        return sum((self.book.documents[p].due for p in places), Decimal(0))

    def exact(self, contact_id: str) -> list[int]:
        """The contact's documents with just the line's amount due, oldest first.

        Of a very long row of equals only the oldest.
        """
        reading, documents = self.reading, self.book.documents
        key = (reading.direction, reading.line.currency, reading.size)
        equal = [
            place
            for place in self.book.open_by_amount.get(key, ())
            if documents[place].contact_id == contact_id
        ]
        return sorted(equal, key=lambda p: age(documents[p]))[:SEARCHED_MAX]

    def payable(self, contact_id: str) -> tuple[int, ...]:
        """The contact's open documents in the line's currency, oldest first."""
        return tuple(
            place
            for place in self.book.open_of.get((self.reading.direction, contact_id), ())
            if self.book.documents[place].currency == self.reading.line.currency
        )

    def ages(self, candidate: Candidate) -> tuple[object, ...]:
        """Sorts candidates of older documents first."""
        documents = self.book.documents
        return tuple(age(documents[p]) for p in candidate.places)


def interchangeable(one: Document, two: Document) -> bool:
    """Paying either is the same to everybody but for age (accounting-rules §3)."""
    return (
        one.contact_id == two.contact_id
        and one.kind == two.kind
        and one.side == two.side
        and one.due == two.due
        and one.total == two.total
        and one.currency == two.currency
        and one.coding == two.coding
    )
