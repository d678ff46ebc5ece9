"""Sending: the stored bytes at most twice, and an answer for each intent by our identifiers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.xero.desk import (
    BANK,
    CREDIT_1,
    INVOICE_1,
    INVOICE_2,
    PAYMENT_1,
    PAYMENT_2,
    SAVINGS,
    Desk,
    a_dispatch,
    a_fee,
    an_intent,
    answer,
    payment_json,
)
from worker.books.decisions import Share
from worker.books.intents import Answer, Intent
from worker.errors import DayLimit, PromiseBroken, TieoutError, TryLater, Unauthorised

FIRST = an_intent()
SECOND = an_intent(
    id="I2", code="TO-BBBBBB2", shares=(Share(INVOICE_2, "INV-0043", Decimal("80.00")),)
)


def send(desk: Desk, *intents: Intent, seconds: float = 60) -> Answer:
    return desk.ledger.send(a_dispatch(desk, *intents, seconds=seconds), intents)


def told(answer: Answer) -> dict[str, tuple[str, str]]:
    return {each.intent_id: (each.state, each.ledger_id) for each in answer.answers}


def ok(*rows: dict[str, Any]) -> httpx.Response:
    return answer("Payments", rows)


def second_json(**more: Any) -> dict[str, Any]:
    return payment_json(
        PaymentID=PAYMENT_2,
        Amount=80,
        Reference="FINCH TO-BBBBBB2",
        Invoice={"InvoiceID": INVOICE_2},
        **more,
    )


def test_the_stored_bytes_go_out_once_under_the_stored_key() -> None:
    response = ok(payment_json())
    response.headers["xero-correlation-id"] = "c0rr"
    desk = Desk(response)
    dispatch = a_dispatch(desk, FIRST)

    answer = desk.ledger.send(dispatch, [FIRST])

    (request,) = desk.script.requests
    assert request.method == "PUT"
    assert request.content == dispatch.request.body
    assert request.headers["Idempotency-Key"] == dispatch.key
    assert request.headers["Content-Type"] == "application/json"
    assert request.url.query == b"summarizeErrors=false"
    assert told(answer) == {"I1": ("posted", PAYMENT_1)}
    assert answer.correlation_id == "c0rr"
    assert desk.budget.taken == [True]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # In another order than they were sent.
        (
            [second_json(), payment_json()],
            {"I1": ("posted", PAYMENT_1), "I2": ("posted", PAYMENT_2)},
        ),
        # One is missing.
        ([second_json()], {"I1": ("unknown", ""), "I2": ("posted", PAYMENT_2)}),
        ([], {"I1": ("unknown", ""), "I2": ("unknown", "")}),
        # The code got lost, but document and amount are there.
        (
            [second_json(), payment_json(Reference="")],
            {"I1": ("posted", PAYMENT_1), "I2": ("posted", PAYMENT_2)},
        ),
        # Neither code nor content.
        (
            [second_json(), payment_json(Reference="", Amount=1)],
            {"I1": ("unknown", ""), "I2": ("posted", PAYMENT_2)},
        ),
        # Two records for one intent.
        (
            [second_json(), payment_json(), payment_json(PaymentID=PAYMENT_2)],
            {"I1": ("unknown", ""), "I2": ("posted", PAYMENT_2)},
        ),
        # An id that is none.
        (
            [second_json(), payment_json(PaymentID="00000000-0000-0000-0000-000000000000")],
            {"I1": ("unknown", ""), "I2": ("posted", PAYMENT_2)},
        ),
        # A refused one echoes a made-up id.
        (
            [second_json(), payment_json(ValidationErrors=[{"Message": "Too much"}])],
            {"I1": ("rejected", ""), "I2": ("posted", PAYMENT_2)},
        ),
        (
            [second_json(StatusAttributeString="OK"), payment_json(StatusAttributeString="ERROR")],
            {"I1": ("rejected", ""), "I2": ("posted", PAYMENT_2)},
        ),
        (
            [second_json(StatusAttributeString="WARNING", Warnings=[{"Message": "rate"}])],
            {"I1": ("unknown", ""), "I2": ("posted", PAYMENT_2)},
        ),
        ([second_json(Status="DELETED")], {"I1": ("unknown", ""), "I2": ("unknown", "")}),
    ],
)  # fmt: skip
def test_answers_are_matched_by_our_identifiers_never_by_position(
    rows: list[dict[str, Any]], expected: dict[str, tuple[str, str]]
) -> None:
    assert told(send(Desk(ok(*rows)), FIRST, SECOND)) == expected


def test_a_record_that_carries_two_codes_belongs_to_neither() -> None:
    found = send(Desk(ok(payment_json(Reference="TO-AAAAAA1 TO-BBBBBB2"))), FIRST, SECOND)

    assert told(found) == {"I1": ("unknown", ""), "I2": ("unknown", "")}


def test_a_record_with_our_code_outweighs_another_like_it_without() -> None:
    found = send(Desk(ok(payment_json(PaymentID=PAYMENT_2, Reference=""), payment_json())), FIRST)

    assert told(found) == {"I1": ("posted", PAYMENT_1)}


def test_a_refused_element_tells_every_reason() -> None:
    refused = payment_json(
        StatusAttributeString="ERROR",
        ValidationErrors=[{"Message": "Too much"}, {"Description": "Too late"}],
    )

    (answer,) = send(Desk(ok(refused)), FIRST).answers

    assert (answer.state, answer.message) == ("rejected", "Too much; Too late")


BATCH = an_intent(
    kind="batch_payment", amount=Decimal("1330.50"), shares=(*FIRST.shares, *SECOND.shares)
)
TRANSFER = an_intent(
    kind="transfer", amount=Decimal("-500.00"), to_account_id=SAVINGS, shares=(), contact_id=""
)
ALLOCATION = an_intent(
    kind="allocation", amount=Decimal(0), credit_id=CREDIT_1, credit_kind="credit_note"
)
REAL = "66666666-6666-4666-8666-000000000001"
INVOICE_REF = {"Invoice": {"InvoiceID": INVOICE_1}}


@pytest.mark.parametrize(
    ("intent", "key", "row", "expected"),
    [
        (BATCH, "BatchPayments", {"BatchPaymentID": REAL, "Details": "TO-AAAAAA1 MAR"}, REAL),
        (
            BATCH,
            "BatchPayments",
            {
                "BatchPaymentID": REAL,
                "Payments": [
                    {"Invoice": {"InvoiceID": INVOICE_2}, "Amount": "80.0"},
                    {"Invoice": {"InvoiceID": INVOICE_1}, "Amount": 1250.5},
                ],
            },
            REAL,
        ),
        (
            a_fee(),
            "BankTransactions",
            {
                "BankTransactionID": REAL, "Type": "SPEND", "Total": 4.2, "Date": "2026-03-02",
                "BankAccount": {"AccountID": BANK},
            },
            REAL,
        ),
        (
            TRANSFER,
            "BankTransfers",
            {
                "BankTransferID": REAL, "Amount": 500, "DateString": "2026-03-02 00:00:00",
                "FromBankAccount": {"AccountID": BANK}, "ToBankAccount": {"AccountID": SAVINGS},
            },
            REAL,
        ),
        (ALLOCATION, "Allocations", {**INVOICE_REF, "Amount": 1250.5, "AllocationID": REAL}, REAL),
        (
            ALLOCATION,
            "Allocations",
            {**INVOICE_REF, "Amount": 1250.5, "CreditNote": {"CreditNoteID": CREDIT_1}},
            f"{CREDIT_1}:{INVOICE_1}",
        ),
    ],
)  # fmt: skip
def test_each_kind_of_write_knows_its_record(
    intent: Intent, key: str, row: dict[str, Any], expected: str
) -> None:
    answer_ = send(Desk(answer(key, [row])), intent)

    assert told(answer_) == {"I1": ("posted", expected)}


@pytest.mark.parametrize("rows", [1, 2])
def test_two_equal_fees_without_codes_are_not_told_apart_by_guessing(rows: int) -> None:
    row = {
        "BankTransactionID": REAL, "Type": "SPEND", "Total": 4.2, "Date": "2026-03-02",
        "BankAccount": {"AccountID": BANK},
    }  # fmt: skip
    desk = Desk(answer("BankTransactions", [row] * rows))

    found = send(desk, a_fee(), a_fee(id="I2", code="TO-BBBBBB2"))

    assert {each.state for each in found.answers} == {"unknown"}


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (400, {"Elements": [{"ValidationErrors": [{"Message": "Locked"}]}]}, "Locked"),
        (400, {"Message": "A validation exception occurred"}, "A validation exception occurred"),
        (404, "not here", "not here"),
        (412, "", "refused with 412 and no reason"),
    ],
)
def test_a_request_refused_whole_rejects_every_intent_with_the_reasons(
    status: int, body: Any, message: str
) -> None:
    content: dict[str, Any] = {"text": body} if isinstance(body, str) else {"json": body}

    found = send(Desk(httpx.Response(status, **content)), FIRST, SECOND)

    assert [(each.state, each.message) for each in found.answers] == [("rejected", message)] * 2


def test_an_innocent_intent_hears_what_its_request_was_refused_for() -> None:
    elements = [
        payment_json(ValidationErrors=[{"Message": "Too much"}]),
        second_json(ValidationErrors=[]),
    ]
    desk = Desk(httpx.Response(400, json={"Elements": [_plain(each) for each in elements]}))

    found = send(desk, FIRST, SECOND)

    assert [each.message for each in found.answers] == ["Too much", "Too much"]
    assert {each.state for each in found.answers} == {"rejected"}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: float(v) if isinstance(v, Decimal) else v for k, v in row.items()}


AMBIGUOUS: list[httpx.Response | Exception] = [
    httpx.Response(500),
    httpx.Response(503, text="<html>"),
    httpx.Response(408),
    httpx.Response(200, text='{"Payments":[{"Paym'),
    httpx.Response(200, text="<html>"),
    httpx.Response(200, json={"Status": "OK"}),
    httpx.Response(204),
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.RemoteProtocolError("cut"),
]


@pytest.mark.parametrize("lost", AMBIGUOUS)
def test_a_lost_answer_is_asked_for_once_more_with_the_same_bytes_and_key(
    lost: httpx.Response | Exception,
) -> None:
    desk = Desk(lost, ok(payment_json()))

    assert told(send(desk, FIRST)) == {"I1": ("posted", PAYMENT_1)}
    first, again = desk.script.requests
    assert first.content == again.content
    assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"]


@pytest.mark.parametrize("lost", AMBIGUOUS)
def test_after_two_lost_answers_only_reading_can_tell(lost: httpx.Response | Exception) -> None:
    def again(request: httpx.Request) -> httpx.Response:
        if isinstance(lost, Exception):
            raise lost
        return httpx.Response(lost.status_code, content=lost.content)

    desk = Desk(again, again, ok(payment_json()))

    assert told(send(desk, FIRST, SECOND)) == {"I1": ("unknown", ""), "I2": ("unknown", "")}
    assert len(desk.script.requests) == 2


@pytest.mark.parametrize(
    "second",
    [
        httpx.Response(400, json={"Message": "exceeds the amount outstanding"}),
        ok(payment_json(ValidationErrors=[{"Message": "exceeds the amount outstanding"}])),
        httpx.Response(401),
        httpx.Response(404),
        httpx.ConnectError("gone"),
    ],
)
def test_a_refusal_after_a_lost_answer_proves_nothing(
    second: httpx.Response | Exception,
) -> None:
    desk = Desk(httpx.ReadTimeout("slow"), second, httpx.ConnectError("x"), httpx.ConnectError("x"))

    assert told(send(desk, FIRST)) == {"I1": ("unknown", "")}


def test_a_resend_waits_no_longer_than_a_minute_from_the_first_byte() -> None:
    desk = Desk()

    def slow(request: httpx.Request) -> httpx.Response:
        desk.clock.elapsed += 59
        raise httpx.ReadTimeout("slow")

    desk.script.steps = [slow, ok(payment_json())]

    assert told(send(desk, FIRST, seconds=300)) == {"I1": ("unknown", "")}
    assert len(desk.script.requests) == 1


@pytest.mark.parametrize(
    "unmade", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")]
)
def test_a_connection_that_was_never_made_is_safe_to_try_again(unmade: Exception) -> None:
    desk = Desk(unmade, unmade, ok(payment_json()))

    assert told(send(desk, FIRST)) == {"I1": ("posted", PAYMENT_1)}

    beaten = Desk(unmade, repeats=True)
    assert told(send(beaten, FIRST)) == {"I1": ("unknown", "")}
    assert len(beaten.script.requests) == 3


def too_many(problem: str, after: str) -> httpx.Response:
    return httpx.Response(429, headers={"X-Rate-Limit-Problem": problem, "Retry-After": after})


def test_a_write_turned_away_at_the_limit_goes_out_again_within_its_minute() -> None:
    desk = Desk(too_many("minute", "20"), too_many("concurrent", "2"), ok(payment_json()))

    assert told(send(desk, FIRST)) == {"I1": ("posted", PAYMENT_1)}
    assert len({request.content for request in desk.script.requests}) == 1


@pytest.mark.parametrize(
    ("limit", "seconds", "blocked"),
    [
        (too_many("minute", "61"), 300, False),
        (too_many("minute", "50"), 40, False),
        (too_many("day", "40000"), 60, True),
    ],
)
def test_a_write_whose_turn_comes_too_late_is_left_to_reading(
    limit: httpx.Response, seconds: float, blocked: bool
) -> None:
    desk = Desk(limit)

    assert told(send(desk, FIRST, seconds=seconds)) == {"I1": ("unknown", "")}
    assert desk.clock.slept == []
    assert bool(desk.budget.blocked) is blocked


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirected_write_is_not_followed_and_not_believed(status: int) -> None:
    desk = Desk(httpx.Response(status, headers={"Location": "https://elsewhere.test/"}))

    assert told(send(desk, FIRST)) == {"I1": ("unknown", "")}
    assert len(desk.script.requests) == 1


@pytest.mark.parametrize(
    ("response", "kind", "words"),
    [
        (httpx.Response(401), Unauthorised, "accounting.payments"),
        (httpx.Response(403), Unauthorised, "Payments"),
        (httpx.Response(400, json={"ErrorNumber": 17}), PromiseBroken, "Payments"),
        (httpx.Response(501), PromiseBroken, "501"),
    ],
)
def test_what_concerns_more_than_this_dispatch_stops_the_run(
    response: httpx.Response, kind: type[TieoutError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        send(Desk(response), FIRST)


@pytest.mark.parametrize("seconds", [0, -5])
def test_nothing_is_sent_past_its_deadline(seconds: float) -> None:
    desk = Desk(ok(payment_json()))

    with pytest.raises(TryLater, match="deadline"):
        send(desk, FIRST, seconds=seconds)

    assert desk.script.requests == []


def test_the_deadline_is_looked_at_after_a_long_wait_for_leave() -> None:
    desk = Desk(ok(payment_json()))
    dispatch = a_dispatch(desk, FIRST)

    def slow_leave(*, writes: bool = False) -> None:
        desk.clock.elapsed += 61

    desk.budget.take = slow_leave  # type: ignore[method-assign]

    with pytest.raises(TryLater, match="was not sent"):
        desk.ledger.send(dispatch, [FIRST])
    assert desk.script.requests == []


def test_a_wall_clock_set_back_does_not_lengthen_a_dispatchs_life() -> None:
    desk = Desk()
    real = desk.clock.real

    def slow(request: httpx.Request) -> httpx.Response:
        desk.clock.elapsed += 40
        desk.clock.real = lambda: real() - timedelta(hours=1)  # type: ignore[method-assign]
        raise httpx.ReadTimeout("slow")

    desk.script.steps = [slow, ok(payment_json())]

    assert told(send(desk, FIRST, seconds=41)) == {"I1": ("unknown", "")}


def test_every_request_may_take_only_the_time_that_is_left() -> None:
    allowed: list[float] = []

    def look(request: httpx.Request) -> httpx.Response:
        allowed.append(request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("slow")

    desk = Desk(look, look)
    send(desk, FIRST, seconds=30)

    assert allowed == [30.0, 28.5]


def test_an_empty_budget_is_told_before_anything_leaves() -> None:
    desk = Desk(ok(payment_json()), calls_left=0)

    with pytest.raises(DayLimit):
        send(desk, FIRST)

    assert desk.script.requests == []


def test_a_dispatch_with_other_intents_or_without_a_key_is_our_own_bug() -> None:
    desk = Desk()

    with pytest.raises(PromiseBroken, match="other intents"):
        desk.ledger.send(a_dispatch(desk, FIRST), [SECOND])
    with pytest.raises(PromiseBroken, match="key"):
        desk.ledger.send(a_dispatch(desk, FIRST, key=""), [FIRST])
