"""Match: what each bank line is, why, and what of it may be posted unattended."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from worker.bank.continuity import Continuity
from worker.bankrules.apply import apply
from worker.books.decisions import Decision, Proposal
from worker.books.intents import Intent
from worker.books.ports import Lease
from worker.books.records import BankLine, CashRecord, Contact, Document, HistoryLine, TaxRate
from worker.errors import Refused
from worker.jobs.cash_seen import others_cash
from worker.jobs.coverage import continuity_of
from worker.jobs.ledger_lines import FLAG, from_the_ledger, is_live, take_ledger_lines
from worker.jobs.pull import Pulled
from worker.jobs.setup import Setup
from worker.matching.engine import prepare, propose
from worker.matching.explained import pair
from worker.matching.memory import remember
from worker.matching.policy import AccountFacts, MatchingPolicy
from worker.mirror import accounts as chart
from worker.mirror import (
    bank_lines,
    contacts,
    documents,
    leases,
    outbox,
    tax_rates,
)
from worker.mirror import decisions as decided
from worker.posting.context import PostingContext
from worker.posting.grouping import after, documents_of, same_write
from worker.posting.holds import held_by
from worker.posting.plan import intents_for

# What the engine saw in these lines is no income or expense, whatever a rule's words say.
TROUBLE = frozenset(
    {
        "bounce",
        "document_settled",
        "duplicate_row",
        "paid_twice",
        "processor_payout",
        "transfer_leg_missing",
        "unclear_identity",
    }
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the mirror says, read in one go and let go before anything is computed."""

    lines: tuple[BankLine, ...]
    records: tuple[CashRecord, ...]
    documents: tuple[Document, ...]
    contacts: tuple[Contact, ...]
    tax_rates: tuple[TaxRate, ...]
    account_codes: frozenset[str]
    history: tuple[HistoryLine, ...]
    declines: frozenset[tuple[str, frozenset[str]]]
    gap_accounts: frozenset[str]
    refused: tuple[Intent, ...]
    """Writes Xero refused: the same one is not tried again by itself."""
    generations: Mapping[str, int]
    """By line: how often a write for it has ended without effect."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The decisions of a run, and the writes they ask for."""

    decisions: tuple[Decision, ...] = ()
    intents: tuple[Intent, ...] = ()
    gap_accounts: frozenset[str] = frozenset()
    problems: tuple[tuple[str, str], ...] = ()


def match(setup: Setup, pulled: Pulled, lease: Lease, run_id: str, *, keep: bool = True) -> Matched:
    """Decide every line that is neither in the ledger nor on its way there.

    With `keep` false nothing is written: the answer is what would have been decided.
    """
    today = setup.today(pulled.organisation)
    if keep:
        _reopen(setup)
        take_ledger_lines(setup, pulled)
    known, problems = _read(setup, pulled)
    pairings = pair([line for line in known.lines if line.flag != FLAG], known.records)
    explained = dict(pairings.explained)
    history = known.history + tuple(
        _learned(line, explained[line.id]) for line in known.lines if line.id in explained
    )
    open_lines = tuple(line for line in known.lines if line.id not in explained)
    policy = _policy(setup, pulled, today)
    proposals = {
        **{line_id: _in_the_ledger(line_id, record) for line_id, record in pairings.explained},
        **propose_all(setup, open_lines, known, history, policy, pairings.blocked),
    }
    result = _plan(setup, pulled, known, proposals, run_id, today)
    if keep:
        with setup.mirror.write() as conn:
            leases.check(conn, lease, setup.clock.real())
            bank_lines.explain_lines(
                conn,
                setup.name,
                [(line_id, r.id, r.kind, r.contact_id) for line_id, r in pairings.explained],
            )
            decided.save(conn, setup.name, result.decisions, setup.clock.now())
            outbox.add(conn, setup.name, result.intents, run_id)
    return replace(result, gap_accounts=known.gap_accounts, problems=problems)


