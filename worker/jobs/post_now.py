"""Send what a person just asked for, without waiting for the next scheduled run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from worker.books.ports import Lease
from worker.jobs.post import Posted, post
from worker.jobs.pull import Pulled
from worker.jobs.setup import LEASE_TTL_SECONDS, Setup
from worker.jobs.verify import Verified, verify
from worker.mirror import leases

LEASE_WAIT = timedelta(seconds=10)


def post_now(
    setup: Setup, pulled: Pulled, sleep: Callable[[float], None]
) -> tuple[Posted, Verified] | None:
    """Post and verify what is approved; None when another run holds the books, which sends it next.

    Waits up to ten seconds for the lease.
    """
    lease = _take(setup, sleep)
    if lease is None:
        return None
    try:
        posted = post(setup, pulled, lease)
        if posted.failure is not None:
            raise posted.failure
        return posted, verify(setup, lease)
    finally:
        with setup.mirror.write() as conn:
            leases.release(conn, lease)


def _take(setup: Setup, sleep: Callable[[float], None]) -> Lease | None:
    holder = leases.holder_of_this_process()
    give_up = setup.clock.real() + LEASE_WAIT
    while True:
        now = setup.clock.real()
        with setup.mirror.write() as conn:
            lease = leases.take(conn, setup.name, holder, now, LEASE_TTL_SECONDS)
        if lease is not None or now >= give_up:
            return lease
        sleep(0.5)
