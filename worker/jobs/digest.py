"""Digest: the month's page, written where its reader finds it, never twice without news."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from worker import __version__
from worker.books.decisions import Decision
from worker.books.money import ZERO
from worker.books.period import Month, last_complete_month
from worker.books.records import BankLine, Organisation
from worker.books.reports import TieOut
from worker.delivery import folder
from worker.jobs.figures import (
    BUSY,
    Basis,
    Facts,
    balance_sheet,
    bank_tie_outs,
    profit,
    read_aged,
    read_facts,
    read_profit_and_loss,
)
from worker.jobs.pull import Pulled
from worker.jobs.setup import Setup
from worker.mirror import runs
from worker.reports import render
from worker.reports.completeness import AccountCoverage, completeness
from worker.reports.digest import Cash, Digest, Done, DoneKind, Heading, WaitingLine, draft_reasons
from worker.reports.tie_outs import payables_tie_out, profit_tie_out, receivables_tie_out
from worker.reports.words import day

CHANNEL = "folder"


@dataclass(frozen=True, slots=True)
class Digested:
    """What was written, and which totals tie."""

    tie_outs: tuple[TieOut, ...] = ()
    files: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()


def digest(setup: Setup, pulled: Pulled, run_id: str, *, news: bool) -> Digested:
    """Write the last complete month's digest, unless its reader already has all there is to say."""
    today = setup.today(pulled.organisation)
    month = last_complete_month(today)
    recipient = str(setup.out_dir)
    with setup.mirror.read() as conn:
        delivered = runs.delivered(conn, setup.name, str(month), recipient, CHANNEL)
    if delivered and not news:
        return Digested()
    bases: tuple[Basis, ...] = ("accrual", "cash") if setup.basis == "both" else (_basis(setup),)
    written: list[str] = []
    tie_outs: tuple[TieOut, ...] = ()
    for basis in bases:
        page = build(setup, pulled, run_id, month, basis)
        tie_outs = tie_outs or page.tie_outs
        stem = f"digest-{month}" + ("-cash" if basis == "cash" and len(bases) > 1 else "")
        for suffix, content in (("html", render.html(page)), ("txt", render.text(page))):
            written.append(str(folder.write(setup.out_dir, f"{stem}.{suffix}", content)))
    with setup.mirror.write() as conn:
        runs.mark_delivered(conn, setup.name, str(month), recipient, CHANNEL, setup.clock.now())
    return Digested(tie_outs, tuple(written))


def build(setup: Setup, pulled: Pulled, run_id: str, month: Month, basis: Basis) -> Digest:
    """The month's digest as a model: five ledger reports and the mirror, nothing else."""
    organisation = pulled.organisation
    today, currency = setup.today(organisation), organisation.base_currency
    report = read_profit_and_loss(setup, organisation, month, basis)
    balances = balance_sheet(setup, today, "accrual")
    matching = balances if basis == "accrual" else balance_sheet(setup, today, "cash")
    year_to_date = profit(setup, financial_year_start(organisation, today), today, basis)
    facts = read_facts(setup)
    receivables = read_aged(facts, "receivable", today, currency)
    payables = read_aged(facts, "payable", today, currency)
    tie_outs = (
        *bank_tie_outs(facts, tuple(pulled.accounts.values()), balances),
        receivables_tie_out(receivables, balances, facts.control_accounts("receivable")),
        payables_tie_out(payables, balances, facts.control_accounts("payable")),
        profit_tie_out(year_to_date, matching, currency),
        report.arithmetic,
    )
    covered = completeness(month, _coverage(pulled, facts, month))
    waiting, locked = _waiting_lines(facts)
    in_flight = sum(intent.state in BUSY for intent in facts.intents)
    return Digest(
        heading=heading(setup, organisation, run_id),
        month=month,
        basis=basis,
        currency=currency,
        draft=draft_reasons(covered, tie_outs, in_flight=in_flight, locked=len(locked)),
        completeness=covered,
        profit_and_loss=report,
        receivables=receivables,
        payables=payables,
        cash=_cash(pulled, facts),
        done=_done(facts, month.first_day),
        waiting=waiting,
        locked=locked,
        tie_outs=tie_outs,
        problems=pulled.problems,
    )


def financial_year_start(organisation: Organisation, today: date) -> date:
    """The first day of the financial year that `today` lies in."""
    month, last = organisation.financial_year_end
    for year in (today.year, today.year - 1):
        # A year that ends on 29 February ends on the 28th in other years.
        end = min(date(year, month, 1) + timedelta(days=last - 1), Month(year, month).last_day)
        if end < today:
            return end + timedelta(days=1)
    return date(today.year - 1, 1, 1)


