"""The built-in company with a worker of its own, a person in its books, and time that can pass."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from worker.actions.decision_json import decision_json
from worker.books.intents import TRANSITIONS, Intent
from worker.config import load
from worker.jobs.run_once import JOBS, OrganisationRun
from worker.jobs.setup import Setup
from worker.mirror import outbox
from worker.sandbox.app import SandboxApp
from worker.sandbox.demo import open_demo
from worker.sandbox.store import Store
from worker.sandbox.story import Story, Truth, build
from worker.wiring import Worker, open_worker
from worker.wiring.clock import SystemClock

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-03-31T09:00:00Z"
API = "/api.xro/2.0"
Json = dict[str, Any]


@dataclass
class Elapsed:
    """Real time as the worker sees it: the machine's, and what has been let pass beside it."""

    seconds: float = 0.0

    def passes(self, seconds: float) -> None:
        self.seconds += seconds


@contextmanager
def time_in_hand() -> Iterator[Elapsed]:
    """Elapsed time can be moved ahead; whoever sleeps only moves it."""
    elapsed = Elapsed()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            SystemClock,
            "real",
            lambda _self: datetime.now(UTC) + timedelta(seconds=elapsed.seconds),
        )
        patch.setattr(SystemClock, "monotonic", lambda _self: time.monotonic() + elapsed.seconds)
        patch.setattr(time, "sleep", elapsed.passes)
        yield elapsed


class Demo:
    """A folder with the company's books and statement files; a worker is opened for each act."""

    def __init__(
        self, home: Path, elapsed: Elapsed, *, now: str = NOW, seed: int = 1, database: str = ""
    ) -> None:
        self.home = home
        self.elapsed = elapsed
        self.seed = seed
        self.now = datetime.fromisoformat(now)
        self.environ = environment(home, now)
        if database:
            self.environ["TIEOUT_DATABASE_URL"] = database
        self.books = home / "state" / "sandbox.db"
        self.inbox = home / "inbox"
        open_demo(self.books, now=lambda: self.now, seed=seed, inbox=self.inbox).close()
        self.wanted: dict[str, Any] = {}
        """Fields of every Setup that this company's owner wants otherwise."""
        self.modes: dict[str, str] = {}
        """By account code, where not auto."""
        self.sources: dict[str, str] = {}
        """By account code, where not statement files."""

    @contextmanager
    def worker(self, ledger: Callable[[Any], Any] | None = None) -> Iterator[Worker]:
        """The worker on this company; a minute has passed since it was opened last."""
        self.elapsed.passes(61)
        opened = open_worker(load(self.home / "config.yaml", self.environ), self.environ)
        opened.setups = tuple(self._as_wanted(setup, ledger) for setup in opened.setups)
        try:
            yield opened
        finally:
            opened.close()

    def _as_wanted(self, setup: Setup, ledger: Callable[[Any], Any] | None) -> Setup:
        accounts = tuple(
            replace(
                account,
                mode=self.modes.get(account.code, account.mode),  # type: ignore[arg-type]
                source=self.sources.get(account.code, account.source),
            )
            for account in setup.accounts
        )
        return replace(
            setup,
            accounts=accounts,
            ledger=ledger(setup.ledger) if ledger else setup.ledger,
            **self.wanted,
        )

    def run(
        self,
        *jobs: str,
        dry_run: bool = False,
        ledger: Callable[[Any], Any] | None = None,
    ) -> OrganisationRun:
        """One run, all jobs or these; a fault of the run is raised here."""
        with self.worker(ledger) as worker:
            _, (run,) = worker.run_once(jobs=jobs or JOBS, dry_run=dry_run)
        if run.error is not None:
            raise run.error
        return run

    def decisions(self) -> dict[str, Json]:
        """What was decided about each line, by the bank's own reference, as `decisions --json`."""
        with self.worker() as worker:
            return {
                each.line.bank_reference: decision_json(each.decision, each.line)
                for each in worker.decisions()
            }

    def decision_on(self, kind: str) -> Json:
        """The decision on the story's first line of this kind."""
        return self.decisions()[self.about(kind)[0]]

    def intents(self) -> tuple[Intent, ...]:
        with self.worker() as worker, worker.mirror.read() as conn:
            (setup,) = worker.setups
            return outbox.open_intents(conn, setup.name, states=tuple(TRANSITIONS))  # type: ignore[arg-type]

    @contextmanager
    def in_the_books(self) -> Iterator[Store]:
        """The sandbox's own store, to be read, or changed behind everybody's back."""
        store = Store(self.books)
        try:
            yield store
        finally:
            store.close()

    def written(self) -> dict[str, set[str]]:
        """Ids of everything in the ledger that moves money, by kind."""
        with self.in_the_books() as store:
            return {kind: ids_of(store, kind) for kind in MOVES_MONEY}

    @property
    def story(self) -> Story:
        return told(self.seed, self.now.date())

    def about(self, kind: str) -> tuple[str, Truth]:
        """(the bank's reference, the truth) of the story's first line of this kind."""
        return next((ref, t) for ref, t in self.story.truths.items() if t.kind == kind)

    def number(self, kind: str) -> str:
        """The number of the document that the first line of this kind is about."""
        return self.about(kind)[1].documents[0][0]

    def last_entry(self) -> int:
        """Grows with whatever is written to the ledger, by anybody."""
        with self.in_the_books() as store:
            return store.last_line()

    def person(self) -> Person:
        return Person(self)

    def document(self, number: str) -> Json:
        with self.in_the_books() as store:
            return document(store, number)


