"""Every way a line might be explained by documents, each with its weight and what bars it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product
from typing import Literal

from worker.books.decisions import Remainder
from worker.books.records import BankLine, Document
from worker.matching import evidence
from worker.matching.book import Book, Direction, age, direction_of, other
from worker.matching.combinations import Sums, sums_to
from worker.matching.discounts import declared_discount
from worker.matching.payer import Payer
from worker.matching.periods import periods_of, periods_said
from worker.matching.policy import MatchingPolicy
from worker.text.references import References, Strength

Kind = Literal[
    "exact", "several", "part", "over", "discount", "netted", "refund", "approve", "foreign",
    "amount_only",
]  # fmt: skip

_READINGS_MAX = 12
_PART_MIN = Decimal("0.05")
_NEAR = Decimal("0.05")
_SHORT_BY_MAX = Decimal(35)
_CHANCE_MAX = 0.02
# A contact with more open documents than this is searched by exact amount and number alone.
_SEARCHED_MAX = 60


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


@dataclass(slots=True)
class Finder:
    """Finds candidates for lines, over one book and policy."""

    book: Book
    policy: MatchingPolicy
    _sums: dict[tuple[str, Direction, Decimal, str], Sums] = field(default_factory=dict)

    def candidates(self, reading: Reading) -> tuple[Candidate, ...]:
        """All explanations by documents, likeliest first, each set of allocations once."""
        found = [*self._named(reading), *self._of_payer(reading)]
        best: dict[object, Candidate] = {}
        for candidate in found:
            weighed = self._weighed(reading, candidate)
            key = (frozenset(weighed.parts), frozenset(weighed.credits))
            held = best.get(key)
            if held is None or (weighed.weight, not weighed.bar) > (held.weight, not held.bar):
                best[key] = weighed
        ordered = sorted(best.values(), key=lambda c: (-c.weight, self._ages(c)))
        return tuple(self._interchangeable(reading, ordered))

    def amount_only(self, reading: Reading) -> tuple[Candidate, ...]:
        """Open documents of just this amount, whoever owes them; never posted, at most three."""
        line = reading.line
        places = self.book.open_by_amount.get((reading.direction, line.currency, reading.size), ())
        if len(places) > 3:
            return ()
        found = [
            self._weighed(
                reading, self._candidate(reading, "amount_only", [p], bar="unknown_payer")
            )
            for p in places
            if self.book.documents[p].date <= line.date
        ]
        return tuple(sorted(found, key=lambda c: (-c.weight, self._ages(c))))

    # By what the text names

    def _named(self, reading: Reading) -> Iterator[Candidate]:
        for places, strength in self._readings(reading):
            yield from self._by_reading(reading, places, strength)

    def _readings(self, reading: Reading) -> list[tuple[tuple[int, ...], Strength]]:
        """Sets of documents the quoted numbers can mean, likelier spellings first."""
        quoted = []
        for number in reading.references.quoted:
            fitting = self._fitting(reading, number.documents)
            if fitting:
                quoted.append((number, fitting))
        sure = [each for each in quoted if each[0].strength > Strength.WEAK]
        readings: dict[tuple[int, ...], Strength] = {}
        for chosen in (sure, quoted):
            if not chosen:
                continue
            strength = min(number.strength for number, _ in chosen)
            for choice in _bounded_product([options for _, options in chosen]):
                readings.setdefault(tuple(sorted(set(choice))), strength)
            for number, options in chosen if len(chosen) > 1 else ():
                for place in options:
                    readings.setdefault((place,), number.strength)
        for first, last in reading.references.ranges:
            low, high = reading.references.quoted[first], reading.references.quoted[last]
            between = self.book.numbers.between(low.documents[0], high.documents[0])
            fitting = self._fitting(reading, between)
            rest = [options[0] for number, options in sure if number not in (low, high)]
            if fitting:
                readings.setdefault(
                    tuple(sorted({*fitting, *rest})), min(low.strength, high.strength)
                )
        return list(readings.items())

    def _fitting(self, reading: Reading, places: Iterable[int]) -> tuple[int, ...]:
        """Of documents with a quoted number: those this line can settle, the payer's own first."""
        documents = self.book.documents
        open_ones = [
            place
            for place in places
            if documents[place].due > 0
            and documents[place].status in ("AUTHORISED", "DRAFT", "SUBMITTED")
            and (direction_of(documents[place]) == reading.direction or documents[place].is_credit)
        ]
        own = [p for p in open_ones if documents[p].contact_id in reading.payer.possible]
        return tuple(own or open_ones)

    def _by_reading(
        self, reading: Reading, places: Sequence[int], strength: Strength
    ) -> Iterator[Candidate]:
        documents = self.book.documents
        settled = [p for p in places if direction_of(documents[p]) == reading.direction]
        netted = [p for p in places if p not in settled]
        if not settled:
            return
        settled.sort(key=lambda p: age(documents[p]))
        if any(documents[p].status != "AUTHORISED" for p in settled):
            if self._due(settled) == reading.size:
                yield self._candidate(
                    reading, "approve", settled, strength=strength, bar="approve_first"
                )
            return
        if any(documents[p].currency != reading.line.currency for p in settled):
            yield self._candidate(
                reading, "foreign", settled, strength=strength, bar="foreign_currency"
            )
            return
        owed, size = self._due(settled), reading.size
        if owed == size:
            kind: Kind = "several" if len(settled) > 1 else "exact"
            if any(documents[p].is_credit for p in settled):
                kind = "refund"
            yield self._candidate(reading, kind, settled, strength=strength)
        if netted:
            yield from self._netted(reading, settled, netted, strength, named=True)
        if owed > size:
            yield from self._short(reading, settled, strength)
        elif owed < size:
            yield from self._more(reading, settled, strength)

    def _short(
        self, reading: Reading, settled: Sequence[int], strength: Strength | None
    ) -> Iterator[Candidate]:
        """The named documents want more than came: discount, credit, or a part payment."""
        yield from self._discounted(reading, settled, strength)
        contact_id = self.book.documents[settled[0]].contact_id
        credits = self.book.credits_of.get((reading.direction, contact_id), ())
        if self._due(settled) - self._due(credits) <= reading.size:
            yield from self._netted(reading, settled, credits, strength, named=False)
        left, parts = reading.size, []
        for place in settled:
            amount = min(left, self.book.documents[place].due)
            if amount > 0:
                parts.append((place, amount))
            left -= amount
        short = self._due(settled) - reading.size
        yield replace(
            self._candidate(reading, "part", settled, strength=strength, bar="part_payment"),
            parts=tuple(parts),
            remainder=(Remainder("open", short),),
        )

    def _more(
        self, reading: Reading, settled: Sequence[int], strength: Strength
    ) -> Iterator[Candidate]:
        """More came than the named documents want: others of the same contact, or too much."""
        documents = self.book.documents
        contact_id = documents[settled[0]].contact_id
        over = reading.size - self._due(settled)
        others = [
            p
            for p in self._payable(reading, contact_id)
            if p not in settled and documents[p].due <= over
        ]
        exact = [(p,) for p in others if documents[p].due == over]
        ways = [*exact, *sums_to(over, [(p, documents[p].due) for p in others]).ways]
        for way in ways[:3]:
            yield self._candidate(
                reading, "several", [*settled, *way], bar="" if len(ways) == 1 else "several_sums"
            )
        yield replace(
            self._candidate(reading, "over", settled, strength=strength, bar="overpayment"),
            remainder=(Remainder("overpayment", over),),
        )

    # By who paid

    def _of_payer(self, reading: Reading) -> Iterator[Candidate]:
        for contact_id in reading.payer.possible:
            yield from self._of_contact(reading, contact_id)

    def _of_contact(self, reading: Reading, contact_id: str) -> Iterator[Candidate]:
        documents, size = self.book.documents, reading.size
        exact = self._exact(reading, contact_id)
        for place in exact:
            kind: Kind = "refund" if documents[place].is_credit else "exact"
            yield self._candidate(reading, kind, [place])
        payable = self._payable(reading, contact_id)
        invoices = [p for p in payable if not documents[p].is_credit]
        found = bool(exact)
        if len(invoices) > _SEARCHED_MAX:
            return
        for candidate in (
            *self._several(reading, contact_id, invoices),
            *(c for p in invoices for c in self._discounted(reading, [p], None)),
            *self._credited(reading, contact_id, invoices),
        ):
            found = True
            yield candidate
        pending = self.book.pending_of.get((reading.direction, contact_id), ())
        for place in pending:
            if documents[place].due == size and documents[place].currency == reading.line.currency:
                found = True
                yield self._candidate(reading, "approve", [place], bar="approve_first")
        if not found:
            yield from self._near(reading, invoices)

    def _exact(self, reading: Reading, contact_id: str) -> list[int]:
        """The contact's documents with just this due, the oldest of a very long row of equals."""
        key = (reading.direction, reading.line.currency, reading.size)
        documents = self.book.documents
        equal = [
            place
            for place in self.book.open_by_amount.get(key, ())
            if documents[place].contact_id == contact_id
        ]
        return sorted(equal, key=lambda p: age(documents[p]))[:_SEARCHED_MAX]

    def _payable(self, reading: Reading, contact_id: str) -> tuple[int, ...]:
        """The contact's open documents in the line's currency, oldest first."""
        return tuple(
            place
            for place in self.book.open_of.get((reading.direction, contact_id), ())
            if self.book.documents[place].currency == reading.line.currency
        )

    def _several(
        self, reading: Reading, contact_id: str, invoices: Sequence[int]
    ) -> Iterator[Candidate]:
        documents = self.book.documents
        dated = [p for p in invoices if documents[p].date <= reading.line.date]
        if len(dated) < 2:
            return
        key = (contact_id, reading.direction, reading.size, str(reading.line.date))
        if key not in self._sums:
            self._sums[key] = sums_to(reading.size, [(p, documents[p].due) for p in dated])
        sums = self._sums[key]
        for way in sums.ways:
            everything = len(way) == len(dated)
            bar = ""
            if len(sums.ways) > 1 or not sums.complete or self._picks_among_unlike(way, dated):
                bar = "several_sums"
            elif sums.by_chance > _CHANCE_MAX and not everything:
                bar = "sum_by_chance"
            yield replace(
                self._candidate(reading, "several", way, bar=bar), sums=sums, everything=everything
            )

    def _picks_among_unlike(self, way: Sequence[int], dated: Sequence[int]) -> bool:
        """The set takes one of several equal amounts that are not interchangeable."""
        documents = self.book.documents
        return any(
            documents[left].due == documents[taken].due
            and not interchangeable(documents[left], documents[taken])
            for left in dated
            if left not in way
            for taken in way
        )

    def _credited(
        self, reading: Reading, contact_id: str, invoices: Sequence[int]
    ) -> Iterator[Candidate]:
        credits = [
            p
            for p in self.book.credits_of.get((reading.direction, contact_id), ())
            if self.book.documents[p].currency == reading.line.currency
        ]
        for credit in credits[:6]:
            wanted = reading.size + self.book.documents[credit].due
            for place in invoices:
                if self.book.documents[place].due == wanted:
                    yield from self._netted(reading, [place], [credit], None, named=False)
        if (
            credits
            and len(invoices) > 1
            and self._due(invoices) - self._due(credits) == reading.size
        ):
            yield from self._netted(reading, invoices, credits, None, named=False)

    def _near(self, reading: Reading, invoices: Sequence[int]) -> Iterator[Candidate]:
        """Nothing fits: the one document the payer may have paid short, or paid too much for."""
        documents, size = self.book.documents, reading.size
        dated = [p for p in invoices if documents[p].date <= reading.line.date]
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
                    self._candidate(reading, "part", [place], bar="part_payment"),
                    parts=((place, size),),
                    remainder=(Remainder("open", due - size),),
                )
            elif due < size <= due * 2:
                yield replace(
                    self._candidate(reading, "over", [place], bar="overpayment"),
                    remainder=(Remainder("overpayment", size - due),),
                )

    # Deductions

    def _discounted(
        self, reading: Reading, settled: Sequence[int], strength: Strength | None
    ) -> Iterator[Candidate]:
        documents = [self.book.documents[p] for p in settled]
        taken = [declared_discount(d, reading.line.date, self.book, self.policy) for d in documents]
        if any(discount is None for discount in taken):
            return
        discounts = [discount for discount in taken if discount is not None]
        total = sum((discount.amount for discount in discounts), Decimal(0))
        if self._due(settled) - total != reading.size:
            return
        base = self._candidate(
            reading, "discount", settled, strength=strength, bar="discount_declared"
        )
        yield replace(
            base,
            parts=tuple(
                (place, document.due - discount.amount)
                for place, document, discount in zip(settled, documents, discounts, strict=True)
            ),
            remainder=(Remainder("discount", total, discounts[0].account),),
        )

    def _netted(
        self,
        reading: Reading,
        settled: Sequence[int],
        credits: Sequence[int],
        strength: Strength | None,
        *,
        named: bool,
    ) -> Iterator[Candidate]:
        """Credits first, oldest document first, then the cash; the credit must be used up."""
        documents = self.book.documents
        one_contact = len({documents[p].contact_id for p in (*settled, *credits)}) == 1
        usable = all(
            documents[p].is_open and documents[p].currency == reading.line.currency for p in credits
        )
        if not credits or not usable or not one_contact:
            return
        if self._due(settled) - self._due(credits) != reading.size:
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
            self._candidate(
                reading,
                "netted",
                settled,
                strength=strength,
                bar="" if named or raised_for else "credit_not_named",
            ),
            parts=parts,
            credits=tuple(allocated),
        )

    # Weighing

    def _candidate(
        self,
        reading: Reading,
        kind: Kind,
        places: Sequence[int],
        *,
        strength: Strength | None = None,
        bar: str = "",
    ) -> Candidate:
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
            belongs=contact_id in reading.payer.possible,
            bar=bar,
        )

    def _weighed(self, reading: Reading, candidate: Candidate) -> Candidate:
        """The candidate with its weight: prior, reference, payer, amount, day, period."""
        documents = [self.book.documents[p] for p in candidate.places]
        weight = evidence.PRIOR + evidence.date_weight(reading.line, documents)
        quoted = reading.references
        if candidate.strength is not None:
            weight += evidence.REFERENCE[candidate.strength]
        else:
            typo = self._typo(quoted, candidate)
            if typo:
                candidate = replace(candidate, typo=typo)
                weight += evidence.TYPO
            elif self._names_other(reading, candidate):
                weight += evidence.NAMES_OTHER
                candidate = replace(candidate, bar=candidate.bar or "names_other")
        if candidate.credits and candidate.strength is not None and not candidate.bar:
            weight += evidence.CREDIT_NAMED
        weight += self._payer_weight(reading.payer, candidate)
        weight += self._amount_weight(reading, candidate)
        said = periods_said(reading.line, self.book.name_of(candidate.contact_id))
        if said and candidate.strength is None:
            agrees = all(said & periods_of(document) for document in documents)
            weight += evidence.PERIOD_AGREES if agrees else evidence.PERIOD_DIFFERS
            if not agrees:
                candidate = replace(candidate, bar=candidate.bar or "other_period")
        if any(document.date > reading.line.date for document in documents):
            candidate = replace(candidate, bar=candidate.bar or "before_document")
        return replace(candidate, weight=round(weight, 3))

    def _payer_weight(self, payer: Payer, candidate: Candidate) -> float:
        if candidate.contact_id == payer.contact_id and payer.is_identified:
            return evidence.PAYER[payer.via]
        if candidate.belongs:
            if payer.is_identified and candidate.contact_id not in payer.namesakes:
                return evidence.OTHER_PAYER
            return evidence.PAYER["tie" if payer.is_identified else payer.via]
        if payer.is_identified:
            return evidence.OTHER_PAYER
        return 0.0 if payer.via == "processor" else evidence.STRANGER

    def _amount_weight(self, reading: Reading, candidate: Candidate) -> float:
        size = reading.size
        if candidate.kind in ("exact", "refund", "amount_only", "approve"):
            sharing = len(
                self.book.open_by_amount.get((reading.direction, reading.line.currency, size), ())
            )
            return evidence.ONE_DOCUMENT + evidence.amount_weight(
                sharing,
                self.book.open_counts[reading.direction],
                payer_known=candidate.contact_id == reading.payer.contact_id != "",
            )
        if candidate.kind == "several":
            if candidate.strength is not None:
                return evidence.AMOUNT_MAX
            chance = candidate.sums.by_chance if candidate.sums else 0.05
            return evidence.sum_weight(chance, candidate.everything)
        return evidence.NOT_EXACT.get(candidate.kind, 0.0)

    def _typo(self, quoted: References, candidate: Candidate) -> str:
        if len(candidate.places) != 1 or quoted.quoted or not candidate.belongs:
            return ""
        numbers = self.book.numbers
        for digits in quoted.unknown or quoted.digits:
            if numbers.slip_of(digits, candidate.places[0]):
                return digits
        return ""

    def _names_other(self, reading: Reading, candidate: Candidate) -> bool:
        """The text quotes a number of ours, and it is none of this candidate's documents."""
        if reading.references.unknown:
            return True
        mine = set(candidate.places)
        sides = {reading.direction, other(reading.direction)}
        return any(
            number.strength > Strength.WEAK
            and not mine & set(number.documents)
            and any(
                direction_of(self.book.documents[p]) in sides
                and (
                    direction_of(self.book.documents[p]) == reading.direction
                    or self.book.documents[p].contact_id in reading.payer.possible
                )
                for p in number.documents
            )
            for number in reading.references.quoted
        )

    def _interchangeable(
        self, reading: Reading, ordered: Sequence[Candidate]
    ) -> Iterator[Candidate]:
        """Candidates that differ only by which of equal documents they take weigh the same.

        The oldest is a hair heavier, so that the choice is the bookkeeper's.
        """
        documents = self.book.documents
        singles = [
            c
            for c in ordered
            if c.kind == "exact"
            and c.strength is None
            and not (c.typo or c.bar)
            and self.policy.identical_documents == "oldest_first"
        ]
        for candidate in ordered:
            if candidate not in singles:
                yield candidate
                continue
            mine = documents[candidate.places[0]]
            equals = [c for c in singles if interchangeable(documents[c.places[0]], mine)]
            equals.sort(key=self._ages)
            rank = next(i for i, c in enumerate(equals) if c.parts == candidate.parts)
            yield replace(
                candidate,
                weight=max(c.weight for c in equals) - rank / 1000,
                chosen_of_equals=tuple(c.places[0] for c in equals if c is not candidate),
            )

    def _ages(self, candidate: Candidate) -> tuple[object, ...]:
        documents = self.book.documents
        return tuple(age(documents[p]) for p in candidate.places)

    def _due(self, places: Iterable[int]) -> Decimal:
        return sum((self.book.documents[p].due for p in places), Decimal(0))


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


def _raised_against(credit: Document, document: Document) -> bool:
    number = document.number.strip()
    return bool(number) and number in credit.reference.replace(",", " ").split()


def _bounded_product(options: Sequence[Sequence[int]]) -> Iterator[tuple[int, ...]]:
    count = 1
    for each in options:
        count *= len(each)
    if count <= _READINGS_MAX:
        yield from product(*options)
