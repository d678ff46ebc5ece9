"""A page is in its folder whole or not at all, and never through a link."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from worker.delivery import folder
from worker.errors import CannotStore, PromiseBroken, SetupWrong


def test_a_page_is_written_with_its_folder_for_its_owner_only(tmp_path: Path) -> None:
    out = tmp_path / "out" / "acme"
    written = folder.write(out, "digest-2026-03.html", "<p>£ Zoë</p>")

    assert written == out / "digest-2026-03.html"
    assert written.read_text(encoding="utf-8") == "<p>£ Zoë</p>"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert stat.S_IMODE(out.stat().st_mode) == 0o700


def test_an_older_edition_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    folder.write(tmp_path, "a.txt", "a much longer first edition")
    folder.write(tmp_path, "a.txt", b"second")

    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"second"


def test_a_file_that_is_a_link_is_refused_and_its_target_untouched(tmp_path: Path) -> None:
    target = tmp_path / "secret"
    target.write_text("keep")
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.txt").symlink_to(target)

    with pytest.raises(SetupWrong, match="a link"):
        folder.write(out, "a.txt", "overwritten")
    assert target.read_text() == "keep"


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_that_is_a_link_is_refused(tmp_path: Path, exists: bool) -> None:
    real = tmp_path / "real"
    if exists:
        real.mkdir()
    (tmp_path / "out").symlink_to(real)

    with pytest.raises(SetupWrong):
        folder.write(tmp_path / "out", "a.txt", "x")
    assert not (real / "a.txt").exists()


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()

    with pytest.raises(SetupWrong, match="not an ordinary file"):
        folder.write(tmp_path, "a.txt", "x")


def test_a_file_in_the_place_of_the_folder_cannot_be_stored_into(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")

    with pytest.raises(CannotStore, match="not a folder"):
        folder.write(tmp_path / "out", "a.txt", "x")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "../a", "a\0b"])
def test_only_a_plain_name_is_a_file_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(PromiseBroken):
        folder.write(tmp_path, name, "x")


@pytest.mark.parametrize(
    ("step", "code", "told"),
    [
        ("fsync", errno.ENOSPC, "the disk is full"),
        ("fsync", errno.EDQUOT, "quota"),
        ("open", errno.EROFS, "read-only"),
        ("replace", errno.EACCES, "may not write"),
        ("fsync", errno.EIO, "Input/output error"),
    ],
)
def test_a_disk_that_fails_leaves_the_older_edition_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, code: int, told: str
) -> None:
    folder.write(tmp_path, "a.txt", "first")
    real = getattr(os, step)

    def fails(*args: object, **named: object) -> object:
        if step == "open" and not named.get("dir_fd"):
            return real(*args, **named)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, step, fails)
    with pytest.raises(CannotStore, match=told) as caught:
        folder.write(tmp_path, "a.txt", "second")
    monkeypatch.undo()

    assert caught.value.exit_code == 74
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "first"
