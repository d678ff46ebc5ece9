"""One fault at a time, scripted on the wire: what the client makes of each answer Xero can give."""

from __future__ import annotations

import random

import httpx
import pytest
import respx

from tests.xero.desk import NOW, ORGANISATION, DeskBudget, DeskClock
from worker.errors import DayLimit, PromiseBroken, Refused, TieoutError, TryLater, Unauthorised
from worker.xero.auth import ClientCredentials
from worker.xero.client import XeroLedger

ROOT = "https://ledger.test"
TOKEN = f"{ROOT}/connect/token"
COMPANY = f"{ROOT}/api.xro/2.0/Organisation"
A_TOKEN = {"access_token": "t", "expires_in": 1800, "token_type": "Bearer", "scope": "x"}
A_COMPANY = {
    "Status": "OK",
    "DateTimeUTC": f"/Date({int(NOW.timestamp() * 1000)})/",
    "Organisations": [
        {
            "OrganisationID": ORGANISATION,
            "Name": "Acme",
            "BaseCurrency": "GBP",
            "CountryCode": "GB",
            "Timezone": "GMTSTANDARDTIME",
        }
    ],
}


def ledger(clock: DeskClock) -> XeroLedger:
    http = httpx.Client()
    auth = ClientCredentials(
        token_url=TOKEN,
        client_id="me",
        client_secret=lambda: "secret-of-the-day",
        scopes=("accounting.settings.read",),
        http=http,
        clock=clock,
        sleep=clock.sleep,
    )
    jitter = random.Random(1).random
    return XeroLedger(
        http, ROOT, auth, DeskBudget(), clock, sleep=clock.sleep, jitter=jitter
    )  # fmt: skip


def ask(*answers: httpx.Response | Exception) -> tuple[TieoutError | None, DeskClock, int]:
    """What asking for the organisation raises, the clock, and how often Xero was asked."""
    clock = DeskClock()
    with respx.mock(assert_all_called=False) as wire:
        wire.post(TOKEN).mock(return_value=httpx.Response(200, json=A_TOKEN))
        route = wire.get(COMPANY).mock(side_effect=list(answers))
        client = ledger(clock)
        try:
            client.organisation()
        except TieoutError as fault:
            return fault, clock, route.call_count
        finally:
            client.close()
    return None, clock, route.call_count


FINE = httpx.Response(200, json=A_COMPANY)


@pytest.mark.parametrize(
    "passing",
    [
        httpx.Response(500, text="<html>oops</html>"),
        httpx.Response(502),
        httpx.Response(503, text="The resource is offline"),
        httpx.Response(504),
        httpx.Response(200, text="<html>maintenance</html>"),
        httpx.Response(200, text='{"Organisations": [{"Name": "Ac'),
        httpx.Response(200, json={"Status": "OK"}),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
        httpx.RemoteProtocolError("cut"),
    ],
)
def test_a_read_is_asked_again_after_what_passes(passing: httpx.Response | Exception) -> None:
    fault, clock, calls = ask(passing, FINE)

    assert fault is None
    assert calls == 2
    assert clock.slept


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (httpx.Response(400, json={"Type": "ValidationException", "Message": "No"}), Refused, "No"),
        (
            httpx.Response(400, json={"ErrorNumber": 17, "Message": "No data"}),
            PromiseBroken,
            "No data",
        ),
        (httpx.Response(401, json={"Title": "Unauthorized", "Detail": "x"}), Unauthorised, ""),
        (httpx.Response(403, json={"title": "Forbidden", "detail": "x"}), Unauthorised, ""),
        (httpx.Response(501, text="<m/>"), PromiseBroken, ""),
    ],
)
def test_what_does_not_pass_is_told_by_its_kind(
    answer: httpx.Response, kind: type[TieoutError], says: str
) -> None:
    fault, _, _ = ask(answer, answer, answer)

    assert isinstance(fault, kind)
    assert says in str(fault)
    assert "secret-of-the-day" not in str(fault)


def test_three_failures_end_the_run_until_later() -> None:
    fault, _, calls = ask(*[httpx.Response(503)] * 5)

    assert isinstance(fault, TryLater)
    assert calls == 3


def test_a_minute_limit_is_waited_out_and_never_asked_into() -> None:
    limit = {"X-Rate-Limit-Problem": "minute", "Retry-After": "31"}

    fault, clock, calls = ask(httpx.Response(429, headers=limit), FINE)

    assert fault is None
    assert calls == 2
    assert clock.elapsed >= 31


def test_a_day_limit_is_not_slept_through() -> None:
    limit = {"X-Rate-Limit-Problem": "day", "Retry-After": "66975"}

    fault, clock, calls = ask(httpx.Response(429, headers=limit))

    assert isinstance(fault, DayLimit)
    assert calls == 1
    assert clock.slept == []
