"""Fetched rows: what is new is stored, what is the same is ticked off, what is gone is marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.mirror.make import (
    BANK,
    CONTACT,
    DAY,
    INVOICE,
    NOW,
    ORG,
    ORGANISATION,
    PAYMENT,
    invoice,
    row,
)
from worker.books.ports import Noun, Row
from worker.books.records import Allocation, TaxRate
from worker.errors import PromiseBroken, Refused, Unauthorised
from worker.mirror import (
    accounts,
    contacts,
    cursors,
    documents,
    ledger_rows,
    organisations,
    payments,
    tax_rates,
)
from worker.mirror.engine import Mirror

CREDIT = replace(
    INVOICE,
    id="cn-1",
    kind="credit_note",
    number="CN-1",
    due=Decimal("20.00"),
    allocations=(
        Allocation("al-1", "doc-1", Decimal("60.00"), DAY),
        Allocation("", "doc-2", Decimal("40.00"), None),
    ),
)
RATE = TaxRate("OUTPUT2", "20% (VAT on Income)", Decimal("20.0000"), "ACTIVE")


@pytest.mark.parametrize(
    ("noun", "record", "read"),
    [
        ("accounts", BANK, accounts.all_accounts),
        ("tax_rates", RATE, tax_rates.all_tax_rates),
        ("contacts", replace(CONTACT, merged_into="con-2"), contacts.all_contacts),
        ("invoices", INVOICE, documents.counting),
        ("credit_notes", CREDIT, documents.counting),
        ("overpayments", replace(CREDIT, kind="overpayment"), documents.counting),
        ("payments", PAYMENT, payments.all_payments),
        (
            "payments",
            replace(PAYMENT, currency="JPY", amount=Decimal(900), bank_amount=Decimal("-4.75")),
            payments.all_payments,
        ),
    ],
)
def test_a_record_is_read_as_it_was_stored(
    mirror: Mirror, noun: Noun, record: Any, read: Any
) -> None:
    with mirror.write() as conn:
        assert ledger_rows.upsert(conn, ORG, noun, [row(record)], NOW) == 1
    with mirror.read() as conn:
        assert read(conn, ORG) == (record,)


@pytest.mark.parametrize("currency", ["GBP", "JPY", "KWD"])
def test_amounts_keep_their_currencys_decimals(mirror: Mirror, currency: str) -> None:
    figure = {"GBP": Decimal("0.10"), "JPY": Decimal("10"), "KWD": Decimal("0.125")}[currency]
    record = invoice(1, currency=currency, total=figure, due=figure)
    with mirror.write() as conn:
        ledger_rows.upsert(conn, ORG, "invoices", [row(record)], NOW)
    with mirror.read() as conn:
        (found,) = documents.open_documents(conn, ORG)

    assert (str(found.total), str(found.due)) == (str(figure), str(figure))


def test_only_new_and_changed_rows_count(mirror: Mirror) -> None:
    first = [row(invoice(number)) for number in range(1, 4)]
    paid = row(invoice(2, status="PAID", due=Decimal(0)))
    with mirror.write() as conn:
        counts = [
            ledger_rows.upsert(conn, ORG, "invoices", rows, NOW)
            for rows in (first, first, [first[0], paid], [paid, paid])
        ]
        open_ids = [each.id for each in documents.open_documents(conn, ORG)]

    assert counts == [3, 0, 1, 0]
    assert open_ids == ["doc-1", "doc-3"]


def test_more_rows_than_one_statement_takes_are_all_stored(mirror: Mirror) -> None:
    rows = [row(invoice(number)) for number in range(1234)]
    with mirror.write() as conn:
        assert ledger_rows.upsert(conn, ORG, "invoices", rows, NOW) == 1234
        assert ledger_rows.upsert(conn, ORG, "invoices", rows, NOW) == 0
        ids = [f"doc-{number}" for number in range(0, 1234, 2)]
        assert len(documents.by_ids(conn, ORG, [*ids, "doc-0", "nobody"])) == 617


def test_the_json_of_a_row_is_kept_as_it_came(mirror: Mirror) -> None:
    said = '{"InvoiceID": "doc-1",  "Odd": "\\u00e9 → 日本"}'
    with mirror.write() as conn:
        ledger_rows.upsert(conn, ORG, "invoices", [row(INVOICE, raw=said)], NOW)
        ledger_rows.upsert(conn, ORG, "tracking", [Row("t-1", None, "{}")], NOW)
        assert ledger_rows.raw(conn, ORG, "invoices", "doc-1") == said
        assert ledger_rows.raw(conn, ORG, "tracking", "t-1") == "{}"
        assert ledger_rows.raw(conn, ORG, "tracking", "t-2") is None


def test_a_credit_taken_back_leaves_no_allocation(mirror: Mirror) -> None:
    less = replace(CREDIT, allocations=CREDIT.allocations[:1])
    with mirror.write() as conn:
        ledger_rows.upsert(conn, ORG, "credit_notes", [row(CREDIT)], NOW)
        ledger_rows.upsert(conn, ORG, "credit_notes", [row(less)], NOW)
        assert documents.by_ids(conn, ORG, ["cn-1"])[0].allocations == less.allocations


def test_what_a_full_pass_did_not_show_is_missing_until_it_shows_again(mirror: Mirror) -> None:
    later = NOW + timedelta(hours=1)
    rows = [row(invoice(number)) for number in (1, 2, 3)]
    with mirror.write() as conn:
        ledger_rows.upsert(conn, ORG, "invoices", rows, NOW)
        ledger_rows.upsert(conn, ORG, "credit_notes", [row(CREDIT)], NOW)
        ledger_rows.upsert(conn, ORG, "invoices", rows[:1], later)
        assert ledger_rows.mark_missing(conn, ORG, "invoices", later) == 2
        assert ledger_rows.mark_missing(conn, ORG, "invoices", later) == 0
        assert ledger_rows.count(conn, ORG, "invoices") == 1
        assert {d.status for d in documents.by_ids(conn, ORG, ["doc-2", "doc-3"])} == {"MISSING"}
        assert {d.id for d in documents.counting(conn, ORG)} == {"doc-1", "cn-1"}

        assert ledger_rows.upsert(conn, ORG, "invoices", rows[1:2], later) == 1
        assert ledger_rows.count(conn, ORG, "invoices") == 2
        assert {d.id for d in documents.counting(conn, ORG)} == {"doc-1", "doc-2", "cn-1"}


def test_an_amount_that_is_no_money_is_refused_by_name(mirror: Mirror) -> None:
    odd = invoice(7, total=Decimal("0.001"))
    with pytest.raises(Refused, match=r"invoices doc-7 .* finer"), mirror.write() as conn:
        ledger_rows.upsert(conn, ORG, "invoices", [row(odd)], NOW)
    with mirror.read() as conn:
        assert ledger_rows.count(conn, ORG, "invoices") == 0


def test_a_rate_that_is_a_float_is_refused(mirror: Mirror) -> None:
    odd = replace(RATE, rate=20.0)  # type: ignore[arg-type]
    with pytest.raises(PromiseBroken, match="no finite Decimal"), mirror.write() as conn:
        ledger_rows.upsert(conn, ORG, "tax_rates", [row(odd)], NOW)


def test_an_organisation_is_pinned_once_and_refreshed(mirror: Mirror) -> None:
    locked = replace(ORGANISATION, name="Acme Ltd", period_lock_date=date(2026, 2, 28))
    with mirror.write() as conn:
        assert organisations.pinned(conn, ORG) is None
        organisations.pin(conn, ORG, ORGANISATION)
        assert organisations.pinned(conn, ORG) == ORGANISATION
        organisations.pin(conn, ORG, locked)
        assert organisations.pinned(conn, ORG) == locked


def test_another_organisation_behind_the_same_name_is_refused_naming_both(mirror: Mirror) -> None:
    other = replace(ORGANISATION, id="2222", name="Beta Limited")
    with mirror.write() as conn:
        organisations.pin(conn, ORG, ORGANISATION)
        with pytest.raises(Unauthorised, match=r"acme is Acme Limited .* Beta Limited \(2222\)"):
            organisations.pin(conn, ORG, other)
        assert organisations.pinned(conn, ORG) == ORGANISATION


def test_a_cursor_asks_again_for_the_last_two_minutes(mirror: Mirror) -> None:
    with mirror.write() as conn:
        assert cursors.since(conn, ORG, "invoices") is None
        cursors.advance(conn, ORG, "invoices", NOW)
        assert cursors.since(conn, ORG, "invoices") == NOW - timedelta(minutes=2)
        assert cursors.since(conn, ORG, "payments") is None
        cursors.advance(conn, ORG, "invoices", NOW - timedelta(days=1))
        assert cursors.since(conn, ORG, "invoices") == NOW - timedelta(days=1, minutes=2)


def test_the_day_of_the_last_full_pass_is_remembered(mirror: Mirror) -> None:
    with mirror.write() as conn:
        assert cursors.full_pass_day(conn, ORG) is None
        for day in (DAY, DAY, DAY - timedelta(1)):
            cursors.full_pass_done(conn, ORG, day)
            assert cursors.full_pass_day(conn, ORG) == day
