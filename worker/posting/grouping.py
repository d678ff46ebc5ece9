"""Intents beside one another: what each changes, which may go together, which say the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from worker.books.intents import Intent
from worker.books.records import Document

DISPATCH_INTENTS_MAX = 50
_SAID = (
    "kind",
    "line_ids",
    "account_id",
    "date",
    "amount",
    "currency",
    "shares",
    "credit_id",
    "coding",
    "to_account_id",
)


def rounds(intents: Sequence[Intent]) -> tuple[tuple[Intent, ...], ...]:
    """Intents grouped so that within a round no document and no line occurs twice.

    A second write to the same document waits for a fresh read of what the first one left; cash
    waits for the allocations of its own line.
    """
    waves: list[list[Intent]] = []
    last: dict[str, int] = {}
    for intent in intents:
        touched = touches(intent)
        wave = max((last[key] + 1 for key in touched if key in last), default=0)
        if wave == len(waves):
            waves.append([])
        waves[wave].append(intent)
        last.update(dict.fromkeys(touched, wave))
    return tuple(tuple(wave) for wave in waves)


def dispatches(intents: Iterable[Intent]) -> tuple[tuple[Intent, ...], ...]:
    """Intents grouped into requests: one kind each, 50 at most.

    Allocations go alone, each to its own parent; transfers too, since their PUT knows no
    summarizeErrors and one bad element would refuse the others.
    """
    by_kind: dict[str, list[Intent]] = {}
    for intent in intents:
        by_kind.setdefault(intent.kind, []).append(intent)
    groups: list[tuple[Intent, ...]] = []
    for kind in ("allocation", "payment", "batch_payment", "bank_transaction", "transfer"):
        size = 1 if kind in ("allocation", "transfer") else DISPATCH_INTENTS_MAX
        members = by_kind.get(kind, [])
        groups += [tuple(members[i : i + size]) for i in range(0, len(members), size)]
    return tuple(groups)


def documents_of(intent: Intent) -> frozenset[str]:
    """Ids of the documents this write changes, its credit included."""
    documents = {share.document_id for share in intent.shares}
    return frozenset(documents | {intent.credit_id} - {""})


def touches(intent: Intent) -> frozenset[str]:
    """Everything whose state this write changes: its documents and its lines."""
    return documents_of(intent) | frozenset(intent.line_ids)


def after(intent: Intent, documents: Mapping[str, Document]) -> dict[str, Document]:
    """The documents as this write will leave them: the next one is planned on that."""
    left = dict(documents)
    used = sum((share.amount for share in intent.shares), Decimal(0))
    for document_id, amount in [
        *((share.document_id, share.amount) for share in intent.shares),
        *([(intent.credit_id, used)] if intent.credit_id else []),
    ]:
        document = left[document_id]
        # What is on its way may have arrived already: then it is counted in `due`.
        due = max(document.due - amount, Decimal(0))
        left[document_id] = replace(document, due=due, status=document.status if due else "PAID")
    return left


def same_write(one: Intent, other: Intent) -> bool:
    """Whether two intents would write the same thing, whatever their generation."""
    return all(getattr(one, said) == getattr(other, said) for said in _SAID)
