"""Rule 1, for a person who signs in: codes, rotating refresh tokens, and their end (sheet 1.3)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.desk import Desk, Json

SCOPE = "openid offline_access accounting.invoices accounting.settings.read"
HOME = "http://localhost:9000/back"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")


@pytest.fixture
def desk() -> Iterator[Desk]:
    found = Desk()
    yield found
    found.close()


def consent(desk: Desk, **params: str) -> httpx.Response:
    asked = {"response_type": "code", "client_id": "sandbox", "scope": SCOPE} | params
    return desk.client.get("/identity/connect/authorize", params=asked)


def ask(desk: Desk, **form: str) -> httpx.Response:
    return desk.client.post("/connect/token", data=form, auth=("sandbox", "sandbox"))


def sign_in(desk: Desk) -> Json:
    code = consent(desk, redirect_uri=HOME).headers["Location"].partition("code=")[2]
    reply = ask(desk, grant_type="authorization_code", code=code, redirect_uri=HOME)
    assert reply.status_code == 200, reply.text
    found: Json = reply.json()
    return found


def refresh(desk: Desk, token: str) -> httpx.Response:
    return ask(desk, grant_type="refresh_token", refresh_token=token)


def as_person(desk: Desk, token: Json, **headers: str) -> httpx.Response:
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    return desk.get("Organisation", headers=bearer | headers)


def test_rule_1_consent_sends_the_code_home_with_its_state(desk: Desk) -> None:
    reply = consent(desk, redirect_uri=HOME, state="abc")

    assert reply.status_code == 302
    assert reply.headers["Location"].startswith(f"{HOME}?code=")
    assert reply.headers["Location"].endswith("&state=abc")


def test_rule_1_without_an_address_the_code_is_shown(desk: Desk) -> None:
    code = consent(desk).text.strip()

    assert ask(desk, grant_type="authorization_code", code=code).status_code == 200


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"redirect_uri": "http://127.0.0.1/back"}, "invalid_request"),
        ({"client_id": "another"}, "unauthorized_client"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "accounting.nonsense"}, "invalid_scope"),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_rule_1_what_xero_would_not_ask_consent_for_is_refused(
    desk: Desk, params: dict[str, str], error: str
) -> None:
    reply = consent(desk, **params)

    assert (reply.status_code, reply.json()["error"]) == (400, error)


def test_rule_1_a_code_is_used_once_within_five_minutes_and_for_its_own_address(
    desk: Desk,
) -> None:
    def redeem(code: str, address: str = HOME) -> int:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": address}
        return ask(desk, **form).status_code

    codes = [consent(desk, redirect_uri=HOME).headers["Location"][-32:] for _ in range(3)]
    assert [redeem(codes[0]), redeem(codes[0])] == [200, 400]
    assert redeem(codes[1], "http://localhost:9000/else") == 400
    desk.seconds += 300
    assert redeem(codes[2]) == 400


def test_rule_1_a_public_client_proves_itself_with_its_verifier(desk: Desk) -> None:
    terms = {"code_challenge": CHALLENGE.decode(), "code_challenge_method": "S256"}
    codes = [consent(desk, **terms).text.strip() for _ in range(2)]

    def redeem(code: str, verifier: str) -> httpx.Response:
        form = {"grant_type": "authorization_code", "client_id": "sandbox", "code": code}
        return desk.client.post("/connect/token", data=form | {"code_verifier": verifier})

    assert redeem(codes[0], "wrong").status_code == 400
    token = redeem(codes[1], VERIFIER).json()
    form = {"grant_type": "refresh_token", "client_id": "sandbox"}
    form["refresh_token"] = token["refresh_token"]
    assert desk.client.post("/connect/token", data=form).status_code == 200


def test_rule_1_a_refresh_token_rotates_and_the_one_before_works_for_thirty_minutes(
    desk: Desk,
) -> None:
    first = sign_in(desk)["refresh_token"]
    second = refresh(desk, first).json()["refresh_token"]
    assert second != first

    desk.seconds += 1799
    assert refresh(desk, first).status_code == 200
    desk.seconds += 1
    lost = refresh(desk, first)
    assert (lost.status_code, lost.json()) == (400, {"error": "invalid_grant"})
    assert refresh(desk, second).status_code == 200


def test_rule_1_a_refresh_token_unused_for_sixty_days_is_gone(desk: Desk) -> None:
    token = sign_in(desk)["refresh_token"]
    desk.seconds += 60 * 86_400

    assert refresh(desk, token).status_code == 400


def test_rule_1_without_offline_access_there_is_no_refresh_token(desk: Desk) -> None:
    code = consent(desk, scope="accounting.invoices").text.strip()

    assert "refresh_token" not in ask(desk, grant_type="authorization_code", code=code).json()


def test_rule_1_a_persons_token_must_name_its_tenant(desk: Desk) -> None:
    token = sign_in(desk)
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    (connection,) = desk.client.get("/connections", headers=bearer).json()

    assert as_person(desk, token).status_code == 403
    wrong = {"xero-tenant-id": connection["id"]}
    assert as_person(desk, token, **wrong).json()["Detail"] == "AuthenticationUnsuccessful"
    assert as_person(desk, token, **{"xero-tenant-id": connection["tenantId"]}).status_code == 200


def test_rule_1_connections_are_found_by_the_event_that_made_them(desk: Desk) -> None:
    bearer = {"Authorization": f"Bearer {sign_in(desk)['access_token']}"}
    (connection,) = desk.client.get("/connections", headers=bearer).json()
    found = [
        desk.client.get("/connections", headers=bearer, params={"authEventId": event}).json()
        for event in (connection["authEventId"], "00000000-0000-4000-8000-000000000000")
    ]

    assert found == [[connection], []]


def test_rule_1_revocation_ends_everything_of_that_sign_in_and_nothing_else(desk: Desk) -> None:
    token, other = sign_in(desk), sign_in(desk)
    form = {"token": token["refresh_token"]}
    reply = desk.client.post("/connect/revocation", data=form, auth=("sandbox", "sandbox"))

    assert (reply.status_code, reply.content) == (200, b"")
    assert refresh(desk, token["refresh_token"]).status_code == 400
    assert as_person(desk, token).status_code == 401
    assert refresh(desk, other["refresh_token"]).status_code == 200


def test_rule_1_a_connection_is_deleted_by_its_own_id(desk: Desk) -> None:
    bearer = {"Authorization": f"Bearer {sign_in(desk)['access_token']}"}
    (connection,) = desk.client.get("/connections", headers=bearer).json()

    def delete(found: str) -> int:
        return desk.client.delete(f"/connections/{found}", headers=bearer).status_code

    assert delete(connection["authEventId"]) == 404
    assert delete(connection["id"]) == 204
    assert delete(connection["id"]) == 401


def test_rule_1_a_custom_connection_cannot_ask_for_offline_access(desk: Desk) -> None:
    reply = ask(desk, grant_type="client_credentials", scope="offline_access")

    assert reply.json()["error"] == "invalid_scope"
