"""Reports as CSV for spreadsheets: bare figures, and no cell that a spreadsheet would execute."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal

from worker.books.money import plain
from worker.books.reports import TieOut
from worker.reports.digest import Heading
from worker.reports.open_items import BUCKETS, Aged
from worker.reports.profit_and_loss import Figures, ProfitAndLoss, Section
from worker.reports.words import clean

# A cell that opens with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@")

_PROFIT_HEADS: tuple[str, ...] = (
    "row", "section", "account_id", "label",
    "this_month", "previous_month", "same_month_last_year", "change",
)  # fmt: skip
_AGED_HEADS: tuple[str, ...] = (
    "row", "currency", "contact_id", "label",
    *(bucket.lower() for bucket in BUCKETS), "unapplied_credits", "total", "waiting",
)  # fmt: skip


def as_csv(model: ProfitAndLoss | Aged, about: Heading, tie_outs: Sequence[TieOut]) -> str:
    """The report as one table under a heading row; the first column says what a row is.

    Tie-out rows hold ours, ledger and difference in the first three figure columns; words that
    open like a formula get an apostrophe.
    """
    if isinstance(model, ProfitAndLoss):
        heads = _PROFIT_HEADS
        rows = [*_profit_rows(model), *map(_tie_out, (model.arithmetic, *tie_outs))]
        facts = {"month": str(model.month), "basis": model.basis, "currency": model.currency}
        facts["source"] = model.source
    else:
        heads = _AGED_HEADS
        rows = [*_aged_rows(model), *map(_tie_out, tie_outs)]
        facts = {"as_of": model.as_of.isoformat(), "base_currency": model.base_currency}
    facts |= {"organisation": about.organisation, "read_at": about.as_of, "run_id": about.run_id}
    rows += [["about", key, "", value] for key, value in facts.items()]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    for row in rows:
        padded = [*row, *[""] * (len(heads) - len(row))]
        writer.writerow([*map(_words, padded[:4]), *padded[4:]])
    return out.getvalue()


def _tie_out(each: TieOut) -> list[str]:
    figures = (each.ours, each.ledger, each.difference)
    amounts = [_amount(value, each.currency) for value in figures]
    return ["tie-out", each.state, "", f"{each.name} (ours, ledger, difference)", *amounts]


def _profit_rows(model: ProfitAndLoss) -> Iterator[list[str]]:
    for block in model.blocks:
        if isinstance(block, Section):
            for line in block.lines:
                figures = _cells(line.figures, model.currency)
                yield ["account", block.title, line.account_id, line.label, *figures]
            total = _cells(block.total, model.currency)
            yield ["subtotal", block.title, "", block.total_label, *total]
        else:
            yield ["result", "", "", block.label, *_cells(block.figures, model.currency)]


def _aged_rows(model: Aged) -> Iterator[list[str]]:
    for table in model.tables:
        for row in table.rows:
            amounts = (*row.buckets, row.unapplied, row.total, row.waiting)
            cells = [plain(amount, table.currency) for amount in amounts]
            yield ["contact", table.currency, row.contact_id, row.name, *cells]
        amounts = (*table.buckets, table.unapplied, table.total, table.waiting)
        cells = [plain(amount, table.currency) for amount in amounts]
        yield ["total", table.currency, "", f"Total {table.currency}", *cells]
        if table.deposits:
            held = ["", "", "", "", "", "", plain(table.deposits_held, table.currency)]
            yield [
                "deposits",
                table.currency,
                "",
                "Deposits (prepayments), not in the total",
                *held,
            ]


def _cells(figures: Figures, currency: str) -> list[str]:
    amounts = (figures.this, figures.previous, figures.last_year, figures.change)
    return [_amount(amount, currency) for amount in amounts]


def _amount(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else plain(amount, currency)


def _words(text: str) -> str:
    safe = clean(text)
    return f"'{safe}" if safe.lstrip().startswith(_FORMULA) else safe
