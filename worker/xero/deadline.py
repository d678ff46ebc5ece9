"""Until when: on the wall clock and on the elapsed one, so that setting a clock changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from worker.books.ports import Clock


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant on both clocks; whichever passes first ends it."""

    clock: Clock
    real: datetime
    monotonic: float

    @classmethod
    def at(cls, instant: datetime, clock: Clock) -> Deadline:
        left = (instant - clock.real()).total_seconds()
        return cls(clock, instant, clock.monotonic() + left)

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Deadline:
        """So long from now, by elapsed time alone: a clock set forward must not end a read."""
        return cls(
            clock, datetime.max.replace(tzinfo=clock.real().tzinfo), clock.monotonic() + seconds
        )

    def left(self) -> float:
        """Seconds left, zero or less when it has passed."""
        by_clock = (self.real - self.clock.real()).total_seconds()
        return min(by_clock, self.monotonic - self.clock.monotonic())
