"""What a person says of a line: accept, decline, or ask why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from worker.books.decisions import Decision
from worker.books.intents import Intent
from worker.books.ports import Lease
from worker.books.records import BankLine
from worker.errors import Refused
from worker.jobs.post import Posted, post
from worker.jobs.pull import Pulled, reopen
from worker.jobs.setup import LEASE_TTL_SECONDS, Setup
from worker.jobs.verify import verify
from worker.mirror import bank_lines, documents, leases, outbox
from worker.mirror import decisions as decided
from worker.posting.plan import PostingContext, intents_for

LEASE_WAIT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an accepted line."""

    decision: Decision
    intents: tuple[Intent, ...]
    posted: int = 0
    verified: int = 0
    queued: bool = False
    """Another run holds the books; it sends this next."""
    observed: bool = False
    """The account is in `observe`: nothing is ever sent from it."""
    problems: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Explained:
    """A line, what was decided about it, and what became of that."""

    line: BankLine
    decision: Decision | None
    intents: tuple[Intent, ...]


def find_line(setup: Setup, name: str) -> BankLine:
    """The bank line a person means: our line id, the bank's own reference, or a document's number.

    Raises Refused when none or several fit, listing them.
    """
    with setup.mirror.read() as conn:
        lines = bank_lines.all_lines(conn, setup.name)
        current = decided.current(conn, setup.name)
    found = [line for line in lines if name in (line.id, line.bank_reference)]
    if not found:
        claimed = {
            d.proposal.line_id
            for d in current
            if any(name in (s.document_number, s.document_id) for s in d.proposal.shares)
        }
        found = [line for line in lines if line.id in claimed]
    if not found:
        raise Refused(f"no bank line {name!r}; `tieout decisions` lists them")
    if len(found) > 1:
        listed = ", ".join(f"{line.id} ({line.date}, {line.amount})" for line in found[:8])
        raise Refused(f"{name!r} could be any of {len(found)} lines: {listed}")
    return found[0]


def explain(setup: Setup, name: str) -> Explained:
    """Everything known about one line. Raises Refused when there is no such line."""
    line = find_line(setup, name)
    with setup.mirror.read() as conn:
        decision = decided.by_line(conn, setup.name, line.id)
        intents = outbox.by_line(conn, setup.name, [line.id])
    return Explained(line, decision, intents)


def accept(setup: Setup, name: str, who: str, sleep: Callable[[float], None]) -> Accepted:
    """Post what was proposed for a line, by a person's word, through the same outbox and guards.

    Raises Refused when there is nothing to accept. Waits up to ten seconds for another run to end;
    after that the posting is queued and the running worker sends it.
    """
    line = find_line(setup, name)
    pulled = reopen(setup)
    line = replace(line, account_id=_account_id(pulled, line))
    with setup.mirror.read() as conn:
        decision = decided.by_line(conn, setup.name, line.id)
        in_flight = outbox.lines_in_flight(conn, setup.name)
        open_lines = bank_lines.unexplained(conn, setup.name)
        counting = documents.counting(conn, setup.name)
    if decision is None:
        raise Refused(f"line {line.id} has not been matched yet; run `tieout --run-now` first")
    if line.id in in_flight:
        raise Refused(f"line {line.id} is already posted or on its way")
    if decision.proposal.action == "explained":
        raise Refused(f"line {line.id} is already in Xero; there is nothing to post")
    if pulled.accounts[line.account_id].mode == "observe":
        return Accepted(decision, (), observed=True)
    proposal = replace(decision.proposal, action=_settled(decision))
    accepted = replace(decision, proposal=proposal, owner=f"person:{who}", held_by=None)
    context = PostingContext(
        organisation=pulled.organisation,
        accounts=pulled.accounts,
        documents={d.id: d for d in counting},
        today=setup.today(pulled.organisation),
        lines={each.id: each for each in open_lines},
        tax_filed_through=setup.tax_filed_through,
    )
    intents = intents_for(accepted, line, context)
    with setup.mirror.write() as conn:
        outbox.add(conn, setup.name, intents)
        decided.save(conn, setup.name, (accepted,), setup.clock.now())
    lease = _take(setup, sleep)
    if lease is None:
        return Accepted(accepted, intents, queued=True)
    try:
        result: Posted = post(setup, pulled, lease)
        checked = verify(setup, lease)
    finally:
        with setup.mirror.write() as conn:
            leases.release(conn, lease)
    ours = {intent.id for intent in intents}
    return Accepted(
        accepted,
        intents,
        posted=len(ours & set(result.posted)),
        verified=len(ours & set(checked.verified)),
        problems=result.problems + checked.problems,
    )


def decline(setup: Setup, name: str, who: str, why: str) -> Decision:
    """Remember that a person said no: this pairing is never proposed again.

    Raises Refused when the line has no proposal with documents, or is posted already.
    """
    line = find_line(setup, name)
    with setup.mirror.read() as conn:
        decision = decided.by_line(conn, setup.name, line.id)
        in_flight = outbox.lines_in_flight(conn, setup.name)
    if line.id in in_flight:
        raise Refused(f"line {line.id} is already posted; take the posting back in Xero instead")
    if decision is None or not decision.proposal.shares:
        raise Refused(f"line {line.id} proposes no document that could be declined")
    said_no = replace(
        decision,
        proposal=replace(
            decision.proposal,
            action="none",
            shares=(),
            credit_shares=(),
            remainder=(),
            reason_code="declined",
            why=f"{who} declined {_named(decision)}{': ' + why if why else ''}.",
        ),
        owner=f"person:{who}",
        held_by=None,
    )
    with setup.mirror.write() as conn:
        decided.decline(
            conn, setup.name, line.id, decision.proposal.shares, who, why, setup.clock.now()
        )
        decided.save(conn, setup.name, (said_no,), setup.clock.now())
    return said_no


def _settled(decision: Decision) -> str:
    proposal = decision.proposal
    if proposal.transfer_to is not None:
        return "transfer"
    return "rule" if proposal.coding is not None else "auto"


def _named(decision: Decision) -> str:
    return ", ".join(s.document_number or s.document_id for s in decision.proposal.shares)


def _account_id(pulled: Pulled, line: BankLine) -> str:
    for account in pulled.accounts.values():
        if line.account_code == account.code:
            return account.account_id
    raise Refused(f"account {line.account_code} of line {line.id} is no longer configured")


def _take(setup: Setup, sleep: Callable[[float], None]) -> Lease | None:
    holder = leases.holder_of_this_process()
    give_up = setup.clock.real() + LEASE_WAIT
    while True:
        now = setup.clock.real()
        with setup.mirror.write() as conn:
            lease = leases.take(conn, setup.name, holder, now, LEASE_TTL_SECONDS)
        if lease is not None or now >= give_up:
            return lease
        sleep(0.5)
