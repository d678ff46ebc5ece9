"""One run of one organisation: take the lease, do the jobs in order, say what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from worker.books.decisions import Decision
from worker.books.ports import Lease
from worker.books.reports import TieOut
from worker.errors import PromiseBroken, TieoutError
from worker.jobs.digest import digest
from worker.jobs.match import Matched, match
from worker.jobs.post import Posted, post
from worker.jobs.pull import Pulled, pull
from worker.jobs.setup import LEASE_TTL_SECONDS, Setup
from worker.jobs.verify import Verified, verify
from worker.mirror import leases, runs

JobName = Literal["pull", "match", "post", "verify", "digest"]
JOBS: tuple[JobName, ...] = ("pull", "match", "post", "verify", "digest")
ACTIONS = ("auto", "rule", "transfer", "suggest", "none", "explained")

# Problems after which an operator must do something, though the run went on.
FAILURES = ("statement_refused", "unlikely_zero")

T = TypeVar("T")


@dataclass(slots=True)
class OrganisationRun:
    """What one run did for one organisation; filled in as the jobs go."""

    name: str
    mode: str
    run_id: str
    title: str = ""
    """The organisation's name in the ledger."""
    lines: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("total", *ACTIONS), 0))
    held: dict[str, int] = field(default_factory=dict)
    posted: int = 0
    verified: int = 0
    unknown: int = 0
    refused: int = 0
    api_calls: int = 0
    bytes_read: int = 0
    tie_outs: tuple[TieOut, ...] = ()
    files: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(JOBS, 0.0))
    problems: list[tuple[str, str]] = field(default_factory=list)
    error: TieoutError | None = None
    active_elsewhere: bool = False

    @property
    def failures(self) -> tuple[str, ...]:
        """In sentences, why the run did not do all it should have; empty when it did."""
        if self.error is not None:
            return (str(self.error),)
        return tuple(message for kind, message in self.problems if kind in FAILURES)

    @property
    def ok(self) -> bool:
        return not self.failures


def run_once(
    setup: Setup, run_id: str, *, jobs: Collection[str] = JOBS, dry_run: bool = False
) -> OrganisationRun:
    """Do the wanted jobs for one organisation, in order, under its lease; never raises TieoutError.

    A failure ends this organisation's run and is told in `error`; what was committed stays. When
    another run holds the lease nothing is done and `active_elsewhere` says so. A dry run refreshes
    the mirror and decides, but keeps no decision, writes nothing to the ledger and moves no file.
    """
    run = OrganisationRun(setup.name, setup.mode, run_id)
    try:
        _under_lease(setup, run, frozenset(jobs), dry_run)
    except TieoutError as fault:
        run.error = fault
        run.problems.append((type(fault).__name__, str(fault)))
    run.api_calls = setup.ledger.calls
    run.bytes_read = setup.ledger.bytes_read
    return run


def broken(setup: Setup, run_id: str, bug: Exception) -> OrganisationRun:
    """A run that ended in a bug of ours."""
    run = OrganisationRun(setup.name, setup.mode, run_id)
    run.error = PromiseBroken(
        f"this is our bug: {type(bug).__name__}: {bug}; run it alone (--org) to keep the traceback"
    )
    run.problems.append(("PromiseBroken", str(run.error)))
    return run


def _under_lease(setup: Setup, run: OrganisationRun, jobs: frozenset[str], dry_run: bool) -> None:
    now = setup.clock.real()
    with setup.mirror.write() as conn:
        lease = leases.take(
            conn, setup.name, leases.holder_of_this_process(), now, LEASE_TTL_SECONDS
        )
    if lease is None:
        run.active_elsewhere = True
        run.problems.append(("active", f"{setup.name}: another run is active; nothing done"))
        return
    try:
        _do(setup, run, lease, jobs, dry_run)
    finally:
        with setup.mirror.write() as conn:
            leases.release(conn, lease)


def _do(
    setup: Setup, run: OrganisationRun, lease: Lease, jobs: frozenset[str], dry_run: bool
) -> None:
    if not dry_run:
        with setup.mirror.write() as conn:
            runs.begin(conn, setup.name, "run_once", run.run_id, run.run_id, setup.clock.now())
    pulled = _timed(setup, run, "pull", lambda: pull(setup, lease, keep_files=dry_run))
    run.title = pulled.organisation.name
    run.problems += pulled.problems
    matched = Matched()
    if "match" in jobs:
        matched = _timed(
            setup,
            run,
            "match",
            lambda: match(setup, pulled, _renew(setup, lease), run.run_id, keep=not dry_run),
        )
        run.problems += matched.problems
        _count_lines(run, matched.decisions)
    if dry_run:
        return
    posted, verified = Posted(), Verified()
    if "post" in jobs:
        posted = _timed(setup, run, "post", lambda: post(setup, pulled, _renew(setup, lease)))
        run.problems += posted.problems
        run.posted, run.refused = len(posted.posted), len(posted.refused)
        run.unknown = len(posted.unknown)
        if posted.failure is not None:
            raise posted.failure
    if "verify" in jobs:
        verified = _timed(setup, run, "verify", lambda: verify(setup, _renew(setup, lease)))
        run.problems += verified.problems
        run.verified = len(verified.verified)
    if "digest" in jobs:
        done = _timed(
            setup,
            run,
            "digest",
            lambda: digest(setup, pulled, run.run_id, news=_news(pulled, posted, matched)),
        )
        run.tie_outs, run.files = done.tie_outs, done.files
        run.problems += done.problems
    with setup.mirror.write() as conn:
        summary = {"posted": run.posted, "lines": run.lines, "problems": len(run.problems)}
        runs.finish(conn, setup.name, "run_once", run.run_id, setup.clock.now(), summary)


def _news(pulled: Pulled, posted: Posted, matched: Matched) -> bool:
    """Is there anything since the last digest that its reader has not seen?"""
    return bool(pulled.new_lines or posted.posted or matched.intents)


def _renew(setup: Setup, lease: Lease) -> Lease:
    with setup.mirror.write() as conn:
        return leases.renew(conn, lease, setup.clock.real())


def _timed(setup: Setup, run: OrganisationRun, job: JobName, work: Callable[[], T]) -> T:
    started = setup.clock.monotonic()
    try:
        return work()
    finally:
        run.seconds[job] = round(setup.clock.monotonic() - started, 3)


def _count_lines(run: OrganisationRun, decisions: Iterable[Decision]) -> None:
    counts: Counter[str] = Counter(decision.proposal.action for decision in decisions)
    run.lines = {"total": sum(counts.values()), **{action: counts[action] for action in ACTIONS}}
    held: Counter[str] = Counter(d.held_by for d in decisions if d.held_by)
    run.held = dict(held)
