"""The demo organisation's home: its store on disk, and its statements in an inbox, made once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from worker.sandbox import statements
from worker.sandbox.bank_feed import Feed
from worker.sandbox.bank_feed_files import open_lines
from worker.sandbox.books import load_books, open_folder
from worker.sandbox.store import Store
from worker.sandbox.story import build

SEED = 1


def open_demo(
    path: Path, *, now: Callable[[], datetime], seed: int = SEED, inbox: Path | None = None
) -> Store:
    """The store at `path`; a new one is filled with the story of `seed` and today, once.

    With an `inbox` the story's statement files are written there too, before the store appears: a
    start that was cut short is simply made again.
    """
    if path.exists():
        return Store(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.{os.getpid()}")
    remove(made)
    story = build(seed, now().date())
    store = Store(made)
    load_books(store, story.books)
    Feed(store).load(story.feed)
    store.close()
    if inbox is not None:
        statements.write(story, inbox)
    # A whole store appears at once; of two processes that make one, the later leaves the first's.
    with contextlib.suppress(FileExistsError):
        os.link(made, path)
    remove(made)
    return Store(path)


def open_books(path: Path, folder: Path) -> tuple[Store, list[str]]:
    """A fresh store at `path` with the books of a folder; sentences for what was odd in them."""
    remove(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    books, notes = open_folder(folder)
    store = Store(path)
    notes += load_books(store, books)
    return store, [*notes, *Feed(store).load(open_lines(folder))]


def remove(path: Path) -> None:
    """Delete a store with what SQLite keeps beside it."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
