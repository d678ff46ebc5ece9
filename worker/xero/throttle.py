"""How fast the ledger may be asked: a few calls at once, the shared budget, patience at a 429.

Limits and headers: fact sheet 2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import BoundedSemaphore

from worker.books.ports import CallBudget, Clock
from worker.errors import DayLimit, TryLater

# Xero allows five; one is left for a person's other tools.
IN_FLIGHT_MAX = 4
RETRIES_MAX = 5
WAIT_SECONDS_MAX = 240.0
# No window but the day's is longer than a minute, so a longer wait means the day is used up.
_DAY_SECONDS = 300.0
_DAY_UNSTATED_SECONDS = 3600.0
_MINUTE_UNSTATED_SECONDS = 15.0


class Patience:
    """How long one request has already waited at 429s."""

    def __init__(self, wait_seconds_max: float = WAIT_SECONDS_MAX) -> None:
        self.tries = 0
        self.waited = 0.0
        self.wait_seconds_max = wait_seconds_max


class Throttle:
    """Leave to call, taken before every call and every retry."""

    def __init__(self, budget: CallBudget, clock: Clock, jitter: Callable[[], float]) -> None:
        """`jitter` returns a number from 0 up to 1."""
        self._budget = budget
        self._clock = clock
        self._jitter = jitter
        self._slots = BoundedSemaphore(IN_FLIGHT_MAX)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """One of the places in flight; waits for a free one."""
        with self._slots:
            yield

    def take(self, *, writes: bool) -> None:
        """One call off the organisation's budget; raises DayLimit when none is left today."""
        self._budget.take(writes=writes)

    def note(self, headers: Mapping[str, str], size: int) -> None:
        """Tell the budget what the ledger says is left, and the bytes read."""
        self._budget.note(
            minute_left=_whole(headers.get("x-minlimit-remaining")),
            day_left=_whole(headers.get("x-daylimit-remaining")),
            size=size,
        )

    def pause(self, headers: Mapping[str, str], patience: Patience) -> float:
        """Seconds to wait at a 429 before asking again.

        Raises DayLimit (and blocks the budget) when the day is used up, TryLater when this request
        has waited long enough.
        """
        asked = _seconds(headers.get("retry-after"), self._clock.real())
        problem = headers.get("x-rate-limit-problem", "").strip().lower()
        if problem == "day" or (asked is not None and asked > _DAY_SECONDS):
            wait = _DAY_UNSTATED_SECONDS if asked is None else asked
            until = self._clock.real() + timedelta(seconds=wait)
            self._budget.block(until=until)
            raise DayLimit(
                f"the day's API calls are used up; the next may go at {until:%Y-%m-%d %H:%M} UTC",
                until=until,
            )
        if problem == "concurrent":
            seconds = max(asked or 0.0, 1 + 3 * self._jitter())
        elif asked is None:
            seconds = _MINUTE_UNSTATED_SECONDS + 3 * self._jitter()
        else:
            seconds = max(asked, 1.0) + self._jitter()
        patience.tries += 1
        if patience.tries > RETRIES_MAX or patience.waited + seconds > patience.wait_seconds_max:
            raise TryLater(
                f"Xero limits the calls ({problem or 'minute'}) and asks to wait",
                retry_after_seconds=seconds,
            )
        patience.waited += seconds
        return seconds


def _whole(text: str | None) -> int | None:
    try:
        return max(int(text or ""), 0)
    except ValueError:
        return None


def _seconds(text: str | None, now: datetime) -> float | None:
    """Retry-After in seconds, whether it is written as seconds or as a date."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (TypeError, ValueError):
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    # A week is more than any window; also keeps out infinity and "not a number".
    return min(max(seconds, 0.0), 604800.0) if seconds == seconds else None
