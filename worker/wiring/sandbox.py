"""The sandbox put in Xero's place: in this process for the demo, or served on loopback."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

import httpx

from worker.books.ports import Clock
from worker.config import (
    WRITE_SCOPES,
    AccountConfig,
    Config,
    CsvColumns,
    CsvProfile,
    DiscountConfig,
    OrganisationConfig,
    Secret,
    XeroConfig,
)
from worker.errors import NoInput, SetupWrong
from worker.mirror.engine import open_mirror
from worker.mirror.organisations import forget
from worker.sandbox.app import SandboxApp
from worker.sandbox.bank_feed_files import write_lines
from worker.sandbox.books import dump_folder
from worker.sandbox.check import check
from worker.sandbox.demo import SEED, open_books, open_demo, remove
from worker.sandbox.faults import KINDS, Faults, Share
from worker.sandbox.faults_app import FaultyApp, ServerClock
from worker.sandbox.people import People
from worker.sandbox.readings import READINGS, from_words
from worker.sandbox.serve import serve
from worker.sandbox.statements import CSV_PROFILE
from worker.sandbox.store import Store
from worker.sandbox.story import DISCOUNT
from worker.sandbox.wire import record_day

SANDBOX_NAME = "sandbox"
FAULT_KINDS: Mapping[str, str] = KINDS
READING_NAMES: Mapping[str, str] = READINGS
readings_of = from_words
_BASE = "http://sandbox"


def builtin(config: Config, clock: Clock) -> tuple[OrganisationConfig, httpx.Client]:
    """The demo organisation as configuration, and a client that reaches it in this process."""
    store = _demo(_path(config), clock, inbox=config.inbox_dir)
    app = SandboxApp(store, now=clock.now, monotonic=clock.monotonic)
    http = httpx.Client(transport=httpx.WSGITransport(app=app))
    columns = CsvColumns(**CSV_PROFILE["columns"])
    rest = {key: value for key, value in CSV_PROFILE.items() if key != "columns"}
    wanted = OrganisationConfig(
        name=SANDBOX_NAME,
        xero=XeroConfig(
            client_id="sandbox",
            client_secret=Secret.literal("sandbox"),
            base_url=_BASE,
            token_url=f"{_BASE}/connect/token",
            scopes=WRITE_SCOPES,
        ),
        accounts=(
            AccountConfig(
                code="090", currency="GBP", csv=CsvProfile(columns=columns, **rest), mode="auto"
            ),
            AccountConfig(code="091", currency="GBP", mode="auto"),
            AccountConfig(code="092", currency="GBP", kind="card", mode="auto"),
        ),
        inbox_dir=config.inbox_dir,
        rules_dir=_rules_dir(config),
        matching=config.matching,
        posting=config.posting,
        roles=config.roles,
        discounts=config.discounts or (DiscountConfig(**DISCOUNT),),
        tax_filed_through=config.tax_filed_through or _locked_through(store),
    )
    return wanted, http


def _rules_dir(config: Config) -> Path:
    """The owner's rules; where there is no such folder, the examples that travel in the wheel."""
    shipped = Path(__file__).parents[1] / "_rules"
    return shipped if shipped.is_dir() and not config.rules_dir.is_dir() else config.rules_dir


