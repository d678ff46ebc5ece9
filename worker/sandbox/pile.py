"""Records on their way into the books, kept on disk so that any number of them fits."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterable, Iterator

from worker.sandbox.wire import Record

BLOCK = 500


class Pile:
    """The records of one endpoint by id, in the order they were added.

    What is handed out is a copy: changes count once it is put back, which `revised` does by
    itself. The caller opens `db` with `temporary()` and closes it.
    """

    def __init__(self, db: sqlite3.Connection, kind: str, id_field: str) -> None:
        self._db = db
        self._id_field = id_field
        self._table = f"pile_{kind}"
        db.execute(
            f"CREATE TABLE {self._table} (place INTEGER PRIMARY KEY, id TEXT UNIQUE, body BLOB)"
        )

    def put(self, record: Record) -> None:
        """Add a record, or put it in the place of the one with its id."""
        self._db.execute(
            f"INSERT INTO {self._table} (id, body) VALUES (?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (record[self._id_field], _packed(record)),
        )

    def get(self, record_id: str) -> Record | None:
        """The record with this id."""
        found = self._db.execute(
            f"SELECT body FROM {self._table} WHERE id = ?", (record_id,)
        ).fetchone()
        return None if found is None else _unpacked(found[0])

    def __contains__(self, record_id: str) -> bool:
        found = self._db.execute(f"SELECT 1 FROM {self._table} WHERE id = ?", (record_id,))
        return found.fetchone() is not None

    def __len__(self) -> int:
        return int(self._db.execute(f"SELECT COUNT(*) FROM {self._table}").fetchone()[0])

    def __iter__(self) -> Iterator[Record]:
        for block in self._blocks():
            for _, record in block:
                yield record

    def revised(self) -> Iterator[Record]:
        """Each record to be changed by the loop that asks for it, and kept as it leaves it.

        Until the loop is through, this pile is changed by nothing else.
        """
        for block in self._blocks():
            for _, record in block:
                yield record
            self._db.executemany(
                f"UPDATE {self._table} SET body = ? WHERE place = ?",
                [(_packed(record), place) for place, record in block],
            )

    def remove(self, ids: Iterable[str]) -> None:
        """Forget the records with these ids."""
        self._db.executemany(f"DELETE FROM {self._table} WHERE id = ?", [(one,) for one in ids])

    def _blocks(self) -> Iterator[list[tuple[int, Record]]]:
        last = 0
        while True:
            rows = self._db.execute(
                f"SELECT place, body FROM {self._table} WHERE place > ? ORDER BY place LIMIT ?",
                (last, BLOCK),
            ).fetchall()
            if not rows:
                return
            yield [(place, _unpacked(body)) for place, body in rows]
            last = rows[-1][0]


def temporary() -> sqlite3.Connection:
    """A database of this process alone, on disk once it is large, gone when closed."""
    db = sqlite3.connect("", isolation_level=None)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    return db


def _packed(record: Record) -> bytes:
    return pickle.dumps(record, pickle.HIGHEST_PROTOCOL)


def _unpacked(body: bytes) -> Record:
    # Written by `_packed` into a file nobody else can open.
    found: Record = pickle.loads(body)  # noqa: S301
    return found
