"""The completeness line, and the reasons a month is still a draft."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.reports.report_samples import MARCH, TODAY, a_coverage, march, states
from worker.books.reports import TieOut
from worker.reports.completeness import completeness
from worker.reports.digest import draft_reasons


def test_the_sentence_says_what_is_not_in_the_profit_figure() -> None:
    assert march().sentence == (
        "March bank lines: 412 of 431 are in the books; 19 (in £3,100.00, out £7,420.00) are not "
        "in this profit figure. Last bank day: 090 Business Account 31 March 2026 and "
        "092 Card 28 March 2026."
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "March bank lines: all 12 are in the books. Last bank day: 31 March 2026."),
        (
            {"waiting": 1, "waiting_out": Decimal(5)},
            "March bank lines: 12 of 13 are in the books; 1 (out £5.00) is not in this profit "
            "figure. Last bank day: 31 March 2026.",
        ),
        (
            {"in_books": 0, "last_bank_day": None},
            "No March bank lines were seen: this profit figure rests on Xero alone. "
            "Last bank day: 090 Business Account none seen.",
        ),
    ],
)
def test_the_sentence_in_other_months(changes: dict[str, object], sentence: str) -> None:
    assert completeness(MARCH, [a_coverage(**changes)]).sentence == sentence


def test_money_waiting_is_never_added_across_currencies() -> None:
    found = completeness(
        MARCH,
        [
            a_coverage(waiting=1, waiting_in=Decimal(10)),
            a_coverage("EUR account", currency="EUR", waiting=1, waiting_in=Decimal(7)),
        ],
    )

    assert "in €7.00, in £10.00" in found.sentence


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"last_bank_day": date(2026, 3, 30)}, "is seen only to 30 March 2026"),
        ({"last_bank_day": None}, "no statement seen"),
        ({"continuity": "gap", "continuity_note": "9 to 11 March"}, "a gap (9 to 11 March)"),
        ({"waiting": 2}, "2 bank lines are not in the books"),
    ],
)
def test_what_is_open_makes_the_month_a_draft(changes: dict[str, object], reason: str) -> None:
    reasons = completeness(MARCH, [a_coverage(**changes)]).reasons

    assert len(reasons) == 1
    assert reason in reasons[0]


def test_a_month_that_is_complete_and_ties_is_no_draft() -> None:
    unprovable = TieOut("bank 092", "not provable", Decimal(0), None, "GBP")

    assert draft_reasons(completeness(MARCH, [a_coverage()]), [unprovable]) == ()


def test_postings_on_the_way_locked_lines_and_differences_are_reasons() -> None:
    different = TieOut("receivables", "different", Decimal(1), Decimal(0), "GBP")
    complete = completeness(MARCH, [a_coverage(last_bank_day=TODAY)])

    assert states((different,)) == ["different"]
    assert draft_reasons(complete, [different], in_flight=1, locked=3, others=["x"]) == (
        "1 posting is on the way",
        "3 lines are blocked by a lock or a filed tax period",
        "the tie-out of receivables differs",
        "x",
    )