def _locked_through(store: Store) -> date | None:
    """The demo company has filed as far as its books are locked."""
    return record_day(store.organisation(), "PeriodLockDate")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a served sandbox does to its clients, all of it by `seed`.

    `faults` are rates by kind (`FAULT_KINDS` explains them), on all requests or a `share` of them;
    `people` is how often somebody acts in the books before a call. Rates lie between 0 and 1.
    """

    seed: int
    faults: Mapping[str, float]
    people: float = 0
    share: Share = "all"


@dataclass(frozen=True, slots=True)
class Served:
    """What a person who wants to reach the served sandbox must know."""

    base_url: str
    token_url: str
    notes: tuple[str, ...]


def serve_sandbox(
    config: Config,
    clock: Clock,
    *,
    books: Path | None,
    port: int,
    seed: int | None,
    minute_limit: int,
    day_limit: int,
    trouble: Trouble,
    readings: Mapping[str, Any],
    paranoid: bool,
    ready: Callable[[Served], None],
    tell: Callable[[str], None],
) -> None:
    """Serve the demo organisation, or a folder's books, on loopback until stopped.

    `tell` hears of each fault, of each thing people did, and of what the sandbox logs, as it
    happens. `paranoid` proves the books after every write.
    """
    store, notes = _opened(config, clock, books, seed)
    server_clock = ServerClock(clock.now)
    app = SandboxApp(
        store,
        now=server_clock,
        monotonic=clock.monotonic,
        minute_limit=minute_limit,
        day_limit=day_limit,
        paranoid=paranoid,
        **readings,
    )
    telling = _Telling(tell)
    logging.getLogger(SandboxApp.__module__).addHandler(telling)
    around, promised = _troubled(app, store, server_clock, clock, trouble, tell)

    def started(bound: int) -> None:
        base = f"http://127.0.0.1:{bound}"
        ready(Served(base, f"{base}/connect/token", (*notes, *promised)))

    try:
        serve(around, "127.0.0.1", port, ready=started)
    finally:
        logging.getLogger(SandboxApp.__module__).removeHandler(telling)
        store.close()


class _Telling(logging.Handler):
    """What the sandbox logs, told to whoever serves it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one line."""
        self._tell(record.getMessage())


def _troubled(
    app: SandboxApp,
    store: Store,
    server_clock: ServerClock,
    clock: Clock,
    trouble: Trouble,
    tell: Callable[[str], None],
) -> tuple[WSGIApplication, list[str]]:
    """The app behind its faults and among its people, and sentences on what they will do."""
    around: WSGIApplication = app
    promised = []
    faults = Faults(trouble.seed, trouble.faults, share=trouble.share)
    if faults:
        around = FaultyApp(
            around,
            store,
            faults,
            clock=server_clock,
            monotonic=clock.monotonic,
            tell=lambda done: tell(str(done)),
        )
        promised = [str(faults), *(f"{kind}: {FAULT_KINDS[kind]}" for kind in faults.rates)]
    if trouble.people:
        around = people = People(
            around,
            store,
            now=server_clock,
            seed=trouble.seed,
            rate=trouble.people,
            tell=lambda done: tell(str(done)),
        )
        promised.append(str(people))
    return around, promised


def dump_sandbox(config: Config, clock: Clock, folder: Path) -> None:
    """Write the sandbox's books as a folder of Xero-shaped JSON; the same books, the same bytes."""
    store, _ = _opened(config, clock, None, None)
    try:
        dump_folder(store, folder)
        write_lines(store, folder)
    finally:
        store.close()


def check_sandbox(config: Config, clock: Clock, books: Path | None) -> list[str]:
    """What does not add up in the sandbox's own ledger, in sentences; empty when all does."""
    if books is not None and not books.is_dir():
        raise NoInput(f"{books}: no such folder")
    store, notes = _opened(config, clock, books, None)
    try:
        return [*notes, *check(store)]
    finally:
        store.close()


def reset_sandbox(config: Config) -> None:
    """Forget the sandbox: its books, its statement files, and what the mirror knows of it.

    Only the built-in organisation is touched; the next run makes a new one.
    """
    remove(_path(config))
    for other in config.state_dir.glob("sandbox-*.db"):
        remove(other)
    for code in ("090", "091", "092"):
        for folder in (config.inbox_dir / code, config.inbox_dir / code / "done"):
            for path in folder.glob("*"):
                if path.is_file() and path.suffix in (".csv", ".ofx"):
                    path.unlink()
    mirror = open_mirror(config.database_url)
    try:
        with mirror.write() as conn:
            forget(conn, SANDBOX_NAME)
    finally:
        mirror.close()


def _opened(
    config: Config, clock: Clock, books: Path | None, seed: int | None
) -> tuple[Store, list[str]]:
    if books is not None:
        if not books.is_dir():
            raise NoInput(f"{books}: no such folder")
        return open_books(config.state_dir / "sandbox-books.db", books)
    if seed is not None and seed != SEED:
        path = config.state_dir / f"sandbox-{seed}.db"
        return _demo(path, clock, seed=seed), []
    return _demo(_path(config), clock, inbox=config.inbox_dir), []


def _demo(path: Path, clock: Clock, *, seed: int = SEED, inbox: Path | None = None) -> Store:
    """The demo books at `path`; raises SetupWrong for those of another version."""
    try:
        return open_demo(path, now=clock.now, seed=seed, inbox=inbox)
    except ValueError as other:
        raise SetupWrong(str(other)) from None


def _path(config: Config) -> Path:
    return config.state_dir / "sandbox.db"
