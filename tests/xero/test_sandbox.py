"""The client against the sandbox in this process: read all, write each kind, lose answers, find."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.xero.desk import NOW, DeskBudget
from worker.books.decisions import CodingLine, Share
from worker.books.intents import Dispatch, Intent, IntentAnswer
from worker.books.ports import Noun
from worker.books.records import Account, Document
from worker.errors import Unauthorised
from worker.sandbox.app import SandboxApp
from worker.sandbox.demo import open_demo
from worker.sandbox.store import Store
from worker.xero.auth import ClientCredentials
from worker.xero.client import XeroLedger
from worker.xero.pages import ENDPOINTS

SCOPES = (
    "accounting.settings.read",
    "accounting.contacts",
    "accounting.invoices",
    "accounting.payments",
    "accounting.banktransactions",
    "accounting.reports.balancesheet.read",
    "accounting.reports.banksummary.read",
)


class RealTime:
    """Business time stands still; elapsed time is the machine's."""

    def now(self) -> datetime:
        return NOW

    def real(self) -> datetime:
        return NOW + timedelta(seconds=time.monotonic())

    def monotonic(self) -> float:
        return time.monotonic()


class LosesAnswers(httpx.BaseTransport):
    """Lets the ledger do its work, then drops the answer: the first `lost` writes."""

    def __init__(self, inner: httpx.BaseTransport, lost: int = 0) -> None:
        self.inner = inner
        self.lost = lost
        self.writes = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.inner.handle_request(request)
        if request.method == "PUT":
            self.writes += 1
            if self.writes <= self.lost:
                response.close()
                raise httpx.ReadTimeout("the answer is lost", request=request)
        return response


class Bench:
    """The story's organisation behind a client, its answers lost on demand."""

    def __init__(self, store: Store, scopes: tuple[str, ...] = SCOPES) -> None:
        clock = RealTime()
        app = SandboxApp(store, now=clock.now, monotonic=clock.monotonic, minute_limit=10_000)
        self.wire = LosesAnswers(httpx.WSGITransport(app=app))
        self.http = httpx.Client(transport=self.wire)
        self.auth = ClientCredentials(
            "http://sandbox/connect/token", "sandbox", lambda: "sandbox", scopes, self.http, clock
        )
        self.clock = clock
        self.ledger = XeroLedger(
            self.http, "http://sandbox", self.auth, DeskBudget(), clock, sleep=lambda seconds: None
        )

    def credit_note(self, invoice: Document) -> Document:
        """A new credit note of 5.00 for the invoice's customer."""
        line = {"Description": "Returned", "UnitAmount": 5, "AccountCode": "200", "TaxType": "NONE"}
        note = {
            "Type": "ACCRECCREDIT",
            "Status": "AUTHORISED",
            "Date": NOW.date().isoformat(),
            "Contact": {"ContactID": invoice.contact_id},
            "LineAmountTypes": "NoTax",
            "LineItems": [line],
        }
        url = "http://sandbox/api.xro/2.0/CreditNotes"
        headers = {"Accept": "application/json"}
        made = self.http.put(url, json={"CreditNotes": [note]}, headers=headers, auth=self.auth)
        note_id = made.json()["CreditNotes"][0]["CreditNoteID"]
        return self.ledger.documents([("credit_note", note_id)])[note_id]

    def records(self, noun: Noun) -> list[Any]:
        return [row.record for page in self.ledger.pages(noun) for row in page.rows]

    def send(self, *intents: Intent) -> dict[str, IntentAnswer]:
        dispatch = Dispatch(
            id="P1",
            kind=intents[0].kind,
            intent_ids=tuple(intent.id for intent in intents),
            request=self.ledger.request_for(intents),
            key=f"key-{intents[0].code}-{len(intents)}",
            deadline=self.clock.real() + timedelta(seconds=30),
        )
        return {each.intent_id: each for each in self.ledger.send(dispatch, intents).answers}


@pytest.fixture(scope="module")
def told_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sandbox") / "story.db"
    open_demo(path, now=lambda: NOW).close()
    return path


