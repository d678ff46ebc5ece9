"""Pages: how each noun is asked for, and when a walk through them may be believed."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from tests.xero.desk import (
    BANK,
    INVOICE_1,
    INVOICE_2,
    NOW,
    SAVINGS,
    Desk,
    answer,
    invoice_json,
    organisation,
    paged,
)
from worker.books.ports import Noun
from worker.books.records import BankTransfer, Document
from worker.errors import TryLater


def read(desk: Desk, noun: Noun, since: datetime | None = None) -> list[str]:
    """All row ids of a noun, page by page in one list."""
    return [row.id for page in desk.ledger.pages(noun, since) for row in page.rows]


def query(request: httpx.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}


def invoices(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [invoice_json(InvoiceID=f"{INVOICE_1[:-4]}{n:04d}", **more) for n in numbers]


def test_pages_are_asked_for_to_the_last_and_carry_the_ledgers_clock() -> None:
    pages = paged("Invoices", invoices(1, 2), 1, 2, 3), paged("Invoices", invoices(3), 2, 2, 3)
    desk = Desk(*pages)

    first, second = desk.ledger.pages("invoices")

    assert [first.number, first.count, first.item_count, second.number] == [1, 2, 3, 2]
    assert first.server_time == NOW
    assert [len(first.rows), len(second.rows)] == [2, 1]
    assert query(desk.script.requests[0]) == {"unitdp": "4", "page": "1", "pageSize": "1000"}
    assert "If-Modified-Since" not in desk.script.requests[0].headers


def test_a_change_since_is_asked_for_in_the_documented_form() -> None:
    desk = Desk(paged("Invoices", [], 1, 1, 0))
    auckland = datetime.fromisoformat("2026-03-31T22:00:00.123456+13:00")

    assert read(desk, "invoices", auckland) == []
    assert desk.script.requests[0].headers["If-Modified-Since"] == "2026-03-31T09:00:00"


@pytest.mark.parametrize(
    ("noun", "path", "params", "since"),
    [
        ("accounts", "Accounts", {}, True),
        ("tax_rates", "TaxRates", {}, False),
        ("tracking", "TrackingCategories", {}, False),
        ("currencies", "Currencies", {}, False),
        ("contacts", "Contacts", {"includeArchived": "true", "page": "1"}, True),
        ("credit_notes", "CreditNotes", {"unitdp": "4", "page": "1"}, True),
        ("payments", "Payments", {"page": "1"}, True),
        ("batch_payments", "BatchPayments", {}, True),
        ("bank_transactions", "BankTransactions", {"unitdp": "4", "page": "1"}, True),
        ("bank_transfers", "BankTransfers", {"includeDeleted": "true"}, True),
        ("overpayments", "Overpayments", {"unitdp": "4", "page": "1"}, True),
        ("prepayments", "Prepayments", {"unitdp": "4", "page": "1"}, True),
    ],
)
def test_each_noun_is_asked_for_where_it_lies(
    noun: Noun, path: str, params: dict[str, str], since: bool
) -> None:
    desk = Desk(answer(path, []))

    read(desk, noun, NOW)

    (request,) = desk.script.requests
    assert desk.script.paths == [path]
    assert {k: v for k, v in query(request).items() if k != "pageSize"} == params
    assert ("If-Modified-Since" in request.headers) is since


def test_an_unmodified_answer_is_an_empty_one() -> None:
    assert read(Desk(httpx.Response(304)), "contacts", NOW) == []


def test_an_empty_page_ends_the_walk() -> None:
    desk = Desk(paged("Invoices", invoices(1), 1, 9, 1), paged("Invoices", [], 2, 9, 1))

    assert len(read(desk, "invoices")) == 1


def test_a_server_that_ignores_the_page_is_not_believed() -> None:
    desk = Desk(*[paged("Invoices", invoices(1, 2), 1, 3, 6)] * 2)

    with pytest.raises(TryLater, match="same rows on page 2"):
        read(desk, "invoices")


def test_rows_announced_but_not_shown_are_not_taken_for_none() -> None:
    with pytest.raises(TryLater, match="says it has 412 rows"):
        read(Desk(paged("Invoices", [], 1, 1, 412)), "invoices")


def test_without_a_count_a_short_page_is_the_last() -> None:
    full, rest = invoices(*range(1, 101)), invoices(101)
    desk = Desk(answer("Invoices", full), answer("Invoices", rest))

    assert len(read(desk, "invoices")) == 101


def test_a_scan_in_which_rows_moved_is_gone_through_once_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    moved = [paged("Invoices", invoices(1), 1, 2, 3), paged("Invoices", invoices(3), 2, 2, 3)]
    still = [paged("Invoices", invoices(1, 2), 1, 2, 3), paged("Invoices", invoices(3), 2, 2, 3)]
    desk = Desk(*moved, *still)

    assert len(set(read(desk, "invoices"))) == 3
    assert "rows_moved_while_read" in caplog.text


def test_a_row_that_cannot_be_understood_is_kept_raw_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    strange = invoice_json(InvoiceID=INVOICE_2.upper(), Type="PROFORMA")
    desk = Desk(paged("Invoices", [invoice_json(), strange], 1, 1, 2))

    (page,) = desk.ledger.pages("invoices")

    assert [(row.id, row.record is None) for row in page.rows] == [
        (INVOICE_1, False),
        (INVOICE_2, True),
    ]
    assert '"PROFORMA"' in page.rows[1].raw
    told = next(each for each in caplog.records if each.message == "row_not_understood")
    assert vars(told)["id"] == INVOICE_2


def test_nouns_without_a_record_are_kept_raw_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(answer("Currencies", [{"Code": "GBP", "Description": "Pound"}]))

    (page,) = desk.ledger.pages("currencies")

    assert [(row.id, row.record, row.raw) for row in page.rows] == [
        ("GBP", None, '{"Code": "GBP", "Description": "Pound"}')
    ]
    assert caplog.records == []


def test_a_filter_the_ledger_ignored_is_told(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(paged("Invoices", invoices(1), 1, 1, 1))

    read(desk, "invoices", datetime(2026, 3, 1, tzinfo=UTC))

    assert "modified_since_ignored" in caplog.text


def test_a_record_without_a_currency_is_in_the_base_currency() -> None:
    bare = {k: v for k, v in invoice_json().items() if k != "CurrencyCode"}
    desk = Desk(paged("Invoices", [bare], 1, 1, 1), organisation(BaseCurrency="NZD"))

    (page,) = desk.ledger.pages("invoices")

    record = page.rows[0].record
    assert isinstance(record, Document)
    assert record.currency == "NZD"


def test_a_transfer_takes_its_currency_from_the_chart_read_once() -> None:
    transfer = {
        "BankTransferID": "66666666-6666-4666-8666-000000000001", "Amount": "20.00",
        "Date": "2026-03-02", "FromBankAccount": {"AccountID": BANK},
        "ToBankAccount": {"AccountID": SAVINGS},
    }  # fmt: skip
    chart = answer("Accounts", [{"AccountID": BANK, "Type": "BANK", "CurrencyCode": "USD"}])
    desk = Desk(answer("BankTransfers", [transfer, transfer]), chart)

    (page,) = desk.ledger.pages("bank_transfers")

    assert all(isinstance(r.record, BankTransfer) and r.record.currency == "USD" for r in page.rows)
    assert desk.script.paths == ["BankTransfers", "Accounts"]


@pytest.fixture(autouse=True)
def _hear_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
