"""One writer per organisation: a lease whose epoch grows with every taking."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, or_, select, update

from worker.books.ports import Lease
from worker.errors import TryLater
from worker.mirror.rows import add_new
from worker.mirror.tables import leases

TTL_SECONDS = 120


def take(
    conn: Connection,
    organisation: str,
    holder: str,
    now: datetime,
    ttl_seconds: int = TTL_SECONDS,
) -> Lease | None:
    """Become the organisation's one writer; None while another holder's lease runs.

    A lease whose holder no longer lives on this very machine is free at once. `now` is real time.
    """
    t = leases.c
    expires = now + timedelta(seconds=ttl_seconds)
    first = {"organisation": organisation, "epoch": 1, "holder": holder, "expires": expires}
    if add_new(conn, leases, first):
        return Lease(organisation, 1, holder, expires)
    seen = conn.execute(select(leases).where(t.organisation == organisation)).one()
    free = or_(t.holder == "", t.expires <= now)
    if holder_is_dead(seen.holder):
        free = or_(free, t.holder == seen.holder)
    mine = (t.organisation == organisation) & (t.epoch == seen.epoch) & free
    taken = update(leases).where(mine).values(epoch=t.epoch + 1, holder=holder, expires=expires)
    if conn.execute(taken).rowcount != 1:
        return None
    return Lease(organisation, seen.epoch + 1, holder, expires)


def renew(conn: Connection, lease: Lease, now: datetime, ttl_seconds: int = TTL_SECONDS) -> Lease:
    """The same lease for another term. Raises TryLater when it was lost to another run.

    One that ran out while nobody else took it is still ours.
    """
    expires = now + timedelta(seconds=ttl_seconds)
    kept = update(leases).where(_is_ours(lease)).values(expires=expires)
    if conn.execute(kept).rowcount != 1:
        raise _lost()
    return Lease(lease.organisation, lease.epoch, lease.holder, expires)


def check(conn: Connection, lease: Lease, now: datetime) -> None:
    """The lease is ours and runs, and stays ours until this transaction ends; else TryLater."""
    if not hold(conn, lease, now):
        raise _lost()


def hold(conn: Connection, lease: Lease, now: datetime | None = None) -> bool:
    """Keep the lease from being taken until this transaction ends; False when it is not ours.

    With `now` it must also run still.
    """
    ours = _is_ours(lease)
    if now is not None:
        ours = ours & (leases.c.expires > now)
    held = conn.execute(select(leases.c.epoch).where(ours).with_for_update())
    return held.first() is not None


def release(conn: Connection, lease: Lease) -> None:
    """Let the next one in at once; a lease lost meanwhile is left alone."""
    conn.execute(update(leases).where(_is_ours(lease)).values(holder=""))


def holder_of_this_process() -> str:
    """ "host:pid:start time": where known, the host also names its boot and process namespace."""
    pid = os.getpid()
    return f"{_host()}:{pid}:{_started(pid) or ''}"


def holder_is_dead(holder: str) -> bool:
    """True only when the holder ran on this very machine and its process is surely gone."""
    host, _, rest = holder.rpartition(":")[0].rpartition(":")
    started = holder.rpartition(":")[2]
    if host != _host() or not rest.isdecimal() or os.name != "posix":
        return False
    pid = int(rest)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    # A number that came round again belongs to a younger process.
    found = _started(pid)
    return bool(started) and found is not None and found != started


def _is_ours(lease: Lease) -> ColumnElement[bool]:
    t = leases.c
    return (
        (t.organisation == lease.organisation)
        & (t.epoch == lease.epoch)
        & (t.holder == lease.holder)
    )


def _lost() -> TryLater:
    return TryLater("another run took over; this one stops")


def _host() -> str:
    """Process numbers mean something only within one boot and one process namespace."""
    name = socket.gethostname().replace(":", "-")
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()[:8]
        space = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return name
    return f"{name}/{boot}/{space}"


def _started(pid: int) -> str | None:
    """When the process started, in ticks since boot; "gone" for one that only waits to be reaped.

    None where the system does not tell.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return None
    # The name in parentheses may hold anything; the fields follow its last one.
    fields = stat.rpartition(")")[2].split()
    return "gone" if fields[0] in ("Z", "X") else fields[19]
