"""One lived day: the company before, two runs of the worker, and the company after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from tests.stories.demo import Demo, Json, time_in_hand
from worker.books.intents import Intent
from worker.jobs.run_once import OrganisationRun
from worker.sandbox.app import SandboxApp
from worker.sandbox.store import Store
from worker.sandbox.story import Story

# A month's end, New Year's Day, a leap day, the last half hour of a year, a Sunday, a new tax year.
DAYS = [
    (1, "2026-03-31T09:00:00+00:00"),
    (3, "2027-01-01T09:00:00+00:00"),
    (2, "2024-02-29T09:00:00+00:00"),
    (6, "2025-12-31T23:30:00+00:00"),
    (7, "2026-08-02T09:00:00+00:00"),
    (99, "2023-04-06T06:00:00+00:00"),
]


@dataclass(frozen=True)
class Lived:
    """What two runs in a row did on one day, and the books before and after them."""

    seed: int
    now: str
    home: Path
    story: Story
    before: Mapping[str, set[str]]
    """Ids of what moved money before the first run, by kind."""
    first: OrganisationRun
    second: OrganisationRun
    calls: tuple[int, int]
    """API calls the sandbox answered in each run, token not counted."""
    decisions: Mapping[str, Json]
    """After the first run, by the bank's reference of the line."""
    intents: tuple[Intent, ...]
    after: Mapping[str, set[str]]
    """As `before`, after the first run."""
    at_last: Mapping[str, set[str]]
    """As `before`, after the second."""

    @property
    def books(self) -> Path:
        return self.home / "state" / "sandbox.db"

    def store(self) -> Store:
        return Store(self.books)


def live(home: Path, seed: int, now: str, database: str = "") -> Lived:
    """Tell the story of the seed on that day and let the worker do it twice."""
    asked = 0
    answer = SandboxApp.__call__

    def counted(app: SandboxApp, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        nonlocal asked
        asked += environ["PATH_INFO"].startswith("/api.xro/")
        return answer(app, environ, start)

    with time_in_hand() as elapsed, pytest.MonkeyPatch.context() as patch:
        patch.setattr(SandboxApp, "__call__", counted)
        demo = Demo(home, elapsed, now=now, seed=seed, database=database)
        before = demo.written()
        first = demo.run()
        calls = [asked]
        after = demo.written()
        decisions, intents = demo.decisions(), demo.intents()
        asked = 0
        second = demo.run()
        calls.append(asked)
        return Lived(
            seed=seed,
            now=now,
            home=home,
            story=demo.story,
            before=before,
            first=first,
            second=second,
            calls=(calls[0], calls[1]),
            decisions=decisions,
            intents=intents,
            after=after,
            at_last=demo.written(),
        )
