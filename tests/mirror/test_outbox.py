"""The outbox: planned once, claimed by one, settled by the one who claimed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import insert, select, update

from tests.mirror.make import INTENT, NOW, ORG, dispatch, intent
from worker.books.decisions import CodingLine, Share
from worker.books.intents import TRANSITIONS, IntentAnswer, IntentState
from worker.books.ports import Lease
from worker.errors import PromiseBroken, TieoutError
from worker.mirror import leases, outbox, tables
from worker.mirror.engine import Mirror, open_mirror
from worker.mirror.intent_rows import values

LATER = NOW + timedelta(seconds=1000)


def taken(mirror: Mirror, holder: str = "here:1:1", now: object = NOW) -> Lease:
    with mirror.write() as conn:
        lease = leases.take(conn, ORG, holder, now)  # type: ignore[arg-type]
    assert lease is not None
    return lease


def states(mirror: Mirror) -> dict[str, str]:
    with mirror.read() as conn:
        found = outbox.open_intents(conn, ORG, tuple(TRANSITIONS))  # type: ignore[arg-type]
    return {each.id: each.state for each in found}


@pytest.fixture
def lease(mirror: Mirror) -> Lease:
    return taken(mirror)


@pytest.fixture
def three(mirror: Mirror) -> None:
    with mirror.write() as conn:
        assert outbox.add(conn, ORG, [intent(n) for n in (1, 2, 3)], "R1") == 3


@pytest.fixture
def second(mirror_url: str, mirror: Mirror) -> Iterator[Mirror]:
    """Another process on the same database."""
    opened = open_mirror(mirror_url)
    yield opened
    opened.close()


def test_an_intent_is_read_as_it_was_planned(mirror: Mirror) -> None:
    plain = replace(
        INTENT,
        line_ids=("L2", "L1"),
        shares=(Share("a", "A", Decimal("100.10")), Share("b", "", Decimal("19.9"))),
        coding=(CodingLine("404", "NONE", Decimal("4.50"), "Fee", (("Region", "Ü"),)),),
        credit_id="cn-1",
        credit_kind="credit_note",
        to_account_id="acc-2",
        reason="why",
        owner="rule:fees",
        contact_id="con-1",
        contact_name="Ridgeway",
    )
    with mirror.write() as conn:
        outbox.add(conn, ORG, [plain], "R1")
        assert outbox.open_intents(conn, ORG) == (plain,)
        assert outbox.by_line(conn, ORG, ["L1", "L2"]) == (plain,)
        assert outbox.by_line(conn, ORG, ["L3"]) == ()
        assert outbox.recent(conn, ORG, "R1") == (plain,)
        assert outbox.recent(conn, ORG, "R2") == ()


def test_the_same_meaning_is_planned_once_whatever_became_of_it(
    mirror: Mirror, lease: Lease
) -> None:
    with mirror.write() as conn:
        assert outbox.add(conn, ORG, [INTENT, INTENT]) == 1
        outbox.move(conn, ORG, "I1", from_state="approved", to_state="expired", lease=lease)
        assert outbox.add(conn, ORG, [replace(INTENT, id="other")]) == 0
        assert outbox.generations(conn, ORG) == {"L1": 1}
        assert outbox.add(conn, ORG, [replace(INTENT, id="I1b", generation=2)]) == 1
        assert outbox.counts(conn, ORG) == {"expired": 1, "approved": 1}


def test_intents_keep_the_order_they_were_planned_in(mirror: Mirror) -> None:
    planned = [intent(n) for n in (5, 1, 9, 3)]
    with mirror.write() as conn:
        outbox.add(conn, ORG, planned[:2])
        outbox.add(conn, ORG, planned[2:])
        assert [each.id for each in outbox.open_intents(conn, ORG)] == ["I5", "I1", "I9", "I3"]


def test_a_line_is_in_flight_until_its_write_has_ended_without_effect(
    mirror: Mirror, three: None
) -> None:
    moves: list[tuple[str, IntentState]] = [("I1", "expired"), ("I2", "needs_human")]
    with mirror.write() as conn:
        for intent_id, state in moves:
            assert outbox.move(conn, ORG, intent_id, from_state="approved", to_state=state)
        assert outbox.lines_in_flight(conn, ORG) == {"L2", "L3"}


@pytest.mark.parametrize("before", TRANSITIONS)
def test_the_database_refuses_every_step_that_is_not_legal(mirror: Mirror, before: str) -> None:
    refused = set()
    row = values(replace(INTENT, state=before))  # type: ignore[arg-type]
    with mirror.write() as conn:
        conn.execute(insert(tables.intents).values(**row, organisation=ORG, number=1, epoch=1))
    for after in TRANSITIONS:
        try:
            with mirror.write() as conn:
                conn.execute(update(tables.intents).values(state=after))
                raise LookupError  # only whether it may: nothing is kept
        except PromiseBroken:
            refused.add(after)
        except LookupError:
            pass

    assert refused == set(TRANSITIONS) - TRANSITIONS[before] - {before}


def test_a_claim_takes_what_is_approved_up_to_the_limit(
    mirror: Mirror, three: None, lease: Lease
) -> None:
    with mirror.write() as conn:
        outbox.move(conn, ORG, "I1", from_state="approved", to_state="needs_human")
        claimed = [
            [each.id for each in outbox.claim(conn, ORG, lease, NOW, limit=limit)]
            for limit in (1, 9, 9)
        ]

    assert claimed == [["I2"], ["I3"], []]


def test_of_two_processes_one_claims(
    mirror: Mirror, second: Mirror, three: None, lease: Lease
) -> None:
    carried = dispatch(intent(1), intent(2))
    with mirror.write() as conn:
        first_had = outbox.claim_dispatch(conn, ORG, carried, lease, NOW)
    with second.write() as conn:
        other = replace(carried, id="P2", intent_ids=("I3", "I2"))
        second_had = outbox.claim_dispatch(conn, ORG, other, lease, NOW)

    assert (first_had, second_had) == (True, False)
    assert states(mirror) == {"I1": "sending", "I2": "sending", "I3": "approved"}


def test_processes_that_claim_at_the_same_time_share_the_work(
    mirror: Mirror, second: Mirror, lease: Lease
) -> None:
    with mirror.write() as conn:
        outbox.add(conn, ORG, [intent(number) for number in range(40)])

    def work(own: Mirror) -> list[str]:
        mine: list[str] = []
        while True:
            with own.write() as conn:
                claimed = outbox.claim(conn, ORG, lease, NOW, limit=3)
            if not claimed:
                return mine
            mine += [each.id for each in claimed]

    with ThreadPoolExecutor(4) as pool:
        taken_ids = [each for ids in pool.map(work, [mirror, second] * 2) for each in ids]

    assert sorted(taken_ids) == sorted(f"I{number}" for number in range(40))


def test_a_request_is_kept_to_the_byte_with_its_writes(
    mirror: Mirror, three: None, lease: Lease
) -> None:
    carried = dispatch(intent(1), intent(2))
    with mirror.write() as conn:
        assert outbox.claim_dispatch(conn, ORG, carried, lease, NOW)
    with mirror.read() as conn:
        stored = conn.execute(select(tables.dispatches)).one()
        assert outbox.dispatch_of(conn, ORG, "I1") == (carried.key, carried.request.body)
        assert outbox.dispatch_of(conn, ORG, "I3") is None
    assert (stored.method, stored.path, stored.deadline, stored.epoch, stored.settled_at) == (
        "PUT", "Payments?summarizeErrors=false", carried.deadline, lease.epoch, None,
    )  # fmt: skip


def test_a_request_for_writes_nobody_claimed_is_our_bug(
    mirror: Mirror, three: None, lease: Lease
) -> None:
    with pytest.raises(PromiseBroken, match="not claimed"), mirror.write() as conn:
        outbox.store_dispatch(conn, ORG, dispatch(intent(1)), lease)
    with mirror.read() as conn:
        assert conn.execute(select(tables.dispatches)).all() == []


@pytest.mark.parametrize("lost", ["taken over", "run out"])
def test_without_the_lease_nothing_is_claimed(
    mirror: Mirror, three: None, lease: Lease, lost: str
) -> None:
    if lost == "taken over":
        taken(mirror, "there:2:2", LATER)
    now = NOW if lost == "taken over" else LATER
    with mirror.write() as conn:
        assert outbox.claim(conn, ORG, lease, now, 9) == ()
        assert not outbox.claim_dispatch(conn, ORG, dispatch(intent(1)), lease, now)
    assert set(states(mirror).values()) == {"approved"}


def test_answers_settle_each_write_and_silence_is_unknown(
    mirror: Mirror, three: None, lease: Lease
) -> None:
    carried = dispatch(intent(1), intent(2), intent(3))
    answers = [
        IntentAnswer("I3", "posted", ledger_id="pay-9"),
        IntentAnswer("I1", "rejected", message="locked"),
        IntentAnswer("stranger", "posted", ledger_id="pay-8"),
    ]
    with mirror.write() as conn:
        outbox.claim_dispatch(conn, ORG, carried, lease, NOW)
    with mirror.write() as conn:
        assert outbox.settle(conn, ORG, "P1", answers, lease, NOW) == 3
        assert outbox.settle(conn, ORG, "P1", answers, lease, NOW) == 0
        assert outbox.own_records(conn, ORG) == {"pay-9"}
        (rejected,) = outbox.by_line(conn, ORG, ["L1"])
    assert states(mirror) == {"I1": "rejected", "I2": "unknown", "I3": "posted"}
    assert rejected.reason == "locked"


def test_a_run_that_lost_its_lease_settles_nothing_and_the_next_one_strands_it(
    mirror: Mirror, three: None, lease: Lease
) -> None:
    carried = dispatch(intent(1))
    with mirror.write() as conn:
        outbox.claim_dispatch(conn, ORG, carried, lease, NOW)
        assert outbox.strand(conn, ORG, lease) == 0
    successor = taken(mirror, "there:2:2", LATER)
    with mirror.write() as conn:
        answers = [IntentAnswer("I1", "posted", ledger_id="pay-9")]
        assert outbox.settle(conn, ORG, "P1", answers, lease, LATER) == 0
        assert not outbox.move(
            conn, ORG, "I1", from_state="sending", to_state="posted", lease=lease
        )
        assert outbox.strand(conn, ORG, lease) == 0
        assert outbox.strand(conn, ORG, successor) == 1
        (unknown,) = outbox.unknowns(conn, ORG)
    assert (unknown.intent.id, unknown.deadline, unknown.absence_reads) == (
        "I1", carried.deadline, 0,
    )  # fmt: skip


def test_absence_is_counted_while_the_document_stays_as_it_was(
    mirror: Mirror, three: None, lease: Lease
) -> None:
    stamps = ["s1", "s1", "s2", "s2", "s2"]
    with mirror.write() as conn:
        outbox.claim_dispatch(conn, ORG, dispatch(intent(1)), lease, NOW)
        outbox.settle(conn, ORG, "P1", [IntentAnswer("I1", "unknown")], lease, NOW)
        counts = [outbox.note_absence(conn, ORG, "I1", NOW, stamp) for stamp in stamps]
        (unknown,) = outbox.unknowns(conn, ORG)
        assert outbox.note_absence(conn, ORG, "I2", NOW, "s1") == 0
    assert counts == [1, 2, 1, 2, 3]
    assert (unknown.absence_reads, unknown.last_read_at, unknown.stamp) == (3, NOW, "s2")


def test_what_is_proved_absent_is_written_again_under_the_next_generation(
    mirror: Mirror, three: None, lease: Lease
) -> None:
    again = replace(intent(1), id="I1g2", meaning="m1g2", generation=2, state="planned")
    with mirror.write() as conn:
        assert not outbox.next_generation(conn, ORG, "I1", again)
        outbox.claim_dispatch(conn, ORG, dispatch(intent(1)), lease, NOW)
        outbox.settle(conn, ORG, "P1", [], lease, NOW)
        assert outbox.next_generation(conn, ORG, "I1", again)
        assert not outbox.next_generation(conn, ORG, "I1", again)
        assert [i.id for i in outbox.by_line(conn, ORG, ["L1"])] == ["I1", "I1g2"]
    assert states(mirror) == {
        "I1": "expired", "I2": "approved", "I3": "approved", "I1g2": "approved",
    }  # fmt: skip


@pytest.mark.parametrize("died_after", ["add", "claim", "send", "settle"])
def test_wherever_a_run_dies_the_next_one_sends_nothing_twice(
    mirror: Mirror, second: Mirror, died_after: str
) -> None:
    """Each block is one transaction; a run that dies leaves what it committed, no more."""
    sent: list[str] = []
    first = taken(mirror)
    with mirror.write() as conn:
        outbox.add(conn, ORG, [INTENT])
    if died_after != "add":
        with mirror.write() as conn:
            outbox.claim_dispatch(conn, ORG, dispatch(INTENT), first, NOW)
    if died_after in ("send", "settle"):
        sent.append("I1")
    if died_after == "settle":
        with mirror.write() as conn:
            outbox.settle(conn, ORG, "P1", [IntentAnswer("I1", "posted", "pay-1")], first, NOW)

    successor = taken(second, "there:2:2", LATER)
    with second.write() as conn:
        outbox.strand(conn, ORG, successor)
        outbox.add(conn, ORG, [INTENT])
    again = dispatch(INTENT, number=2)
    with second.write() as conn:
        if outbox.claim_dispatch(conn, ORG, again, successor, LATER):
            sent.append("I1")

    expected = {"add": "sending", "claim": "unknown", "send": "unknown", "settle": "posted"}
    assert states(second) == {"I1": expected[died_after]}
    assert sent.count("I1") == (0 if died_after == "claim" else 1)


def test_a_write_in_sending_says_who_sends_it(mirror: Mirror, three: None) -> None:
    with pytest.raises(TieoutError), mirror.write() as conn:
        conn.execute(update(tables.intents).values(state="sending"))
