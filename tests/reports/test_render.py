"""Pages: complete, harmless, self-contained, and the same figures in every format."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import fields, replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from tests.reports.report_samples import ABOUT, MARCH, a_digest, a_month, an_invoice, receivables
from worker.reports import render
from worker.reports.aged import Waiting
from worker.reports.columns import display_width
from worker.reports.digest import Digest, WaitingLine
from worker.reports.profit_and_loss import profit_and_loss

HOSTILE = [
    "<script>alert(1)</script>",
    "{{7*7}}{% raise %}",
    '" onmouseover="x" \'',
    "<!--", "</style></title>", "&lt;b&gt;",
    "evil\u202etxt.exe\u202c",
    "\x1b[31mred\x07\x00",
    "two\r\nlines\u2028here",
    "漢字" * 60,
    "x" * 300,
    "=HYPERLINK(\"http://x\")",
]  # fmt: skip

VOID = {"meta", "br", "rect", "path", "img", "link"}


class Tags(HTMLParser):
    """Collects elements, attributes and words, and whether every element is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.words += " " if tag in ("td", "th", "p") else ""

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_holds_every_part_of_the_month() -> None:
    page = " ".join(Tags(render.html(a_digest())).words.split())

    for words in (
        "Harbour Lights Ltd: March 2026",
        "Draft: 092 Card is seen only to 28 March 2026",
        "March bank lines: 412 of 431 are in the books",
        "Accrual basis, in GBP. Read 31 March 2026, 18:00 BST.",
        "copied from Xero",
        "Payment posted, awaiting reconciliation in Xero 29 £15,210.00",
        "Already in Xero 371",
        "Two customers have this name and amount",
        "£85.00 is shown as paid in Xero, but the bank took it back on 16 March 2026",
        "not provable",
        "not that nothing is missing",
        "2 days are missing between two files",
        "Run run-7 · Tieout 0.1.0",
    ):
        assert words in page


def test_what_we_posted_is_never_called_reconciled() -> None:
    for page in (render.html(a_digest()), render.text(a_digest())):
        assert "econciled" not in page


def test_completeness_stands_before_any_profit_figure() -> None:
    for page in (Tags(render.html(a_digest())).words, render.text(a_digest())):
        assert page.index("March bank lines") < page.index("11,273.01")


def test_the_page_needs_nothing_from_outside_and_runs_nothing() -> None:
    page = Tags(render.html(a_digest()))

    assert page.open == []
    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in page.seen}
    for tag, attributes in page.seen:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "href")]
        assert tag != "svg" or attributes["role"] == "img"


def test_every_heading_cell_says_what_it_heads() -> None:
    heads = [attributes for tag, attributes in Tags(render.html(a_digest())).seen if tag == "th"]

    assert heads
    assert all(head.get("scope") in ("row", "col", "rowgroup") for head in heads)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_words(name: str) -> None:
    page = Tags(render.html(hostile_digest(name)))

    assert page.open == []
    assert "script" not in {tag for tag, _ in page.seen}
    assert not any("onmouseover" in attributes for _, attributes in page.seen)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page.words)
    if name.isprintable():
        assert page.words.count(name) >= 5


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_neither_breaks_nor_colours_the_plain_text(name: str) -> None:
    page = render.text(hostile_digest(name))

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u2028\u202a-\u202e\u2066-\u2069]", page)
    assert max(display_width(line) for line in page.split("\n")) <= 80
    if name == "two\r\nlines\u2028here":
        assert "\nlines" not in page


def test_text_has_eighty_columns_and_figures_end_in_one() -> None:
    lines = render.text(a_digest()).split("\n")
    rows = [line for line in lines if line.startswith(("  Sales ", "Total Income", "Net Profit"))]

    assert max(map(display_width, lines)) <= 80
    assert len(rows) == 3
    assert len({len(row) for row in rows}) == 1
    assert [row.split()[-4] for row in rows] == ["24,310.40", "24,323.01", "11,273.01"]


def test_a_name_missing_from_the_model_stops_the_page() -> None:
    with pytest.raises(UndefinedError):
        render._environment().from_string("{{ digest.profti }}").render(digest=a_digest())


@pytest.mark.parametrize("page", [render.html, render.text])
def test_months_without_data_read_no_data(page) -> None:
    profit = profit_and_loss(MARCH, a_month("100", "10", "20"), None, None, "GBP", "cash")
    told = page(a_digest(profit_and_loss=profit, basis="cash"))

    assert told.count("no data") >= 12
    assert "Cash basis" in told


