"""A candidate's weight: every signal of the evidence table applied to one line."""

from __future__ import annotations

from dataclasses import replace

from worker.books.records import Document
from worker.matching import evidence
from worker.matching.book import direction_of
from worker.matching.candidate import Candidate, Search
from worker.matching.periods import periods_of, periods_said
from worker.text.references import Quoted, Strength

_LOOSE_DIGITS_MIN = 4


def weighed(search: Search, candidate: Candidate) -> Candidate:
    """The candidate with its weight: prior, reference, payer, amount, day, period."""
    documents = [search.book.documents[p] for p in candidate.places]
    weight = evidence.PRIOR + evidence.date_weight(search.reading.line, documents)
    if candidate.strength is not None:
        weight += evidence.REFERENCE[_strength(search, candidate, candidate.strength)]
    elif candidate.named_in_part:
        weight += evidence.NAMED_IN_PART
    else:
        typo = _typo(search, candidate)
        if typo:
            candidate = replace(candidate, typo=typo)
            weight += evidence.TYPO
        elif _names_other(search, candidate):
            weight += evidence.NAMES_OTHER
            candidate = replace(candidate, bar=candidate.bar or "names_other")
    if _leaves_out(search, candidate):
        candidate = replace(candidate, bar=candidate.bar or "names_other")
    if candidate.credits and candidate.strength is not None and not candidate.bar:
        weight += evidence.CREDIT_NAMED
    weight += _payer_weight(search, candidate)
    weight += _amount_weight(search, candidate)
    said = periods_said(search.reading.line, search.book.name_of(candidate.contact_id))
    if said and candidate.strength is None:
        agrees = all(said & periods_of(document) for document in documents)
        weight += evidence.PERIOD_AGREES if agrees else evidence.PERIOD_DIFFERS
        if not agrees:
            candidate = replace(candidate, bar=candidate.bar or "other_period")
    if any(document.date > search.reading.line.date for document in documents):
        candidate = replace(candidate, bar=candidate.bar or "before_document")
    return replace(candidate, weight=round(weight, 3))


def _payer_weight(search: Search, candidate: Candidate) -> float:
    payer = search.reading.payer
    if candidate.contact_id == payer.contact_id and payer.is_identified:
        return evidence.PAYER[payer.via]
    if candidate.belongs:
        if payer.is_identified and candidate.contact_id not in payer.namesakes:
            return evidence.OTHER_PAYER
        return evidence.PAYER["tie" if payer.is_identified else payer.via]
    if payer.is_identified:
        return evidence.OTHER_PAYER
    named = payer.printed.strip() and payer.via != "processor"
    return evidence.STRANGER if named else 0.0


def _amount_weight(search: Search, candidate: Candidate) -> float:
    reading = search.reading
    if candidate.kind in ("exact", "refund", "amount_only", "approve"):
        key = (reading.direction, reading.line.currency, reading.size)
        return evidence.ONE_DOCUMENT + evidence.amount_weight(
            len(search.book.open_by_amount.get(key, ())),
            search.book.open_counts[reading.direction],
            payer_known=candidate.contact_id == reading.payer.contact_id != "",
        )
    if candidate.kind == "several":
        if candidate.strength is not None:
            return evidence.AMOUNT_MAX
        chance = candidate.sums.by_chance if candidate.sums else 0.05
        return evidence.sum_weight(chance, candidate.everything)
    weight = evidence.NOT_EXACT.get(candidate.kind, 0.0)
    if candidate.kind in ("part", "over") and search.exact(candidate.contact_id):
        weight += evidence.EXACT_ELSEWHERE
    return weight


def _typo(search: Search, candidate: Candidate) -> str:
    """The digits that are one slip from the candidate's number and from no other of its contact's.

    Nothing where the text quotes a number as it is.
    """
    quoted = search.reading.references
    if len(candidate.places) != 1 or quoted.quoted or not candidate.belongs:
        return ""
    numbers = search.book.numbers
    for digits in quoted.unknown or quoted.digits:
        if numbers.slip_of(digits, candidate.places[0]):
            others = (p for p in search.payable(candidate.contact_id) if p not in candidate.places)
            return "" if any(numbers.slip_of(digits, p) for p in others) else digits
    return ""


def _strength(search: Search, candidate: Candidate, strength: Strength) -> Strength:
    """Loose digits are not loose where they number a document of the payer himself."""
    payer = search.reading.payer
    mine = payer.is_identified and candidate.contact_id == payer.contact_id
    return max(strength, Strength.BARE) if mine else strength


def _leaves_out(search: Search, candidate: Candidate) -> bool:
    """The text quotes another open document of the contact as well, and this sum is without it."""
    documents = search.book.documents
    taken = {place for place, _ in candidate.takes()}
    return any(
        not taken & set(number.documents)
        and any(
            documents[p].is_open
            and documents[p].contact_id == candidate.contact_id
            and direction_of(documents[p]) == search.reading.direction
            for p in number.documents
        )
        for number in search.reading.references.quoted
    )


def _is_meant(number: Quoted, document: Document) -> bool:
    return len(number.text) >= _LOOSE_DIGITS_MIN and document.is_open


def _names_other(search: Search, candidate: Candidate) -> bool:
    """The text quotes a number of ours, and it is none of this candidate's documents.

    Loose digits count where the number is the candidate's own contact's, or is long enough to be
    meant and open.
    """
    reading, documents = search.reading, search.book.documents
    mine = set(candidate.places)
    return bool(reading.references.unknown) or any(
        not mine & set(number.documents)
        and any(
            documents[p].contact_id == candidate.contact_id
            or (
                (number.strength > Strength.WEAK or _is_meant(number, documents[p]))
                and (
                    direction_of(documents[p]) == reading.direction
                    or documents[p].contact_id in reading.payer.possible
                )
            )
            for p in number.documents
        )
        for number in reading.references.quoted
    )
