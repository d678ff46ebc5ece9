"""Verify: read back what was posted; only what the ledger shows counts as done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.books.intents import Intent
from worker.books.ports import Lease, Noun
from worker.books.records import CashRecord
from worker.jobs.pull import refresh
from worker.jobs.setup import Setup
from worker.mirror import bank_lines, cash, documents, outbox

# Where each kind of write shows itself, and the documents it changes.
SHOWS_IN: Mapping[str, tuple[Noun, ...]] = {
    "payment": ("payments", "invoices", "credit_notes"),
    "batch_payment": ("batch_payments", "payments", "invoices"),
    "bank_transaction": ("bank_transactions",),
    "transfer": ("bank_transfers",),
    "allocation": ("credit_notes", "overpayments", "prepayments", "invoices"),
}


@dataclass(frozen=True, slots=True)
class Verified:
    """Intent ids whose record was read back as it was meant, and those that differ."""

    verified: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()


def verify(setup: Setup, lease: Lease) -> Verified:
    """Read back everything posted and not yet verified, once, from the ledger.

    A record that is missing or says something else is `disputed`: a person decides, nothing is
    sent again.
    """
    with setup.mirror.read() as conn:
        posted = outbox.open_intents(conn, setup.name, states=("posted",))
    if not posted:
        return Verified()
    refresh(setup, sorted({noun for intent in posted for noun in SHOWS_IN[intent.kind]}))
    with setup.mirror.read() as conn:
        accounts = {i.account_id for i in posted} | {i.to_account_id for i in posted} - {""}
        since = min(intent.date for intent in posted)
        records = {
            (record.id, record.account_id): record
            for record in cash.records(conn, setup.name, tuple(sorted(accounts)), since)
        }
        credits = {
            document.id: document
            for document in documents.by_ids(conn, setup.name, [i.credit_id for i in posted])
        }
    verified, disputed, problems = [], [], []
    for intent in posted:
        if intent.kind == "allocation":
            credit = credits.get(intent.credit_id)
            wrong = "" if credit and _allocated(intent, credit.allocations) else "not allocated"
        else:
            wrong = _difference(intent, records)
        with setup.mirror.write() as conn:
            outbox.move(
                conn,
                setup.name,
                intent.id,
                from_state="posted",
                to_state="disputed" if wrong else "verified",
                reason=wrong,
                lease=lease,
            )
            if not wrong:
                bank_lines.explain_lines(conn, setup.name, _explained(intent))
        if wrong:
            disputed.append(intent.id)
            problems.append(("disputed", f"{intent.code}: posted, but read back {wrong}"))
        else:
            verified.append(intent.id)
    return Verified(tuple(verified), tuple(disputed), tuple(problems))


def _explained(intent: Intent) -> list[tuple[str, str, str, str]]:
    """The lines this write settled: they teach the next run like any other line in the ledger."""
    if intent.kind == "allocation":
        return []
    if intent.kind == "transfer":
        kinds = ("transfer_out", "transfer_in")
        return [
            (line_id, intent.ledger_id, kind, "")
            for line_id, kind in zip(intent.line_ids, kinds, strict=True)
        ]
    return [(i, intent.ledger_id, intent.kind, intent.contact_id) for i in intent.line_ids]


def _difference(intent: Intent, records: Mapping[tuple[str, str], CashRecord]) -> str:
    """How the ledger's record differs from what was meant; "" when it does not."""
    record = records.get((intent.ledger_id, intent.account_id))
    if record is None:
        return "nothing"
    if record.amount != intent.amount:
        return f"{record.amount} instead of {intent.amount}"
    if record.date != intent.date:
        return f"dated {record.date} instead of {intent.date}"
    if intent.shares and set(record.document_ids) != {s.document_id for s in intent.shares}:
        return "against other documents"
    return ""


def _allocated(intent: Intent, allocations: tuple[object, ...]) -> bool:
    return any(
        getattr(a, "document_id", "") == share.document_id
        and getattr(a, "amount", None) == share.amount
        for share in intent.shares
        for a in allocations
    )
