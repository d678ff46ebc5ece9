"""What clients ask for beside the books: settings of little effect, and lists that stay empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from worker.sandbox.errors import refusal
from worker.sandbox.wire import Record, day_of

# Read by whole-book clients; this organisation has none of them.
EMPTY = {
    "linkedtransactions": "LinkedTransactions",
    "expenseclaims": "ExpenseClaims",
    "receipts": "Receipts",
    "employees": "Employees",
}


def fixed(parts: Sequence[str]) -> tuple[str, list[Record]] | None:
    """(plural, records) of a GET whose answer no write changes; None for other paths."""
    if len(parts) == 1 and parts[0] in EMPTY:
        return EMPTY[parts[0]], []
    if list(parts) == ["invoicereminders", "settings"]:
        return "InvoiceReminders", [{"Enabled": False}]
    if len(parts) == 3 and parts[0] == "organisation" and parts[2] == "cissettings":
        settings = {"CISContractorEnabled": False, "CISSubContractorEnabled": False}
        return "CISSettings", [settings]
    return None


def budgets_within(records: Sequence[Record], params: Mapping[str, str]) -> list[Record]:
    """Budgets with the balances of the months asked for; without both ends, with no lines.

    Raises ApiError 400 for a date that is none.
    """
    try:
        first, last = day_of(params.get("datefrom")), day_of(params.get("dateto"))
    except ValueError:
        raise refusal("DateFrom and DateTo must be dates") from None
    return [_within(record, first, last) for record in records]


def _within(record: Record, first: date | None, last: date | None) -> Record:
    if first is None or last is None:
        return {key: value for key, value in record.items() if key != "BudgetLines"}
    low, high = f"{first:%Y-%m}", f"{last:%Y-%m}"
    lines = [
        {
            **line,
            "BudgetBalances": [
                balance
                for balance in line.get("BudgetBalances") or ()
                if low <= str(balance.get("Period")) <= high
            ],
        }
        for line in record.get("BudgetLines") or ()
    ]
    return {**record, "BudgetLines": lines}
