"""Statement files on their way from the inbox into the mirror, each as a whole or not at all."""

from __future__ import annotations

import filecmp
import hashlib
import itertools
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from worker.bank.identity import DATE_SHIFT_DAYS, identify
from worker.bank.statement import read_statement, statement_bytes
from worker.books.records import Statement
from worker.errors import CannotStore, NoInput, Refused
from worker.jobs.setup import AccountSetup, Setup
from worker.mirror import accounts as chart
from worker.mirror import bank_lines, organisations, statements

# A bank may show a movement this much earlier or later in another format.
SHIFT = timedelta(days=DATE_SHIFT_DAYS)


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


def import_inbox(setup: Setup, *, keep_files: bool) -> tuple[ImportedFile, ...]:
    """Every new statement file in the accounts' inboxes, in the order of their names.

    Raises CannotStore, before anything is read, for a folder that we may not read, or from which
    files cannot be moved.
    """
    waiting = [
        (account, path)
        for account in setup.accounts
        if account.source == "statements"
        for inbox in account.inboxes
        for path in _files_in(inbox, movable=not keep_files)
    ]
    done: list[ImportedFile] = []
    for account, path in waiting:
        try:
            imported = import_file(setup, path, account)
        except NoInput:
            continue  # Its owner took it away again.
        done += [imported] if imported else []
        if not keep_files and imported is not None:
            _put_away(path, imported)
    return tuple(done)


def passed_over(setup: Setup) -> list[str]:
    """A sentence for each folder whose files are not read, because they could be another's."""
    return [
        f"{folder} holds {'1 file that is' if len(files) == 1 else f'{len(files)} files that are'} "
        f"not read: with several organisations such files belong into {account.inboxes[0]}"
        for account in setup.accounts
        if account.source == "statements"
        for folder in account.passed_over
        if (files := _files_in(folder, movable=False))
    ]


def _files_in(inbox: Path, *, movable: bool) -> list[Path]:
    try:
        with os.scandir(inbox) as entries:
            names = sorted(e.name for e in entries if e.name[0] != "." and e.is_file())
    except FileNotFoundError:
        return []
    except OSError as fault:
        raise CannotStore(f"inbox {inbox} cannot be read: {fault.strerror}") from None
    if names and movable and not os.access(inbox, os.W_OK | os.X_OK):
        raise CannotStore(f"inbox {inbox} is read-only for us: files could not be moved to done/")
    return [inbox / name for name in names]


def import_file(
    setup: Setup, path: Path, account: AccountSetup, *, again: bool = False
) -> ImportedFile | None:
    """One statement file into the mirror, as a whole or not at all; None when it is known already.

    With `again` a known file is read once more, which adds nothing and says so. Raises NoInput for
    a file that is not there.
    """
    name = path.name
    try:
        digest = hashlib.sha256(statement_bytes(path)).hexdigest()
        with setup.mirror.read() as conn:
            known = statements.statement_by_hash(conn, setup.name, account.code, digest)
            organisation = organisations.pinned(conn, setup.name)
            banks = chart.bank_accounts(conn, setup.name)
        if known and not again:
            return ImportedFile(name, account.code, "")
        mine = [b for b in banks if account.code in (b.code, b.id, b.bank_account_number)]
        bank = mine[0] if len(mine) == 1 else None
        # What the ledger knows of the account keeps another account's file out.
        currency = account.currency or (bank.currency if bank else "")
        statement = read_statement(
            path,
            account_code=account.code,
            currency=currency or (organisation.base_currency if organisation else None),
            profile=account.csv,
            today=setup.today(organisation) if organisation else setup.clock.now().date(),
            account_number=bank.bank_account_number if bank else "",
        )
        return _save(setup, account, statement, digest, name)
    except NoInput:
        raise
    except Refused as fault:
        return ImportedFile(name, account.code, "", refused=True, reason=str(fault))


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
            currency=statement.currency,
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
        target = _free(folder, path)
        if imported.refused:
            target.with_name(target.name + ".why").write_text(f"{imported.reason}\n", "utf-8")
        path.replace(target)
    except OSError as fault:
        raise CannotStore(
            f"{path} was read, but cannot be moved to {folder.name}/: {fault.strerror}"
        ) from None


def _free(folder: Path, path: Path) -> Path:
    """Where the file may go: many banks call every download the same, and none is overwritten."""
    names = (f"{path.stem} ({n}){path.suffix}" if n > 1 else path.name for n in itertools.count(1))
    return next(
        target
        for target in (folder / name for name in names)
        if not os.path.lexists(target)
        or (not path.is_symlink() and filecmp.cmp(path, target, shallow=False))
    )
