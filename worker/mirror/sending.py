"""What sends: a claim is a conditional update, and the one who claimed is the one who settles.

The lease is held from being taken until the transaction ends, and every statement names the state
an intent must be in; its row count is the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update

from worker.books.intents import Dispatch, Intent, IntentAnswer
from worker.books.ports import Lease
from worker.errors import PromiseBroken
from worker.mirror import leases
from worker.mirror.intent_rows import intents_where, one
from worker.mirror.tables import dispatch_intents, dispatches, intents


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


def strand(conn: Connection, organisation: str, lease: Lease) -> int:
    """What an earlier run left in `sending` is unknown now: only reading settles it; how many."""
    t = intents.c
    if not leases.hold(conn, lease):
        return 0
    left = (t.organisation == organisation) & (t.state == "sending") & (t.epoch < lease.epoch)
    lost = {"state": "unknown", "reason": "the run that sent it ended before the answer"}
    return conn.execute(update(intents).where(left).values(**lost)).rowcount


def dispatch_of(conn: Connection, organisation: str, intent_id: str) -> tuple[str, bytes] | None:
    """(key, body) of the latest request that carried an intent; None when it was never sent."""
    t, d = intents.c, dispatches.c
    its = (d.organisation == t.organisation) & (d.id == t.dispatch_id)
    row = conn.execute(
        select(d.key, d.body)
        .join_from(intents, dispatches, its)
        .where(one(organisation, intent_id))
    ).one_or_none()
    return None if row is None else (row.key, row.body)


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
