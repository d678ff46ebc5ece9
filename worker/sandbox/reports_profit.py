"""Profit and loss from the ledger alone, in the words of the organisation's country."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

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
PARTS = {"REVENUE": "income", "SALES": "income", "OTHERINCOME": "other", "DIRECTCOSTS": "direct"}


def words_for(organisation: Record) -> Words:
    country = organisation.get("CountryCode")
    return _UK if country == "GB" else _US if country == "US" else _ELSEWHERE


def profit_and_loss(figures: Figures, asked: Asked, today: date) -> Record:
    """Income less costs over a range; earlier columns are the same range moved back.

    The range is moved as a whole, as Xero does: a year asked for with monthly comparison gives
    year-long columns (fact sheet 7.2).
    """
    first, last = asked.span(today)
    asked.flag("standardLayout")  # these books know no other layout
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
    """Column heads and the sums under them: by tracking option, or back through time.

    A category without an option is split into its options; with two such, into each pair.
    """
    chosen = [_tracking(figures, asked, place) for place in ("", "2")]
    figures.tracked = tuple(Tracked(each[0], each[1]) for each in chosen if each and each[1])
    split = [each[0] for each in chosen if each and not each[1]]
    if split:
        return _by_option(figures, split, first, last)
    periods, step = asked.comparisons()
    heads, columns = [], []
    for back in range(periods + 1):
        end = months_back(last, back * step)
        heads.append(f"{end.day} {end:%b %y}")
        columns.append(figures.sums(months_back(first, back * step), end))
    return heads, columns


def _tracking(figures: Figures, asked: Asked, place: str) -> tuple[Record, Record | None] | None:
    """The category and the option asked for. Raises ApiError 400 for one that is not there."""
    names = f"trackingCategoryID{place}", f"trackingOptionID{place}"
    category_id, option_id = (asked.text(name) for name in names)
    if category_id is None:
        if option_id:
            raise refusal(f"A {names[0]} is needed when a {names[1]} is given")
        return None
    category = figures.store.get("TrackingCategories", guid(category_id))
    if category is None:
        raise refusal(f"The {names[0]} is not known")
    options = {guid(o["TrackingOptionID"]): o for o in category.get("Options") or ()}
    if option_id is not None and guid(option_id) not in options:
        raise refusal(f"The {names[1]} is not an option of that category")
    return category, options[guid(option_id)] if option_id else None


def _by_option(
    figures: Figures, split: Sequence[Record], first: date, last: date
) -> tuple[list[str], list[Sums]]:
    """One column per option (or pair of options), one for what carries none, and their sum."""
    heads, columns = [], []
    choices = [[*(category.get("Options") or []), None] for category in split]
    for options in product(*choices):
        names = ("Unassigned" if option is None else str(option["Name"]) for option in options)
        heads.append(" / ".join(names))
        pairs = zip(split, options, strict=True)
        columns.append(figures.sums(first, last, *(Tracked(*pair) for pair in pairs)))
    return [*heads, "Total"], [*columns, figures.sums(first, last)]


def _part(figures: Figures, columns: list[Sums], name: str) -> list[tuple[str, list[int]]]:
    """The accounts of one part of the profit and loss that moved, with what they say."""
    found = []
    for key, account in figures.accounts.items():
        if figures.in_profit(key) and PARTS.get(str(account.get("Type")), "over") == name:
            sign = -1 if name in ("income", "other") else 1
            values = [sign * sums.get(key, 0) for sums in columns]
            if any(values):
                found.append((key, values))
    return found


def _total(part: list[tuple[str, list[int]]], columns: int) -> list[int]:
    return [sum(values[place] for _, values in part) for place in range(columns)]
