"""A desk to test the ledger client at: a clock that only sleeping moves, a budget that notes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from worker.books.decisions import CodingLine, Share
from worker.books.intents import Dispatch, Intent
from worker.errors import DayLimit
from worker.xero.client import XeroLedger

ROOT = "https://ledger.test"
NOW = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)

ORGANISATION = "b2c885a9-4bb9-4a00-9b6e-6c2bf60b1a2b"
BANK = "11111111-1111-4111-8111-000000000090"
SAVINGS = "11111111-1111-4111-8111-000000000091"
MARLOW = "22222222-2222-4222-8222-000000000001"
INVOICE_1 = "33333333-3333-4333-8333-000000000001"
INVOICE_2 = "33333333-3333-4333-8333-000000000002"
CREDIT_1 = "44444444-4444-4444-8444-000000000001"
PAYMENT_1 = "55555555-5555-4555-8555-000000000001"
PAYMENT_2 = "55555555-5555-4555-8555-000000000002"

Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class DeskClock:
    """Moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOW

    def real(self) -> datetime:
        return NOW + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return 1000.0 + self.elapsed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds


class DeskBudget:
    """Counts what is taken; empty after `left` calls where that is given."""

    def __init__(self, left: int | None = None) -> None:
        self.left = left
        self.taken: list[bool] = []
        self.noted: list[tuple[int | None, int | None, int]] = []
        self.blocked: list[datetime] = []
        self.closed = False

    def take(self, *, writes: bool = False) -> None:
        if self.left is not None and len(self.taken) >= self.left:
            raise DayLimit("no calls are left today")
        self.taken.append(writes)

    def note(self, *, minute_left: int | None, day_left: int | None, size: int) -> None:
        self.noted.append((minute_left, day_left, size))

    def block(self, *, until: datetime) -> None:
        self.blocked.append(until)

    def close(self) -> None:
        self.closed = True


class Script(httpx.BaseTransport):
    """Plays its steps in order, one a request; the last one again and again where it `repeats`."""

    def __init__(self, *steps: Step, repeats: bool = False) -> None:
        self.steps = list(steps)
        self.repeats = repeats
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        # A copy: the auth flow changes the request's header before a replay.
        copy = request.headers.copy()
        self.requests.append(
            httpx.Request(request.method, request.url, headers=copy, content=request.read())
        )
        again = self.repeats and len(self.steps) == 1
        step = self.steps[0] if again else self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step(request) if callable(step) else step

    @property
    def paths(self) -> list[str]:
        return [request.url.path.removeprefix("/api.xro/2.0/") for request in self.requests]


class Desk:
    """A ledger client over a script, with all that can be asked of both afterwards."""

    def __init__(
        self,
        *steps: Step,
        repeats: bool = False,
        auth: httpx.Auth | None = None,
        calls_left: int | None = None,
        base_url: str = ROOT,
        **more: Any,
    ) -> None:
        self.script = Script(*steps, repeats=repeats)
        self.clock = DeskClock()
        self.budget = DeskBudget(calls_left)
        self.ledger = XeroLedger(
            self.script,
            base_url,
            auth or httpx.Auth(),
            self.budget,
            self.clock,
            sleep=self.clock.sleep,
            jitter=lambda: 0.5,
            **more,
        )


def answer(key: str, rows: Sequence[Any], status: int = 200, **more: Any) -> httpx.Response:
    """An answer in the ledger's envelope; amounts as they are written in `rows`."""
    body = {
        "Id": "0e1f1f5a-0000-4000-8000-000000000000",
        "Status": "OK",
        "DateTimeUTC": "/Date(1774947600000)/",
        **more,
        key: list(rows),
    }
    return httpx.Response(status, content=json.dumps(body, default=float))


def paged(key: str, rows: Sequence[Any], page: int, pages: int, items: int) -> httpx.Response:
    pagination = {"page": page, "pageSize": 1000, "pageCount": pages, "itemCount": items}
    return answer(key, rows, pagination=pagination)


def organisation(**more: Any) -> httpx.Response:
    record = {
        "OrganisationID": ORGANISATION,
        "Name": "Harbour Tools Ltd",
        "BaseCurrency": "GBP",
        "CountryCode": "GB",
        "Timezone": "GMTSTANDARDTIME",
        "FinancialYearEndDay": 31,
        "FinancialYearEndMonth": 3,
    }
    return answer("Organisations", [{**record, **more}])


def invoice_json(**more: Any) -> dict[str, Any]:
    return {
        "InvoiceID": INVOICE_1,
        "InvoiceNumber": "INV-0042",
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": MARLOW, "Name": "Marlow & Finch Ltd"},
        "DateString": "2026-02-03T00:00:00",
        "Date": "/Date(1770076800000+0000)/",
        "DueDateString": "2026-03-05T00:00:00",
        "CurrencyCode": "GBP",
        "Total": Decimal("1250.50"),
        "AmountDue": Decimal("1250.50"),
        "UpdatedDateUTC": "/Date(1770112800000+0000)/",
        **more,
    }


def payment_json(**more: Any) -> dict[str, Any]:
    return {
        "PaymentID": PAYMENT_1,
        "PaymentType": "ACCRECPAYMENT",
        "Status": "AUTHORISED",
        "Date": "/Date(1772409600000+0000)/",
        "Amount": Decimal("1250.50"),
        "Reference": "MARLOW 42 TO-AAAAAA1",
        "Account": {"AccountID": BANK},
        "Invoice": {
            "InvoiceID": INVOICE_1,
            "Type": "ACCREC",
            "CurrencyCode": "GBP",
            "Contact": {"ContactID": MARLOW},
        },
        **more,
    }


def an_intent(**more: Any) -> Intent:
    """A payment of 1250.50 on INV-0042, unless told otherwise."""
    said: dict[str, Any] = {
        "id": "I1",
        "kind": "payment",
        "meaning": "aa" * 32,
        "code": "TO-AAAAAA1",
        "generation": 1,
        "line_ids": ("L1",),
        "account_id": BANK,
        "date": date(2026, 3, 2),
        "amount": Decimal("1250.50"),
        "currency": "GBP",
        "reference": "MARLOW 42",
        "contact_id": MARLOW,
        "contact_name": "Marlow & Finch Ltd",
        "shares": (Share(INVOICE_1, "INV-0042", Decimal("1250.50")),),
        "side": "receivable",
        **more,
    }
    return Intent(**said)


def a_fee(**more: Any) -> Intent:
    """A bank fee of 4.20 coded by a rule, unless told otherwise."""
    coding = (CodingLine("404", "NONE", Decimal("4.20"), "Bank fee", (("Region", "North"),)),)
    return an_intent(
        **{
            "kind": "bank_transaction",
            "amount": Decimal("-4.20"),
            "reference": "ACCOUNT FEE",
            "contact_id": "",
            "contact_name": "High Street Bank",
            "shares": (),
            "coding": coding,
            **more,
        }
    )


def a_dispatch(desk: Desk, *intents: Intent, seconds: float = 60, key: str = "k" * 64) -> Dispatch:
    return Dispatch(
        id="P1",
        kind=intents[0].kind,
        intent_ids=tuple(intent.id for intent in intents),
        request=desk.ledger.request_for(intents),
        key=key,
        deadline=desk.clock.real() + timedelta(seconds=seconds),
    )
