"""The sandbox behind a bad network: a WSGI app around the true one that does what `Faults` drew.

Without rates a request passes untouched. A connection that must be cut leaves as `Cut`, which the
socket server (serve.py) turns into a closed socket and a test's transport into its client's errors.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from worker.sandbox.faults import (
    CONDITIONS,
    LATENCY_SECONDS_MAX,
    SKEW_SECONDS_MAX,
    STALE_SECONDS_MAX,
    Asked,
    Cut,
    Done,
    Fault,
    Faults,
)
from worker.sandbox.faults_books import Past, Scans, forget_keys
from worker.sandbox.faults_wire import HTML, JSON, Exchange, Reply, broken, problem
from worker.sandbox.store import Store
from worker.sandbox.wire import dumps

OTHER_NAME = "Someone Else Ltd"
_PAGE = b"<!DOCTYPE html><html><body><h1>We will be back shortly</h1></body></html>"
_WINDOWS = {"429-minute": 60, "429-day": 86_400}
_NAMING = ("/organisation", "/organisations", "/connections")
_SEES_BODY = ("page-drift", "organisation-swap", "cut-json")


class ServerClock:
    """The server's business clock, which a fault may set off; give it to `SandboxApp` as `now`."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return self._now() + self.offset


class FaultyApp:
    """`app` with the faults of a schedule; requests are numbered from 1 in the order they come.

    `log` tells each fault done; a call made before a Retry-After had passed is told as "too-early",
    a write that reached the swapped organisation as "organisation-swap". `monotonic` is elapsed
    seconds, `sleep` waits out latency, `tell` hears of each fault at once. `clock` is the one the
    app runs on: without it skew shows in the Date header alone.
    """

    def __init__(
        self,
        app: WSGIApplication,
        store: Store,
        faults: Faults,
        *,
        clock: ServerClock,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        tell: Callable[[Done], object] | None = None,
    ) -> None:
        self._app = app
        self._store = store
        self._faults = faults
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._tell = tell
        self._past = Past(store, monotonic) if "stale-read" in faults else None
        self._scans = Scans(store)
        self._dead_tokens: set[str] = set()
        self._quiet_until = 0.0
        self._count = 0
        self._lock = threading.Lock()
        self.swapped = False
        self.log: list[Done] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one WSGI request; raises Cut where the connection must end instead."""
        if not self._faults:
            return self._app(environ, start_response)
        reply = self._answer(Exchange(environ, self._next(environ)))
        start_response(reply.status, list(reply.headers))
        return [reply.body]

    def _next(self, environ: WSGIEnvironment) -> Asked:
        with self._lock:
            self._count += 1
            return Asked(
                self._count,
                str(environ["REQUEST_METHOD"]).upper(),
                str(environ.get("PATH_INFO") or "/"),
                str(environ.get("QUERY_STRING") or ""),
                bool(environ.get("HTTP_IDEMPOTENCY_KEY")),
            )

    def _note(self, asked: Asked, kind: str, detail: str = "") -> None:
        done = Done(asked.number, kind, asked.method, asked.path, detail)
        self.log.append(done)
        if self._tell is not None:
            self._tell(done)

    def _answer(self, exchange: Exchange) -> Reply:
        asked = exchange.asked
        if asked.api and self._monotonic() < self._quiet_until:
            self._note(asked, "too-early")
        if self._past is not None:
            self._past.tick()
        faults = self._faults.on(asked)
        if any(kind in self._faults for kind in _SEES_BODY) or faults:
            exchange.environ.pop("HTTP_ACCEPT_ENCODING", None)
        twice, lag = False, 0.0
        for fault in faults:
            if fault.kind in CONDITIONS:
                self._condition(fault, exchange)
                twice = twice or fault.kind == "duplicate"
                lag = fault.draw * STALE_SECONDS_MAX if fault.kind == "stale-read" else lag
        ending = next((fault for fault in faults if fault.kind not in CONDITIONS), None)
        reply = self._refused(exchange, ending)
        if reply is None:
            reply = self._reached(exchange, lag)
            if twice:
                self._reached(exchange, lag)
            if ending is not None:
                reply = self._spoiled(asked, ending, reply)
        if self._clock.offset:
            stamped = format_datetime(self._clock(), usegmt=True)
            reply = Reply(reply.status, (*reply.headers, ("Date", stamped)), reply.body)
        return reply

    def _condition(self, fault: Fault, exchange: Exchange) -> None:
        """Prepare what a request meets; `stale-read` happens where the books are read."""
        asked, detail = exchange.asked, ""
        if fault.kind == "latency":
            seconds = fault.draw * LATENCY_SECONDS_MAX
            detail = f"{seconds:.2f} s"
            self._sleep(seconds)
        elif fault.kind == "clock-skew":
            self._clock.offset = timedelta(seconds=round((fault.draw * 2 - 1) * SKEW_SECONDS_MAX))
            detail = f"{self._clock.offset.total_seconds():+.0f} s"
        elif fault.kind == "key-amnesia":
            count = forget_keys(self._store)
            if not count:
                return
            detail = f"{count} keys forgotten"
        elif fault.kind == "organisation-swap":
            if self.swapped:
                return
            self.swapped = True
        elif fault.kind == "page-drift":
            detail = self._scans.touch(exchange.scan, self._clock())
            if not detail:
                return
        elif fault.kind == "page-ignored":
            exchange.ask_page(1)
        elif fault.kind == "stale-read":
            return
        self._note(asked, fault.kind, detail)

    def _refused(self, exchange: Exchange, ending: Fault | None) -> Reply | None:
        """The answer of a request that never gets as far as the books; raises Cut."""
        asked, kind = exchange.asked, "" if ending is None else ending.kind
        token = str(exchange.environ.get("HTTP_AUTHORIZATION") or "")
        if kind == "token-expiry" and token:
            self._dead_tokens.add(token)
            self._note(asked, kind)
        if asked.api and token in self._dead_tokens:
            return problem(401, "Unauthorized", "TokenExpired: token expired")
        if ending is not None and kind.startswith("429-"):
            return self._too_many(asked, ending)
        if not kind.endswith("-before"):
            return None
        self._note(asked, kind)
        return broken(kind)

    def _too_many(self, asked: Asked, fault: Fault) -> Reply:
        short = fault.kind.removeprefix("429-")
        headers = [("X-Rate-Limit-Problem", short), ("Content-Type", JSON)]
        detail = ""
        if fault.kind in _WINDOWS:
            seconds = 1 + int(fault.draw * _WINDOWS[fault.kind])
            left = {"minute": "Min", "day": "Day"}[short]
            headers.append((f"X-{left}Limit-Remaining", "0"))
            headers.append(("Retry-After", str(seconds)))
            self._quiet_until = max(self._quiet_until, self._monotonic() + seconds)
            detail = f"Retry-After {seconds}"
        self._note(asked, fault.kind, detail)
        return Reply("429 Too Many Requests", tuple(headers), b"").with_body(b"")

    def _reached(self, exchange: Exchange, lag: float) -> Reply:
        """What the sandbox answers, behind a swapped connection where it is."""
        asked = exchange.asked
        real = str(self._store.organisation()["OrganisationID"])
        other = str(uuid5(NAMESPACE_URL, f"another organisation than {real}"))
        named = exchange.environ.get("HTTP_XERO_TENANT_ID")
        environ: dict[str, Any] = {}
        if self.swapped and named and asked.api:
            if str(named).strip().lower() != other:
                return problem(403, "Forbidden", "AuthenticationUnsuccessful")
            environ["HTTP_XERO_TENANT_ID"] = real
        if lag and self._past is not None:
            reply, changed = self._past.answer(lag, lambda: exchange.send(self._app, environ))
            if changed:
                self._note(asked, "stale-read", f"{lag:.0f} s behind, {changed} records differ")
        else:
            reply = exchange.send(self._app, environ)
        if asked.page is not None and "page-drift" in self._faults:
            self._scans.note(exchange.scan, asked.path, reply.body)
        if not self.swapped:
            return reply
        if asked.writes and reply.status.startswith("2"):
            self._note(asked, "organisation-swap", "a write reached the other organisation")
        if asked.path.lower().rstrip("/").endswith(_NAMING):
            name = dumps(str(self._store.organisation().get("Name")))
            body = reply.body.replace(real.encode(), other.encode())
            reply = reply.with_body(body.replace(name.encode(), dumps(OTHER_NAME).encode()))
        return reply

    def _spoiled(self, asked: Asked, fault: Fault, reply: Reply) -> Reply:
        """What becomes of an answer on its way back; raises Cut."""
        if fault.kind not in ("truncate", "cut-json", "html") and not fault.kind.endswith("-after"):
            return reply
        if fault.kind in ("truncate", "cut-json") and len(reply.body) < 2:
            return reply
        self._note(asked, fault.kind, f"the sandbox answered {reply.status}")
        part = reply.body[: 1 + int(fault.draw * (len(reply.body) - 1))]
        if fault.kind == "truncate":
            raise Cut("truncate", reply.status, reply.headers, part)
        if fault.kind == "cut-json":
            return reply.with_body(part)
        if fault.kind == "html":
            return Reply("200 OK", (("Content-Type", HTML),), b"").with_body(_PAGE)
        return broken(fault.kind)
