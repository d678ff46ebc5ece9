"""Tie-outs in their three states, each with the sentence that says why."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.reports.report_samples import (
    TODAY,
    a_balance_sheet,
    a_credit,
    a_month,
    a_report,
    an_invoice,
    receivables,
    row,
)
from worker.reports.tie_outs import (
    AGREES,
    bank_tie_out,
    payables_tie_out,
    profit_tie_out,
    receivables_tie_out,
)

DEBTORS = {"a-debtors"}


@pytest.mark.parametrize(
    ("control", "state", "difference"),
    [("93.00", "agrees", "0"), ("100.00", "different", "-7"), (None, "different", "93")],
)
def test_receivables_tie_to_the_control_account(
    control: str | None, state: str, difference: str
) -> None:
    owed = receivables(
        an_invoice(),
        a_credit("OVER-1", "7.00", kind="overpayment"),
        a_credit("PRE-1", "40.00", kind="prepayment"),
    )
    tie_out = receivables_tie_out(owed, a_balance_sheet(control, "0.00"), DEBTORS)

    assert (tie_out.state, tie_out.difference) == (state, Decimal(difference))
    assert (AGREES in tie_out.note) == (state == "agrees")


@pytest.mark.parametrize("column", ["", "31 March 2026", "31 Mar 2026", "Mar-26", "99 Mar 2026"])
def test_a_balance_sheet_headed_otherwise_is_taken_as_asked_for(column: str) -> None:
    sheet = a_balance_sheet("100.00", "0.00", column)

    assert receivables_tie_out(receivables(an_invoice()), sheet, DEBTORS).state == "agrees"


def test_a_control_account_left_out_of_the_balance_sheet_is_zero() -> None:
    tie_out = receivables_tie_out(receivables(), a_balance_sheet(None, "0.00"), DEBTORS)

    assert (tie_out.state, tie_out.ledger) == ("agrees", 0)


@pytest.mark.parametrize(
    ("sheet", "accounts", "why"),
    [
        (a_balance_sheet("100.00", "0.00"), set(), "no control account"),
        (a_balance_sheet("100.00", "0.00", "28 Feb 2026"), DEBTORS, "as at 28 February 2026"),
        (a_report("BalanceSheet"), DEBTORS, "without figures"),
    ],
)
def test_receivables_that_cannot_be_compared_say_why(sheet, accounts, why) -> None:
    tie_out = receivables_tie_out(receivables(an_invoice()), sheet, accounts)

    assert (tie_out.state, tie_out.ledger, tie_out.difference) == ("not provable", None, None)
    assert why in tie_out.note


@pytest.mark.parametrize(("control", "state"), [("150.00", "agrees"), ("152.50", "not provable")])
def test_what_may_be_revaluation_is_printed_as_such(control: str, state: str) -> None:
    euro = an_invoice("INV-2", "58.00", currency="EUR", currency_rate=Decimal("1.16"))
    owed = receivables(an_invoice(), euro)
    tie_out = receivables_tie_out(owed, a_balance_sheet(control, "0.00"), DEBTORS)

    assert (tie_out.state, tie_out.ours) == (state, 150)
    assert ("€58.00 at the documents' own rates", Decimal("50.00")) in tie_out.items
    if state == "not provable":
        assert "revalues" in tie_out.note
        assert "£2.50" in tie_out.note


def test_a_foreign_document_without_a_rate_cannot_be_tied() -> None:
    owed = receivables(an_invoice(currency="USD"))
    tie_out = receivables_tie_out(owed, a_balance_sheet("70.00", "0.00"), DEBTORS)

    assert tie_out.state == "not provable"
    assert "USD" in tie_out.note


def test_payables_tie_to_theirs() -> None:
    owed = receivables(an_invoice("BILL-1", side="payable"), side="payable")
    sheet = a_report("BalanceSheet", row("Current Liabilities", "Creditors", "100.00", "a-cred"))
    tie_out = payables_tie_out(owed, sheet, {"a-cred"})

    assert (tie_out.name, tie_out.state) == ("payables", "agrees")


@pytest.mark.parametrize(
    ("closing", "ledger", "opening", "state", "ours", "theirs"),
    [
        ("1090.00", "1000.00", "0", "agrees", "1090", "1090"),
        ("1095.00", "1000.00", "5", "agrees", "1095", "1095"),
        ("1090.01", "1000.00", "0", "different", "1090.01", "1090"),
        (None, "1000.00", "0", "not provable", "1090", None),
        ("1090.00", None, "0", "not provable", "1090", None),
    ],
)
def test_the_banks_closing_balance_follows_from_the_ledgers(
    closing: str | None, ledger: str | None, opening: str, state: str, ours: str, theirs: str | None
) -> None:
    tie_out = bank_tie_out(
        "090 Main",
        "GBP",
        Decimal(closing) if closing else None,
        TODAY,
        Decimal(ledger) if ledger else None,
        in_ledger_not_at_bank=[("cheque 7", Decimal("-150"))],
        at_bank_not_in_ledger=[("in", Decimal("40")), ("out", Decimal("-100"))],
        opening_difference=Decimal(opening),
    )

    assert (tie_out.state, tie_out.ours) == (state, Decimal(ours))
    assert tie_out.ledger == (None if theirs is None else Decimal(theirs))
    if ledger:
        way = sum(amount for _, amount in tie_out.items)
        assert way == 1090 + Decimal(opening)


@pytest.mark.parametrize(
    ("earnings", "state"), [("70.00", "agrees"), ("71.00", "different"), (None, "not provable")]
)
def test_profit_to_date_ties_to_current_year_earnings(earnings: str | None, state: str) -> None:
    sheet = a_balance_sheet("0.00", earnings or "0.00")
    if earnings is None:
        sheet = a_report("BalanceSheet", row("", "Net Assets", "70.00"))

    assert profit_tie_out(a_month("100", "10", "20"), sheet, "GBP").state == state


def test_current_year_earnings_are_found_under_any_name_when_they_are_no_real_account() -> None:
    sheet = a_report(
        "BalanceSheet",
        row("", "Nettovermögen", "999.00"),
        row("Eigenkapital", "Gewinnvortrag", "1.00", "a-retained"),
        row("Eigenkapital", "Jahresüberschuss", "70.00"),
        row("Eigenkapital", "Summe", "71.00", total=True),
    )

    assert profit_tie_out(a_month("100", "10", "20"), sheet, "GBP").state == "agrees"


def test_a_profit_and_loss_without_a_result_proves_nothing() -> None:
    tie_out = profit_tie_out(a_report("ProfitAndLoss"), a_balance_sheet("0.00", "1.00"), "GBP")

    assert tie_out.state == "not provable"
