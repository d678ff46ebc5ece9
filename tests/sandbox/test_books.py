"""Loading partial, odd and wrong books, and dumping them to the same bytes."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.desk import Desk, Json, a_bill, a_credit_note, a_line, an_invoice, bank_money
from worker.sandbox.books import dump_folder, load_books, read_folder
from worker.sandbox.check import check
from worker.sandbox.store import Store
from worker.sandbox.story import build

D = Decimal
SUPPLIED = "Contact Marlow Ltd is named by documents only, and supplied"


def loaded(**books: Any) -> Desk:
    return Desk(books=books).sign_in()


def test_empty_books_get_an_organisation_and_a_chart_and_say_so() -> None:
    desk = loaded()
    codes = {account["Code"] for account in desk.store.accounts()}
    desk.close()

    assert {"090", "091", "092", "200", "610", "800", "820", "860", "960"} <= codes
    assert desk.notes == [
        "No organisation in these books: a UK company in GBP is supplied",
        "No accounts in these books: a minimal UK chart is supplied",
    ]


@pytest.mark.parametrize("day", ["2026-03-02", "2026-03-02T00:00:00", "/Date(1772409600000+1300)/"])
@pytest.mark.parametrize("amount", ["120.00", 120, 120.0, D("120.00")])
def test_dates_and_money_are_read_in_any_of_xeros_forms(day: str, amount: Any) -> None:
    line = a_line(amount, Quantity=1)
    desk = loaded(Invoices=[an_invoice(InvoiceID="i1", Date=day, LineItems=[line], Total=amount)])
    record = desk.listed("Invoices", page=1)[0]
    desk.close()

    assert record["DateString"] == "2026-03-02T00:00:00"
    assert (record["Total"], record["AmountDue"], record["TotalTax"]) == (120, 120, 20)
    assert desk.notes[2:] == [SUPPLIED]


def test_documents_without_lines_post_to_sales_and_expenses() -> None:
    bare = {"LineItems": [], "SubTotal": "100.00", "TotalTax": "20.00", "Total": "120.00"}
    desk = loaded(Invoices=[an_invoice(**bare), a_bill(**bare)])
    trial = desk.trial()
    desk.close()

    assert trial == {"610": D(120), "200": D(-100), "429": D(100), "800": D(-120)}


def test_a_book_of_documents_and_payments_gives_a_whole_ledger() -> None:
    invoice = an_invoice("120.00", InvoiceID="a1", InvoiceNumber="INV-7")
    payment = {
        "Invoice": {"InvoiceNumber": "INV-7"},
        "Account": {"Code": "090"},
        "Amount": "50.00",
        "Date": "2026-03-20",
    }
    desk = loaded(Invoices=[invoice], Payments=[payment])
    record = desk.listed("Invoices", page=1)[0]
    trial, cash = desk.trial(), desk.trial("cash")
    desk.close()

    assert (record["AmountPaid"], record["AmountDue"], len(record["Payments"])) == (50, 70, 1)
    assert trial == {"090": D(50), "610": D(70), "200": D(-100), "820": D(-20)}
    assert cash == {"090": D(50), "200": D("-41.67"), "820": D("-8.33")}
    assert desk.notes[2:] == [SUPPLIED]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"Total": "121.00"}, "Invoice A-1: Total is 121.00, but its lines add up to 120.00"),
        ({"SubTotal": "90.00"}, "Invoice A-1: SubTotal is 90.00, but its lines add up to 100.00"),
        (
            {"AmountDue": "70.00"},
            "Invoice A-1: 50.00 is paid with no record of it in these books; it stands on the "
            "historical adjustment",
        ),
        (
            {"AmountDue": "70.00", "AmountPaid": 0},
            "Invoice A-1: AmountDue is 70.00, but its total less payments, credits and deductions "
            "is 120.00",
        ),
        (
            {"LineItems": [a_line("100.00", LineAmount="120.00")]},
            "Invoice A-1: a line of 1.0000 x 100.00 says 120.00, not 100.00",
        ),
        ({"LineItems": [a_line(AccountCode="no")]}, "Invoice A-1: account no is not in the chart"),
        ({"Date": "soon"}, "Invoice A-1: Date 'soon' is not a date and is left out"),
        ({"Total": "many"}, "Invoice A-1: Total 'many' is not a usable number"),
        ({"Contact": None}, "Invoice A-1 names no contact"),
        ({"Type": "ODD"}, "Invoice A-1: Type 'ODD' is not known"),
    ],
)
def test_a_document_whose_own_arithmetic_is_wrong_is_named_by_its_number(
    fields: Json, sentence: str
) -> None:
    desk = loaded(Invoices=[an_invoice("120.00", InvoiceNumber="A-1") | fields])
    crooked = sum(desk.trial().values()) + sum(desk.trial("cash").values())
    desk.close()

    assert sentence in desk.notes
    assert crooked == 0


def test_paid_documents_without_payments_stand_against_the_historical_adjustment() -> None:
    invoice = an_invoice("120.00", Status="PAID", FullyPaidOnDate="2026-03-09", InvoiceNumber="B")
    desk = loaded(Invoices=[invoice])
    record = desk.listed("Invoices", page=1)[0]
    trial = desk.trial()
    desk.close()

    assert (record["Status"], record["AmountDue"], record["AmountPaid"]) == ("PAID", 0, 120)
    assert trial == {"840": D(120), "200": D(-100), "820": D(-20)}


def test_allocations_are_read_from_either_side_of_the_books() -> None:
    ids = {"InvoiceID": "aaaaaaaa-0000-4000-8000-000000000001"}
    note = a_credit_note("24.00", CreditNoteID="bbbbbbbb-0000-4000-8000-000000000001")
    invoice = an_invoice("120.00", **ids)
    one = loaded(
        Invoices=[invoice],
        CreditNotes=[note | {"Allocations": [{"Amount": "10.00", "Invoice": ids}]}],
    )
    other = loaded(
        Invoices=[
            invoice
            | {"CreditNotes": [{"CreditNoteID": note["CreditNoteID"], "AppliedAmount": "10.00"}]}
        ],
        CreditNotes=[note],
    )
    found = [
        (desk.listed("Invoices")[0]["AmountDue"], desk.listed("CreditNotes")[0]["RemainingCredit"])
        for desk in (one, other)
    ]
    trials = [desk.trial() for desk in (one, other)]
    one.close()
    other.close()

    assert found == [(110, 14), (110, 14)]
    assert trials[0] == trials[1]


def test_deposits_behind_bank_money_are_made_and_those_without_are_told() -> None:
    money = bank_money("RECEIVE-OVERPAYMENT", "40.00", BankTransactionID="b1")
    alone = {
        "Type": "RECEIVE-PREPAYMENT",
        "PrepaymentID": "p1",
        "Contact": {"Name": "Marlow Ltd"},
        "Date": "2026-03-01",
        "LineItems": [a_line("60.00")],
        "LineAmountTypes": "Inclusive",
        "Reference": "deposit",
    }
    desk = loaded(BankTransactions=[money], Prepayments=[alone])
    over = desk.listed("Overpayments")[0]
    trial = desk.trial()
    desk.close()

    assert over["RemainingCredit"] == 40
    assert trial == {"090": D(40), "610": D(-40), "840": D(60), "836": D(-50), "820": D(-10)}
    assert any("has no bank transaction behind it" in note for note in desk.notes)


def test_a_batch_may_bring_its_payments_itself() -> None:
    ids = [f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in (1, 2)]
    batch = {
        "BatchPaymentID": "cccccccc-0000-4000-8000-000000000001",
        "Type": "RECBATCH",
        "Account": {"Code": "090"},
        "Date": "2026-03-20",
        "Payments": [{"Invoice": {"InvoiceID": found}, "Amount": "10.00"} for found in ids],
    }
    desk = loaded(
        Invoices=[an_invoice("10.00", InvoiceID=found) for found in ids], BatchPayments=[batch]
    )
    statuses = {record["Status"] for record in desk.listed("Invoices")}
    payments = desk.listed("Payments")
    desk.close()

    assert statuses == {"PAID"}
    assert {p["BatchPaymentID"] for p in payments} == {batch["BatchPaymentID"]}
    assert desk.notes[2:] == [SUPPLIED]


def test_a_payment_of_nothing_known_still_moves_the_bank() -> None:
    stray = {"PaymentID": "p9", "Amount": "9.00", "Date": "2026-03-01", "Account": {"Code": "090"}}
    desk = loaded(Payments=[stray, stray | {"PaymentID": "p8", "Account": {"Code": "777"}}])
    trial = desk.trial()
    desk.close()

    assert trial == {"090": D(9), "777": D(9), "840": D(-18)}
    assert sum("pays no approved document" in note for note in desk.notes) == 2


def test_unknown_fields_are_kept_and_a_repeated_id_counts_once() -> None:
    one = an_invoice(InvoiceID="x1", InvoiceNumber="A", Extra={"Deep": [1, "2"]})
    desk = loaded(Invoices=[one | {"Extra": 1}, one])
    record = desk.listed("Invoices", page=1)
    desk.close(odd=["GET Invoices answered 200: no Invoice.Extra"])

    assert [r["Extra"] for r in record] == [{"Deep": [1, "2"]}]
    assert "Invoice A appears twice: the last one counts" in desk.notes


def test_system_accounts_a_chart_lacks_are_added_beside_its_own_codes() -> None:
    own = [
        {"Code": "610", "Name": "Petty cash", "Type": "CURRENT"},
        {"Code": "1100", "Name": "Trade debtors", "Type": "CURRENT", "SystemAccount": "DEBTORS"},
    ]
    desk = loaded(Accounts=own, Invoices=[an_invoice("12.00")])
    receivable, petty = desk.balance("1100"), desk.balance("610")
    creditors = desk.store.system_account("CREDITORS")["Code"]
    desk.close()

    assert (receivable, petty, creditors) == (12, 0, "800")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('{"Invoices": [{"InvoiceID": "1"}]}', 1),
        ('[{"InvoiceID": "1"}, {"InvoiceID": "2"}]', 2),
        ('{"Invoices": []}', 0),
        ('\ufeff{"Invoices": []}', 0),
        ('{"Id": "e", "Status": "OK", "Invoices": [{"InvoiceID": "1"}]}', 1),
    ],
)
def test_a_folder_is_read_file_by_file_and_other_names_are_told(
    tmp_path: Path, text: str, count: int
) -> None:
    (tmp_path / "Invoices.json").write_text(text, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("x")
    books, notes = read_folder(tmp_path)

    assert len(books["Invoices"]) == count
    assert notes == ["notes.txt is not a file of a books folder and is ignored"]


@pytest.mark.parametrize(
    "text", ["{", '{"Bills": []}', '"x"', '{"Invoices": [1]}', "\xff", "[NaN]"]
)
def test_a_file_that_is_no_book_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "Invoices.json").write_bytes(text.encode("latin-1"))

    with pytest.raises(ValueError, match=r"Invoices\.json"):
        read_folder(tmp_path)


def test_a_dump_loads_to_the_same_books_and_dumps_to_the_same_bytes(tmp_path: Path) -> None:
    first, second = Store(":memory:"), Store(":memory:")
    assert load_books(first, build(7, date(2026, 3, 31)).books) == []
    dump_folder(first, tmp_path / "one")
    books, notes = read_folder(tmp_path / "one")
    assert notes == load_books(second, books) == []
    dump_folder(second, tmp_path / "two")
    totals = [
        store.rows(
            "SELECT date, account_id, basis, SUM(amount), SUM(foreign_amount) FROM ledger_line"
            " GROUP BY date, account_id, basis ORDER BY 1, 2, 3"
        )
        for store in (first, second)
    ]
    wrong = check(second)
    first.close()
    second.close()

    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name
    assert totals[0] == totals[1]
    assert wrong == []


def test_what_the_api_made_survives_a_dump_and_a_load(tmp_path: Path) -> None:
    desk = Desk().sign_in()
    invoice = desk.invoice("120.00")
    money = desk.made("BankTransactions", bank_money("RECEIVE-PREPAYMENT", "30.00"))
    body = {"Amount": "20.00", "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
    desk.put(f"Prepayments/{money['PrepaymentID']}/Allocations", body)
    gone = desk.pay(invoice, "5.00")
    desk.post(f"Payments/{gone['PaymentID']}", {"Status": "DELETED"})
    desk.pay(invoice, "40.00")
    desk.made("Invoices", an_invoice(Status="DRAFT"))
    dump_folder(desk.store, tmp_path)
    again = Desk(books=read_folder(tmp_path)[0]).sign_in()
    trials = [(d.trial(), d.trial("cash")) for d in (desk, again)]
    kept = [(d.listed("Invoices", page=1), d.listed("Payments")) for d in (desk, again)]
    wrong = check(again.store)
    desk.close()
    again.close()

    assert again.notes == []
    assert trials[0] == trials[1]
    assert json.dumps(kept[0], default=str, sort_keys=True) == json.dumps(
        kept[1], default=str, sort_keys=True
    )
    assert wrong == []


def test_a_load_that_fails_leaves_the_store_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(":memory:")
    load_books(store, {"Invoices": [an_invoice()]})
    monkeypatch.setattr("worker.sandbox.books.derive", lambda load: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load_books(store, {})
    left = store.count("Invoices")
    store.close()

    assert left == 1


def test_books_of_another_version_are_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE record (kind TEXT)")
    old.close()
    before = path.read_bytes()

    with pytest.raises(ValueError, match="sandbox reset"):
        Store(path)
    assert path.read_bytes() == before
