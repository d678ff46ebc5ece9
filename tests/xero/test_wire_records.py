"""Records from Xero's JSON: sides, signs and what is left when fields are missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.xero.desk import BANK, CREDIT_1, INVOICE_1, SAVINGS, invoice_json, payment_json
from worker.xero import wire_cash, wire_chart, wire_documents
from worker.xero.wire_values import NotUnderstood


def in_pounds() -> str:
    """The base currency of these tests."""
    return "GBP"


def test_an_invoice_says_all_a_matcher_needs() -> None:
    lines = [
        {
            "Description": "Oak boards",
            "AccountCode": "200",
            "TaxType": "OUTPUT2",
            "Tracking": [{"Name": "Region", "Option": "North"}],
        },
        {"Description": "Delivery", "AccountCode": "200", "TaxType": "OUTPUT2", "Tracking": []},
    ]
    found = wire_documents.invoice(
        invoice_json(
            Total="1250.50", AmountDue="1025.00", AmountPaid="225.50", SentToContact="true",
            LineItems=lines, Reference="PO 7", SomethingNew={"x": 1},
        ),
        in_pounds,
    )  # fmt: skip

    assert (found.side, found.kind, found.number) == ("receivable", "invoice", "INV-0042")
    assert (found.total, found.due, found.paid) == (
        Decimal("1250.50"), Decimal("1025.00"), Decimal("225.50"),
    )  # fmt: skip
    assert (found.date, found.due_date) == (date(2026, 2, 3), date(2026, 3, 5))
    assert found.coding == "200 OUTPUT2; 200 OUTPUT2 Region=North"
    assert found.descriptions == ("Oak boards", "Delivery")
    assert found.sent
    assert found.is_open


@pytest.mark.parametrize(
    ("more", "due"),
    [
        ({}, "1250.5"),
        ({"AmountPaid": 1000, "AmountCredited": "50.5"}, "200"),
        ({"CISDeduction": 250}, "1000.5"),
        ({"Status": "PAID"}, "0"),
        ({"Status": "VOIDED"}, "0"),
    ],
)
def test_a_due_that_is_left_out_is_worked_out(more: dict[str, Any], due: str) -> None:
    record = {k: v for k, v in invoice_json(**more).items() if k != "AmountDue"}

    assert wire_documents.invoice(record, in_pounds).due == Decimal(due)


def test_a_voided_invoice_without_a_date_is_still_seen_as_voided() -> None:
    record = invoice_json(Status="VOIDED", Date="/Date(0+0000)/", DateString="", DueDateString="")

    found = wire_documents.invoice(record, in_pounds)

    assert (found.status, found.date) == ("VOIDED", date(2026, 2, 3))


def test_a_status_xero_invents_later_stays_as_it_is() -> None:
    assert wire_documents.invoice(invoice_json(Status="SLEEPING"), in_pounds).status == "SLEEPING"


@pytest.mark.parametrize("more", [{"Type": "QUOTE"}, {"Total": "?"}, {"InvoiceID": ""}])
def test_an_invoice_that_cannot_be_understood_says_so(more: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        wire_documents.invoice(invoice_json(**more), in_pounds)


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        ("RECEIVE-OVERPAYMENT", "receivable"),
        ("AROVERPAYMENT", "receivable"),
        ("SPEND-OVERPAYMENT", "payable"),
        ("APOVERPAYMENT", "payable"),
    ],
)
def test_a_credit_has_its_side_and_says_where_it_went(kind: str, side: str) -> None:
    record = {
        "OverpaymentID": CREDIT_1,
        "Type": kind,
        "Status": "AUTHORISED",
        "Date": "2026-02-03",
        "Total": Decimal("100.00"),
        "CurrencyCode": "GBP",
        "Allocations": [
            {"AllocationID": "A", "Amount": 60, "Invoice": {"InvoiceID": INVOICE_1}},
            {"AllocationID": "B", "Amount": 10, "Invoice": {}, "IsDeleted": True},
        ],
        "Payments": [{"Amount": "15.00"}],
    }

    found = wire_documents.overpayment(record, in_pounds)

    assert found.side == side
    assert [(a.id, a.document_id, a.amount) for a in found.allocations] == [("A", INVOICE_1, 60)]
    assert (found.credited, found.paid, found.due) == (60, 15, 25)


@pytest.mark.parametrize(
    ("kind", "document", "side", "sign"),
    [
        ("ACCRECPAYMENT", "invoice", "receivable", 1),
        ("ACCPAYPAYMENT", "invoice", "payable", -1),
        ("ARCREDITPAYMENT", "credit_note", "receivable", -1),
        ("APCREDITPAYMENT", "credit_note", "payable", 1),
        ("AROVERPAYMENTPAYMENT", "overpayment", "receivable", -1),
        ("APOVERPAYMENTPAYMENT", "overpayment", "payable", 1),
        ("ARPREPAYMENTPAYMENT", "prepayment", "receivable", -1),
        ("APPREPAYMENTPAYMENT", "prepayment", "payable", 1),
    ],
)
def test_a_payments_type_gives_document_side_and_sign(
    kind: str, document: str, side: str, sign: int
) -> None:
    found = wire_cash.payment(payment_json(PaymentType=kind, BankAmount="990.10"), in_pounds)

    assert (found.document_kind, found.side) == (document, side)
    assert found.bank_amount == sign * Decimal("990.10")


@pytest.mark.parametrize(
    ("record", "document", "bank_amount"),
    [
        ({"Invoice": {"InvoiceID": INVOICE_1, "Type": "ACCPAY"}}, "invoice", -10),
        ({"Invoice": {"InvoiceID": CREDIT_1, "Type": "ACCRECCREDIT"}}, "credit_note", -10),
        ({"CreditNote": {"CreditNoteID": CREDIT_1, "Type": "ACCPAYCREDIT"}}, "credit_note", 10),
    ],
)
def test_without_a_type_a_payment_is_told_by_the_document_inside(
    record: dict[str, Any], document: str, bank_amount: int
) -> None:
    bare = {k: v for k, v in payment_json().items() if k not in ("PaymentType", "Invoice")}

    found = wire_cash.payment({**bare, **record, "Amount": 10}, in_pounds)

    assert (found.document_kind, found.bank_amount) == (document, bank_amount)


def test_a_payment_against_nothing_is_not_understood() -> None:
    with pytest.raises(NotUnderstood, match="nothing we know"):
        wire_cash.payment({**payment_json(), "Invoice": {}}, in_pounds)


@pytest.mark.parametrize(
    ("kind", "total", "amount"),
    [
        ("RECEIVE", "12.50", "12.50"),
        ("SPEND", 12, "-12"),
        ("RECEIVE-PREPAYMENT", "3", "3"),
        ("SPEND-TRANSFER", "-3", "-3"),
    ],
)
def test_spend_and_receive_money_is_signed_by_its_type(kind: str, total: Any, amount: str) -> None:
    record = {
        "BankTransactionID": "T", "Type": kind, "Total": total, "Date": "2026-02-03",
        "BankAccount": {"AccountID": BANK.upper()}, "IsReconciled": "True",
    }  # fmt: skip

    found = wire_cash.bank_transaction(record, in_pounds)

    assert (found.amount, found.currency, found.account_id) == (Decimal(amount), "GBP", BANK)
    assert found.is_reconciled


def test_a_batch_shows_the_words_of_every_region_once_and_its_sign() -> None:
    record = {
        "BatchPaymentID": "B", "Type": "PAYBATCH", "TotalAmount": "12.00", "Date": "2026-02-03",
        "Account": {"AccountID": BANK}, "Reference": "RENT TO-AAAAAA1", "Details": "TO-AAAAAA1",
        "Narrative": "TO-AAAAAA1 RENT", "Payments": [{"PaymentID": "P"}], "IsReconciled": "false",
    }  # fmt: skip

    found = wire_cash.batch_payment(record, lambda account: "EUR")

    assert (found.amount, found.currency, found.payment_ids) == (Decimal("-12.00"), "EUR", ("P",))
    assert found.reference == "RENT TO-AAAAAA1 TO-AAAAAA1 RENT"
    assert not found.is_reconciled


def test_a_transfer_is_in_the_senders_currency_and_has_two_ticks() -> None:
    record = {
        "BankTransferID": "T", "Amount": 20, "Date": "2026-02-03", "FromIsReconciled": True,
        "FromBankAccount": {"AccountID": BANK}, "ToBankAccount": {"AccountID": SAVINGS},
    }  # fmt: skip

    found = wire_cash.bank_transfer(record, {BANK: "USD"}.__getitem__)

    assert (found.currency, found.from_reconciled, found.to_reconciled) == ("USD", True, False)
    assert (found.from_account_id, found.to_account_id) == (BANK, SAVINGS)


def test_a_contact_shows_account_numbers_from_both_places_once() -> None:
    found = wire_chart.contact(
        {
            "ContactID": "C",
            "Name": "Marlow & Finch",
            "BankAccountDetails": "GB29 NWBK 6016 1331 9268 19",
            "BatchPayments": {"BankAccountNumber": "601613 31926819"},
            "ContactGroups": [{"Name": "Trade"}],
            "MergedToContactID": "00000000-0000-0000-0000-000000000000",
        }
    )

    assert found.bank_accounts == ("GB29 NWBK 6016 1331 9268 19", "601613 31926819")
    assert (found.groups, found.merged_into, found.status) == (("Trade",), None, "ACTIVE")


@pytest.mark.parametrize(
    ("month", "last", "year_end"),
    [(3, 31, (3, 31)), ("2", "31", (2, 29)), (13, 1, (12, 31)), (None, None, (12, 31))],
)
def test_a_year_end_is_a_possible_day(month: Any, last: Any, year_end: tuple[int, int]) -> None:
    record = {"OrganisationID": "O", "FinancialYearEndMonth": month, "FinancialYearEndDay": last}

    assert wire_chart.organisation(record).financial_year_end == year_end
