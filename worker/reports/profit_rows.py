"""One profit and loss of the ledger taken apart: sections of accounts, subtotals, results."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product

from worker.books.money import ZERO
from worker.books.reports import LedgerReport, ReportRow

# More sections before one result than any layout has; 2**12 ways are tried in no time.
_SECTIONS_MAX = 12
_LESSENS = re.compile(r"\b(less|costs?|expenses?|overheads?)\b", re.IGNORECASE)

NET = "net"
"""Key of the last result line, whatever a country calls it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One account; `amount` as the ledger shows it: costs are positive."""

    account_id: str
    label: str
    amount: Decimal


@dataclass(slots=True)
class Taken:
    """A report's parts by name. Block keys, in order: ("section", title) or ("result", label)."""

    blocks: list[tuple[str, str]] = field(default_factory=list)
    lines: dict[str, dict[str, Line]] = field(default_factory=dict)
    """By section, then by account id (by label where a row has none)."""
    totals: dict[str, tuple[str, Decimal]] = field(default_factory=dict)
    results: dict[str, tuple[str, Decimal | None]] = field(default_factory=dict)

    @property
    def has_accounts(self) -> bool:
        return bool(self.lines)

    def result(self, name: str) -> Decimal | None:
        return self.results[name][1] if name in self.results else None

    def total(self, section: str) -> Decimal:
        """The subtotal the ledger states, or the sum of the lines where it states none."""
        return self.totals[section][1] if section in self.totals else self.line_sum(section)

    def line_sum(self, section: str) -> Decimal:
        return sum((line.amount for line in self.lines.get(section, {}).values()), ZERO)

    def faults(self, signs: Mapping[str, int]) -> Iterator[tuple[str, Decimal]]:
        """Subtotals and results that their parts do not give, each with stated less computed."""
        running = ZERO
        for kind, name in self.blocks:
            if kind == "section":
                running += signs[name] * self.total(name)
                label, gap = (
                    f"total of {name or 'accounts'}",
                    self.total(name) - self.line_sum(name),
                )
            else:
                label, stated = self.results[name]
                gap = ZERO if stated is None else stated - running
            if gap:
                yield label, gap


def take_apart(report: LedgerReport) -> Taken:
    """The first column of a report by section and account; amounts left blank are zero."""
    taken = Taken()
    result_labels = [row.label for row in report.rows if _is_result(row)]
    for row in report.rows:
        amount = row.amounts[0] if row.amounts else None
        if _is_result(row):
            name = NET if row.label == result_labels[-1] else row.label
            taken.results[name] = (row.label, amount)
            block = ("result", name)
        else:
            block = ("section", row.section)
            if row.is_total:
                taken.totals[row.section] = (row.label, amount or ZERO)
            else:
                lines = taken.lines.setdefault(row.section, {})
                key = row.account_id or row.label
                before = lines[key].amount if key in lines else ZERO
                lines[key] = Line(row.account_id, row.label, before + (amount or ZERO))
        if block not in taken.blocks:
            taken.blocks.append(block)
    return taken


def section_signs(reads: Sequence[Taken]) -> dict[str, int]:
    """+1 for a section that adds to profit, -1 for one that lessens it, by the figures themselves.

    Titles are the ledger's language ("Less Cost of Sales", "Administrative Costs"), its arithmetic
    is not: the signs are those with which the sections before a result give that result. Where a
    period leaves them open (a zero, two ways) the next period decides, at last the title.
    """
    signs: dict[str, int] = {}
    for taken in reads:
        for section, found in _proved_signs(taken):
            signs.setdefault(section, found)
    names = {name for taken in reads for kind, name in taken.blocks if kind == "section"}
    return {name: signs.get(name, -1 if _LESSENS.search(name) else 1) for name in names}


def _proved_signs(taken: Taken) -> Iterator[tuple[str, int]]:
    running, open_sections = ZERO, list[str]()
    for kind, name in taken.blocks:
        if kind == "section":
            open_sections.append(name)
            continue
        stated = taken.result(name)
        if stated is None:
            continue
        wanted, running = stated - running, stated
        counting = [each for each in open_sections if taken.total(each)]
        open_sections = []
        if not counting or len(counting) > _SECTIONS_MAX:
            continue
        ways = [
            way
            for way in product((1, -1), repeat=len(counting))
            if sum(s * taken.total(each) for s, each in zip(way, counting, strict=True)) == wanted
        ]
        if len(ways) == 1:
            yield from zip(counting, ways[0], strict=True)


def _is_result(row: ReportRow) -> bool:
    # Gross and net profit stand in untitled sections, as ordinary or as summary rows.
    return not row.section and not row.account_id
