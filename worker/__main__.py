"""`tieout` and `python -m worker`: run one command, end in one sentence and the right exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from worker import __version__
from worker.errors import CannotStore, PromiseBroken, TieoutError

INTERRUPTED = 130
PIPE_CLOSED = 141

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
_NO_ROOM_SQLITE = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR")
_NO_ROOM_POSTGRES = "53100"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code (design: 0, 1, 2, 65-78, 130, 141).

    An unexpected failure leaves its traceback in the state folder; on stderr with TIEOUT_LOG=debug,
    or where there is no state folder to write to.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # Asked by scripts at every start, so it must not wait for anything to load.
        code = _version() if words[:1] == ["--version"] else _command(words)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        _say("stopped by hand; the next run goes on from here")
        return INTERRUPTED
    except BrokenPipeError:
        _drop_stdout()
        return PIPE_CLOSED
    except PromiseBroken as error:
        _say(f"this is our bug: {error}{_keep_traceback(error, words)}")
        return error.exit_code
    except TieoutError as error:
        _say(str(error))
        return error.exit_code
    except Exception as error:
        return _unexpected(error, words)


def _version() -> int:
    print(f"tieout {__version__}")
    return 0


def _command(words: list[str]) -> int:
    import click

    from worker.cli import main as command

    try:
        result = command.main(words, prog_name="tieout", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    return result if isinstance(result, int) else 0


def _unexpected(error: Exception, words: list[str]) -> int:
    for cause in _causes(error):
        if _is_no_room(cause):
            _drop_stdout()
            where = getattr(cause, "filename", None)
            about = getattr(cause, "strerror", None) or str(cause).splitlines()[0]
            _say(f"cannot read or write{f' {where}' if where else ''}: {about}")
            return CannotStore.exit_code
    _say(f"this is our bug: {type(error).__name__}: {error}{_keep_traceback(error, words)}")
    return PromiseBroken.exit_code


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from; libraries wrap the one that says most."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__


def _is_no_room(error: BaseException) -> bool:
    sqlite_name = str(getattr(error, "sqlite_errorname", ""))
    return (
        (isinstance(error, OSError) and error.errno in _NO_ROOM)
        or sqlite_name.startswith(_NO_ROOM_SQLITE)
        or getattr(error, "sqlstate", None) == _NO_ROOM_POSTGRES
    )


def _keep_traceback(error: BaseException, words: list[str]) -> str:
    """Where the traceback went, as the end of a sentence."""
    import traceback

    text = "".join(traceback.format_exception(error))
    if os.environ.get("TIEOUT_LOG") != "debug":
        try:
            folder = _state_dir(words)
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"crash-{os.getpid()}.txt"
            file.write_text(text, "utf-8", errors="backslashreplace")
        except (OSError, TieoutError):
            pass
        else:
            return f" (traceback in {file})"
    sys.stderr.write(text)
    return ""


def _state_dir(words: list[str]) -> Path:
    from worker.config import load

    named = words[words.index("--config") + 1 :][:1] if "--config" in words else []
    return load(Path(named[0]) if named else None, os.environ).state_dir


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _drop_stdout() -> None:
    """Nobody reads it, or it cannot be written: keep Python from trying again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    sys.exit(main())