class Person:
    """Somebody at work in the same books, through the same API."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo

    def put(self, kind: str, record: Mapping[str, Any]) -> Json:
        """Make one record; it must be taken."""
        written: Json = self._ask("PUT", kind, {kind: [dict(record)]})[kind][0]
        return written

    def deletes_payment(self, payment_id: str) -> None:
        self._ask("POST", f"Payments/{payment_id}", {"Status": "DELETED"})

    def _ask(self, method: str, path: str, body: Json) -> Json:
        with self.demo.in_the_books() as store:
            app = SandboxApp(store, now=lambda: self.demo.now, minute_limit=10**6)
            with httpx.Client(
                transport=httpx.WSGITransport(app=app),
                base_url="http://sandbox",
                headers={"Accept": "application/json"},
            ) as client:
                form = {"grant_type": "client_credentials"}
                reply = client.post("/connect/token", data=form, auth=("sandbox", "sandbox"))
                client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
                reply = client.request(method, f"{API}/{path}", json=body)
                assert reply.status_code == 200, reply.text
                answer: Json = reply.json()
                return answer

    def pays(self, number: str, amount: str, day: str) -> Json:
        invoice = {"InvoiceID": self.demo.document(number)["InvoiceID"]}
        return self.put(
            "Payments",
            {"Invoice": invoice, "Account": {"Code": "090"}, "Date": day, "Amount": float(amount)},
        )

    def enters(self, amount: str, day: str, contact: str, *, out: bool = False) -> Json:
        """Cash typed in by hand, straight to sales or to general expenses."""
        line = {
            "Description": "by hand",
            "LineAmount": float(amount),
            "AccountCode": "429" if out else "200",
            "TaxType": "NONE",
        }
        return self.put(
            "BankTransactions",
            {
                "Type": "SPEND" if out else "RECEIVE",
                "Contact": {"Name": contact},
                "BankAccount": {"Code": "090"},
                "Date": day,
                "LineAmountTypes": "Inclusive",
                "LineItems": [line],
            },
        )

    def locks(self, through: str) -> None:
        """The adviser closes the books to a day; Xero has no API for it."""
        with self.demo.in_the_books() as store:
            organisation = store.organisation()
            instant = datetime.fromisoformat(f"{through}T00:00:00+00:00")
            at = f"/Date({int(instant.timestamp() * 1000)}+0000)/"
            store.put("Organisation", organisation | {"PeriodLockDate": at})


class Meanwhile:
    """A ledger where something happens in the moment before one call is made, once.

    The call is the first one named `call` whose first argument is `about`, where that is given.
    """

    def __init__(self, ledger: Any, call: str, act: Callable[[], object], about: str = "") -> None:
        self._ledger = ledger
        self._call = call
        self._act: Callable[[], object] | None = act
        self._about = about

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._ledger, name)
        return functools.partial(self._first, found) if name == self._call else found

    def _first(self, call: Callable[..., Any], *said: Any) -> Any:
        if self._act is not None and self._about in ("", said[0]):
            act, self._act = self._act, None
            act()
        return call(*said)


@functools.cache
def told(seed: int, today: date) -> Story:
    return build(seed, today)


MOVES_MONEY = {
    "Payments": "PaymentID",
    "BatchPayments": "BatchPaymentID",
    "BankTransactions": "BankTransactionID",
    "BankTransfers": "BankTransferID",
}


def ids_of(store: Store, kind: str) -> set[str]:
    return {record[MOVES_MONEY[kind]] for record in store.all(kind)}


def document(store: Store, number: str) -> Json:
    """The invoice, bill or credit note of this number."""
    for kind in ("Invoices", "CreditNotes"):
        found = store.by_number(kind, number)
        if found is not None:
            return found
    raise AssertionError(f"no document {number}")


def environment(home: Path, now: str = NOW) -> dict[str, str]:
    """All of Tieout's folders inside `home`, with the shipped bank rules, on an empty config."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.yaml").write_text("{}\n", "utf-8")
    return {
        "TIEOUT_CONFIG": str(home / "config.yaml"),
        "TIEOUT_NOW": now,
        "TIEOUT_STATE_DIR": str(home / "state"),
        "TIEOUT_INBOX_DIR": str(home / "inbox"),
        "TIEOUT_OUT_DIR": str(home / "out"),
        "TIEOUT_RULES_DIR": str(ROOT / "rules"),
    }
