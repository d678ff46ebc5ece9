"""Documents read again in as few calls as their endpoints allow."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from tests.xero.desk import CREDIT_1, INVOICE_1, Desk, answer, invoice_json, paged
from worker.errors import PromiseBroken, Unauthorised


def credit_json(credit_id: str = CREDIT_1, **more: Any) -> dict[str, Any]:
    return {
        "CreditNoteID": credit_id,
        "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "Date": "2026-02-03",
        "Total": 100,
        "RemainingCredit": 100,
        "CurrencyCode": "GBP",
        **more,
    }


def number(stem: str, n: int) -> str:
    return f"{stem[:-4]}{n:04d}"


def test_invoices_are_read_forty_to_a_call_with_their_lines() -> None:
    def listed(request: httpx.Request) -> httpx.Response:
        ids = parse_qs(request.url.query.decode())["IDs"][0].split(",")
        return answer("Invoices", [invoice_json(InvoiceID=each) for each in ids[1:]])

    desk = Desk(listed, listed, listed)
    wanted = [number(INVOICE_1, n) for n in range(1, 91)]

    found = desk.ledger.documents([("invoice", each) for each in [*wanted, wanted[0]]])

    assert len(desk.script.requests) == 3
    assert set(wanted) - set(found) == {wanted[0], wanted[40], wanted[80]}
    assert all(len(str(request.url)) < 2000 for request in desk.script.requests)
    assert "page=1" in str(desk.script.requests[0].url)


def test_rows_nobody_asked_for_are_not_documents() -> None:
    other = invoice_json(InvoiceID=number(INVOICE_1, 7))
    desk = Desk(answer("Invoices", [other, invoice_json()]))

    assert list(desk.ledger.documents([("invoice", INVOICE_1.upper())])) == [INVOICE_1]


def test_a_few_credits_are_read_one_by_one_and_a_missing_one_is_left_out() -> None:
    gone = httpx.Response(404, text="The resource cannot be found")
    desk = Desk(answer("CreditNotes", [credit_json()]), gone)

    found = desk.ledger.documents([("credit_note", CREDIT_1), ("credit_note", number(CREDIT_1, 2))])

    assert list(found) == [CREDIT_1]
    assert desk.script.paths[0] == f"CreditNotes/{CREDIT_1}"


def test_many_credits_are_found_in_one_walk_and_the_rest_singly() -> None:
    ids = [number(CREDIT_1, n) for n in range(1, 7)]
    page = paged("CreditNotes", [credit_json(each) for each in ids[:5]], 1, 1, 5)
    desk = Desk(page, answer("CreditNotes", [credit_json(ids[5])]))

    found = desk.ledger.documents([("credit_note", each) for each in ids])

    assert set(found) == set(ids)
    assert desk.script.paths == ["CreditNotes", f"CreditNotes/{ids[5]}"]


def test_a_walk_longer_than_the_list_of_credits_is_broken_off() -> None:
    ids = [number(CREDIT_1, n) for n in range(1, 5)]
    first = paged("CreditNotes", [credit_json(number(CREDIT_1, 99))], 1, 60, 60_000)
    desk = Desk(first, *[answer("CreditNotes", [credit_json(each)]) for each in ids])

    assert set(desk.ledger.documents([("credit_note", each) for each in ids])) == set(ids)
    assert len(desk.script.requests) == 5


def test_a_refusal_is_never_read_as_an_absent_document() -> None:
    with pytest.raises(Unauthorised):
        Desk(httpx.Response(403)).ledger.documents([("overpayment", CREDIT_1)])


def test_an_unknown_kind_of_document_is_our_own_bug() -> None:
    with pytest.raises(PromiseBroken, match="quote"):
        Desk().ledger.documents([("quote", CREDIT_1)])
