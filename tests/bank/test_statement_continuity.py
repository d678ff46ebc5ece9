"""Statements in a row prove that nothing is missing, show where it is, or prove nothing."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.bank.builders import a_line, a_statement
from worker.bank.continuity import continuity
from worker.books.records import Statement


def span(first: int, last: int, opening: str | None, closing: str | None, **more: Any) -> Statement:
    """Days of March with these balances, and one line on the last day that leads to the closing."""
    lines = []
    if opening is not None and closing is not None:
        lines = [a_line(last, str(Decimal(closing) - Decimal(opening)))]
    values: dict[str, Any] = {
        "opening": None if opening is None else Decimal(opening),
        "closing": None if closing is None else Decimal(closing),
        "start": date(2026, 3, first),
        "end": date(2026, 3, last),
    }
    return a_statement(lines, **(values | more))


@pytest.mark.parametrize(
    ("statements", "state"),
    [
        ([], "not provable"),
        ([span(1, 9, "0", "5")], "proved"),
        ([span(1, 9, "0", "5"), span(10, 20, "5", "7")], "proved"),
        ([span(10, 20, "5", "7"), span(1, 9, "0", "5")], "proved"),
        ([span(1, 9, "0", "5"), span(10, 20, "6", "7")], "gap"),
        ([span(1, 9, "0", "5"), span(25, 31, "5", "7")], "proved"),
        ([span(1, 9, "0", "5"), span(1, 9, "0", "5")], "proved"),
        ([span(1, 9, "0", "5"), span(9, 20, "5", "7")], "proved"),
        ([span(1, 9, "0", "5"), span(9, 20, "0", "7")], "proved"),
        ([span(1, 20, "0", "5"), span(5, 9, "0", "0"), span(21, 31, "5", "7")], "proved"),
        ([span(1, 20, "0", "5"), span(5, 9, "4", "4")], "gap"),
        ([span(1, 9, "0", "5"), span(10, 20, None, None)], "not provable"),
        ([span(1, 9, None, "5"), span(10, 20, "9", "9")], "not provable"),
        ([span(1, 9, "0", "5"), span(10, 12, None, None), span(13, 20, "9", "9")], "not provable"),
    ],
)
def test_each_statement_must_open_with_what_the_one_before_closed_with(
    statements: list[Statement], state: str
) -> None:
    assert continuity(statements).state == state


def test_a_gap_names_the_days_and_both_balances() -> None:
    found = continuity([span(1, 9, "0", "5"), span(15, 20, "6", "7")])
    (gap,) = found.gaps

    assert (gap.after, gap.before) == (date(2026, 3, 9), date(2026, 3, 15))
    assert (gap.expected, gap.found) == (Decimal(5), Decimal(6))
    assert "between 2026-03-09 and 2026-03-15" in gap.sentence
    assert found.last_day == date(2026, 3, 20)


def test_a_statement_that_begins_within_a_day_of_another_joins_it_there() -> None:
    lines = [a_line(4, "1.00"), a_line(5, "2.00"), a_line(5, "3.00"), a_line(6, "4.00")]
    whole = a_statement(lines, opening=Decimal(0), closing=Decimal(10))
    later = a_statement(lines[2:], opening=Decimal(3), closing=Decimal(10))
    wrong = a_statement(lines[2:], opening=Decimal(2), closing=Decimal(9))

    assert continuity([whole, later]).state == "proved"
    assert continuity([whole, wrong]).state == "gap"


@pytest.mark.parametrize(
    ("every", "start", "holes"),
    [(1, 14, 0), (1, 16, 1), (4, 20, 0), (4, 24, 1)],
)
def test_a_hole_longer_than_the_accounts_rhythm_warns(every: int, start: int, holes: int) -> None:
    first = a_statement([a_line(day, "1.00") for day in range(1, 10, every)])
    then = a_statement([a_line(day, "1.00") for day in range(start, 32, every)])
    found = continuity([first, then])

    assert (found.state, len(found.holes)) == ("not provable", holes)
    if holes:
        assert "2026-03-09 and 2026-03" in found.holes[0].sentence


def test_balances_that_join_prove_that_a_hole_is_empty() -> None:
    assert continuity([span(1, 5, "0", "5"), span(28, 31, "5", "6")]).holes == ()
