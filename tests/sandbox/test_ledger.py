"""Rule 17 of the fact sheet's section 10.2: a ledger underneath, in both views, that balances."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.desk import (
    API,
    STARTING_BOOKS,
    Desk,
    Json,
    a_bill,
    a_credit_note,
    a_line,
    a_payment,
    an_invoice,
    bank_money,
    minor,
)
from worker.sandbox.ledger import Entry, Ledger, share

D = Decimal


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-33, -33, -34]),
        (10, [1, 0, 3], [3, 0, 7]),
        (10, [30, -10], [15, -5]),
        (0, [5, 5], [0, 0]),
        (7, [0, 0], [7, 0]),
        (7, [], []),
        (1, [-1, -1], [1, 0]),
    ],
)
def test_share_splits_to_the_last_penny(total: int, weights: list[int], parts: list[int]) -> None:
    assert share(total, weights) == parts


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(-(10**9), 10**9), min_size=1))
def test_share_always_adds_up(total: int, weights: list[int]) -> None:
    assert sum(share(total, weights)) == total


def test_rule_17_an_approved_invoice_posts_receivable_income_and_tax(desk: Desk) -> None:
    desk.invoice("120.00")

    assert desk.trial() == {"610": D("120"), "200": D("-100"), "820": D("-20")}
    assert desk.trial("cash") == {}


def test_rule_17_a_bill_posts_payable_expense_and_tax(desk: Desk) -> None:
    desk.made("Invoices", a_bill("60.00"))

    assert desk.trial() == {"800": D("-60"), "429": D("50"), "820": D("10")}


def test_rule_17_drafts_touch_nothing_until_approved(desk: Desk) -> None:
    draft = desk.invoice(Status="DRAFT")
    assert desk.trial() == {}

    desk.post(f"Invoices/{draft['InvoiceID']}", {"Status": "AUTHORISED"})
    assert desk.balance("610") == 120


def test_rule_17_cash_recognises_each_payment_pro_rata_and_the_last_to_the_penny(
    desk: Desk,
) -> None:
    lines = [a_line("33.33"), a_line("33.33", AccountCode="260"), a_line("33.34", TaxType="NONE")]
    invoice = desk.invoice(LineItems=lines)
    payments = [desk.pay(invoice, amount) for amount in ("33.33", "33.33", "33.34")]
    accrual = desk.trial()

    assert desk.trial("cash") == accrual
    desk.post(f"Payments/{payments[1]['PaymentID']}", {"Status": "DELETED"})
    assert desk.trial("cash")["090"] == D("66.67")
    desk.pay(invoice, "33.33")
    assert desk.trial("cash") == accrual
    assert desk.balance("610") == 0


def test_rule_17_a_recoded_line_reaches_the_cash_view_with_the_last_payment(desk: Desk) -> None:
    invoice = desk.invoice("120.00")
    desk.pay(invoice, "60.00")
    line = {"LineItemID": invoice["LineItems"][0]["LineItemID"], "AccountCode": "260"}
    desk.post(f"Invoices/{invoice['InvoiceID']}", {"LineItems": [line]})
    desk.pay(invoice, "60.00")

    assert desk.trial() == desk.trial("cash")
    assert desk.balance("200") == 0


def test_rule_17_cis_is_held_out_of_receivables_and_recognised_with_the_cash() -> None:
    held = an_invoice("1200.00", InvoiceID="c1", CISDeduction="200.00")
    desk = Desk(books={"Invoices": [held]}).sign_in()
    assert desk.trial() == {"610": D(1000), "618": D(200), "200": D(-1000), "820": D(-200)}

    desk.pay(desk.listed("Invoices")[0], "1000.00")
    cash, accrual = desk.trial("cash"), desk.trial()
    desk.close()
    assert cash == accrual == {"090": D(1000), "618": D(200), "200": D(-1000), "820": D(-200)}


@pytest.mark.parametrize(
    ("rate", "bank_rate", "gain"),
    [("1.25", "1.25", "0"), ("1.25", "1.20", "-3.33"), ("1.25", "1.30", "3.08")],
)
def test_rule_17_foreign_invoices_realise_the_difference_of_rates(
    desk: Desk, rate: str, bank_rate: str, gain: str
) -> None:
    invoice = desk.invoice("120.00", CurrencyCode="EUR", CurrencyRate=rate)
    assert desk.balance("610") == 96
    desk.pay(invoice, "40.00", CurrencyRate=bank_rate)
    desk.pay(invoice, "60.00", CurrencyRate=bank_rate)
    assert desk.balance("610") == 16
    desk.pay(invoice, "20.00", CurrencyRate=rate)

    assert desk.balance("610") == 0
    assert desk.balance("499") == D(gain)


def test_rule_17_the_pennies_of_a_foreign_document_go_to_rounding(desk: Desk) -> None:
    lines = [a_line("0.10", TaxType="NONE") for _ in range(3)]
    desk.invoice(LineItems=lines, CurrencyCode="EUR", CurrencyRate="3")

    assert desk.trial() == {"610": D("0.10"), "200": D("-0.09"), "860": D("-0.01")}


def test_rule_17_a_prepayment_is_reversed_with_its_tax_when_allocated(desk: Desk) -> None:
    line = a_line("100.00")
    money = desk.made("BankTransactions", bank_money("RECEIVE-PREPAYMENT", LineItems=[line]))
    invoice = desk.invoice("240.00")
    body = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}}
    path = f"Prepayments/{money['PrepaymentID']}/Allocations"
    for amount in ("33.33", "33.33", "33.34"):
        assert desk.put(path, {**body, "Amount": amount}).status_code == 200
    assert desk.balance("836") == 0
    assert desk.trial() == {"090": D(100), "610": D(140), "200": D(-200), "820": D(-40)}

    desk.pay(invoice, "140.00")
    assert desk.trial("cash") == desk.trial()


def test_rule_17_credit_notes_net_off_in_both_views(desk: Desk) -> None:
    invoice = desk.invoice("120.00", LineItems=[a_line("120.00", AccountCode="260")])
    note = desk.made("CreditNotes", a_credit_note("24.00"))
    body = {"Amount": "24.00", "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
    desk.put(f"CreditNotes/{note['CreditNoteID']}/Allocations", body)
    assert desk.trial("cash") == {"260": D(-20), "200": D(20)}

    desk.pay(invoice, "96.00")
    assert desk.trial("cash") == desk.trial()


def test_rule_17_entries_that_do_not_balance_are_never_kept(desk: Desk) -> None:
    ledger = Ledger(desk.store, Desk.__new__(Desk), "GBP")  # type: ignore[arg-type]
    crooked = [Entry("a", 5, 5, "GBP", "accrual"), Entry("b", -5, -5, "GBP", "cash")]
    with pytest.raises(AssertionError, match="does not balance on accrual"):
        ledger.post("Test", "1", "2026-03-01", crooked)
    with pytest.raises(AssertionError, match="do not balance"), desk.store.transaction():
        desk.store.rows(
            "INSERT INTO ledger_line (source_kind, source_id, date, account_id, amount, currency,"
            " foreign_amount, basis) VALUES ('Test', '1', '2026-03-01', 'a', 5, 'GBP', 5, 'both')"
        )

    assert desk.store.last_line() == 0


# What a person or program may try in any order, sensible or not.

AMOUNTS = st.sampled_from(["0.01", "3.33", "10.00", "33.33", "99.99", "120.00", "500.00"])
MODES = st.sampled_from(["Inclusive", "Exclusive", "NoTax"])
PICK = st.integers(0, 7)
Step = Callable[[Desk], object]


def pick(desk: Desk, kind: str, place: int) -> Json | None:
    records = sorted(desk.listed(kind), key=lambda record: str(record[f"{kind[:-1]}ID"]))
    return records[place % len(records)] if records else None


def make_document(kind: str, amount: str, second: str, mode: str, currency: str) -> Step:
    def step(desk: Desk) -> object:
        code = "429" if "PAY" in kind else "200"
        lines = [a_line(amount, AccountCode=code), a_line(second, AccountCode=code, Quantity="3")]
        fields = {"LineAmountTypes": mode, "LineItems": lines, "CurrencyCode": currency}
        fields |= {"CurrencyRate": "1.17"} if currency == "EUR" else {}
        if kind.endswith("CREDIT"):
            return desk.put("CreditNotes", a_credit_note(**fields, Type=kind))
        return desk.put("Invoices", an_invoice(**fields, Type=kind))

    return step


def pay(kind: str, place: int, amount: str | None, rate: str) -> Step:
    def step(desk: Desk) -> object:
        record = pick(desk, kind, place)
        if record is None:
            return None
        name = kind[:-1]
        due = record.get("AmountDue", record.get("RemainingCredit"))
        body = a_payment({"InvoiceID": None}, amount or str(due), CurrencyRate=rate)
        body[name] = {f"{name}ID": record[f"{name}ID"]}
        return desk.put("Payments", body if name == "Invoice" else {**body, "Invoice": None})

    return step


def allocate(kind: str, place: int, other: int, amount: str | None) -> Step:
    def step(desk: Desk) -> object:
        credit, invoice = pick(desk, kind, place), pick(desk, "Invoices", other)
        if credit is None or invoice is None:
            return None
        due = min(credit["RemainingCredit"], invoice["AmountDue"])
        body = {"Amount": amount or str(due), "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
        return desk.put(f"{kind}/{credit[f'{kind[:-1]}ID']}/Allocations", body)

    return step


def unallocate(kind: str, place: int) -> Step:
    def step(desk: Desk) -> object:
        credit = pick(desk, kind, place)
        if credit is None or not credit["Allocations"]:
            return None
        gone = credit["Allocations"][-1]["AllocationID"]
        path = f"{API}/{kind}/{credit[f'{kind[:-1]}ID']}/Allocations/{gone}"
        return desk.client.delete(path)

    return step


def change(kind: str, place: int, body: Json) -> Step:
    def step(desk: Desk) -> object:
        record = pick(desk, kind, place)
        return record and desk.post(f"{kind}/{record[f'{kind[:-1]}ID']}", body)

    return step


def money(kind: str, amount: str, mode: str) -> Step:
    return lambda desk: desk.put("BankTransactions", bank_money(kind, amount, LineAmountTypes=mode))


DOCUMENTS = st.builds(
    make_document,
    st.sampled_from(["ACCREC", "ACCREC", "ACCPAY", "ACCRECCREDIT", "ACCPAYCREDIT"]),
    AMOUNTS,
    AMOUNTS,
    MODES,
    st.sampled_from(["GBP", "GBP", "EUR"]),
)
CREDITS = st.sampled_from(["CreditNotes", "Overpayments", "Prepayments"])
PAID = st.sampled_from(["Invoices", "Invoices", "CreditNotes", "Overpayments", "Prepayments"])
OPTIONAL = st.none() | AMOUNTS
STEPS = st.one_of(
    DOCUMENTS,
    st.builds(pay, PAID, PICK, OPTIONAL, st.sampled_from(["1.17", "1.2"])),
    st.builds(allocate, CREDITS, PICK, PICK, OPTIONAL),
    st.builds(unallocate, CREDITS, PICK),
    st.builds(
        money,
        st.sampled_from(
            [
                f"{side}{tail}"
                for side in ("SPEND", "RECEIVE")
                for tail in ("", "-OVERPAYMENT", "-PREPAYMENT")
            ]
        ),
        AMOUNTS,
        MODES,
    ),
    st.builds(change, st.just("Payments"), PICK, st.just({"Status": "DELETED"})),
    st.builds(
        change,
        st.just("Invoices"),
        PICK,
        st.sampled_from(
            [
                {"Status": "VOIDED"},
                {"LineAmountTypes": "Inclusive"},
                {"Date": "2026-03-05"},
                {"LineItems": [a_line("77.77")]},
            ]
        ),
    ),
    st.builds(change, st.just("BankTransactions"), PICK, st.just({"Status": "DELETED"})),
)


def open_minor(desk: Desk, kind: str, left: str, *types: str) -> int:
    """What is open on base-currency documents of these types, in pennies."""
    return sum(
        minor(record[left])
        for record in desk.listed(kind)
        if record["Type"] in types
        and record["Status"] == "AUTHORISED"
        and record["CurrencyCode"] == "GBP"
    )


def control_minor(desk: Desk, system: str) -> int:
    """A control account's base-currency lines, in pennies, debit +."""
    found = desk.store.system_account(system)["AccountID"]
    row = desk.store.rows(
        "SELECT COALESCE(SUM(amount), 0) FROM ledger_line"
        " WHERE account_id = ? AND basis <> 'cash' AND currency = 'GBP'",
        (found,),
    )
    return int(row[0][0])


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, min_size=3, max_size=18))
def test_rule_17_after_any_sequence_the_books_balance_and_control_ties_to_documents(
    steps: list[Step],
) -> None:
    desk = Desk(books=STARTING_BOOKS).sign_in()
    try:
        for step in steps:
            reply = step(desk)
            assert reply is None or getattr(reply, "status_code", 200) in (200, 400, 404)
        for basis in ("accrual", "cash"):
            assert sum(desk.trial(basis).values()) == 0
        assert control_minor(desk, "DEBTORS") == (
            open_minor(desk, "Invoices", "AmountDue", "ACCREC")
            - open_minor(desk, "CreditNotes", "RemainingCredit", "ACCRECCREDIT")
            - open_minor(desk, "Overpayments", "RemainingCredit", "RECEIVE-OVERPAYMENT")
        )
        assert control_minor(desk, "CREDITORS") == (
            open_minor(desk, "CreditNotes", "RemainingCredit", "ACCPAYCREDIT")
            + open_minor(desk, "Overpayments", "RemainingCredit", "SPEND-OVERPAYMENT")
            - open_minor(desk, "Invoices", "AmountDue", "ACCPAY")
        )
        settled = [r for r in desk.listed("Invoices") if r["Status"] == "PAID"]
        assert all(record["AmountDue"] == 0 for record in settled)
    finally:
        desk.close()
