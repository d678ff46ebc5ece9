"""Pull: statement files and the ledger's changes into the mirror."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from worker.books.ports import AccountPolicy, Lease, Noun
from worker.books.records import Organisation
from worker.errors import SetupWrong
from worker.jobs.inbox import ImportedFile, import_inbox, passed_over
from worker.jobs.setup import Setup, pin_accounts
from worker.mirror import accounts as chart
from worker.mirror import bank_lines, cursors, leases, ledger_rows, organisations

# What every run reads; the rest waits for the day's full pass, or for something to match.
QUIET: tuple[Noun, ...] = (
    "contacts",
    "invoices",
    "credit_notes",
    "payments",
    "bank_transactions",
)
REST: tuple[Noun, ...] = (
    "accounts",
    "tax_rates",
    "batch_payments",
    "bank_transfers",
    "overpayments",
    "prepayments",
)
# Where cash that someone else entered shows itself.
CASH: tuple[Noun, ...] = ("payments", "bank_transactions", "batch_payments", "bank_transfers")
# A full pass that finds none of so many known rows is a fault of the answer, not of the books.
_UNLIKELY_ZERO = 20


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought: the organisation as it is today, its accounts, and what changed."""

    organisation: Organisation
    accounts: dict[str, AccountPolicy]
    changed: int = 0
    new_lines: int = 0
    files: tuple[ImportedFile, ...] = ()
    problems: tuple[tuple[str, str], ...] = field(default=())


def pull(setup: Setup, lease: Lease, *, keep_files: bool = False) -> Pulled:
    """Read what the ledger changed since the last complete pull, and new statement files.

    Each page and each file is one transaction; a cursor moves only after its last page, so a pull
    that dies halfway is simply done again. The ledger comes first: while it refuses us, or has no
    such bank account, statement files stay where they are. `keep_files` leaves them there anyway.
    The lease is renewed with each page: a first pull may take many minutes of the call budget.
    """
    organisation = setup.ledger.organisation()
    with setup.mirror.write() as conn:
        organisations.pin(conn, setup.name, organisation, setup.others)
    today = setup.today(organisation)
    with setup.mirror.read() as conn:
        full = cursors.full_pass_day(conn, setup.name) != today
    started = setup.clock.real()
    changed, problems = 0, []

    def read(nouns: tuple[Noun, ...]) -> None:
        nonlocal changed
        for noun in nouns:
            count, problem = pull_noun(setup, noun, full=full, started=started, lease=lease)
            changed += count
            problems.extend([problem] if problem else [])

    read(QUIET + REST if full else QUIET)
    try:
        accounts = _pinned(setup, organisation)
    except SetupWrong:
        if full:
            raise
        # The account may be younger than the day's full pass.
        read(("accounts",))
        accounts = _pinned(setup, organisation)
    files = import_inbox(setup, keep_files=keep_files)
    new_lines = sum(file.new for file in files)
    if new_lines and not full:
        read(REST)
    if full and not problems:
        with setup.mirror.write() as conn:
            cursors.full_pass_done(conn, setup.name, today)
    problems += [
        ("statement_refused", f"account {file.account}: {file.reason}")
        for file in files
        if file.refused
    ]
    problems += [("not_read", sentence) for sentence in passed_over(setup)]
    return Pulled(
        organisation,
        accounts,
        changed,
        new_lines,
        files,
        tuple(problems),
    )


def reopen(setup: Setup) -> Pulled:
    """The organisation and its accounts as they are now, nothing else read: one call."""
    organisation = setup.ledger.organisation()
    with setup.mirror.write() as conn:
        organisations.pin(conn, setup.name, organisation, setup.others)
    return Pulled(organisation, _pinned(setup, organisation))


def _pinned(setup: Setup, organisation: Organisation) -> dict[str, AccountPolicy]:
    with setup.mirror.read() as conn:
        known = {account.id: account for account in chart.all_accounts(conn, setup.name)}
    accounts = pin_accounts(setup, organisation, known)
    with setup.mirror.write() as conn:
        bank_lines.pin_accounts(conn, setup.name, {a.code: a.account_id for a in accounts.values()})
    return accounts


def pull_noun(
    setup: Setup, noun: Noun, *, full: bool, started: datetime, lease: Lease | None = None
) -> tuple[int, tuple[str, str] | None]:
    """One noun into the mirror: how many rows changed, and what was suspicious."""
    with setup.mirror.read() as conn:
        since = None if full else cursors.since(conn, setup.name, noun)
    server_time: datetime | None = None
    changed = seen = 0
    for page in setup.ledger.pages(noun, since):
        server_time = server_time or page.server_time
        seen += len(page.rows)
        with setup.mirror.write() as conn:
            if lease is not None:
                leases.renew(conn, lease, setup.clock.real())
            changed += ledger_rows.upsert(conn, setup.name, noun, page.rows, started)
    with setup.mirror.write() as conn:
        if since is None:
            known = ledger_rows.count(conn, setup.name, noun)
            if not seen and known > _UNLIKELY_ZERO:
                return changed, (
                    "unlikely_zero",
                    f"the ledger showed no {noun.replace('_', ' ')} where {known} are known; "
                    "nothing was marked as gone",
                )
            changed += ledger_rows.mark_missing(conn, setup.name, noun, started)
        cursors.advance(conn, setup.name, noun, server_time or started)
    return changed, None


def refresh(setup: Setup, nouns: Iterable[Noun]) -> int:
    """What changed in these nouns since they were last read; for guards and read-back."""
    started = setup.clock.real()
    return sum(pull_noun(setup, noun, full=False, started=started)[0] for noun in nouns)
