"""From the mirror and the ledger's reports to report models; shared by digest and `report`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from worker.bank.continuity import Continuity
from worker.books.decisions import Decision
from worker.books.intents import Intent, IntentState
from worker.books.money import ZERO
from worker.books.period import Month
from worker.books.ports import AccountPolicy
from worker.books.records import (
    Account,
    BankLine,
    CashRecord,
    Contact,
    Document,
    Organisation,
    Payment,
    Side,
)
from worker.books.reports import LedgerReport, TieOut
from worker.jobs.coverage import continuity_of
from worker.jobs.ledger_lines import FLAG
from worker.jobs.setup import Setup
from worker.mirror import accounts as chart
from worker.mirror import bank_lines, cash, contacts, documents, outbox, payments, statements
from worker.mirror import decisions as decided
from worker.mirror.statements import StoredStatement
from worker.reports.aged import Aged, Returned, Waiting, aged
from worker.reports.profit_and_loss import ProfitAndLoss, profit_and_loss
from worker.reports.tie_outs import bank_tie_out
from worker.reports.words import day, money

Basis = Literal["accrual", "cash"]
BUSY: tuple[IntentState, ...] = ("approved", "sending", "unknown")
DONE: tuple[IntentState, ...] = ("posted", "verified")


LineState = Literal["in Xero", "posted", "on the way", "waits"]


@dataclass(frozen=True, slots=True)
class Decided:
    """A line, the current decision about it, and what has become of that."""

    decision: Decision
    line: BankLine
    state: LineState


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a report needs from the mirror, read in one go and let go."""

    chart: tuple[Account, ...]
    contacts: Mapping[str, Contact]
    documents: tuple[Document, ...]
    payments: tuple[Payment, ...]
    lines: Mapping[str, BankLine]
    explained: frozenset[str]
    """Lines that a ledger record explains."""
    decisions: tuple[Decision, ...]
    intents: tuple[Intent, ...]
    statements: Mapping[str, tuple[StoredStatement, ...]]
    """By account code, in date order."""
    continuity: Mapping[str, Continuity]
    """By account code."""
    unpaired: tuple[CashRecord, ...]
    """Ledger records that no bank line shows."""

    @property
    def in_books(self) -> frozenset[str]:
        """Lines whose cash the ledger holds."""
        done = {i for intent in self.intents if intent.state in DONE for i in intent.line_ids}
        records = {line.id for line in self.lines.values() if line.flag == FLAG}
        return self.explained | done | records

    @property
    def on_the_way(self) -> frozenset[str]:
        return frozenset(
            i for intent in self.intents if intent.state in BUSY for i in intent.line_ids
        )

    def state_of(self, decision: Decision) -> LineState:
        """What has become of a decision's line."""
        line_id = decision.proposal.line_id
        if decision.proposal.action == "explained":
            return "in Xero"
        if line_id in self.in_books:
            return "posted"
        return "on the way" if line_id in self.on_the_way else "waits"

    def control_accounts(self, side: Side) -> frozenset[str]:
        system = "DEBTORS" if side == "receivable" else "CREDITORS"
        return frozenset(account.id for account in self.chart if account.system == system)


def read_facts(setup: Setup) -> Facts:
    """The mirror as it is now, for reports."""
    name = setup.name
    with setup.mirror.read() as conn:
        all_accounts = chart.all_accounts(conn, name)
        banks = tuple(account.id for account in all_accounts if account.is_bank)
        taken = bank_lines.explaining_records(conn, name)
        own = outbox.own_records(conn, name)
        lines = bank_lines.all_lines(conn, name)
        open_lines = bank_lines.unexplained(conn, name)
        return Facts(
            chart=all_accounts,
            contacts={contact.id: contact for contact in contacts.all_contacts(conn, name)},
            documents=documents.counting(conn, name),
            payments=payments.all_payments(conn, name),
            lines={line.id: line for line in lines},
            explained=frozenset(line.id for line in lines) - {line.id for line in open_lines},
            decisions=decided.current(conn, name),
            intents=outbox.open_intents(conn, name, states=(*BUSY, *DONE)),
            statements={
                account.code: statements.statements_of(conn, name, account.code)
                for account in setup.accounts
            },
            continuity={
                account.code: continuity_of(conn, name, account.code) for account in setup.accounts
            },
            unpaired=tuple(
                record
                for record in cash.records(conn, name, banks, None)
                if (record.id, record.account_id) not in taken and record.id not in own
            ),
        )


