"""Rules 17 and 19: what foreign balances are worth at a month-end, which no record shows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.sandbox.any_order import a_desk
from tests.sandbox.desk import Desk, a_bill, a_line, bank_money
from worker.sandbox.check import check

D = Decimal


@pytest.fixture
def desk() -> Iterator[Desk]:
    """EUR 120 owed by a customer at 1.20; by 31 March a euro buys more: 1.00 to the pound."""
    found = a_desk()
    line = a_line("120.00", TaxType="NONE")
    euro = {"CurrencyCode": "EUR", "LineItems": [line]}
    found.invoice(**euro, CurrencyRate="1.2", Date="2026-03-02")
    found.invoice(**(euro | {"LineItems": [a_line("1.00", TaxType="NONE")]}), CurrencyRate="1.0",
                  Date="2026-03-30")  # fmt: skip
    yield found
    found.close()


def cells(desk: Desk, report: str, label: str, **params: str) -> list[str]:
    """The amounts beside a label; empty where the report has no such row."""
    (made,) = desk.get(f"Reports/{report}", **params).json()["Reports"]
    for block in made["Rows"][1:]:
        for row in block["Rows"]:
            if row["Cells"][0]["Value"] == label:
                return [cell["Value"] for cell in row["Cells"][1:]]
    return []


@pytest.mark.parametrize(
    ("day", "receivable"),
    [
        ("2026-03-29", "100.00"),
        ("2026-03-30", "101.00"),
        ("2026-03-31", "121.00"),
        ("2026-04-01", "101.00"),
        ("2026-04-30", "121.00"),
    ],
)
def test_rule_19_the_balance_sheet_revalues_at_month_end_and_takes_it_back(
    desk: Desk, day: str, receivable: str
) -> None:
    assert cells(desk, "BalanceSheet", "Accounts Receivable", date=day) == [receivable]


@pytest.mark.parametrize(
    ("first", "last", "gain"),
    [
        ("2026-03-01", "2026-03-31", "-20.00"),
        ("2026-04-01", "2026-04-29", "20.00"),
        ("2026-04-01", "2026-04-30", "0.00"),
        ("2026-03-01", "2026-03-30", None),
    ],
)
def test_rule_19_profit_has_the_unrealised_gain_of_its_last_day_less_that_before_its_first(
    desk: Desk, first: str, last: str, gain: str | None
) -> None:
    found = cells(desk, "ProfitAndLoss", "Unrealised Currency Gains", fromDate=first, toDate=last)

    assert found == ([] if gain in (None, "0.00") else [gain])


def test_rule_19_the_trial_balance_has_both_sides_of_the_revaluation(desk: Desk) -> None:
    label = "Unrealised Currency Gains (498)"

    assert cells(desk, "TrialBalance", label, date="2026-03-31") == ["", "20.00", "", "20.00"]
    assert cells(desk, "TrialBalance", label, date="2026-03-30") == []


def test_rule_17_nothing_of_the_revaluation_is_posted_or_owed(desk: Desk) -> None:
    assert desk.balance("DEBTORS") == 101
    assert desk.balance("UNREALISEDCURRENCYGAIN") == 0
    assert check(desk.store) == []


def test_rule_17_a_gain_once_realised_is_unrealised_no_more(desk: Desk) -> None:
    (invoice,) = desk.listed("Invoices", where="Total==120")
    desk.pay(invoice, "120.00", Date="2026-03-30", CurrencyRate="1.0")

    assert desk.balance("REALISEDCURRENCYGAIN") == -20
    assert cells(desk, "BalanceSheet", "Accounts Receivable", date="2026-03-31") == ["1.00"]


def test_rule_19_payables_and_bank_accounts_are_revalued_too(desk: Desk) -> None:
    euro = {"CurrencyCode": "EUR", "CurrencyRate": "1.2", "Date": "2026-03-02"}
    desk.made("Invoices", a_bill("60.00", **euro, LineAmountTypes="NoTax"))
    money = {"BankAccount": {"Code": "095"}, "CurrencyRate": "1.2", "Date": "2026-03-02"}
    desk.made("BankTransactions", bank_money("RECEIVE", "36.00", **money, LineAmountTypes="NoTax"))

    def at(label: str, day: str) -> list[str]:
        return cells(desk, "BalanceSheet", label, date=day)

    assert (at("Accounts Payable", "2026-03-30"), at("Accounts Payable", "2026-03-31")) == (
        ["50.00"],
        ["60.00"],
    )
    assert (at("Euro", "2026-03-30"), at("Euro", "2026-03-31")) == (["30.00"], ["36.00"])
    gains = cells(
        desk, "ProfitAndLoss", "Bank Revaluations", fromDate="2026-03-01", toDate="2026-03-31"
    )
    assert gains == ["-6.00"]
    assert check(desk.store) == []


def test_rule_19_the_cash_view_revalues_banks_and_no_debtors(desk: Desk) -> None:
    found = cells(
        desk, "BalanceSheet", "Accounts Receivable", date="2026-03-31", paymentsOnly="true"
    )

    assert found == []


def test_rule_19_the_bank_summary_stays_as_booked(desk: Desk) -> None:
    money = {"BankAccount": {"Code": "095"}, "CurrencyRate": "1.2", "Date": "2026-03-02"}
    desk.made("BankTransactions", bank_money("RECEIVE", "36.00", **money, LineAmountTypes="NoTax"))
    found = cells(desk, "BankSummary", "Euro", fromDate="2026-03-01", toDate="2026-03-31")

    assert found == ["0.00", "30.00", "0.00", "30.00"]
