"""The writes we want in the ledger: planned once, each step checked against the state before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from worker.books.intents import Intent, IntentState
from worker.books.ports import Lease
from worker.errors import PromiseBroken
from worker.mirror import leases
from worker.mirror.intent_rows import intents_where, one, values
from worker.mirror.rows import add_new, pieces
from worker.mirror.sending import (
    claim,
    claim_dispatch,
    dispatch_of,
    settle,
    store_dispatch,
    strand,
)
from worker.mirror.tables import dispatches, intent_lines, intents

__all__ = [
    "ENDED",
    "OPEN",
    "UnknownIntent",
    "add",
    "by_line",
    "claim",
    "claim_dispatch",
    "counts",
    "dispatch_of",
    "generations",
    "lines_in_flight",
    "move",
    "next_generation",
    "note_absence",
    "open_intents",
    "own_records",
    "recent",
    "settle",
    "store_dispatch",
    "strand",
    "unknowns",
]

# Ended without an effect in the ledger: their lines are free again.
ENDED: tuple[IntentState, ...] = ("expired", "undone", "rejected")
OPEN: tuple[IntentState, ...] = (
    "planned", "approved", "sending", "unknown", "posted", "disputed", "needs_human",
    "blocked_by_lock",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class UnknownIntent:
    """An intent whose answer was lost, and what reading has shown since."""

    intent: Intent
    deadline: datetime
    """After this instant its request was not sent any more."""
    absence_reads: int
    last_read_at: datetime | None
    stamp: str
    """The document's update stamp at the last read."""


def add(conn: Connection, organisation: str, planned: Sequence[Intent], run_id: str = "") -> int:
    """Put planned writes in the outbox, in order; how many were new.

    One with the same meaning and generation is there already, whatever became of it: it is not
    planned twice.
    """
    return sum(_add(conn, organisation, intent, run_id) for intent in planned)


def open_intents(
    conn: Connection, organisation: str, states: Sequence[IntentState] = OPEN
) -> tuple[Intent, ...]:
    """The intents in these states, in the order they were planned."""
    return intents_where(conn, organisation, intents.c.state.in_(states))


def by_line(conn: Connection, organisation: str, line_ids: Sequence[str]) -> tuple[Intent, ...]:
    """Every intent that has to do with these lines, whatever its state."""
    t = intent_lines.c
    found: dict[str, Intent] = {}
    for piece in pieces(sorted(set(line_ids))):
        theirs = select(t.intent_id).where(t.organisation == organisation, t.line_id.in_(piece))
        for intent in intents_where(conn, organisation, intents.c.id.in_(theirs)):
            found[intent.id] = intent
    return tuple(found.values())


def recent(conn: Connection, organisation: str, run_id: str) -> tuple[Intent, ...]:
    """The intents a run planned."""
    return intents_where(conn, organisation, intents.c.run_id == run_id)


def lines_in_flight(conn: Connection, organisation: str) -> frozenset[str]:
    """Lines with an intent that is on its way to the ledger or has arrived there.

    An allocation that has arrived moved no cash: if its line's payment then ended, the line is
    open again.
    """
    i, t = intents.c, intent_lines.c
    its = (i.organisation == t.organisation) & (i.id == t.intent_id)
    arrived = (i.kind == "allocation") & i.state.in_(("posted", "verified"))
    mine = (t.organisation == organisation) & i.state.not_in(ENDED) & ~arrived
    found = conn.execute(select(t.line_id).join_from(intent_lines, intents, its).where(mine))
    return frozenset(found.scalars())


def own_records(conn: Connection, organisation: str) -> frozenset[str]:
    """The ledger's ids of the records we wrote."""
    t = intents.c
    mine = (t.organisation == organisation) & (t.ledger_id != "")
    return frozenset(conn.execute(select(t.ledger_id).where(mine)).scalars())


def generations(conn: Connection, organisation: str) -> dict[str, int]:
    """By line: the highest generation among its ended intents; a new plan takes the next."""
    i, t = intents.c, intent_lines.c
    its = (i.organisation == t.organisation) & (i.id == t.intent_id)
    mine = (t.organisation == organisation) & i.state.in_(ENDED)
    found = conn.execute(
        select(t.line_id, func.max(i.generation))
        .join_from(intent_lines, intents, its)
        .where(mine)
        .group_by(t.line_id)
    )
    return {row[0]: row[1] for row in found}


