"""Which lines of a statement are known already, and a stable id of ours for those that are not.

Banks renumber, re-sort, cut off and re-word what they print, so a line is known by what it says:
account, booking date, signed amount, and text that can be the same text.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

from worker.bank.balances import walk
from worker.bank.pairing import compatible, largest_matching
from worker.books.money import plain, to_minor
from worker.books.records import BankLine, Statement, StatementLine
from worker.errors import PromiseBroken, Refused
from worker.text.fold import fold

DATE_SHIFT_DAYS = 3
"""How far two formats of one bank may date the same booking apart."""


@dataclass(frozen=True, slots=True)
class Identified:
    """What a statement adds to the lines we have.

    `new` in booking order, ids given; `known` pairs a line's place in the file with the id of the
    stored line it is; `asked` counts the new lines that carry a flag and wait for a person.
    """

    new: tuple[BankLine, ...]
    known: tuple[tuple[str, str], ...]
    asked: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A statement's line with what identity needs of it."""

    line: StatementLine
    at: int
    text: str
    repeated: bool
    """The balances prove that the feed printed it again."""
    same_reference: bool
    """A line above says the same under the same id of the bank, and no balance tells them apart."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """A stored line, its folded text, and the format it came from."""

    line: BankLine
    text: str
    format: str


def identify(
    statement: Statement,
    stored: Sequence[BankLine],
    *,
    organisation: str,
    account_code: str,
    account_id: str,
    currency: str,
    stored_formats: Mapping[str, str],
) -> Identified:
    """Pair a statement's lines one-to-one with the account's stored ones; the rest are new.

    `stored` holds the account's lines around the statement's days (3 more at either end) and
    `stored_formats` the format each came from, by line id. No line is dropped: one that may be a
    stored line in other words is new with flag "unclear_identity", a row the balances prove to be
    a repeated feed row is new with flag "duplicate_row". The result does not depend on the order
    of lines or of `stored`. Raises Refused for a statement in another currency.
    """
    if statement.currency and statement.currency != currency:
        raise Refused(f"{statement.file} is in {statement.currency}, the account in {currency}")
    ours = _grouped_lines(statement, currency)
    theirs: dict[tuple[date, int], list[_Stored]] = defaultdict(list)
    for known_line in stored:
        form = stored_formats.get(known_line.id, statement.format)
        theirs[known_line.date, to_minor(known_line.amount, currency)].append(
            _Stored(known_line, fold(known_line.text), form)
        )
    pairs = {key: _paired(group, theirs.get(key, ())) for key, group in ours.items()}
    found = {id_ for paired in pairs.values() for id_ in paired.values()}
    taken = {line.id for line in stored}
    new: dict[int, BankLine] = {}
    for (day, minor), group in ours.items():
        shifted = [
            one
            for days in range(-DATE_SHIFT_DAYS, DATE_SHIFT_DAYS + 1)
            for one in theirs.get((day + timedelta(days), minor), ())
            if days and one.line.id not in found
        ]
        for candidate in group:
            if candidate.at not in pairs[day, minor]:
                flag = _flag(candidate, statement, theirs.get((day, minor), ()), shifted)
                id_ = _fresh_id(organisation, account_code, currency, candidate, taken)
                taken.add(id_)
                new[candidate.at] = _bank_line(
                    candidate.line, id_, account_id, account_code, currency, flag
                )
    known = sorted((at, id_) for paired in pairs.values() for at, id_ in paired.items())
    return Identified(
        new=tuple(new[at] for at in sorted(new)),
        known=tuple((statement.lines[at].place, id_) for at, id_ in known),
        asked=sum(1 for line in new.values() if line.flag),
    )


def _grouped_lines(statement: Statement, currency: str) -> dict[tuple[date, int], list[_Candidate]]:
    """The lines by day and amount; in a group by what they say, repeated feed rows last."""
    repeated = walk(statement.lines).repeated
    groups: dict[tuple[date, int], list[_Candidate]] = defaultdict(list)
    seen: set[tuple[object, ...]] = set()
    for at, line in enumerate(statement.lines):
        text = fold(_bank_line(line, "", "", "", currency, "").text)
        facts = (line.date, line.amount, text, line.bank_reference)
        again = bool(line.bank_reference) and line.balance is None and facts in seen
        seen.add(facts)
        groups[line.date, to_minor(line.amount, currency)].append(
            _Candidate(line, at, text, at in repeated, again)
        )
    for group in groups.values():
        group.sort(
            key=lambda one: (one.repeated, one.same_reference, one.text, one.line.bank_reference)
        )
    return groups


def _paired(group: Sequence[_Candidate], stored: Sequence[_Stored]) -> dict[int, str]:
    """Place → stored id, for as many lines of one day and amount as can be paired one-to-one.

    Equal text first (no other pairing can use those better), then the most pairs of compatible
    text. The bank's id only chooses among equals.
    """
    paired: dict[int, str] = {}
    free = sorted(stored, key=lambda one: (one.line.flag != "", one.text, one.line.id))
    for by_bank_id in (True, False):
        waiting: dict[tuple[str, str], list[_Stored]] = defaultdict(list)
        for one in reversed(free):
            waiting[one.text, one.line.bank_reference if by_bank_id else ""].append(one)
        for candidate in group:
            reference = candidate.line.bank_reference if by_bank_id else ""
            same = waiting.get((candidate.text, reference))
            if same and candidate.at not in paired and (reference or not by_bank_id):
                paired[candidate.at] = same.pop().line.id
        used = set(paired.values())
        free = [one for one in free if one.line.id not in used]
    rest = [candidate for candidate in group if candidate.at not in paired]
    choices = [
        [at for at, one in enumerate(free) if compatible(candidate.text, one.text)]
        for candidate in rest
    ]
    for at, chosen in largest_matching(choices).items():
        paired[rest[chosen].at] = free[at].line.id
    return paired


def _flag(
    candidate: _Candidate,
    statement: Statement,
    same_day: Sequence[_Stored],
    shifted: Sequence[_Stored],
) -> str:
    """Why an unpaired line waits for a person; "" when it is surely a new movement."""
    if candidate.repeated:
        return "duplicate_row"
    line = candidate.line
    # In another format the same booking may carry other words, or another day: the file covers
    # the stored line's day, and yet does not have it there.
    if any(one.format != statement.format for one in same_day) or any(
        one.format != statement.format
        and statement.start is not None
        and statement.end is not None
        and statement.start <= one.line.date <= statement.end
        and compatible(candidate.text, one.text)
        for one in shifted
    ):
        return "unclear_identity"
    # The bank's own id a second time: one booking in new words or printed twice, or an id reused.
    if candidate.same_reference or (
        line.bank_reference
        and any(one.line.bank_reference == line.bank_reference for one in same_day)
    ):
        return "unclear_identity"
    # A day at the file's edge may be told in part, so one more of the same is not sure.
    on_edge = line.date in (statement.start, statement.end) and line.balance is None
    if on_edge and any(one.text == candidate.text for one in same_day):
        return "unclear_identity"
    return ""


def _fresh_id(
    organisation: str, account_code: str, currency: str, candidate: _Candidate, taken: set[str]
) -> str:
    """The first unused id of this text on this day.

    It is made from what the line says, so that a database built anew from the same files gives
    the same ids.
    """
    line = candidate.line
    facts = [organisation, account_code, line.date.isoformat(), plain(line.amount, currency)]
    for occurrence in count():
        meaning = json.dumps([*facts, candidate.text, occurrence])
        id_ = "L" + hashlib.sha256(meaning.encode()).hexdigest()[:16]
        if id_ not in taken:
            return id_
    raise PromiseBroken("counting has no end")


def _bank_line(
    line: StatementLine, id_: str, account_id: str, account_code: str, currency: str, flag: str
) -> BankLine:
    return BankLine(
        id=id_,
        account_id=account_id,
        account_code=account_code,
        date=line.date,
        amount=line.amount,
        currency=currency,
        payee=line.payee,
        reference=line.reference,
        description=line.description,
        type=line.type,
        counterparty_account=line.counterparty_account,
        bank_reference=line.bank_reference,
        flag=flag,
    )
