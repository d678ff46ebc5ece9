"""Reading the ledger: what is asked again, what each refusal means, and whose books these are."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.xero.desk import ORGANISATION, ROOT, Desk, organisation
from worker.errors import (
    PromiseBroken,
    Refused,
    SetupWrong,
    TieoutError,
    TryLater,
    Unauthorised,
)
from worker.xero import call

BROKEN: list[httpx.Response | Exception] = [
    httpx.Response(500, json={"Title": "An error occurred", "Detail": "Key store is down"}),
    httpx.Response(502),
    httpx.Response(503, text="The organisation is offline"),
    httpx.Response(504),
    httpx.Response(408),
    httpx.Response(200, text='{"Status":"OK","Organisations":[{"Name":"Har'),
    httpx.Response(200, text="<html><body>Maintenance</body></html>"),
    httpx.Response(200, json={"Status": "OK"}),
    httpx.Response(200),
    httpx.ReadTimeout("slow"),
    httpx.ConnectTimeout("slow"),
    httpx.ConnectError("no route"),
    httpx.ReadError("reset"),
    httpx.RemoteProtocolError("cut"),
    httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip")),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_what_can_pass_is_asked_again_after_a_breath(broken: httpx.Response | Exception) -> None:
    desk = Desk(broken, organisation())

    assert desk.ledger.organisation().name == "Harbour Tools Ltd"
    assert desk.clock.slept == [1.5]


@pytest.mark.parametrize("broken", BROKEN)
def test_three_tries_without_an_answer_are_enough(broken: httpx.Response | Exception) -> None:
    def again(request: httpx.Request) -> httpx.Response:
        if isinstance(broken, Exception):
            raise broken
        return httpx.Response(broken.status_code, content=b"" if broken.is_error else b"{")

    desk = Desk(again, repeats=True)

    with pytest.raises(TryLater, match="3 tries"):
        desk.ledger.organisation()

    assert desk.ledger.calls == 3
    assert desk.clock.slept == [1.5, 2.5]


VALIDATION = {
    "ErrorNumber": 10,
    "Type": "ValidationException",
    "Message": "A validation exception occurred",
    "Elements": [
        {"ValidationErrors": [{"Message": "First reason"}, {"Description": "Second reason"}]},
        {"LineItems": [{"ValidationErrors": [{"Message": "Third reason"}]}]},
    ],
}


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, VALIDATION, Refused, ["First reason", "Second reason", "Third reason"]),
        (400, {"message": "lower case"}, Refused, ["lower case"]),
        (400, "<b>Plain</b> &amp; short", Refused, ["Plain & short"]),
        (400, {"ErrorNumber": 17, "Message": "No data"}, PromiseBroken, ["No data"]),
        (400, {"Type": "QueryParseException", "Message": "bad"}, PromiseBroken, ["bad"]),
        (401, {"Title": "Unauthorized", "Detail": "TokenExpired"}, Unauthorised, ["TokenExpired"]),
        (403, {"title": "Forbidden", "detail": "No"}, Unauthorised, ["No", "tenant_id"]),
        (403, "<html>proxy</html>", Unauthorised, ["proxy", "accounting.settings.read"]),
        (404, "The resource cannot be found", SetupWrong, ["cannot be found", "base_url"]),
        (412, "", Refused, ["412"]),
        (501, "<Error><Message>not built</Message></Error>", PromiseBroken, ["not built"]),
        (301, "", SetupWrong, ["redirect"]),
    ],
)
def test_each_refusal_is_told_in_xeros_words_with_its_correlation_id(
    status: int, body: Any, kind: type[TieoutError], words: list[str]
) -> None:
    content: dict[str, Any] = {"text": body} if isinstance(body, str) else {"json": body}
    headers = {"xero-correlation-id": "c0rr", "Location": "https://elsewhere.test"}
    desk = Desk(httpx.Response(status, headers=headers, **content))

    with pytest.raises(kind) as caught:
        desk.ledger.organisation()

    assert type(caught.value).exit_code == kind.exit_code
    for word in [*words, "Organisation", *(["c0rr"] if status != 301 else [])]:
        assert word in str(caught.value)
    assert desk.ledger.calls == 1


def test_an_answer_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call, "RESPONSE_BYTES_MAX", 1000)
    desk = Desk(lambda request: httpx.Response(200, content=b"x" * 1001), repeats=True)

    with pytest.raises(TryLater, match="longer than"):
        desk.ledger.organisation()


def test_an_answer_that_never_ends_in_time_is_given_up() -> None:
    desk = Desk()

    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            for _ in range(10):
                desk.clock.elapsed += 30
                yield b" "

    desk.script.steps = [httpx.Response(200, stream=Drip()), organisation()]

    assert desk.ledger.organisation().id == ORGANISATION
    assert len(desk.script.requests) == 2


def test_every_call_asks_for_json_packed_and_names_the_tenant_where_one_is_set() -> None:
    desk = Desk(organisation(), tenant_id="T7")

    desk.ledger.organisation()

    (request,) = desk.script.requests
    assert str(request.url) == f"{ROOT}/api.xro/2.0/Organisation"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Accept-Encoding"] == "gzip"
    assert request.headers["xero-tenant-id"] == "T7"


def test_a_custom_connection_without_a_tenant_sends_none() -> None:
    desk = Desk(organisation())

    desk.ledger.organisation()

    assert "xero-tenant-id" not in desk.script.requests[0].headers


def test_another_organisation_than_the_pinned_one_is_refused() -> None:
    desk = Desk(organisation(), pinned_organisation_id="99999999-9999-4999-8999-999999999999")

    with pytest.raises(Unauthorised, match=r"Harbour Tools Ltd .* 99999999-"):
        desk.ledger.organisation()


def test_an_organisation_that_changes_under_way_is_refused() -> None:
    other = organisation(OrganisationID="99999999-9999-4999-8999-999999999999")
    desk = Desk(organisation(), other)
    desk.ledger.organisation()

    with pytest.raises(Unauthorised, match="belongs to organisation"):
        desk.ledger.organisation()


def test_the_same_organisation_in_capitals_is_the_same() -> None:
    desk = Desk(organisation(), pinned_organisation_id=ORGANISATION.upper())

    found = desk.ledger.organisation()

    assert (found.timezone, found.financial_year_end) == ("Europe/London", (3, 31))


@pytest.mark.parametrize("address", ["", "nowhere", "ftp://api.xero.com", "https://", "http://x:y"])
def test_an_address_that_is_none_is_a_wrong_setup(address: str) -> None:
    with pytest.raises(SetupWrong, match="base_url"):
        Desk(base_url=address)
