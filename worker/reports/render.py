"""Models to pages: HTML that needs nothing from outside, and plain text of 80 columns.

Text from outside is made harmless once, where it enters a page: `clean` and, in HTML, escaping.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from worker.books.money import ZERO
from worker.books.reports import TieOut
from worker.reports.as_csv import as_csv
from worker.reports.as_json import as_json
from worker.reports.charts import profit_chart
from worker.reports.columns import heading, wrap
from worker.reports.digest import Digest, Heading, WaitingLine, moved, total_of
from worker.reports.layout import aged_text, profit_and_loss_text, rest_of, tie_outs_text
from worker.reports.open_items import BUCKETS, Aged, ContactRow
from worker.reports.profit_and_loss import ProfitAndLoss
from worker.reports.words import brief, clean, counted, day, figure, in_and_out, money, signed

Format = Literal["html", "text", "json", "csv"]

# A page is read, not searched: the complete lists are in `tieout report` and `tieout decisions`.
SHOWN_CONTACTS, SHOWN_LINES, SHOWN_NAMED = 25, 40, 5


def html(digest: Digest) -> str:
    """The digest as one self-contained HTML page, for mail, phone and paper."""
    page = _environment().get_template("digest.html")
    return page.render(digest=digest, chart=profit_chart(digest.profit_and_loss))


def text(digest: Digest) -> str:
    """The digest as plain text, 80 columns."""
    return _environment().get_template("digest.txt").render(digest=digest)


def report(
    model: ProfitAndLoss | Aged,
    format: Format,
    about: Heading,
    tie_outs: Sequence[TieOut] = (),
) -> str:
    """One report as a page, a text, a JSON document or a CSV table, with its tie-outs.

    JSON amounts are decimal strings; CSV opens with a heading row, its first column says what a
    row is (account, subtotal, contact, total, tie-out, about).
    """
    if format == "json":
        return as_json(model, about, tie_outs)
    if format == "csv":
        return as_csv(model, about, tie_outs)
    ending = "html" if format == "html" else "txt"
    name = "profit_and_loss" if isinstance(model, ProfitAndLoss) else "aged"
    page = _environment().get_template(f"{name}.{ending}")
    return page.render(model=model, about=about, tie_outs=tie_outs, title=title_of(model))


def title_of(model: ProfitAndLoss | Aged) -> str:
    """What a report is called at its head."""
    if isinstance(model, ProfitAndLoss):
        return f"Profit and loss, {model.month.title}"
    return f"Aged {'receivables' if model.side == 'receivable' else 'payables'}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("worker.reports", "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        money=money,
        figure=_figure_or_no_data,
        signed=signed,
        brief=brief,
        day=day,
        counted=counted,
        moved=moved,
        wrap=wrap,
        heading=heading,
    )
    environment.globals.update(
        BUCKETS=BUCKETS,
        SHOWN_CONTACTS=SHOWN_CONTACTS,
        SHOWN_LINES=SHOWN_LINES,
        SHOWN_NAMED=SHOWN_NAMED,
        aged_text=aged_text,
        profit_and_loss_text=profit_and_loss_text,
        rest_ages=_rest_ages,
        rest_of=rest_of,
        sums_of=_sums_of,
        tie_outs_text=tie_outs_text,
        total_of=total_of,
    )
    return environment


def _finalize(value: object) -> object:
    # Line breaks here are our own layout: filters and tables clean the words they lay out.
    if isinstance(value, str) and not isinstance(value, Markup):
        return "\n".join(map(clean, value.split("\n")))
    return value


def _figure_or_no_data(amount: Decimal | None, currency: str) -> str:
    return "no data" if amount is None else figure(amount, currency)


def _rest_ages(rest: Sequence[ContactRow]) -> list[Decimal]:
    return [sum((row.buckets[i] for row in rest), ZERO) for i in range(len(BUCKETS))]


def _sums_of(lines: Sequence[WaitingLine]) -> str:
    return in_and_out((line.amount, line.currency) for line in lines)
