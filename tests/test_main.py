"""However a command ends, it ends in one sentence and its exit code."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import click
import pytest

from worker import __version__, errors
from worker.__main__ import main

ROOT = Path(__file__).parents[1]


@pytest.fixture
def end_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[BaseException], None]:
    """Puts a command line of one command, `end`, in place, which raises what this is given."""
    monkeypatch.setenv("TIEOUT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    raised: list[BaseException] = []

    @click.group()
    def command() -> None: ...

    @command.command()
    def end() -> None:
        if raised:
            raise raised[0]

    module = ModuleType("worker.cli")
    module.main = command  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "worker.cli", module)
    return raised.append


def wrapped(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


def full_disk() -> sqlite3.Error:
    """What SQLite raises when it may not write a page more."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("PRAGMA max_page_count = 1")
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    except sqlite3.Error as error:
        return error
    finally:
        connection.close()
    raise AssertionError("the page limit did not hold")


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (errors.TryLater("busy"), 75, "busy"),
        (errors.DayLimit("no calls left today"), 69, "no calls left today"),
        (errors.BadInput("a.csv:3: no date"), 65, "a.csv:3: no date"),
        (errors.NoInput("a.csv is not there"), 66, "a.csv is not there"),
        (errors.SetupWrong("two\nfaults"), 78, "two\nfaults"),
        (errors.Unauthorised("wrong scope"), 77, "wrong scope"),
        (errors.CannotStore("disk full"), 74, "disk full"),
        (KeyboardInterrupt(), 130, "stopped by hand; the next run goes on from here"),
        (
            OSError(errno.ENOSPC, "No space left on device", "x.db"),
            74,
            "cannot read or write x.db: No space left on device",
        ),
        (
            wrapped(RuntimeError("while saving"), OSError(errno.EROFS, "Read-only file system")),
            74,
            "cannot read or write: Read-only file system",
        ),
        (
            wrapped(RuntimeError("while saving"), full_disk()),
            74,
            "cannot read or write: database or disk is full",
        ),
    ],
)
def test_an_error_ends_in_its_code_and_sentence(
    end_with: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    sentence: str,
) -> None:
    end_with(error)

    assert main(["end"]) == code
    out, err = capsys.readouterr()
    assert (out, err.lstrip("\n")) == ("", f"{sentence}\n")


@pytest.mark.parametrize("error", [ValueError("odd"), errors.PromiseBroken("odd")])
def test_a_bug_leaves_its_traceback_in_the_state_folder(
    end_with: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    error: Exception,
) -> None:
    end_with(error)

    assert main(["end"]) == 70
    (left,) = (tmp_path / "state").iterdir()
    said = capsys.readouterr().err
    assert said.startswith("this is our bug: ")
    assert said.endswith(f"odd (traceback in {left})\n")
    assert "Traceback" in left.read_text()


def test_a_bugs_traceback_goes_to_stderr_on_request(
    end_with: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("TIEOUT_LOG", "debug")
    end_with(ValueError("odd"))

    assert main(["end"]) == 70
    assert "Traceback" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("words", [["nonsense"], ["end", "--nonsense"], ["--nonsense"]])
def test_wrong_words_end_in_two(
    end_with: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(words) == 2
    assert "nonsense" in capsys.readouterr().err


def test_a_command_that_ends_well_ends_in_zero(end_with: Callable[[BaseException], None]) -> None:
    assert main(["end"]) == 0


def test_the_version_is_told_before_anything_heavy_loads() -> None:
    code = (
        "import sys; from worker.__main__ import main; main(['--version']); "
        "print(*sorted({n.split('.')[0] for n in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    first, loaded = done.stdout.decode().splitlines()

    assert first == f"tieout {__version__}"
    assert {"click", "yaml", "sqlalchemy", "httpx", "rich"} & set(loaded.split()) == set()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(("out", "code"), [("/dev/full", 74), (os.devnull, 0)])
def test_a_result_that_cannot_be_written_is_no_success(out: str, code: int) -> None:
    with open(out, "w") as file:
        done = subprocess.run(
            [sys.executable, "-m", "worker", "--version"],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.PIPE,
        )

    assert done.returncode == code
    assert b"Traceback" not in done.stderr


def test_a_reader_that_leaves_early_is_no_bug() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "worker", "--version"],
        cwd=ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
    )
    os.close(write)

    assert (done.returncode, done.stderr) == (141, b"")
