"""Each kind of fault does what it says, to a client in this process and to one on a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from tests.sandbox.desk import API, Desk, Json, a_payment, an_invoice
from tests.sandbox.faulty_transport import FaultyTransport
from worker.sandbox.app import SandboxApp
from worker.sandbox.check import check
from worker.sandbox.faults import ENDINGS, KINDS, Asked, Done, Faults, Share
from worker.sandbox.faults_app import OTHER_NAME, FaultyApp, ServerClock
from worker.sandbox.serve import running

TIMEOUT_SECONDS = 0.3


class Range:
    """A desk whose client reaches the sandbox through a schedule of faults."""

    def __init__(
        self,
        desk: Desk,
        client: httpx.Client,
        app: FaultyApp,
        slept: list[float],
        clock: ServerClock,
    ) -> None:
        self.desk = desk
        self.client = client
        self.app = app
        self.slept = slept
        self.clock = clock

    @property
    def done(self) -> list[str]:
        return [done.kind for done in self.app.log]

    @property
    def payments(self) -> int:
        return self.desk.store.count("Payments")

    def pay(self, invoice: Json, amount: str = "50.00", key: str = "") -> str:
        """Send one payment; what the client makes of the answer, in a word."""
        headers = {"Idempotency-Key": key} if key else {}
        body = {"Payments": [a_payment(invoice, amount)]}
        return seen(lambda: self.client.put(f"{API}/Payments", json=body, headers=headers))


Reach = Callable[..., Any]


@pytest.fixture(params=["in process", "on a socket"])
def reach(request: pytest.FixtureRequest) -> Iterator[Reach]:
    """Opens a `Range` on a desk, either way; closes what it opened."""
    with ExitStack() as opened:

        def made(desk: Desk, rates: Mapping[str, float], **more: Any) -> Range:
            return opened.enter_context(
                faulty(desk, rates, socket=request.param == "on a socket", **more)
            )

        yield made


@contextmanager
def faulty(
    desk: Desk,
    rates: Mapping[str, float],
    *,
    seed: int = 1,
    share: Share = "all",
    socket: bool = False,
) -> Iterator[Range]:
    clock = ServerClock(lambda: desk.now)
    inner = SandboxApp(desk.store, now=clock, monotonic=lambda: desk.seconds, **desk.options)
    slept: list[float] = []
    app = FaultyApp(
        inner,
        desk.store,
        Faults(seed, rates, share=share),
        clock=clock,
        monotonic=lambda: desk.seconds,
        sleep=slept.append,
    )
    with ExitStack() as opened:
        base, transport = "http://sandbox", None
        plain = httpx.WSGITransport(app=inner)
        with httpx.Client(transport=plain, base_url=base) as door:
            token = signed_in(door)
        if socket:
            base = opened.enter_context(running(app))
        else:
            transport = FaultyTransport(app)
        client = httpx.Client(
            base_url=base,
            transport=transport,
            timeout=TIMEOUT_SECONDS if socket else None,
            headers={"Accept": "application/json", "Authorization": token},
        )
        yield Range(desk, opened.enter_context(client), app, slept, clock)


def signed_in(client: httpx.Client) -> str:
    form = {"grant_type": "client_credentials"}
    reply = client.post("/connect/token", data=form, auth=("sandbox", "sandbox"))
    return f"Bearer {reply.json()['access_token']}"


def seen(send: Callable[[], httpx.Response]) -> str:
    """A reply as a client experiences it: its status, what is odd about it, or the error."""
    try:
        reply = send()
    except httpx.TransportError as failed:
        return type(failed).__name__
    if "html" in reply.headers["Content-Type"]:
        return f"{reply.status_code} html"
    if reply.content:
        try:
            reply.json()
        except ValueError:
            return f"{reply.status_code} unreadable"
    return str(reply.status_code)


ENDS = [
    ("500-before", "500", 0),
    ("500-after", "500", 1),
    ("503-before", "503 html", 0),
    ("503-after", "503 html", 1),
    ("timeout-before", "ReadTimeout", 0),
    ("timeout-after", "ReadTimeout", 1),
    ("drop-before", "RemoteProtocolError", 0),
    ("drop-after", "RemoteProtocolError", 1),
    ("truncate", "RemoteProtocolError", 1),
    ("cut-json", "200 unreadable", 1),
    ("html", "200 html", 1),
    ("429-minute", "429", 0),
    ("429-day", "429", 0),
    ("429-concurrent", "429", 0),
    ("429-appminute", "429", 0),
    ("token-expiry", "401", 0),
]


@pytest.mark.parametrize(("kind", "answer", "payments"), ENDS)
def test_rule_20_an_ending_shows_as_it_says_and_the_payment_is_there_or_not(
    desk: Desk, reach: Reach, kind: str, answer: str, payments: int
) -> None:
    invoice = desk.invoice()
    place = reach(desk, {kind: 1}, share="writes")

    assert (place.pay(invoice), place.payments, place.done) == (answer, payments, [kind])
    assert check(desk.store) == []


def test_the_table_of_endings_has_them_all() -> None:
    assert {kind for kind, _, _ in ENDS} == set(ENDINGS)


@pytest.mark.parametrize(
    ("kind", "problem", "most"),
    [
        ("429-minute", "minute", 60),
        ("429-day", "day", 86_400),
        ("429-concurrent", "concurrent", None),
        ("429-appminute", "appminute", None),
    ],
)
def test_a_429_names_its_limit_and_only_some_say_how_long(
    desk: Desk, reach: Reach, kind: str, problem: str, most: int | None
) -> None:
    reply = reach(desk, {kind: 1}).client.get(f"{API}/Accounts")

    wait = reply.headers.get("Retry-After")
    assert (reply.status_code, reply.headers["X-Rate-Limit-Problem"]) == (429, problem)
    assert wait is None if most is None else 1 <= int(wait) <= most
    assert reply.content == b""


def test_a_call_before_retry_after_has_passed_is_told_in_the_log(desk: Desk) -> None:
    with faulty(desk, {"429-minute": 1}, share="writes") as place:
        place.client.put(f"{API}/Payments", json={})
        place.client.get(f"{API}/Accounts")
        desk.seconds += 61
        place.client.get(f"{API}/Accounts")

        assert place.done == ["429-minute", "too-early"]


def test_an_expired_token_stays_dead_and_a_new_one_works(desk: Desk, reach: Reach) -> None:
    place = reach(desk, {"token-expiry": 1}, share="writes")
    place.client.put(f"{API}/Payments", json={})

    refused = place.client.get(f"{API}/Accounts")
    place.client.headers["Authorization"] = signed_in(place.client)

    assert (refused.status_code, refused.json()["Detail"]) == (401, "TokenExpired: token expired")
    assert place.client.get(f"{API}/Accounts").status_code == 200


def test_latency_waits_and_then_answers(desk: Desk, reach: Reach) -> None:
    place = reach(desk, {"latency": 1})

    assert place.client.get(f"{API}/Accounts").status_code == 200
    assert [0 < seconds <= 2 for seconds in place.slept] == [True]


def test_a_skewed_clock_shows_in_the_date_and_in_stamps(desk: Desk, reach: Reach) -> None:
    place = reach(desk, {"clock-skew": 1})
    body = {"Contacts": [{"Name": "New & Co"}]}

    reply = place.client.put(f"{API}/Contacts", json=body)

    offset = place.clock.offset
    stamp = int(reply.json()["Contacts"][0]["UpdatedDateUTC"][6:19])
    assert timedelta(0) < abs(offset) <= timedelta(minutes=10)
    assert parsedate_to_datetime(reply.headers["Date"]) == desk.now + offset
    assert len(reply.headers.get_list("Date")) == 1
    assert stamp == int((desk.now + offset).timestamp() * 1000)


def test_a_request_delivered_twice_pays_twice_without_a_key_and_once_with_it(
    desk: Desk, reach: Reach
) -> None:
    place = reach(desk, {"duplicate": 1}, share="writes")

    assert (place.pay(desk.invoice()), place.payments) == ("200", 2)
    assert (place.pay(desk.invoice(), key="one"), place.payments) == ("200", 3)


def test_a_forgotten_key_lets_the_same_payment_in_again(desk: Desk, reach: Reach) -> None:
    invoice = desk.invoice()
    place = reach(desk, {"key-amnesia": 1})

    first, count = place.pay(invoice, key="one"), place.payments
    second = place.pay(invoice, key="one")

    assert (first, count, second, place.payments) == ("200", 1, "200", 2)
    assert place.done == ["key-amnesia"]


def test_a_stale_read_shows_what_was_and_the_next_moment_is_not_harmed(
    desk: Desk, reach: Reach
) -> None:
    invoice = desk.invoice()
    place = reach(desk, {"stale-read": 1}, share="reads")
    place.pay(invoice, "120.00")
    path = f"{API}/Invoices/{invoice['InvoiceID']}"

    stale = place.client.get(path).json()["Invoices"][0]
    listed = place.client.get(f"{API}/Payments").json()["Payments"]

    assert (stale["Status"], stale["Payments"], listed) == ("AUTHORISED", [], [])
    assert desk.read("Invoices", invoice["InvoiceID"])["Status"] == "PAID"
    desk.seconds += 121
    assert place.client.get(path).json()["Invoices"][0]["Status"] == "PAID"
    assert place.done == ["stale-read", "stale-read"]
    assert check(desk.store) == []


def pages(place: Range, count: int) -> list[str]:
    """The invoices on pages 1 to `count` of three each, read a second after one another."""
    numbers = []
    for page in range(1, count + 1):
        place.desk.now += timedelta(seconds=1)
        reply = place.client.get(f"{API}/Invoices", params={"page": page, "pageSize": 3})
        numbers.append(" ".join(i["InvoiceNumber"][-1] for i in reply.json()["Invoices"]))
    return numbers


def seven_invoices(desk: Desk) -> None:
    for _ in range(7):
        desk.now += timedelta(seconds=1)
        desk.invoice()


def test_page_drift_hides_a_row_from_a_reader_of_pages(desk: Desk, reach: Reach) -> None:
    seven_invoices(desk)
    place = reach(desk, {"page-drift": 1})

    # Row 1 is edited before page 2, so row 4 moves to page 1; row 5 before page 3, so 1 does.
    assert pages(place, 3) == ["1 2 3", "5 6 7", "5"]
    assert place.done == ["page-drift"] * 2
    assert check(desk.store) == []


def test_an_ignored_page_is_the_first_one_again(desk: Desk, reach: Reach) -> None:
    seven_invoices(desk)

    assert pages(reach(desk, {"page-ignored": 1}), 3) == ["1 2 3"] * 3


def test_rule_20_the_same_credentials_open_another_organisation(desk: Desk, reach: Reach) -> None:
    real = desk.store.organisation()
    place = reach(desk, {"organisation-swap": 1}, share="reads")

    [organisation] = place.client.get(f"{API}/Organisation").json()["Organisations"]
    [connection] = place.client.get("/connections").json()
    told = [
        place.client.get(f"{API}/Accounts", headers={"xero-tenant-id": tenant}).status_code
        for tenant in (real["OrganisationID"], organisation["OrganisationID"])
    ]

    assert (organisation["Name"], connection["tenantName"]) == (OTHER_NAME, OTHER_NAME)
    assert connection["tenantId"] == organisation["OrganisationID"] != real["OrganisationID"]
    assert told == [403, 200]
    assert place.pay(desk.invoice()) == "200"
    assert place.app.log[-1].detail == "a write reached the other organisation"
    assert desk.store.organisation() == real


def test_without_rates_nothing_is_touched(desk: Desk, reach: Reach) -> None:
    place = reach(desk, dict.fromkeys(KINDS, 0.0))
    plain = desk.get("Invoices", page=1).content

    reply = place.client.get(f"{API}/Invoices", params={"page": 1})

    assert reply.content.partition(b"pagination")[2] == plain.partition(b"pagination")[2]
    assert (reply.status_code, place.app.log) == (200, [])


def twenty_calls(desk: Desk, seed: int) -> list[Done]:
    with faulty(desk, dict.fromkeys(KINDS, 0.15), seed=seed) as place:
        invoice = place.desk.invoice("900.00")
        for number in range(10):
            place.pay(invoice, "1.00", key=f"{number}")
            seen(lambda: place.client.get(f"{API}/Invoices", params={"page": 2}))
        return place.app.log


def test_the_same_seed_does_the_same_faults_and_another_seed_others() -> None:
    logs = []
    for seed in (7, 7, 8):
        desk = Desk().sign_in()
        logs.append([str(done) for done in twenty_calls(desk, seed)])
        desk.close()

    assert logs[0] == logs[1] != logs[2]
    assert len(logs[0]) > 5


@pytest.mark.parametrize("kind", ["latency", "500-after", "drop-before"])
def test_a_rate_is_how_often(kind: str) -> None:
    faults = Faults(3, {kind: 0.2})
    hit = sum(bool(faults.on(Asked(n, "PUT", f"{API}/Payments"))) for n in range(1, 2001))

    assert 330 < hit < 470


def test_one_kind_more_leaves_the_others_where_they_were() -> None:
    alone, beside = Faults(3, {"latency": 0.3}), Faults(3, {"latency": 0.3, "duplicate": 0.5})

    for number in range(200):
        asked = Asked(number, "PUT", f"{API}/Payments")
        assert alone.on(asked) == tuple(f for f in beside.on(asked) if f.kind == "latency")


@pytest.mark.parametrize(
    ("rates", "words"),
    [({"gremlins": 0.1}, "gremlins is no kind of fault"), ({"html": 1.5}, "between 0 and 1")],
)
def test_a_wrong_rate_is_refused_in_words(rates: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Faults(1, rates)


def test_a_schedule_says_its_seed_and_what_it_will_do() -> None:
    faults = Faults(11, {"html": 0.25, "latency": 0.5}, share="writes")

    assert str(faults) == "faults by seed 11 of writes: latency 50 %, html 25 %"


AMBIGUOUS = dict.fromkeys(("500-after", "drop-after", "timeout-after", "html", "truncate"), 0.1)


@pytest.mark.parametrize(("keyed", "too_much"), [(False, True), (True, False)])
def test_a_client_that_just_tries_again_pays_twice_unless_it_sends_a_key(
    keyed: bool, too_much: bool
) -> None:
    paid = 0
    for seed in range(5):
        desk = Desk().sign_in()
        invoices = [desk.made("Invoices", an_invoice()) for _ in range(6)]
        with faulty(desk, AMBIGUOUS, seed=seed, share="writes") as place:
            for number, invoice in enumerate(invoices):
                key = f"payment {number}" if keyed else ""
                # As many clients do: anything but a clean 200 is tried again.
                while place.pay(invoice, "40.00", key=key) not in ("200", "400"):
                    pass
            paid += place.payments
        assert check(desk.store) == []
        desk.close()

    assert (paid > 30) is too_much
    assert paid >= 30
