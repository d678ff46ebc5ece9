"""Requests: exact bytes, our code in every reference, and never `IsReconciled`."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.xero.desk import (
    BANK,
    CREDIT_1,
    INVOICE_1,
    INVOICE_2,
    MARLOW,
    SAVINGS,
    a_fee,
    an_intent,
)
from worker.books.decisions import CodingLine, Share
from worker.books.intents import Intent
from worker.errors import PromiseBroken
from worker.xero.wire_requests import reference_with_code, request_for, short_reference


def body_of(*intents: Intent) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request_for(intents).body, parse_float=Decimal)
    return found


def test_a_payment_is_these_bytes() -> None:
    request = request_for([an_intent()])

    assert (request.method, request.path) == ("PUT", "Payments?summarizeErrors=false")
    assert request.body.decode() == (
        '{"Payments":[{"Account":{"AccountID":"' + BANK + '"},"Amount":1250.50,'
        '"Date":"2026-03-02","Invoice":{"InvoiceID":"' + INVOICE_1 + '"},'
        '"Reference":"MARLOW 42 TO-AAAAAA1"}]}'
    )


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("credit_note", {"CreditNote": {"CreditNoteID": INVOICE_1}}),
        ("overpayment", {"Overpayment": {"OverpaymentID": INVOICE_1}}),
        ("prepayment", {"Prepayment": {"PrepaymentID": INVOICE_1}}),
    ],
)
def test_a_refund_names_the_credit_it_pays_back(kind: str, place: dict[str, Any]) -> None:
    (payment,) = body_of(an_intent(credit_kind=kind))["Payments"]

    assert place.items() <= payment.items()
    assert "Invoice" not in payment


def test_a_batch_carries_its_code_in_the_words_of_every_region() -> None:
    shares = (Share(INVOICE_1, "INV-0042", Decimal("1000.00")), Share(INVOICE_2, "", Decimal("1")))
    intent = an_intent(kind="batch_payment", shares=shares, reference="MARLOW AND FINCH 42 43")

    request = request_for([intent])
    (batch,) = body_of(intent)["BatchPayments"]

    assert request.path == "BatchPayments?summarizeErrors=false"
    assert batch["Reference"] == "MARLOW AND FINCH 42 43 TO-AAAAAA1"
    assert batch["Details"] == batch["Narrative"] == "TO-AAAAAA1 MARLOW"
    assert batch["Payments"] == [
        {"Invoice": {"InvoiceID": INVOICE_1}, "Amount": Decimal("1000.00")},
        {"Invoice": {"InvoiceID": INVOICE_2}, "Amount": 1},
    ]


def test_money_spent_is_coded_line_by_line_with_tax_inside() -> None:
    request = request_for([a_fee()])
    (record,) = body_of(a_fee())["BankTransactions"]

    assert request.path == "BankTransactions?summarizeErrors=false&unitdp=4"
    assert record == {
        "Type": "SPEND",
        "Contact": {"Name": "High Street Bank"},
        "BankAccount": {"AccountID": BANK},
        "Date": "2026-03-02",
        "Reference": "ACCOUNT FEE TO-AAAAAA1",
        "LineAmountTypes": "Inclusive",
        "LineItems": [
            {
                "Description": "Bank fee",
                "Quantity": 1,
                "UnitAmount": Decimal("4.20"),
                "AccountCode": "404",
                "TaxType": "NONE",
                "Tracking": [{"Name": "Region", "Option": "North"}],
            }
        ],
    }


def test_money_received_from_a_known_contact_names_only_its_id() -> None:
    coding = (CodingLine("260", "OUTPUT2", Decimal("4.20"), "Interest"),)
    (record,) = body_of(a_fee(amount=Decimal("4.20"), contact_id=MARLOW, coding=coding))[
        "BankTransactions"
    ]

    assert (record["Type"], record["Contact"]) == ("RECEIVE", {"ContactID": MARLOW})
    assert "Tracking" not in record["LineItems"][0]


def test_a_transfer_moves_a_positive_amount_from_one_account_to_the_other() -> None:
    intent = an_intent(kind="transfer", amount=Decimal("-500.00"), to_account_id=SAVINGS, shares=())

    assert request_for([intent]).path == "BankTransfers"
    (transfer,) = body_of(intent)["BankTransfers"]
    assert transfer == {
        "FromBankAccount": {"AccountID": BANK},
        "ToBankAccount": {"AccountID": SAVINGS},
        "Amount": Decimal("500.00"),
        "Date": "2026-03-02",
        "Reference": "MARLOW 42 TO-AAAAAA1",
    }


@pytest.mark.parametrize(
    ("kind", "endpoint"),
    [
        ("credit_note", "CreditNotes"),
        ("overpayment", "Overpayments"),
        ("prepayment", "Prepayments"),
    ],
)
def test_an_allocation_sends_only_the_new_one_to_its_credit(kind: str, endpoint: str) -> None:
    intent = an_intent(kind="allocation", credit_id=CREDIT_1, credit_kind=kind)

    assert request_for([intent]).path == f"{endpoint}/{CREDIT_1}/Allocations?summarizeErrors=false"
    assert body_of(intent) == {
        "Allocations": [
            {
                "Invoice": {"InvoiceID": INVOICE_1},
                "Amount": Decimal("1250.50"),
                "Date": "2026-03-02",
            }
        ]
    }


@pytest.mark.parametrize(
    "intents",
    [
        [],
        [an_intent(), a_fee()],
        [an_intent(kind="allocation", credit_id=CREDIT_1, credit_kind="credit_note")] * 2,
        [an_intent(shares=())],
        [an_intent(kind="batch_payment", shares=())],
        [an_intent(kind="transfer")],
        [an_intent(kind="allocation")],
        [a_fee(coding=())],
        [a_fee(contact_name=" ")],
        [an_intent(credit_kind="quote")],
        [an_intent(shares=(Share(INVOICE_1, "", Decimal("0.00")),))],
    ],
)
def test_what_says_too_little_is_never_composed(intents: list[Intent]) -> None:
    with pytest.raises(PromiseBroken):
        request_for(intents)


def test_nothing_we_send_calls_itself_reconciled() -> None:
    every = [
        an_intent(),
        an_intent(kind="batch_payment"),
        a_fee(),
        an_intent(kind="transfer", to_account_id=SAVINGS),
        an_intent(kind="allocation", credit_id=CREDIT_1, credit_kind="credit_note"),
    ]

    assert not any(b"econciled" in request_for([intent]).body for intent in every)


@given(words=st.text(max_size=400), limit=st.integers(10, 255))
def test_the_code_survives_any_payers_words_and_any_limit(words: str, limit: int) -> None:
    reference = reference_with_code(words, "TO-AAAAAA1", limit)

    assert reference.endswith("TO-AAAAAA1")
    assert len(reference.encode("utf-16-le")) // 2 <= limit
    assert reference == " ".join(reference.split()).strip()


@given(words=st.text(max_size=40))
def test_where_space_is_short_the_code_comes_first(words: str) -> None:
    short = short_reference(words, "TO-AAAAAA1")

    assert short.startswith("TO-AAAAAA1")
    assert len(short.encode("utf-16-le")) // 2 <= 18
