"""Profit and loss from the ledger alone, in the words of the organisation's country."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from worker.sandbox.errors import refusal
from worker.sandbox.reports_figures import Asked, Figures, Sums, Tracked, less, months_back
from worker.sandbox.reports_rows import header, long_day, report, row, section, summary
from worker.sandbox.wire import Record, guid


@dataclass(frozen=True, slots=True)
class Words:
    """What a region calls the parts of the profit and loss."""

    income: str
    direct_costs: str
    overheads: str
    other_income: str
    operating: str
    net: str


_UK = Words(
    "Turnover",
    "Cost of Sales",
    "Administrative Costs",
    "Other Income",
    "Operating Profit",
    "Profit after Taxation",
)
_ELSEWHERE = Words(
    "Income",
    "Less Cost of Sales",
    "Less Operating Expenses",
    "Plus Other Income",
    "Operating Profit",
    "Net Profit",
)
_US = Words(
    "Income",
    "Less Cost of Goods Sold",
    "Less Operating Expenses",
    "Plus Other Income",
    "Operating Income",
    "Net Income",
)
_PARTS = {"REVENUE": "income", "SALES": "income", "OTHERINCOME": "other", "DIRECTCOSTS": "direct"}


def words_for(organisation: Record) -> Words:
    country = organisation.get("CountryCode")
    return _UK if country == "GB" else _US if country == "US" else _ELSEWHERE


def profit_and_loss(figures: Figures, asked: Asked, today: date) -> Record:
    """Income less costs over a range; earlier columns are the same range moved back.

    The range is moved as a whole, as Xero does: a year asked for with monthly comparison gives
    year-long columns (fact sheet 7.2).
    """
    first, last = asked.span(today)
    heads, columns = _columns(figures, asked, first, last)
    words = words_for(figures.organisation)
    parts = {name: _part(figures, columns, name) for name in ("income", "direct", "other", "over")}
    totals = {name: _total(part, len(columns)) for name, part in parts.items()}
    gross = less(totals["income"], totals["direct"])
    operating = less(gross, totals["over"])
    net = [a + b for a, b in zip(operating, totals["other"], strict=True)]

    def block(title: str, name: str) -> Record:
        rows = [figures.row(key, values) for key, values in parts[name]]
        label = f"Total {title.removeprefix('Less ').removeprefix('Plus ')}"
        return section(title, [*rows, summary(label, figures.texts(totals[name]))])

    def result(label: str, values: Sequence[int]) -> Record:
        return section("", [row(label, figures.texts(values))])

    rows = [
        header("", *heads),
        block(words.income, "income"),
        block(words.direct_costs, "direct"),
        result("Gross Profit", gross),
        block(words.overheads, "over"),
        result(words.operating, operating),
        *([block(words.other_income, "other")] if parts["other"] else []),
        result(words.net, net),
    ]
    titles = [figures.organisation["Name"], f"{long_day(first)} to {long_day(last)}"]
    return report("ProfitAndLoss", "Profit and Loss", titles, today, rows)


def _columns(
    figures: Figures, asked: Asked, first: date, last: date
) -> tuple[list[str], list[Sums]]:
    """Column heads and the sums under them: by tracking option, or back through time."""
    if asked.text("trackingCategoryID2") or asked.text("trackingOptionID2"):
        raise refusal("This stand-in reports on one tracking category at a time")
    category, option = _tracking(figures, asked)
    if category and not option:
        return _by_option(figures, category, first, last)
    tracked = Tracked(category, option) if category else None
    periods, step = asked.comparisons()
    heads, columns = [], []
    for back in range(periods + 1):
        end = months_back(last, back * step)
        heads.append(f"{end.day} {end:%b %y}")
        columns.append(figures.sums(months_back(first, back * step), end, tracked))
    return heads, columns


def _tracking(figures: Figures, asked: Asked) -> tuple[Record | None, Record | None]:
    """The category and the option asked for. Raises ApiError 400 for one that is not there."""
    category_id, option_id = asked.text("trackingCategoryID"), asked.text("trackingOptionID")
    if category_id is None:
        if option_id:
            raise refusal("A trackingCategoryID is needed when a trackingOptionID is given")
        return None, None
    category = figures.store.get("TrackingCategories", guid(category_id))
    if category is None:
        raise refusal("The trackingCategoryID is not known")
    options = {guid(o["TrackingOptionID"]): o for o in category.get("Options") or ()}
    if option_id is not None and guid(option_id) not in options:
        raise refusal("The trackingOptionID is not an option of that category")
    return category, options[guid(option_id)] if option_id else None


def _by_option(
    figures: Figures, category: Record, first: date, last: date
) -> tuple[list[str], list[Sums]]:
    """One column per option, one for what carries none, and their sum."""
    options = category.get("Options") or []
    heads = [*(str(option["Name"]) for option in options), "Unassigned", "Total"]
    columns = [figures.sums(first, last, Tracked(category, option)) for option in [*options, None]]
    return heads, [*columns, figures.sums(first, last)]


def _part(figures: Figures, columns: list[Sums], name: str) -> list[tuple[str, list[int]]]:
    """The accounts of one part of the profit and loss that moved, with what they say."""
    found = []
    for key, account in figures.accounts.items():
        if figures.in_profit(key) and _PARTS.get(str(account.get("Type")), "over") == name:
            sign = -1 if name in ("income", "other") else 1
            values = [sign * sums.get(key, 0) for sums in columns]
            if any(values):
                found.append((key, values))
    return found


def _total(part: list[tuple[str, list[int]]], columns: int) -> list[int]:
    return [sum(values[place] for _, values in part) for place in range(columns)]
