"""Do the reports agree with one another, on both bases, with and without a revaluation?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from worker.sandbox.reports import render
from worker.sandbox.reports_figures import Figures, month_end
from worker.sandbox.store import Store
from worker.sandbox.wire import Record


def reports_agree(store: Store) -> Iterator[str]:
    """Profit for the year is the balance sheet's; both sides of each report are equal."""
    last = store.rows("SELECT MAX(date) FROM ledger_line")[0][0]
    if last is None:
        return
    day = date.fromisoformat(last)
    for basis, extra in (("accrual", {}), ("cash", {"paymentsOnly": "true"})):
        yield from _agree(store, day, basis, extra)
    base = store.organisation().get("BaseCurrency", "GBP")
    foreign = store.rows("SELECT 1 FROM ledger_line WHERE currency <> ? LIMIT 1", (base,))
    if foreign and month_end(day) != day:
        yield from _agree(store, month_end(day), "revalued", {})


def _agree(store: Store, day: date, basis: str, extra: dict[str, str]) -> Iterator[str]:
    params = {"date": day.isoformat(), **extra}
    balance = render(store, "BalanceSheet", params, day)
    net, equity = _cell(balance, "Net Assets", 1), _cell(balance, "Total Equity", 1)
    if net != equity:
        yield f"the {basis} balance sheet has net assets of {net} but equity of {equity}"
    earned, profit = _cell(balance, "Current Year Earnings", 1), _year_profit(store, day, extra)
    if profit != earned:
        yield (
            f"{basis} profit for the year is {profit}, the balance sheet's current year "
            f"earnings are {earned}"
        )
    trial = render(store, "TrialBalance", params, day)
    for debit, title in ((1, "month"), (3, "year to date")):
        left, right = _cell(trial, "Total", debit), _cell(trial, "Total", debit + 1)
        if left != right:
            yield f"the {basis} trial balance's {title} debits are {left}, its credits {right}"


def _year_profit(store: Store, day: date, extra: dict[str, str]) -> Decimal:
    """The last figure of the profit and loss for the financial year up to `day`."""
    first = Figures(store, cash=bool(extra)).year_start(day)
    params = {"fromDate": first.isoformat(), "toDate": day.isoformat(), **extra}
    made = render(store, "ProfitAndLoss", params, day)
    return Decimal(made["Rows"][-1]["Rows"][-1]["Cells"][1]["Value"])


def _cell(report: Record, label: str, column: int) -> Decimal:
    for block in report["Rows"]:
        for row in block.get("Rows") or ():
            if row["Cells"][0]["Value"] == label:
                return Decimal(row["Cells"][column]["Value"])
    raise LookupError(f"{report['ReportID']} has no row '{label}'")
