"""Pull: statement files and the ledger's changes into the mirror."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from worker.bank.identity import DATE_SHIFT_DAYS, identify
from worker.bank.statement import read_statement, statement_bytes
from worker.books.ports import AccountPolicy, Noun
from worker.books.records import Organisation, Statement
from worker.errors import BadInput, TryLater
from worker.jobs.setup import AccountSetup, Setup, pin_accounts
from worker.mirror import accounts as chart
from worker.mirror import bank_lines, cursors, ledger_rows, organisations, statements

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
    "tracking",
    "currencies",
    "batch_payments",
    "bank_transfers",
    "overpayments",
    "prepayments",
)
# Where cash that someone else entered shows itself.
CASH: tuple[Noun, ...] = ("payments", "bank_transactions", "batch_payments", "bank_transfers")
# A bank may show a movement this much earlier or later in another format.
SHIFT = timedelta(days=DATE_SHIFT_DAYS)
# A full pass that finds none of so many known rows is a fault of the answer, not of the books.
_UNLIKELY_ZERO = 20


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of one statement file."""

    file: str
    account: str
    format: str
    lines: int = 0
    new: int = 0
    duplicates: int = 0
    refused: bool = False
    reason: str | None = None
    opening: str | None = None
    closing: str | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull brought: the organisation as it is today, its accounts, and what changed."""

    organisation: Organisation
    accounts: dict[str, AccountPolicy]
    changed: int = 0
    new_lines: int = 0
    files: tuple[ImportedFile, ...] = ()
    problems: tuple[tuple[str, str], ...] = field(default=())
    cash_read_at: float | None = None
    """Monotonic seconds since when all cash records are as the ledger has them; None: not all."""


def pull(setup: Setup, *, keep_files: bool = False) -> Pulled:
    """Read what the ledger changed since the last complete pull, and new statement files.

    Each page and each file is one transaction; a cursor moves only after its last page, so a pull
    that dies halfway is simply done again. The ledger comes first: while it refuses us, or has no
    such bank account, statement files stay where they are. `keep_files` leaves them there anyway.
    """
    organisation = setup.ledger.organisation()
    with setup.mirror.write() as conn:
        organisations.pin(conn, setup.name, organisation)
    today = setup.today(organisation)
    with setup.mirror.read() as conn:
        full = cursors.full_pass_day(conn, setup.name) != today
    started, read_at = setup.clock.real(), setup.clock.monotonic()
    changed, problems = 0, []

    def read(nouns: tuple[Noun, ...]) -> None:
        nonlocal changed
        for noun in nouns:
            count, problem = pull_noun(setup, noun, full=full, started=started)
            changed += count
            problems.extend([problem] if problem else [])

    read(QUIET + REST if full else QUIET)
    accounts = _pinned(setup, organisation)
    files = import_inbox(setup, keep_files=keep_files)
    new_lines = sum(file.new for file in files)
    if new_lines and not full:
        read(REST)
    if full and not problems:
        with setup.mirror.write() as conn:
            cursors.full_pass_done(conn, setup.name, today)
    problems += [
        ("statement_refused", f"{file.file}: {file.reason}") for file in files if file.refused
    ]
    return Pulled(
        organisation,
        accounts,
        changed,
        new_lines,
        files,
        tuple(problems),
        cash_read_at=read_at if full or new_lines else None,
    )


def reopen(setup: Setup) -> Pulled:
    """The organisation and its accounts as they are now, nothing else read: one call."""
    organisation = setup.ledger.organisation()
    with setup.mirror.write() as conn:
        organisations.pin(conn, setup.name, organisation)
    return Pulled(organisation, _pinned(setup, organisation))


def _pinned(setup: Setup, organisation: Organisation) -> dict[str, AccountPolicy]:
    with setup.mirror.read() as conn:
        known = {account.id: account for account in chart.all_accounts(conn, setup.name)}
    accounts = pin_accounts(setup, organisation, known)
    with setup.mirror.write() as conn:
        bank_lines.pin_accounts(conn, setup.name, {a.code: a.account_id for a in accounts.values()})
    return accounts


def pull_noun(
    setup: Setup, noun: Noun, *, full: bool, started: datetime
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


def import_inbox(setup: Setup, *, keep_files: bool) -> tuple[ImportedFile, ...]:
    """Every new statement file in the accounts' inboxes, oldest name first."""
    done: list[ImportedFile] = []
    for account in setup.accounts:
        if account.source != "statements":
            continue
        for inbox in account.inboxes:
            paths = sorted(p for p in inbox.glob("*") if p.is_file() and p.name[0] != ".")
            for path in paths:
                imported = import_file(setup, path, account)
                done += [imported] if imported else []
                if not keep_files and imported is not None:
                    _put_away(path, imported)
    return tuple(done)


