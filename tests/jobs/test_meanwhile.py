"""The ledger changes between planning and sending; what no longer holds is not sent."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest

from tests.stories.demo import Demo, Elapsed, Meanwhile
from worker.books.intents import Intent


def intent_paying(demo: Demo, number: str) -> Intent:
    found = [i for i in demo.intents() if number in [s.document_number for s in i.shares]]
    assert found
    return found[-1]


def test_books_locked_after_planning_hold_every_posting_until_they_are_opened(demo: Demo) -> None:
    demo.run("match")
    planned = demo.intents()
    before = demo.written()
    demo.person().locks("2026-03-30")

    run = demo.run("post", "verify")

    assert run.posted == 0
    assert demo.written() == before
    states = {i.state for i in demo.intents() if i.kind != "allocation"}
    assert states == {"blocked_by_lock"}
    assert [kind for kind, _ in run.problems if kind != "blocked_by_lock"] == []
    assert all("locked to 2026-03-30" in message for _, message in run.problems)

    still = demo.run()
    assert still.posted == 0
    assert demo.written() == before
    assert demo.decision_on("letter for digit")["held_by"] == "lock"

    demo.person().locks("2026-02-21")
    opened = demo.run()
    assert opened.posted >= len(planned) - 1
    assert demo.document(demo.number("letter for digit"))["AmountDue"] == 0


def test_books_locked_in_the_last_moment_are_never_written_to(demo: Demo) -> None:
    """Xero itself refuses then; nothing is moved to another day."""
    before = demo.written()

    run = demo.run(
        ledger=lambda real: Meanwhile(real, "documents", lambda: demo.person().locks("2026-03-30"))
    )

    assert run.posted == 0
    assert demo.written() == before
    assert run.refused == sum(i.state == "rejected" for i in demo.intents()) > 0


@pytest.mark.parametrize(("paid", "left"), [("whole", "0"), ("10.00", "due")])
def test_an_invoice_somebody_paid_meanwhile_is_not_paid_again(
    demo: Demo, paid: str, left: str
) -> None:
    number = demo.number("letter for digit")
    due = demo.document(number)["AmountDue"]
    amount = str(due) if paid == "whole" else paid
    demo.run("match")
    demo.person().pays(number, amount, "2026-03-27")

    run = demo.run("post", "verify")

    assert intent_paying(demo, number).state == "expired"
    assert any(number in message for kind, message in run.problems if kind == "expired")
    assert str(demo.document(number)["AmountPaid"]) == amount
    demo.run()
    decision = demo.decision_on("letter for digit")
    assert str(demo.document(number)["AmountPaid"]) == amount
    assert decision["action"] in ("explained", "suggest", "none")
    assert decision["why"]


def test_an_invoice_paid_in_the_very_last_moment_is_not_paid_again(demo: Demo) -> None:
    number = demo.number("trading name")
    amount = str(demo.document(number)["AmountDue"])

    run = demo.run(
        ledger=lambda real: Meanwhile(
            real, "documents", lambda: demo.person().pays(number, amount, "2026-03-17")
        )
    )

    assert run.posted >= 40
    assert intent_paying(demo, number).state == "expired"
    assert str(demo.document(number)["AmountPaid"]) == amount
    again = demo.run()
    assert again.posted == 0
    assert demo.decision_on("trading name")["action"] == "explained"


def test_cash_entered_by_hand_after_the_pull_is_not_posted_again(
    demo: Demo, elapsed: Elapsed
) -> None:
    number, (ref, _) = demo.number("letter for digit"), demo.about("letter for digit")
    amount = str(demo.document(number)["AmountDue"])
    day = f"{ref[:4]}-{ref[4:6]}-{ref[6:8]}"

    def by_hand() -> None:
        demo.person().enters(amount, day, "Oakmere Nurseries Ltd")
        elapsed.passes(31)

    run = demo.run(ledger=lambda real: Meanwhile(real, "pages", by_hand, about="prepayments"))

    assert run.posted >= 40
    assert str(demo.document(number)["AmountDue"]) == amount
    assert intent_paying(demo, number).state == "expired"
    demo.run()
    assert demo.decision_on("letter for digit")["action"] == "explained"
    assert str(demo.document(number)["AmountDue"]) == amount


def test_cash_entered_by_hand_between_two_runs_is_not_posted_again(demo: Demo) -> None:
    number, (ref, _) = demo.number("duplicate row, original"), demo.about("duplicate row, original")
    amount = str(demo.document(number)["AmountDue"])
    demo.run("match")
    demo.person().enters(amount, f"{ref[:4]}-{ref[4:6]}-{ref[6:8]}", "Millbrook Primary School")

    demo.run("post", "verify")

    assert str(demo.document(number)["AmountDue"]) == amount
    assert intent_paying(demo, number).state == "expired"


def test_a_lost_mirror_posts_nothing_again(demo_after_a_run: Demo) -> None:
    """Our own records are known by their amounts, accounts and days, as anybody's are."""
    demo = demo_after_a_run
    books, decided = demo.written(), demo.decisions()
    (demo.home / "state" / "tieout.db").unlink()
    for done in demo.inbox.glob("*/done"):
        for path in done.iterdir():
            shutil.move(path, done.parent / path.name)

    second = demo.run()

    assert second.posted == 0
    assert demo.written() == books
    assert second.lines["total"] == len(decided)
    again = demo.decisions()
    for ref, decision in decided.items():
        sure = decision["action"] in ("auto", "rule", "transfer") and not decision["held_by"]
        kind = demo.story.truths[ref].kind
        if sure and kind != "paid twice, first":
            assert again[ref]["action"] == "explained", (kind, again[ref])
        elif not sure:
            assert again[ref]["action"] == decision["action"], (kind, again[ref])
    assert Counter(tie.state for tie in second.tie_outs)["different"] == 0


def test_what_a_person_took_back_is_open_again_and_decided_anew(
    demo_after_a_run: Demo,
) -> None:
    demo = demo_after_a_run
    number = demo.number("trading name")
    payment = intent_paying(demo, number).ledger_id
    demo.person().deletes_payment(payment)

    demo.run()

    decision = demo.decision_on("trading name")
    assert decision["action"] != "explained"
    assert decision["why"]
