"""The demo organisation's home: its store on disk, and its statements in an inbox, made once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from worker.sandbox import statements
from worker.sandbox.books import load_books, read_folder
from worker.sandbox.store import Store
from worker.sandbox.story import build

SEED = 1


def open_demo(
    path: Path, *, now: Callable[[], datetime], seed: int = SEED, inbox: Path | None = None
) -> Store:
    """The store at `path`; a new one is filled with the story of `seed` and today, once.

    With an `inbox` the story's statement files are written there too. A start that was cut short
    leaves no mark in the store, so the next one makes everything again.
    """
    if path.exists():
        store = Store(path)
        if store.meta("story") is not None:
            return store
        store.close()
        remove(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    store = Store(path)
    today = now().date()
    story = build(seed, today)
    load_books(store, story.books)
    if inbox is not None:
        statements.write(story, inbox)
    store.set_meta("story", f"{seed} {today.isoformat()}")
    return store


def open_books(path: Path, folder: Path) -> tuple[Store, list[str]]:
    """A fresh store at `path` with the books of a folder; sentences for what was odd in them."""
    remove(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    books, notes = read_folder(folder)
    store = Store(path)
    return store, [*notes, *load_books(store, books)]


def remove(path: Path) -> None:
    """Delete a store with what SQLite keeps beside it."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)

