"""Bank summary and executive summary: what the bank accounts took in and paid out.

These are the ledger's figures; nobody can read the bank's own balance through Xero.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from worker.sandbox.reports_figures import Asked, Figures, month_end, months_back
from worker.sandbox.reports_rows import header, long_day, report, row, section, summary, text
from worker.sandbox.wire import Record, rounded


def bank_summary(figures: Figures, asked: Asked, today: date) -> Record:
    """Per bank account: opening balance, cash received, cash spent, closing balance.

    As it was booked: the four columns have no place for a revaluation.
    """
    first, last = asked.span(today)
    opening = figures.posted(None, first - timedelta(1))
    moved = _received_and_spent(figures, first, last)
    rows, totals = [], [0, 0, 0, 0]
    for key, account in figures.accounts.items():
        if account.get("Type") != "BANK":
            continue
        received, spent = moved.get(key, (0, 0))
        before = opening.get(key, 0)
        values = [before, received, spent, before + received - spent]
        totals = [a + b for a, b in zip(totals, values, strict=True)]
        texts = [text(value, figures.currency) for value in values]
        rows.append(row(str(account["Name"]), texts, ("accountID", key)))
    rows.append(summary("Total", [text(value, figures.currency) for value in totals]))
    titles = [figures.organisation["Name"], f"From {long_day(first)} to {long_day(last)}"]
    columns = ("Bank Accounts", "Opening Balance", "Cash Received", "Cash Spent", "Closing Balance")
    return report(
        "BankSummary", "Bank Summary", titles, today, [header(*columns), section("", rows)]
    )


def _received_and_spent(figures: Figures, first: date, last: date) -> dict[str, tuple[int, int]]:
    """Money in and out per bank account, each record once.

    A record that was undone has posted its reversal on the same day: together they moved nothing.
    """
    found = figures.store.rows(
        "SELECT account_id, SUM(MAX(moved, 0)), SUM(MAX(-moved, 0)) FROM ("
        " SELECT account_id, SUM(amount) AS moved FROM ledger_line"
        " WHERE basis IN ('both', ?) AND date >= ? AND date <= ?"
        " GROUP BY account_id, source_id, date) GROUP BY account_id",
        (figures.view, first.isoformat(), last.isoformat()),
    )
    return {account_id: (received, spent) for account_id, received, spent in found}


def executive_summary(figures: Figures, asked: Asked, today: date) -> Record:
    """The month beside the one before it, with the change in percent."""
    day = asked.day("date") or today
    this, before = (
        _month(figures, day.replace(day=1), month_end(day)),
        _month(figures, months_back(day.replace(day=1), 1), month_end(months_back(day, 1))),
    )
    rows = [header("", f"{day:%b %Y}", f"{months_back(day, 1):%b %Y}", "Variance")]
    for title, labels in _LAYOUT:
        rows.append(
            section(title, [_beside(label, this[label], before[label]) for label in labels])
        )
    titles = [figures.organisation["Name"], f"For the month of {day:%B %Y}"]
    return report("ExecutiveSummary", "Executive Summary", titles, today, rows)


_LAYOUT = (
    ("Cash", ("Cash received", "Cash spent", "Cash surplus (deficit)", "Closing bank balance")),
    (
        "Profitability",
        (
            "Income",
            "Direct costs",
            "Gross profit (loss)",
            "Other Income",
            "Expenses",
            "Profit (loss)",
        ),
    ),
    ("Balance Sheet", ("Debtors", "Creditors", "Net assets")),
    ("Income", ("Number of invoices issued", "Average value of invoices")),
    ("Performance", ("Gross profit margin", "Net profit margin")),
)
_Figure = tuple[str, Decimal]


def _month(figures: Figures, first: date, last: date) -> dict[str, _Figure]:
    """Every figure of one month, as printed and as a number."""
    moved = _received_and_spent(figures, first, last)
    banks = [key for key, a in figures.accounts.items() if a.get("Type") == "BANK"]
    received = sum(moved.get(key, (0, 0))[0] for key in banks)
    spent = sum(moved.get(key, (0, 0))[1] for key in banks)
    sums, ever = figures.sums(first, last), figures.sums(None, last)
    income = -_of(figures, sums, ("REVENUE", "SALES"))
    other = -_of(figures, sums, ("OTHERINCOME",))
    direct = _of(figures, sums, ("DIRECTCOSTS",))
    profit = -sum(amount for key, amount in sums.items() if figures.in_profit(key))
    net_assets = sum(
        amount
        for key, amount in ever.items()
        if figures.accounts[key].get("Class") in ("ASSET", "LIABILITY")
    )
    count, total = figures.store.rows(
        "SELECT COUNT(DISTINCT source_id), COALESCE(SUM(l.amount), 0) FROM ledger_line l "
        "JOIN record r ON r.kind = 'Invoices' AND r.id = l.source_id "
        "WHERE r.type = 'ACCREC' AND r.status IN ('AUTHORISED', 'PAID') "
        "AND l.account_id = ? AND l.basis <> 'cash' AND r.date >= ? AND r.date <= ?",
        (_control(figures, "DEBTORS"), first.isoformat(), last.isoformat()),
    )[0]
    amounts = {
        "Cash received": received,
        "Cash spent": spent,
        "Cash surplus (deficit)": received - spent,
        "Closing bank balance": sum(ever.get(key, 0) for key in banks),
        "Income": income,
        "Direct costs": direct,
        "Gross profit (loss)": income - direct,
        "Other Income": other,
        "Expenses": income - direct + other - profit,
        "Profit (loss)": profit,
        "Debtors": ever.get(_control(figures, "DEBTORS"), 0),
        "Creditors": -ever.get(_control(figures, "CREDITORS"), 0),
        "Net assets": net_assets,
        "Average value of invoices": total // count if count else 0,
    }
    printed = {
        label: (text(amount, figures.currency), Decimal(amount))
        for label, amount in amounts.items()
    }
    printed["Number of invoices issued"] = (str(count), Decimal(count))
    for label, part in (
        ("Gross profit margin", income - direct),
        ("Net profit margin", profit),
    ):
        margin = Decimal(100 * part) / income if income else Decimal(0)
        printed[label] = (f"{rounded(margin, 1)}%" if income else "", margin)
    return printed


def _of(figures: Figures, sums: dict[str, int], kinds: Sequence[str]) -> int:
    return sum(a for key, a in sums.items() if figures.accounts[key].get("Type") in kinds)


def _control(figures: Figures, name: str) -> str:
    return str(figures.store.system_account(name)["AccountID"])


def _beside(label: str, now: _Figure, before: _Figure) -> Record:
    """Both months' figures and the change between them; from nothing, Xero says 0.0%."""
    change = (now[1] - before[1]) * 100 / abs(before[1]) if before[1] else Decimal(0)
    return row(label, [now[0], before[0], f"{rounded(change, 1)}%"])
