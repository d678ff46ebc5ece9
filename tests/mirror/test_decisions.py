"""One current decision per line, the earlier ones kept, every word of a proposal round the trip."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tests.mirror.make import DAY, NOW, ORG, decision
from worker.books.decisions import (
    Coding,
    CodingLine,
    Decision,
    Evidence,
    Proposal,
    Remainder,
    Share,
)
from worker.mirror import decisions
from worker.mirror.engine import Mirror

SHARE = Share("doc-1", "INV-0001", Decimal("120.00"))
FULL = Decision(
    id="D1",
    proposal=Proposal(
        line_id="L1",
        action="suggest",
        shares=(SHARE, Share("doc-2", "", Decimal("0.1"))),
        remainder=(Remainder("fee", Decimal("1.50"), "404"), Remainder("open", Decimal("3"))),
        confidence=0.1 + 0.2,
        alternatives=((SHARE,), ()),
        coding=Coding(
            "rent",
            "Landlord “Ü”",
            (CodingLine("469", "NONE", Decimal("800"), "March", (("Region", "North"),)),),
            "con-3",
        ),
        transfer_to="L2",
        credit_shares=(("cn-1", SHARE),),
        reason_code="tie",
        evidence=(Evidence("amount", -1.25, "the amount is shared by 80 documents"),),
        why="Two documents fit.",
        record_id="pay-1",
    ),
    held_by="gap",
    owner="person:Ann",
    run_id="R1",
    date=DAY,
    problems=("a", "b"),
)


def test_a_decision_is_read_as_it_was_decided(mirror: Mirror) -> None:
    with mirror.write() as conn:
        assert decisions.save(conn, ORG, [FULL], NOW) == 1
        assert decisions.by_line(conn, ORG, "L1") == FULL
        assert decisions.by_line(conn, ORG, "L2") is None
        assert decisions.current(conn, ORG) == (FULL,)


def test_a_line_has_one_current_decision_and_its_earlier_ones(mirror: Mirror) -> None:
    first, second = decision("L1", "R1", why="no"), decision("L1", "R2", why="yes")
    third = replace(second, owner="person:Ann")
    with mirror.write() as conn:
        for number, each in enumerate((first, second, third)):
            decisions.save(conn, ORG, [each, decision("L2")], NOW + timedelta(number))
        assert decisions.current(conn, ORG) == (third, decision("L2"))
        assert decisions.earlier(conn, ORG, "L1") == (second, first)


def test_the_same_decision_again_is_not_written_again(mirror: Mirror) -> None:
    again = replace(FULL, id="D2", run_id="R2", date=DAY + timedelta(1))
    with mirror.write() as conn:
        counts = [decisions.save(conn, ORG, [each], NOW) for each in (FULL, again, again)]
        assert counts == [1, 0, 0]
        assert decisions.current(conn, ORG) == (FULL,)
        assert decisions.save(conn, ORG, [replace(again, held_by=None)], NOW) == 1


def test_a_decline_remembers_the_pair_of_line_and_documents(mirror: Mirror) -> None:
    pair = ("L1", frozenset({"doc-1", "doc-2"}))
    with mirror.write() as conn:
        decisions.save(conn, ORG, [FULL], NOW)
        decisions.decline(conn, ORG, "L1", None, "Ann", "not theirs", NOW)
        assert decisions.declines(conn, ORG) == {pair}
        for why in ("really", "no"):
            decisions.decline(conn, ORG, "L1", [SHARE], "Ann", why, NOW)
        assert decisions.declines(conn, ORG) == {pair, ("L1", frozenset({"doc-1"}))}
