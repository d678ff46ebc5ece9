"""Whatever a file or a client sends, the sandbox answers in order and its books stay whole."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.desk import (
    API,
    STARTING_BOOKS,
    Desk,
    Json,
    a_bill,
    a_credit_note,
    a_payment,
    an_invoice,
    bank_money,
)
from worker.sandbox.wire import dumps

ODD: list[Any] = [None, "", 0, -1, "x", [], {}, [1], [{}], [None], {"a": 1}, True, "NaN", 1.5]
ODD += ["1e400", 10**30, "-5.555", "\ud800", "\x00", "A" * 300, {"ContactID": 5}, {"Code": 7}]
ODD += ["2026-13-45", "/Date(0)/", "/Date(99999999999999)/", "0001-01-01", "9999-12-31"]
ODD += ["DRAFT", "VOIDED", "PAID", "DELETED", "ACCPAY", "EUR", "JPY", "Inclusive", "INV-0001"]
CUTS = st.lists(
    st.tuples(st.integers(0, 999), st.integers(0, 999), st.sampled_from(ODD)), max_size=12
)

INVOICE_ID = "aaaaaaaa-0000-4000-8000-000000000001"
BOOKS: Json = {
    **STARTING_BOOKS,
    "Organisation": [{"PeriodLockDate": "2025-12-31", "BaseCurrency": "GBP"}],
    "Invoices": [
        an_invoice("120.00", InvoiceID=INVOICE_ID, InvoiceNumber="INV-0001", AmountDue="60.00"),
        a_bill("60.00", CISDeduction="5.00"),
        an_invoice("33.33", CurrencyCode="EUR", CurrencyRate="1.17"),
    ],
    "CreditNotes": [
        a_credit_note(
            Allocations=[
                {"Amount": "10.00", "Date": "2026-03-20", "Invoice": {"InvoiceID": INVOICE_ID}}
            ]
        )
    ],
    "Payments": [a_payment({"InvoiceID": INVOICE_ID}, "50.00", CurrencyRate=1)],
    "BankTransactions": [bank_money(), bank_money("RECEIVE-PREPAYMENT", "30.00")],
    "BankTransfers": [
        {
            "FromBankAccount": {"Code": "090"},
            "ToBankAccount": {"Code": "091"},
            "Amount": "5.00",
            "Date": "2026-03-01",
        }
    ],
    "BatchPayments": [
        {"Account": {"Code": "090"}, "Date": "2026-03-01", "Payments": [{"Amount": "1.00"}]}
    ],
}


def nodes(value: Any) -> list[Json]:
    """Every structure inside a value."""
    if isinstance(value, dict):
        return [value, *(found for item in value.values() for found in nodes(item))]
    return [found for item in value for found in nodes(item)] if isinstance(value, list) else []


def spoiled(value: Json, cuts: list[tuple[int, int, Any]]) -> Json:
    """A copy with odd values where others stood."""
    found = copy.deepcopy(value)
    for where, which, odd in cuts:
        structures = [node for node in nodes(found) if node]
        node = structures[where % len(structures)]
        node[list(node)[which % len(node)]] = copy.deepcopy(odd)
    return found


@settings(max_examples=50, deadline=None)
@given(CUTS)
def test_spoiled_books_load_with_sentences_and_a_ledger_that_balances(
    cuts: list[tuple[int, int, Any]],
) -> None:
    books = spoiled(BOOKS, cuts)
    desk = Desk(books={kind: v for kind, v in books.items() if isinstance(v, list)})
    try:
        assert all(isinstance(note, str) and note for note in desk.notes)
        assert sum(desk.trial().values()) == sum(desk.trial("cash").values()) == 0
    finally:
        desk.close()


WRITES: list[tuple[str, str, Json]] = [
    ("PUT", "Invoices", an_invoice()),
    ("POST", f"Invoices/{INVOICE_ID}", an_invoice(Reference="x")),
    ("PUT", "CreditNotes", a_credit_note()),
    ("PUT", "Payments", a_payment({"InvoiceID": INVOICE_ID}, "5.00", CurrencyRate="1")),
    ("PUT", "BankTransactions", bank_money()),
    ("PUT", "BankTransactions", bank_money("SPEND-OVERPAYMENT")),
    ("PUT", "BankTransfers", BOOKS["BankTransfers"][0]),
    (
        "PUT",
        "BatchPayments",
        {
            "Account": {"Code": "090"},
            "Payments": [{"Invoice": {"InvoiceID": INVOICE_ID}, "Amount": "1.00"}],
        },
    ),
    ("POST", "Contacts", {"Name": "A", "Phones": [{"PhoneType": "FAX"}], "EmailAddress": "a@b"}),
    ("PUT", "Accounts", {"Code": "9", "Name": "N", "Type": "EXPENSE", "TaxType": "NONE"}),
    ("PUT", "TaxRates", {"Name": "N", "TaxComponents": [{"Name": "a", "Rate": "1"}]}),
    ("PUT", "TrackingCategories", {"Name": "N", "Options": [{"Name": "o"}]}),
    ("PUT", "ContactGroups", {"Name": "N"}),
    ("PUT", "Currencies", {"Code": "USD"}),
    ("PUT", f"Invoices/{INVOICE_ID}/History", {"HistoryRecords": [{"Details": "d"}]}),
]


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(WRITES), CUTS, st.booleans())
def test_spoiled_writes_are_refused_or_done_and_never_a_fault(
    write: tuple[str, str, Json], cuts: list[tuple[int, int, Any]], summarize: bool
) -> None:
    method, path, body = write
    desk = Desk(books=BOOKS).sign_in()
    try:
        reply = desk.client.request(
            method,
            f"{API}/{path}",
            content=dumps(spoiled(body, cuts)),
            params={"summarizeErrors": str(summarize).lower()},
        )
        assert reply.status_code in (200, 400, 404), reply.text
        assert sum(desk.trial().values()) == sum(desk.trial("cash").values()) == 0
        for kind in ("Invoices", "Payments", "BankTransactions", "Contacts"):
            assert desk.get(kind, page=1).status_code == 200
    finally:
        desk.close()


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["Invoices", "Contacts", "Payments", "BankTransactions", "Accounts"]),
    st.dictionaries(
        st.sampled_from(["where", "order", "page", "pageSize", "IDs", "Statuses", "searchTerm"]),
        st.text(max_size=30),
        max_size=4,
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
)
def test_any_query_is_answered_or_refused_in_order(
    kind: str, params: dict[str, str], since: str
) -> None:
    desk = Desk(books=BOOKS).sign_in()
    try:
        header = {"If-Modified-Since": since.encode("utf-8", "replace").decode("latin-1")}
        reply = desk.get(
            kind, headers={k: v.encode("latin-1") for k, v in header.items()}, **params
        )
        assert reply.status_code in (200, 400)
        assert reply.headers["Content-Type"].startswith("application/json")
    finally:
        desk.close()
