"""The ledger's profit and loss, three periods side by side, and whether it adds up."""

from __future__ import annotations

from decimal import Decimal

from tests.reports.report_samples import MARCH, a_month, a_report, row
from worker.books.reports import LedgerReport
from worker.reports.profit_and_loss import (
    AccountLine,
    ProfitAndLoss,
    Result,
    Section,
    net_profit,
    profit_and_loss,
)


def test_rows_join_by_account_even_when_renamed() -> None:
    before = a_report(
        "ProfitAndLoss",
        row("Income", "Turnover (old name)", "70.00", "a-sales"),
        row("", "Net Profit", "70.00"),
    )
    line = account(made(a_month("100", "10", "20"), before), "Sales")

    assert (line.figures.this, line.figures.previous, line.figures.change) == (100, 70, 30)


def test_an_account_of_only_one_period_is_zero_in_the_other() -> None:
    report = made(a_month("100", "10", "20"), a_month("100", "10", "20", "5"))

    assert account(report, "Interest").figures.change == Decimal(-5)


def test_a_section_of_an_earlier_period_keeps_its_place() -> None:
    before = a_report(
        "ProfitAndLoss",
        row("Income", "Sales", "100.00", "a-sales"),
        row("Less Cost of Sales", "Materials", "40.00", "a-materials"),
        row("", "Gross Profit", "60.00"),
        row("Less Operating Expenses", "Rent", "10.00", "a-rent"),
        row("", "Net Profit", "50.00"),
    )
    titles = [
        block.title if isinstance(block, Section) else block.label
        for block in made(a_month("100", "10", "20"), before).blocks
    ]

    assert titles == [
        "Income",
        "Less Cost of Sales",
        "Gross Profit",
        "Less Operating Expenses",
        "Net Profit",
    ]


def test_a_period_the_books_do_not_cover_has_no_data_rather_than_zero() -> None:
    report = made(a_month("100", "10", "20"), a_report("ProfitAndLoss", row("", "Net", "0.00")))

    assert not report.has_previous
    assert not report.has_last_year
    assert {block.total.previous for block in sections(report)} == {None}
    assert (report.net.previous, report.net.change, report.income.last_year) == (None, None, None)


def test_income_costs_and_profit_are_those_of_the_report() -> None:
    report = made(a_month("100", "10", "20", "5"), a_month("90", "10", "20"))

    assert (report.income.this, report.costs.this, report.net.this) == (105, 30, 75)
    assert report.net.previous == 60


def test_movements_come_by_their_effect_on_profit() -> None:
    report = made(a_month("100", "10", "50"), a_month("90", "10", "20"))

    assert [(m.label, m.effect) for m in report.movements] == [("Wages", -30), ("Sales", 10)]


def test_a_report_that_adds_up_says_so() -> None:
    tie_out = made(a_month("100", "10", "20"), a_month("90", "10", "20")).arithmetic

    assert (tie_out.state, tie_out.ours, tie_out.ledger) == ("agrees", 70, 70)


def test_a_wrong_result_is_named_in_whichever_period_it_is() -> None:
    tie_out = made(a_month("100", "10", "20"), a_month("90", "10", "20", net="61")).arithmetic

    assert tie_out.state == "different"
    assert "February 2026: Net Profit is off by £1.00" in tie_out.note


def test_a_subtotal_that_its_rows_do_not_give_is_named() -> None:
    report = a_report(
        "ProfitAndLoss",
        row("Income", "Sales", "100.00", "a-sales"),
        row("Income", "Total Income", "101.00", total=True),
        row("", "Net Profit", "101.00"),
    )

    assert "total of Income is off by £1.00" in made(report).arithmetic.note


def test_a_report_without_a_result_is_not_provable() -> None:
    report = a_report("ProfitAndLoss", row("Income", "Sales", "100.00", "a-sales"))

    assert made(report).arithmetic.state == "not provable"
    assert made(report).net.this == 100
    assert net_profit(report) is None


def test_gross_and_net_may_be_summary_rows_and_carry_any_name() -> None:
    report = a_report(
        "ProfitAndLoss",
        row("Income", "Sales", "100.00", "a-sales"),
        row("", "Bruttogewinn", "100.00", total=True),
        row("", "Reingewinn", "100.00", total=True),
    )

    assert net_profit(report) == 100
    assert [b.label for b in made(report).blocks if isinstance(b, Result)] == [
        "Bruttogewinn",
        "Reingewinn",
    ]


def test_an_empty_month_is_a_month_of_nothing() -> None:
    report = made(a_report("ProfitAndLoss"))

    assert (report.net.this, report.movements, report.blocks) == (0, (), ())


def made(this: LedgerReport, previous: LedgerReport | None = None) -> ProfitAndLoss:
    return profit_and_loss(MARCH, this, previous, None, "GBP", "accrual")


def sections(report: ProfitAndLoss) -> list[Section]:
    return [block for block in report.blocks if isinstance(block, Section)]


def account(report: ProfitAndLoss, label: str) -> AccountLine:
    return next(line for each in sections(report) for line in each.lines if line.label == label)
