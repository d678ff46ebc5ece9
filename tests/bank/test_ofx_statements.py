"""OFX files, strict where money is and tolerant where banks are careless."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.bank.builders import ofx, paid, read
from worker.bank.source import same_account
from worker.books.records import Statement
from worker.errors import BadInput

ONE = paid(4, "1250.00", "MARLOW &amp; FINCH", "A1")
TWO = paid(17, "-12.00", "FEE", "A2")
LEDGER = "<LEDGERBAL><BALAMT>3713.50<DTASOF>20260331</LEDGERBAL>\n"


def read_ofx(folder: Path, content: str | bytes, **more: Any) -> Statement:
    return read(folder, content, name="main.ofx", profile=None, **more)


def test_each_transaction_becomes_a_line_with_its_place(tmp_path: Path) -> None:
    found = read_ofx(tmp_path, ofx(ONE, TWO, ledger=LEDGER))

    assert [(x.date.day, str(x.amount), x.payee, x.bank_reference) for x in found.lines] == [
        (4, "1250.00", "MARLOW & FINCH", "A1"),
        (17, "-12.00", "FEE", "A2"),
    ]
    assert [x.place for x in found.lines] == ["line 7, transaction 1", "line 14, transaction 2"]
    assert (found.account, found.currency, found.format) == ("12345678", "GBP", "ofx")
    assert (found.opening, found.closing) == (Decimal("2475.50"), Decimal("3713.50"))
    assert (found.start, found.end) == (date(2026, 3, 1), date(2026, 3, 31))


def test_all_fields_of_a_transaction_are_kept(tmp_path: Path) -> None:
    body = (
        "<TRNTYPE>DIRECTDEBIT|<DTPOSTED>20260304120000.000[-5:EST]|<DTAVAIL>20260305|"
        "<TRNAMT>-20.5|<FITID>|<CHECKNUM>000123|<REFNUM>R-9|<PAYEE><NAME>ACME|<ADDR1>1 Road"
        "</PAYEE>|<BANKACCTTO><BANKID>1<ACCTID>998877<ACCTTYPE>CHECKING</BANKACCTTO>|"
        "<MEMO>one|two &lt;3&gt; &#233;"
    )
    (line,) = read_ofx(tmp_path, ofx(body)).lines

    assert (line.payee, line.description) == ("ACME", "one two <3> é")
    assert (line.reference, line.type) == ("R-9", "DIRECTDEBIT")
    assert (line.counterparty_account, line.bank_reference) == ("998877", "")
    assert (line.date, line.value_date) == (date(2026, 3, 4), date(2026, 3, 5))


@pytest.mark.parametrize(
    ("written", "amount"),
    [("12,50", "12.50"), ("+12.5", "12.50"), ("-1,234.56", "-1234.56"), ("1.234,56", "1234.56"),
     ("-.50", "-0.50"), ("1,234,567", "1234567.00"), ("7", "7.00")],
)  # fmt: skip
def test_an_amount_may_have_a_comma_or_a_point(tmp_path: Path, written: str, amount: str) -> None:
    (line,) = read_ofx(tmp_path, ofx(paid(4, written, "X", "1"))).lines

    assert str(line.amount) == amount


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("12x50", "'12x50' is not an amount"), ("", "has no TRNAMT"), ("NaN", "not an amount"),
        ("1e5", "not an amount"), ("1,234", "finer"), ("(5.00)", "not an amount"),
        ("--5", "not an amount"), ("12.50 GBP", "not an amount"), ("-0.00", "minus nothing"),
    ],
)  # fmt: skip
def test_a_bad_amount_refuses_the_file_and_names_its_line(
    tmp_path: Path, written: str, says: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        read_ofx(tmp_path, ofx(TWO, ONE.replace("1250.00", written)))

    assert str(refusal.value).startswith("main.ofx, line 17, transaction 2: ")
    assert says in str(refusal.value)


def test_xml_with_and_without_closing_tags_reads_alike(tmp_path: Path) -> None:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211"?>'
    sloppy = ofx(ONE, TWO, head=head, ledger=LEDGER)
    strict = sloppy.replace("<NAME>FEE", "<NAME><![CDATA[FEE]]></NAME><MEMO/>")
    strict = strict.replace("<FITID>A1", "<FITID>A1</FITID><MEMO></MEMO><!-- note -->")
    one, two = read_ofx(tmp_path, sloppy), read_ofx(tmp_path, strict)

    assert [(x.amount, x.payee, x.bank_reference) for x in one.lines] == [
        (x.amount, x.payee, x.bank_reference) for x in two.lines
    ]


def test_an_empty_leaf_left_open_takes_nothing_with_it(tmp_path: Path) -> None:
    body = "<TRNTYPE>DEBIT|<MEMO>|<CHECKNUM>|<DTPOSTED>20260304|<TRNAMT>-1.00|<FITID>9|<NAME>"
    (line,) = read_ofx(tmp_path, ofx(body)).lines

    assert (line.amount, line.description, line.payee) == (Decimal("-1.00"), "", "")


def test_markup_inside_a_name_loses_no_line(tmp_path: Path) -> None:
    body = "<DTPOSTED>20260304|<TRNAMT>5.00|<NAME>A < B & <ABC LTD> C</NAME>|<MEMO>m</MEMO>"
    (line,) = read_ofx(tmp_path, ofx(body)).lines

    assert line.payee == "A < B &"
    assert line.description == "m"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("OFXHEADER:100\nENCODING:USASCII\nCHARSET:1252", "cp1252"),
        ("OFXHEADER:100\nENCODING:UTF-8\nCHARSET:NONE", "utf-8"),
        ("OFXHEADER:100\nENCODING:USASCII\nCHARSET:1252", "utf-8"),
        ("OFXHEADER:100\nENCODING:UNICODE\nCHARSET:NONE", "utf-16"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>\n<?OFX OFXHEADER="200"?>', "iso-8859-1"),
    ],
)
def test_accents_are_read_whatever_the_bank_declares(
    tmp_path: Path, head: str, encoding: str
) -> None:
    content = ofx(paid(4, "1.00", "CAFÉ ÅNGSTRÖM", "1"), head=head).encode(encoding)

    assert read_ofx(tmp_path, content).lines[0].payee == "CAFÉ ÅNGSTRÖM"


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (lambda text: text[: text.index("<MEMO>Z")], "ends inside <OFX>; the file is cut off"),
        (lambda text: text.replace("</STMTTRN>", "", 1), "</BANKTRANLIST> comes before </STMTTRN>"),
        (lambda text: text.replace("</STMTTRN>\n<STMTTRN>", "", 1), "has DTPOSTED twice"),
        (lambda text: text.replace("<STMTTRN>", "<STMTRN>", 1), "</STMTTRN> closes nothing"),
        (lambda text: text.replace("<BANKTRANLIST>", ""), "closes nothing"),
        (lambda text: text.replace("STMTTRN>", "STMTTRX>"), "has <STMTTRX> among its transactions"),
        (lambda text: text + text, "holds text after|holds text outside"),
        (lambda text: text.replace("<OFX>", "<OFX>" + "<A>" * 99), "nested too deeply"),
        (lambda text: text.replace("<OFX>", '<!ENTITY a "b"><OFX>'), "document type"),
        (lambda text: text.replace("MARLOW", "MAR\x00LOW"), "holds a NUL character"),
        (lambda text: text.replace("<CURDEF>GBP", "<CURDEF>USD"), "is in USD, but the account"),
        (lambda text: text.replace("20260304", "20260231"), "'20260231' is not a day"),
        (lambda text: text.replace("20260304", "20270304"), "cannot be a booking date"),
        (lambda text: text.replace("<DTPOSTED>20260304", "<DTPOSTED>"), "has no DTPOSTED"),
        (lambda text: text.replace("<DTASOF>20260331", "<DTASOF>soon"), "ledger balance"),
        (lambda text: text.replace("3713.50", "37l3.50"), "ledger balance: '37l3.50'"),
        (lambda text: text.replace("<FITID>A1", "<CURRENCY><CURRATE>1<CURSYM>EUR</CURRENCY>"),
         "is in EUR, but the account is in GBP"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_as_a_whole(tmp_path: Path, broken: Any, says: str) -> None:
    whole = ofx(ONE, TWO + "|<MEMO>Z", ledger=LEDGER)

    assert len(read_ofx(tmp_path, whole).lines) == 2
    with pytest.raises(BadInput, match=says) as refusal:
        read_ofx(tmp_path, broken(whole))
    assert str(refusal.value).startswith("main.ofx")


@pytest.mark.parametrize(
    ("as_of", "list_end", "opening"),
    [
        ("20260331", "20260331", "2475.50"),
        ("20260317", "20260331", "2475.50"),  # no line after the balance's day
        ("20260316", "20260331", None),  # a line after it
        ("20260401", "20260331", None),  # days the list does not cover
        ("00000000", "20260331", None),
    ],
)
def test_the_opening_balance_is_derived_only_where_the_list_holds_all_of_the_closing(
    tmp_path: Path, as_of: str, list_end: str, opening: str | None
) -> None:
    ledger = LEDGER.replace("20260331", as_of)
    found = read_ofx(tmp_path, ofx(ONE, TWO, ledger=ledger, list_end=list_end))

    assert found.closing == Decimal("3713.50")
    assert found.opening == (None if opening is None else Decimal(opening))


def test_pending_transactions_are_counted_not_read(tmp_path: Path) -> None:
    pending = "<BANKTRANLISTP><DTASOF>20260331<STMTTRNP><TRNAMT>5</STMTTRNP></BANKTRANLISTP>"
    found = read_ofx(tmp_path, ofx(ONE, ledger=pending))

    assert (len(found.lines), found.pending_dropped) == (1, 1)


def two_accounts() -> str:
    first = ofx(ONE)
    start, end = first.index("<STMTTRNRS>"), first.index("</BANKMSGSRSV1>")
    second = first[start:end].replace("12345678", "87654321").replace("1250.00", "7.00")
    return first[:end] + second + first[end:]


def test_of_several_accounts_the_one_with_the_number_is_read(tmp_path: Path) -> None:
    by_code = read_ofx(tmp_path, two_accounts(), account_code="87654321")
    by_number = read_ofx(tmp_path, two_accounts(), account_number="20-00-00 1234 5678")

    assert (by_code.account, by_code.lines[0].amount) == ("87654321", Decimal("7.00"))
    assert by_number.account == "12345678"
    with pytest.raises(BadInput, match=r"holds 2 statements \(12345678, 87654321\)"):
        read_ofx(tmp_path, two_accounts())


def test_another_accounts_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is of account 12345678, not 55555555"):
        read_ofx(tmp_path, ofx(ONE), account_number="55555555")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12345678", "20-00-00 12345678", True),
        ("XXXX-XXXX-XXXX-4321", "5412 8800 0009 4321", True),
        ("DE89 3704 0044 0532 0130 00", "0532013000", True),
        ("9100", "e9100f66-0000-4000-8000-000000000000", False),
        ("12345678", "12345679", False),
        ("090", "000090", False),
    ],
)
def test_an_account_may_be_spelled_in_several_ways(one: str, other: str, same: bool) -> None:
    assert same_account(one, other) is same
    assert same_account(other, one) is same


def test_a_declared_encoding_that_is_none_is_not_obeyed(tmp_path: Path) -> None:
    head = "OFXHEADER:100\nCHARSET:unicode_escape"
    content = ofx(paid(4, "1.00", "CAFÉ \\d", "1"), head=head).encode("cp1252")

    assert read_ofx(tmp_path, content).lines[0].payee == "CAFÉ \\d"


def test_what_the_bank_refused_is_no_empty_statement(tmp_path: Path) -> None:
    refused = (
        "OFXHEADER:100\n<OFX><BANKMSGSRSV1><STMTTRNRS><STATUS><CODE>2003<SEVERITY>ERROR"
        "<MESSAGE>Account not found</STATUS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )
    with pytest.raises(BadInput, match=r"the bank's refusal .code 2003 Account not found"):
        read_ofx(tmp_path, refused)
