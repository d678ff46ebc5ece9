"""Accounts without statement files: the ledger's unreconciled money stands in for bank lines."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from worker.books.decisions import Proposal
from worker.books.ports import AccountPolicy
from worker.books.records import BankLine, CashRecord
from worker.jobs.pull import Pulled
from worker.jobs.setup import Setup
from worker.mirror import bank_lines, cash

FLAG = "ledger_record"
"""Of a BankLine that is a ledger record itself: its cash is in the books, it is never posted."""


def take_ledger_lines(setup: Setup, pulled: Pulled) -> None:
    """Keep a line for each unreconciled spend or receive money of accounts with `source: ledger`.

    A record that has been reconciled since explains its own line.
    """
    accounts = {a.account_id: a for a in pulled.accounts.values() if a.source == "ledger"}
    if not accounts:
        return
    with setup.mirror.write() as conn:
        records = [
            record
            for record in cash.records(conn, setup.name, tuple(accounts), None)
            if record.kind == "bank_transaction"
        ]
        waiting = [_line(r, accounts[r.account_id]) for r in records if not r.is_reconciled]
        bank_lines.add(conn, setup.name, waiting, setup.clock.now())
        kept = {line.bank_reference: line.id for line in bank_lines.unexplained(conn, setup.name)}
        bank_lines.explain_lines(
            conn,
            setup.name,
            [
                (kept[r.id], r.id, r.kind, r.contact_id)
                for r in records
                if r.is_reconciled and r.id in kept
            ],
        )


def is_live(line: BankLine, records: frozenset[str]) -> bool:
    """Whether a line still stands: one made of a ledger record only while the record does."""
    return line.flag != FLAG or line.bank_reference in records


def from_the_ledger(proposal: Proposal) -> Proposal:
    """What the engine found for a ledger record: a document to pair it with in Xero, or nothing.

    The cash is in the books already, so posting it again would count it twice (fact sheet 6.4 a).
    """
    if proposal.shares:
        return replace(
            proposal,
            action="suggest",
            reason_code="already_in_ledger",
            why=f"{proposal.why} Xero holds this money already, coded by hand and not ticked: "
            "take that record away there and find this document instead.",
        )
    return Proposal(
        line_id=proposal.line_id,
        action="explained",
        reason_code="already_in_ledger",
        why="Already in Xero, not ticked there yet; no open document fits it.",
    )


def _line(record: CashRecord, account: AccountPolicy) -> BankLine:
    digest = hashlib.sha256(f"ledger|{record.id}|{record.date}|{record.amount}".encode())
    return BankLine(
        id="L" + digest.hexdigest()[:16],
        account_id=record.account_id,
        account_code=account.code,
        date=record.date,
        amount=record.amount,
        currency=account.currency,
        payee=record.contact_name,
        reference=record.reference,
        bank_reference=record.id,
        flag=FLAG,
    )
