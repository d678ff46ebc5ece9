"""The engine: each bank line's best explanation, decided together, with the reasons.

`prepare` indexes the documents once; `propose` decides. Both are pure: same input, same answer,
in whatever order the input comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from worker.books.decisions import Proposal, Share
from worker.books.records import BankLine, Document
from worker.matching.assignment import Choice, choose
from worker.matching.book import Book, direction_of, direction_of_line, prepare
from worker.matching.candidate import Candidate, Reading, Search
from worker.matching.candidates import amount_only, candidates
from worker.matching.explain import evidences, why_alone, why_this
from worker.matching.floor import why_ask
from worker.matching.memory import Memory
from worker.matching.payer import Payers
from worker.matching.policy import MatchingPolicy
from worker.matching.transfers import own_account_named, transfers
from worker.matching.trouble import Trouble, troubles
from worker.text.fold import fold

__all__ = ["Book", "prepare", "propose"]

_ALTERNATIVES_MAX = 3

_POSTED_AS = {
    "several": "several_documents",
    "refund": "refund",
    "netted": "credit_netted",
}


def propose(
    lines: Sequence[BankLine], book: Book, memory: Memory, policy: MatchingPolicy
) -> tuple[Proposal, ...]:
    """One proposal per line, in the order given; the order changes nothing in them.

    `auto` and `transfer` mean: would be posted unattended. Documents are never promised beyond
    what is due on them, whatever the number of lines.
    """
    run = _Run(lines, book, memory, policy)
    return tuple(run.proposals[line.id] for line in lines)


class _Run:
    """One pass over a set of lines, step by step as a bookkeeper would go."""

    def __init__(
        self, lines: Sequence[BankLine], book: Book, memory: Memory, policy: MatchingPolicy
    ) -> None:
        self.book, self.memory, self.policy = book, memory, policy
        ordered = sorted(lines, key=lambda line: (line.date, line.id))
        payers = Payers(book, memory, policy.own_names)
        self.readings = [self._read(line, payers) for line in ordered]
        self.held = troubles(ordered, memory)
        doubled = {i for i, t in self.held.items() if t.reason_code != "bounce"}
        moving = [r for r in self.readings if r.line.id not in self.held]
        self.proposals: dict[str, Proposal] = transfers(moving, policy, memory)
        for line_id in doubled:
            self.proposals[line_id] = _held(line_id, self.held[line_id])
        self._match([r for r in self.readings if r.line.id not in self.proposals])

    def _read(self, line: BankLine, payers: Payers) -> Reading:
        direction = direction_of_line(line)
        texts = _own_texts(line)
        return Reading(line, direction, payers.of(line, direction), self.book.numbers.find(texts))

    def _match(self, readings: Sequence[Reading]) -> None:
        found = [self._candidates(reading) for reading in readings]
        due = {place: document.due for place, document in enumerate(self.book.documents)}
        choices = list(choose(found, due))
        self._by_amount_only(readings, choices)
        paid: dict[tuple[str, Decimal], list[tuple[Reading, Candidate]]] = defaultdict(list)
        for reading, choice in zip(readings, choices, strict=True):
            if choice.chosen is not None:
                key = (choice.chosen.contact_id, reading.line.amount)
                paid[key].append((reading, choice.chosen))
        for reading, choice in zip(readings, choices, strict=True):
            self.proposals[reading.line.id] = self._proposal(reading, choice, readings, paid)

    def _candidates(self, reading: Reading) -> tuple[Candidate, ...]:
        trouble = self.held.get(reading.line.id)
        if reading.line.amount == 0:
            return ()
        found = candidates(Search(self.book, self.policy, reading))
        declined = self.memory.declines.get(reading.line.id)
        if declined:
            found = tuple(
                c
                for c in found
                if not self.memory.is_declined(
                    reading.line.id, frozenset(self.book.documents[p].id for p in c.places)
                )
            )
        # A payment that came back claims nothing from the lines that stayed.
        return () if trouble is not None and reading.direction == "out" else found

    def _by_amount_only(self, readings: Sequence[Reading], choices: list[Choice]) -> None:
        """Lines of payers we do not know may at least be shown what has their amount."""
        used = {p for choice in choices if choice.chosen for p in choice.chosen.places}
        for i, reading in enumerate(readings):
            if choices[i].chosen is not None or choices[i].lost_to is not None:
                continue
            if reading.payer.via not in ("nobody", "resembles", "tie") or reading.references.quoted:
                continue
            if reading.line.id in self.held or reading.line.id in self.memory.declines:
                continue
            search = Search(self.book, self.policy, reading)
            found = [c for c in amount_only(search) if c.places[0] not in used]
            if found:
                choices[i] = Choice(found[0], 0.1 / len(found), tuple(found[1:]))
                used.update(found[0].places)

    def _proposal(
        self,
        reading: Reading,
        choice: Choice,
        readings: Sequence[Reading],
        paid: Mapping[tuple[str, Decimal], Sequence[tuple[Reading, Candidate]]],
    ) -> Proposal:
        line_id = reading.line.id
        if choice.chosen is None:
            return self._left_alone(reading, choice, readings)
        reason = why_ask(choice.chosen, reading, self.book, self.memory, self.policy, paid)
        if not reason and choice.probability < self.policy.auto_from:
            near = choice.rivals and choice.rivals[0].weight > choice.chosen.weight - 7
            reason = "rivals" if near else "uncertain"
        mine = set(choice.chosen.places)
        rivals = [
            rival
            for rival in choice.rivals
            if not (set(rival.places) <= mine and rival.kind in ("part", "over"))
            and rival.places[0] not in choice.chosen.chosen_of_equals
        ]
        why = why_this(choice.chosen, reading, self.book, reason, rivals)
        trouble = self.held.get(line_id)
        if trouble is not None:
            reason, why = trouble.reason_code, f"{trouble.sentence} {why}"
        return Proposal(
            line_id=line_id,
            action="suggest" if reason else "auto",
            shares=self._shares(choice.chosen),
            remainder=choice.chosen.remainder,
            confidence=round(choice.probability, 4),
            alternatives=tuple(self._shares(rival) for rival in rivals[:_ALTERNATIVES_MAX]),
            credit_shares=tuple(
                (self.book.documents[credit].id, self._share(place, amount))
                for credit, place, amount in choice.chosen.credits
            ),
            reason_code=_code(reason, choice.chosen),
            evidence=evidences(choice.chosen, reading, self.book),
            why=why,
        )

    def _left_alone(
        self, reading: Reading, choice: Choice, readings: Sequence[Reading]
    ) -> Proposal:
        line = reading.line
        trouble = self.held.get(line.id)
        if trouble is not None:
            return _held(line.id, trouble)
        account = own_account_named(line, self.policy.own_accounts)
        if account is not None:
            return Proposal(
                line.id,
                "suggest",
                reason_code="transfer_leg_missing",
                why=(
                    f"{abs(line.amount)} {line.currency} moved to or from own account "
                    f"{account.code}, whose matching line is not here; import its statement."
                ),
            )
        taken_by = ""
        if choice.lost_to is not None:
            other = readings[choice.lost_to].line
            if other.amount == line.amount:
                taken_by = str(other.date)
        reason, why = why_alone(reading, self.book, self.memory, taken_by, self._settled(reading))
        asks = reason in ("paid_twice", "document_settled", "processor_payout")
        return Proposal(
            line.id, "suggest" if asks else "none", confidence=None, reason_code=reason, why=why
        )

    def _settled(self, reading: Reading) -> list[Document]:
        """Documents the text names that take no money any more."""
        return [
            document
            for number in reading.references.quoted
            for document in (self.book.documents[p] for p in number.documents)
            if number.strength > 1
            and not document.is_open
            and direction_of(document) == reading.direction
        ]

    def _shares(self, candidate: Candidate) -> tuple[Share, ...]:
        return tuple(self._share(place, amount) for place, amount in candidate.parts)

    def _share(self, place: int, amount: Decimal) -> Share:
        document = self.book.documents[place]
        return Share(document.id, document.number, amount)


def _own_texts(line: BankLine) -> tuple[str, ...]:
    """The line's texts, without those another one repeats.

    A reference that is one number stays: a field of its own says that it was meant.
    """
    kept: list[str] = []
    for text in sorted((line.reference, line.description, line.payee), key=len, reverse=True):
        meant = text is line.reference and text.strip().isdecimal()
        if text and (meant or not any(fold(text) in fold(longer) for longer in kept)):
            kept.append(text)
    return tuple(kept)


def _code(reason: str, candidate: Candidate) -> str:
    if reason:
        return reason
    if candidate.kind == "exact":
        return "exact_reference" if candidate.strength is not None else "payer_and_amount"
    return _POSTED_AS[candidate.kind]


def _held(line_id: str, trouble: Trouble) -> Proposal:
    return Proposal(
        line_id,
        "none" if trouble.reason_code == "duplicate_row" else "suggest",
        reason_code=trouble.reason_code,
        why=trouble.sentence,
    )
