"""Whatever programs and people may send, sensible or not, drawn from a seed.

Requests are shaped as the clients shape them: the wrapped list and the bare record, PUT and POST,
days as text, as `/Date(ms)/` and with a time, and XML as pyxero writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import httpx

from tests.sandbox.desk import API, STARTING_BOOKS, Desk, Json, a_line
from worker.sandbox.wire import loads

AMOUNTS = ("0.01", "3.33", "10.00", "33.33", "99.99", "120.00", "500.00")
BAD = ("-5", "0", "x", "1e30", None)
FIRST = date(2026, 1, 2)
RATES = ("1.17", "1.2", "1.1333", "0.9")
BOOKS: Json = {
    **STARTING_BOOKS,
    "Accounts": [
        {"Code": "090", "Name": "Current", "Type": "BANK", "BankAccountNumber": "1"},
        {"Code": "091", "Name": "Savings", "Type": "BANK", "BankAccountNumber": "2"},
        {
            "Code": "095",
            "Name": "Euro",
            "Type": "BANK",
            "BankAccountNumber": "3",
            "CurrencyCode": "EUR",
        },
        {"Code": "200", "Name": "Sales", "Type": "REVENUE", "TaxType": "OUTPUT2"},
        {"Code": "260", "Name": "Other Revenue", "Type": "REVENUE", "TaxType": "OUTPUT2"},
        {"Code": "404", "Name": "Bank Fees", "Type": "OVERHEADS", "TaxType": "NONE"},
        {"Code": "429", "Name": "General", "Type": "OVERHEADS", "TaxType": "INPUT2"},
        {
            "Code": "855",
            "Name": "Clearing",
            "Type": "CURRLIAB",
            "EnablePaymentsToAccount": True,
        },
    ],
}


def a_desk(**options: Any) -> Desk:
    """A company with bank accounts in two currencies and a clearing account."""
    return Desk(books=BOOKS, **options).sign_in()


class Hands:
    """One seed's hands on the books: `act` sends one request and returns the answer."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.random = Random(seed)
        self.acts: list[Callable[[], httpx.Response | None]] = [
            *[self.invoice] * 6,
            *[self.credit_note] * 2,
            *[self.pay] * 6,
            *[self.bank_money] * 4,
            *[self.allocate] * 4,
            *[self.close] * 3,
            *[self.edit] * 3,
            self.unallocate,
            self.transfer,
            self.batch,
            self.journal,
            self.lock,
            self.unlock,
            self.xml_contact,
        ]

    def act(self) -> httpx.Response | None:
        self.desk.now += timedelta(minutes=self.random.randint(0, 600))
        return self.random.choice(self.acts)()

    def amount(self) -> Any:
        return self.random.choice(BAD if self.random.random() < 0.05 else AMOUNTS)

    def day(self) -> str:
        day = FIRST + timedelta(self.random.randint(0, 110))
        moment = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
        return self.random.choice(
            (day.isoformat(), f"{day.isoformat()}T00:00:00", f"/Date({moment})/")
        )

    def lines(self, code: str) -> list[Json]:
        found = []
        for _ in range(self.random.randint(1, 3)):
            line = a_line(self.amount(), AccountCode=code)
            if self.random.random() < 0.3:
                line["Quantity"] = self.random.choice(("3", "0.5", "7.25"))
            if self.random.random() < 0.3:
                line["TaxType"] = self.random.choice(("NONE", "OUTPUT2", "RROUTPUT", "INPUT2"))
            found.append(line)
        return found

    def currency(self) -> Json:
        if self.random.random() < 0.6:
            return {}
        return {"CurrencyCode": "EUR"} | (
            {"CurrencyRate": self.random.choice(RATES)} if self.random.random() < 0.8 else {}
        )

    def some(self, kind: str, where: str = "1 = 1") -> Json | None:
        rows = self.desk.store.rows(
            f"SELECT json FROM record WHERE kind = ? AND {where} ORDER BY id", (kind,)
        )
        return loads(self.random.choice(rows)[0]) if rows else None

    def send(self, kind: str, body: Json, *, update: str = "") -> httpx.Response:
        """In one of the shapes clients use; an update goes by path or by the id inside."""
        sent: Any = body if self.random.random() < 0.5 else {kind: [body]}
        params = self.random.choice(
            ({}, {"summarizeErrors": "false"}, {"summarizeErrors": "True"}, {"unitdp": "4"})
        )
        if update and self.random.random() < 0.7:
            return self.desk.post(f"{kind}/{update}", sent, params=params)
        verb = self.desk.post if update or self.random.random() < 0.3 else self.desk.put
        return verb(kind, sent, params=params)

    def document(self, sales: str, purchases: str) -> Json:
        kind = self.random.choice((sales, sales, purchases))
        return {
            "Type": kind,
            "Contact": {"Name": self.random.choice(("Marlow Ltd", "Other & Sons"))},
            "Date": self.day(),
            "DueDate": self.day(),
            "Status": self.random.choice(("AUTHORISED",) * 5 + ("DRAFT", "SUBMITTED", "PAID")),
            "LineAmountTypes": self.random.choice(("Inclusive", "Exclusive", "NoTax")),
            "LineItems": self.lines(self.random.choice(("200", "260")) if kind == sales else "429"),
        } | self.currency()

    def invoice(self) -> httpx.Response:
        return self.send("Invoices", self.document("ACCREC", "ACCPAY"))

    def credit_note(self) -> httpx.Response:
        return self.send("CreditNotes", self.document("ACCRECCREDIT", "ACCPAYCREDIT"))

    def pay(self) -> httpx.Response | None:
        kind = self.random.choice(
            ("Invoices",) * 5 + ("CreditNotes", "Overpayments", "Prepayments")
        )
        record = self.some(kind, "status = 'AUTHORISED'" if self.random.random() < 0.9 else "1 = 1")
        if record is None:
            return None
        left = record.get("AmountDue", record.get("RemainingCredit"))
        name = kind[:-1]
        body = {
            name: {f"{name}ID": record[f"{name}ID"]},
            "Account": {"Code": self.random.choice(("090", "090", "095", "855"))},
            "Date": self.day(),
            "Amount": str(left) if self.random.random() < 0.6 else self.amount(),
            "IsReconciled": self.random.random() < 0.1,
        }
        if record.get("CurrencyCode") == "EUR":
            body["CurrencyRate"] = self.random.choice(RATES)
        return self.send("Payments", body)

    def bank_money(self) -> httpx.Response:
        side = self.random.choice(("SPEND", "RECEIVE"))
        tail = self.random.choice(("", "", "-OVERPAYMENT", "-PREPAYMENT"))
        bank = self.random.choice(("090", "091", "095"))
        body = {
            "Type": side + tail,
            "Contact": {"Name": "Marlow Ltd"},
            "BankAccount": {"Code": bank},
            "Date": self.day(),
            "LineAmountTypes": self.random.choice(("Inclusive", "Exclusive", "NoTax")),
            "LineItems": self.lines("404" if side == "SPEND" else "260")[: 1 if tail else 3],
        }
        if bank == "095":
            body["CurrencyRate"] = self.random.choice(RATES)
        return self.send("BankTransactions", body)

    def allocate(self) -> httpx.Response | None:
        kind = self.random.choice(("CreditNotes", "Overpayments", "Prepayments"))
        credit, invoice = self.some(kind, "status <> 'DELETED'"), self.some("Invoices")
        if credit is None or invoice is None:
            return None
        due = min(credit["RemainingCredit"], invoice["AmountDue"])
        amount = str(due) if self.random.random() < 0.6 else self.amount()
        body = {"Amount": amount, "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
        path = f"{kind}/{credit[f'{kind[:-1]}ID']}/Allocations"
        wrapped = {"Allocations": [body]} if self.random.random() < 0.5 else body
        return self.desk.put(path, wrapped)

    def unallocate(self) -> httpx.Response | None:
        kind = self.random.choice(("CreditNotes", "Overpayments", "Prepayments"))
        credit = self.some(kind, "json_array_length(json, '$.Allocations') > 0")
        if credit is None:
            return None
        gone = credit["Allocations"][-1]["AllocationID"]
        path = f"{API}/{kind}/{credit[f'{kind[:-1]}ID']}/Allocations/{gone}"
        return self.desk.client.delete(path)

    def close(self) -> httpx.Response | None:
        """Delete or void something."""
        kind = self.random.choice(
            (
                *("Payments", "Payments", "Invoices", "CreditNotes", "BankTransactions"),
                *("BatchPayments", "BankTransfers", "ManualJournals"),
            )
        )
        record = self.some(kind)
        if record is None:
            return None
        found_id = record[f"{kind[:-1]}ID"]
        status = self.random.choice(("DELETED", "DELETED", "VOIDED"))
        return self.send(kind, {f"{kind[:-1]}ID": found_id, "Status": status}, update=found_id)

    def edit(self) -> httpx.Response | None:
        kind = self.random.choice(("Invoices", "CreditNotes", "BankTransactions"))
        record = self.some(kind)
        if record is None:
            return None
        found_id = record[f"{kind[:-1]}ID"]
        lines = record.get("LineItems") or [{}]
        change = self.random.choice(
            (
                {"LineAmountTypes": self.random.choice(("Inclusive", "Exclusive", "NoTax"))},
                {"Date": self.day()},
                {"LineItems": self.lines("260")},
                {"LineItems": [{"LineItemID": lines[0].get("LineItemID"), "AccountCode": "260"}]},
                {"Status": "AUTHORISED"},
                {"CurrencyRate": self.random.choice(RATES)},
                {"Contact": {"Name": "Other & Sons"}},
                {"Reference": "changed"},
            )
        )
        return self.send(kind, {f"{kind[:-1]}ID": found_id, **change}, update=found_id)

    def transfer(self) -> httpx.Response:
        ends = self.random.sample(("090", "091", "095"), 2)
        body = {
            "FromBankAccount": {"Code": ends[0]},
            "ToBankAccount": {"Code": ends[1]},
            "Amount": self.amount(),
            "Date": self.day(),
        }
        return self.send("BankTransfers", body)

    def batch(self) -> httpx.Response | None:
        wanted = [self.some("Invoices", "status = 'AUTHORISED'") for _ in range(2)]
        parts = [
            {"Invoice": {"InvoiceID": i["InvoiceID"]}, "Amount": str(i["AmountDue"])}
            for i in wanted
            if i is not None
        ]
        body = {"Account": {"Code": "090"}, "Date": self.day(), "Payments": parts}
        return self.send("BatchPayments", body)

    def journal(self) -> httpx.Response:
        amount = self.amount()
        other = f"-{amount}" if self.random.random() < 0.9 else amount
        code = self.random.choice(("855", "200", "429", "090", "610"))
        body = {
            "Narration": "Correction",
            "Date": self.day(),
            "Status": self.random.choice(("POSTED", "DRAFT")),
            "LineAmountTypes": self.random.choice(("NoTax", "Inclusive", "Exclusive")),
            "ShowOnCashBasisReports": self.random.random() < 0.7,
            "JournalLines": [
                {"LineAmount": amount, "AccountCode": "429"},
                {"LineAmount": other, "AccountCode": code},
            ],
        }
        return self.send("ManualJournals", body)

    def lock(self) -> None:
        organisation = self.desk.store.organisation()
        organisation["PeriodLockDate"] = (FIRST + timedelta(self.random.randint(0, 30))).isoformat()
        self.desk.store.put("Organisation", organisation)

    def unlock(self) -> None:
        organisation = self.desk.store.organisation()
        organisation.pop("PeriodLockDate", None)
        self.desk.store.put("Organisation", organisation)

    def xml_contact(self) -> httpx.Response:
        number = self.random.randint(1, 5)
        text = f"<Contacts><Contact><Name>Client {number}</Name></Contact></Contacts>"
        return self.desk.client.post(
            f"{API}/Contacts", content=text.encode(), headers={"Content-Type": "text/xml"}
        )
