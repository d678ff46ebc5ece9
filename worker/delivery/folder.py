"""Delivery into a folder: a page is there whole or not at all, and never through a link."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from worker.errors import CannotStore, PromiseBroken, SetupWrong

# Figures are for their owner only.
_FILE_MODE = 0o600
_FOLDER_MODE = 0o700


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Put `content` (text as UTF-8) into `folder` as `name`, whole, in place of an older edition.

    The folder is made where it is missing. Raises CannotStore for a full disk or a folder that
    may not be written to, SetupWrong where the folder or the file is a link: whoever planted it
    would choose what we overwrite.
    """
    if name != os.path.basename(name) or name in ("", ".", "..") or "\0" in name:
        raise PromiseBroken(f"{name!r} is no plain file name")
    data = content.encode() if isinstance(content, str) else content
    try:
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        with _opened(folder) as place:
            _refuse_link(place, folder, name)
            _replace(place, name, data)
    except OSError as failure:
        raise CannotStore(f"cannot write {folder / name}: {_reason(failure)}") from failure
    return folder / name


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """The folder itself, held open, so that it cannot be swapped between two steps."""
    if folder.is_symlink():
        raise SetupWrong(f"{folder} is a link; name the real folder it stands for")
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield place
    finally:
        os.close(place)


def _refuse_link(place: int, folder: Path, name: str) -> None:
    try:
        found = os.stat(name, dir_fd=place, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        what = "a link" if stat.S_ISLNK(found.st_mode) else "not an ordinary file"
        raise SetupWrong(f"{folder / name} is {what}; move it away and run again")


def _replace(place: int, name: str, data: bytes) -> None:
    part = f".{secrets.token_hex(8)}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with open(os.open(part, flags, _FILE_MODE, dir_fd=place), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, name, src_dir_fd=place, dst_dir_fd=place)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part, dir_fd=place)
        raise
    os.fsync(place)


def _reason(failure: OSError) -> str:
    known = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EROFS: "the disk is read-only",
        errno.EACCES: "this user may not write there",
        errno.EPERM: "this user may not write there",
        errno.ENOTDIR: "part of the path is not a folder",
        errno.EEXIST: "part of the path is not a folder",
    }
    return known.get(failure.errno or 0, failure.strerror or "unknown reason")
