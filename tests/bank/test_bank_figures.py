"""Amounts and days are read exactly or not at all."""

from datetime import date
from decimal import Decimal

import pytest

from worker.bank.figures import amount_of, booked_day, day_of, moved
from worker.errors import Refused


@pytest.mark.parametrize(
    ("text", "decimal", "amount"),
    [
        ("1234.56", ".", "1234.56"),
        ("1,234.56", ".", "1234.56"),
        ("1.234,56", ",", "1234.56"),
        ("1 234,56", ",", "1234.56"),
        ("1\u202f234,56", ",", "1234.56"),
        ("1'234.56", ".", "1234.56"),
        ("12,34,567.00", ".", "1234567.00"),
        ("(12.00)", ".", "-12.00"),
        ("12.00-", ".", "-12.00"),
        ("- 12.00", ".", "-12.00"),
        ("\u221212.00", ".", "-12.00"),
        ("+12.00", ".", "12.00"),
        ("12.00 CR", ".", "12.00"),
        ("12.00DR", ".", "-12.00"),
        ("£12.00", ".", "12.00"),
        ("-£12.00", ".", "-12.00"),
        ("12.00 GBP", ".", "12.00"),
        (".50", ".", "0.50"),
        ("7", ",", "7.00"),
        ("12.5000", ".", "12.50"),
        ("1.234", ",", "1234.00"),
    ],
)
def test_an_amount_is_read_in_its_declared_style(text: str, decimal: str, amount: str) -> None:
    found = amount_of(text, decimal=decimal, currency="GBP")

    assert (found, str(found)) == (Decimal(amount), amount)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("12x50", "."), ("12..34", "."), ("1,23.45", "."), ("12.50", ","),
        ("1,2345.00", "."), ("12.", "."), ("", "."), ("-", "."), ("NaN", "."), ("Infinity", "."),
        ("1e5", "."), ("1_000.00", "."), ("١٢٣", "."), ("(12.00", "."), ("-(12.00)", "."),
        ("-12.00-", "."), ("-12.00 DR", "."), ("$12€", "."), ("€12.00", "."), ("12.00 USD", "."),
        ("12.345", "."), ("=1+2", "."), ("1" * 70, "."), ("9" * 30, "."), ("0x1F", "."),
    ],
)  # fmt: skip
def test_what_is_not_surely_an_amount_is_refused(text: str, decimal: str) -> None:
    with pytest.raises(Refused):
        amount_of(text, decimal=decimal, currency="GBP")


def test_yen_have_no_decimals_and_dinars_three() -> None:
    assert str(amount_of("1000", decimal=".", currency="JPY")) == "1000"
    assert str(amount_of("1.234", decimal=".", currency="KWD")) == "1.234"
    with pytest.raises(Refused, match="finer"):
        amount_of("10.5", decimal=".", currency="JPY")


def test_a_mark_declared_absent_is_refused() -> None:
    with pytest.raises(Refused):
        amount_of("1,234.00", decimal=".", thousands="", currency="GBP")


def test_a_movement_of_minus_nothing_is_refused() -> None:
    assert moved(amount_of("0.00", decimal=".", currency="GBP")) == 0
    with pytest.raises(Refused):
        moved(amount_of("-0.00", decimal=".", currency="GBP"))


@pytest.mark.parametrize(
    ("text", "form"),
    [("2026-02-30", "%Y-%m-%d"), ("03/04/26", "%d/%m/%Y"), ("13/13/2026", "%d/%m/%Y"),
     ("2026-03-01x", "%Y-%m-%d"), ("٢٠٢٦-03-01", "%Y-%m-%d"), ("", "%Y-%m-%d")],
)  # fmt: skip
def test_what_is_not_a_day_in_the_declared_form_is_refused(text: str, form: str) -> None:
    with pytest.raises(Refused):
        day_of(text, form)


@pytest.mark.parametrize(
    ("day", "sane"),
    [(date(1989, 12, 31), False), (date(1990, 1, 1), True), (date(2026, 5, 5), True),
     (date(2026, 5, 6), False), (date(9999, 12, 31), False)],
)  # fmt: skip
def test_a_booking_is_neither_long_past_nor_in_the_future(day: date, sane: bool) -> None:
    if sane:
        assert booked_day(day, date(2026, 4, 30)) == day
    else:
        with pytest.raises(Refused):
            booked_day(day, date(2026, 4, 30))
