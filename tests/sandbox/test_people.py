"""Bank lines the API cannot see, and the people who work on them while a client calls."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.desk import API, STARTING_BOOKS, Desk, a_batch, a_bill, bank_money
from worker.sandbox.bank_feed import Feed, StatementLine, Unequal
from worker.sandbox.bank_feed_cash import cash_moved
from worker.sandbox.bank_feed_files import read_lines, write_lines
from worker.sandbox.books import dump_folder, load_books
from worker.sandbox.check import check
from worker.sandbox.demo import open_books
from worker.sandbox.people import WEIGHTS, Act, People, acts_before, schedule
from worker.sandbox.people_acts import ACTS
from worker.sandbox.store import Store
from worker.sandbox.story import build
from worker.sandbox.wire import dumps

TODAY = date(2026, 3, 31)


class Office:
    """A desk with a feed on account 090, and people around it."""

    def __init__(self, desk: Desk, seed: int = 1, rate: float = 0, **options: Any) -> None:
        self.desk = desk
        self.people = People(
            desk.app, desk.store, now=lambda: desk.now, seed=seed, rate=rate, **options
        )
        self.feed = self.people.feed

    def line(self, amount: str, day: str = "2026-03-20", payee: str = "Marlow Ltd") -> None:
        account = self.desk.store.account_by_code("090")
        assert account is not None
        units = int(Decimal(amount) * 100)
        name = f"L{len(self.feed.lines()) + 1}"
        self.feed.add(
            StatementLine(name, account["AccountID"], date.fromisoformat(day), units, payee)
        )

    def do(self, kind: str, which: float = 0.0, how: float = 0.0) -> str:
        return self.people.do(Act(1, kind, which, how)).told


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    yield Office(desk)
    assert check(desk.store) == []


def test_rule_18_no_endpoint_shows_a_line(office: Office) -> None:
    office.line("77.77", payee="Unseen Payer")

    for path in ("BankTransactions", "Payments", "Contacts", "Reports/BankSummary"):
        assert "Unseen Payer" not in office.desk.get(path).text
    for path in ("StatementLines", "BankStatements", "Reports/BankStatement"):
        assert office.desk.get(path).status_code == 404


def test_a_line_is_reconciled_with_the_equal_record_nearest_in_date(office: Office) -> None:
    desk = office.desk
    invoice = desk.invoice("300.00")
    far = desk.pay(invoice, "50.00", Date="2026-03-10")
    near = desk.pay(invoice, "50.00", Date="2026-03-19")
    other = desk.pay(invoice, "49.99", Date="2026-03-20")
    office.line("50.00")

    assert near["PaymentID"] in office.do("reconcile")

    flags = [desk.read("Payments", p["PaymentID"])["IsReconciled"] for p in (far, near, other)]
    assert flags == [False, True, False]
    assert office.feed.lines(open_only=True) == []


def test_of_records_on_one_day_the_one_of_the_payee_is_taken(office: Office) -> None:
    desk = office.desk
    theirs = desk.invoice(Contact={"Name": "Other & Sons"})
    ours = desk.invoice()
    desk.pay(theirs, "50.00")
    wanted = desk.pay(ours, "50.00")
    office.line("50.00", payee="MARLOW")

    assert wanted["PaymentID"] in office.do("reconcile")


@pytest.mark.parametrize("way", ["batch", "transfer", "spend"])
def test_each_kind_of_record_can_be_reconciled_and_taken_back(office: Office, way: str) -> None:
    desk = office.desk
    if way == "batch":
        desk.made("BatchPayments", a_batch([desk.invoice("70.00"), desk.invoice("30.00")]))
        office.line("100.00")
    elif way == "transfer":
        banks = {"FromBankAccount": {"Code": "090"}, "ToBankAccount": {"Code": "091"}}
        desk.made("BankTransfers", {**banks, "Amount": "100.00", "Date": "2026-03-20"})
        office.line("-100.00")
    else:
        desk.made("BankTransactions", bank_money("SPEND", "100.00"))
        office.line("-100.00")
    kind = {"batch": "Payments", "transfer": "BankTransfers", "spend": "BankTransactions"}[way]
    flag = "FromIsReconciled" if way == "transfer" else "IsReconciled"

    told = office.do("reconcile")
    after = [record[flag] for record in desk.listed(kind)]
    office.do("unreconcile")

    assert told.startswith("line L1 with")
    assert all(after)
    assert not any(record[flag] for record in desk.listed(kind))


def test_a_line_with_no_record_pays_the_document_it_is_for(office: Office) -> None:
    invoice = office.desk.invoice("88.00")
    office.line("88.00")

    office.do("reconcile")

    assert office.desk.read("Invoices", invoice["InvoiceID"])["Status"] == "PAID"
    assert [p["IsReconciled"] for p in office.desk.listed("Payments")] == [True]


def test_records_of_one_code_are_ticked_together(office: Office) -> None:
    desk = office.desk
    desk.pay(desk.invoice("100.00"), "100.00", Reference="TO-ABCDEFGH23 inv")
    fee = bank_money("SPEND", "2.50", Date="2026-03-20", Reference="TO-ABCDEFGH23 fee")
    desk.made("BankTransactions", fee)
    office.line("97.50")

    assert office.do("reconcile").count(" ") > 4
    assert office.feed.lines(open_only=True) == []


@pytest.mark.parametrize(("amount", "kind"), [("12.50", "RECEIVE"), ("-12.50", "SPEND")])
def test_a_line_is_coded_as_income_or_expense_reconciled_at_birth(
    office: Office, amount: str, kind: str
) -> None:
    office.line(amount, payee="Corner Shop")

    office.do("code")

    [made] = office.desk.listed("BankTransactions", page=1)
    assert (made["Type"], made["IsReconciled"], made["Total"]) == (kind, True, Decimal("12.50"))
    assert made["Contact"]["Name"] == "Corner Shop"


def test_a_line_someone_has_entered_already_is_not_coded_again(office: Office) -> None:
    office.desk.pay(office.desk.invoice(), "50.00")
    office.line("50.00")

    office.do("code")

    assert office.desk.listed("BankTransactions") == []


def test_only_a_clients_own_unreconciled_records_are_deleted(office: Office) -> None:
    desk = office.desk
    ours = desk.pay(desk.invoice(), "10.00", Reference="INV-1 TO-ABCDEFGH23")
    desk.pay(desk.invoice(), "10.00", Reference="by hand")

    assert office.do("delete") == f"Payments {ours['PaymentID']}"
    assert office.do("delete") == "found nothing to do"


def test_people_meet_the_same_refusals_as_a_client(office: Office) -> None:
    office.desk.invoice()
    office.do("lock", 0.0, 0.9)

    told = office.do("void")

    assert told.startswith("refused: The document date cannot be before the period lock date")
    assert [i["Status"] for i in office.desk.listed("Invoices")] == ["AUTHORISED"]


def test_edits_pay_and_void_change_what_a_client_reads(office: Office) -> None:
    desk = office.desk
    desk.invoice("100.00")
    office.do("edit", 0.0, 0.9)
    [edited] = desk.listed("Invoices")
    office.do("pay", 0.0, 0.9)
    [paid] = desk.listed("Invoices")
    desk.made("Invoices", a_bill())
    office.do("void", 0.9)

    assert edited["Total"] == Decimal("109.00")
    assert 0 < paid["AmountPaid"] < paid["Total"]
    assert [i["Status"] for i in desk.listed("Invoices", where='Type=="ACCPAY"')] == ["VOIDED"]


def test_unequal_sums_are_never_tied(office: Office) -> None:
    office.desk.pay(office.desk.invoice(), "50.00")
    office.line("50.01")
    [line] = office.feed.lines()

    with pytest.raises(Unequal, match="come to another sum"):
        office.feed.tie(line, office.feed.items(line.account_id), office.desk.now)
    assert office.do("reconcile") == "found nothing to do"


def test_cash_counted_twice_is_found_and_its_owner_named(office: Office) -> None:
    desk = office.desk
    office.line("120.00", payee="Corner Shop")
    office.do("code")
    late = desk.pay(desk.invoice(), "120.00", Reference="INV-0001 TO-ABCDEFGH23")

    cash = cash_moved(office.feed)

    assert [item.id for item in cash.of("TO-")] == [late["PaymentID"]]
    assert [len(items) for items in cash.moved.values()] == [1]


def test_somebody_acts_between_two_calls_and_the_schedule_is_pure(desk: Desk) -> None:
    office = Office(desk, seed=4, rate=0.5)
    transport = httpx.WSGITransport(app=office.people)
    with httpx.Client(transport=transport, base_url="http://sandbox") as client:
        for _ in range(40):
            client.get(f"{API}/Organisation")

    acts = [done.act for done in office.people.log]
    assert acts == list(schedule(4, 40, 0.5))
    assert acts_before(4, acts[0].call, 0.5) == (acts[0],)
    assert 10 < len(acts) < 30
    assert schedule(5, 40, 0.5) != schedule(4, 40, 0.5)
    assert schedule(4, 400, 0.0) == ()


def test_every_act_has_a_weight() -> None:
    assert ACTS.keys() == WEIGHTS.keys()


@pytest.mark.parametrize("options", [{"rate": 1.5}, {"kinds": ["dance"]}])
def test_wrong_options_are_refused(desk: Desk, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="unknown, or rate"):
        Office(desk, **options)


STATEMENT = {
    "StatementLines": [
        {"id": "a", "accountCode": "090", "date": "2026-03-20", "amount": 50, "payee": "Marlow"},
        {"id": "b", "accountCode": "090", "date": "2026-03-21", "amount": "-1.50"},
        {"id": "b", "accountCode": "090", "date": "2026-03-21", "amount": "-1.50"},
        {"id": "c", "accountCode": "999", "date": "2026-03-21", "amount": 1},
        {"id": "d", "accountCode": "090", "date": "soon", "amount": 1},
        {"id": "e", "accountCode": "090", "date": "2026-03-21", "amount": "much"},
    ]
}


def test_lines_of_a_books_folder_are_loaded_and_dumped_the_same(tmp_path: Path) -> None:
    folder, again = tmp_path / "books", tmp_path / "again"
    folder.mkdir()
    (folder / "StatementLines.json").write_text(dumps(STATEMENT))
    store, notes = open_books(tmp_path / "books.db", folder)
    dump_folder(store, again)
    write_lines(store, again)
    first = (again / "StatementLines.json").read_bytes()
    feed = Feed(store)
    lines = [(line.id, line.amount) for line in feed.lines()]
    feed.load(read_lines(again))
    write_lines(store, again)
    store.close()

    assert lines == [("a", 5000), ("b", -150)]
    assert [n for n in notes if "StatementLines" in n and "left out" in n] == [
        "StatementLines.json: line 3 is left out: id b appears twice",
        "StatementLines.json: line 4 is left out: '999' is no bank account of these books",
        "StatementLines.json: line 5 is left out: 'soon' is not a date",
        "StatementLines.json: line 6 is left out: 'much' is not a number",
    ]
    assert not any("is not a file of a books folder" in note for note in notes)
    assert (again / "StatementLines.json").read_bytes() == first


@pytest.mark.parametrize("text", ["{", "[1]", '{"StatementLines": 1}'])
def test_an_unreadable_file_of_lines_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "StatementLines.json").write_text(text)

    with pytest.raises(ValueError, match=r"StatementLines\.json: "):
        read_lines(tmp_path)


@pytest.fixture(scope="module")
def story() -> Iterator[Store]:
    told = build(1, TODAY)
    store = Store(":memory:")
    load_books(store, told.books)
    assert Feed(store).load(told.feed) == []
    yield store
    store.close()


def test_the_storys_past_is_reconciled_line_by_line_and_its_last_weeks_are_open(
    story: Store,
) -> None:
    feed = Feed(story)
    cash = cash_moved(feed)
    flagged = {
        item.id
        for account in {line.account_id for line in feed.lines()}
        for item in feed.items(account)
        if item.reconciled
    }

    assert flagged == set(feed.tied())
    assert 60 <= len(feed.lines(open_only=True)) <= 90
    assert [item.reference for item in cash.spare] == ["CHQ 000412"]


def hectic(seed: int, acts: int) -> tuple[People, Store]:
    """A small company on which people act between random payments of a client that looks first."""
    rng = random.Random(seed)
    desk = Desk(books=STARTING_BOOKS).sign_in()
    desk.now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    office = Office(desk, seed=seed)
    for number in range(8):
        amount = f"{rng.randrange(10, 60)}.00"
        desk.invoice(amount) if number % 2 else desk.made(
            "Invoices", a_bill(amount, InvoiceNumber=f"S-{number}")
        )
        sign = "" if number % 2 else "-"
        day = f"2026-03-{rng.randrange(3, 31):02d}"
        office.line(f"{sign}{amount}", day, rng.choice(["Marlow Ltd", "Corner Shop"]))
    for act in schedule(seed, acts, 1.0):
        office.people.do(act)
        if rng.random() < 0.3 and office.feed.lines(open_only=True):
            line = rng.choice(office.feed.lines(open_only=True))
            fields = {
                "Reference": "TO-ABCDEFGH23",
                "Date": line.date.isoformat(),
                "BankAccount": {"Code": "090"},
            }
            kind = "RECEIVE" if line.amount > 0 else "SPEND"
            money = bank_money(kind, str(Decimal(abs(line.amount)) / 100), **fields)
            if not any(
                item.amount == line.amount and item.id not in office.feed.tied()
                for item in office.feed.items(line.account_id)
            ):
                desk.put("BankTransactions", {"BankTransactions": [money]})
    desk.client.close()
    return office.people, desk.store


SEEDS = [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 100))]


@pytest.mark.parametrize("seed", SEEDS)
def test_rule_18_people_never_unbalance_the_ledger_and_cash_moves_once_per_line(seed: int) -> None:
    people, store = hectic(seed, 40)

    assert check(store) == []
    organisation = store.organisation()
    organisation.pop("PeriodLockDate", None)
    store.put("Organisation", organisation)
    told = people.finish()

    cash = cash_moved(people.feed)
    assert not [sentence for sentence in told if "refused" in sentence]
    assert all(cash.moved.values())
    assert people.feed.lines(open_only=True) == []
    assert check(store) == []
    assert sum(done.changed for done in people.log) > 5
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_people_never_unbalance_the_storys_ledger(seed: int) -> None:
    told = build(1, TODAY)
    store = Store(":memory:")
    load_books(store, told.books)
    Feed(store).load(told.feed)
    people = People(
        lambda environ, start_response: [],
        store,
        now=lambda: datetime(2026, 3, 31, 12, tzinfo=UTC),
        seed=seed,
        rate=1,
    )

    for act in schedule(seed, 150, 1.0):
        people.do(act)

    assert {done.act.kind for done in people.log if done.changed} == WEIGHTS.keys() - {"delete"}
    assert check(store) == []
    store.close()
