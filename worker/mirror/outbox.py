"""The writes we want in the ledger: approved, claimed, sent once, settled.

A claim is a conditional update and its row count is the answer; each step of an intent checks the
state it comes from, and whatever sends or settles checks the lease in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from worker.books.intents import Dispatch, Intent, IntentAnswer, IntentState
from worker.books.ports import Lease
from worker.errors import PromiseBroken
from worker.mirror import leases
from worker.mirror.intent_rows import intents_where, values
from worker.mirror.rows import add_new, pieces
from worker.mirror.tables import dispatch_intents, dispatches, intent_lines, intents

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
    """Lines with an intent that is on its way to the ledger or has arrived there."""
    i, t = intents.c, intent_lines.c
    its = (i.organisation == t.organisation) & (i.id == t.intent_id)
    mine = (t.organisation == organisation) & i.state.not_in(ENDED)
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


def claim(
    conn: Connection, organisation: str, lease: Lease, now: datetime, limit: int
) -> tuple[Intent, ...]:
    """Take up to `limit` approved intents for sending; none when the lease is not ours.

    Store their dispatch in the same transaction: an intent claimed without one is never sent.
    """
    t = intents.c
    if not leases.hold(conn, lease, now):
        return ()
    mine = (t.organisation == organisation) & (t.state == "approved")
    ids = conn.execute(select(t.id).where(mine).order_by(t.number, t.id).limit(limit)).scalars()
    taken = [each for each in ids.all() if _claim(conn, organisation, [each], lease, now) == 1]
    return intents_where(conn, organisation, t.id.in_(taken))


def claim_dispatch(
    conn: Connection, organisation: str, dispatch: Dispatch, lease: Lease, now: datetime
) -> bool:
    """Take all intents of a request for sending and store the request, or do nothing of it.

    False when one of them is no longer approved or the lease is not ours: then nothing may be sent.
    """
    if not leases.hold(conn, lease, now):
        return False
    with conn.begin_nested() as attempt:
        if _claim(conn, organisation, dispatch.intent_ids, lease, now) != len(dispatch.intent_ids):
            attempt.rollback()
            return False
        store_dispatch(conn, organisation, dispatch, lease)
    return True


def store_dispatch(conn: Connection, organisation: str, dispatch: Dispatch, lease: Lease) -> None:
    """Keep the exact request before it is sent; PromiseBroken unless all of it is claimed."""
    t = intents.c
    conn.execute(
        insert(dispatches).values(
            organisation=organisation,
            id=dispatch.id,
            kind=dispatch.kind,
            method=dispatch.request.method,
            path=dispatch.request.path,
            body=dispatch.request.body,
            key=dispatch.key,
            deadline=dispatch.deadline,
            epoch=lease.epoch,
        )
    )
    conn.execute(
        insert(dispatch_intents),
        [
            {"organisation": organisation, "dispatch_id": dispatch.id, "intent_id": intent_id}
            for intent_id in dispatch.intent_ids
        ],
    )
    claimed = _sending(organisation, lease) & t.id.in_(dispatch.intent_ids)
    marked = conn.execute(update(intents).where(claimed).values(dispatch_id=dispatch.id)).rowcount
    if marked != len(dispatch.intent_ids):
        raise PromiseBroken(f"request {dispatch.id} carries writes that were not claimed for it")


def settle(
    conn: Connection,
    organisation: str,
    dispatch_id: str,
    answers: Sequence[IntentAnswer],
    lease: Lease,
    now: datetime,
) -> int:
    """Record what the ledger answered; how many intents that settled.

    An intent without an answer is unknown. What another run has taken over meanwhile is left to it.
    """
    t = intents.c
    if not leases.hold(conn, lease):
        return 0
    waiting = _sending(organisation, lease) & (t.dispatch_id == dispatch_id)
    settled = 0
    for answer in answers:
        outcome = {"state": answer.state, "reason": answer.message, "ledger_id": answer.ledger_id}
        settled += conn.execute(
            update(intents).where(waiting & (t.id == answer.intent_id)).values(**outcome)
        ).rowcount
    settled += conn.execute(
        update(intents).where(waiting).values(state="unknown", reason="the answer left it out")
    ).rowcount
    its = (dispatches.c.organisation == organisation) & (dispatches.c.id == dispatch_id)
    conn.execute(update(dispatches).where(its).values(settled_at=now))
    return settled


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
    mine = _one(organisation, intent_id) & (intents.c.state == from_state)
    return conn.execute(update(intents).where(mine).values(**step)).rowcount == 1


def strand(conn: Connection, organisation: str, lease: Lease) -> int:
    """What an earlier run left in `sending` is unknown now: only reading settles it; how many."""
    t = intents.c
    if not leases.hold(conn, lease):
        return 0
    left = (t.organisation == organisation) & (t.state == "sending") & (t.epoch < lease.epoch)
    lost = {"state": "unknown", "reason": "the run that sent it ended before the answer"}
    return conn.execute(update(intents).where(left).values(**lost)).rowcount


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
    mine = _one(organisation, intent_id) & (t.state == "unknown")
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
    mine = _one(organisation, intent_id) & (t.state == "unknown")
    found = conn.execute(select(t.run_id).where(mine)).one_or_none()
    if found is None:
        return False
    ended = {"state": "expired", "reason": f"proved absent; written again as {new_intent.code}"}
    if conn.execute(update(intents).where(mine).values(**ended)).rowcount != 1:
        return False
    if not _add(conn, organisation, new_intent, found.run_id, state="approved"):
        raise PromiseBroken(f"generation {new_intent.generation} of {intent_id} is there already")
    return True


def dispatch_of(conn: Connection, organisation: str, intent_id: str) -> tuple[str, bytes] | None:
    """(key, body) of the latest request that carried an intent; None when it was never sent."""
    t, d = intents.c, dispatches.c
    its = (d.organisation == t.organisation) & (d.id == t.dispatch_id)
    row = conn.execute(
        select(d.key, d.body)
        .join_from(intents, dispatches, its)
        .where(_one(organisation, intent_id))
    ).one_or_none()
    return None if row is None else (row.key, row.body)


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
    lines: Iterable[tuple[int, str]] = enumerate(intent.line_ids)
    rows = [
        {
            "organisation": organisation,
            "intent_id": intent.id,
            "position": position,
            "line_id": line_id,
        }
        for position, line_id in lines
    ]
    if rows:
        conn.execute(insert(intent_lines), rows)
    return True


def _claim(
    conn: Connection, organisation: str, intent_ids: Sequence[str], lease: Lease, now: datetime
) -> int:
    t = intents.c
    mine = (t.organisation == organisation) & t.id.in_(intent_ids) & (t.state == "approved")
    claimed = {
        "state": "sending",
        "reason": "",
        "epoch": lease.epoch,
        "claimed_at": now,
        "dispatch_id": None,
        "absence_reads": 0,
        "last_read_at": None,
        "stamp": "",
    }
    return conn.execute(update(intents).where(mine).values(**claimed)).rowcount


def _sending(organisation: str, lease: Lease) -> ColumnElement[bool]:
    t = intents.c
    mine = t.organisation == organisation
    return mine & (t.state == "sending") & (t.epoch == lease.epoch)


def _one(organisation: str, intent_id: str) -> ColumnElement[bool]:
    return (intents.c.organisation == organisation) & (intents.c.id == intent_id)