@pytest.fixture
def store(told_once: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "sandbox.db"
    path.write_bytes(told_once.read_bytes())
    opened = Store(path)
    yield opened
    opened.close()


@pytest.fixture
def bench(store: Store) -> Iterator[Bench]:
    made = Bench(store)
    yield made
    made.ledger.close()


def open_invoices(bench: Bench, side: str = "receivable") -> list[Document]:
    lock = bench.ledger.organisation().locked_through or date.min
    return [
        each
        for each in bench.records("invoices")
        if each.is_open and each.side == side and each.currency == "GBP" and each.date > lock
    ]


def accounts(bench: Bench) -> dict[str, Account]:
    return {account.code: account for account in bench.records("accounts")}


def an_intent(bench: Bench, number: int, **more: Any) -> Intent:
    said: dict[str, Any] = {
        "id": f"I{number}",
        "kind": "payment",
        "meaning": f"{number:064d}",
        "code": f"TO-{number:07d}",
        "generation": 1,
        "line_ids": (f"L{number}",),
        "account_id": accounts(bench)["090"].id,
        "date": NOW.date(),
        "amount": Decimal(0),
        "currency": "GBP",
        "reference": "PAID WITH THANKS",
        **more,
    }
    return Intent(**said)


def a_payment(bench: Bench, number: int, invoice: Document, amount: Decimal) -> Intent:
    return an_intent(
        bench,
        number,
        amount=amount if invoice.side == "receivable" else -amount,
        shares=(Share(invoice.id, invoice.number, amount),),
        contact_id=invoice.contact_id,
    )


@pytest.mark.parametrize("noun", sorted(ENDPOINTS))
def test_every_record_of_the_story_is_understood(bench: Bench, noun: Noun) -> None:
    rows = [row for page in bench.ledger.pages(noun) for row in page.rows]

    if ENDPOINTS[noun].read is not None:
        assert [row.raw for row in rows if row.record is None] == []
    assert all(json.loads(row.raw) for row in rows)
    assert len({row.id for row in rows}) == len(rows)


def test_a_second_look_brings_only_what_changed(bench: Bench) -> None:
    assert len(bench.records("invoices")) > 100
    changed = [
        row
        for page in bench.ledger.pages("invoices", NOW + timedelta(hours=1))
        for row in page.rows
    ]

    assert changed == []


def test_payments_are_posted_verified_and_found_by_their_code(bench: Bench) -> None:
    one, two = open_invoices(bench)[:2]
    intents = [a_payment(bench, 1, one, one.due), a_payment(bench, 2, two, Decimal("1.00"))]

    answers = bench.send(*intents)

    assert {each.state for each in answers.values()} == {"posted"}
    found = bench.ledger.find(intents)
    for intent in intents:
        assert found[intent.id].ledger_id == answers[intent.id].ledger_id
        assert (found[intent.id].differs, found[intent.id].several) == ("", False)
    fresh = bench.ledger.documents([("invoice", one.id), ("invoice", two.id)])
    assert [fresh[one.id].due, fresh[two.id].due] == [0, two.due - 1]
    assert fresh[one.id].status == "PAID"


def test_one_bad_payment_does_not_take_the_good_one_with_it(bench: Bench) -> None:
    one, two = open_invoices(bench)[:2]
    too_much = a_payment(bench, 1, one, one.due + 1)
    good = a_payment(bench, 2, two, two.due)

    answers = bench.send(too_much, good)

    assert answers["I1"].state == "rejected"
    assert "exceeds the amount outstanding" in answers["I1"].message
    assert answers["I2"].state == "posted"


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_answer_never_pays_twice_and_reading_finds_the_payment(
    bench: Bench, lost: int
) -> None:
    invoice = open_invoices(bench)[0]
    intent = a_payment(bench, 1, invoice, Decimal("1.00"))
    bench.wire.lost = lost

    answer = bench.send(intent)["I1"]

    assert answer.state == ("posted" if lost == 1 else "unknown")
    assert bench.wire.writes == 2
    found = bench.ledger.find([intent])["I1"]
    assert found.ledger_id
    assert not found.several
    assert bench.ledger.documents([("invoice", invoice.id)])[invoice.id].due == invoice.due - 1


def test_what_was_never_sent_is_absent_with_its_documents_stamp(bench: Bench) -> None:
    invoice = open_invoices(bench)[0]

    found = bench.ledger.find([a_payment(bench, 1, invoice, invoice.due)])["I1"]

    assert (found.ledger_id, found.several) == ("", False)
    assert found.stamp.endswith(f" {invoice.due}")


def test_a_batch_is_one_record_over_several_bills(bench: Bench) -> None:
    one, two = open_invoices(bench, "payable")[:2]
    intent = an_intent(
        bench,
        1,
        kind="batch_payment",
        amount=-(one.due + two.due),
        shares=(Share(one.id, one.number, one.due), Share(two.id, two.number, two.due)),
    )

    answer = bench.send(intent)["I1"]

    assert answer.state == "posted"
    found = bench.ledger.find([intent])["I1"]
    assert (found.ledger_id, found.differs) == (answer.ledger_id, "")
    fresh = bench.ledger.documents([("invoice", one.id), ("invoice", two.id)])
    assert {each.due for each in fresh.values()} == {0}


def test_a_coded_fee_and_a_transfer_are_posted_and_found(bench: Bench) -> None:
    chart = accounts(bench)
    fee = an_intent(
        bench,
        1,
        kind="bank_transaction",
        amount=Decimal("-4.20"),
        contact_name="High Street Bank",
        coding=(CodingLine("404", "NONE", Decimal("4.20"), "Bank fee"),),
    )
    transfer = an_intent(
        bench, 2, kind="transfer", amount=Decimal("-500.00"), to_account_id=chart["091"].id
    )

    answers = bench.send(fee) | bench.send(transfer)

    found = bench.ledger.find([fee, transfer])
    for intent in (fee, transfer):
        assert answers[intent.id].state == "posted"
        assert found[intent.id].ledger_id == answers[intent.id].ledger_id
        assert found[intent.id].differs == ""


def test_an_allocation_is_proved_on_its_credit(bench: Bench) -> None:
    invoice = open_invoices(bench)[0]
    credit = bench.credit_note(invoice)
    amount = Decimal("0.50")
    intent = an_intent(
        bench,
        1,
        kind="allocation",
        credit_id=credit.id,
        credit_kind="credit_note",
        shares=(Share(invoice.id, invoice.number, amount),),
        pre_image=json.dumps({"allocations": [each.id for each in credit.allocations]}),
    )
    absent = bench.ledger.find([intent])["I1"]

    answer = bench.send(intent)["I1"]

    found = bench.ledger.find([intent])["I1"]
    assert (answer.state, answer.message) == ("posted", "")
    assert (absent.ledger_id, found.ledger_id) == ("", answer.ledger_id)
    assert absent.stamp != found.stamp
    again = replace(intent, pre_image=json.dumps({"allocations": [found.ledger_id]}))
    assert bench.ledger.find([again])["I1"].ledger_id == ""


def test_reports_add_up_as_they_are_read(bench: Bench) -> None:
    sheet = bench.ledger.report("BalanceSheet", {"date": "2026-03-31", "standardLayout": "true"})

    bank = [row for row in sheet.rows if row.section == "Bank"]
    assert sum(row.amounts[0] or 0 for row in bank if not row.is_total) == bank[-1].amounts[0]
    assert sheet.as_of == date(2026, 3, 31)


def test_a_missing_scope_is_named_with_its_endpoint(store: Store) -> None:
    bench = Bench(store, scopes=("accounting.settings.read",))

    with pytest.raises(Unauthorised, match=r"GET Invoices .* accounting\.invoices\.read"):
        list(bench.ledger.pages("invoices"))
    bench.ledger.close()


def test_a_scope_that_is_not_on_the_connection_is_refused_with_the_list(store: Store) -> None:
    bench = Bench(store, scopes=("accounting.settings.read", "accounting.unheard.of"))

    with pytest.raises(Unauthorised, match=r"invalid_scope.*accounting\.unheard\.of"):
        bench.ledger.organisation()
    bench.ledger.close()