def read_profit_and_loss(
    setup: Setup, organisation: Organisation, month: Month, basis: Basis
) -> ProfitAndLoss:
    """The month beside its previous month and the same one last year; three calls."""
    return profit_and_loss(
        month,
        profit(setup, month.first_day, month.last_day, basis),
        profit(setup, month.plus(-1).first_day, month.plus(-1).last_day, basis),
        profit(setup, month.plus(-12).first_day, month.plus(-12).last_day, basis),
        organisation.base_currency,
        basis,
    )


def profit(setup: Setup, start: date, end: date, basis: Basis) -> LedgerReport:
    """The ledger's profit and loss of a span, always in the standard layout."""
    params = {
        "fromDate": start.isoformat(),
        "toDate": end.isoformat(),
        "standardLayout": "true",
        "paymentsOnly": "true" if basis == "cash" else "false",
    }
    return setup.ledger.report("ProfitAndLoss", params)


def balance_sheet(setup: Setup, day_: date, basis: Basis) -> LedgerReport:
    params = {
        "date": day_.isoformat(),
        "standardLayout": "true",
        "paymentsOnly": "true" if basis == "cash" else "false",
    }
    return setup.ledger.report("BalanceSheet", params)


def read_aged(facts: Facts, side: Side, as_of: date, base_currency: str) -> Aged:
    """Who owes what as at a day, with the money that already waits at the bank marked."""
    return aged(
        side,
        facts.documents,
        facts.payments,
        facts.contacts,
        as_of,
        base_currency,
        _waiting(facts),
        _returned(facts),
    )


def _waiting(facts: Facts) -> dict[str, Waiting]:
    """By document: what proposals not yet posted would pay of it."""
    settled = facts.in_books
    found: dict[str, Waiting] = {}
    for decision in facts.decisions:
        line = facts.lines.get(decision.proposal.line_id)
        if line is None or line.id in settled or decision.proposal.action == "explained":
            continue
        for share in decision.proposal.shares:
            said = f"{money(share.amount, line.currency)} at the bank on {day(line.date)}"
            before = found.get(share.document_id)
            found[share.document_id] = Waiting(
                share.amount + (before.amount if before else ZERO),
                f"{before.text}; {said}" if before else said,
            )
    return found


def _returned(facts: Facts) -> dict[str, Returned]:
    """By document the ledger shows as paid: the payment that the bank took back."""
    paid = {document.id for document in facts.documents if document.status == "PAID"}
    found: dict[str, Returned] = {}
    for decision in facts.decisions:
        line = facts.lines.get(decision.proposal.line_id)
        if line is None or decision.proposal.reason_code != "bounce":
            continue
        for share in decision.proposal.shares:
            if share.document_id in paid and line.amount < 0:
                found[share.document_id] = Returned(share.amount, line.date)
    return found


def bank_tie_outs(
    facts: Facts, accounts: Sequence[AccountPolicy], balances: LedgerReport | None
) -> tuple[TieOut, ...]:
    """Per bank account: the file's closing balance against the ledger's, items between named."""
    return tuple(
        _bank_tie_out(facts, account, balances)
        for account in accounts
        if account.source == "statements"
    )


def _bank_tie_out(facts: Facts, account: AccountPolicy, balances: LedgerReport | None) -> TieOut:
    chain = facts.statements.get(account.code, ())
    starts = [s.start for s in chain if s.start]
    last = chain[-1] if chain else None
    settled = facts.in_books
    not_at_bank = [
        (_record_text(record), record.amount)
        for record in facts.unpaired
        if record.account_id == account.account_id and (not starts or record.date >= min(starts))
    ]
    not_in_ledger = [
        (f"{day(line.date)} {line.text}"[:90], line.amount)
        for line in facts.lines.values()
        if line.account_code == account.code
        and line.id not in settled
        and line.flag != "duplicate_row"
    ]
    return bank_tie_out(
        f"{account.code} {account.name}",
        account.currency,
        last.closing if last else None,
        last.end if last else None,
        ledger_balance(balances, account.account_id) if balances else None,
        not_at_bank,
        not_in_ledger,
    )


def ledger_balance(balances: LedgerReport, account_id: str) -> Decimal:
    """What a balance sheet says of an account, signed as at the bank; an absent row is zero.

    Xero shows a bank account that is overdrawn, and a card, under liabilities with the sign turned.
    """
    for row in balances.rows:
        if row.account_id == account_id and not row.is_total and row.amounts:
            amount = row.amounts[0] or ZERO
            return -amount if "liabilit" in row.section.casefold() else amount
    return ZERO


def _record_text(record: CashRecord) -> str:
    words = (day(record.date), record.contact_name, record.reference)
    return " ".join(word for word in words if word)[:90]
