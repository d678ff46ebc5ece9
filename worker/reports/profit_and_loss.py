"""Profit and loss, copied from the ledger's own report: three periods, joined by account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from worker.books.money import ZERO
from worker.books.period import Month
from worker.books.reports import LedgerReport, ReportRow, TieOut
from worker.reports.words import money

Basis = Literal["accrual", "cash"]

_NET = "net"  # key of the last result line, whatever a country calls it


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
    periods = [(month.title, _read(this))]
    for earlier, report in ((month.plus(-1), previous), (month.plus(-12), same_last_year)):
        read = _read(report) if report else _Read()
        periods.append((earlier.title, read if read.has_accounts else _Read()))
    reads = [read for _, read in periods]
    return ProfitAndLoss(
        month=month,
        basis=basis,
        currency=currency,
        blocks=tuple(_block(key, reads) for key in _order([read.blocks for read in reads])),
        has_previous=reads[1].has_accounts,
        has_last_year=reads[2].has_accounts,
        arithmetic=_arithmetic(periods, currency),
    )


def net_profit(report: LedgerReport) -> Decimal | None:
    """The report's last result line: net profit, net income, …; None where it has none."""
    return _read(report).results.get(_NET, ("", None))[1]


@dataclass(slots=True)
class _Read:
    """One report taken apart. Block keys: ("section", title) or ("result", label)."""

    blocks: list[tuple[str, str]] = field(default_factory=list)
    lines: dict[str, dict[str, AccountLine]] = field(default_factory=dict)
    totals: dict[str, tuple[str, Decimal]] = field(default_factory=dict)
    results: dict[str, tuple[str, Decimal | None]] = field(default_factory=dict)
    has_accounts: bool = False

    def add(self, key: tuple[str, str]) -> None:
        if key not in self.blocks:
            self.blocks.append(key)


def _read(report: LedgerReport) -> _Read:
    read = _Read()
    result_labels = [row.label for row in report.rows if _is_result(row)]
    for row in report.rows:
        amount = row.amounts[0] if row.amounts else None
        if _is_result(row):
            key = _NET if row.label == result_labels[-1] else row.label
            read.add(("result", key))
            read.results[key] = (row.label, amount)
            continue
        read.add(("section", row.section))
        if row.is_total:
            read.totals[row.section] = (row.label, amount or ZERO)
            continue
        read.has_accounts = True
        lines = read.lines.setdefault(row.section, {})
        key = row.account_id or row.label
        so_far = lines[key].figures.this if key in lines else ZERO
        figures = Figures(so_far + (amount or ZERO), None, None)
        lines[key] = AccountLine(row.account_id, row.label, figures)
    return read


def _is_result(row: ReportRow) -> bool:
    # Gross and net profit stand in untitled sections, as ordinary or as summary rows.
    return not row.section and not row.account_id


def _sign(title: str) -> int:
    return -1 if title.casefold().startswith("less") else 1


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


def _block(key: tuple[str, str], reads: Sequence[_Read]) -> Section | Result:
    kind, name = key
    if kind == "result":
        label = next(read.results[name][0] for read in reads if name in read.results)
        return Result(label, _figures([_result_of(read, name) for read in reads]))
    lines = []
    for _, account in _order([[("", each) for each in read.lines.get(name, {})] for read in reads]):
        found = [read.lines.get(name, {}).get(account) for read in reads]
        named = next(line for line in found if line)
        amounts = [
            (line.figures.this if line else ZERO) if read.has_accounts else None
            for read, line in zip(reads, found, strict=True)
        ]
        lines.append(AccountLine(named.account_id, named.label, _figures(amounts)))
    label = next((r.totals[name][0] for r in reads if name in r.totals), f"Total {name}".strip())
    totals = [_total_of(read, name) if read.has_accounts else None for read in reads]
    return Section(name, tuple(lines), label, _figures(totals), _sign(name))


def _result_of(read: _Read, name: str) -> Decimal | None:
    return read.results.get(name, ("", None))[1] if read.has_accounts else None


def _total_of(read: _Read, title: str) -> Decimal:
    return read.totals[title][1] if title in read.totals else _line_sum(read, title)


def _line_sum(read: _Read, title: str) -> Decimal:
    return sum((line.figures.this for line in read.lines.get(title, {}).values()), ZERO)


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


def _arithmetic(periods: Sequence[tuple[str, _Read]], currency: str) -> TieOut:
    faults: list[tuple[str, Decimal]] = []
    for title, read in periods:
        faults += [(f"{title}: {name}", gap) for name, gap in _faults(read)]
    this = periods[0][1]
    ours = sum((_sign(t) * _line_sum(this, t) for t in this.lines), ZERO)
    ledger = this.results.get(_NET, ("", None))[1]
    if faults:
        told = "; ".join(f"{name} is off by {money(gap, currency)}" for name, gap in faults)
        note = f"Xero's report does not add up: {told}."
        return TieOut("profit and loss adds up", "different", ours, ledger, currency, note)
    if ledger is None:
        note = "Xero's report has no net profit line to compare with."
        return TieOut("profit and loss adds up", "not provable", ours, None, currency, note)
    note = "The accounts sum to the subtotals and these to the profit; the figures are Xero's own."
    return TieOut("profit and loss adds up", "agrees", ours, ledger, currency, note)


def _faults(read: _Read) -> Iterable[tuple[str, Decimal]]:
    """Subtotals and results that their parts do not give, each with stated less computed."""
    running = ZERO
    for kind, name in read.blocks:
        if kind == "section":
            total = _total_of(read, name)
            running += _sign(name) * total
            label, gap = f"total of {name or 'accounts'}", total - _line_sum(read, name)
        else:
            label, stated = read.results[name]
            gap = ZERO if stated is None else stated - running
        if gap:
            yield label, gap
