"""How far each noun has been read, by the ledger's own clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from worker.books.ports import Noun
from worker.mirror.rows import put
from worker.mirror.tables import cursors, full_passes

# The ledger stamps rows to the second and lists them a little late; a row read twice costs nothing.
OVERLAP = timedelta(minutes=2)


def since(conn: Connection, organisation: str, noun: Noun) -> datetime | None:
    """From when to ask for changes, the overlap taken off; None before the first complete read."""
    t = cursors.c
    mine = (t.organisation == organisation) & (t.noun == noun)
    read_until = conn.execute(select(t.server_time).where(mine)).scalar_one_or_none()
    return None if read_until is None else read_until - OVERLAP


def advance(conn: Connection, organisation: str, noun: Noun, server_time: datetime) -> None:
    """A noun was read completely; `server_time` is the ledger's clock at the first page.

    It may also move back, when the ledger's clock did: rows are rather read twice than missed.
    """
    put(conn, cursors, [{"organisation": organisation, "noun": noun, "server_time": server_time}])


def full_pass_day(conn: Connection, organisation: str) -> date | None:
    """The organisation's day on which everything was last read; None before the first time."""
    t = full_passes.c
    return conn.execute(
        select(func.max(t.day)).where(t.organisation == organisation)
    ).scalar_one_or_none()


def full_pass_done(conn: Connection, organisation: str, day: date) -> None:
    """Everything was read on this day, the organisation's own."""
    conn.execute(delete(full_passes).where(full_passes.c.organisation == organisation))
    conn.execute(insert(full_passes).values(organisation=organisation, day=day))
