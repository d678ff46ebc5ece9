from __future__ import annotations

from decimal import Decimal

import pytest

from worker.books.reports import LedgerReport, ReportRow
from worker.reports.profit_rows import section_signs, take_apart


def report(*rows: tuple[str, str, str]) -> LedgerReport:
    """(section, label, amount); a label "total" is the section's subtotal, no section a result."""
    made = []
    for section, label, amount in rows:
        total = label == "total"
        account = "" if total or not section else label
        made.append(ReportRow(section, label, account, (Decimal(amount),), total))
    return LedgerReport("ProfitAndLoss", (), ("March",), tuple(made), "{}")


UNITED_KINGDOM = report(
    ("Turnover", "sales", "100"),
    ("Cost of Sales", "goods", "40"),
    ("", "Gross Profit", "60"),
    ("Administrative Costs", "rent", "25"),
    ("", "Operating Profit", "35"),
    ("Other Income", "interest", "5"),
    ("", "Profit after Taxation", "40"),
)
FRANCE = report(
    ("Ventes", "ventes", "100"),
    ("Achats", "achats", "40"),
    ("", "Marge brute", "60"),
    ("Charges", "loyer", "25"),
    ("", "Résultat net", "35"),
)
QUIET = report(
    ("Income", "sales", "100"),
    ("Less Cost of Sales", "goods", "0"),
    ("", "Gross Profit", "100"),
)


@pytest.mark.parametrize(
    ("reports", "signs"),
    [
        (
            [UNITED_KINGDOM],
            {"Turnover": 1, "Cost of Sales": -1, "Administrative Costs": -1, "Other Income": 1},
        ),
        ([FRANCE], {"Ventes": 1, "Achats": -1, "Charges": -1}),
        ([QUIET], {"Income": 1, "Less Cost of Sales": -1}),
    ],
)
def test_a_section_takes_away_or_adds_as_the_results_prove(
    reports: list[LedgerReport], signs: dict[str, int]
) -> None:
    assert section_signs([take_apart(each) for each in reports]) == signs


def test_what_one_period_leaves_open_another_decides() -> None:
    empty = report(("Ventes", "ventes", "0"), ("Achats", "achats", "0"), ("", "Marge", "0"))

    found = section_signs([take_apart(empty), take_apart(FRANCE)])

    assert (found["Ventes"], found["Achats"]) == (1, -1)


def test_a_report_that_adds_up_with_these_signs_has_no_faults() -> None:
    taken = take_apart(UNITED_KINGDOM)

    assert list(taken.faults(section_signs([taken]))) == []


def test_a_result_that_no_signs_give_is_told() -> None:
    wrong = take_apart(report(("Turnover", "sales", "100"), ("", "Profit", "93")))

    assert list(wrong.faults(section_signs([wrong]))) == [("Profit", Decimal("-7"))]
