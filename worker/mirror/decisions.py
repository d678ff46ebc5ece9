"""What was decided about each line: one current decision, the earlier ones kept; and each no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from worker.books.decisions import Decision, Share
from worker.mirror.codec import proposal_from_json, proposal_to_json
from worker.mirror.rows import pieces, put
from worker.mirror.tables import decisions
from worker.mirror.tables import declines as declines_table


def save(
    conn: Connection, organisation: str, decided: Sequence[Decision], decided_at: datetime
) -> int:
    """Make these the current decisions of their lines; how many differ from what was current.

    The same decision again (proposal, owner, hold and problems alike) leaves the earlier one.
    """
    newest = {decision.proposal.line_id: decision for decision in decided}
    before = _latest(conn, organisation, list(newest))
    rows = []
    for line_id, decision in newest.items():
        revision, said = before.get(line_id, (0, None))
        values = _values(decision)
        if said != _said(values):
            values |= {
                "organisation": organisation,
                "revision": revision + 1,
                "is_current": True,
                "decided_at": decided_at,
            }
            rows.append(values)
    t = decisions.c
    for piece in pieces([row["line_id"] for row in rows]):
        current = (t.organisation == organisation) & t.is_current & t.line_id.in_(piece)
        conn.execute(update(decisions).where(current).values(is_current=False))
    if rows:
        conn.execute(insert(decisions), rows)
    return len(rows)


def current(conn: Connection, organisation: str) -> tuple[Decision, ...]:
    """The current decision of every line that has one, by line id."""
    return _decisions(conn, organisation, decisions.c.is_current)


def by_line(conn: Connection, organisation: str, line_id: str) -> Decision | None:
    """The current decision about a line."""
    t = decisions.c
    found = _decisions(conn, organisation, t.is_current & (t.line_id == line_id))
    return found[0] if found else None


def earlier(conn: Connection, organisation: str, line_id: str) -> tuple[Decision, ...]:
    """The decisions about a line that no longer hold, newest first."""
    t = decisions.c
    return _decisions(conn, organisation, ~t.is_current & (t.line_id == line_id))


def decline(
    conn: Connection,
    organisation: str,
    line_id: str,
    shares: Sequence[Share] | None,
    who: str,
    why: str,
    at: datetime,
) -> None:
    """A person said no: this line is never proposed with these documents again.

    `shares` None means those of the line's current decision.
    """
    if shares is None:
        decision = by_line(conn, organisation, line_id)
        shares = decision.proposal.shares if decision else ()
    values = {
        "organisation": organisation,
        "line_id": line_id,
        "documents": tuple(sorted({share.document_id for share in shares})),
        "who": who,
        "why": why,
        "declined_at": at,
    }
    put(conn, declines_table, [values])


def declines(conn: Connection, organisation: str) -> frozenset[tuple[str, frozenset[str]]]:
    """Every (line id, document ids) a person refused."""
    t = declines_table.c
    found = conn.execute(select(t.line_id, t.documents).where(t.organisation == organisation))
    return frozenset((row.line_id, frozenset(row.documents)) for row in found)


def _latest(
    conn: Connection, organisation: str, line_ids: Sequence[str]
) -> dict[str, tuple[int, tuple[Any, ...] | None]]:
    """By line: the highest revision, and what the current decision says."""
    t = decisions.c
    found: dict[str, tuple[int, tuple[Any, ...] | None]] = {}
    for piece in pieces(line_ids):
        mine = (t.organisation == organisation) & t.line_id.in_(piece)
        for row in conn.execute(
            select(t.line_id, func.max(t.revision)).where(mine).group_by(t.line_id)
        ):
            found[row[0]] = (row[1], None)
        for row in conn.execute(select(decisions).where(mine, t.is_current)):
            found[row.line_id] = (found[row.line_id][0], _said(row._mapping))
    return found


def _said(row: Any) -> tuple[Any, ...]:
    return (row["proposal"], row["held_by"], row["owner"], tuple(row["problems"]))


def _values(decision: Decision) -> dict[str, Any]:
    return {
        "line_id": decision.proposal.line_id,
        "id": decision.id,
        "action": decision.proposal.action,
        "held_by": decision.held_by,
        "owner": decision.owner,
        "run_id": decision.run_id,
        "date": decision.date,
        "proposal": proposal_to_json(decision.proposal),
        "problems": decision.problems,
    }


def _decisions(
    conn: Connection, organisation: str, which: ColumnElement[bool]
) -> tuple[Decision, ...]:
    t = decisions.c
    rows = conn.execute(
        select(decisions)
        .where(t.organisation == organisation, which)
        .order_by(t.line_id, t.revision.desc())
    )
    return tuple(
        Decision(
            id=row.id,
            proposal=proposal_from_json(row.proposal),
            held_by=row.held_by,
            owner=row.owner,
            run_id=row.run_id,
            date=row.date,
            problems=row.problems,
        )
        for row in rows
    )
