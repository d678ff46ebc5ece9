"""What a person said no to is never proposed again, and is never posted by itself."""

from __future__ import annotations

import pytest

from tests.stories.demo import Demo
from worker.errors import Refused


def decline(demo: Demo, what: str, why: str = "") -> str:
    with demo.worker() as worker:
        return worker.decline(what, "jo", why).proposal.why


def numbers(decision: dict[str, object]) -> list[object]:
    return [share["document_number"] for share in decision["allocations"]]  # type: ignore[attr-defined]


def test_a_declined_pair_is_never_proposed_again(demo_after_a_run: Demo) -> None:
    demo, said_no, decided = demo_after_a_run, {}, demo_after_a_run.decisions()
    for kind in ("part payment", "decoy", "new account number", "overpayment"):
        ref, _ = demo.about(kind)
        (said_no[ref],) = numbers(decided[ref])
        sentence = decline(demo, ref, "not ours")
        assert sentence.startswith(f"jo declined {said_no[ref]}: not ours")

    for _ in range(2):
        assert demo.run().posted == 0
        decided = demo.decisions()
        for ref, declined in said_no.items():
            assert declined not in numbers(decided[ref]), decided[ref]
            assert decided[ref]["action"] in ("none", "suggest"), decided[ref]
            assert decided[ref]["why"], decided[ref]


def test_a_declined_pair_is_not_posted_when_the_account_turns_to_auto(demo: Demo) -> None:
    demo.modes = {"090": "suggest"}
    demo.run()
    ref, truth = demo.about("letter for digit")
    decline(demo, ref)
    demo.modes = {}

    run = demo.run()

    assert run.posted >= 40
    assert demo.document(truth.documents[0][0])["AmountPaid"] == 0
    assert truth.documents[0][0] not in numbers(demo.decision_on("letter for digit"))


def test_what_is_posted_already_cannot_be_declined(demo_after_a_run: Demo) -> None:
    with pytest.raises(Refused, match="already posted"):
        decline(demo_after_a_run, demo_after_a_run.about("trading name")[0])


CANNOT_BE_ACCEPTED = {
    "duplicate row": "no second movement",
    "entered by hand": "already in Xero",
    "trading name": "already",
    "overpayment": "exactly one equal",
    "foreign currency": "EUR",
    "bounced, return": "names nothing",
    "processor payout": "names nothing",
}


def test_accepting_what_cannot_be_posted_says_why_and_writes_nothing(
    demo_after_a_run: Demo,
) -> None:
    entry = demo_after_a_run.last_entry()
    with demo_after_a_run.worker() as worker:
        for kind, objection in CANNOT_BE_ACCEPTED.items():
            with pytest.raises(Refused, match=objection):
                worker.accept(demo_after_a_run.about(kind)[0], "jo")
    assert demo_after_a_run.last_entry() == entry


def test_a_part_payment_is_posted_by_a_persons_word(demo_after_a_run: Demo) -> None:
    number = demo_after_a_run.number("part payment")

    with demo_after_a_run.worker() as worker:
        decision, _, result = worker.accept(number, "jo")

    assert result is not None
    assert decision.owner == "person:jo"
    assert demo_after_a_run.document(number)["AmountPaid"] == 1000
    assert demo_after_a_run.document(number)["Status"] == "AUTHORISED"
    assert demo_after_a_run.run().posted == 0


def test_what_a_person_accepted_into_locked_books_goes_out_once_they_are_open(
    demo_after_a_run: Demo,
) -> None:
    demo, number = demo_after_a_run, demo_after_a_run.number("locked period")
    entry = demo.last_entry()
    with demo.worker() as worker:
        _, _, result = worker.accept(number, "jo")
    assert result is not None
    assert [kind for kind, _ in result[0].problems] == ["blocked_by_lock"]
    assert demo.run().posted == 0
    assert demo.last_entry() == entry

    demo.person().locks("2026-01-31")
    demo.run()

    assert demo.document(number)["AmountDue"] == 0
