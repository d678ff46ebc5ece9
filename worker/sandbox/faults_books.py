"""Faults that need the books themselves: reads that lag behind writes, and rows that move."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from worker.sandbox.faults import STALE_SECONDS_MAX
from worker.sandbox.store import ID_FIELDS, Store
from worker.sandbox.wire import loads, stamp

Answer = TypeVar("Answer")
_COLUMNS = (
    "kind, id, number, contact_id, contact_name, type, status, date, due_date, updated_ms, "
    "reference, currency, amount_due, amount_paid, document_id, account_id, json"
)
_OLD = ", ".join(f"OLD.{name}" for name in _COLUMNS.split(", "))
_NOW = "(SELECT at FROM past_clock)"
# Temporary, so that the books on disk never know: they end with the connection.
_RECORDING = (
    "CREATE TEMP TABLE past_clock (at REAL NOT NULL)",
    "INSERT INTO past_clock VALUES (0)",
    f"CREATE TEMP TABLE past (seq INTEGER PRIMARY KEY, at REAL NOT NULL, {_COLUMNS})",
    "CREATE TEMP TRIGGER past_new AFTER INSERT ON main.record"
    f" BEGIN INSERT INTO past (at, kind, id) VALUES ({_NOW}, NEW.kind, NEW.id); END",
    *(
        f"CREATE TEMP TRIGGER past_{event} AFTER {event} ON main.record"
        f" BEGIN INSERT INTO past (at, {_COLUMNS}) VALUES ({_NOW}, {_OLD}); END"
        for event in ("UPDATE", "DELETE")
    ),
)


class Past:
    """What each record was before the writes of the last two minutes; real elapsed seconds."""

    def __init__(self, store: Store, monotonic: Callable[[], float]) -> None:
        self._store = store
        self._monotonic = monotonic
        for statement in _RECORDING:
            store.rows(statement)

    def tick(self) -> None:
        """Note the time of what is written next, and forget what no read can lag behind."""
        now = self._monotonic()
        self._store.rows("UPDATE past_clock SET at = ?", (now,))
        self._store.rows("DELETE FROM past WHERE at < ?", (now - STALE_SECONDS_MAX,))

    def answer(self, lag_seconds: float, read: Callable[[], Answer]) -> tuple[Answer, int]:
        """What `read` finds in the books of `lag_seconds` ago, and how many records differed."""
        found: list[tuple[Answer, int]] = []
        with suppress(_Undo), self._store.transaction():
            changed = self._store.rows(
                f"SELECT {_COLUMNS} FROM past WHERE at > ? ORDER BY seq DESC",
                (self._monotonic() - lag_seconds,),
            )
            for row in changed:
                self._store.rows("DELETE FROM record WHERE kind = ? AND id = ?", row[:2])
                if row[-1] is not None:
                    marks = ", ".join("?" * len(row))
                    self._store.rows(f"INSERT INTO record ({_COLUMNS}) VALUES ({marks})", row)
            found.append((read(), len({row[:2] for row in changed})))
            raise _Undo
        return found[0]


class _Undo(Exception):
    """Ends a look into the past, so that nothing of it is kept."""


class Scans:
    """Lists being read page by page, and a row of the page each client saw last."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[str, tuple[str, str]] = {}

    def note(self, scan: str, path: str, body: bytes) -> None:
        """Remember the first row of a page; `scan` is the request without its page."""
        kind = _kind(path)
        with suppress(ValueError):
            answer = loads(body)
            rows = answer.get(kind) if isinstance(answer, dict) else None
            if kind and rows:
                self._seen[scan] = (kind, str(rows[0][ID_FIELDS[kind]]))

    def touch(self, scan: str, now: datetime) -> str:
        """Stamp the remembered row as edited now; its id, empty when there is none."""
        kind, record_id = self._seen.get(scan, ("", ""))
        record = self._store.get(kind, record_id) if kind else None
        if record is None:
            return ""
        stamp(record, now, text="UpdatedDateUTCString" in record)
        self._store.put(kind, record)
        return f"{kind} {record_id}"


def forget_keys(store: Store) -> int:
    """Forget every idempotency key; returns how many there were."""
    count = int(store.rows("SELECT COUNT(*) FROM idempotency")[0][0])
    store.rows("DELETE FROM idempotency")
    return count


def _kind(path: str) -> str:
    name = path.rstrip("/").rpartition("/")[2].lower()
    return next((kind for kind in ID_FIELDS if kind.lower() == name), "")