def propose_all(
    setup: Setup,
    lines: Sequence[BankLine],
    known: Known,
    history: Sequence[HistoryLine],
    policy: MatchingPolicy,
    blocked: Sequence[tuple[str, CashRecord | None, str]],
) -> dict[str, Proposal]:
    """The engine's view of each line, a rule's where no document claims it; the ledger's veto."""
    book = prepare(known.documents, known.contacts)
    memory = remember(history, known.contacts, known.declines)
    by_rule = apply(lines, setup.rules, known.contacts, known.account_codes, known.tax_rates)
    banked = [line for line in lines if line.flag != FLAG]
    # Apart from the bank's own lines, so that no transfer takes one of these for its other leg.
    held = [replace(line, flag="") for line in lines if line.flag == FLAG]
    proposals = {
        engine.line_id: choose(engine, by_rule.get(engine.line_id))
        for engine in propose(banked, book, memory, policy)
    }
    for engine in propose(held, book, memory, policy):
        proposals[engine.line_id] = from_the_ledger(engine)
    for line_id, record, reason in blocked:
        proposals[line_id] = _vetoed(proposals[line_id], record, reason)
    return proposals


def choose(engine: Proposal, rule: Proposal | None) -> Proposal:
    """Which of two explanations stands: a document or transfer beats a rule; both at once is asked.

    A line the engine holds for trouble (a duplicate row, a bounce) is never coded by a rule.
    """
    if rule is None or engine.reason_code in TROUBLE:
        return engine
    if engine.action in ("auto", "transfer") or engine.transfer_to is not None:
        return engine
    if engine.shares and engine.confidence is not None and engine.confidence >= 0.5:
        return replace(
            engine,
            reason_code="rule_or_document",
            why=f"{engine.why} A bank rule would also code it: {rule.why}",
        )
    return rule


def _reopen(setup: Setup) -> None:
    """Lines whose explaining record is gone from the ledger, or whose write met a lock, are open.

    What a person approved stays theirs: it goes out once the lock has moved.
    """
    with setup.mirror.write() as conn:
        gone = bank_lines.orphans(conn, setup.name)
        bank_lines.reopen(conn, setup.name, gone)
        for intent in outbox.open_intents(conn, setup.name, states=("blocked_by_lock",)):
            if not intent.owner.startswith("person:"):
                outbox.move(
                    conn,
                    setup.name,
                    intent.id,
                    from_state="blocked_by_lock",
                    to_state="expired",
                    reason="decided anew",
                )


def _read(setup: Setup, pulled: Pulled) -> tuple[Known, tuple[tuple[str, str], ...]]:
    name = setup.name
    with setup.mirror.read() as conn:
        in_flight = outbox.lines_in_flight(conn, name)
        records = others_cash(conn, name, tuple(pulled.accounts), None)
        live = frozenset(record.id for record in records)
        lines = tuple(
            line
            for line in bank_lines.unexplained(conn, name)
            if line.id not in in_flight
            and line.account_id in pulled.accounts
            and is_live(line, live)
        )
        known = Known(
            lines=lines,
            records=records,
            documents=_promised(
                documents.counting(conn, name),
                outbox.open_intents(conn, name, states=("approved", "sending", "unknown")),
            ),
            contacts=contacts.all_contacts(conn, name),
            tax_rates=tax_rates.all_tax_rates(conn, name),
            account_codes=frozenset(
                a.code for a in chart.all_accounts(conn, name) if a.status == "ACTIVE"
            ),
            history=bank_lines.history(conn, name),
            declines=decided.declines(conn, name),
            gap_accounts=frozenset(),
            refused=outbox.open_intents(conn, name, states=("rejected",)),
            generations=outbox.generations(conn, name),
        )
        chains: dict[str, Continuity] = {
            account.account_id: continuity_of(conn, name, account.code)
            for account in pulled.accounts.values()
            if account.source == "statements"
        }
    gaps = frozenset(account_id for account_id, chain in chains.items() if chain.state == "gap")
    problems = tuple(
        ("statement_gap", f"account {pulled.accounts[account_id].code}: {gap.sentence}")
        for account_id in sorted(gaps)
        for gap in chains[account_id].gaps
    )
    return replace(known, gap_accounts=gaps), problems


def _promised(counting: Sequence[Document], on_the_way: Sequence[Intent]) -> tuple[Document, ...]:
    """The documents less what writes on their way will take: no second line may claim it."""
    left = {document.id: document for document in counting}
    for intent in on_the_way:
        if all(document_id in left for document_id in documents_of(intent)):
            left |= after(intent, left)
    return tuple(left.values())