def counts(conn: Connection, organisation: str) -> dict[str, int]:
    """How many intents are in each state."""
    t = intents.c
    mine = t.organisation == organisation
    found = conn.execute(select(t.state, func.count()).where(mine).group_by(t.state))
    return {row[0]: row[1] for row in found}


def move(
    conn: Connection,
    organisation: str,
    intent_id: str,
    *,
    from_state: IntentState,
    to_state: IntentState,
    reason: str = "",
    ledger_id: str = "",
    lease: Lease | None = None,
) -> bool:
    """One step of an intent; False when it was not in `from_state`, or the lease is not ours.

    A step the table of TRANSITIONS does not know is refused by the database: PromiseBroken.
    """
    if lease is not None and not leases.hold(conn, lease):
        return False
    step: dict[str, Any] = {"state": to_state, "reason": reason}
    if ledger_id:
        step["ledger_id"] = ledger_id
    mine = one(organisation, intent_id) & (intents.c.state == from_state)
    return conn.execute(update(intents).where(mine).values(**step)).rowcount == 1


def unknowns(conn: Connection, organisation: str) -> tuple[UnknownIntent, ...]:
    """Every intent whose answer is unknown, in the order they were planned."""
    t, d = intents.c, dispatches.c
    unknown = t.state == "unknown"
    found = {intent.id: intent for intent in intents_where(conn, organisation, unknown)}
    its = (d.organisation == t.organisation) & (d.id == t.dispatch_id)
    rows = conn.execute(
        select(t.id, d.deadline, t.claimed_at, t.absence_reads, t.last_read_at, t.stamp)
        .join_from(intents, dispatches, its, isouter=True)
        .where(t.organisation == organisation, unknown)
        .order_by(t.number, t.id)
    )
    return tuple(
        UnknownIntent(
            intent=found[row.id],
            deadline=row.deadline or row.claimed_at,
            absence_reads=row.absence_reads,
            last_read_at=row.last_read_at,
            stamp=row.stamp,
        )
        for row in rows
        if row.id in found
    )


def note_absence(
    conn: Connection, organisation: str, intent_id: str, at: datetime, stamp: str
) -> int:
    """One more read found no trace of an unknown write; how many such reads there are in a row.

    A stamp that differs from the last read's starts the count again: the document was changed.
    """
    t = intents.c
    mine = one(organisation, intent_id) & (t.state == "unknown")
    row = conn.execute(select(t.absence_reads, t.stamp).where(mine)).one_or_none()
    if row is None:
        return 0
    reads = row.absence_reads + 1 if row.absence_reads and row.stamp == stamp else 1
    noted = {"absence_reads": reads, "last_read_at": at, "stamp": stamp}
    conn.execute(update(intents).where(mine).values(**noted))
    return reads


def next_generation(
    conn: Connection, organisation: str, intent_id: str, new_intent: Intent
) -> bool:
    """Proved absent: the old write expires and its next generation is approved, both or neither."""
    t = intents.c
    mine = one(organisation, intent_id) & (t.state == "unknown")
    found = conn.execute(select(t.run_id).where(mine)).one_or_none()
    if found is None:
        return False
    ended = {"state": "expired", "reason": f"proved absent; written again as {new_intent.code}"}
    if conn.execute(update(intents).where(mine).values(**ended)).rowcount != 1:
        return False
    if not _add(conn, organisation, new_intent, found.run_id, state="approved"):
        raise PromiseBroken(f"generation {new_intent.generation} of {intent_id} is there already")
    return True


def _add(
    conn: Connection,
    organisation: str,
    intent: Intent,
    run_id: str,
    state: IntentState | None = None,
) -> bool:
    t = intents.c
    last = conn.execute(
        select(func.max(t.number)).where(t.organisation == organisation)
    ).scalar_one()
    row = values(intent) | {
        "organisation": organisation,
        "number": (last or 0) + 1,
        "run_id": run_id,
        "state": state or intent.state,
    }
    if not add_new(conn, intents, row):
        return False
    rows = [
        {
            "organisation": organisation,
            "intent_id": intent.id,
            "position": position,
            "line_id": line_id,
        }
        for position, line_id in enumerate(intent.line_ids)
    ]
    if rows:
        conn.execute(insert(intent_lines), rows)
    return True
