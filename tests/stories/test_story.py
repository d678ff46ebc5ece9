"""Whole days of the demo company: nothing wrong is posted, what is sure is, and all say why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.stories.demo import Json, document
from tests.stories.lived import DAYS, Lived, live
from worker.sandbox.store import Store
from worker.sandbox.story import Truth

LEFT_ALONE = (
    "decoy",
    "bounced, receipt",
    "bounced, return",
    "duplicate row",
    "entered by hand",
    "entered by hand, invoice open",
    "locked period",
    "new account number",
)
MAY_BE_POSTED = ("post", "may", "rule", "transfer")
POSTED = ("posted", "verified")


@pytest.fixture(params=DAYS, ids=[f"seed {seed}, {now[:10]}" for seed, now in DAYS], scope="module")
def day(request: pytest.FixtureRequest, lived: Callable[[int, str], Lived]) -> Lived:
    return lived(*request.param)


@pytest.fixture
def store(day: Lived) -> Iterator[Store]:
    opened = day.store()
    yield opened
    opened.close()


def open_lines(day: Lived) -> list[tuple[str, Truth, Json]]:
    """(the bank's reference, the truth, the decision) of every line that is no history."""
    return [
        (ref, truth, day.decisions[ref])
        for ref, truth in day.story.truths.items()
        if truth.kind != "history"
    ]


def records_of(day: Lived, ref: str) -> list[tuple[str, str]]:
    """(kind of write, the ledger's id) of what the worker wrote for a line."""
    line_id = day.decisions[ref]["line_id"]
    return [
        (intent.kind, intent.ledger_id)
        for intent in day.intents
        if line_id in intent.line_ids and intent.state in POSTED
    ]


def settled(day: Lived, store: Store, ref: str) -> list[tuple[str, Decimal]]:
    """(number, amount) of the documents that the ledger shows settled for a line."""
    found = []
    for kind, ledger_id in records_of(day, ref):
        if kind == "payment":
            found.append(paid_by(store, store.get("Payments", ledger_id) or {}))
        elif kind == "batch_payment":
            found += [
                paid_by(store, payment)
                for payment in store.all("Payments")
                if (payment.get("BatchPayment") or {}).get("BatchPaymentID") == ledger_id
                or payment.get("BatchPaymentID") == ledger_id
            ]
        elif kind == "allocation":
            (intent,) = [i for i in day.intents if i.ledger_id == ledger_id]
            credit = store.get("CreditNotes", intent.credit_id) or {}
            applied = [a["Amount"] for a in credit["Allocations"]]
            assert len(applied) == 1
            found.append((credit["CreditNoteNumber"], Decimal(str(applied[0]))))
    return sorted(found)


def paid_by(store: Store, payment: Json) -> tuple[str, Decimal]:
    """The number of the document a payment pays, and how much."""
    for kind, number in (("Invoice", "InvoiceNumber"), ("CreditNote", "CreditNoteNumber")):
        if payment.get(kind):
            record = store.get(f"{kind}s", payment[kind][f"{kind}ID"]) or {}
            return record[number], Decimal(str(payment["Amount"]))
    raise AssertionError(f"a payment of nothing: {payment}")


def exchangeable(store: Store, number: str) -> tuple[object, ...]:
    """What two documents must have in common for it not to matter which of them is paid."""
    record = document(store, number)
    lines = [
        (line.get("AccountCode"), line.get("TaxType"), str(line.get("LineAmount")))
        for line in record["LineItems"]
    ]
    return record["Contact"]["ContactID"], str(record["Total"]), record["CurrencyCode"], *lines


def test_what_was_posted_is_what_a_bookkeeper_would_have_posted(day: Lived, store: Store) -> None:
    looked_at = 0
    for ref, truth, _ in open_lines(day):
        kinds = {kind for kind, _ in records_of(day, ref)}
        if not kinds:
            continue
        looked_at += 1
        assert truth.expected in MAY_BE_POSTED, f"{truth.kind} was posted"
        if truth.expected == "rule":
            assert kinds == {"bank_transaction"}, truth
        elif truth.expected == "transfer":
            assert kinds == {"transfer"}, truth
        else:
            got = settled(day, store, ref)
            want = sorted((number, amount) for number, amount in truth.documents)
            if got != want:
                assert [amount for _, amount in got] == [amount for _, amount in want], truth
                assert Counter(exchangeable(store, n) for n, _ in got) == Counter(
                    exchangeable(store, n) for n, _ in want
                ), (truth, got)
    assert looked_at >= 40


def test_no_document_is_paid_for_two_lines(day: Lived, store: Store) -> None:
    """Paying either of two equal documents is right once, not twice."""
    paid = [
        number
        for ref, truth, _ in open_lines(day)
        if truth.kind != "credit note netted"
        for number, _ in settled(day, store, ref)
    ]

    assert [number for number, times in Counter(paid).items() if times > 1] == []


@pytest.mark.parametrize("kind", LEFT_ALONE)
def test_nothing_is_posted_on_what_must_be_left_alone(day: Lived, store: Store, kind: str) -> None:
    lines = [(ref, truth, d) for ref, truth, d in open_lines(day) if truth.kind == kind]
    assert lines
    for ref, truth, decision in lines:
        assert records_of(day, ref) == []
        assert decision["action"] in ("suggest", "none", "explained") or decision["held_by"]
        for number, _ in truth.documents:
            # The original of a duplicated row is a line of its own, and paid.
            if kind != "duplicate row":
                told = next(d for d in all_documents(day) if number_of(d) == number)
                now = document(store, number)
                assert str(now.get("AmountDue")) == str(told.get("AmountDue"))


def all_documents(day: Lived) -> list[Json]:
    return [*day.story.books["Invoices"], *day.story.books["CreditNotes"]]


def number_of(record: Json) -> str:
    return str(record.get("InvoiceNumber") or record.get("CreditNoteNumber"))


def test_at_least_three_quarters_of_the_sure_document_lines_are_posted(day: Lived) -> None:
    sure = [ref for ref, truth, _ in open_lines(day) if truth.expected == "post"]
    done = [ref for ref in sure if records_of(day, ref)]

    assert len(sure) >= 30
    assert len(done) >= 0.75 * len(sure), [day.decisions[r] for r in set(sure) - set(done)]


def test_rules_code_as_the_company_has_coded_before(day: Lived, store: Store) -> None:
    """Account and tax of every new spend or receive money occur in that contact's own past."""
    past: set[tuple[str, str, str]] = set()
    for record in store.all("BankTransactions"):
        if record["BankTransactionID"] in day.before["BankTransactions"]:
            past |= codings(record)
    new = day.after["BankTransactions"] - day.before["BankTransactions"]
    coded = [
        record
        for record in store.all("BankTransactions")
        if record["BankTransactionID"] in new and not record["Type"].endswith("-TRANSFER")
    ]

    assert coded
    for record in coded:
        assert codings(record) <= past, record


def codings(record: Json) -> set[tuple[str, str, str]]:
    contact = (record.get("Contact") or {}).get("ContactID", "")
    return {
        (contact, line.get("AccountCode", ""), line.get("TaxType", ""))
        for line in record.get("LineItems") or []
    }


def test_history_is_explained_and_never_posted_again(day: Lived) -> None:
    for ref, truth in day.story.truths.items():
        if truth.kind == "history":
            assert day.decisions[ref]["action"] == "explained", day.decisions[ref]
            assert records_of(day, ref) == []


def test_every_line_left_alone_says_why(day: Lived) -> None:
    for decision in day.decisions.values():
        if decision["action"] in ("suggest", "none") or decision["held_by"]:
            assert len(decision["why"].split()) >= 4, decision
            assert decision["reason_code"], decision
    waiting = [d for d in day.decisions.values() if d["action"] in ("suggest", "none")]
    assert len({d["why"] for d in waiting}) > len(waiting) / 2


def test_the_counts_add_up(day: Lived) -> None:
    lines, run = dict(day.first.lines), day.first
    total = lines.pop("total")
    posted = [intent for intent in day.intents if intent.state in POSTED]
    settled_lines = {line for i in posted if i.kind != "allocation" for line in i.line_ids}

    assert total == sum(lines.values()) == len(day.decisions) == len(day.story.truths)
    assert (run.posted, run.verified) == (len(posted), len(posted))
    assert (run.unknown, run.refused, run.problems) == (0, 0, [])
    sure = lines["auto"] + lines["rule"] + lines["transfer"]
    assert sure == len(settled_lines) + sum(run.held.values())
    assert Counter(d["action"] for d in day.decisions.values()) == Counter(lines)
    assert day.second.lines["total"] == total - lines["explained"] - len(settled_lines)


def test_what_it_says_it_posted_is_what_is_new_in_the_ledger(day: Lived, store: Store) -> None:
    allocations = sum(i.kind == "allocation" for i in day.intents if i.state in POSTED)
    new = {kind: day.after[kind] - ids for kind, ids in day.before.items()}
    alone = [
        payment
        for payment in store.all("Payments")
        if payment["PaymentID"] in new["Payments"]
        and not (payment.get("BatchPayment") or payment.get("BatchPaymentID"))
    ]
    coded = [
        record
        for record in store.all("BankTransactions")
        if record["BankTransactionID"] in new["BankTransactions"]
        and not record["Type"].endswith("-TRANSFER")
    ]

    written = len(alone) + len(new["BatchPayments"]) + len(coded) + len(new["BankTransfers"])
    assert written + allocations == day.first.posted


def test_a_second_run_posts_nothing_and_is_quiet(day: Lived) -> None:
    assert day.second.posted == 0
    assert day.at_last == day.after
    assert day.second.problems == []


def test_the_first_run_takes_45_calls_and_a_quiet_one_6(day: Lived) -> None:
    assert (day.first.api_calls, day.second.api_calls) == day.calls
    assert day.calls[0] <= 45
    assert day.calls[1] <= 6


def test_no_total_differs_and_some_are_proved(day: Lived) -> None:
    states = Counter(tie.state for tie in day.first.tie_outs)

    assert states["different"] == 0, day.first.tie_outs
    assert states["agrees"] >= 4


def test_the_digest_is_written_in_html_and_text(day: Lived) -> None:
    files = [Path(name) for name in day.first.files]

    assert {file.suffix for file in files} == {".html", ".txt"}
    for file in files:
        text = file.read_text("utf-8")
        assert day.home in file.parents
        assert "Larkfield Signs Ltd" in text
        assert "bank lines" in text


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_any_seed_on_any_day_ends_as_well(tmp_path: Path, seed: int) -> None:
    """Twenty days over two years and a half, weekends and leap day among them."""
    now = datetime(2026, 1, 3, 8, tzinfo=UTC) + timedelta(days=47 * (seed - 100))
    day = live(tmp_path, seed, now.isoformat())
    store = day.store()
    try:
        test_what_was_posted_is_what_a_bookkeeper_would_have_posted(day, store)
        test_no_document_is_paid_for_two_lines(day, store)
        for kind in LEFT_ALONE:
            test_nothing_is_posted_on_what_must_be_left_alone(day, store, kind)
        test_at_least_three_quarters_of_the_sure_document_lines_are_posted(day)
        test_the_counts_add_up(day)
        test_a_second_run_posts_nothing_and_is_quiet(day)
        test_no_total_differs_and_some_are_proved(day)
    finally:
        store.close()
