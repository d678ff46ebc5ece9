"""The call budget: no minute and no day over its limit, over all processes together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.mirror.make import ORG
from worker.errors import DayLimit
from worker.mirror import tables
from worker.mirror.budget import MirrorCallBudget
from worker.mirror.engine import Mirror, open_mirror

START = datetime(2026, 11, 24, 10, 0, 3, tzinfo=UTC)


class Elapsing:
    """A clock that only moves when somebody sleeps."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return datetime(2020, 1, 1, tzinfo=UTC)

    def real(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.at += timedelta(seconds=seconds)


def budget(
    mirror: Mirror, clock: Elapsing, organisation: str = ORG, **limits: int
) -> MirrorCallBudget:
    return MirrorCallBudget(mirror, organisation, clock, sleep=clock.sleep, **limits)


def in_any_minute(calls: list[datetime]) -> int:
    return max(
        sum(1 for other in calls if call <= other < call + timedelta(seconds=60)) for call in calls
    )


@pytest.mark.parametrize("pause_seconds", [0, 0.3, 1.1, 7])
def test_no_minute_holds_more_calls_than_its_limit(mirror: Mirror, pause_seconds: float) -> None:
    clock = Elapsing()
    shared = [budget(mirror, clock), budget(mirror, clock)]
    calls = []
    for number in range(200):
        shared[number % 2].take()
        calls.append(clock.at)
        clock.at += timedelta(seconds=pause_seconds)

    assert in_any_minute(calls) <= 55
    if pause_seconds == 0:
        assert clock.at - START < timedelta(minutes=5)


def test_the_first_calls_of_a_minute_do_not_wait(mirror: Mirror) -> None:
    clock = Elapsing()
    calls = budget(mirror, clock)
    for _ in range(45):
        calls.take()
    calls.close()
    again = budget(mirror, clock)
    for _ in range(10):
        again.take()

    assert clock.at == START


def test_what_a_process_reserved_and_did_not_use_is_given_back(mirror: Mirror) -> None:
    clock = Elapsing()
    for _ in range(11):
        short = budget(mirror, clock)
        short.take()
        short.note(minute_left=None, day_left=None, size=100)
        short.close()
    with mirror.read() as conn:
        stored = conn.execute(select(tables.call_budgets)).one()

    assert (clock.at, stored.day_calls, stored.day_bytes) == (START, 11, 1100)


def test_closing_the_mirror_gives_back_too(mirror_url: str, mirror: Mirror) -> None:
    clock = Elapsing()
    for _ in range(11):
        opened = open_mirror(mirror_url)
        budget(opened, clock).take()
        opened.close()
    with mirror.read() as conn:
        assert conn.execute(select(tables.call_budgets.c.day_calls)).scalar_one() == 11
    assert clock.at == START


def test_reads_leave_the_days_last_calls_to_writes(mirror: Mirror) -> None:
    clock = Elapsing()
    calls = budget(mirror, clock, day_limit=30, reserve=10)
    for _ in range(20):
        calls.take()
    with pytest.raises(DayLimit, match="used up") as caught:
        calls.take()
    for _ in range(10):
        calls.take(writes=True)
    with pytest.raises(DayLimit):
        calls.take(writes=True)

    assert caught.value.until == datetime(2026, 11, 25, tzinfo=UTC)
    clock.at = datetime(2026, 11, 25, 0, 0, 1, tzinfo=UTC)
    calls.take()


def test_what_the_ledger_says_is_left_of_the_day_can_only_lower_it(mirror: Mirror) -> None:
    clock = Elapsing()
    calls = budget(mirror, clock, day_limit=1000, reserve=0)
    calls.take()
    calls.note(minute_left=None, day_left=4999, size=0)
    calls.note(minute_left=None, day_left=3, size=0)
    clock.at += timedelta(seconds=30)
    for _ in range(3):
        calls.take()
    with pytest.raises(DayLimit):
        calls.take()


def test_when_somebody_else_uses_up_the_minute_we_wait_for_the_next(mirror: Mirror) -> None:
    clock = Elapsing()
    calls = budget(mirror, clock)
    calls.take()
    calls.note(minute_left=0, day_left=None, size=0)
    calls.take()

    assert timedelta(seconds=55) <= clock.at - START <= timedelta(seconds=70)


def test_a_long_block_ends_the_day_for_every_process_and_is_never_shortened(
    mirror: Mirror,
) -> None:
    clock = Elapsing()
    calls, other = budget(mirror, clock), budget(mirror, clock)
    until = START + timedelta(hours=5)
    other.take()
    calls.block(until=until)
    calls.block(until=START + timedelta(minutes=1))
    clock.at += timedelta(seconds=10)
    for each in (calls, other):
        with pytest.raises(DayLimit, match="takes no calls before 2026-11-24 15:00") as caught:
            each.take(writes=True)
        assert caught.value.until == until
    clock.at = until
    other.take()


def test_a_short_block_is_waited_for(mirror: Mirror) -> None:
    clock = Elapsing()
    calls = budget(mirror, clock)
    calls.block(until=START + timedelta(seconds=20))
    calls.take()

    assert clock.at == START + timedelta(seconds=20)


def test_a_clock_set_back_does_not_lock_us_out(mirror: Mirror) -> None:
    clock = Elapsing(START + timedelta(hours=1))
    calls = budget(mirror, clock)
    for _ in range(55):
        calls.take()
    clock.at = START
    calls.take()

    assert clock.at == START


def test_each_organisation_has_its_own_budget(mirror: Mirror) -> None:
    clock = Elapsing()
    for name in ("acme", "beta"):
        calls = budget(mirror, clock, name)
        for _ in range(55):
            calls.take()

    assert clock.at == START
