"""Which bank lines the ledger holds already, or may hold: those are never posted again."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import combinations

from worker.books.records import BankLine, CashRecord
from worker.text.fold import words
from worker.text.names import BOILERPLATE

# A cheque clears after it is written, a transfer may be typed in before it is made.
LATER_DAYS_MAX = 10
EARLIER_DAYS_MAX = 5
BLOCK_DAYS_MAX = 180

# What worker.posting.keys puts into the reference of everything we write.
_CODE = re.compile(r"\bTO-[0-9A-HJKMNP-TV-Z]{7}\b")
# Above this size a group is paired by day; comparing every text with every text would not end.
_COMPARED_MAX = 60
# Records near a line that are added up; more would fit by accident.
_AGGREGATED_MAX = 12


@dataclass(frozen=True, slots=True)
class Pairings:
    """Lines with the record that is the same movement, and lines held because one may be.

    A record appears at most once in `explained`. `blocked` names the record that stands in the
    way, or None where several do, and why in a sentence.
    """

    explained: tuple[tuple[str, CashRecord], ...] = ()
    blocked: tuple[tuple[str, CashRecord | None, str], ...] = ()


@dataclass(slots=True)
class _Group:
    """Lines and records of one account and signed amount, by date."""

    lines: list[BankLine]
    records: list[CashRecord]


def pair(lines: Sequence[BankLine], records: Sequence[CashRecord]) -> Pairings:
    """Pair lines one to one with ledger records of the same account and signed amount.

    A line may be booked up to 10 days after its record or 5 before it. Reconciled records go
    first; then those not ticked in the ledger yet. Where counts differ and neither reference nor
    contact tells which is which, the lines are blocked; so is any line with an unreconciled record
    of its account and amount dated up to 180 days before it.
    """
    groups: dict[tuple[str, Decimal], _Group] = {}
    for line in sorted(lines, key=lambda line: (line.date, line.id)):
        # A row the feed printed twice moved no money, so no record can be it.
        if line.flag == "duplicate_row":
            continue
        groups.setdefault((line.account_id, line.amount), _Group([], [])).lines.append(line)
    for record in sorted(records, key=lambda r: (r.date, r.id, r.kind)):
        group = groups.get((record.account_id, record.amount))
        if group is not None:
            group.records.append(record)
    explained: list[tuple[str, CashRecord]] = []
    blocked: list[tuple[str, CashRecord | None, str]] = []
    for group in groups.values():
        if group.records:
            _pair_group(group, explained, blocked)
    settled = {line_id for line_id, _ in explained} | {line_id for line_id, _, _ in blocked}
    used = {(record.id, record.kind) for _, record in explained}
    blocked += _aggregates(
        [line for line in lines if line.id not in settled],
        [r for r in records if not r.is_reconciled and (r.id, r.kind) not in used],
    )
    return Pairings(
        tuple(sorted(explained, key=lambda p: p[0])), tuple(sorted(blocked, key=lambda b: b[0]))
    )


def _pair_group(
    group: _Group,
    explained: list[tuple[str, CashRecord]],
    blocked: list[tuple[str, CashRecord | None, str]],
) -> None:
    ours = _ours(group)
    explained += [(line.id, record) for line, record in ours]
    named = {line.id for line, _ in ours}
    lines = [line for line in group.lines if line.id not in named]
    held: dict[str, str] = {}
    used = {(record.id, record.kind) for _, record in ours}
    for reconciled in (True, False):
        records = [
            r for r in group.records if r.is_reconciled is reconciled and (r.id, r.kind) not in used
        ]
        pairs, ambiguous = _pair_by_window(lines, records)
        explained += [(line.id, record) for line, record in pairs]
        taken = {line.id for line, _ in pairs}
        used.update((record.id, record.kind) for _, record in pairs)
        lines = [line for line in lines if line.id not in taken]
        held.update(ambiguous)
    waiting = [
        record
        for record in group.records
        if not record.is_reconciled and (record.id, record.kind) not in used
    ]
    days = [record.date for record in waiting]
    for line in lines:
        if line.id in held:
            blocked.append((line.id, None, held[line.id]))
            continue
        first = bisect_left(days, line.date - timedelta(BLOCK_DAYS_MAX))
        last = bisect_right(days, line.date + timedelta(EARLIER_DAYS_MAX))
        if first < last:
            record = waiting[last - 1]
            blocked.append((line.id, record, _waits(record)))


def _ours(group: _Group) -> list[tuple[BankLine, CashRecord]]:
    """Records that carry a code of ours, with the line of their very day.

    We date what we post by its line, so that a mirror that was lost still knows which of two equal
    movements was posted.
    """
    pairs = []
    for record in group.records:
        if not _CODE.search(record.reference):
            continue
        same_day = [line for line in group.lines if line.date == record.date]
        rivals = [r for r in group.records if r.date == record.date and _CODE.search(r.reference)]
        if len(same_day) == len(rivals) == 1:
            pairs.append((same_day[0], record))
    return pairs


def _aggregates(
    lines: Sequence[BankLine], records: Sequence[CashRecord]
) -> list[tuple[str, CashRecord | None, str]]:
    """Lines that two or three records typed in by hand add up to: one deposit of several."""
    by_account: dict[tuple[str, bool], list[CashRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda r: (r.date, r.id, r.kind)):
        by_account[record.account_id, record.amount > 0].append(record)
    found: list[tuple[str, CashRecord | None, str]] = []
    for line in lines:
        held = by_account.get((line.account_id, line.amount > 0), [])
        near = [r for r in held if _within(line, r) and abs(r.amount) < abs(line.amount)]
        sums = (
            several
            for count in (2, 3)
            for several in combinations(near[:_AGGREGATED_MAX], count)
            if sum(r.amount for r in several) == line.amount
        )
        several = next(sums, None)
        if several is not None:
            named = " and ".join(f"{abs(r.amount)} of {r.date}" for r in several)
            sentence = (
                f"Unreconciled records in the ledger add up to this line ({named}); they may be "
                "this very movement."
            )
            found.append((line.id, None, sentence))
    return found


def _pair_by_window(
    lines: Sequence[BankLine], records: Sequence[CashRecord]
) -> tuple[list[tuple[BankLine, CashRecord]], dict[str, str]]:
    """Pairs within the window, and the lines of clusters whose counts do not settle it."""
    pairs: list[tuple[BankLine, CashRecord]] = []
    ambiguous: dict[str, str] = {}
    for some_lines, some_records in _clusters(lines, records):
        found, left_lines, left_records = _pair_cluster(some_lines, some_records)
        pairs += found
        if left_lines and left_records:
            sentence = (
                f"{len(some_lines)} bank lines of this amount and {len(some_records)} records in "
                "the ledger within days of each other: which is which cannot be told."
            )
            ambiguous.update((line.id, sentence) for line in left_lines)
    return pairs, ambiguous


def _pair_cluster(
    lines: list[BankLine], records: list[CashRecord]
) -> tuple[list[tuple[BankLine, CashRecord]], list[BankLine], list[CashRecord]]:
    if len(lines) == len(records) == 1:
        return [(lines[0], records[0])], [], []
    if len(lines) + len(records) <= _COMPARED_MAX:
        pairs = _pair_by_words(lines, records)
    else:
        pairs = _pair_by_day(lines, records)
    lines, records = _without(lines, records, pairs)
    if len(lines) < len(records):
        # More records than lines: the ledger has each line whichever it is; the day tells which.
        nearest = _pair_by_day(lines, records)
        pairs = pairs + nearest
        lines, records = _without(lines, records, nearest)
    if len(lines) == len(records):
        in_order = list(zip(lines, records, strict=True))
        if all(_within(line, record) for line, record in in_order):
            return pairs + in_order, [], []
    return pairs, lines, records


def _pair_by_words(
    lines: Sequence[BankLine], records: Sequence[CashRecord]
) -> list[tuple[BankLine, CashRecord]]:
    """Pairs that share a reference or a name which, on both sides, points nowhere else."""
    line_words = [frozenset(words(line.text)) - BOILERPLATE for line in lines]
    record_words = [
        frozenset(words(f"{record.reference} {record.contact_name}")) - BOILERPLATE
        for record in records
    ]
    score = [[len(mine & theirs) for theirs in record_words] for mine in line_words]
    pairs = []
    for i, line in enumerate(lines):
        for j, record in enumerate(records):
            best = score[i][j]
            alone = (
                best > 0
                and all(score[i][k] < best for k in range(len(records)) if k != j)
                and all(score[k][j] < best for k in range(len(lines)) if k != i)
            )
            if alone and _within(line, record):
                pairs.append((line, record))
    return pairs


def _pair_by_day(
    lines: Iterable[BankLine], records: Iterable[CashRecord]
) -> list[tuple[BankLine, CashRecord]]:
    """Days on which as many lines as records stand; on such a day any pairing is the same."""
    by_day: dict[object, tuple[list[BankLine], list[CashRecord]]] = defaultdict(lambda: ([], []))
    for line in lines:
        by_day[line.date][0].append(line)
    for record in records:
        by_day[record.date][1].append(record)
    return [
        each
        for some_lines, some_records in by_day.values()
        if len(some_lines) == len(some_records)
        for each in zip(some_lines, some_records, strict=True)
    ]


def _clusters(
    lines: Sequence[BankLine], records: Sequence[CashRecord]
) -> Iterable[tuple[list[BankLine], list[CashRecord]]]:
    """Lines and records chained together by the window; both come sorted by date."""
    at = 0
    some_lines: list[BankLine] = []
    some_records: list[CashRecord] = []
    for line in lines:
        # Windows only move forward, so a record before this line's window has met its last line.
        start = line.date - timedelta(LATER_DAYS_MAX)
        end = line.date + timedelta(EARLIER_DAYS_MAX)
        if some_records and some_records[-1].date < start:
            yield some_lines, some_records
            some_lines, some_records = [], []
        while at < len(records) and records[at].date <= end:
            if records[at].date >= start:
                some_records.append(records[at])
            at += 1
        if some_records:
            some_lines.append(line)
    if some_lines:
        yield some_lines, some_records


def _without(
    lines: list[BankLine],
    records: list[CashRecord],
    pairs: Sequence[tuple[BankLine, CashRecord]],
) -> tuple[list[BankLine], list[CashRecord]]:
    used_lines = {line.id for line, _ in pairs}
    used_records = {(record.id, record.kind) for _, record in pairs}
    return (
        [line for line in lines if line.id not in used_lines],
        [record for record in records if (record.id, record.kind) not in used_records],
    )


def _within(line: BankLine, record: CashRecord) -> bool:
    lag_days = (line.date - record.date).days
    return -EARLIER_DAYS_MAX <= lag_days <= LATER_DAYS_MAX


def _waits(record: CashRecord) -> str:
    kind = record.kind.replace("_", " ")
    whom = f" with {record.contact_name}" if record.contact_name else ""
    return (
        f"The ledger holds an unreconciled {kind} of this amount{whom}, dated {record.date}; "
        "it may be this very movement."
    )
