"""Profit and loss, copied from the ledger's own report: three periods, joined by account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from worker.books.money import ZERO
from worker.books.period import Month
from worker.books.reports import LedgerReport, TieOut
from worker.reports.profit_rows import NET, Taken, section_signs, take_apart
from worker.reports.words import money

Basis = Literal["accrual", "cash"]


@dataclass(frozen=True, slots=True)
class Figures:
    """One row's amounts; None is "no data": a period the ledger's books do not cover."""

    this: Decimal
    previous: Decimal | None
    last_year: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """This month less the previous one."""
        return None if self.previous is None else self.this - self.previous


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account of the report."""

    account_id: str
    label: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Section:
    """Accounts and their subtotal; `sign` is +1 where it adds to profit, -1 where it takes away."""

    title: str
    lines: tuple[AccountLine, ...]
    total_label: str
    total: Figures
    sign: int


@dataclass(frozen=True, slots=True)
class Result:
    """A line between sections: gross profit, net profit."""

    label: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Movement:
    """What an account's change since the previous month did to profit; positive helped."""

    label: str
    effect: Decimal


@dataclass(frozen=True, slots=True)
class ProfitAndLoss:
    """The ledger's profit and loss of a month beside its previous month and the year before."""

    month: Month
    basis: Basis
    currency: str
    blocks: tuple[Section | Result, ...]
    has_previous: bool
    has_last_year: bool
    arithmetic: TieOut
    """Whether the rows sum to the subtotals and these to the profit, in every period."""
    source: str = "copied from Xero"

    @property
    def net(self) -> Figures:
        """The profit (negative: loss) of each period, as the ledger states it."""
        results = [block for block in self.blocks if isinstance(block, Result)]
        if results:
            return results[-1].figures
        return _minus(self.income, self.costs)

    @property
    def income(self) -> Figures:
        return _sum(b.total for b in self.blocks if isinstance(b, Section) and b.sign > 0)

    @property
    def costs(self) -> Figures:
        return _sum(b.total for b in self.blocks if isinstance(b, Section) and b.sign < 0)

    @property
    def movements(self) -> tuple[Movement, ...]:
        """Accounts by the size of their effect on profit since the previous month."""
        found = [
            Movement(line.label, section.sign * line.figures.change)
            for section in self.blocks
            if isinstance(section, Section)
            for line in section.lines
            if line.figures.change
        ]
        return tuple(sorted(found, key=lambda each: (-abs(each.effect), each.label)))


def profit_and_loss(
    month: Month,
    this: LedgerReport,
    previous: LedgerReport | None,
    same_last_year: LedgerReport | None,
    currency: str,
    basis: Basis,
) -> ProfitAndLoss:
    """The three reports as one table, rows joined by account id.

    None, or a comparison report without a single account, reads "no data". Amounts are the first
    column of each report, in `currency`. A report that contradicts itself is shown as it is; the
    contradiction is in `arithmetic`.
    """
    periods = [(month.title, take_apart(this))]
    for earlier, report in ((month.plus(-1), previous), (month.plus(-12), same_last_year)):
        taken = take_apart(report) if report else Taken()
        periods.append((earlier.title, taken if taken.has_accounts else Taken()))
    reads = [taken for _, taken in periods]
    signs = section_signs(reads)
    order = _order([taken.blocks for taken in reads])
    return ProfitAndLoss(
        month=month,
        basis=basis,
        currency=currency,
        blocks=tuple(_block(key, reads, signs) for key in order),
        has_previous=reads[1].has_accounts,
        has_last_year=reads[2].has_accounts,
        arithmetic=_arithmetic(periods, signs, currency),
    )


def net_profit(report: LedgerReport) -> Decimal | None:
    """The report's last result line: net profit, net income, …; None where it has none."""
    return take_apart(report).result(NET)


def _order(sequences: Iterable[Sequence[tuple[str, str]]]) -> list[tuple[str, str]]:
    """All keys once: the first sequence's order, a later one's own after their neighbours."""
    order: list[tuple[str, str]] = []
    for sequence in sequences:
        place = 0
        for key in sequence:
            if key in order:
                place = order.index(key) + 1
            else:
                order.insert(place, key)
                place += 1
    return order


def _block(
    key: tuple[str, str], reads: Sequence[Taken], signs: Mapping[str, int]
) -> Section | Result:
    kind, name = key
    if kind == "result":
        label = next(taken.results[name][0] for taken in reads if name in taken.results)
        amounts = [taken.result(name) if taken.has_accounts else None for taken in reads]
        return Result(label, _figures(amounts))
    accounts = _order([[(name, each) for each in taken.lines.get(name, {})] for taken in reads])
    lines = tuple(_line(name, account, reads) for _, account in accounts)
    label = next((t.totals[name][0] for t in reads if name in t.totals), f"Total {name}".strip())
    totals = [taken.total(name) if taken.has_accounts else None for taken in reads]
    return Section(name, lines, label, _figures(totals), signs[name])


def _line(section: str, account: str, reads: Sequence[Taken]) -> AccountLine:
    found = [taken.lines.get(section, {}).get(account) for taken in reads]
    named = next(line for line in found if line)
    amounts = [
        (line.amount if line else ZERO) if taken.has_accounts else None
        for taken, line in zip(reads, found, strict=True)
    ]
    return AccountLine(named.account_id, named.label, _figures(amounts))


def _figures(amounts: Sequence[Decimal | None]) -> Figures:
    return Figures(amounts[0] or ZERO, amounts[1], amounts[2])


def _sum(parts: Iterable[Figures]) -> Figures:
    this, previous, last_year = ZERO, None, None
    for part in parts:
        this += part.this
        if part.previous is not None:
            previous = (previous or ZERO) + part.previous
        if part.last_year is not None:
            last_year = (last_year or ZERO) + part.last_year
    return Figures(this, previous, last_year)


def _minus(one: Figures, other: Figures) -> Figures:
    def less(a: Decimal | None, b: Decimal | None) -> Decimal | None:
        return None if a is None and b is None else (a or ZERO) - (b or ZERO)

    return Figures(
        one.this - other.this,
        less(one.previous, other.previous),
        less(one.last_year, other.last_year),
    )


def _arithmetic(
    periods: Sequence[tuple[str, Taken]], signs: Mapping[str, int], currency: str
) -> TieOut:
    faults: list[tuple[str, Decimal]] = []
    for title, taken in periods:
        faults += [(f"{title}: {name}", gap) for name, gap in taken.faults(signs)]
    this = periods[0][1]
    ours = sum((signs[section] * this.line_sum(section) for section in this.lines), ZERO)
    ledger = this.result(NET)
    if faults:
        told = "; ".join(f"{name} is off by {money(gap, currency)}" for name, gap in faults)
        note = f"Xero's report does not add up: {told}."
        return TieOut("profit and loss adds up", "different", ours, ledger, currency, note)
    if ledger is None:
        note = "Xero's report has no net profit line to compare with."
        return TieOut("profit and loss adds up", "not provable", ours, None, currency, note)
    note = "The accounts sum to the subtotals and these to the profit; the figures are Xero's own."
    return TieOut("profit and loss adds up", "agrees", ours, ledger, currency, note)
