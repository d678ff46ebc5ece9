"""What can go wrong between a client and Xero, drawn from a seed: the same seed, the same faults.

Each kind has a draw of its own for each request, so that one more kind leaves the others where
they were. How often is a rate between 0 and 1 per request it could touch. A request can be met by
several conditions (a slow answer from stale books) but by one ending only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal
from urllib.parse import parse_qs

CONDITIONS: dict[str, str] = {
    "latency": "the answer comes late, by up to two seconds",
    "clock-skew": "the server's clock is up to ten minutes off from here on",
    "key-amnesia": "idempotency keys are forgotten before a keyed write",
    "organisation-swap": "the same credentials open another organisation, for good",
    "stale-read": "a read shows records of up to two minutes ago",
    "page-drift": "an edit moves the rows behind it up a page, mid-scan",
    "page-ignored": "a list answers its first page, whichever was asked for",
    "duplicate": "the request arrives twice; the first answer comes back",
}
ENDINGS: dict[str, str] = {
    "token-expiry": "the token is worth nothing: 401 until a new one is got",
    "429-minute": "minute limit; Retry-After up to 60 seconds",
    "429-day": "day limit; Retry-After up to a day",
    "429-concurrent": "too many calls at once; no Retry-After",
    "429-appminute": "minute limit of the whole app; no Retry-After",
    "500-before": "500, and nothing was done",
    "503-before": "503 in HTML, and nothing was done",
    "timeout-before": "no answer ever comes, and nothing was done",
    "drop-before": "the connection closes unanswered, and nothing was done",
    "500-after": "500, but it was done",
    "503-after": "503 in HTML, but it was done",
    "timeout-after": "no answer ever comes, but it was done",
    "drop-after": "the connection closes unanswered, but it was done",
    "truncate": "done; the connection closes in the middle of the answer",
    "cut-json": "done; the answer is whole for HTTP, its JSON breaks off",
    "html": "done; the answer is 200 with a page of HTML",
}
KINDS: dict[str, str] = {**CONDITIONS, **ENDINGS}

Share = Literal["all", "reads", "writes"]
SKEW_SECONDS_MAX = 600
STALE_SECONDS_MAX = 120.0
LATENCY_SECONDS_MAX = 2.0
_PAGED = ("page-drift", "page-ignored")
_GATE = ("token-expiry", "429-minute", "429-day", "429-concurrent", "429-appminute", "stale-read")


class Cut(Exception):
    """What WSGI cannot say: the connection ends here. Whoever owns the connection must end it.

    `how` is "drop" (close, no answer), "hang" (never answer) or "truncate": send the status and the
    headers, which promise more than `body` holds, then `body`, then close.
    """

    def __init__(
        self,
        how: Literal["drop", "hang", "truncate"],
        status: str = "",
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> None:
        super().__init__(how)
        self.how = how
        self.status = status
        self.headers = headers
        self.body = body


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as far as a fault looks at it."""

    number: int
    method: str
    path: str
    query: str = ""
    keyed: bool = False

    @property
    def api(self) -> bool:
        return self.path.lower().startswith("/api.xro/")

    @property
    def writes(self) -> bool:
        return self.api and self.method != "GET"

    @property
    def page(self) -> int | None:
        """The page a list is asked for; None when it is asked for none."""
        named = {name.lower(): values[-1] for name, values in parse_qs(self.query).items()}
        text = named.get("page", "")
        reads = self.api and self.method == "GET"
        return int(text) if reads and text.isascii() and text.isdigit() else None


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault to be done to a request; `draw` in [0, 1) decides its size."""

    kind: str
    draw: float


@dataclass(frozen=True, slots=True)
class Done:
    """One fault as it was done: to which request, counted from 1, and what that meant."""

    number: int
    kind: str
    method: str
    path: str
    detail: str = ""

    def __str__(self) -> str:
        tail = f": {self.detail}" if self.detail else ""
        return f"call {self.number} {self.method} {self.path}: {self.kind}{tail}"


class Faults:
    """A schedule of faults: pure, decided by the seed, the rates and the request alone.

    `share` limits all rates to reads or to writes. Raises ValueError for an unknown kind, naming
    the known ones, and for a rate outside 0 to 1.
    """

    def __init__(self, seed: int, rates: Mapping[str, float], *, share: Share = "all") -> None:
        for kind, rate in rates.items():
            if kind not in KINDS:
                raise ValueError(f"{kind} is no kind of fault; known are {', '.join(KINDS)}")
            if not 0 <= rate <= 1:
                raise ValueError(f"the rate of {kind} is {rate}; it lies between 0 and 1")
        self.seed = seed
        self.share: Share = share
        # In the order of the tables, whatever order the caller named them in.
        self.rates = {kind: rates[kind] for kind in KINDS if rates.get(kind)}

    def __contains__(self, kind: str) -> bool:
        return kind in self.rates

    def __bool__(self) -> bool:
        return bool(self.rates)

    def on(self, asked: Asked) -> tuple[Fault, ...]:
        """The faults that meet one request: any conditions, then at most one ending."""
        if self.share != "all" and asked.writes != (self.share == "writes"):
            return ()
        found = []
        for kind, rate in self.rates.items():
            if not _touches(kind, asked):
                continue
            draws = Random(f"{self.seed}/{kind}/{asked.number}")  # noqa: S311 - a schedule
            if draws.random() < rate:
                found.append(Fault(kind, draws.random()))
                if kind in ENDINGS:
                    break
        return tuple(found)

    def __str__(self) -> str:
        """The seed and what it will do, for whoever has to replay it."""
        if not self.rates:
            return "no faults"
        kinds = ", ".join(f"{kind} {rate * 100:g} %" for kind, rate in self.rates.items())
        where = "" if self.share == "all" else f" of {self.share}"
        return f"faults by seed {self.seed}{where}: {kinds}"


def _touches(kind: str, asked: Asked) -> bool:
    """Whether a kind of fault can happen to such a request at all."""
    if kind in _PAGED:
        return asked.page is not None and asked.page > 1
    if kind == "stale-read":
        return asked.api and asked.method == "GET"
    if kind == "key-amnesia":
        return asked.writes and asked.keyed
    return asked.api or kind not in _GATE