def test_a_quiet_first_month_renders_too() -> None:
    empty = a_digest(
        draft=(),
        receivables=receivables(),
        payables=receivables(side="payable"),
        cash=(),
        done=(),
        waiting=(),
        tie_outs=(),
        problems=(),
    )

    for page in (render.html(empty), render.text(empty)):
        assert "Draft" not in page
        assert "Nothing waits." in page
        assert "No bank line was settled." in page
        assert page.count("Nothing is open as at 31 March 2026.") == 2
        assert "Nobody owes anything as at 31 March 2026." in page


def test_long_lists_are_cut_with_their_sums_told() -> None:
    documents = [
        an_invoice(f"INV-{n}", "10.00", contact_id=f"c{n}", contact_name=f"Customer {n}")
        for n in range(40)
    ]
    line = a_digest().waiting[0]
    digest = a_digest(receivables=receivables(*documents), waiting=(line,) * 45)
    words = " ".join(Tags(render.html(digest)).words.split())

    assert "15 others 150.00 – – – – 150.00 Total 400.00" in words
    assert "And 5 lines more (in £4,700.00)" in words
    assert "And 5 lines more (in £4,700.00)" in render.text(digest)
    assert "Customer 39" in render.report(digest.receivables, "html", ABOUT)


def test_every_format_of_a_report_says_the_same_figures() -> None:
    digest = a_digest()
    told = json.loads(render.report(digest.profit_and_loss, "json", ABOUT, digest.tie_outs))
    rows = list(csv.reader(io.StringIO(render.report(digest.profit_and_loss, "csv", ABOUT))))
    net = ["11273.01", "7500.00", "7320.20", "3773.01"]

    assert list(told["net_profit"].values()) == net
    assert ["result", "", "", "Net Profit", *net] in rows
    assert {len(row) for row in rows} == {8}
    for form in ("text", "html"):
        page = render.report(digest.profit_and_loss, form, ABOUT, digest.tie_outs)
        assert "11,273.01" in page
        assert "Accrual basis" in page
        assert "receivables" in page


def test_aged_receivables_as_json_and_csv() -> None:
    digest = a_digest()
    told = json.loads(render.report(digest.receivables, "json", ABOUT, digest.tie_outs))
    rows = list(csv.reader(io.StringIO(render.report(digest.receivables, "csv", ABOUT))))

    assert (told["report"], told["as_of"]) == ("aged-receivables", "2026-03-31")
    pounds = told["currencies"][0]
    assert (pounds["total"], pounds["deposits_held"]) == ("22961.25", "500.00")
    assert sum(Decimal(c["total"]) for c in pounds["contacts"]) == Decimal(pounds["total"])
    assert told["tie_outs"][0]["state"] == "agrees"
    assert told["bounced"][0]["taken_back_on"] == "2026-03-16"
    assert [row[-2] for row in rows if row[0] == "total"] == ["22961.25", "1200.00"]


@pytest.mark.parametrize("name", ["=1+1", "+44", "-x", "@SUM(A1)", "  =1+1", "\t=1+1"])
def test_no_cell_of_a_csv_is_a_formula(name: str) -> None:
    page = render.report(receivables(an_invoice(contact_name=name)), "csv", ABOUT)
    label = next(row for row in csv.reader(io.StringIO(page)) if row[0] == "contact")[3]

    assert label.startswith("'")


def test_payables_are_called_so() -> None:
    owed = receivables(an_invoice("BILL-1", side="payable"), side="payable")

    assert "Aged payables" in render.report(owed, "text", ABOUT)
    assert json.loads(render.report(owed, "json", ABOUT))["report"] == "aged-payables"


def hostile_digest(name: str) -> Digest:
    """A digest where every word that comes from outside is `name`."""
    digest = a_digest()
    invoice = an_invoice(name, contact_name=name, reference=name, id="i1")
    line = WaitingLine("l", digest.month.first_day, name, Decimal(1), "GBP", name, name)
    report = a_month("100", "10", "20")
    renamed = replace(
        report, rows=tuple(replace(r, label=r.label if r.is_total else name) for r in report.rows)
    )
    found = replace(
        digest,
        heading=replace(ABOUT, organisation=name, note=name),
        draft=(name,),
        profit_and_loss=profit_and_loss(MARCH, renamed, renamed, None, "GBP", "accrual"),
        receivables=receivables(invoice, waiting={"i1": Waiting(Decimal(5), name)}),
        cash=tuple(replace(each, account=name) for each in digest.cash),
        waiting=(line,),
        locked=(line,),
        tie_outs=tuple(
            replace(t, name=name, note=name, items=((name, Decimal(1)),) * 2)
            for t in digest.tie_outs
        ),
        problems=((name, name),),
    )
    assert {f.name for f in fields(found)} == {f.name for f in fields(digest)}
    return found
