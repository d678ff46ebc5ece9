"""Whether an account's statements follow one another, from what the mirror keeps of them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from worker.bank.continuity import Continuity, continuity
from worker.books.records import BankLine, Statement, StatementLine
from worker.mirror import bank_lines, statements


def continuity_of(conn: Connection, name: str, account_code: str) -> Continuity:
    """What the account's stored statements prove together, with the lines the mirror has."""
    stored = statements.statements_of(conn, name, account_code)
    days = [day for one in stored for day in (one.start, one.end) if day]
    found = bank_lines.lines_between(conn, name, account_code, min(days), max(days)) if days else ()
    lines = [line for line in found if line.flag != "duplicate_row"]
    return continuity(
        [
            Statement(
                file=one.file,
                format=one.format,
                account=account_code,
                currency="",
                lines=tuple(
                    _line(each) for each in lines if _within(each.date, one.start, one.end)
                ),
                opening=one.opening,
                closing=one.closing,
                start=one.start,
                end=one.end,
            )
            for one in stored
        ]
    )


def _within(day: date, start: date | None, end: date | None) -> bool:
    return start is not None and end is not None and start <= day <= end


def _line(line: BankLine) -> StatementLine:
    return StatementLine(
        date=line.date,
        amount=line.amount,
        payee=line.payee,
        reference=line.reference,
        description=line.description,
        type=line.type,
        counterparty_account=line.counterparty_account,
        bank_reference=line.bank_reference,
        balance=None,
        place=line.id,
    )
