"""Files of real banks, kept outside the project: read completely, or refused for the right reason.

The figures were read by eye from each file's own text.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from worker.bank.statement import read_statement
from worker.books.records import Statement
from worker.errors import BadInput

REAL = Path(__file__).resolve().parents[3] / "shared" / "real-statements"

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason=f"{REAL} is absent: no real statements to read"
)

SPANISH = {
    "delimiter": ";", "decimal": ",", "date_format": "%Y-%m-%d",
    "columns": {"date": "Fecha", "description": "Concepto", "amount": "Importe",
                "currency": "Moneda", "reference": "Referencia"},
}  # fmt: skip
SPLIT = {
    "columns": {"date": "Booking Date", "description": "Details", "credit": "Credit",
                "debit": "Debit", "currency": "CCY", "balance": "Running Balance",
                "counterparty_account": "IBAN", "bank_reference": "Ref"},
}  # fmt: skip
PLAIN = {"columns": {"date": "Date", "description": "Description", "amount": "Amount",
                     "currency": "Currency"}}  # fmt: skip


def gate(name: str, account_code: str = "090", profile: Any = None) -> Statement:
    return read_statement(
        REAL / name, account_code=account_code, currency=None, profile=profile,
        today=date(2026, 5, 5),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "account", "profile", "amounts", "currency", "opening", "closing"),
    [
        ("ofx/anzcc.ofx", "1234123412341234", None, ["-5.50"], "AUD", None, "-123.45"),
        ("ofx/empty_balance.ofx", "192639749", None, ["120.00"], "CAD", None, None),
        ("ofx/ofx-v102-empty-tags.ofx", "12345678", None, ["12.34"], "AUD", None, None),
        ("ofx/multiple_accounts.ofx", "9100", None, [], "USD", None, "111.00"),
        ("ofx/multiple_accounts2.ofx", "9200", None, [], "USD", None, "222.00"),
        ("mixed/csv_spanish_headers.csv", "", SPANISH, ["-1234.56", "3500.00", "-4.50"], "EUR",
         None, None),
        ("mixed/sample_split_amounts.csv", "", SPLIT, ["1250.50", "-200.25"], "EUR", "1000.00",
         "2050.25"),
    ],
)  # fmt: skip
def test_a_well_formed_file_is_read_completely(
    name: str,
    account: str,
    profile: Any,
    amounts: list[str],
    currency: str,
    opening: str | None,
    closing: str | None,
) -> None:
    found = gate(name, account_code=account or "090", profile=profile)

    assert [str(line.amount) for line in found.lines] == amounts
    assert (found.account, found.currency) == (account, currency)
    assert (found.opening, found.closing) == tuple(
        None if value is None else Decimal(value) for value in (opening, closing)
    )


def test_text_and_days_of_a_real_file_are_kept() -> None:
    (line,) = gate("ofx/anzcc.ofx").lines
    (tagged,) = gate("ofx/ofx-v102-empty-tags.ofx").lines
    coffee = gate("mixed/csv_spanish_headers.csv", profile=SPANISH).lines[2]

    assert (line.date, line.description, line.bank_reference) == (
        date(2017, 5, 8), "SOME MEMO", "201705080001",
    )  # fmt: skip
    assert (tagged.date, tagged.description) == (date(2018, 5, 7), "CBA:Transfer")
    assert (coffee.date, coffee.description, coffee.reference) == (
        date(2026, 4, 9), "Café", "ES-003",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "profile", "says"),
    [
        ("ofx/date_missing.ofx", None, "date_missing.ofx, line 33, transaction 1: has no DTPOSTED"),
        ("ofx/investment_401k.ofx", None, "holds an investment statement"),
        ("ofx/td_ameritrade.ofx", None, "holds an investment statement"),
        ("ofx/signon_success.ofx", None, "holds no statement"),
        ("ofx/multiple_accounts.ofx", None, "holds 2 statements (9100, 9200)"),
        ("mixed/csv_garbled_amount.csv", PLAIN, "csv_garbled_amount.csv, line 3: '12..34'"),
        ("mixed/pain_file.csv", None, "its first row reads: 'PmtInfId'"),
        ("mixed/pain.001.001.03.xml", None, "is an XML file, not a statement"),
        ("mixed/single_currency_checking.json", None, "is a JSON file, not a statement"),
    ],
)
def test_a_file_that_is_no_whole_statement_is_refused_for_the_right_reason(
    name: str, profile: Any, says: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        gate(name, profile=profile)

    assert Path(name).name in str(refusal.value)
    assert says.casefold() in str(refusal.value).casefold()


@pytest.mark.parametrize(
    ("folder", "says"),
    [("camt", "does not read CAMT.05"), ("mt940", "does not read MT94")],
)
def test_formats_to_come_are_named_in_the_refusal(folder: str, says: str) -> None:
    for path in sorted((REAL / folder).iterdir()):
        if path.name != "invalid_statement.sta":  # holds the single figure 1
            with pytest.raises(BadInput, match=says):
                gate(f"{folder}/{path.name}")
