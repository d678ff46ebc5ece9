"""Booked movements as the bank reports them; their day and amount never change once stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from worker.books.records import BankLine, HistoryLine
from worker.errors import PromiseBroken
from worker.mirror import cash
from worker.mirror.rows import amount, minor, pieces, put
from worker.mirror.tables import account_pins, bank_lines, statements

_FIELDS = (
    "id", "account_id", "account_code", "date", "amount", "currency", "payee", "reference",
    "description", "type", "counterparty_account", "bank_reference", "flag",
)  # fmt: skip


def add(
    conn: Connection,
    organisation: str,
    lines: Sequence[BankLine],
    imported_at: datetime,
    *,
    account_code: str | None = None,
    file_hash: str | None = None,
) -> int:
    """Store lines that are new; how many that were.

    A line whose id is known already is left alone when it says the same, and is a broken promise
    when it says another day or amount. Lines of no file (`file_hash` None) come from the ledger.
    """
    known = _known(conn, organisation, [line.id for line in lines])
    pins = _pins(conn, organisation)
    rows = []
    for position, line in enumerate(lines):
        code = account_code if account_code is not None else line.account_code
        values: dict[str, Any] = {name: getattr(line, name) for name in _FIELDS}
        values |= {
            "organisation": organisation,
            "amount": minor(line.amount, line.currency),
            "account_code": code,
            "account_id": pins.get(code, line.account_id),
            "file_hash": file_hash,
            "position": position,
            "imported_at": imported_at,
        }
        facts = (code, line.date, values["amount"], line.currency)
        if line.id not in known:
            known[line.id] = facts
            rows.append(values)
        elif known[line.id] != facts:
            raise PromiseBroken(f"bank line {line.id} is stored as {known[line.id]}, not {facts}")
    if rows:
        conn.execute(insert(bank_lines), rows)
    return len(rows)


def all_lines(conn: Connection, organisation: str) -> tuple[BankLine, ...]:
    """Every line, oldest first, in the order of its file."""
    return _lines(conn, organisation)


def unexplained(conn: Connection, organisation: str) -> tuple[BankLine, ...]:
    """The lines no ledger record explains yet, oldest first."""
    return _lines(conn, organisation, bank_lines.c.explained_by.is_(None))


def lines_between(
    conn: Connection, organisation: str, account_code: str, start: date, end: date
) -> tuple[BankLine, ...]:
    """An account's lines booked from `start` to `end`, both included."""
    t = bank_lines.c
    return _lines(conn, organisation, (t.account_code == account_code) & t.date.between(start, end))


def formats(conn: Connection, organisation: str, line_ids: Sequence[str]) -> dict[str, str]:
    """The format of the file each line came from, by line id; "" for a line of no file."""
    t, s = bank_lines.c, statements.c
    its_file = (
        (s.organisation == t.organisation)
        & (s.account_code == t.account_code)
        & (s.file_hash == t.file_hash)
    )
    joined = select(t.id, s.format).join_from(bank_lines, statements, its_file, isouter=True)
    found: dict[str, str] = {}
    for piece in pieces(list(line_ids)):
        mine = (t.organisation == organisation) & t.id.in_(piece)
        found |= {row.id: row.format or "" for row in conn.execute(joined.where(mine))}
    return found


def pin_accounts(conn: Connection, organisation: str, ids: Mapping[str, str]) -> None:
    """Account codes of the configuration → the ledger's AccountIDs, for lines old and new."""
    t = bank_lines.c
    known = _pins(conn, organisation)
    for code, account_id in ids.items():
        if known.get(code) == account_id:
            continue
        put(
            conn,
            account_pins,
            [{"organisation": organisation, "account_code": code, "account_id": account_id}],
        )
        mine = (t.organisation == organisation) & (t.account_code == code)
        conn.execute(update(bank_lines).where(mine).values(account_id=account_id))


def explain_lines(
    conn: Connection, organisation: str, found: Iterable[tuple[str, str, str, str]]
) -> int:
    """Lines and what explains them: (line id, record id, record kind, contact id); how many.

    A record explains one line of its account: a second one breaks the promise, and says so.
    """
    t = bank_lines.c
    rows = [
        {"line": line_id, "record": record_id, "kind": kind, "contact": contact_id}
        for line_id, record_id, kind, contact_id in found
    ]
    if not rows:
        return 0
    statement = (
        update(bank_lines)
        .where(t.organisation == organisation, t.id == bindparam("line"))
        .values(
            explained_by=bindparam("record"),
            explained_kind=bindparam("kind"),
            explained_contact_id=bindparam("contact"),
        )
    )
    return conn.execute(statement, rows).rowcount


