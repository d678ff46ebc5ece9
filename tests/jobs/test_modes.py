"""What may be sent, and what not: dry runs, modes, caps, and one writer at a time."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.stories.demo import Demo
from worker.errors import Refused
from worker.jobs.run_once import OrganisationRun
from worker.mirror import leases, tables
from worker.wiring import Worker

KEPT = (tables.decisions, tables.intents, tables.job_runs, tables.dispatches, tables.deliveries)


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def accept(demo: Demo, what: str) -> bool | None:
    """Accept a line's proposal: whether it was posted and read back; None: queued."""
    with demo.worker() as worker:
        _, intents, result = worker.accept(what, "jo")
    if result is None:
        return None
    posted, verified = result
    ours = {intent.id for intent in intents}
    assert set(posted.posted) == ours
    return ours == set(verified.verified)


def test_a_dry_run_decides_like_a_real_one_and_keeps_nothing(demo: Demo) -> None:
    inbox, entry = files_in(demo.inbox), demo.last_entry()

    dry = demo.run(dry_run=True)

    assert (dry.posted, dry.files) == (0, ())
    assert dry.lines["auto"] > 30
    assert demo.last_entry() == entry
    assert files_in(demo.inbox) == inbox
    assert not (demo.home / "out").exists()
    with demo.worker() as worker, worker.mirror.read() as conn:
        for table in KEPT:
            assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0, table
    real = demo.run()
    assert real.lines == dry.lines
    assert real.posted >= 40
    assert not any(path.suffix in (".csv", ".ofx") for path in demo.inbox.glob("*/*"))


def test_observe_decides_and_sends_nothing_not_even_after_accept(demo: Demo) -> None:
    demo.modes = dict.fromkeys(("090", "091", "092"), "observe")
    entry = demo.last_entry()

    run = demo.run()

    assert run.posted == 0
    assert run.mode == "observe"
    sure = [d for d in demo.decisions().values() if d["action"] in ("auto", "rule", "transfer")]
    assert len(sure) >= 50
    assert {d["held_by"] for d in sure} == {"mode"}
    with pytest.raises(Refused, match="observe: nothing is sent"):
        accept(demo, demo.number("letter for digit"))
    assert demo.intents() == ()
    assert demo.run().posted == 0
    assert demo.last_entry() == entry


def test_suggest_posts_what_is_accepted_and_nothing_else(demo: Demo) -> None:
    demo.modes = dict.fromkeys(("090", "091", "092"), "suggest")
    number = demo.number("letter for digit")
    assert demo.run().posted == 0
    assert demo.document(number)["AmountDue"] > 0

    assert accept(demo, number) is True

    assert demo.document(number)["AmountDue"] == 0
    assert [intent.state for intent in demo.intents()] == ["verified"]
    with pytest.raises(Refused, match="already"):
        accept(demo, demo.about("letter for digit")[0])
    again = demo.run()
    assert again.posted == 0
    assert len(demo.intents()) == 1


def test_an_account_in_observe_gets_no_transfer_from_one_in_auto(demo: Demo) -> None:
    """A transfer writes to both its accounts."""
    demo.modes = {"091": "observe"}
    demo.run()

    legs = decisions_on(demo, "transfer")
    assert [(d["action"], d["held_by"]) for d in legs] == [("transfer", "mode")] * 2
    accounts = {intent.to_account_id for intent in demo.intents() if intent.kind == "transfer"}
    assert len(accounts) == 1
    leaves = next(leg for leg in legs if str(leg["amount"]).startswith("-"))
    with pytest.raises(Refused, match="091 is in observe"):
        accept(demo, str(leaves["line_id"]))


def decisions_on(demo: Demo, kind: str) -> list[dict[str, object]]:
    decided = demo.decisions()
    return [decided[ref] for ref, truth in demo.story.truths.items() if truth.kind == kind]


def others_lease(worker: Worker, *, held: bool) -> None:
    """Somebody on another machine takes the books for two minutes, or lets them go."""
    (setup,) = worker.setups
    now = setup.clock.real()
    with worker.mirror.write() as conn:
        if held:
            assert leases.take(conn, setup.name, "elsewhere:1:1", now) is not None
        else:
            conn.execute(tables.leases.update().values(holder=""))


def test_accept_is_queued_while_another_run_holds_the_books(demo: Demo) -> None:
    demo.modes = {"090": "suggest"}
    demo.run()
    entry, number = demo.last_entry(), demo.number("trading name")
    with demo.worker() as worker:
        others_lease(worker, held=True)

        decision, _, result = worker.accept(number, "jo")

        assert result is None
        assert decision.owner == "person:jo"
        others_lease(worker, held=False)
    assert demo.last_entry() == entry
    assert [i.state for i in demo.intents() if i.owner == "person:jo"] == ["approved"]
    assert demo.run().posted == 1
    assert demo.document(number)["AmountDue"] == 0


def test_a_run_beside_another_one_does_nothing_and_says_so(demo: Demo) -> None:
    entry = demo.last_entry()
    with demo.worker() as worker:
        others_lease(worker, held=True)
        _, (run,) = worker.run_once()
    assert run.active_elsewhere
    assert run.ok
    assert [kind for kind, _ in run.problems] == ["active"]
    assert (run.lines["total"], run.api_calls) == (0, 0)
    assert demo.last_entry() == entry


def capped(run: OrganisationRun) -> list[str]:
    return [message for kind, message in run.problems if kind == "cap"]


def test_over_the_cap_postings_stay_approved_and_are_told_until_later_runs_post_them(
    demo: Demo,
) -> None:
    demo.wanted = {"per_run_max": 25}
    runs = [demo.run()]
    states = Counter(intent.state for intent in demo.intents())
    assert runs[0].posted == 25
    assert states["verified"] == 25
    waiting = states["approved"]
    assert waiting > 25
    assert capped(runs[0]) == [
        f"{waiting} approved postings wait for the next run: over the run's cap"
    ]

    while capped(runs[-1]):
        runs.append(demo.run())

    assert [run.posted for run in runs] == [25, 25, waiting - 25]
    assert Counter(intent.state for intent in demo.intents()) == {"verified": 25 + waiting}


def test_a_cap_on_money_counts_every_posting_and_never_breaks(demo: Demo) -> None:
    demo.wanted = {"per_run_amount_max": Decimal("4000.00")}

    run = demo.run()

    sent = [intent for intent in demo.intents() if intent.state == "verified"]
    assert sum(abs(intent.amount) for intent in sent) <= Decimal("4000.00")
    assert 0 < len(sent) == run.posted
    assert len(capped(run)) == 1


@pytest.mark.parametrize("mode", ["observe", "suggest"])
def test_what_was_approved_stays_at_home_when_the_owner_turns_the_account_down(
    demo: Demo, mode: str
) -> None:
    demo.run("match")
    entry, approved = demo.last_entry(), len(demo.intents())
    demo.modes = dict.fromkeys(("090", "091", "092"), mode)

    run = demo.run("post", "verify")

    assert run.posted == 0
    assert demo.last_entry() == entry
    assert run.problems == [
        ("mode", f"{approved} approved postings are held by their account's mode")
    ]
