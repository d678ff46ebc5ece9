"""Rules 1 to 4 of the fact sheet's section 10.2: who may call, how often, and twice."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.desk import API, Desk, a_payment, an_invoice
from worker.sandbox.errors import ApiError
from worker.sandbox.limits import Limiter
from worker.sandbox.scopes import ALL_SCOPES

GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def locked() -> Iterator[Desk]:
    """A desk nobody has signed in to."""
    found = Desk()
    yield found
    found.close()


def ask(desk: Desk, form: dict[str, str], secret: str = "sandbox") -> httpx.Response:
    return desk.client.post("/connect/token", data=form, auth=("sandbox", secret))


def test_rule_1_a_token_is_given_for_basic_credentials_and_has_only_the_four_fields(
    locked: Desk,
) -> None:
    reply = ask(locked, GRANT | {"scope": "accounting.invoices accounting.settings.read"})

    body = reply.json()
    assert reply.status_code == 200
    assert set(body) == {"access_token", "expires_in", "token_type", "scope"}
    assert (body["expires_in"], body["token_type"]) == (1800, "Bearer")
    assert set(body["scope"].split()) == {"accounting.invoices", "accounting.settings.read"}


def test_rule_1_credentials_may_come_in_the_form_and_no_scope_means_all_enabled(
    locked: Desk,
) -> None:
    form = GRANT | {"client_id": "sandbox", "client_secret": "sandbox"}
    body = locked.client.post("/connect/token", data=form).json()

    assert set(body["scope"].split()) == ALL_SCOPES


@pytest.mark.parametrize(
    ("form", "secret", "error"),
    [
        (GRANT, "wrong", "invalid_client"),
        ({"grant_type": "password"}, "sandbox", "unsupported_grant_type"),
        ({}, "sandbox", "unsupported_grant_type"),
        (GRANT | {"scope": "accounting.invoices accounting.nonsense"}, "sandbox", "invalid_scope"),
        (GRANT | {"scope": "accounting.reports.balancesheets.read"}, "sandbox", "invalid_scope"),
    ],
)
def test_rule_1_a_wrong_token_request_is_a_400_with_its_error(
    locked: Desk, form: dict[str, str], secret: str, error: str
) -> None:
    reply = ask(locked, form, secret)

    assert reply.status_code == 400
    assert reply.json()["error"] == error


def test_rule_1_a_scope_that_is_not_ticked_on_the_connection_fails_the_whole_request() -> None:
    desk = Desk(scopes=["accounting.contacts", "accounting.settings.read"])
    reply = ask(desk, GRANT | {"scope": "accounting.contacts accounting.invoices"})
    desk.close()

    assert reply.status_code == 400
    assert reply.json() == {
        "error": "invalid_scope",
        "error_description": "Client credentials scope validation failed",
    }


def test_rule_1_a_token_lives_1800_seconds_of_real_time(desk: Desk) -> None:
    desk.seconds += 1799
    assert desk.get("Organisation").status_code == 200

    desk.seconds += 1
    reply = desk.get("Organisation")
    assert reply.status_code == 401
    assert reply.json()["Title"] == "Unauthorized"
    assert reply.json()["Detail"].startswith("TokenExpired")


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Basic abc", "Bearer"])
def test_rule_1_without_a_known_token_every_call_is_a_401(locked: Desk, header: str) -> None:
    reply = locked.get("Organisation", headers={"Authorization": header})

    assert reply.status_code == 401
    assert reply.json()["Detail"] == "AuthenticationUnsuccessful"


def test_rule_1_another_tenant_id_is_a_403_and_none_is_needed(desk: Desk) -> None:
    ours = desk.client.get("/Connections").json()[0]["tenantId"]
    wrong = "00000000-0000-4000-8000-000000000000"

    assert desk.get("Organisation", headers={"xero-tenant-id": wrong}).status_code == 403
    assert desk.get("Organisation", headers={"xero-tenant-id": ours}).status_code == 200
    assert desk.get("Organisation", headers={"xero-tenant-id": ""}).status_code == 200


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("accounting.invoices.read", "GET", "Invoices", 200),
        ("accounting.invoices.read", "PUT", "Invoices", 401),
        ("accounting.invoices", "GET", "CreditNotes", 200),
        ("accounting.invoices", "GET", "Payments", 401),
        ("accounting.payments", "GET", "Overpayments", 200),
        ("accounting.payments.read", "GET", "BankTransactions", 401),
        ("accounting.banktransactions.read", "GET", "BankTransfers", 200),
        ("accounting.transactions.read", "GET", "BankTransfers", 200),
        ("accounting.transactions.read", "POST", "Payments", 401),
        ("accounting.settings.read", "GET", "Organisation/Actions", 200),
        ("accounting.settings.read", "GET", "Contacts", 401),
        ("accounting.reports.banksummary.read", "GET", "Reports/BankSummary", 200),
        ("accounting.reports.banksummary.read", "GET", "Reports/ProfitAndLoss", 401),
        ("accounting.reports.read", "GET", "Reports/BalanceSheet", 200),
    ],
)
def test_rule_2_each_endpoint_asks_for_its_scope(
    desk: Desk, scope: str, method: str, path: str, status: int
) -> None:
    desk.sign_in(scope)
    reply = desk.client.request(method, f"{API}/{path}", json={"Invoices": [an_invoice()]})

    assert reply.status_code == status
    if status == 401:
        assert reply.json()["Detail"] == "AuthorizationUnsuccessful"


def test_rule_2_a_missing_scope_can_be_a_403_instead() -> None:
    desk = Desk(scope_denial=403).sign_in("accounting.contacts")
    reply = desk.get("Invoices")
    desk.close()

    assert (reply.status_code, reply.json()["Title"]) == (403, "Forbidden")


def test_rule_3_every_answer_tells_what_is_left(desk: Desk) -> None:
    for reply in (desk.get("Organisation"), desk.get("Nonsense"), desk.client.get("/nowhere")):
        for name in ("X-MinLimit-Remaining", "X-DayLimit-Remaining", "X-AppMinLimit-Remaining"):
            assert reply.headers[name].isdigit()
        assert len(reply.headers["Xero-Correlation-Id"]) == 36


def test_rule_3_the_minute_is_a_fixed_window_with_retry_after() -> None:
    desk = Desk(minute_limit=3).sign_in()
    assert [desk.get("Organisation").headers["X-MinLimit-Remaining"] for _ in range(3)] == [
        "2",
        "1",
        "0",
    ]
    desk.seconds += 20
    refused = desk.get("Organisation")
    desk.seconds += 40
    again = desk.get("Organisation")
    desk.close()

    assert refused.status_code == 429
    assert refused.headers["X-Rate-Limit-Problem"] == "minute"
    assert refused.headers["Retry-After"] == "40"
    assert refused.content == b""
    assert again.status_code == 200


def test_rule_3_the_day_limit_names_the_hours_to_wait() -> None:
    desk = Desk(day_limit=2).sign_in()
    for _ in range(2):
        desk.get("Organisation")
    desk.seconds += 3600
    desk.sign_in()
    refused = desk.get("Organisation")
    desk.close()

    assert refused.status_code == 429
    assert refused.headers["X-Rate-Limit-Problem"] == "day"
    assert refused.headers["Retry-After"] == str(86_400 - 3600)
    assert refused.headers["X-DayLimit-Remaining"] == "0"


def test_rule_3_a_sixth_call_in_flight_is_refused_without_retry_after() -> None:
    limiter = Limiter(lambda: 0.0, minute=60, day=1000, concurrent=2)
    with limiter.call(), limiter.call(), pytest.raises(ApiError) as refused, limiter.call():
        pass

    assert refused.value.headers == {"X-Rate-Limit-Problem": "concurrent"}
    with limiter.call():
        assert limiter.headers()["X-MinLimit-Remaining"] == "57"


def keyed(desk: Desk, body: Any, key: str = "key-1") -> httpx.Response:
    return desk.put("Payments", {"Payments": [body]}, headers={"Idempotency-Key": key})


def test_rule_4_a_repeated_key_replays_the_same_bytes_and_pays_once(desk: Desk) -> None:
    body = a_payment(desk.invoice(), "10.00")
    first, second = keyed(desk, body), keyed(desk, body)

    assert first.status_code == 200
    assert second.content == first.content
    assert len(desk.listed("Payments")) == 1


def test_rule_4_a_key_lives_six_minutes_from_the_first_call_and_over_a_restart(
    tmp_path: Any,
) -> None:
    path = str(tmp_path / "books.db")
    desk = Desk(path).sign_in()
    body = a_payment(desk.invoice(), "10.00")
    keyed(desk, body)
    desk.app = type(desk.app)(desk.store, now=lambda: desk.now, monotonic=lambda: desk.seconds)
    desk.seconds += 359
    keyed(desk, body)
    assert len(desk.listed("Payments")) == 1

    desk.seconds += 1
    keyed(desk, body)
    assert len(desk.listed("Payments")) == 2
    desk.close()


def test_rule_4_a_key_with_another_request_is_refused(desk: Desk) -> None:
    invoice = desk.invoice()
    keyed(desk, a_payment(invoice, "10.00"))
    reply = keyed(desk, a_payment(invoice, "11.00"))

    assert reply.status_code == 400
    assert "different request" in reply.text


@pytest.mark.parametrize("key", ["", "   ", "x" * 129])
def test_rule_4_an_empty_or_overlong_key_is_refused(desk: Desk, key: str) -> None:
    assert keyed(desk, a_payment(desk.invoice(), "10.00"), key).status_code == 400


def test_rule_4_a_refused_write_does_not_use_its_key_up(desk: Desk) -> None:
    invoice = desk.invoice("120.00")
    desk.pay(invoice, "100.00")
    body = a_payment(invoice, "30.00")
    assert keyed(desk, body).status_code == 400

    payment = desk.listed("Payments")[0]
    desk.post(f"Payments/{payment['PaymentID']}", {"Status": "DELETED"})
    assert keyed(desk, body).status_code == 200


def test_rule_4_an_internal_error_is_kept_under_its_key_and_nothing_of_it_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    body = a_payment(desk.invoice(), "10.00")
    with monkeypatch.context() as broken:
        broken.setattr("worker.sandbox.ledger.share", lambda total, weights: [1 for _ in weights])
        first = keyed(desk, body)
    second = keyed(desk, body)

    assert (first.status_code, second.status_code) == (500, 500)
    assert desk.listed("Payments") == []
    assert desk.listed("Invoices")[0]["AmountDue"] == 120
    assert "does not balance" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["organisation", "Organisations", "ORGANISATION/", "Organisation"])
def test_paths_are_read_in_any_case_and_with_a_slash(desk: Desk, path: str) -> None:
    assert desk.get(path).json()["Organisations"][0]["Name"] == "Sandbox Company"


def test_an_unknown_path_is_a_short_text_and_not_json(desk: Desk) -> None:
    reply = desk.get("Invoices/no-such-number")

    assert reply.status_code == 404
    assert "cannot be found" in reply.text
    assert not reply.text.startswith("{")


def test_a_method_an_endpoint_does_not_have_is_a_405(desk: Desk) -> None:
    assert desk.client.delete(f"{API}/Invoices").status_code == 405
    assert desk.put("Overpayments", {"Overpayments": [{}]}).status_code == 405


@pytest.mark.parametrize("place", ["basic", "form"])
def test_credentials_that_are_not_text_are_refused_in_order(locked: Desk, place: str) -> None:
    odd = base64.b64encode(b"\xff\xfe:\xff").decode()
    headers = {"Authorization": f"Basic {odd}"} if place == "basic" else {}
    reply = locked.client.post("/connect/token", data=GRANT, headers=headers)

    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_client")