def reopen(conn: Connection, organisation: str, line_ids: Sequence[str]) -> int:
    """Forget what explained these lines, as when the record was deleted; how many were."""
    t = bank_lines.c
    done = 0
    for piece in pieces(list(line_ids)):
        mine = (t.organisation == organisation) & t.id.in_(piece) & t.explained_by.is_not(None)
        done += conn.execute(
            update(bank_lines)
            .where(mine)
            .values(explained_by=None, explained_kind=None, explained_contact_id=None)
        ).rowcount
    return done


def explaining_records(conn: Connection, organisation: str) -> frozenset[tuple[str, str]]:
    """(record id, account id) of every ledger record that explains a line."""
    t = bank_lines.c
    mine = (t.organisation == organisation) & t.explained_by.is_not(None)
    found = conn.execute(select(t.explained_by, t.account_id).where(mine))
    return frozenset((row.explained_by, row.account_id) for row in found)


def orphans(conn: Connection, organisation: str) -> tuple[str, ...]:
    """Ids of explained lines whose record is gone from the ledger: to be reopened."""
    t = bank_lines.c
    mine = (t.organisation == organisation) & t.explained_by.is_not(None)
    explained = conn.execute(select(t.id, t.account_id, t.explained_by).where(mine)).all()
    accounts = sorted({row.account_id for row in explained})
    live = {(r.id, r.account_id) for r in cash.records(conn, organisation, accounts, None)}
    return tuple(row.id for row in explained if (row.explained_by, row.account_id) not in live)


def history(conn: Connection, organisation: str) -> tuple[HistoryLine, ...]:
    """Explained lines with what their record says of payer, documents and coding, oldest first.

    A line whose record is no longer live teaches nothing.
    """
    t = bank_lines.c
    explained = t.explained_by.is_not(None)
    mine = (t.organisation == organisation) & explained
    by = {
        row.id: (row.explained_by, row.account_id, row.explained_contact_id or "")
        for row in conn.execute(
            select(t.id, t.explained_by, t.account_id, t.explained_contact_id).where(mine)
        )
    }
    accounts = sorted({account_id for _, account_id, _ in by.values()})
    live = {(r.id, r.account_id): r for r in cash.records(conn, organisation, accounts, None)}
    lessons = []
    for line in _lines(conn, organisation, explained):
        record_id, account_id, contact_id = by[line.id]
        record = live.get((record_id, account_id))
        if record is not None:
            lessons.append(
                HistoryLine(
                    line=line,
                    contact_id=record.contact_id or contact_id,
                    document_ids=record.document_ids,
                    coding=record.coding,
                    is_transfer=record.kind in ("transfer_in", "transfer_out"),
                )
            )
    return tuple(lessons)


def _lines(
    conn: Connection, organisation: str, which: ColumnElement[bool] | None = None
) -> tuple[BankLine, ...]:
    t = bank_lines.c
    query = select(*(t[name] for name in _FIELDS)).where(t.organisation == organisation)
    if which is not None:
        query = query.where(which)
    rows = conn.execute(query.order_by(t.date, t.account_code, t.imported_at, t.position, t.id))
    return tuple(
        BankLine(**(row._asdict() | {"amount": amount(row.amount, row.currency)})) for row in rows
    )


def _known(
    conn: Connection, organisation: str, line_ids: Sequence[str]
) -> dict[str, tuple[str, date, int, str]]:
    t = bank_lines.c
    found: dict[str, tuple[str, date, int, str]] = {}
    for piece in pieces(line_ids):
        mine = (t.organisation == organisation) & t.id.in_(piece)
        for row in conn.execute(
            select(t.id, t.account_code, t.date, t.amount, t.currency).where(mine)
        ):
            found[row.id] = (row.account_code, row.date, row.amount, row.currency)
    return found


def _pins(conn: Connection, organisation: str) -> dict[str, str]:
    t = account_pins.c
    found = conn.execute(select(t.account_code, t.account_id).where(t.organisation == organisation))
    return {row.account_code: row.account_id for row in found}
