"""Under faults at every third write the books end as they do without any: nothing twice or lost."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.stories.demo import Elapsed, time_in_hand
from tests.stories.faulty import WRITE_FAULTS, FaultyTransport
from tests.stories.place import Place, Story, books, ledger, make_shop, make_story, organisation

WRITES, READS = 0.3, 0.01
FAULTY_RUNS, RUNS_MAX = 3, 14
# Longer than the last of the reads that prove an absence has to wait.
BETWEEN_RUNS_SECONDS = 400
STUCK = ("planned", "sending", "unknown")


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return make_story(tmp_path_factory.mktemp("morning"))


@pytest.fixture(scope="module")
def fault_free(morning: Story, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """The books after a day on which nothing went wrong."""
    with time_in_hand() as elapsed:
        place = the_company(morning, tmp_path_factory.mktemp("fault-free"))
        posted = []
        for _ in range(3):
            run = place.told()["organisations"][0]
            posted.append((run["posted"], run["verified"], run["unknown"]))
            elapsed.passes(BETWEEN_RUNS_SECONDS)
    assert posted[0][0] == posted[0][1] > 50
    assert posted[1:] == [(0, 0, 0)] * 2
    return books(place.state / "sandbox.db")


def the_company(morning: Story, root: Path) -> Place:
    place = Place(root / "place")
    place.configure()
    place.state.mkdir()
    shutil.copy(morning.store, place.state / "sandbox.db")
    shutil.copytree(morning.inbox, place.inbox)
    return place


def lived_through(
    seed: int,
    place: Place,
    elapsed: Elapsed,
    expected: list[tuple[Any, ...]],
    *,
    writes: float = WRITES,
) -> list[str]:
    """Runs until nothing is unknown; the faults that happened. Asserts after each run."""
    chance = random.Random(seed)
    real = httpx.WSGITransport
    met: list[FaultyTransport] = []

    def faulty(*, app: Any) -> httpx.BaseTransport:
        share = (writes, READS) if len(met) < FAULTY_RUNS else (0.0, 0.0)
        met.append(FaultyTransport(real(app=app), chance, writes=share[0], reads=share[1]))
        return met[-1]

    def happened() -> list[str]:
        return [fault for transport in met for fault in transport.happened]

    for number in range(RUNS_MAX):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(httpx, "WSGITransport", faulty)
            done = place.run("--run-now", "--json")
        assert done.code in ((0, 1, 75) if number < FAULTY_RUNS else (0,)), (seed, done.err)
        twice = moves(books(place.state / "sandbox.db")) - moves(expected)
        assert not twice, (seed, number, twice, happened())
        (status,) = json.loads(place.run("status", "--json").out)["organisations"]
        waits = sum(status["postings"].get(state, 0) for state in STUCK)
        (run,) = json.loads(done.out)["organisations"]
        if number >= FAULTY_RUNS and not waits and not run["posted"]:
            break
        elapsed.passes(BETWEEN_RUNS_SECONDS)
    else:
        pytest.fail(f"seed {seed}: still waiting after {RUNS_MAX} runs: {status}; {happened()}")
    assert books(place.state / "sandbox.db") == expected, (seed, happened())
    return happened()


def moves(rows: list[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    """What moves money; the rest of the books follows from it."""
    return Counter(row for row in rows if row[0] not in ("invoice", "credit"))


@pytest.mark.parametrize("seed", range(1, 7))
def test_answers_lost_cut_and_refused_leave_the_books_of_a_day_without_faults(
    seed: int,
    morning: Story,
    fault_free: list[tuple[Any, ...]],
    tmp_path: Path,
    elapsed: Elapsed,
) -> None:
    assert lived_through(seed, the_company(morning, tmp_path), elapsed, fault_free)


@pytest.mark.slow
def test_forty_days_of_faults_with_every_kind_of_them(
    morning: Story, fault_free: list[tuple[Any, ...]], tmp_path: Path, elapsed: Elapsed
) -> None:
    met: Counter[str] = Counter()
    for seed in range(101, 141):
        root = tmp_path / str(seed)
        root.mkdir()
        share = WRITES if seed % 4 else 0.8
        place = the_company(morning, root)
        faults = lived_through(seed, place, elapsed, fault_free, writes=share)
        met.update(fault.partition(":")[0] for fault in faults)
        shutil.rmtree(root)
    assert set(met) == set(WRITE_FAULTS)


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("announced", [True, False])
def test_the_minutes_limit_is_waited_for_and_never_called_against(
    tmp_path: Path, elapsed: Elapsed, announced: bool
) -> None:
    """Announced by the headers it is not met at all; met, its Retry-After is kept to the second."""
    place = Place(tmp_path / "place")
    path = make_shop(tmp_path / "shop").put(place)
    calls: list[tuple[float, int, float]] = []

    def now() -> float:
        return time.monotonic() + elapsed.seconds

    def noting(app: Any) -> Callable[..., Any]:
        def answer(environ: dict[str, Any], start: Any) -> Any:
            at = now()

            def noted(status: str, headers: list[tuple[str, str]]) -> Any:
                told = dict(headers)
                if environ["PATH_INFO"].startswith("/api.xro"):
                    calls.append((at, int(status[:3]), float(told.get("Retry-After", 0))))
                kept = [h for h in headers if announced or "Limit-Remaining" not in h[0]]
                return start(status, kept)

            return app(environ, noted)

        return answer

    with ledger(path, noting, minute_limit=9, monotonic=now) as base:
        place.configure(organisation(base))

        (run,) = place.told()["organisations"]

    assert (run["posted"], run["verified"]) == (3, 3)
    refused = [(at, wait) for at, status, wait in calls if status == 429]
    assert bool(refused) is not announced
    for at, wait in refused:
        assert [call for call in calls if at < call[0] < at + wait] == []
