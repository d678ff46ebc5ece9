"""The gate for statement files: one file becomes one Statement, or is refused as a whole."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

from worker.bank.balances import movement
from worker.bank.csv_profile import CsvProfile
from worker.bank.csv_reader import read_csv
from worker.bank.identify import sniff
from worker.bank.ofx import read_ofx
from worker.bank.profiles import shipped
from worker.bank.source import Source
from worker.books.records import Statement
from worker.errors import BadInput, NoInput

BYTES_MAX = 64 * 1024 * 1024

# A format that can be read is one row here.
READERS: Mapping[str, Callable[[Source], Statement]] = {"csv": read_csv, "ofx": read_ofx}

_KNOWN = {
    "camt053": "CAMT.053",
    "camt052": "CAMT.052",
    "camt054": "CAMT.054",
    "mt940": "MT940",
    "mt942": "MT942",
    "qif": "QIF",
}
_OFX_SUFFIXES = (".ofx", ".qfx")


def read_statement(
    path: Path,
    *,
    account_code: str,
    currency: str | None,
    profile: Any,
    today: date,
    account_number: str = "",
) -> Statement:
    """One statement file, read completely, its lines in booking order and their sum proved.

    `profile` says how a CSV file is written: plain values, a dataclass with the same fields, or
    the name of a shipped profile; None: a shipped one whose header the file has. `currency` is the
    account's ISO code, None where unknown; `account_number` its number at the bank, to choose
    among a file's accounts and to refuse another account's file. Only regular files up to 64 MiB
    are opened, and the format is judged by the content. Raises NoInput for a missing file,
    BadInput (file, line, what is wrong, the mend) for one that is not sure in every part,
    SetupWrong for a profile that cannot be used with any file.
    """
    source = Source(
        file=path.name,
        data=statement_bytes(path),
        account_code=account_code,
        today=today,
        currency=currency.upper() if currency else None,
        account_number=account_number,
        profile=_profile(profile),
    )
    statement = READERS[_format(source, path.suffix.lower())](source)
    _adds_up(source, statement)
    return statement


def _profile(given: Any) -> CsvProfile | None:
    if given is None or isinstance(given, CsvProfile):
        return given
    if isinstance(given, str):
        return shipped(given)
    if is_dataclass(given) and not isinstance(given, type):
        given = asdict(given)
    return CsvProfile.of(given)


def statement_bytes(path: Path) -> bytes:
    """The content of a regular file up to 64 MiB; a link, device or pipe is not opened.

    Raises NoInput for a missing file, BadInput for one that cannot be a statement.
    """
    try:
        # O_NONBLOCK: opening a pipe must not wait for its writer.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise NoInput(f"{path} is not there") from None
    except OSError as fault:
        what = "is a link; name the file itself" if fault.errno == errno.ELOOP else fault.strerror
        raise BadInput(f"{path.name}: {what}") from None
    except ValueError:
        raise NoInput(f"{path.name!r} is no file name") from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise BadInput(f"{path.name}: is not a regular file")
        with open(handle, "rb", closefd=False) as file:
            data = file.read(BYTES_MAX + 1)
    finally:
        os.close(handle)
    if len(data) > BYTES_MAX:
        raise BadInput(f"{path.name}: is larger than 64 MiB; export shorter periods")
    if not data.strip(b" \t\r\n\x00\x1a\xef\xbb\xbf\xff\xfe"):
        raise BadInput(f"{path.name}: is empty; export the statement again")
    return data


def _format(source: Source, suffix: str) -> str:
    found = sniff(source.data)
    if found in READERS and not (found == "csv" and suffix in _OFX_SUFFIXES):
        return found
    if found == "csv":
        raise source.refusal("is named OFX, but holds no <OFX> element; export it again")
    if found in _KNOWN:
        raise source.refusal(f"Tieout does not read {_KNOWN[found]} yet; export CSV or OFX")
    article = "an" if found.startswith("X") else "a"
    raise source.refusal(f"is {article} {found} file, not a statement; export CSV or OFX")


def _adds_up(source: Source, statement: Statement) -> None:
    if statement.opening is None or statement.closing is None:
        return
    ends = statement.opening + movement(statement.lines)
    if ends != statement.closing:
        raise source.refusal(
            f"opening {statement.opening} and its lines lead to {ends}, but it closes with"
            f" {statement.closing}; a line is missing, or altered"
        )
