"""Tokens: fetched ahead of need, renewed once on a 401, and never shown."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx
import pytest

from tests.xero.desk import Desk, DeskClock, Script, answer, organisation
from worker.errors import SetupWrong, TieoutError, TryLater, Unauthorised
from worker.xero.auth import ClientCredentials, RefreshToken

TOKEN_URL = "https://identity.test/connect/token"
SECRETS = ("s3cret-of-ours", "tok-1", "tok-2", "fresh-1", "fresh-2", "fresh-3")
SECRETS += (base64.b64encode(b"client-7:s3cret-of-ours").decode(),)


def token(number: int = 1, **more: object) -> httpx.Response:
    return httpx.Response(200, json={"access_token": f"tok-{number}", "expires_in": 1800, **more})


def error(code: str, status: int = 400) -> httpx.Response:
    return httpx.Response(status, json={"error": code, "error_description": "tok-1 was wrong"})


def credentials(
    *steps: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response],
) -> tuple[ClientCredentials, Script, DeskClock]:
    clock, script = DeskClock(), Script(*steps)
    auth = ClientCredentials(
        TOKEN_URL,
        "client-7",
        lambda: "s3cret-of-ours",
        ("accounting.settings.read", "accounting.invoices"),
        httpx.Client(transport=script),
        clock,
        sleep=clock.sleep,
    )
    return auth, script, clock


def bearer(request: httpx.Request) -> str:
    return str(request.headers["Authorization"])


def test_a_token_is_asked_for_once_and_carried_by_every_call() -> None:
    auth, tokens, _ = credentials(token())
    desk = Desk(organisation(), repeats=True, auth=auth)

    desk.ledger.organisation()
    desk.ledger.organisation()

    (asked,) = tokens.requests
    form = parse_qs(asked.content.decode())
    assert form == {
        "grant_type": ["client_credentials"],
        "scope": ["accounting.settings.read accounting.invoices"],
    }
    assert base64.b64decode(bearer(asked).removeprefix("Basic ")) == b"client-7:s3cret-of-ours"
    assert [bearer(request) for request in desk.script.requests] == ["Bearer tok-1"] * 2
    assert desk.ledger.calls == 2


@pytest.mark.parametrize(("elapsed", "tokens_asked"), [(1600, 1), (1710, 2), (9000, 2)])
def test_a_token_is_renewed_a_minute_or_two_before_it_ends(elapsed: int, tokens_asked: int) -> None:
    auth, tokens, clock = credentials(token(1), token(2))
    desk = Desk(organisation(), repeats=True, auth=auth)

    desk.ledger.organisation()
    clock.elapsed = elapsed
    desk.ledger.organisation()

    assert len(tokens.requests) == tokens_asked


def test_a_401_brings_one_new_token_and_one_replay() -> None:
    auth, tokens, _ = credentials(token(1), token(2))
    desk = Desk(httpx.Response(401), organisation(), auth=auth)

    desk.ledger.organisation()

    assert [bearer(request) for request in desk.script.requests] == ["Bearer tok-1", "Bearer tok-2"]
    assert len(desk.budget.taken) == desk.ledger.calls == 2
    assert len(tokens.requests) == 2


def test_a_second_401_is_a_refusal_that_names_endpoint_and_scope() -> None:
    auth, tokens, _ = credentials(token(1), token(2))
    refusal = {"Title": "Unauthorized", "Detail": "AuthorizationUnsuccessful"}
    desk = Desk(httpx.Response(401, json=refusal), repeats=True, auth=auth)

    with pytest.raises(Unauthorised) as caught:
        desk.ledger.organisation()

    for word in ("Organisation", "AuthorizationUnsuccessful", "accounting.settings.read"):
        assert word in str(caught.value)
    assert len(desk.script.requests) == len(tokens.requests) == 2


@pytest.mark.parametrize(
    ("code", "scopes"),
    [
        ("invalid_client", ""),
        ("unauthorized_client", "accounting.settings.read accounting.invoices"),
        ("invalid_grant", "accounting.settings.read accounting.invoices"),
    ],
)
def test_a_refused_client_is_told_once_with_what_was_asked_for(code: str, scopes: str) -> None:
    auth, tokens, _ = credentials(error(code))

    with pytest.raises(Unauthorised) as caught:
        Desk(auth=auth).ledger.organisation()

    assert code in str(caught.value)
    assert scopes in str(caught.value)
    assert len(tokens.requests) == 1


def test_a_refused_scope_is_found_by_asking_for_each_alone() -> None:
    auth, tokens, _ = credentials(error("invalid_scope"), token(), error("invalid_scope"))

    with pytest.raises(Unauthorised, match=r"on the connection: accounting\.invoices;"):
        Desk(auth=auth).ledger.organisation()

    asked = [parse_qs(each.content.decode())["scope"] for each in tokens.requests]
    assert asked == [
        ["accounting.settings.read accounting.invoices"],
        ["accounting.settings.read"],
        ["accounting.invoices"],
    ]


def test_scopes_refused_only_together_are_told_together() -> None:
    auth, _, _ = credentials(error("invalid_scope"), token(), token())

    with pytest.raises(Unauthorised, match=r"accounting\.settings\.read accounting\.invoices"):
        Desk(auth=auth).ledger.organisation()


@pytest.mark.parametrize(
    "step",
    [
        httpx.Response(500),
        httpx.Response(503, text="<html>down</html>"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"expires_in": 1800}),
        httpx.Response(200, json={"access_token": "two\nlines"}),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("no route"),
    ],
)
def test_a_token_service_that_cannot_answer_is_tried_three_times_and_then_later(
    step: httpx.Response | Exception,
) -> None:
    auth, tokens, clock = credentials(step, step, step)

    with pytest.raises(TryLater, match="token service"):
        Desk(auth=auth).ledger.organisation()

    assert len(tokens.requests) == 3
    assert clock.slept == [1.0, 2.0]


@pytest.mark.parametrize("status", [302, 404])
def test_a_wrong_token_address_is_a_wrong_setup(status: int) -> None:
    auth, _, _ = credentials(httpx.Response(status, headers={"Location": "https://x.test"}))

    with pytest.raises(SetupWrong, match="token_url"):
        Desk(auth=auth).ledger.organisation()


@dataclass
class Drawer:
    """A token store that keeps everything it was given."""

    held: list[str] = field(default_factory=lambda: ["fresh-1"], repr=False)

    def load(self) -> str | None:
        return self.held[-1] if self.held else None

    def save(self, refresh_token: str) -> None:
        self.held.append(refresh_token)


def refreshing(
    drawer: Drawer,
    *steps: httpx.Response | Callable[[httpx.Request], httpx.Response],
    secret: Callable[[], str] | None = lambda: "s3cret-of-ours",
) -> tuple[RefreshToken, Script]:
    script, clock = Script(*steps), DeskClock()
    http = httpx.Client(transport=script)
    auth = RefreshToken(TOKEN_URL, "client-7", secret, drawer, http, clock, sleep=clock.sleep)
    return auth, script


CONNECTION = {"tenantId": "T1", "tenantName": "Harbour Tools", "tenantType": "ORGANISATION"}


def test_a_rotated_refresh_token_is_saved_before_the_access_token_is_used() -> None:
    drawer = Drawer()
    auth, _ = refreshing(drawer, token(1, refresh_token="fresh-2"))
    saved_when_called: list[list[str]] = []

    def connections(request: httpx.Request) -> httpx.Response:
        saved_when_called.append(list(drawer.held))
        return httpx.Response(200, json=[CONNECTION])

    desk = Desk(connections, organisation(), auth=auth)
    desk.ledger.organisation()

    assert saved_when_called == [["fresh-1", "fresh-2"]]
    assert desk.script.requests[1].headers["xero-tenant-id"] == "T1"


def test_an_app_without_a_secret_names_itself_in_the_form() -> None:
    auth, tokens = refreshing(Drawer(), token(), secret=None)
    Desk(httpx.Response(200, json=[CONNECTION]), organisation(), auth=auth).ledger.organisation()

    (asked,) = tokens.requests
    assert parse_qs(asked.content.decode())["client_id"] == ["client-7"]
    assert "Authorization" not in asked.headers


def test_a_refresh_token_another_process_has_rotated_is_read_again() -> None:
    drawer = Drawer()

    def overtaken(request: httpx.Request) -> httpx.Response:
        drawer.save("fresh-2")
        return error("invalid_grant")

    auth, tokens = refreshing(drawer, overtaken, token(1, refresh_token="fresh-3"))
    desk = Desk(httpx.Response(200, json=[CONNECTION]), organisation(), auth=auth)
    desk.ledger.organisation()

    used = [parse_qs(request.content.decode())["refresh_token"] for request in tokens.requests]
    assert used == [["fresh-1"], ["fresh-2"]]
    assert drawer.held[-1] == "fresh-3"


@pytest.mark.parametrize("held", [[], ["fresh-1"]])
def test_a_dead_connection_asks_a_person_to_connect_again(held: list[str]) -> None:
    auth, _ = refreshing(Drawer(held), error("invalid_grant"))

    with pytest.raises(Unauthorised, match="connect to Xero again"):
        Desk(auth=auth).ledger.organisation()


def test_several_organisations_are_listed_and_none_is_picked() -> None:
    auth, _ = refreshing(Drawer(), token())
    other = {**CONNECTION, "tenantId": "T2", "tenantName": "Quay Cafe"}
    desk = Desk(httpx.Response(200, json=[CONNECTION, other]), auth=auth)

    with pytest.raises(Unauthorised, match=r"Harbour Tools \(T1\), Quay Cafe \(T2\)"):
        desk.ledger.organisation()


def _told(fault: BaseException | None) -> str:
    """Everything a reporter could print of an error: chain, repr, and the locals of each frame.

    The tests' own frames are left out: they hold the secrets on purpose.
    """
    parts: list[str] = []
    while fault is not None:
        report = traceback.TracebackException.from_exception(fault, capture_locals=True)
        frames = [frame for frame in report.stack if "/tests/" not in frame.filename]
        parts += [
            repr(fault),
            str(fault.__dict__),
            *traceback.StackSummary.from_list(frames).format(),
        ]
        fault = fault.__cause__ or fault.__context__
    return "\n".join(parts)


@pytest.mark.parametrize(
    ("token_steps", "ledger_steps"),
    [
        ([error("invalid_client", 401)], []),
        ([error("invalid_scope")] * 2, []),
        ([error("strange")], []),
        ([httpx.Response(302, headers={"Location": "https://x.test"})], []),
        ([httpx.ReadTimeout("tok-1")] * 3, []),
        ([httpx.ConnectError("tok-1")] * 3, []),
        ([token(1), token(2)], [httpx.Response(401), httpx.Response(401, text="no")]),
        ([token(1)], [httpx.Response(403, text="no")]),
        ([token(1)], [httpx.ReadTimeout("tok-1")] * 3),
        ([token(1)], [httpx.RemoteProtocolError("tok-1")] * 3),
        ([token(1)], [httpx.Response(302)]),
        ([token(1), error("invalid_grant")], [httpx.Response(401)]),
    ],
)
@pytest.mark.parametrize("grant", ["client_credentials", "refresh_token"])
def test_no_secret_is_in_an_error_its_traceback_or_the_log(
    grant: str,
    token_steps: list[httpx.Response | Exception],
    ledger_steps: list[httpx.Response | Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    clock = DeskClock()
    http = httpx.Client(transport=Script(*token_steps))
    scopes = ("accounting.settings.read",)
    auth: ClientCredentials | RefreshToken = (
        ClientCredentials(
            TOKEN_URL, "client-7", lambda: "s3cret-of-ours", scopes, http, clock, clock.sleep
        )
        if grant == "client_credentials"
        else RefreshToken(
            TOKEN_URL, "client-7", lambda: "s3cret-of-ours", Drawer(), http, clock, clock.sleep
        )
    )
    desk = Desk(*ledger_steps, auth=auth, tenant_id="T1")

    with pytest.raises(TieoutError) as caught:
        desk.ledger.organisation()

    said = f"{_told(caught.value)}\n{auth!r}\n{vars(auth)!r}\n{desk.ledger!r}\n{caplog.text}"
    assert "worker/xero" in said
    assert [secret for secret in SECRETS if secret in said] == []


def test_a_secret_is_not_in_the_answer_either() -> None:
    auth, _, _ = credentials(token())
    desk = Desk(answer("Organisations", []), auth=auth)

    with pytest.raises(TryLater, match="without an organisation") as caught:
        desk.ledger.organisation()

    assert [secret for secret in SECRETS if secret in _told(caught.value)] == []
