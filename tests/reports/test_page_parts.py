"""The small parts of a page: figures, days, columns, charts, headlines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from tests.reports.report_samples import MARCH, a_digest, a_month
from worker.books.reports import LedgerReport
from worker.reports import charts
from worker.reports.columns import display_width, table, wrap
from worker.reports.digest import Cash, cash_sentence, owed_sentence, profit_sentence
from worker.reports.profit_and_loss import profit_and_loss
from worker.reports.words import brief, clean, counted, day, figure, in_and_out, listed, money


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("1234.5", "GBP", "£1,234.50"),
        ("-0.05", "EUR", "-€0.05"),
        ("-0.001", "GBP", "£0.00"),
        ("1234567", "JPY", "¥1,234,567"),
        ("1.5", "KWD", "KWD 1.500"),
        ("-12", "CHF", "-CHF 12.00"),
        ("3", "NZD", "NZ$3.00"),
    ],
)
def test_money_is_written_with_its_currency(amount: str, currency: str, written: str) -> None:
    assert money(Decimal(amount), currency) == written


def test_figures_have_separators_and_no_negative_zero() -> None:
    assert figure(Decimal("-1234567.891"), "GBP") == "-1,234,567.89"
    assert figure(Decimal("-0.00"), "GBP") == "0.00"


def test_days_months_counts_and_lists_read_as_a_person_writes_them() -> None:
    assert day(date(2026, 3, 3)) == "3 March 2026"
    assert brief(MARCH) == "Mar 2026"
    assert [counted(n, "line") for n in (0, 1, 1204)] == ["0 lines", "1 line", "1,204 lines"]
    assert [listed(parts) for parts in ([], ["a"], ["a", "b", "c"])] == ["", "a", "a, b and c"]
    assert in_and_out([(Decimal(2), "GBP"), (Decimal(-3), "GBP")]) == "in £2.00, out £3.00"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Zoë & Söhne", "Zoë & Söhne"),
        ("a\u202eb\u2066c", "a\ufffdb\ufffdc"),
        ("a\x00b\x1b[1m", "a\ufffdb\ufffd[1m"),
        ("a\r\nb\tc\u2028d", "a  b c d"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\ud800b", "a\ufffdb"),
        ("", ""),
    ],
)
def test_text_from_outside_is_made_harmless(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_narrow_table_keeps_labels_beside_figures() -> None:
    lines = table(["", "A"], [["Rent", "1.00"], ["Sum", "12.00"]], rules=[1]).split("\n")

    assert lines == [
        "          A",
        "-----------",
        "Rent   1.00",
        "-----------",
        "Sum   12.00",
    ]


def test_a_wide_table_puts_labels_above_and_never_cuts_a_figure() -> None:
    big = "123,456,789.00"
    above = table(["", *"ABCD"], [["A long name of a customer", *[big] * 4]])
    stacked = table(["", *"ABCDEF"], [["A long name of a customer", *[big] * 6]])

    assert above.split("\n")[2] == "A long name of a customer"
    assert (above.count(big), stacked.count(big)) == (4, 6)
    assert max(map(len, [*above.split("\n"), *stacked.split("\n")])) <= 80


@pytest.mark.parametrize("text", ["word " * 60, "x" * 200, "漢字" * 70, "", "a " + "é\u0301" * 90])
def test_wrapped_words_fit_and_none_is_lost(text: str) -> None:
    lines = wrap(text, "    ", "  - ").split("\n")

    assert max(map(display_width, lines)) <= 80
    assert "".join(lines).replace(" ", "")[1:] == text.replace(" ", "")


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert [display_width(text) for text in ("abc", "漢", "e\u0301")] == [3, 2, 1]


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "0"), ("-0.4", "0"), ("949.6", "950"), ("999.96", "1.0k"), ("12345", "12.3k"),
        ("-12345", "-12.3k"), ("999960", "1.0m"), ("2500000", "2.5m"),
    ],
)  # fmt: skip
def test_a_bars_figure_is_short(amount: str, written: str) -> None:
    assert charts.short(Decimal(amount)) == written


@pytest.mark.parametrize(
    ("this", "previous"),
    [
        (("100", "10", "20"), ("90", "10", "20")),
        (("100", "90", "200"), ("90", "10", "20")),  # a loss
        (("0", "0", "0"), None),
        (("-50", "0", "0"), None),
        (("999999999.99", "1", "1"), None),
    ],
)
def test_the_chart_is_one_accessible_drawing_inside_its_frame(this, previous) -> None:
    report = made(a_month(*this), a_month(*previous) if previous else None)
    drawing = ElementTree.fromstring(charts.profit_chart(report))
    space = "{http://www.w3.org/2000/svg}"

    assert drawing.find(f"{space}title").text == "Income, costs and profit to March 2026"
    assert f"profit {money(report.net.this, 'GBP')}" in drawing.find(f"{space}desc").text
    assert {element.tag.removeprefix(space) for element in drawing.iter()} == {
        "svg", "title", "desc", "rect", "text", "path",
    }  # fmt: skip
    for bar in drawing.iter(f"{space}rect"):
        assert int(bar.get("height")) > 0
        assert int(bar.get("y")) >= 0
        assert int(bar.get("y")) + int(bar.get("height")) <= int(drawing.get("height"))
    assert charts.profit_chart(report) == charts.profit_chart(report)


@pytest.mark.parametrize(
    ("this", "previous", "words"),
    [
        (("100", "10", "50"), ("90", "10", "20"),
         "made a profit of £40.00, £20.00 worse than February 2026: "
         "Wages took £30.00 and Sales added £10.00."),
        (("10", "10", "50"), ("10", "10", "50"),
         "made a loss of £50.00, the same as February 2026."),
        (("100", "10", "50"), None, "made a profit of £40.00; there is no data for February 2026."),
    ],
)  # fmt: skip
def test_profit_is_told_with_the_two_accounts_that_moved_it(this, previous, words) -> None:
    told = profit_sentence(made(a_month(*this), a_month(*previous) if previous else None))

    assert words in told
    assert told.endswith("before tax, depreciation, stock and year-end adjustments, "
                         "unless already entered.")  # fmt: skip


def test_cash_is_told_by_account_and_never_summed() -> None:
    cash = (
        Cash("090", "GBP", Decimal(10), date(2026, 3, 31), "by statement file"),
        Cash("091", "GBP", Decimal(5), None, "in Xero"),
        Cash("092", "GBP", None, None, ""),
    )

    assert cash_sentence(cash) == (
        "090 £10.00 on 31 March 2026 (by statement file); 091 £5.00 (in Xero); "
        "092: no balance known."
    )


def test_who_owes_names_the_five_largest_and_what_is_not_late() -> None:
    told = owed_sentence(a_digest().receivables)

    assert "Customers owe £22,961.25, of which £8,120.75 is overdue" in told
    assert "£940.00 is already waiting at the bank" in told
    assert "Brightwater Marinas £12,480.50" in told
    assert "Eastgate" not in told
    assert "shown as paid in Xero, but the bank took it back on 16 March 2026" in told


def made(this: LedgerReport, previous: LedgerReport | None):
    return profit_and_loss(MARCH, this, previous, None, "GBP", "accrual")
