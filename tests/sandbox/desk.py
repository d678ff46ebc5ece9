"""A sandbox company at a desk: its books, a client signed in to it, and clocks that stand still."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from tests.openapi import Judged
from worker.sandbox.app import SandboxApp
from worker.sandbox.books import load_books
from worker.sandbox.store import Store
from worker.sandbox.wire import loads, to_minor

API = "/api.xro/2.0"
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
Json = dict[str, Any]
# Readings under which answers are meant to be other than Xero's file says.
ODD_BY_CHOICE = {"numbers_as_text", "unknown_fields"}


class Desk:
    """One organisation with the supplied chart and a contact "Marlow Ltd"; GBP, and EUR enabled."""

    def __init__(self, path: str = ":memory:", books: Json | None = None, **options: Any) -> None:
        self.store = Store(path)
        self.notes = load_books(self.store, STARTING_BOOKS if books is None else books)
        self.now = NOON
        self.seconds = 1000.0
        self.options = {"minute_limit": 10**6, "day_limit": 10**6, **options}
        self.app = SandboxApp(
            self.store, now=lambda: self.now, monotonic=lambda: self.seconds, **self.options
        )
        self.judge = Judged(self.app, both=False)
        self.client = httpx.Client(
            transport=httpx.WSGITransport(app=self.judge),
            base_url="http://sandbox",
            headers={"Accept": "application/json"},
        )

    def close(self, odd: Iterable[str] = ()) -> None:
        """Leave the desk; every answer must have been what Xero's file says, but those `odd`."""
        self.client.close()
        self.store.close()
        wrong = self.judge.faults - set(odd)
        assert not wrong or self.options.keys() & ODD_BY_CHOICE, "\n".join(sorted(wrong))

    def sign_in(self, scope: str = "") -> Desk:
        form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        reply = self.client.post("/connect/token", data=form, auth=("sandbox", "sandbox"))
        self.client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        return self

    def get(self, path: str, headers: Json | None = None, **params: Any) -> httpx.Response:
        return self.client.get(f"{API}/{path}", params=params, headers=headers or {})

    def put(self, path: str, body: Any, **kwargs: Any) -> httpx.Response:
        return self.client.put(f"{API}/{path}", json=body, **kwargs)

    def post(self, path: str, body: Any, **kwargs: Any) -> httpx.Response:
        return self.client.post(f"{API}/{path}", json=body, **kwargs)

    def listed(self, kind: str, headers: Json | None = None, **params: Any) -> list[Json]:
        reply = self.get(kind, headers, **params)
        assert reply.status_code == 200, reply.text
        found: list[Json] = loads(reply.content)[kind]
        return found

    def made(self, kind: str, element: Json, **kwargs: Any) -> Json:
        """The record a PUT makes; fails with Xero's words when it is refused."""
        reply = self.put(kind, {kind: [element]}, **kwargs)
        assert reply.status_code == 200, reply.text
        found: Json = loads(reply.content)[kind][0]
        return found

    def read(self, kind: str, record_id: str) -> Json:
        reply = self.get(f"{kind}/{record_id}")
        assert reply.status_code == 200, reply.text
        found: Json = loads(reply.content)[kind][0]
        return found

    def refused(self, kind: str, element: Json) -> str:
        """What the sandbox says when it refuses to make this record."""
        return refusal(self.put(kind, {kind: [element]}))

    def invoice(self, amount: str = "120.00", **fields: Any) -> Json:
        """An approved sales invoice of one line, tax included in `amount`."""
        return self.made("Invoices", an_invoice(amount, **fields))

    def pay(self, invoice: Json, amount: str, **fields: Any) -> Json:
        return self.made("Payments", a_payment(invoice, amount, **fields))

    def balance(self, account: str, basis: str = "accrual") -> Decimal:
        """An account's balance by code or system name, debit +, in base currency."""
        found = self.store.account_by_code(account) or self.store.system_account(account)
        row = self.store.rows(
            "SELECT COALESCE(SUM(amount), 0) FROM ledger_line"
            " WHERE account_id = ? AND basis IN ('both', ?)",
            (found["AccountID"], basis),
        )
        return Decimal(row[0][0]) / 100

    def trial(self, basis: str = "accrual") -> dict[str, Decimal]:
        """Every account with a balance, by code."""
        codes = {a["AccountID"]: a["Code"] for a in self.store.accounts()}
        rows = self.store.rows(
            "SELECT account_id, SUM(amount) FROM ledger_line WHERE basis IN ('both', ?)"
            " GROUP BY account_id HAVING SUM(amount) <> 0",
            (basis,),
        )
        return {codes[account_id]: Decimal(amount) / 100 for account_id, amount in rows}


def refusal(reply: httpx.Response) -> str:
    """All validation messages of a 400, joined."""
    assert reply.status_code == 400, f"{reply.status_code} {reply.text}"
    body = reply.json()
    assert body["ErrorNumber"] == 10, body
    return "; ".join(
        found["Message"] for element in body["Elements"] for found in element["ValidationErrors"]
    )


def an_invoice(amount: str = "120.00", **fields: Any) -> Json:
    return {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"Name": "Marlow Ltd"},
        "Date": "2026-03-02",
        "DueDate": "2026-04-01",
        "LineAmountTypes": "Inclusive",
        "LineItems": [a_line(amount)],
    } | fields


def a_bill(amount: str = "60.00", **fields: Any) -> Json:
    lines = [a_line(amount, AccountCode="429")]
    return an_invoice(**{"Type": "ACCPAY", "InvoiceNumber": "S-1", "LineItems": lines, **fields})


def a_credit_note(amount: str = "24.00", **fields: Any) -> Json:
    return {
        "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "Contact": {"Name": "Marlow Ltd"},
        "Date": "2026-03-10",
        "LineAmountTypes": "Inclusive",
        "LineItems": [a_line(amount)],
    } | fields


def a_line(amount: str = "120.00", **fields: Any) -> Json:
    return {"Description": "Work", "UnitAmount": amount, "AccountCode": "200"} | fields


def a_payment(invoice: Json, amount: str, **fields: Any) -> Json:
    return {
        "Invoice": {"InvoiceID": invoice["InvoiceID"]},
        "Account": {"Code": "090"},
        "Date": "2026-03-20",
        "Amount": amount,
    } | fields


def bank_money(kind: str = "SPEND", amount: str = "12.00", **fields: Any) -> Json:
    coded = "404" if kind.startswith("SPEND") else "260"
    return {
        "Type": kind,
        "Contact": {"Name": "Marlow Ltd"},
        "BankAccount": {"Code": "090"},
        "Date": "2026-03-15",
        "LineItems": [a_line(amount, AccountCode=coded)],
    } | fields


def a_batch(invoices: list[Json], **fields: object) -> Json:
    parts = [
        {"Invoice": {"InvoiceID": i["InvoiceID"]}, "Amount": str(i["Total"])} for i in invoices
    ]
    return {"Account": {"Code": "090"}, "Date": "2026-03-30", "Payments": parts} | fields


def minor(amount: Any) -> int:
    return to_minor(Decimal(str(amount)), "GBP")


STARTING_BOOKS: Json = {
    "Contacts": [
        {
            "ContactID": "16b9f81b-18c9-4681-b2f6-caeeef794958",
            "Name": "Marlow Ltd",
            "EmailAddress": "accounts@marlow.example",
        },
        {"ContactID": "78ff25c5-cfac-4b34-ae4e-f3663829e52b", "Name": "Other & Sons"},
    ],
    "Currencies": [{"Code": "GBP"}, {"Code": "EUR"}],
}
