"""The budget summary: what the overall budget plans, period by period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from worker.sandbox.errors import refusal
from worker.sandbox.reports_figures import Asked, Figures, less, months_back
from worker.sandbox.reports_profit import PARTS, words_for
from worker.sandbox.reports_rows import header, report, section, summary
from worker.sandbox.wire import Record, stored, to_minor

_SIZES = {"1": 1, "3": 3, "12": 12}
_PERIODS = 12


def budget_summary(figures: Figures, asked: Asked, today: date) -> Record:
    """Twelve periods from the month of `date`, each headed by its last month.

    `timeframe` is the size of a period in months (1, 3 or 12), not a word as elsewhere. Raises
    ApiError 400 for another one, or for `periods` out of 1 to 12.
    """
    first = (asked.day("date") or today).replace(day=1)
    size = _SIZES.get(asked.text("timeframe") or "1")
    if size is None:
        raise refusal("The timeframe parameter must be 1, 3 or 12")
    count = asked.count("periods") or _PERIODS
    ends = [months_back(first, 1 - size * place) for place in range(1, count + 1)]
    planned = _planned(figures, first, size, count)
    words = words_for(figures.organisation)
    parts: dict[str, dict[str, list[int]]] = {"income": {}, "direct": {}, "other": {}, "over": {}}
    for key, values in planned.items():
        if figures.in_profit(key):
            part = PARTS.get(str(figures.accounts[key].get("Type")), "over")
            parts[part][key] = values
    totals = {
        name: [sum(column) for column in zip([0] * count, *part.values(), strict=True)]
        for name, part in parts.items()
    }
    gross = less(totals["income"], totals["direct"])
    net = [a + b - c for a, b, c in zip(gross, totals["other"], totals["over"], strict=True)]

    def block(title: str, name: str) -> list[Record]:
        rows = [figures.row(key, values) for key, values in parts[name].items()]
        return [section(title, rows)] if rows else []

    def total(label: str, values: Sequence[int]) -> Record:
        return section("", [summary(label, figures.texts(values))])

    rows = [
        header("Account", *(f"{end:%b-%y}" for end in ends)),
        *block(words.income, "income"),
        *block(words.direct_costs, "direct"),
        total("Gross Profit", gross),
        *block(words.other_income, "other"),
        *block(words.overheads, "over"),
        total("Total Expenses", totals["over"]),
        total("Net Profit", net),
    ]
    span = f"{first:%B %Y} to {ends[-1]:%B %Y}"
    titles = ["Budget Summary", figures.organisation["Name"], span]
    made = report("BudgetSummary", "Budget Summary", titles, today, rows)
    made["ReportTitles"][0] = "Overall Budget"
    return made


def _planned(figures: Figures, first: date, size: int, count: int) -> dict[str, list[int]]:
    """Each account's planned amount per period, in minor units."""
    months = {f"{months_back(first, -back):%Y-%m}": back // size for back in range(size * count)}
    found: dict[str, list[int]] = {}
    for budget in figures.store.all("Budgets"):
        for line in budget.get("BudgetLines") or () if budget.get("Type") == "OVERALL" else ():
            key = str(line.get("AccountID"))
            if key not in figures.accounts:
                continue
            values = found.setdefault(key, [0] * count)
            for balance in line.get("BudgetBalances") or ():
                place = months.get(str(balance.get("Period")))
                if place is not None:
                    values[place] += to_minor(stored(balance.get("Amount")), figures.currency)
    return {key: found[key] for key in figures.accounts if key in found}


def ten_ninety_nine(figures: Figures, asked: Asked, today: date) -> Record:
    """The form 1099 of a US organisation: nobody in these books is paid on one.

    Raises ApiError 400 elsewhere.
    """
    if figures.organisation.get("CountryCode") != "US":
        raise refusal("The 1099 report is for organisations in the United States only")
    year = asked.text("reportYear") or str(today.year - 1)
    if not year.isdecimal():
        raise refusal("The reportYear parameter must be a year")
    span = f"1 Jan {year} to 31 Dec {year}"
    return {"ReportName": "1099-NEC report", "ReportDate": span, "Fields": [], "Contacts": []}
