"""Opening, transactions, and what a failure of the database says."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, make_url, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from tests.mirror.make import DAY, NOW, ORG
from worker.errors import CannotStore, PromiseBroken, SetupWrong, TieoutError, TryLater
from worker.mirror import faults
from worker.mirror.engine import Mirror, open_mirror
from worker.mirror.tables import full_passes, leases

LEASE = {"organisation": ORG, "epoch": 1, "holder": "h", "expires": NOW}


def test_what_a_write_did_is_there_for_the_next_reader(mirror: Mirror) -> None:
    with mirror.write() as conn:
        conn.execute(insert(leases).values(LEASE))
    with mirror.read() as conn:
        assert conn.execute(select(leases.c.expires)).scalar_one() == NOW


def test_a_write_that_raises_leaves_nothing(mirror: Mirror) -> None:
    def interrupted() -> None:
        with mirror.write() as conn:
            conn.execute(insert(leases).values(LEASE))
            raise LookupError

    with pytest.raises(LookupError):
        interrupted()
    with mirror.read() as conn:
        assert conn.execute(select(leases)).all() == []


def test_a_read_cannot_write(mirror: Mirror) -> None:
    with pytest.raises(TieoutError), mirror.read() as conn:
        conn.execute(insert(leases).values(LEASE))
    with mirror.write() as conn:
        assert conn.execute(select(leases)).all() == []


def test_a_refused_constraint_is_our_own_bug(mirror: Mirror) -> None:
    with pytest.raises(PromiseBroken), mirror.write() as conn:
        conn.execute(insert(leases), [LEASE, LEASE])


def test_an_instant_without_a_zone_is_refused(mirror: Mirror) -> None:
    with pytest.raises(PromiseBroken, match="no time zone"), mirror.write() as conn:
        conn.execute(insert(leases).values(LEASE | {"expires": datetime(2026, 1, 1)}))


def test_a_database_opened_again_keeps_what_it_has(any_database_url: str) -> None:
    first = open_mirror(any_database_url)
    with first.write() as conn:
        conn.execute(insert(leases).values(LEASE))
    first.close()
    again = open_mirror(any_database_url)
    with again.read() as conn:
        assert conn.execute(select(leases.c.holder)).scalar_one() == "h"
    again.close()


def test_processes_that_open_an_empty_database_at_once_build_it_once(
    any_database_url: str,
) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(open_mirror, [any_database_url] * 4))
    for mirror in opened:
        with mirror.read() as conn:
            assert conn.execute(select(leases)).all() == []
        mirror.close()


def test_a_newer_schema_is_refused_with_the_mend(any_database_url: str) -> None:
    mirror = open_mirror(any_database_url)
    with mirror.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    mirror.close()

    with pytest.raises(SetupWrong, match=r"schema 9999, newer.*tieout db upgrade"):
        open_mirror(any_database_url)


def test_sqlite_commits_are_on_the_disk_and_wait_for_each_other(sqlite_url: str) -> None:
    mirror = open_mirror(sqlite_url)
    with mirror.read() as conn:
        settings = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
        patience = conn.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    mirror.close()

    assert settings == {"journal_mode": "truncate", "synchronous": 2, "foreign_keys": 1}
    assert patience >= 10_000


def test_an_up_to_date_database_opens_without_loading_the_migrations(sqlite_url: str) -> None:
    code = (
        "import sys; from worker.mirror.engine import open_mirror\n"
        "open_mirror(sys.argv[1]).close(); open_mirror(sys.argv[1]).close()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, sqlite_url], cwd=Path.cwd(), check=False)

    assert done.returncode == 0


def test_a_new_sqlite_file_and_its_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "tieout.db"
    open_mirror(f"sqlite:///{path}").close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotStore, match="file"):
        open_mirror(f"sqlite:///{tmp_path / 'file' / 'tieout.db'}")


def test_a_file_of_something_else_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("these are my notes, and they are longer than a header of SQLite is" * 20)
    with pytest.raises(SetupWrong, match="no SQLite database"):
        open_mirror(f"sqlite:///{path}")


def test_a_full_disk_says_so_and_keeps_nothing(sqlite_url: str) -> None:
    mirror = open_mirror(sqlite_url)
    with mirror.read() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    many = [LEASE | {"organisation": f"{number}" * 20} for number in range(2000)]
    with pytest.raises(CannotStore, match="full"), mirror.write() as conn:
        conn.execute(insert(leases), many)
    with mirror.read() as conn:
        assert conn.execute(select(leases)).all() == []
    mirror.close()


@pytest.mark.parametrize(
    "address", ["mysql://root@localhost/books", "sqlite+aiosqlite:///x.db", "no address at all", ""]
)
def test_only_sqlite_and_postgresql_are_taken(address: str) -> None:
    with pytest.raises(SetupWrong, match="database_url"):
        open_mirror(address)


def test_an_unreachable_server_is_for_later_and_its_password_stays_secret() -> None:
    with pytest.raises(TryLater, match="cannot be reached") as caught:
        open_mirror("postgresql://tieout:hunter2@127.0.0.1:1/books")

    assert "hunter2" not in str(caught.value)


def test_plain_postgresql_addresses_are_taken(postgres_url: str) -> None:
    open_mirror(postgres_url.replace("postgresql+psycopg", "postgresql")).close()


def test_a_missing_database_is_named(postgres_url: str) -> None:
    missing = make_url(postgres_url).set(database="nowhere").render_as_string(False)
    with pytest.raises(SetupWrong, match="does not exist"):
        open_mirror(missing)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (lambda: sqlite3.OperationalError("database is locked"), TryLater),
        (lambda: sqlite3.OperationalError("attempt to write a readonly database"), CannotStore),
        (lambda: sqlite3.OperationalError("unable to open database file"), CannotStore),
        (lambda: sqlite3.OperationalError("disk I/O error"), CannotStore),
        (lambda: sqlite3.DatabaseError("database disk image is malformed"), SetupWrong),
        (lambda: sqlite3.OperationalError("near FORM: syntax error"), PromiseBroken),
        (psycopg.errors.DiskFull, CannotStore),
        (psycopg.errors.ReadOnlySqlTransaction, CannotStore),
        (psycopg.errors.InsufficientPrivilege, CannotStore),
        (psycopg.errors.InvalidPassword, SetupWrong),
        (psycopg.errors.UndefinedTable, SetupWrong),
        (psycopg.errors.LockNotAvailable, TryLater),
        (psycopg.errors.SerializationFailure, TryLater),
        (psycopg.errors.AdminShutdown, TryLater),
        (psycopg.errors.SyntaxError, PromiseBroken),
        (lambda: psycopg.OperationalError("server closed the connection unexpectedly"), TryLater),
        (lambda: psycopg.ProgrammingError("the query has 1 placeholder"), PromiseBroken),
    ],
)
def test_a_database_error_means_what_happens_next(
    fault: Callable[[], Any], kind: type[TieoutError]
) -> None:
    wrapped: DBAPIError = OperationalError("SELECT", {}, fault())
    meant = faults.told(wrapped, make_url("sqlite:///state/tieout.db"))

    assert type(meant) is kind
    assert str(meant).startswith("database state/tieout.db")
    assert "\n" not in str(meant)


def test_a_read_sees_one_moment(postgres_url: str) -> None:
    # SQLite keeps the writer out while a reader reads; PostgreSQL must be asked for it.
    mirror = open_mirror(postgres_url)
    with mirror.read() as conn:
        before = conn.execute(select(full_passes)).all()
        with mirror.write() as other:
            other.execute(insert(full_passes).values(organisation=ORG, day=DAY))
        assert conn.execute(select(full_passes)).all() == before == []
    mirror.close()


def test_the_umask_of_the_user_is_left_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        open_mirror(f"sqlite:///{tmp_path / 'a.db'}").close()
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