def import_file(
    setup: Setup, path: Path, account: AccountSetup, *, again: bool = False
) -> ImportedFile | None:
    """One statement file into the mirror, as a whole or not at all; None when it is known already.

    With `again` a known file is read once more, which adds nothing and says so.
    """
    name = path.name
    try:
        digest = hashlib.sha256(statement_bytes(path)).hexdigest()
    except BadInput as fault:
        return ImportedFile(name, account.code, "", refused=True, reason=str(fault))
    with setup.mirror.read() as conn:
        known = statements.statement_by_hash(conn, setup.name, account.code, digest)
        organisation = organisations.pinned(conn, setup.name)
    if known and not again:
        return ImportedFile(name, account.code, "")
    today = setup.today(organisation) if organisation else setup.clock.now().date()
    try:
        statement = read_statement(
            path,
            account_code=account.code,
            currency=account.currency,
            profile=account.csv,
            today=today,
            account_number=_account_number(setup, account),
        )
    except BadInput as fault:
        return ImportedFile(name, account.code, "", refused=True, reason=str(fault))
    return _save(setup, account, statement, digest, name)


def _account_number(setup: Setup, account: AccountSetup) -> str:
    """The number the ledger knows the account by, so that another account's file is refused."""
    with setup.mirror.read() as conn:
        found = [
            each.bank_account_number
            for each in chart.bank_accounts(conn, setup.name)
            if account.code in (each.code, each.id, each.bank_account_number)
        ]
    return found[0] if len(found) == 1 else ""


def _save(
    setup: Setup, account: AccountSetup, statement: Statement, digest: str, name: str
) -> ImportedFile:
    days = [line.date for line in statement.lines]
    with setup.mirror.write() as conn:
        stored = (
            bank_lines.lines_between(
                conn, setup.name, account.code, min(days) - SHIFT, max(days) + SHIFT
            )
            if days
            else ()
        )
        found = identify(
            statement,
            stored,
            organisation=setup.name,
            account_code=account.code,
            account_id=stored[0].account_id if stored else account.code,
            currency=account.currency or statement.currency,
            stored_formats=bank_lines.formats(conn, setup.name, [line.id for line in stored]),
        )
        statements.save_statement(
            conn, setup.name, account.code, statement, digest, found.new, setup.clock.now()
        )
    return ImportedFile(
        file=name,
        account=account.code,
        format=statement.format,
        lines=len(statement.lines),
        new=len(found.new),
        duplicates=len(found.known),
        opening=None if statement.opening is None else str(statement.opening),
        closing=None if statement.closing is None else str(statement.closing),
    )


def _put_away(path: Path, imported: ImportedFile) -> None:
    """Read files go to done/, refused ones to refused/ with the reason beside them."""
    folder = path.parent / ("refused" if imported.refused else "done")
    try:
        folder.mkdir(exist_ok=True)
        target = folder / path.name
        if imported.refused:
            target.with_name(target.name + ".why").write_text(f"{imported.reason}\n", "utf-8")
        path.replace(target)
    except OSError as fault:
        raise TryLater(f"{path}: read, but could not be moved to {folder.name}/: {fault}") from None