def _policy(setup: Setup, pulled: Pulled, today: date) -> MatchingPolicy:
    with setup.mirror.read() as conn:
        banks = {a.id: a for a in chart.bank_accounts(conn, setup.name)}
    return replace(
        setup.matching,
        as_of=today,
        base_currency=pulled.organisation.base_currency,
        own_names=(pulled.organisation.name,),
        own_accounts={
            account.account_id: AccountFacts(
                kind=account.kind,
                code=account.code,
                currency=account.currency,
                bank_account_number=banks[account.account_id].bank_account_number,
            )
            for account in pulled.accounts.values()
        },
    )


def _plan(
    setup: Setup,
    pulled: Pulled,
    known: Known,
    proposals: Mapping[str, Proposal],
    run_id: str,
    today: date,
) -> Matched:
    """Decisions with what holds them back, and intents for what may go, dues counted down."""
    lines = {line.id: line for line in known.lines}
    working = {document.id: document for document in known.documents}
    context = PostingContext(
        organisation=pulled.organisation,
        accounts=pulled.accounts,
        documents=working,
        today=today,
        lines=lines,
        gap_accounts=known.gap_accounts,
        tax_filed_through=setup.tax_filed_through,
    )
    decisions: list[Decision] = []
    intents: list[Intent] = []
    for line_id in sorted(proposals, key=lambda i: (lines[i].date, i)):
        proposal, line = proposals[line_id], lines[line_id]
        unattended = proposal.action in ("auto", "rule", "transfer")
        held = held_by(proposal, line, context) if unattended else None
        owner = f"rule:{proposal.coding.rule}" if proposal.coding else "engine"
        decision = Decision(_decision_id(run_id, line_id), proposal, held, owner, run_id, today)
        if unattended and held is None and not _is_incoming_leg(proposal, line):
            try:
                generation = known.generations.get(line_id, 0) + 1
                planned = intents_for(decision, line, context, generation=generation)
                _refuse_again(planned, known.refused)
            except Refused as reason:
                decision = replace(decision, proposal=_unpostable(proposal, str(reason)))
            else:
                intents += planned
                for intent in planned:
                    working.update(after(intent, working))
        decisions.append(decision)
    return Matched(tuple(decisions), tuple(intents))


def _refuse_again(planned: Sequence[Intent], refused: Sequence[Intent]) -> None:
    """Raises Refused where one of these would repeat what Xero refused: a person decides then."""
    for old in refused:
        if any(same_write(old, new) for new in planned):
            raise Refused(f"Xero refused it before: {old.reason.rstrip('.')}")


def _is_incoming_leg(proposal: Proposal, line: BankLine) -> bool:
    return proposal.transfer_to is not None and line.amount > 0


def _unpostable(proposal: Proposal, reason: str) -> Proposal:
    return replace(
        proposal,
        action="suggest",
        reason_code="cannot_post",
        why=f"{proposal.why} It was not posted: {reason}.",
    )


def _in_the_ledger(line_id: str, record: CashRecord) -> Proposal:
    kind = record.kind.replace("_", " ")
    state = "reconciled in Xero" if record.is_reconciled else "in Xero, not ticked there yet"
    whom = f" with {record.contact_name}" if record.contact_name else ""
    return Proposal(
        line_id=line_id,
        action="explained",
        reason_code="already_in_ledger",
        record_id=record.id,
        confidence=1.0,
        why=f"Already in Xero: {kind}{whom} of {record.date}, {record.amount} ({state}).",
    )


def _vetoed(proposal: Proposal, record: CashRecord | None, reason: str) -> Proposal:
    """What the ledger may already hold is never posted; the proposal stays to be read."""
    if proposal.action not in ("auto", "rule", "transfer"):
        return replace(proposal, record_id=record.id if record else proposal.record_id)
    return replace(
        proposal,
        action="suggest",
        reason_code="already_in_ledger",
        record_id=record.id if record else None,
        why=f"{reason} {proposal.why}",
    )


def _learned(line: BankLine, record: CashRecord) -> HistoryLine:
    return HistoryLine(
        line=line,
        contact_id=record.contact_id,
        document_ids=record.document_ids,
        coding=record.coding,
        is_transfer=record.kind in ("transfer_in", "transfer_out"),
    )


def _decision_id(run_id: str, line_id: str) -> str:
    return "D" + uuid.uuid5(uuid.NAMESPACE_OID, f"{run_id}|{line_id}").hex[:20]
