"""The sandbox's books on disk: one SQLite file, a commit before each answer.

Records are kept as the JSON text that is answered, beside the columns Xero's optimised filters
use (see `schema`). `ledger_line` is append-only: an edit or a void posts the reversal of what
stood there.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from worker.sandbox.schema import (
    ID_FIELDS,
    SCHEMA,
    SCHEMA_VERSION,
    UPSERT,
    Row,
    row_of,
    stored_ms,
)
from worker.sandbox.wire import Record, guid, loads

__all__ = ["ID_FIELDS", "SCHEMA_VERSION", "Row", "Store"]

_UNBALANCED = """
SELECT source_kind, source_id FROM ledger_line WHERE seq > ?
GROUP BY source_kind, source_id
HAVING SUM(CASE WHEN basis <> 'cash' THEN amount ELSE 0 END) <> 0
    OR SUM(CASE WHEN basis <> 'accrual' THEN amount ELSE 0 END) <> 0
"""


class Store:
    """The books in one SQLite file (or ":memory:"), safe for the threads of one process.

    Opening creates the file and its folder. Every write outside `transaction()` commits by itself.
    Raises OSError or sqlite3.Error for a path that cannot be written, and ValueError for books of
    another version of this schema.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = path
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            self._db.create_function("xero_ms", 1, stored_ms, deterministic=True)
            self._db.execute("PRAGMA journal_mode = TRUNCATE")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._check_version()
            with self.transaction():
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                for statement in SCHEMA.split(";"):
                    if statement.strip():
                        self._db.execute(statement)
        except BaseException:
            self._db.close()
            raise

    def _check_version(self) -> None:
        version = self.rows("PRAGMA user_version")[0][0]
        if version != SCHEMA_VERSION and self.rows("SELECT 1 FROM sqlite_master LIMIT 1"):
            raise ValueError(
                f"{self.path} holds sandbox books of another version; `tieout sandbox reset` "
                "makes new ones"
            )

    def close(self) -> None:
        """Release the file; a second close does nothing."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested calls are savepoints.

        Raises AssertionError, and keeps nothing, when a source's new ledger lines do not balance.
        """
        with self._lock:
            outermost = self._depth == 0
            name = f"level_{self._depth}"
            self._db.execute("BEGIN IMMEDIATE" if outermost else f"SAVEPOINT {name}")
            self._depth += 1
            try:
                before = self.last_line() if outermost and self._has_ledger() else None
                yield
                if before is not None:
                    self._check_balanced(before)
                self._db.execute("COMMIT" if outermost else f"RELEASE {name}")
            except BaseException:
                if outermost:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                else:
                    self._db.execute(f"ROLLBACK TO {name}")
                    self._db.execute(f"RELEASE {name}")
                raise
            finally:
                self._depth -= 1

    def _has_ledger(self) -> bool:
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE name = 'ledger_line'"))

    def _check_balanced(self, before: int) -> None:
        crooked = self.rows(_UNBALANCED, (before,))
        if crooked:
            raise AssertionError(f"ledger entries do not balance: {crooked[:3]}")

    def last_line(self) -> int:
        """The highest ledger sequence number, 0 in empty books."""
        return int(self.rows("SELECT COALESCE(MAX(seq), 0) FROM ledger_line")[0][0])

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold other threads off while several reads must see the same books."""
        with self._lock:
            yield

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and fetch all it returns."""
        with self._lock:
            return self._db.execute(sql, params).fetchall()

    def run_many(self, sql: str, params: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows."""
        with self._lock:
            self._db.executemany(sql, params)

    def get(self, kind: str, record_id: str) -> Record | None:
        """The record with this id, as a fresh dictionary."""
        return self._one("kind = ? AND id = ?", (kind, guid(record_id)))

    def by_number(self, kind: str, number: str) -> Record | None:
        """The newest record with this number (account code, contact number, …), in any case."""
        return self._one(
            "kind = ? AND number = ? COLLATE NOCASE ORDER BY rowid DESC", (kind, number)
        )

    def _one(self, where: str, params: Sequence[Any]) -> Record | None:
        found = self.rows(f"SELECT json FROM record WHERE {where} LIMIT 1", params)
        return loads(found[0][0]) if found else None

    def all(self, kind: str) -> Iterator[Record]:
        """Every record of a kind in the order stored, read in blocks so memory stays flat."""
        last = -1
        while True:
            block = self.rows(
                "SELECT rowid, json FROM record WHERE kind = ? AND rowid > ? "
                "ORDER BY rowid LIMIT 1000",
                (kind, last),
            )
            for last, text in block:  # noqa: B007 - the last rowid starts the next block
                yield loads(text)
            if len(block) < 1000:
                return

    def select(self, where: str, params: Sequence[Any] = ()) -> list[Record]:
        """Records by a condition on the columns of `record`."""
        return [
            loads(row[0]) for row in self.rows(f"SELECT json FROM record WHERE {where}", params)
        ]

    def texts(self, places: Sequence[int]) -> list[str]:
        """The JSON texts of records by rowid, in the order asked for."""
        found: dict[int, str] = {}
        for start in range(0, len(places), 500):
            block = places[start : start + 500]
            marks = ", ".join("?" * len(block))
            found.update(
                self.rows(f"SELECT rowid, json FROM record WHERE rowid IN ({marks})", block)
            )
        return [found[place] for place in places]

    def count(self, kind: str) -> int:
        """How many records of a kind there are."""
        return int(self.rows("SELECT COUNT(*) FROM record WHERE kind = ?", (kind,))[0][0])

    def put(self, kind: str, record: Record) -> None:
        """Store one record under the id it carries."""
        self.put_many(kind, (record,))

    def put_many(self, kind: str, records: Iterable[Record]) -> None:
        """Store records under the ids they carry."""
        self.run_many(UPSERT, (row_of(kind, record) for record in records))

    def new_id(self) -> str:
        """A fresh GUID; the same books asked the same things draw the same ids."""
        with self._lock:
            drawn = int(self.meta("ids", "0")) + 1
            self.set_meta("ids", str(drawn))
            return str(uuid5(NAMESPACE_URL, f"{self.meta('seed', 'sandbox')}/{drawn}"))

    def meta(self, key: str, default: str = "") -> str:
        """A named value kept with the books."""
        found = self.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(found[0][0]) if found else default

    def set_meta(self, key: str, value: str) -> None:
        """Keep a named value with the books."""
        self.rows(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def organisation(self) -> Record:
        """The one organisation; raises LookupError in books never loaded."""
        found = self._one("kind = 'Organisation'", ())
        if found is None:
            raise LookupError("these sandbox books hold no organisation yet")
        return found

    def account_by_code(self, code: str) -> Record | None:
        """The account with this code."""
        return self.by_number("Accounts", code)

    def account_by_id(self, account_id: str) -> Record | None:
        """The account with this id."""
        return self.get("Accounts", account_id)

    def accounts(self) -> list[Record]:
        """The whole chart, by code then name."""
        chart = list(self.all("Accounts"))
        return sorted(chart, key=lambda a: (a.get("Code") or "~", a.get("Name") or ""))

    def system_account(self, name: str) -> Record:
        """The account Xero posts to by itself: DEBTORS, CREDITORS, GST, ROUNDING, …"""
        for account in self.all("Accounts"):
            if account.get("SystemAccount") == name:
                return account
        raise LookupError(f"the chart has no {name} account")
