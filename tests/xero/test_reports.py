"""Reports come out flat, joined by account id, with totals marked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.xero.desk import BANK, Desk, answer
from worker.errors import TryLater


def _row(kind: str, label: str, *values: str, account: str = "") -> dict[str, Any]:
    attributes = [{"Id": "account", "Value": account.upper()}] if account else []
    first = {"Value": label, "Attributes": attributes}
    return {"RowType": kind, "Cells": [first, *({"Value": value} for value in values)]}


PROFIT = {
    "ReportName": "Profit and Loss",
    "ReportTitles": ["Profit and Loss", "Harbour Tools Ltd", "1 March 2026 to 31 March 2026"],
    "ReportDate": "31 March 2026",
    "Rows": [
        _row("Header", "", "31 Mar 26", "28 Feb 26"),
        {"RowType": "Section", "Title": "Income", "Rows": []},
        {
            "RowType": "Section",
            "Title": "Turnover",
            "Rows": [
                _row("Row", "Sales", "1250.50", "", account=BANK),
                _row("SummaryRow", "Total Turnover", "1250.50", "0.00"),
            ],
        },
        {"RowType": "Section", "Title": "", "Rows": [_row("Row", "Net Profit", "-12.00", "12.5%")]},
    ],
}


def test_a_report_is_one_list_of_rows_with_its_sections_and_totals() -> None:
    desk = Desk(answer("Reports", [PROFIT]))

    found = desk.ledger.report("ProfitAndLoss", {"fromDate": "2026-03-01"})

    assert (found.name, found.columns) == ("ProfitAndLoss", ("31 Mar 26", "28 Feb 26"))
    assert found.as_of == date(2026, 3, 31)
    assert [(r.section, r.label, r.account_id, r.amounts, r.is_total) for r in found.rows] == [
        ("Turnover", "Sales", BANK, (Decimal("1250.50"), None), False),
        ("Turnover", "Total Turnover", "", (Decimal("1250.50"), Decimal("0.00")), True),
        ("", "Net Profit", "", (Decimal("-12.00"), None), True),
    ]
    assert '"Profit and Loss"' in found.raw
    assert desk.script.requests[0].url.query == b"fromDate=2026-03-01"


def test_a_bank_account_in_an_untitled_section_is_no_total() -> None:
    summary = {
        "Rows": [
            {"RowType": "Section", "Title": "", "Rows": [_row("Row", "Main", "1", account=BANK)]}
        ]
    }

    (row,) = Desk(answer("Reports", [summary])).ledger.report("BankSummary", {}).rows

    assert not row.is_total


def test_an_answer_without_the_report_is_asked_for_later() -> None:
    with pytest.raises(TryLater, match="without the report"):
        Desk(answer("Reports", [])).ledger.report("BankSummary", {})
