"""What the sandbox answers, against Xero's own OpenAPI file where that is at hand."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema
import pytest

from tests.openapi import SPEC, spec
from tests.sandbox.desk import (
    STARTING_BOOKS,
    Desk,
    Json,
    a_batch,
    a_bill,
    a_credit_note,
    an_invoice,
    bank_money,
)
from tests.sandbox.test_besides import BUDGET, JOURNAL, ORDER, QUOTE, REPEATING, STAPLER

# Xero answers these beside the fields its file declares (fact sheet 4.2).
UNDECLARED = {"DateString", "DueDateString", "ExpectedPaymentDateString", "BankTransferID"}
UNDECLARED |= {"DeliveryDateString", "ExpiryDateString"}
NAMES = {
    "Organisations": "Organisation",
    "Currencies": "Currency",
    "TrackingCategories": "TrackingCategory",
}
KINDS = (
    *("Organisations", "Accounts", "TaxRates", "TrackingCategories", "Currencies", "Contacts"),
    *("Invoices", "CreditNotes", "Payments", "BatchPayments", "BankTransactions"),
    *("BankTransfers", "Overpayments", "Prepayments", "Items", "ManualJournals", "Quotes"),
    *("PurchaseOrders", "RepeatingInvoices", "Budgets", "Users", "BrandingThemes"),
    *("ContactGroups",),
)


@cache
def components() -> Json:
    if not SPEC.exists():
        pytest.skip("Xero's OpenAPI file is not at hand")
    found: Json = _plain(spec()["components"])
    return found


def _plain(node: Any) -> Any:
    """The schema without what only OpenAPI knows."""
    if isinstance(node, dict):
        skipped = ("readOnly", "example", "format")
        return {key: _plain(value) for key, value in node.items() if key not in skipped}
    return [_plain(item) for item in node] if isinstance(node, list) else node


def a_busy_desk() -> Desk:
    """One of everything, made through the API."""
    desk = Desk(books={**STARTING_BOOKS, "Budgets": [BUDGET], "RepeatingInvoices": [REPEATING]})
    desk.sign_in()
    invoice = desk.invoice("120.00", ExpectedPaymentDate="2026-05-01")
    desk.pay(invoice, "20.00")
    desk.made("BatchPayments", a_batch([desk.invoice("10.00"), desk.invoice("5.00")]))
    desk.made("Invoices", a_bill())
    desk.made("Invoices", an_invoice("50.00", CurrencyCode="EUR", CurrencyRate="1.17"))
    note = desk.made("CreditNotes", a_credit_note())
    body = {"Amount": "5.00", "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
    desk.put(f"CreditNotes/{note['CreditNoteID']}/Allocations", body)
    for kind in ("SPEND", "RECEIVE", "RECEIVE-OVERPAYMENT", "SPEND-PREPAYMENT"):
        desk.made("BankTransactions", bank_money(kind))
    ends = {"FromBankAccount": {"Code": "090"}, "ToBankAccount": {"Code": "091"}}
    desk.made("BankTransfers", {**ends, "Amount": "5.00", "Date": "2026-03-01"})
    desk.put("TrackingCategories", {"Name": "Region", "Options": [{"Name": "North"}]})
    for kind, record in (
        ("Items", STAPLER),
        ("ManualJournals", JOURNAL),
        ("Quotes", QUOTE),
        ("PurchaseOrders", ORDER),
        ("ContactGroups", {"Name": "Regulars"}),
    ):
        desk.made(kind, record)
    return desk


@pytest.mark.parametrize("kind", KINDS)
def test_each_record_is_what_xeros_own_file_says_it_is(kind: str) -> None:
    schemas = components()
    name = NAMES.get(kind, kind[:-1])
    judge = jsonschema.Draft4Validator(
        {"$ref": f"#/components/schemas/{name}", "components": schemas}
    )
    declared = schemas["schemas"][name]["properties"].keys() | UNDECLARED
    desk = a_busy_desk()
    records = desk.get(kind, page=1).json()[kind]
    desk.close()

    assert records
    for record in records:
        assert [error.message for error in judge.iter_errors(record)] == []
        assert record.keys() <= declared
