"""What each signal is worth, in one table, and the sentence that goes with it.

Weights are natural log-odds: +2.3 makes an explanation ten times likelier, and they add up. The
amount's weight is computed from how many open documents share it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from worker.books.decisions import Evidence
from worker.books.records import BankLine, Document
from worker.matching.payer import Payer
from worker.text.references import Strength

# Before anything is known, a given document rarely explains a given line.
PRIOR = -6.0
# A number quoted whole is next to never there by accident; three loose digits often are.
REFERENCE = {Strength.FULL: 10.0, Strength.BARE: 7.0, Strength.WEAK: 3.0}
# The number is one slip away from a quoted one that names nothing.
TYPO = 4.0
# Some of the documents are named, and nothing that is named is left out.
NAMED_IN_PART = 5.0
# Quoted numbers name something else.
NAMES_OTHER = -5.0
PAYER = {
    "account": 8.5,
    "alias": 8.0,
    "name": 7.5,
    "tie": 5.0,
    "resembles": 3.0,
    "nobody": 0.0,
    "processor": 0.0,
}
# The payer is somebody else we know.
OTHER_PAYER = -6.0
# A text that names somebody, and none of his words are the contact's.
STRANGER = -1.0
AMOUNT_MAX = 5.0
AMOUNT_MIN = 1.0
# Whoever else has the same amount matters little once the payer is known.
AMOUNT_MIN_OF_PAYER = 2.5
# One document for one line is how most payers pay; all that is owed is the next likeliest.
ONE_DOCUMENT = 1.5
EVERYTHING_OWED = 4.0
NOT_EXACT = {"part": -2.5, "over": -4.0, "discount": 2.0, "netted": 1.0}
# Part of a document, or more than it, where another of the contact has the very amount.
EXACT_ELSEWHERE = -9.0
# The credit is named as well as what it is taken from, and the sum is exact.
CREDIT_NAMED = 6.0
IN_TERMS = 0.5
LATE = -0.5
BEFORE_DOCUMENT = -4.0
PERIOD_AGREES = 2.5
PERIOD_DIFFERS = -2.5
LATE_AFTER_DAYS = 120


def amount_weight(sharing: int, open_count: int, *, payer_known: bool) -> float:
    """What an exact amount says: much where one open document has it, little where many do."""
    rarity = math.log((open_count + 20) / max(1, sharing))
    return min(AMOUNT_MAX, max(AMOUNT_MIN_OF_PAYER if payer_known else AMOUNT_MIN, rarity))


def sum_weight(by_chance: float, is_everything: bool) -> float:
    """What an exact sum of several documents says, by how many would fit by accident."""
    weight = min(AMOUNT_MAX, max(-1.0, -math.log(by_chance + 0.005)))
    return max(weight, EVERYTHING_OWED) if is_everything else weight


def date_weight(line: BankLine, documents: Iterable[Document]) -> float:
    """How the line's day fits: money rarely comes before its document, or very long after it."""
    weight = IN_TERMS
    for document in documents:
        if document.date > line.date:
            return BEFORE_DOCUMENT
        if (line.date - (document.due_date or document.date)).days > LATE_AFTER_DAYS:
            weight = LATE
    return weight


def payer_sentence(payer: Payer, contact_name: str, belongs: bool) -> Evidence:
    """Who the bank says it was, and how we know."""
    if not belongs:
        weight = OTHER_PAYER if payer.is_identified else STRANGER
        return Evidence("payer", weight, f"the bank names {_quoted(payer.printed)}")
    said = {
        "account": f"it came from or went to an account known to be {contact_name}'s",
        "alias": f"{_quoted(payer.printed)} was {contact_name} {payer.sightings} times before",
        "name": f"{_quoted(payer.printed)} is the name of {contact_name} alone",
        "tie": f"{_quoted(payer.printed)} could be {contact_name} or another contact",
        "resembles": f"{_quoted(payer.printed)} resembles {contact_name}",
    }
    return Evidence("payer", PAYER[payer.via], said.get(payer.via, "the bank names nobody"))


def _quoted(printed: str) -> str:
    short = " ".join(printed.split())
    return f"“{short[:60]}”" if short else "the bank"
