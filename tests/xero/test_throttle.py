"""Each kind of 429 has its own patience, and the shared budget hears of every call."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.xero.desk import NOW, Desk, organisation
from worker.errors import DayLimit, TryLater


def too_many(problem: str | None = None, after: str | None = None) -> httpx.Response:
    headers = {"X-Rate-Limit-Problem": problem, "Retry-After": after}
    return httpx.Response(429, headers={k: v for k, v in headers.items() if v is not None})


@pytest.mark.parametrize(
    ("limit", "wait"),
    [
        (too_many("minute", "12"), 12.5),
        (too_many("Minute", "0"), 1.5),
        (too_many("appminute", "7"), 7.5),
        (too_many("app-minute", "7"), 7.5),
        (too_many("minute"), 16.5),
        (too_many(), 16.5),
        (too_many("minute", "soon"), 16.5),
        (too_many("minute", "nan"), 16.5),
        (too_many("minute", "Tue, 31 Mar 2026 09:00:20 GMT"), 20.5),
        (too_many("concurrent"), 2.5),
        (too_many("concurrent", "3"), 3.0),
    ],
)
def test_a_short_limit_is_waited_out_and_the_call_made_again(
    limit: httpx.Response, wait: float
) -> None:
    desk = Desk(limit, organisation())

    desk.ledger.organisation()

    assert desk.clock.slept == [wait]
    assert len(desk.budget.taken) == 2


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [
        (too_many("day", "66975"), 66975),
        (too_many("day"), 3600),
        (too_many(None, "40000"), 40000),
        (too_many("minute", "1e9"), 604800),
    ],
)
def test_a_day_limit_is_not_slept_through_but_kept_for_every_process(
    limit: httpx.Response, seconds: int
) -> None:
    desk = Desk(limit)

    with pytest.raises(DayLimit) as caught:
        desk.ledger.organisation()

    until = NOW + timedelta(seconds=seconds)
    assert caught.value.until == until
    assert desk.budget.blocked == [until]
    assert desk.clock.slept == []


@pytest.mark.parametrize(("after", "waits"), [("1", 5), ("60", 3)])
def test_patience_ends_after_five_tries_or_four_minutes(after: str, waits: int) -> None:
    desk = Desk(too_many("minute", after), repeats=True)

    with pytest.raises(TryLater) as caught:
        desk.ledger.organisation()

    assert not isinstance(caught.value, DayLimit)
    assert caught.value.retry_after_seconds is not None
    assert len(desk.clock.slept) == waits
    assert sum(desk.clock.slept) <= 240


def test_what_the_ledger_says_is_left_and_the_bytes_read_reach_the_budget() -> None:
    told = organisation()
    told.headers.update({"X-MinLimit-Remaining": "41", "X-DayLimit-Remaining": "many"})
    desk = Desk(told)

    desk.ledger.organisation()

    assert desk.budget.noted == [(41, None, desk.ledger.bytes_read)]
    assert desk.ledger.bytes_read > 100


def test_an_empty_budget_ends_a_call_before_it_is_made() -> None:
    desk = Desk(organisation(), calls_left=0)

    with pytest.raises(DayLimit):
        desk.ledger.organisation()

    assert desk.script.requests == []
    assert desk.ledger.calls == 0


def test_closing_gives_back_leave_and_connections() -> None:
    desk = Desk(organisation())

    desk.ledger.close()

    assert desk.budget.closed
    with pytest.raises(RuntimeError, match="closed"):
        desk.ledger.organisation()
