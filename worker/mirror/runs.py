"""What ran: one row per organisation, job and period; and what was delivered to whom."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from worker.errors import PromiseBroken
from worker.mirror.rows import add_new
from worker.mirror.tables import deliveries, job_runs


@dataclass(frozen=True, slots=True)
class JobRun:
    """A finished run of a job for one period."""

    job: str
    period: str
    run_id: str
    started_at: datetime
    finished_at: datetime
    summary: Mapping[str, Any]


def begin(
    conn: Connection, organisation: str, job: str, period: str, run_id: str, at: datetime
) -> bool:
    """Note that a job starts for a period; False when it was finished for it before.

    One that began and never finished died on the way: it is begun again. Call it under the lease.
    """
    t = job_runs.c
    first = {
        "organisation": organisation,
        "job": job,
        "period": period,
        "run_id": run_id,
        "started_at": at,
    }
    if add_new(conn, job_runs, first):
        return True
    died = _one(organisation, job, period) & t.finished_at.is_(None)
    again = update(job_runs).where(died).values(run_id=run_id, started_at=at)
    return conn.execute(again).rowcount == 1


def finish(
    conn: Connection,
    organisation: str,
    job: str,
    period: str,
    at: datetime,
    summary: Mapping[str, Any],
) -> None:
    """Note that the job is done for the period, with the figures it ended in."""
    done = (
        update(job_runs)
        .where(_one(organisation, job, period))
        .values(finished_at=at, summary=json.dumps(summary, ensure_ascii=False, sort_keys=True))
    )
    if conn.execute(done).rowcount != 1:
        raise PromiseBroken(f"{organisation}: {job} for {period} ends without having begun")


def last(conn: Connection, organisation: str, job: str) -> JobRun | None:
    """The latest finished run of a job."""
    t = job_runs.c
    row = conn.execute(
        select(job_runs)
        .where(t.organisation == organisation, t.job == job, t.finished_at.is_not(None))
        .order_by(t.finished_at.desc(), t.started_at.desc(), t.period.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return JobRun(
        row.job, row.period, row.run_id, row.started_at, row.finished_at, json.loads(row.summary)
    )


def delivered(
    conn: Connection, organisation: str, period: str, recipient: str, channel: str
) -> bool:
    """Has this recipient got this period's digest on this channel?"""
    t = deliveries.c
    mine = (t.organisation == organisation) & (t.period == period)
    to = (t.recipient == recipient) & (t.channel == channel)
    return conn.execute(select(t.period).where(mine, to)).first() is not None


def mark_delivered(
    conn: Connection, organisation: str, period: str, recipient: str, channel: str, at: datetime
) -> bool:
    """Note the delivery; False when it was noted before, so that of two only one sends."""
    values = {
        "organisation": organisation,
        "period": period,
        "recipient": recipient,
        "channel": channel,
        "delivered_at": at,
    }
    return add_new(conn, deliveries, values)


def _one(organisation: str, job: str, period: str) -> Any:
    t = job_runs.c
    return (t.organisation == organisation) & (t.job == job) & (t.period == period)
