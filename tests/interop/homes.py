"""Where other people's clients live: each installed alone, once, under `.cache/interop`.

Nothing of them is a dependency of ours. A test whose client cannot be installed here is skipped
with the installer's own words.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CLIENTS = HERE / "clients"
CACHE = HERE.parents[1] / ".cache" / "interop"
INSTALL_SECONDS = 600
RUN_SECONDS = 300


def python_of(client: str) -> str:
    """The interpreter of a virtual environment that holds the pinned packages of a client."""
    pins = HERE / "pins" / f"{client}.txt"

    def install(home: Path) -> None:
        run([sys.executable, "-m", "venv", str(home)], INSTALL_SECONDS)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-q", "--retries", "1"]
        run([*pip, "-r", str(pins)], INSTALL_SECONDS)

    mark = f"{sys.version_info[:2]}{pins.read_text('utf-8')}"
    return str(_home(client, mark, install) / "bin" / "python")


def node_modules_of(client: str) -> Path:
    """A folder of Node packages as pinned for a client; Node 18 or later is the machine's."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip(f"{client} needs Node and npm, which are not here")
    pins = HERE / "pins" / f"{client}.json"

    def install(home: Path) -> None:
        home.mkdir(parents=True)
        shutil.copy(pins, home / "package.json")
        words = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--prefix"]
        run([*words, str(home)], INSTALL_SECONDS)

    return _home(client, pins.read_text("utf-8"), install) / "node_modules"


def _home(client: str, mark: str, install: Callable[[Path], None]) -> Path:
    """The client's folder, made when it is not whole yet; one process at a time."""
    digest = hashlib.sha256(mark.encode()).hexdigest()[:12]
    home = CACHE / f"{client}-{digest}"
    whole = home / "whole"
    with _alone(client):
        if not whole.exists():
            shutil.rmtree(home, ignore_errors=True)
            try:
                install(home)
            except (subprocess.SubprocessError, OSError) as reason:
                words = str(getattr(reason, "stderr", None) or reason).strip().splitlines()
                pytest.skip(f"{client} cannot be installed here: {words[-1] if words else reason}")
            whole.touch()
    return home


@contextmanager
def _alone(client: str) -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{client}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(
    words: Sequence[str],
    seconds: float = RUN_SECONDS,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """What a program says; raises CalledProcessError with its complaints when it fails."""
    done = subprocess.run(
        list(words),
        env={**os.environ, **(environ or {})},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        raise subprocess.CalledProcessError(done.returncode, words, done.stdout, done.stderr)
    return done.stdout


def calls_of(client: str, script: str, base: str) -> dict[str, Any]:
    """What each call of a runner said, by its name; a call that failed fails here in its words."""
    try:
        told = run([python_of(client), str(CLIENTS / script), base])
    except subprocess.CalledProcessError as broken:
        pytest.fail(f"{script} ended early\n{broken.stdout}\n{broken.stderr}")
    steps = [json.loads(line) for line in told.splitlines()]
    wrong = [f"{step['call']}: {step['wrong']}" for step in steps if "wrong" in step]
    assert not wrong, "\n\n".join(wrong)
    return {step["call"]: step["said"] for step in steps}
