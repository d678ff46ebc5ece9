"""Intents as rows and back."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from worker.books.intents import Intent
from worker.mirror.codec import coding_from_json, coding_to_json, shares_from_json, shares_to_json
from worker.mirror.rows import amount, minor
from worker.mirror.tables import intent_lines, intents

_PLAIN = (
    "id", "kind", "meaning", "code", "generation", "account_id", "date", "currency", "reference",
    "contact_id", "contact_name", "side", "credit_id", "credit_kind", "to_account_id", "pre_image",
    "state", "reason", "ledger_id", "owner",
)  # fmt: skip


def values(intent: Intent) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(intent, name) for name in _PLAIN}
    return found | {
        "amount": minor(intent.amount, intent.currency),
        "shares": shares_to_json(intent.shares),
        "coding": coding_to_json(intent.coding),
    }


def intents_where(
    conn: Connection, organisation: str, which: ColumnElement[bool]
) -> tuple[Intent, ...]:
    """The organisation's intents that fit, in the order they were planned."""
    t = intents.c
    rows = conn.execute(
        select(*(t[name] for name in _PLAIN), t.amount, t.shares, t.coding)
        .where(t.organisation == organisation, which)
        .order_by(t.number, t.id)
    ).all()
    lines = _lines(conn, organisation, which) if rows else {}
    return tuple(
        Intent(
            **{name: getattr(row, name) for name in _PLAIN},
            amount=amount(row.amount, row.currency),
            shares=shares_from_json(row.shares),
            coding=coding_from_json(row.coding),
            line_ids=tuple(lines.get(row.id, ())),
        )
        for row in rows
    )


def one(organisation: str, intent_id: str) -> ColumnElement[bool]:
    return (intents.c.organisation == organisation) & (intents.c.id == intent_id)


def _lines(conn: Connection, organisation: str, which: ColumnElement[bool]) -> dict[str, list[str]]:
    i, t = intents.c, intent_lines.c
    its = (i.organisation == t.organisation) & (i.id == t.intent_id)
    found: dict[str, list[str]] = defaultdict(list)
    for row in conn.execute(
        select(t.intent_id, t.line_id)
        .join_from(intent_lines, intents, its)
        .where(t.organisation == organisation, which)
        .order_by(t.intent_id, t.position)
    ):
        found[row.intent_id].append(row.line_id)
    return found
