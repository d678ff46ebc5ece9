"""Xero's call limits (fact sheet 2.1) and the life of an idempotency key (section 3).

Windows are fixed and run on real elapsed time, never on business time.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import ceil

from worker.sandbox.errors import ApiError
from worker.sandbox.store import Store
from worker.sandbox.wire import dumps, loads

MINUTE, DAY = 60.0, 86_400.0
APP_MINUTE_LIMIT = 10_000
KEY_LENGTH_MAX = 128


class Limiter:
    """Counts calls of one organisation in fixed windows; the caller counts as in flight."""

    def __init__(
        self, monotonic: Callable[[], float], *, minute: int, day: int, concurrent: int
    ) -> None:
        self._monotonic = monotonic
        self._limits = {"minute": (MINUTE, minute), "day": (DAY, day)}
        self._concurrent = concurrent
        self._starts = dict.fromkeys(self._limits, monotonic())
        self._used = dict.fromkeys(self._limits, 0)
        self._flying = 0
        self._lock = threading.Lock()

    def _roll(self) -> None:
        now = self._monotonic()
        for name, (seconds, _) in self._limits.items():
            passed = now - self._starts[name]
            if passed >= seconds or passed < 0:
                self._starts[name] = now - (passed % seconds if passed > 0 else 0)
                self._used[name] = 0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count one call; raises ApiError 429 naming the limit that is used up."""
        with self._lock:
            self._roll()
            for name, (seconds, limit) in self._limits.items():
                if self._used[name] >= limit:
                    wait = self._starts[name] + seconds - self._monotonic()
                    raise _too_many(name, max(1, ceil(wait)))
            if self._flying >= self._concurrent:
                raise _too_many("concurrent", None)
            self._flying += 1
            for name in self._used:
                self._used[name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._flying -= 1

    def headers(self) -> dict[str, str]:
        """What is left, as every answer tells it."""
        with self._lock:
            self._roll()
            left = {n: max(0, limit - self._used[n]) for n, (_, limit) in self._limits.items()}
        return {
            "X-MinLimit-Remaining": str(left["minute"]),
            "X-DayLimit-Remaining": str(left["day"]),
            "X-AppMinLimit-Remaining": str(APP_MINUTE_LIMIT - self._used["minute"]),
        }


def _too_many(problem: str, seconds: int | None) -> ApiError:
    headers = {"X-Rate-Limit-Problem": problem}
    if seconds is not None:
        headers["Retry-After"] = str(seconds)
    return ApiError(429, "", headers)


def check_key(key: str) -> None:
    """Refuse an Idempotency-Key Xero would refuse; raises ApiError 400."""
    if not key.strip() or len(key) > KEY_LENGTH_MAX:
        raise ApiError(
            400,
            {
                "Type": "ValidationException",
                "Title": "BadRequest",
                "Detail": "The Idempotency-Key header must hold 1 to 128 characters",
            },
        )


def request_mark(method: str, path: str, query: str, body: bytes) -> str:
    """What makes two requests the same request."""
    head = f"{method} {path}?{query}\n".encode()
    return hashlib.sha256(head + body).hexdigest()


class Keys:
    """First answers by idempotency key, kept with the books for `seconds` from the first call.

    A monotonic clock that went backwards (the machine restarted) has forgotten its keys.
    """

    def __init__(self, store: Store, monotonic: Callable[[], float], seconds: float) -> None:
        self._store = store
        self._monotonic = monotonic
        self._seconds = seconds

    def recall(self, key: str, mark: str) -> tuple[int, dict[str, str], bytes] | None:
        """The first answer to a key still alive; raises ApiError 400 for another request."""
        now = self._monotonic()
        self._store.rows(
            "DELETE FROM idempotency WHERE first_call <= ? OR first_call > ?",
            (now - self._seconds, now),
        )
        found = self._store.rows(
            "SELECT request, status, headers, body FROM idempotency WHERE key = ?", (key,)
        )
        if not found:
            return None
        request, status, headers, body = found[0]
        if request != mark:
            raise ApiError(
                400,
                {
                    "Type": "ValidationException",
                    "Title": "BadRequest",
                    "Detail": "The Idempotency-Key has been used with a different request",
                },
            )
        return status, loads(headers), body

    def keep(
        self, key: str, mark: str, status: int, headers: Mapping[str, str], body: bytes
    ) -> None:
        """Keep an answer under its key."""
        self._store.rows(
            "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?)",
            (key, mark, self._monotonic(), status, dumps(dict(headers)), body),
        )
