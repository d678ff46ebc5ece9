"""A CSV file is read completely under its profile, or refused with file, line and the mend."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.bank.builders import PLAIN, read
from worker.bank.balances import walk
from worker.bank.profiles import PROFILES, shipped
from worker.config import CsvColumns
from worker.config import CsvProfile as ConfiguredProfile
from worker.errors import BadInput, NoInput, SetupWrong

HEAD = "Date,Text,Amount,Balance\n"
TWO = "2026-03-02,RENT,-900.00,100.00\n2026-03-03,MARLOW,250.00,350.00\n"


def profile(**changes: Any) -> dict[str, Any]:
    """The plain profile with some keys changed; a change to None leaves the key out."""
    return PLAIN | changes


def test_every_row_becomes_a_line_with_its_place_and_the_balances_give_the_ends(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, HEAD + TWO)

    assert [(x.date.day, str(x.amount), x.description, x.place) for x in found.lines] == [
        (2, "-900.00", "RENT", "line 2"),
        (3, "250.00", "MARLOW", "line 3"),
    ]
    assert (found.opening, found.closing) == (Decimal("1000.00"), Decimal("350.00"))
    assert (found.file, found.format, found.currency) == ("march.csv", "csv", "GBP")
    assert (found.start, found.end) == (date(2026, 3, 2), date(2026, 3, 3))


@pytest.mark.parametrize(
    "rows",
    [
        "2026-03-03,MARLOW,250.00,350.00\n2026-03-02,RENT,-900.00,100.00\n",
        # one day, told newest first
        "2026-03-02,MARLOW,250.00,350.00\n2026-03-02,RENT,-900.00,100.00\n",
        # days newest first, the lines of a day oldest first
        "2026-03-03,A,1.00,102.00\n2026-03-03,B,2.00,104.00\n2026-03-02,RENT,-900.00,101.00\n",
    ],
)
def test_a_file_told_newest_first_is_put_in_booking_order(tmp_path: Path, rows: str) -> None:
    found = read(tmp_path, HEAD + rows)

    assert found.lines[0].description == "RENT"
    assert walk(found.lines).broken is None
    assert found.lines[0].balance == (found.opening or 0) + found.lines[0].amount


def test_a_row_the_balance_did_not_move_for_is_kept_and_told_apart(tmp_path: Path) -> None:
    again = "2026-03-03,MARLOW,250.00,350.00\n"
    found = read(tmp_path, HEAD + TWO + again + "2026-03-04,FEE,-1.00,349.00\n")

    assert len(found.lines) == 4
    assert walk(found.lines).repeated == {2}
    assert found.closing == Decimal("349.00")


def test_a_row_repeated_later_beside_an_unmoved_balance_is_told_apart(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + TWO + "2026-03-02,RENT,-900.00,350.00\n")

    assert walk(found.lines).repeated == {2}
    assert found.closing == Decimal("350.00")


def test_a_page_printed_twice_is_told_apart_row_by_row(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + TWO + TWO + "2026-03-04,FEE,-1.00,349.00\n")

    assert walk(found.lines).repeated == {2, 3}


def test_two_real_equal_lines_are_no_repetition(tmp_path: Path) -> None:
    rows = "2026-03-02,COFFEE,-3.50,96.50\n2026-03-02,COFFEE,-3.50,93.00\n"
    found = read(tmp_path, HEAD + rows)

    assert walk(found.lines).repeated == frozenset()
    assert (found.opening, found.closing) == (Decimal("100.00"), Decimal("93.00"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (HEAD + "2026-03-02,RENT,-900.00,100.00\n2026-03-03,MARLOW,250.00,351.00\n",
         "line 3: the balance reads 351.00"),
        (HEAD + "2026-03-02,RENT,12..34,100.00\n", "line 2: '12..34' is not an amount"),
        (HEAD + "2026-03-02,RENT,NaN,\n", "line 2: 'NaN' is not an amount"),
        (HEAD + "2026-03-02,RENT,1e3,\n", "line 2: '1e3' is not an amount"),
        (HEAD + "2026-03-02,RENT,,\n", "line 2: has no amount"),
        (HEAD + "03/02/2026,RENT,1.00,\n", "line 2: '03/02/2026' is not a day"),
        (HEAD + "2026-06-02,RENT,1.00,\n", "line 2: 2026-06-02 cannot be a booking date"),
        (HEAD + "1899-12-31,RENT,1.00,\n", "line 2: 1899-12-31 cannot be a booking date"),
        (HEAD + ",RENT,1.00,\n", "line 2: '' is not a day"),
        (HEAD + "2026-03-02,RENT\n", "line 2: has 2 fields where 4 belong"),
        (HEAD + "2026-03-02,RENT,MORE,1.00,2.00\n", "line 2: has 5 fields where 4 belong"),
        (HEAD + TWO + '2026-03-04,"OPEN,1.00,351.00\n', "line 4: cannot be split into fields"),
        (HEAD + '2026-03-01,"OPEN,1.00,5.00\n2026-03-02,B,1.00,6.00\n2026-03-03,C",1.00,7.00\n',
         "line 2: a quoted field runs over"),
        (HEAD + "2026-03-02,RE\x00NT,1.00,\n", "line 2: holds a NUL"),
        ("", "is empty"),
        ("\ufeff\r\n\r\n", "is empty"),
        ("Date,Txt,Amount,Balance\n" + TWO,
         "line 1: has no column 'Text' for description; did you mean 'Txt'?"),
        ("Date,Text,Amount,Amount,Balance\n" + TWO, "line 1: has two columns 'Amount'"),
    ],
)  # fmt: skip
def test_a_file_with_one_fault_is_refused_as_a_whole(
    tmp_path: Path, content: str, says: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        read(tmp_path, content)

    assert str(refusal.value).startswith("march.csv")
    assert says in str(refusal.value)


def test_a_header_alone_is_a_statement_without_lines(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD)

    assert (found.lines, found.opening, found.start) == ((), None, None)


def test_headers_match_without_regard_to_case_and_spaces(tmp_path: Path) -> None:
    assert len(read(tmp_path, "\ufeff DATE ,text, aMount:,BALANCE,\r\n" + TWO).lines) == 2


def test_blank_rows_and_a_closing_delimiter_hold_nothing(tmp_path: Path) -> None:
    rows = TWO.replace("\n", ",\n") + "\n,,,,\n  \n"

    assert len(read(tmp_path, HEAD + rows).lines) == 2


def test_text_stays_text_whatever_it_looks_like(tmp_path: Path) -> None:
    rows = '2026-03-02,"=CMD(""x"")\x1b[31m\u202e two\n\tlines",-1.00,9.00\n'
    (line,) = read(tmp_path, HEAD + rows).lines

    assert line.description == '=CMD("x") [31m two lines'


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("utf-8", "Café".encode()),
        ("cp1252", "Café".encode("cp1252")),
        (None, "Café".encode()),
        (None, "Café".encode("cp1252")),
    ],
)
def test_text_is_read_in_its_encoding(tmp_path: Path, encoding: str | None, data: bytes) -> None:
    rows = HEAD.encode() + b"2026-03-02," + data + b",-1.00,9.00\n"

    assert read(tmp_path, rows, profile=profile(encoding=encoding)).lines[0].description == "Café"


def test_utf_16_is_read_by_its_mark(tmp_path: Path) -> None:
    assert len(read(tmp_path, (HEAD + TWO).encode("utf-16")).lines) == 2


def test_bytes_that_the_declared_encoding_cannot_hold_refuse_the_file(tmp_path: Path) -> None:
    rows = HEAD.encode() + b"2026-03-02,Caf\xe9,-1.00,9.00\n"

    with pytest.raises(BadInput, match="line 2: is not written in utf-8"):
        read(tmp_path, rows, profile=profile(encoding="utf-8"))


def test_debit_and_credit_columns_give_the_sign(tmp_path: Path) -> None:
    columns = {"date": "D", "debit": "Out", "credit": "In"}
    rows = "D,Out,In\n2026-03-02,5.00,\n2026-03-03,0.00,7.00\n2026-03-04,,0.00\n"
    found = read(tmp_path, rows, profile=profile(columns=columns))

    assert [str(x.amount) for x in found.lines] == ["-5.00", "7.00", "0.00"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("2026-03-02,5.00,7.00\n", "line 2: holds both a debit"),
        ("2026-03-02,5.00,\n2026-03-03,-5.00,\n", "line 3: a debit of -5.00 among positive ones"),
        ("2026-03-02,,\n", "line 2: has no amount"),
    ],
)
def test_a_debit_and_credit_pair_that_can_be_read_in_two_ways_is_refused(
    tmp_path: Path, rows: str, says: str
) -> None:
    columns = {"date": "D", "debit": "Out", "credit": "In"}
    with pytest.raises(BadInput, match=says):
        read(tmp_path, "D,Out,In\n" + rows, profile=profile(columns=columns))


def test_a_debit_column_of_negative_figures_is_money_out(tmp_path: Path) -> None:
    columns = {"date": "D", "debit": "Out", "credit": "In"}
    rows = "D,Out,In\n2026-03-02,-5.00,\n2026-03-03,,2.00\n"
    found = read(tmp_path, rows, profile=profile(columns=columns))

    assert sum(x.amount for x in found.lines) == Decimal("-3.00")


def test_rows_that_are_not_booked_are_dropped_and_counted(tmp_path: Path) -> None:
    columns = PLAIN["columns"] | {"pending": "State"}
    rows = (
        "Date,Text,Amount,Balance,State\n2026-03-02,RENT,-900.00,100.00,BOOKED\n"
        ",HOTEL,oops,,Pending\n2026-03-03,MARLOW,250.00,350.00,\n"
    )
    found = read(tmp_path, rows, profile=profile(columns=columns))

    assert (len(found.lines), found.pending_dropped) == (2, 1)
    with pytest.raises(BadInput, match="line 3: 'perhaps' says neither"):
        read(tmp_path, rows.replace("Pending", "perhaps"), profile=profile(columns=columns))


def test_each_row_must_be_in_the_accounts_currency(tmp_path: Path) -> None:
    columns = {"date": "Date", "amount": "Amount", "currency": "Ccy"}
    rows = "Date,Amount,Ccy\n2026-03-02,1.00,gbp\n2026-03-03,2.00,EUR\n"

    with pytest.raises(BadInput, match="line 3: is in EUR, but the account is in GBP"):
        read(tmp_path, rows, profile=profile(columns=columns))
    with pytest.raises(BadInput, match="line 3: is in EUR, but the account is in GBP"):
        read(tmp_path, rows, profile=profile(columns=columns), currency=None)


def test_lines_above_the_header_are_passed_over_and_counted(tmp_path: Path) -> None:
    found = read(tmp_path, 'My "bank\nAccount;1\n\n' + HEAD + TWO, profile=profile(skip_rows=3))

    assert [line.place for line in found.lines] == ["line 5", "line 6"]


def test_a_file_without_header_is_read_by_positions(tmp_path: Path) -> None:
    columns = {"date": 1, "amount": "3", "description": "2"}
    found = read(tmp_path, TWO, profile=profile(columns=columns, header=False))

    assert [line.description for line in found.lines] == ["RENT", "MARLOW"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("Date;Amount\n03/04/2026;1,00\n", "line 2: the date can be read in two ways"),
        ("Date;Amount\n13/04/2026;1,234\n", "line 2: the amount can be read in two ways"),
    ],
)
def test_what_the_profile_leaves_out_is_never_guessed(tmp_path: Path, rows: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read(tmp_path, rows, profile={"columns": {"date": "Date", "amount": "Amount"}},
             currency=None)  # fmt: skip


def test_what_the_profile_leaves_out_is_found_where_the_file_proves_it(tmp_path: Path) -> None:
    rows = "Date;Amount\n03/04/2026;1.234,50\n13/04/2026;2,00\n"
    found = read(tmp_path, rows, profile={"columns": {"date": "Date", "amount": "Amount"}})

    assert [str(x.amount) for x in found.lines] == ["1234.50", "2.00"]
    assert found.lines[0].date == date(2026, 4, 3)


def test_a_shipped_layout_is_known_by_its_whole_header(tmp_path: Path) -> None:
    rows = (
        "Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Description,"
        "Debit Amount,Credit Amount,Balance\n"
        "04/03/2026,FPI,'20-00-00,12345678,MARLOW & FINCH,,1250.00,3350.00\n"
        "03/03/2026,DD,'20-00-00,12345678,COUNCIL,120.00,,2100.00\n"
    )
    found = read(tmp_path, rows, profile=None)

    assert [str(x.amount) for x in found.lines] == ["-120.00", "1250.00"]
    assert found.opening == Decimal("2220.00")


def test_a_file_whose_headers_are_our_own_names_describes_itself(tmp_path: Path) -> None:
    rows = "Date,Description,Amount,Bank Reference\n2026-03-02,RENT,-9.00,X1\n"

    assert read(tmp_path, rows, profile=None).lines[0].bank_reference == "X1"


def test_an_unknown_layout_is_refused_with_its_headers(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"fits no CSV layout we know.*'When', 'What', 'How much'"):
        read(tmp_path, "When,What,How much\n2026-03-02,RENT,-9.00\n", profile=None)


@pytest.mark.parametrize(
    ("faulty", "says"),
    [
        ({"columns": {"date": "A", "amount": "B"}, "delimeter": ","}, "did you mean 'delimiter'"),
        ({"columns": {"date": "A", "amout": "B"}}, "did you mean 'amount'"),
        ({"columns": {"amount": "B"}}, "columns.date is missing"),
        ({"columns": {"date": "A"}}, "either amount, or both debit and credit"),
        ({"columns": {"date": "A", "amount": "B"}, "encoding": "zip"}, "encoding 'zip'"),
        ({"columns": {"date": "A", "amount": "B"}, "date_format": "%d"}, "day, month and year"),
        ({"columns": {"date": "A", "amount": "B"}, "decimal": ";"}, "decimal is ';'"),
        ({"columns": {"date": "A", "amount": "B"}, "skip_rows": "-1"}, "skip_rows"),
    ],
)
def test_a_profile_that_fits_no_file_is_a_fault_of_the_setup(
    tmp_path: Path, faulty: dict[str, Any], says: str
) -> None:
    with pytest.raises(SetupWrong, match=says):
        read(tmp_path, HEAD + TWO, profile=faulty)


@pytest.mark.parametrize(
    ("written", "understood"),
    [("DD/MM/YYYY", "%d/%m/%Y"), ("yyyy-mm-dd", "%Y-%m-%d"), ("dd.mm.yy", "%d.%m.%y"),
     ("D MMM YYYY", None), ("dd MMM yyyy", "%d %b %Y"), ("%d/%m/%Y", "%d/%m/%Y")],
)  # fmt: skip
def test_a_date_format_may_be_written_as_people_write_it(
    written: str, understood: str | None
) -> None:
    from worker.bank.csv_profile import CsvProfile

    given = {"columns": {"date": "A", "amount": "B"}, "date_format": written}
    if understood is None:
        with pytest.raises(SetupWrong):
            CsvProfile.of(given)
    else:
        assert CsvProfile.of(given).date_format == understood


def test_shipped_profiles_are_found_by_name() -> None:
    assert shipped("gb-lloyds") is PROFILES["gb-lloyds"]
    with pytest.raises(SetupWrong, match="did you mean gb-lloyds"):
        shipped("gb_lloyds")


def test_a_profile_may_be_given_as_values_as_a_record_or_by_name(tmp_path: Path) -> None:
    columns = CsvColumns(date="Date", amount="Amount", description="Text")
    record = ConfiguredProfile(columns=columns)

    assert len(read(tmp_path, HEAD + TWO, profile=record).lines) == 2
    with pytest.raises(BadInput, match="has no column 'Transaction Date' for date"):
        read(tmp_path, HEAD + TWO, profile="gb-lloyds")
    with pytest.raises(SetupWrong, match="there is no CSV profile 'my-bank'"):
        read(tmp_path, HEAD + TWO, profile="my-bank")


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    import os

    from worker.bank.statement import read_statement

    (tmp_path / "real.csv").write_text(HEAD + TWO)
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    os.mkfifo(tmp_path / "pipe.csv")

    def gate(name: str) -> object:
        return read_statement(
            tmp_path / name, account_code="090", currency="GBP", profile=PLAIN,
            today=date(2026, 4, 30),
        )  # fmt: skip

    with pytest.raises(BadInput, match=r"link\.csv: is a link"):
        gate("link.csv")
    with pytest.raises(BadInput, match=r"pipe\.csv: is not a regular file"):
        gate("pipe.csv")
    with pytest.raises(BadInput, match="not a regular file"):
        gate(".")
    with pytest.raises(NoInput, match=r"none\.csv is not there"):
        gate("none.csv")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7", "is a PDF file"),
        (b"PK\x03\x04...", "is a ZIP or spreadsheet file"),
        (b"<!DOCTYPE html><html>log in</html>", "is a web page file"),
        (b'{"a": 1}', "is a JSON file"),
        (b"!Type:Bank\nD03/04/2026\n^", "does not read QIF yet; export CSV or OFX"),
        (b":20:X\r\n:25:1\r\n:60F:C260320EUR1,00\r\n", "does not read MT940 yet"),
        (b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">',
         "does not read CAMT.053 yet"),
    ],
)  # fmt: skip
def test_what_is_no_statement_we_read_is_named_for_what_it_is(
    tmp_path: Path, content: bytes, says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        read(tmp_path, content)


def test_the_content_decides_the_format_not_the_name(tmp_path: Path) -> None:
    assert read(tmp_path, HEAD + TWO, name="statement.txt").format == "csv"
    with pytest.raises(BadInput, match="is named OFX, but holds no <OFX>"):
        read(tmp_path, HEAD + TWO, name="statement.ofx")
