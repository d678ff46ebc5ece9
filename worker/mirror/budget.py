"""An organisation's share of the ledger's rate limits, in one row that every process sees."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select, update

from worker.books.ports import Clock
from worker.errors import DayLimit, TieoutError
from worker.mirror.engine import Mirror
from worker.mirror.rows import add_new
from worker.mirror.tables import call_budgets

log = logging.getLogger(__name__)

# Calls are counted in the slot they are made in; any minute lies within this many slots.
SLOT_SECONDS = 5
_SLOTS = 60 // SLOT_SECONDS + 1
# Reserved at once, so that few transactions are needed; what a slot leaves over is given back.
_BLOCK = 10
# A shorter block than this is the minute limit's own: it is waited for.
_WAIT_MAX = timedelta(seconds=65)
# A person at a terminal is told of any longer silence.
_TOLD_FROM_SECONDS = 3.0


class MirrorCallBudget:
    """Implements worker.books.ports.CallBudget for one organisation.

    Never lets more than `minute_limit` calls begin in any 60 seconds, nor `day_limit` in a UTC day,
    over all processes together; reads leave the day's last `reserve` calls to writes. What the
    ledger's headers say can only lower that.
    """

    def __init__(
        self,
        mirror: Mirror,
        organisation: str,
        clock: Clock,
        *,
        minute_limit: int = 55,
        day_limit: int = 1000,
        reserve: int = 100,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._mirror = mirror
        self._organisation = organisation
        self._clock = clock
        self._minute_limit = minute_limit
        self._day_limit = day_limit
        self._reserve = reserve
        self._sleep = sleep
        self._lock = threading.Lock()
        self._left = 0
        self._slot = 0
        self._noted_minute_left: int | None = None
        self._noted_day_left: int | None = None
        self._bytes = 0
        mirror.at_close(self._close_quietly)

    def take(self, *, writes: bool = False) -> None:
        """Wait for leave to make one call and take it; DayLimit when there is none today."""
        while True:
            with self._lock:
                now = self._clock.real()
                if self._left == 0 or self._slot != _slot(now):
                    wait = self._reserve_block(now, writes)
                    if wait is None:
                        continue
                else:
                    self._left -= 1
                    return
            if wait > _TOLD_FROM_SECONDS:
                log.warning("waiting %.0f s for the ledger's limit of calls a minute", wait)
            self._sleep(wait)

    def note(self, *, minute_left: int | None, day_left: int | None, size: int) -> None:
        """What the ledger's headers say is left, and the bytes read; stored with the next block."""
        with self._lock:
            self._bytes += size
            if minute_left is not None:
                self._noted_minute_left = minute_left
                self._left = max(0, min(self._left, minute_left))
            if day_left is not None:
                self._noted_day_left = day_left

    def block(self, *, until: datetime) -> None:
        """Nothing is called before `until`, by any process; a later block is never shortened."""
        with self._lock, self._mirror.write() as conn:
            row = self._row(conn, self._clock.real())
            if row.blocked_until is None or row.blocked_until < until:
                self._store(conn, blocked_until=until)
            self._left = 0

    def close(self) -> None:
        """Give back what was reserved and not used, and store what was noted.

        Closing the mirror does it too.
        """
        with self._lock:
            if not (self._left or self._bytes):
                return
            now = self._clock.real()
            with self._mirror.write() as conn:
                row = self._row(conn, now)
                slots = self._given_back(row.slots, now)
                self._store(
                    conn,
                    slots=json.dumps(slots),
                    day_calls=max(0, row.day_calls - self._left),
                    day_bytes=row.day_bytes + self._bytes,
                )
            self._left = self._bytes = 0

    def _close_quietly(self) -> None:
        # What cannot be given back now is free again within the minute: no reason to fail a run.
        with contextlib.suppress(TieoutError):
            self.close()

    def _reserve_block(self, now: datetime, writes: bool) -> float | None:
        """Reserve calls in the current slot; None when that worked, else seconds to wait."""
        with self._mirror.write() as conn:
            row = self._row(conn, now)
            slots = self._given_back(row.slots, now)
            day_calls = max(0, row.day_calls - self._left)
            day_bytes = row.day_bytes + self._bytes
            self._left = self._bytes = 0
            if self._noted_day_left is not None:
                day_calls = max(day_calls, self._day_limit - self._noted_day_left)
            free = self._minute_limit - sum(slots.values())
            if self._noted_minute_left is not None and self._noted_minute_left < free:
                # Somebody else calls too: count theirs as ours, for the minute they stand.
                slots[_slot(now)] = slots.get(_slot(now), 0) + free - self._noted_minute_left
                free = self._noted_minute_left
            self._noted_minute_left = self._noted_day_left = None
            today = self._day_limit - day_calls - (0 if writes else self._reserve)
            granted = max(0, min(_BLOCK, free, today))
            if row.blocked_until is not None and row.blocked_until > now:
                granted = 0
            if granted:
                slots[_slot(now)] = slots.get(_slot(now), 0) + granted
            self._store(
                conn,
                slots=json.dumps(slots),
                day_calls=day_calls + granted,
                day_bytes=day_bytes,
            )
        if granted:
            self._left, self._slot = granted, _slot(now)
            return None
        return self._seconds_to_wait(row.blocked_until, today, slots, now)

    def _seconds_to_wait(
        self, blocked_until: datetime | None, today: int, slots: dict[int, int], now: datetime
    ) -> float:
        if blocked_until is not None and blocked_until > now:
            if blocked_until - now > _WAIT_MAX:
                raise DayLimit(
                    "the day's API calls are used up; the ledger takes no calls before "
                    f"{blocked_until:%Y-%m-%d %H:%M} UTC",
                    until=blocked_until,
                )
            return (blocked_until - now).total_seconds()
        if today <= 0:
            midnight = datetime.combine(
                now.astimezone(UTC).date() + timedelta(days=1), datetime.min.time(), UTC
            )
            raise DayLimit(
                f"today's {self._day_limit} API calls are used up, apart from "
                f"the {self._reserve} kept for postings",
                until=midnight,
            )
        oldest = min(slot for slot, calls in slots.items() if calls)
        return max(0.05, (oldest + _SLOTS) * SLOT_SECONDS - now.timestamp())

    def _given_back(self, stored: str, now: datetime) -> dict[int, int]:
        """The slots of the last minute, without the calls we reserved and did not make."""
        slots = {int(slot): calls for slot, calls in json.loads(stored).items()}
        if self._left and self._slot in slots:
            slots[self._slot] = max(0, slots[self._slot] - self._left)
        # A slot ahead of the clock is one that was set back: it would block for as long.
        current = _slot(now)
        return {s: calls for s, calls in slots.items() if current - _SLOTS < s <= current and calls}

    def _row(self, conn: Connection, now: datetime):  # type: ignore[no-untyped-def]
        t = call_budgets.c
        today = now.astimezone(UTC).date()
        fresh = {"day": today, "day_calls": 0, "day_bytes": 0}
        add_new(conn, call_budgets, {"organisation": self._organisation, "slots": "{}", **fresh})
        mine = t.organisation == self._organisation
        row = conn.execute(select(call_budgets).where(mine).with_for_update()).one()
        if row.day == today:
            return row
        self._store(conn, **fresh)
        return conn.execute(select(call_budgets).where(mine)).one()

    def _store(self, conn: Connection, **values: object) -> None:
        mine = call_budgets.c.organisation == self._organisation
        conn.execute(update(call_budgets).where(mine).values(**values))


def _slot(now: datetime) -> int:
    return math.floor(now.timestamp()) // SLOT_SECONDS
