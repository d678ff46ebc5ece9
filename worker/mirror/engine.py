"""The one door to the database: opened, upgraded, and its transactions."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from worker.errors import CannotStore, PromiseBroken, SetupWrong
from worker.mirror import faults, triggers
from worker.mirror.tables import metadata

# Every revision under migrations/versions, oldest first; a test compares both.
REVISIONS = ("0001",)
HEAD = REVISIONS[-1]

_BUSY_SECONDS = 15
# Any fixed number: two processes that open an old database upgrade it one after the other.
_UPGRADE_LOCK = 5_417_011


class Mirror:
    """The database of all organisations; transactions are short and never open during a call."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._before_closing: list[Callable[[], None]] = []

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view, nothing written: fetch what is needed and leave.

        Raises TryLater when the database is busy or away, CannotStore when it cannot be opened.
        """
        with self._connected() as conn:
            yield _as_reader(conn)

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that holds the writer's place from the start and commits at the end.

        Raises TryLater when the database is busy or away, CannotStore for a full or read-only disk.
        Nothing of the transaction is kept when anything is raised.
        """
        with self._connected() as conn:
            writer = _as_writer(conn)
            with writer.begin():
                yield writer

    def at_close(self, last: Callable[[], None]) -> None:
        """Call this once more before the database is closed."""
        self._before_closing.append(last)

    def close(self) -> None:
        try:
            while self._before_closing:
                self._before_closing.pop()()
        finally:
            self.engine.dispose()

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            with self.engine.connect() as conn:
                yield conn
        except SQLAlchemyError as fault:
            raise faults.told(fault, self.engine.url) from fault


def open_mirror(database_url: str) -> Mirror:
    """Open the database, creating or upgrading its tables where it is empty or older.

    `sqlite:///path`, `postgresql://…` or `postgresql+psycopg://…`. An up-to-date one costs a query
    or two. Raises SetupWrong when its schema is newer than this program or the address is no
    database; CannotStore and TryLater as `write()` does.
    """
    mirror = Mirror(_engine(database_url))
    try:
        with mirror.read() as conn:
            found = _revision(conn)
        if found is None:
            _build(mirror)
        elif found != HEAD:
            _refuse_newer(found, mirror.engine.url)
            upgrade(database_url)
    except BaseException:
        mirror.close()
        raise
    return mirror


def upgrade(database_url: str) -> str:
    """Bring the database to the newest schema by its migrations, as a whole; the revision reached.

    Raises SetupWrong when the database is newer than this program.
    """
    mirror = Mirror(_engine(database_url))
    try:
        with mirror.write() as conn:
            _one_at_a_time(conn)
            found = _revision(conn)
            if found is not None:
                _refuse_newer(found, mirror.engine.url)
            _migrate(conn)
    finally:
        mirror.close()
    return HEAD


def _build(mirror: Mirror) -> None:
    """A new database in one transaction, without the cost of loading the migrations.

    A test proves that this and the migrations make the same schema.
    """
    with mirror.write() as conn:
        _one_at_a_time(conn)
        if _revision(conn) is not None:
            return
        metadata.create_all(conn, checkfirst=False)
        triggers.create(conn)
        conn.execute(
            text(
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
                "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
            )
        )
        conn.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _migrate(conn: Connection) -> None:
    from alembic import command  # slow to load, and needed only when a schema changes
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def _migrations() -> Path:
    """In the wheel they lie beside us, in a checkout at its root."""
    here = Path(__file__).resolve().parents[1]
    for folder in (here / "_migrations", here.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise PromiseBroken(f"no migrations beside {here}: the installation is incomplete")


def _revision(conn: Connection) -> str | None:
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _refuse_newer(found: str, url: URL) -> None:
    if found not in REVISIONS:
        raise SetupWrong(
            f"database {faults.shown(url)} has schema {found}, newer than this program's {HEAD}: "
            "update Tieout, then run `tieout db upgrade`"
        )


def _one_at_a_time(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})


# --- engines ------------------------------------------------------------------


def _engine(database_url: str) -> Engine:
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise SetupWrong(
            "database_url is no database address; write sqlite:///state/tieout.db "
            "or postgresql://user@host/name"
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        return _sqlite(url)
    if url.drivername == "postgresql+psycopg":
        return _postgres(url)
    raise SetupWrong(f"database_url: {url.drivername} is not supported; use sqlite or postgresql")


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        _make_private(Path(url.database))
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(path: Path) -> None:
    """The file holds bank data: it and a folder we make for it are for their owner alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as fault:
        raise CannotStore(f"database {path} cannot be made: {fault.strerror}") from None


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """Our own BEGIN instead of the driver's, and settings under which a commit is on the disk."""
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={_BUSY_SECONDS * 1000}",
        "journal_mode=TRUNCATE",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(conn: Connection) -> None:
    writes = conn.get_execution_options().get("tieout_writes", False)
    conn.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres(url: URL) -> Engine:
    try:
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ImportError:
        raise SetupWrong(
            "database_url names PostgreSQL, but its driver is not installed: "
            "install tieout[postgres]"
        ) from None
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_postgres(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = '{_BUSY_SECONDS}s'")
    connection.execute("SET synchronous_commit = 'on'")
    connection.autocommit = False


def _as_reader(conn: Connection) -> Connection:
    if conn.dialect.name == "sqlite":
        return conn
    return conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _as_writer(conn: Connection) -> Connection:
    return conn.execution_options(tieout_writes=True)
