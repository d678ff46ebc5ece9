"""The reports Xero answers under `/Reports/<Name>`, computed live from the ledger underneath."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from worker.sandbox.errors import UnknownPath
from worker.sandbox.reports_aged import aged_by_contact
from worker.sandbox.reports_bank import bank_summary, executive_summary
from worker.sandbox.reports_budget import budget_summary, ten_ninety_nine
from worker.sandbox.reports_figures import Asked, Figures
from worker.sandbox.reports_position import balance_sheet, trial_balance
from worker.sandbox.reports_profit import profit_and_loss
from worker.sandbox.store import Store
from worker.sandbox.wire import Record

REPORTS: dict[str, Callable[[Figures, Asked, date], Record]] = {
    "ProfitAndLoss": profit_and_loss,
    "BalanceSheet": balance_sheet,
    "TrialBalance": trial_balance,
    "BankSummary": bank_summary,
    "ExecutiveSummary": executive_summary,
    "BudgetSummary": budget_summary,
    "TenNinetyNine": ten_ninety_nine,
    "AgedReceivablesByContact": partial(aged_by_contact, receivable=True),
    "AgedPayablesByContact": partial(aged_by_contact, receivable=False),
}


def render(store: Store, name: str, params: Mapping[str, str], today: date) -> Record:
    """The report `name` as one element of the answer's `Reports` list (fact sheet 7.1).

    `params` are Xero's own, in any case; `today` is the organisation's day. Raises ApiError: 404
    for a report that does not exist, 400 for a parameter that cannot be used.
    """
    make = {known.lower(): function for known, function in REPORTS.items()}.get(name.lower())
    if make is None:
        raise UnknownPath()
    asked = Asked(params)
    with store.reading():
        return make(Figures(store, cash=asked.flag("paymentsOnly")), asked, today)
