"""One write we want in the ledger, the request that carries it, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from worker.books.decisions import CodingLine, Share

IntentKind = Literal["payment", "batch_payment", "allocation", "bank_transaction", "transfer"]
IntentState = Literal[
    "planned", "approved", "sending", "posted", "verified", "rejected", "unknown", "disputed",
    "needs_human", "blocked_by_lock", "expired", "undone",
]  # fmt: skip

# The legal path of an intent; the mirror refuses any other step (design §8).
TRANSITIONS: dict[str, frozenset[str]] = {
    "planned": frozenset({"approved", "expired", "needs_human", "blocked_by_lock"}),
    "approved": frozenset({"sending", "expired", "needs_human", "blocked_by_lock", "rejected"}),
    "sending": frozenset({"posted", "rejected", "unknown"}),
    "unknown": frozenset({"posted", "approved", "needs_human", "expired"}),
    "posted": frozenset({"verified", "disputed", "undone"}),
    "verified": frozenset({"disputed", "undone"}),
    "rejected": frozenset({"needs_human", "expired"}),
    "disputed": frozenset({"undone", "needs_human", "verified"}),
    "blocked_by_lock": frozenset({"approved", "expired", "needs_human"}),
    "needs_human": frozenset({"approved", "expired", "undone"}),
    "expired": frozenset(),
    "undone": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Intent:
    """One write, complete: nothing outside this record is needed to compose it.

    `meaning` is a SHA-256 hex over what the write says (worker.posting.keys); `code` is derived
    from it and goes into the record's Reference so that reading finds it. `amount` is signed as
    at the bank; zero for an allocation, which moves no cash.
    """

    id: str
    kind: IntentKind
    meaning: str
    code: str
    generation: int
    line_ids: tuple[str, ...]
    account_id: str
    date: date
    amount: Decimal
    currency: str
    reference: str
    """The payer's own words, cut to fit, before the code is added."""
    contact_id: str = ""
    contact_name: str = ""
    shares: tuple[Share, ...] = ()
    side: str = ""
    """receivable or payable, of the documents paid; "" where none."""
    credit_id: str = ""
    """Of an allocation: the credit that is used."""
    credit_kind: str = ""
    coding: tuple[CodingLine, ...] = ()
    to_account_id: str = ""
    """Of a transfer: the receiving account (`account_id` is the sending one)."""
    pre_image: str = ""
    """JSON of what the touched documents looked like when planned."""
    state: IntentState = "planned"
    reason: str = ""
    ledger_id: str = ""
    owner: str = "engine"


@dataclass(frozen=True, slots=True)
class Request:
    """The HTTP request that carries some intents, exact to the byte; not yet a promise to send."""

    method: str
    path: str
    """Under the API root, with query: "Payments?summarizeErrors=false"."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One HTTP request with exact bytes and key, stored before it is sent, never recomposed."""

    id: str
    kind: IntentKind
    intent_ids: tuple[str, ...]
    request: Request
    key: str
    """Idempotency key: a hash over the sorted meanings (worker.posting.keys)."""
    deadline: datetime
    """Aware UTC: not sent after this instant."""


@dataclass(frozen=True, slots=True)
class IntentAnswer:
    """What the ledger said of one intent in a dispatch."""

    intent_id: str
    state: Literal["posted", "rejected", "unknown"]
    ledger_id: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a dispatch: one answer per intent, in no particular order."""

    answers: tuple[IntentAnswer, ...]
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What reading found of an intent whose answer is unknown, or that should be there.

    `ledger_id` is "" when the effect is absent; `several` when more than one record carries the
    code; `stamp` is the parent's update stamp: absence is proved against an unchanged document.
    """

    intent_id: str
    ledger_id: str = ""
    is_reconciled: bool = False
    differs: str = ""
    several: bool = False
    stamp: str = ""
