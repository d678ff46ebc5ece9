"""The reports' tables as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from worker.books.money import ZERO
from worker.books.reports import TieOut
from worker.reports.columns import table
from worker.reports.open_items import BUCKETS, AgedTable
from worker.reports.profit_and_loss import Figures, ProfitAndLoss, Section
from worker.reports.words import brief, counted, figure

T = TypeVar("T")


def profit_and_loss_text(report: ProfitAndLoss) -> str:
    """Accounts indented under their sections, three periods and the change."""
    month = report.month
    heads = ["", *(brief(m) for m in (month, month.plus(-1), month.plus(-12))), "Change"]
    rows: list[list[str]] = []
    rules: list[int] = []
    for block in report.blocks:
        if isinstance(block, Section):
            rows.append([block.title, "", "", "", ""])
            rows += [
                [f"  {line.label}", *_cells(line.figures, report.currency)] for line in block.lines
            ]
            rows.append([block.total_label, *_cells(block.total, report.currency)])
        else:
            rules.append(len(rows))
            rows.append([block.label, *_cells(block.figures, report.currency)])
    return table(heads, rows, rules)


def aged_text(aged: AgedTable, shown: int | None = None) -> str:
    """Contacts by total and what they owe by age; the columns without money are left out."""
    currency = aged.currency
    rest = rest_of(aged.rows, shown)
    rows: list[list[str | Decimal]] = [
        [row.name, *row.buckets, row.unapplied, row.total]
        for row in aged.rows[: len(aged.rows) - len(rest)]
    ]
    if rest:
        sums = [sum((row.buckets[i] for row in rest), ZERO) for i in range(len(BUCKETS))]
        unapplied = sum((row.unapplied for row in rest), ZERO)
        rows.append([counted(len(rest), "other"), *sums, unapplied, sum(sums, unapplied)])
    rows.append([f"Total {currency}", *aged.buckets, aged.unapplied, aged.total])
    heads = ["", *BUCKETS, "Credits", "Total"]
    kept = [
        0,
        *(i for i in range(1, len(heads) - 1) if any(row[i] for row in rows)),
        len(heads) - 1,
    ]
    return table(
        [heads[i] for i in kept],
        [[_age(row[i], currency) for i in kept] for row in rows],
        rules=[len(rows) - 1],
    )


def tie_outs_text(tie_outs: Sequence[TieOut]) -> str:
    """Each tie-out with its state and both figures."""
    rows = [
        [
            f"{t.name}: {t.state}",
            figure(t.ours, t.currency),
            "not known" if t.ledger is None else figure(t.ledger, t.currency),
            "" if t.difference is None else figure(t.difference, t.currency),
        ]
        for t in tie_outs
    ]
    return table(["", "Ours", "Ledger", "Difference"], rows)


def rest_of(rows: Sequence[T], shown: int | None) -> Sequence[T]:
    """What a table does not show one by one; never a single row, which fits as well itself."""
    return rows[shown:] if shown is not None and len(rows) > shown + 1 else ()


def _age(value: str | Decimal, currency: str) -> str:
    if isinstance(value, str):
        return value
    return figure(value, currency) if value else "-"


def _cells(figures: Figures, currency: str) -> list[str]:
    amounts = (figures.this, figures.previous, figures.last_year)
    cells = ["no data" if amount is None else figure(amount, currency) for amount in amounts]
    return [*cells, "" if figures.change is None else figure(figures.change, currency)]
