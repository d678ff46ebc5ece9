"""Finding: what the ledger holds of a write whose answer was lost, and what it does not prove."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from tests.xero.desk import (
    BANK,
    CREDIT_1,
    INVOICE_1,
    INVOICE_2,
    MARLOW,
    PAYMENT_1,
    PAYMENT_2,
    SAVINGS,
    Desk,
    a_fee,
    an_intent,
    answer,
    invoice_json,
    organisation,
    paged,
    payment_json,
)
from worker.books.decisions import Share
from worker.books.intents import Found, Intent

REAL = "66666666-6666-4666-8666-000000000001"
OTHER = "66666666-6666-4666-8666-000000000002"


def find(desk: Desk, *intents: Intent) -> dict[str, Found]:
    return dict(desk.ledger.find(intents))


def found_one(desk: Desk, intent: Intent) -> Found:
    return find(desk, intent)[intent.id]


def payments(*rows: dict[str, Any]) -> httpx.Response:
    return paged("Payments", rows, 1, 1, len(rows))


def where(request: httpx.Request) -> str:
    return parse_qs(request.url.query.decode())["where"][0]


def test_a_payment_is_found_by_its_code_on_its_own_invoice() -> None:
    other = payment_json(PaymentID=PAYMENT_2, Reference="MARLOW 42 TO-ZZZZZZ9")
    desk = Desk(payments(other, payment_json(IsReconciled=True)))

    found = found_one(desk, an_intent())

    assert found == Found("I1", ledger_id=PAYMENT_1, is_reconciled=True)
    assert where(desk.script.requests[0]) == f'Invoice.InvoiceId==guid("{INVOICE_1}")'


@pytest.mark.parametrize(
    ("more", "differs"),
    [
        ({"Amount": 1250}, "amount 1250 instead of 1250.50"),
        ({"Date": "2026-03-05"}, "date 2026-03-05 instead of 2026-03-02"),
        ({"Account": {"AccountID": SAVINGS}}, f"account {SAVINGS} instead of {BANK}"),
        ({"Account": {}}, ""),
    ],
)
def test_a_payment_that_says_something_else_is_found_and_told(
    more: dict[str, Any], differs: str
) -> None:
    assert found_one(Desk(payments(payment_json(**more))), an_intent()).differs == differs


def test_two_live_records_with_one_code_are_told_and_a_deleted_one_is_not_live() -> None:
    twin = payment_json(PaymentID=PAYMENT_2)

    assert found_one(Desk(payments(payment_json(), twin)), an_intent()).several
    dead = payment_json(PaymentID=PAYMENT_2, Status="DELETED")
    assert not found_one(Desk(payments(payment_json(), dead)), an_intent()).several


def test_what_a_person_deleted_is_found_so_that_it_is_not_written_again() -> None:
    found = found_one(Desk(payments(payment_json(Status="DELETED"))), an_intent())

    assert (found.ledger_id, found.differs) == (PAYMENT_1, "it was deleted in the ledger")


def test_a_record_we_cannot_understand_is_not_overlooked_where_it_carries_the_code() -> None:
    found = found_one(Desk(payments(payment_json(Date="some day"))), an_intent())

    assert (found.ledger_id, found.several) == (PAYMENT_1, False)


def test_an_absent_payment_is_proved_on_its_invoices_stamp_and_due() -> None:
    desk = Desk(payments(), answer("Invoices", [invoice_json()]))

    found = found_one(desk, an_intent())

    assert (found.ledger_id, found.several) == ("", False)
    assert found.stamp == "2026-02-03T10:00:00+00:00 1250.5"


def test_fifty_payments_take_four_calls_with_addresses_the_ledger_accepts() -> None:
    ids = [f"{INVOICE_1[:-4]}{n:04d}" for n in range(50)]
    intents = [
        an_intent(id=f"I{n}", code=f"TO-{n:07d}", shares=(Share(each, "", Decimal(5)),))
        for n, each in enumerate(ids)
    ]

    def play(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("Payments"):
            return payments()
        return answer("Invoices", [invoice_json(InvoiceID=each) for each in ids])

    desk = Desk(play, repeats=True)

    found = find(desk, *intents)

    assert len(desk.script.requests) == 4
    assert max(len(request.url.query) for request in desk.script.requests) < 2000
    assert all(each.stamp for each in found.values())


def test_a_refund_is_looked_for_by_its_day() -> None:
    refund = payment_json(
        PaymentType="ARCREDITPAYMENT",
        CreditNote={"CreditNoteID": CREDIT_1, "CurrencyCode": "GBP"},
    )
    shares = (Share(CREDIT_1, "CN-1", Decimal("1250.50")),)
    desk = Desk(payments(refund))

    found = found_one(desk, an_intent(shares=shares, credit_kind="credit_note"))

    assert (found.ledger_id, found.differs) == (PAYMENT_1, "")
    assert where(desk.script.requests[0]) == (
        "Date>=DateTime(2026,03,01) AND Date<=DateTime(2026,03,03)"
    )


def fee_json(**more: Any) -> dict[str, Any]:
    return {
        "BankTransactionID": REAL,
        "Type": "SPEND",
        "Status": "AUTHORISED",
        "Total": "4.20",
        "Date": "2026-03-02",
        "CurrencyCode": "GBP",
        "Reference": "ACCOUNT FEE TO-AAAAAA1",
        "BankAccount": {"AccountID": BANK},
        "Contact": {"ContactID": MARLOW},
        **more,
    }


def test_spent_money_is_found_by_its_code_even_where_a_person_moved_its_day() -> None:
    desk = Desk(paged("BankTransactions", [fee_json(Date="2026-03-20")], 1, 1, 1))

    found = found_one(desk, a_fee())

    assert (found.ledger_id, found.differs) == (REAL, "date 2026-03-20 instead of 2026-03-02")
    assert where(desk.script.requests[0]) == (
        "Date>=DateTime(2026,01,30) AND Date<=DateTime(2026,04,02)"
    )


def test_spent_money_that_became_received_money_differs() -> None:
    desk = Desk(paged("BankTransactions", [fee_json(Type="RECEIVE")], 1, 1, 1))

    assert found_one(desk, a_fee()).differs == "amount 4.20 instead of -4.20"


def batch_json(**more: Any) -> dict[str, Any]:
    return {
        "BatchPaymentID": REAL,
        "Type": "RECBATCH",
        "Status": "AUTHORISED",
        "TotalAmount": "1250.50",
        "Date": "2026-03-02",
        "Account": {"AccountID": BANK, "CurrencyCode": "GBP"},
        **more,
    }


@pytest.mark.parametrize("field", ["Reference", "Details", "Narrative"])
def test_a_batch_is_found_by_its_code_wherever_its_region_shows_it(field: str) -> None:
    desk = Desk(answer("BatchPayments", [batch_json(**{field: "TO-AAAAAA1 MAR"})]))

    found = found_one(desk, an_intent(kind="batch_payment"))

    assert (found.ledger_id, found.differs) == (REAL, "")


def test_an_absent_batch_is_proved_on_all_its_invoices() -> None:
    shares = (Share(INVOICE_1, "", Decimal(1)), Share(INVOICE_2, "", Decimal(2)))
    both = [invoice_json(InvoiceID=INVOICE_2, AmountDue=7), invoice_json()]
    desk = Desk(answer("BatchPayments", []), answer("Invoices", both))

    found = found_one(desk, an_intent(kind="batch_payment", shares=shares))

    assert [each.split(" ")[1] for each in found.stamp.split("|")] == ["1250.5", "7"]


@pytest.mark.parametrize(
    ("more", "reconciled", "differs"),
    [
        ({"FromIsReconciled": True, "ToIsReconciled": True}, True, ""),
        ({"FromIsReconciled": True}, False, ""),
        ({"Amount": 499}, False, "amount -499 instead of -500.00"),
        ({"Status": "DELETED"}, False, "it was deleted in the ledger"),
    ],
)
def test_a_transfer_is_found_with_both_its_ticks(
    more: dict[str, Any], reconciled: bool, differs: str
) -> None:
    record = {
        "BankTransferID": REAL, "Amount": "500.00", "Date": "2026-03-02",
        "Reference": "SAVE TO-AAAAAA1", "ToBankAccount": {"AccountID": SAVINGS},
        "FromBankAccount": {"AccountID": BANK, "CurrencyCode": "GBP"}, **more,
    }  # fmt: skip
    intent = an_intent(
        kind="transfer", amount=Decimal("-500.00"), to_account_id=SAVINGS, shares=(), contact_id=""
    )
    desk = Desk(answer("BankTransfers", [record]))

    found = found_one(desk, intent)

    assert (found.ledger_id, found.is_reconciled, found.differs) == (REAL, reconciled, differs)
    assert "includeDeleted=true" in str(desk.script.requests[0].url)


def allocated(*allocations: tuple[str, str, Any]) -> httpx.Response:
    credit = {
        "CreditNoteID": CREDIT_1, "Type": "ACCRECCREDIT", "Status": "AUTHORISED",
        "Date": "2026-02-03", "Total": 2000, "RemainingCredit": 749.5, "CurrencyCode": "GBP",
        "UpdatedDateUTC": "/Date(1770112800000)/",
        "Allocations": [
            {"AllocationID": a, "Amount": amount, "Invoice": {"InvoiceID": invoice}}
            for a, invoice, amount in allocations
        ],
    }  # fmt: skip
    return answer("CreditNotes", [credit])


def an_allocation(*known: str, **more: Any) -> Intent:
    return an_intent(
        **{
            "kind": "allocation",
            "amount": Decimal(0),
            "credit_id": CREDIT_1,
            "credit_kind": "credit_note",
            "pre_image": json.dumps({"allocations": list(known)}),
            **more,
        }
    )


@pytest.mark.parametrize(
    ("known", "there", "ledger_id", "several"),
    [
        ([], [(REAL, INVOICE_1, "1250.50")], REAL, False),
        ([OTHER], [(OTHER, INVOICE_1, 1250.5), (REAL, INVOICE_1, 1250.5)], REAL, False),
        ([OTHER.upper()], [(OTHER, INVOICE_1, 1250.5)], "", False),
        ([], [(REAL, INVOICE_1, 1)], "", False),
        ([], [(REAL, INVOICE_2, 1250.5)], "", False),
        ([], [(OTHER, INVOICE_1, 1250.5), (REAL, INVOICE_1, 1250.5)], "", True),
        ([], [("", INVOICE_1, 1250.5)], f"{CREDIT_1}:{INVOICE_1}", False),
        ([""], [("", INVOICE_1, 1250.5)], "", True),
        ([], [], "", False),
    ],
)
def test_an_allocation_is_ours_where_exactly_one_of_that_amount_is_new(
    known: list[str], there: list[tuple[str, str, Any]], ledger_id: str, several: bool
) -> None:
    found = found_one(Desk(allocated(*there)), an_allocation(*known))

    assert (found.ledger_id, found.several) == (ledger_id, several)
    assert found.stamp == "2026-02-03T10:00:00+00:00 749.5"


@pytest.mark.parametrize("pre_image", ["", "{}", "[]", '{"allocations": 7}'])
def test_without_a_usable_pre_image_an_equal_allocation_proves_nothing(pre_image: str) -> None:
    desk = Desk(allocated((REAL, INVOICE_1, 1250.5)))

    found = found_one(desk, an_allocation(pre_image=pre_image))

    assert (found.ledger_id, found.several) == ("", True)


def test_intents_of_every_kind_are_looked_for_together() -> None:
    desk = Desk(
        payments(payment_json()),
        answer("BatchPayments", [batch_json(Reference="TO-BBBBBB2")]),
        paged("BankTransactions", [fee_json(Reference="FEE TO-CCCCCC3")], 1, 1, 1),
    )
    wanted = [
        an_intent(),
        an_intent(id="I2", kind="batch_payment", code="TO-BBBBBB2"),
        a_fee(id="I3", code="TO-CCCCCC3"),
    ]

    found = find(desk, *wanted)

    assert [found[each.id].ledger_id for each in wanted] == [PAYMENT_1, REAL, REAL]
    assert desk.script.paths == ["Payments", "BatchPayments", "BankTransactions"]


def test_nothing_to_find_asks_nothing() -> None:
    desk = Desk(organisation())

    assert find(desk) == {}
    assert desk.script.requests == []
