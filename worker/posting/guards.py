"""What must still hold, on a fresh read, in the moment before a write is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from worker.books.intents import Intent
from worker.books.records import CashRecord, Document, Organisation

# Accounting-rules §4: an unreconciled record of the same amount this old can still be this cash.
UNRECONCILED_DAYS_MAX = 180
_WINDOW_BEFORE, _WINDOW_AFTER = timedelta(days=5), timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Fresh:
    """The ledger as it was read just now."""

    organisation: Organisation
    documents: Mapping[str, Document]
    cash: Sequence[CashRecord]
    """Live records of the accounts written to that belong to no other bank line."""
    today: date


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a write is not sent, and where its intent goes instead."""

    state: Literal["expired", "blocked_by_lock", "needs_human"]
    reason: str


def check(intent: Intent, fresh: Fresh) -> Objection | None:
    """None when the write may go now; else the first thing that no longer holds.

    `expired` sends the line back to matching, `blocked_by_lock` waits for the lock to move,
    `needs_human` waits for a person.
    """
    if intent.date > fresh.today:
        return Objection("needs_human", f"dated {intent.date}, in the future")
    day, locked = _day(intent, fresh), fresh.organisation.locked_through
    if locked is not None and day <= locked:
        return Objection("blocked_by_lock", f"dated {day}; books are locked to {locked}")
    return _documents(intent, fresh) or _same_cash(intent, fresh)


def _day(intent: Intent, fresh: Fresh) -> date:
    """The day the write will carry; Xero dates an allocation by the later of its two documents."""
    if intent.kind != "allocation":
        return intent.date
    ids = (intent.credit_id, *(share.document_id for share in intent.shares))
    joined = (fresh.documents.get(document_id) for document_id in ids)
    return max((document.date for document in joined if document), default=intent.date)


def _documents(intent: Intent, fresh: Fresh) -> Objection | None:
    image = json.loads(intent.pre_image or "{}")
    planned: dict[str, dict[str, str]] = dict(image.get("documents", {}))
    if intent.credit_id and "credit" in image:
        planned[intent.credit_id] = image["credit"]
    for document_id, before in planned.items():
        now = fresh.documents.get(document_id)
        if now is None:
            return Objection("expired", f"document {document_id} is no longer in the ledger")
        name = now.number or now.id
        if now.status != before["status"]:
            return Objection("expired", f"{name} is now {now.status}, was {before['status']}")
        if now.contact_id != before["contact"] or now.currency != before["currency"]:
            return Objection("expired", f"{name} changed its contact or currency")
        if now.due != Decimal(before["due"]):
            return Objection("expired", f"{name} has {now.due} due now, had {before['due']}")
    for share in intent.shares:
        due = fresh.documents[share.document_id].due
        if share.amount > due:
            name = share.document_number
            return Objection("expired", f"{name} has {due} due, less than {share.amount}")
    return None


def _same_cash(intent: Intent, fresh: Fresh) -> Objection | None:
    """I17: the line's cash must not be in the ledger already, entered by someone else."""
    if intent.kind == "allocation":
        return None
    legs = [(intent.account_id, intent.amount)]
    if intent.kind == "transfer":
        legs.append((intent.to_account_id, -intent.amount))
    for record in fresh.cash:
        if (record.account_id, record.amount) not in legs:
            continue
        near = intent.date - _WINDOW_BEFORE <= record.date <= intent.date + _WINDOW_AFTER
        recent = abs((record.date - intent.date).days) <= UNRECONCILED_DAYS_MAX
        if near or (recent and not record.is_reconciled):
            return Objection(
                "expired",
                f"the ledger already holds {record.amount} on {record.date} in this account "
                f"({record.kind.replace('_', ' ')} {record.reference or record.id})",
            )
    return None
