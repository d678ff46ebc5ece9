"""What the jobs need from outside, as protocols; `wiring` brings the concrete parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from worker.books.intents import Answer, Dispatch, Found, Intent, Request
from worker.books.records import (
    Account,
    BankTransaction,
    BankTransfer,
    BatchPayment,
    Contact,
    Document,
    Organisation,
    Payment,
    TaxRate,
)
from worker.books.reports import LedgerReport

Noun = Literal[
    "accounts", "tax_rates", "tracking", "currencies", "contacts", "invoices", "credit_notes",
    "payments", "batch_payments", "bank_transactions", "bank_transfers", "overpayments",
    "prepayments",
]  # fmt: skip

Record = (
    Account | TaxRate | Contact | Document | Payment | BatchPayment | BankTransaction | BankTransfer
)


@dataclass(frozen=True, slots=True)
class Row:
    """One fetched record with its JSON as it came; `record` is None for nouns kept raw only."""

    id: str
    record: Record | None
    raw: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a noun. `server_time` is the ledger's own clock when it answered (aware UTC)."""

    rows: tuple[Row, ...]
    server_time: datetime | None
    number: int
    count: int
    """How many pages there are; 1 for what is not paged."""
    item_count: int | None = None


class Clock(Protocol):
    """Business time decides days and periods; elapsed time decides leases, deadlines, windows."""

    def now(self) -> datetime:
        """Business time, aware UTC (fixed by TIEOUT_NOW)."""
        ...

    def real(self) -> datetime:
        """Real wall clock, aware UTC: leases, deadlines, settlement times."""
        ...

    def monotonic(self) -> float:
        """Real elapsed seconds."""
        ...


class Ledger(Protocol):
    """The accounting system written to."""

    def organisation(self) -> Organisation: ...

    def pages(self, noun: Noun, modified_since: datetime | None = None) -> Iterator[Page]:
        """Every page of a noun, in order; only rows changed since, where the ledger can tell."""
        ...

    def documents(self, refs: Sequence[tuple[str, str]]) -> Mapping[str, Document]:
        """Fresh documents by (kind, id), batched; a missing one is absent from the answer."""
        ...

    def report(self, name: str, params: Mapping[str, str]) -> LedgerReport: ...

    def request_for(self, intents: Sequence[Intent]) -> Request:
        """The one request that carries these intents (all of one kind); sends nothing."""
        ...

    def send(self, dispatch: Dispatch, intents: Sequence[Intent]) -> Answer:
        """Send the stored bytes once (and once more within 60 s where the answer was lost)."""
        ...

    def find(self, intents: Sequence[Intent]) -> Mapping[str, Found]:
        """What the ledger now holds of each intent, by its code or on its parent."""
        ...

    @property
    def calls(self) -> int:
        """API calls made so far by this client, token not counted."""
        ...

    @property
    def bytes_read(self) -> int: ...

    def close(self) -> None: ...


class CallBudget(Protocol):
    """The organisation's share of the ledger's rate limits, kept where every process sees it."""

    def take(self, *, writes: bool = False) -> None:
        """Wait for, or take, leave to make one call; raises DayLimit when none is left today."""
        ...

    def note(self, *, minute_left: int | None, day_left: int | None, size: int) -> None:
        """Record what the ledger's headers say is left, and the bytes read."""
        ...

    def block(self, *, until: datetime) -> None:
        """Remember that nothing may be called before `until` (real time, aware UTC)."""
        ...

    def close(self) -> None:
        """Give back what was taken in advance and not used."""
        ...


class TokenStore(Protocol):
    """Where a rotating refresh token lives between runs."""

    def load(self) -> str | None: ...

    def save(self, refresh_token: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Lease:
    """Leave to be the one writer of an organisation; `epoch` grows with every taking."""

    organisation: str
    epoch: int
    holder: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """What the owner wants for one bank account, pinned to the ledger's AccountID."""

    account_id: str
    code: str
    name: str
    currency: str
    kind: str
    source: str
    mode: Literal["observe", "suggest", "auto"]
    post_from: date | None
