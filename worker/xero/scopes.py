"""Which scope each endpoint needs, so that a refusal can name the one to tick (fact sheet 1.4)."""

from __future__ import annotations

_SCOPES = {
    "Organisation": "accounting.settings",
    "Accounts": "accounting.settings",
    "TaxRates": "accounting.settings",
    "TrackingCategories": "accounting.settings",
    "Currencies": "accounting.settings",
    "Contacts": "accounting.contacts",
    "Invoices": "accounting.invoices",
    "CreditNotes": "accounting.invoices",
    "Payments": "accounting.payments",
    "BatchPayments": "accounting.payments",
    "Overpayments": "accounting.payments",
    "Prepayments": "accounting.payments",
    "BankTransactions": "accounting.banktransactions",
    "BankTransfers": "accounting.banktransactions",
    "Reports/ProfitAndLoss": "accounting.reports.profitandloss",
    "Reports/BalanceSheet": "accounting.reports.balancesheet",
    "Reports/TrialBalance": "accounting.reports.trialbalance",
    "Reports/BankSummary": "accounting.reports.banksummary",
    "Reports/BudgetSummary": "accounting.reports.budgetsummary",
    "Reports/ExecutiveSummary": "accounting.reports.executivesummary",
    "Reports/AgedReceivablesByContact": "accounting.reports.aged",
    "Reports/AgedPayablesByContact": "accounting.reports.aged",
    "Reports/TenNinetyNine": "accounting.reports.tenninetynine",
}


def scope_for(path: str, *, writes: bool) -> str:
    """The granular scope for a path under the API root; "" where none is known."""
    plain = path.partition("?")[0].strip("/")
    pieces = plain.split("/")
    name = "/".join(pieces[:2]) if pieces[0] == "Reports" else pieces[0]
    scope = _SCOPES.get(name, "")
    return scope if writes or not scope else f"{scope}.read"
