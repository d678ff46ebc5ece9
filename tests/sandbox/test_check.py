"""Sound books pass; each planted fault is named in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.story_reading import TELLINGS, all_rows, closing_balance, each_telling
from worker.sandbox.books import load_books
from worker.sandbox.check import check
from worker.sandbox.reports import render
from worker.sandbox.store import Store
from worker.sandbox.story import Story
from worker.sandbox.wire import from_minor

STORY = TELLINGS[1, date(2026, 11, 24)]


def loaded(story: Story) -> Store:
    store = Store(":memory:")
    notes = load_books(store, story.books)
    assert notes == []
    return store


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    store = loaded(STORY)
    yield store
    store.close()


@each_telling
def test_the_storys_books_hold_together_and_tie_out_to_the_bank(today: date, story: Story) -> None:
    store = loaded(story)
    try:
        assert check(store) == []
        for account in ("090", "091", "092"):
            assert closing_balance(story, account) == ledger_balance(store, account) - sum(
                in_ledger_not_at_bank(store, account), Decimal(0)
            ) + sum(at_bank_not_in_ledger(story, account), Decimal(0))
    finally:
        store.close()


def ledger_balance(store: Store, code: str) -> Decimal:
    account = store.account_by_code(code)
    assert account
    found = store.rows(
        "SELECT SUM(amount) FROM ledger_line WHERE account_id = ? AND basis <> 'cash'",
        (account["AccountID"],),
    )
    return from_minor(found[0][0], "GBP")


def in_ledger_not_at_bank(store: Store, code: str) -> list[Decimal]:
    """Unreconciled payments: of what was typed by hand, all is at the bank."""
    return [
        -payment["Amount"]
        for payment in store.all("Payments")
        if payment["Account"]["Code"] == code and not payment["IsReconciled"]
    ]


def at_bank_not_in_ledger(story: Story, code: str) -> list[Decimal]:
    known = ("history", "entered by hand", "entered by hand, invoice open", "duplicate row")
    return [
        Decimal(row["amount"])
        for row in all_rows(story)
        if row["account"] == code and story.truths[row["ref"]].kind not in known
    ]


def test_the_storys_reports_say_what_its_documents_say(store: Store) -> None:
    today = date(2026, 11, 24)
    report = render(store, "BalanceSheet", {"date": "2026-11-24"}, today)
    cells = {
        row["Cells"][0]["Value"]: row["Cells"][1]["Value"]
        for block in report["Rows"]
        for row in block.get("Rows") or ()
    }
    bills = [d["AmountDue"] for d in STORY.books["Invoices"]
             if d["Type"] == "ACCPAY" and d["Status"] == "AUTHORISED"]  # fmt: skip

    assert Decimal(cells["Accounts Payable"]) == sum(bills)
    assert cells["Net Assets"] == cells["Total Equity"]
    owing = {d["Contact"]["ContactID"] for d in STORY.books["Invoices"] if d["AmountDue"]}
    for contact_id in sorted(owing)[:5]:
        params = {"contactId": contact_id}
        for name, kind in (("AgedReceivables", "ACCREC"), ("AgedPayables", "ACCPAY")):
            aged = render(store, f"{name}ByContact", params, today)
            due = Decimal(aged["Rows"][-1]["Rows"][0]["Cells"][-1]["Value"])
            assert due == sum(
                (d["AmountDue"] for d in STORY.books["Invoices"]
                 if d["Contact"]["ContactID"] == contact_id and d["Type"] == kind
                 and d["Status"] == "AUTHORISED"),
                Decimal(0),
            ) - sum(
                (n["RemainingCredit"] for n in STORY.books["CreditNotes"]
                 if n["Contact"]["ContactID"] == contact_id and kind == "ACCREC"),
                Decimal(0),
            )  # fmt: skip


def first(store: Store, kind: str, **wanted: Any) -> dict[str, Any]:
    return next(
        record
        for record in store.all(kind)
        if all(record.get(key) == value for key, value in wanted.items())
    )


def a_penny_on_one_side(store: Store) -> None:
    store.rows("UPDATE ledger_line SET amount = amount + 1 WHERE seq = 10")


def an_invoice_that_owes_too_much(store: Store) -> None:
    doc = first(store, "Invoices", Status="AUTHORISED")
    store.put("Invoices", {**doc, "AmountDue": doc["AmountDue"] + 1})


def a_paid_invoice_still_open(store: Store) -> None:
    store.put("Invoices", {**first(store, "Invoices", Status="PAID"), "Status": "AUTHORISED"})


def an_invoice_whose_lines_are_short(store: Store) -> None:
    doc = first(store, "Invoices", Status="PAID")
    store.put("Invoices", {**doc, "LineItems": doc["LineItems"] + doc["LineItems"][-1:]})


def an_invoice_never_posted(store: Store) -> None:
    doc = first(store, "Invoices", Status="AUTHORISED", Type="ACCREC")
    store.rows("DELETE FROM ledger_line WHERE source_id = ?", (doc["InvoiceID"],))


def a_draft_in_the_ledger(store: Store) -> None:
    doc = first(store, "Invoices", Status="AUTHORISED", Type="ACCPAY")
    store.put("Invoices", {**doc, "Status": "VOIDED"})


def a_payment_posted_twice(store: Store) -> None:
    payment = first(store, "Payments")
    store.rows(
        "INSERT INTO ledger_line (source_kind, source_id, date, account_id, contact_id, amount,"
        " currency, foreign_amount, basis) SELECT source_kind, source_id, date, account_id,"
        " contact_id, amount, currency, foreign_amount, basis FROM ledger_line"
        " WHERE source_id = ?",
        (payment["PaymentID"],),
    )


def a_credit_used_up_on_paper(store: Store) -> None:
    note = first(store, "CreditNotes", Status="AUTHORISED")
    store.put("CreditNotes", {**note, "RemainingCredit": Decimal(0)})


def a_transfer_with_one_leg(store: Store) -> None:
    transfer = first(store, "BankTransfers")
    store.rows(
        "UPDATE ledger_line SET account_id = ? WHERE source_id = ? AND account_id = ?",
        (
            store.system_account("ROUNDING")["AccountID"],
            transfer["BankTransferID"],
            transfer["ToBankAccount"]["AccountID"],
        ),
    )


def a_batch_larger_than_its_payments(store: Store) -> None:
    batch = first(store, "BatchPayments")
    store.put("BatchPayments", {**batch, "TotalAmount": batch["TotalAmount"] + 5})


def an_account_of_no_class(store: Store) -> None:
    account = store.account_by_code("469")
    assert account
    store.put("Accounts", {**account, "Class": "", "Type": ""})


class Undo(Exception):
    """Takes a planted fault out of the shared books again."""


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (a_penny_on_one_side, "out of balance by 1 minor units"),
        (an_invoice_that_owes_too_much, "says AmountDue"),
        (a_paid_invoice_still_open, "is AUTHORISED with 0.00 left"),
        (an_invoice_whose_lines_are_short, "but a total of"),
        (an_invoice_never_posted, "stands at 0.00 on its control account"),
        (a_draft_in_the_ledger, "Accounts payable stands at"),
        (a_payment_posted_twice, "its transactions come to"),
        (a_credit_used_up_on_paper, "says RemainingCredit"),
        (a_transfer_with_one_leg, "moves 1 bank accounts"),
        (a_batch_larger_than_its_payments, "Batch"),
        (an_account_of_no_class, "balance sheet has net assets of"),
    ],
)
def test_each_planted_fault_is_named(
    store: Store, plant: Callable[[Store], None], words: str
) -> None:
    with suppress(Undo), store.transaction():
        plant(store)
        problems = check(store)
        raise Undo
    assert any(words in problem for problem in problems), problems
    assert check(store) == []


def test_books_never_loaded_are_called_so() -> None:
    store = Store(":memory:")
    try:
        assert check(store) == ["these books hold no organisation yet"]
    finally:
        store.close()
