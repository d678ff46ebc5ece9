"""The people around the ledger: who works in Xero between any two calls of a client, by seed.

A person, or Xero's own automatic reconciliation, reconciles statement lines, codes them, edits,
voids, pays, moves lock dates and deletes what a client posted. When somebody acts, and what they
are drawn to, follows from the seed and the number of the call alone; on what, from the books too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from worker.sandbox.bank_feed import Feed, Unequal
from worker.sandbox.errors import ApiError
from worker.sandbox.people_acts import ACTS, Hands
from worker.sandbox.session import Session
from worker.sandbox.store import Store

# How often each act comes up, beside the others.
WEIGHTS = {
    "reconcile": 5,
    "code": 2,
    "edit": 2,
    "pay": 2,
    "void": 1,
    "lock": 1,
    "delete": 1,
    "unreconcile": 1,
}


@dataclass(frozen=True, slots=True)
class Act:
    """Something somebody is about to do before a call; draws in [0, 1) choose on what, and how."""

    call: int
    kind: str
    which: float
    how: float


@dataclass(frozen=True, slots=True)
class ActDone:
    """An act as it went: `told` says what was done, found missing, or why Xero refused it."""

    act: Act
    told: str
    changed: bool

    def __str__(self) -> str:
        return f"before call {self.act.call}, somebody: {self.act.kind}, {self.told}"


def acts_before(
    seed: int, call: int, rate: float, kinds: Iterable[str] = WEIGHTS
) -> tuple[Act, ...]:
    """What happens before one call, counted from 1: nothing, or one act; `rate` in 0 to 1."""
    draws = Random(f"{seed}/people/{call}")  # noqa: S311 - a schedule
    if draws.random() >= rate:
        return ()
    known = [kind for kind in WEIGHTS if kind in set(kinds)]
    kind = draws.choices(known, [WEIGHTS[kind] for kind in known])[0]
    return (Act(call, kind, draws.random(), draws.random()),)


def schedule(seed: int, calls: int, rate: float, kinds: Iterable[str] = WEIGHTS) -> tuple[Act, ...]:
    """Every act before the first `calls` calls."""
    kinds = tuple(kinds)
    found = (acts_before(seed, call, rate, kinds) for call in range(1, calls + 1))
    return tuple(act for acts in found for act in acts)


class People:
    """`app` with people acting in its books before each request; `log` tells what they did.

    Every act is one transaction through the operations the API uses, under the same rules: what
    Xero refuses leaves no trace. Raises ValueError for a rate outside 0 to 1 or an unknown kind.
    """

    def __init__(
        self,
        app: WSGIApplication,
        store: Store,
        *,
        now: Callable[[], datetime],
        seed: int,
        rate: float,
        kinds: Iterable[str] = WEIGHTS,
        tell: Callable[[ActDone], object] | None = None,
    ) -> None:
        self._kinds = tuple(kinds)
        unknown = set(self._kinds) - ACTS.keys()
        if unknown or not self._kinds or not 0 <= rate <= 1:
            raise ValueError(f"acts {sorted(unknown)} unknown, or rate {rate} outside 0 to 1")
        self._app = app
        self._store = store
        self._now = now
        self._tell = tell
        self._count = 0
        self._lock = threading.Lock()
        self.seed = seed
        self.rate = rate
        self.feed = Feed(store)
        self.log: list[ActDone] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one WSGI request, after what people did before it."""
        with self._lock:
            self._count += 1
            call = self._count
        for act in acts_before(self.seed, call, self.rate, self._kinds):
            self.do(act)
        return self._app(environ, start_response)

    def do(self, act: Act) -> ActDone:
        """Do one act now; raises AssertionError when the ledger would not balance."""
        try:
            with self._store.transaction():
                told = ACTS[act.kind](self._hands(), act.which, act.how)
        except (ApiError, Unequal) as refused:
            done = ActDone(act, f"refused: {_messages(refused)}", False)
        else:
            done = ActDone(act, told or "found nothing to do", bool(told))
        self.log.append(done)
        if self._tell is not None:
            self._tell(done)
        return done

    def finish(self) -> list[str]:
        """Go through every open line as a bookkeeper would at month end: reconcile, else code.

        Returns one sentence for each line, also for those Xero would not let be coded.
        """
        told = []
        for line in self.feed.lines(open_only=True, until=self._hands().session.today):
            try:
                with self._store.transaction():
                    hands = self._hands()
                    told.append(hands.reconcile_line(line) or hands.code_line(line, 0.0))
            except (ApiError, Unequal) as refused:
                told.append(f"line {line.id} refused: {_messages(refused)}")
        return told

    def _hands(self) -> Hands:
        return Hands(Session(self._store, self._now), self.feed)

    def __str__(self) -> str:
        """The seed and how often, for whoever has to replay it."""
        return f"people by seed {self.seed}: somebody acts before {self.rate * 100:g} % of calls"


def _messages(refused: ApiError | Unequal) -> str:
    if isinstance(refused, Unequal) or isinstance(refused.body, str):
        return str(refused)
    elements = refused.body.get("Elements") or [refused.body]
    errors = [error for element in elements for error in element.get("ValidationErrors") or ()]
    return "; ".join(error["Message"] for error in errors) or str(refused)
