"""What a database failure means for the operator, in one sentence without secrets."""

from __future__ import annotations

import sqlite3

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from worker.errors import CannotStore, PromiseBroken, SetupWrong, TieoutError, TryLater

# Words of SQLite's messages → what they mean; its error codes are not on every exception.
_SQLITE: tuple[tuple[str, type[TieoutError], str], ...] = (
    ("disk is full", CannotStore, "the disk is full; free some space and run again"),
    ("readonly database", CannotStore, "it is read-only for us; make file and folder writable"),
    ("unable to open", CannotStore, "it cannot be opened; is its folder there, and writable?"),
    ("disk i/o error", CannotStore, "the disk reports an error"),
    ("is locked", TryLater, "another process has kept it busy; try again"),
    ("database is busy", TryLater, "another process has kept it busy; try again"),
    ("not a database", SetupWrong, "that file is no SQLite database"),
    ("malformed", SetupWrong, "the file is damaged; restore a backup of it"),
    ("no such table", SetupWrong, "its tables are missing; run `tieout db upgrade`"),
)  # fmt: skip

# PostgreSQL's SQLSTATE by its beginning.
_SQLSTATES: tuple[tuple[str, type[TieoutError], str], ...] = (
    ("53100", CannotStore, "the server's disk is full"),
    ("25006", CannotStore, "the server is read-only"),
    ("42501", CannotStore, "this user may not write there; grant it the schema"),
    ("28", SetupWrong, "the server refuses user or password"),
    ("3D000", SetupWrong, "that database does not exist; create it first"),
    ("42P01", SetupWrong, "its tables are missing; run `tieout db upgrade`"),
    ("42P07", SetupWrong, "another program has tables there; use a database of its own"),
    ("40", TryLater, "two transactions met; try again"),
    ("55P03", TryLater, "another process has kept it busy; try again"),
    ("57014", TryLater, "the statement was cancelled; try again"),
    ("57P", TryLater, "the server is stopping or starting; try again"),
    ("53", TryLater, "the server is out of connections or memory; try again"),
    ("08", TryLater, "the server cannot be reached; try again"),
)  # fmt: skip

_CONNECTING: tuple[tuple[str, type[TieoutError], str], ...] = (
    ("password authentication failed", SetupWrong, "the server refuses user or password"),
    ("does not exist", SetupWrong, "that database or role does not exist; create it first"),
    ("no pg_hba.conf entry", SetupWrong, "the server does not let this user in from here"),
)  # fmt: skip


def told(fault: SQLAlchemyError, url: URL) -> TieoutError:
    """The error of ours that a database error means.

    CannotStore for disks and rights, TryLater for what passes, SetupWrong for what an operator
    mends; PromiseBroken for anything that only a bug explains, such as a refused constraint.
    """
    where = f"database {shown(url)}"
    if isinstance(fault, DBAPIError) and not isinstance(fault, IntegrityError):
        original = fault.orig
        for kind, meaning in _meanings(original, fault.connection_invalidated):
            return kind(f"{where}: {meaning}")
    reason = fault.orig if isinstance(fault, DBAPIError) else fault
    first_line = (str(reason).splitlines() or [type(reason).__name__])[0]
    return PromiseBroken(f"{where} refused what was asked of it: {first_line}")


def shown(url: URL) -> str:
    """The address without its password."""
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    return url.render_as_string(hide_password=True)


def _meanings(
    original: BaseException | None, invalidated: bool
) -> list[tuple[type[TieoutError], str]]:
    text = str(original).lower()
    if isinstance(original, sqlite3.Error):
        return [(kind, meaning) for words, kind, meaning in _SQLITE if words in text]
    state = getattr(original, "sqlstate", None)
    if state:
        return [(kind, meaning) for code, kind, meaning in _SQLSTATES if state.startswith(code)]
    found = [(kind, meaning) for words, kind, meaning in _CONNECTING if words in text]
    lost = invalidated or type(original).__name__ in ("OperationalError", "ConnectionTimeout")
    return found + ([(TryLater, "the server cannot be reached; try again")] if lost else [])
