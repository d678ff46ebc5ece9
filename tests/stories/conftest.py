"""Whole days, lived once per process and looked at by many tests."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.openapi import Judged
from tests.stories.demo import Demo, Elapsed, time_in_hand
from tests.stories.lived import Lived, live
from worker.sandbox.app import SandboxApp


@pytest.fixture(autouse=True)
def held_to_xeros_file(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every request to a sandbox in this process, and every answer, is as Xero's file says.

    Where that file is not beside the project nothing is judged (tests/openapi.py).
    """
    answer = SandboxApp.__call__
    faults: set[str] = set()

    def judged(app: SandboxApp, environ: Any, start: Any) -> Any:
        judge = Judged(functools.partial(answer, app))
        body = judge(environ, start)
        faults.update(judge.faults)
        return body

    monkeypatch.setattr(SandboxApp, "__call__", judged)
    yield
    assert not faults, sorted(faults)


@pytest.fixture
def elapsed() -> Iterator[Elapsed]:
    with time_in_hand() as found:
        yield found


@pytest.fixture(scope="session")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a company where nothing was done yet; only ever copied."""
    home = tmp_path_factory.mktemp("morning-")
    with time_in_hand() as elapsed:
        Demo(home, elapsed)
    return home


@pytest.fixture(scope="session")
def evening(morning: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder after a run with every account in auto; only ever copied."""
    home = shutil.copytree(morning, tmp_path_factory.mktemp("evening-"), dirs_exist_ok=True)
    with time_in_hand() as elapsed:
        assert Demo(home, elapsed).run().posted > 50
    return home


@pytest.fixture
def demo(morning: Path, tmp_path: Path, elapsed: Elapsed) -> Demo:
    """The company on the last day of March, before anything was done."""
    return Demo(shutil.copytree(morning, tmp_path, dirs_exist_ok=True), elapsed)


@pytest.fixture
def demo_after_a_run(evening: Path, tmp_path: Path, elapsed: Elapsed) -> Demo:
    return Demo(shutil.copytree(evening, tmp_path, dirs_exist_ok=True), elapsed)


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, str], Lived]:
    """Two runs of the story of a seed on a day, and what they left; each is lived once."""
    known: dict[tuple[int, str], Lived] = {}

    def of(seed: int, now: str) -> Lived:
        if (seed, now) not in known:
            known[seed, now] = live(tmp_path_factory.mktemp(f"seed{seed}-"), seed, now)
        return known[seed, now]

    return of