def _basis(setup: Setup) -> Basis:
    return "cash" if setup.basis == "cash" else "accrual"


def heading(setup: Setup, organisation: Organisation, run_id: str) -> Heading:
    local = setup.clock.now().astimezone(ZoneInfo(organisation.timezone))
    return Heading(
        organisation=organisation.name,
        as_of=f"{day(local.date())}, {local:%H:%M} {local.tzname()}",
        run_id=run_id,
        code_version=__version__,
        locked_through=organisation.locked_through,
        note="Sandbox: an invented company with invented figures." if setup.is_sandbox else "",
    )


def _coverage(pulled: Pulled, facts: Facts, month: Month) -> list[AccountCoverage]:
    settled = facts.in_books
    covered = []
    for account in pulled.accounts.values():
        mine = [line for line in facts.lines.values() if line.account_code == account.code]
        these = [
            line for line in mine if Month.of(line.date) == month and line.flag != "duplicate_row"
        ]
        open_ = [line.amount for line in these if line.id not in settled]
        chain = facts.statements.get(account.code, ())
        days = [line.date for line in mine] + [s.end for s in chain if s.end]
        proof = facts.continuity[account.code]
        covered.append(
            AccountCoverage(
                account_id=account.account_id,
                name=f"{account.code} {account.name}",
                currency=account.currency,
                in_books=len(these) - len(open_),
                waiting=len(open_),
                waiting_in=sum((a for a in open_ if a > 0), ZERO),
                waiting_out=-sum((a for a in open_ if a < 0), ZERO),
                last_bank_day=max(days, default=None),
                continuity=proof.state,
                continuity_note="; ".join(gap.sentence for gap in proof.gaps),
            )
        )
    return covered


def _cash(pulled: Pulled, facts: Facts) -> tuple[Cash, ...]:
    found = []
    for account in pulled.accounts.values():
        chain = facts.statements.get(account.code, ())
        last = chain[-1] if chain else None
        found.append(
            Cash(
                account=f"{account.code} {account.name}",
                currency=account.currency,
                amount=last.closing if last else None,
                day=last.end if last else None,
                source="by statement file",
            )
        )
    return tuple(found)


def _waiting_lines(
    facts: Facts,
) -> tuple[tuple[WaitingLine, ...], tuple[WaitingLine, ...]]:
    """Lines a person must look at, and apart from them those a lock blocks; oldest first."""
    waiting: list[WaitingLine] = []
    locked: list[WaitingLine] = []
    gone = facts.in_books | facts.on_the_way
    for decision, line in _decided(facts):
        if line.id in gone or decision.proposal.action == "explained":
            continue
        row = WaitingLine(
            line_id=line.id,
            date=line.date,
            account=line.account_code,
            amount=line.amount,
            currency=line.currency,
            payer=line.payee or line.description,
            why=decision.proposal.why,
        )
        (locked if decision.held_by == "lock" else waiting).append(row)
    return tuple(waiting), tuple(locked)


def _done(facts: Facts, since: date) -> tuple[Done, ...]:
    """What became of the lines since a day, in groups that count each line once."""
    kinds: dict[str, DoneKind] = dict.fromkeys(facts.explained, "explained")
    for intent in facts.intents:
        kind: DoneKind = "posted"
        if intent.state in ("sending", "unknown"):
            kind = "unknown"
        elif intent.state == "approved":
            kind = "held"
        elif intent.kind == "bank_transaction":
            kind = "rule"
        elif intent.kind == "transfer":
            kind = "transfer"
        if intent.kind != "allocation":
            kinds.update(dict.fromkeys(intent.line_ids, kind))
    groups: dict[tuple[DoneKind, str], list[Decimal]] = {}
    for line_id, kind in kinds.items():
        line = facts.lines.get(line_id)
        if line is not None and line.date >= since:
            groups.setdefault((kind, line.currency), []).append(line.amount)
    order: Sequence[DoneKind] = ("posted", "rule", "transfer", "explained", "held", "unknown")
    return tuple(
        Done(
            kind=kind,
            count=len(amounts),
            money_in=sum((a for a in amounts if a > 0), ZERO),
            money_out=-sum((a for a in amounts if a < 0), ZERO),
            currency=currency,
        )
        for kind in order
        for (each, currency), amounts in sorted(groups.items())
        if each == kind
    )


def _decided(facts: Facts) -> list[tuple[Decision, BankLine]]:
    pairs = [
        (decision, facts.lines[decision.proposal.line_id])
        for decision in facts.decisions
        if decision.proposal.line_id in facts.lines
    ]
    return sorted(pairs, key=lambda pair: (pair[1].date, pair[1].id))
