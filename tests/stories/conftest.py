"""Whole days, lived once per process and looked at by many tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stories.demo import Demo, Elapsed, time_in_hand
from tests.stories.lived import Lived, live


@pytest.fixture
def elapsed() -> Iterator[Elapsed]:
    with time_in_hand() as found:
        yield found


@pytest.fixture
def demo(tmp_path: Path, elapsed: Elapsed) -> Demo:
    """The company on the last day of March, before anything was done."""
    return Demo(tmp_path, elapsed)


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, str], Lived]:
    """Two runs of the story of a seed on a day, and what they left; each is lived once."""
    known: dict[tuple[int, str], Lived] = {}

    def of(seed: int, now: str) -> Lived:
        if (seed, now) not in known:
            known[seed, now] = live(tmp_path_factory.mktemp(f"seed{seed}-"), seed, now)
        return known[seed, now]

    return of
