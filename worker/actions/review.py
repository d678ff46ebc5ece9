"""What a person says of a bank line: accept it, decline it, or ask why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from worker.books.decisions import Action, Decision
from worker.books.intents import Intent
from worker.books.ports import AccountPolicy
from worker.books.records import BankLine, Document, Organisation
from worker.errors import Refused
from worker.mirror import bank_lines, documents, outbox
from worker.mirror import decisions as decided
from worker.mirror.engine import Mirror
from worker.posting.context import PostingContext
from worker.posting.plan import intents_for


@dataclass(frozen=True, slots=True)
class Explained:
    """A line, what was decided about it, and what became of that; or a document without a line."""

    line: BankLine | None
    decision: Decision | None = None
    intents: tuple[Intent, ...] = ()
    document: Document | None = None


def find_line(mirror: Mirror, name: str, what: str) -> BankLine:
    """The bank line a person means: our line id, the bank's own reference, or a document's number.

    Raises Refused when none or several fit, listing them.
    """
    found = _lines_about(mirror, name, what)
    if not found:
        raise Refused(f"no bank line {what!r}; `tieout decisions` lists them")
    if len(found) > 1:
        listed = ", ".join(f"{line.id} ({line.date}, {line.amount})" for line in found[:8])
        raise Refused(f"{what!r} could be any of {len(found)} lines: {listed}")
    return found[0]


def _lines_about(mirror: Mirror, name: str, what: str) -> list[BankLine]:
    """Lines of this name; else those a decision pairs with this document, or those that paid it."""
    with mirror.read() as conn:
        lines = bank_lines.all_lines(conn, name)
        current = decided.current(conn, name)
        found = [line for line in lines if what in (line.id, line.bank_reference)]
        if found:
            return found
        claimed = {
            d.proposal.line_id
            for d in current
            if any(what in (s.document_number, s.document_id) for s in d.proposal.shares)
        }
        if claimed:
            return [line for line in lines if line.id in claimed]
        named = {document.id for document in documents.named(conn, name, what)}
        past = bank_lines.history(conn, name) if named else ()
    return [each.line for each in past if named.intersection(each.document_ids)]


def explain(mirror: Mirror, name: str, what: str) -> Explained:
    """Everything known about one line, or about a document that no line is paired with.

    Raises Refused when there is neither, or when several lines fit.
    """
    if not _lines_about(mirror, name, what):
        with mirror.read() as conn:
            named = documents.named(conn, name, what)
        if len(named) == 1:
            return Explained(None, document=named[0])
    line = find_line(mirror, name, what)
    with mirror.read() as conn:
        decision = decided.by_line(conn, name, line.id)
        intents = outbox.by_line(conn, name, [line.id])
    return Explained(line, decision, intents)


def accept(
    mirror: Mirror,
    name: str,
    what: str,
    *,
    who: str,
    organisation: Organisation,
    accounts: Mapping[str, AccountPolicy],
    today: date,
    now: datetime,
    tax_filed_through: date | None,
) -> tuple[Decision, tuple[Intent, ...]]:
    """Approve what was proposed for a line, by a person's word; the writes go to the outbox.

    Raises Refused when there is nothing to accept, when it could not be posted so that it ties, or
    when the account is in `observe`, from which nothing is ever sent.
    """
    line = find_line(mirror, name, what)
    with mirror.read() as conn:
        decision = decided.by_line(conn, name, line.id)
        in_flight = outbox.lines_in_flight(conn, name)
        open_lines = bank_lines.unexplained(conn, name)
        counting = documents.counting(conn, name)
        ended = outbox.generations(conn, name).get(line.id, 0)
    if decision is None:
        raise Refused(f"line {line.id} has not been matched yet; run `tieout --run-now` first")
    if line.id in in_flight:
        raise Refused(f"line {line.id} is already posted or on its way")
    if decision.proposal.action == "explained":
        raise Refused(f"line {line.id} is already in Xero; there is nothing to post")
    policy = accounts.get(line.account_id)
    if policy is None:
        raise Refused(f"account {line.account_code} of line {line.id} is not configured")
    other = next((o for o in open_lines if o.id == decision.proposal.transfer_to), None)
    for touched in (policy, accounts.get(other.account_id) if other else None):
        if touched is not None and touched.mode == "observe":
            raise Refused(
                f"account {touched.code} is in observe: nothing is sent from it, not even by "
                "accept; set its mode to suggest or auto first"
            )
    accepted = replace(
        decision,
        proposal=replace(decision.proposal, action=_as_accepted(decision)),
        owner=f"person:{who}",
        held_by=None,
    )
    context = PostingContext(
        organisation=organisation,
        accounts=accounts,
        documents={document.id: document for document in counting},
        today=today,
        lines={each.id: each for each in open_lines},
        tax_filed_through=tax_filed_through,
    )
    intents = intents_for(accepted, line, context, generation=ended + 1)
    with mirror.write() as conn:
        outbox.add(conn, name, intents)
        decided.save(conn, name, (accepted,), now)
    return accepted, intents


def decline(mirror: Mirror, name: str, what: str, *, who: str, why: str, now: datetime) -> Decision:
    """Remember that a person said no: this pairing is never proposed again.

    Raises Refused when the line has no proposal with documents, or is posted already.
    """
    line = find_line(mirror, name, what)
    with mirror.read() as conn:
        decision = decided.by_line(conn, name, line.id)
        in_flight = outbox.lines_in_flight(conn, name)
    if line.id in in_flight:
        raise Refused(f"line {line.id} is already posted; take the posting back in Xero instead")
    if decision is None or not decision.proposal.shares:
        raise Refused(f"line {line.id} proposes no document that could be declined")
    shares = decision.proposal.shares
    numbers = ", ".join(share.document_number or share.document_id for share in shares)
    said_no = replace(
        decision,
        proposal=replace(
            decision.proposal,
            action="none",
            shares=(),
            credit_shares=(),
            remainder=(),
            reason_code="declined",
            why=f"{who} declined {numbers}{': ' + why if why else ''}.",
        ),
        owner=f"person:{who}",
        held_by=None,
    )
    with mirror.write() as conn:
        decided.decline(conn, name, line.id, shares, who, why, now)
        decided.save(conn, name, (said_no,), now)
    return said_no


def _as_accepted(decision: Decision) -> Action:
    proposal = decision.proposal
    if proposal.transfer_to is not None:
        return "transfer"
    return "rule" if proposal.coding is not None else "auto"
