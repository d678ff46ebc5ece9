"""Statement files as they were imported: each once per account, with its lines, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from worker.books.records import BankLine, Statement
from worker.mirror import bank_lines
from worker.mirror.rows import add_new, amount, minor
from worker.mirror.tables import statements


@dataclass(frozen=True, slots=True)
class StoredStatement:
    """A file's own claims: days covered and balances, None where it makes none."""

    start: date | None
    end: date | None
    opening: Decimal | None
    closing: Decimal | None
    file: str
    format: str


def save_statement(
    conn: Connection,
    organisation: str,
    account_code: str,
    statement: Statement,
    file_hash: str,
    new_lines: Sequence[BankLine],
    imported_at: datetime,
) -> int:
    """Store a file and those of its lines that are new; how many lines were really added.

    A file that is known already keeps its first entry.
    """
    days = [line.date for line in statement.lines]
    currency = statement.currency or next((line.currency for line in new_lines), "")
    add_new(
        conn,
        statements,
        {
            "organisation": organisation,
            "account_code": account_code,
            "file_hash": file_hash,
            "file": statement.file,
            "format": statement.format,
            "account_named": statement.account,
            "currency": currency,
            "start": statement.start or min(days, default=None),
            "end": statement.end or max(days, default=None),
            "opening": _balance(statement.opening, currency),
            "closing": _balance(statement.closing, currency),
            "line_count": len(statement.lines),
            "pending_dropped": statement.pending_dropped,
            "imported_at": imported_at,
        },
    )
    return bank_lines.add(
        conn, organisation, new_lines, imported_at, account_code=account_code, file_hash=file_hash
    )


def statement_by_hash(
    conn: Connection, organisation: str, account_code: str, file_hash: str
) -> bool:
    """Was a file with these very bytes imported into the account?"""
    t = statements.c
    mine = (t.organisation == organisation) & (t.account_code == account_code)
    found = conn.execute(select(t.file_hash).where(mine, t.file_hash == file_hash))
    return found.first() is not None


def statements_of(
    conn: Connection, organisation: str, account_code: str
) -> tuple[StoredStatement, ...]:
    """The account's statements by the days they cover; those that state no day come last."""
    t = statements.c
    mine = (t.organisation == organisation) & (t.account_code == account_code)
    rows = conn.execute(select(statements).where(mine)).all()
    rows = sorted(rows, key=lambda r: (r.start is None, r.start, r.end, r.imported_at))
    return tuple(
        StoredStatement(
            start=row.start,
            end=row.end,
            opening=None if row.opening is None else amount(row.opening, row.currency),
            closing=None if row.closing is None else amount(row.closing, row.currency),
            file=row.file,
            format=row.format,
        )
        for row in rows
    )


def _balance(figure: Decimal | None, currency: str) -> int | None:
    return None if figure is None else minor(figure, currency)
