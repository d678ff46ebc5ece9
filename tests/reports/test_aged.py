"""Ages as at any day: what is open, how old it is, whose it is."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.reports.report_samples import (
    TODAY,
    a_credit,
    a_payment,
    an_allocation,
    an_invoice,
    receivables,
)
from worker.books.records import Contact
from worker.reports.aged import Returned, Waiting


@pytest.mark.parametrize(
    ("days_late", "bucket"),
    [
        (-40, "Current"), (0, "Current"), (1, "1-30"), (30, "1-30"), (31, "31-60"),
        (60, "31-60"), (61, "61-90"), (90, "61-90"), (91, "90+"), (400, "90+"),
    ],
)  # fmt: skip
def test_a_document_ages_from_its_due_date(days_late: int, bucket: str) -> None:
    due = TODAY - timedelta(days_late)
    table = receivables(an_invoice(due_date=due, date=date(2025, 1, 1))).base

    names = ("Current", "1-30", "31-60", "61-90", "90+")
    assert dict(zip(names, table.buckets, strict=True))[bucket] == Decimal(100)
    assert sum(table.buckets) == table.total == Decimal(100)


def test_a_document_without_a_due_date_ages_from_its_own() -> None:
    table = receivables(an_invoice(due_date=None, date=TODAY - timedelta(45))).base

    assert table.rows[0].items[0].days_overdue == 45


@pytest.mark.parametrize(
    ("as_of", "still_open"),
    [
        (date(2026, 2, 28), "0.00"),  # not yet written
        (date(2026, 3, 1), "100.00"),
        (date(2026, 3, 9), "100.00"),
        (date(2026, 3, 10), "70.00"),
        (date(2026, 3, 19), "70.00"),
        (date(2026, 3, 20), "50.00"),
        (date(2026, 3, 31), "0.00"),
    ],
)
def test_an_earlier_day_is_rebuilt_from_dated_payments_and_allocations(
    as_of: date, still_open: str
) -> None:
    invoice = an_invoice(due=Decimal(0), status="PAID")
    credit = a_credit("CN-1", "20.00", an_allocation("INV-1", "20.00", date(2026, 3, 20)))
    paid = [
        a_payment("INV-1", "30.00", date(2026, 3, 10)),
        a_payment("INV-1", "50.00", date(2026, 3, 31)),
        a_payment("INV-1", "999.00", date(2026, 3, 2), status="DELETED"),
    ]
    found = receivables(invoice, credit, payments=paid, as_of=as_of)

    assert sum(found.base.buckets) == Decimal(still_open)
    assert found.stale == ()


def test_a_credit_is_unapplied_until_the_day_it_is_allocated() -> None:
    invoice = an_invoice(due=Decimal(80))
    credit = a_credit("CN-1", "20.00", an_allocation("INV-1", "20.00", date(2026, 3, 20)))

    before = receivables(invoice, credit, as_of=date(2026, 3, 19)).base
    after = receivables(invoice, credit, as_of=date(2026, 3, 20)).base

    assert (sum(before.buckets), before.unapplied, before.total) == (100, -20, 80)
    assert (sum(after.buckets), after.unapplied, after.total) == (80, 0, 80)


def test_an_undated_allocation_waits_for_the_later_of_the_two_documents() -> None:
    credit = a_credit("CN-1", "20.00", an_allocation("INV-1", "20.00", None), date=date(2026, 2, 1))
    invoice = an_invoice(due=Decimal(80), date=date(2026, 3, 1))

    assert receivables(invoice, credit, as_of=date(2026, 2, 15)).base.unapplied == -20
    assert receivables(invoice, credit, as_of=date(2026, 3, 1)).base.unapplied == 0


def test_a_refund_lessens_a_credit() -> None:
    credit = a_credit("CN-1", "20.00", due=Decimal(5))
    refund = a_payment("CN-1", "15.00", date(2026, 3, 5), document_kind="credit_note")
    found = receivables(credit, payments=[refund])

    assert found.base.total == -5
    assert found.stale == ()


def test_a_prepayment_is_a_deposit_and_not_in_the_total() -> None:
    deposit = a_credit("PRE-1", "40.00", kind="prepayment")
    over = a_credit("OVER-1", "7.00", kind="overpayment")
    table = receivables(an_invoice(), deposit, over).base

    assert table.deposits_held == 40
    assert (table.unapplied, table.total) == (-7, 93)


def test_a_cis_deduction_is_not_owed() -> None:
    found = receivables(an_invoice(cis_deduction=Decimal(20), due=Decimal(80)))

    assert found.base.total == 80
    assert found.stale == ()


def test_currencies_stand_apart_and_base_value_is_at_the_documents_own_rate() -> None:
    found = receivables(
        an_invoice("INV-1", "100.00"),
        an_invoice("INV-2", "116.00", currency="EUR", currency_rate=Decimal("1.16")),
        an_invoice("INV-3", "9.00", currency="USD"),
        a_credit("CN-4", "58.00", currency="EUR", currency_rate=Decimal("1.16")),
    )

    told = {table.currency: (table.total, table.base_value) for table in found.tables}
    assert list(told) == ["GBP", "EUR", "USD"]
    assert told == {"GBP": (100, 100), "EUR": (58, 50), "USD": (9, None)}


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "VOIDED", "DELETED"])
def test_what_is_not_approved_or_no_longer_there_is_not_owed(status: str) -> None:
    assert receivables(an_invoice(status=status)).tables == ()


def test_the_other_side_is_left_out() -> None:
    bill = an_invoice("BILL-1", side="payable")

    assert receivables(bill).tables == ()
    assert receivables(bill, side="payable").base.total == 100


def test_contacts_come_by_what_they_owe_and_a_merged_one_under_its_new_name() -> None:
    documents = [
        an_invoice("INV-1", "10.00", contact_id="c1"),
        an_invoice("INV-2", "30.00", contact_id="c2", contact_name="Beta"),
        an_invoice("INV-3", "25.00", contact_id="c3", contact_name="Old Acme"),
    ]
    contacts = {
        "c1": Contact("c1", "Acme Renamed", "ACTIVE"),
        "c3": Contact("c3", "Old Acme", "ARCHIVED", merged_into="c1"),
    }
    rows = receivables(*documents, contacts=contacts).base.rows

    assert [(row.name, row.total) for row in rows] == [("Acme Renamed", 35), ("Beta", 30)]


def test_contacts_merged_in_a_circle_still_have_a_name() -> None:
    contacts = {
        "c1": Contact("c1", "One", "ARCHIVED", merged_into="c2"),
        "c2": Contact("c2", "Two", "ARCHIVED", merged_into="c1"),
    }

    assert receivables(an_invoice(), contacts=contacts).base.rows[0].name in {"One", "Two"}


def test_money_already_waiting_is_not_overdue() -> None:
    late = TODAY - timedelta(20)
    found = receivables(
        an_invoice("INV-1", due_date=late),
        an_invoice("INV-2", due_date=late),
        an_invoice("INV-3", due_date=late),
        waiting={
            "id-INV-1": Waiting(Decimal(100), "all of it"),
            "id-INV-2": Waiting(Decimal(60), "part of it"),
        },
    )

    assert [(i.number, i.overdue) for i in found.newly_overdue] == [("INV-3", 100), ("INV-2", 40)]
    assert (found.base.total, found.base.overdue, found.base.waiting) == (300, 140, 160)
    assert [item.number for item in found.waiting] == ["INV-1", "INV-2"]


def test_oldest_come_first_and_newly_overdue_are_of_the_last_thirty_days() -> None:
    found = receivables(
        *(an_invoice(f"INV-{n}", due_date=TODAY - timedelta(n)) for n in (0, 1, 30, 31, 90))
    )

    assert [item.days_overdue for item in found.oldest] == [90, 31, 30, 1]
    assert {item.days_overdue for item in found.newly_overdue} == {1, 30}


def test_a_bounced_document_is_named_although_the_ledger_calls_it_paid() -> None:
    paid = an_invoice(due=Decimal(0), status="PAID")
    found = receivables(
        paid,
        payments=[a_payment("INV-1", "100.00", date(2026, 3, 3))],
        returned={paid.id: Returned(Decimal(100), date(2026, 3, 6))},
    )

    assert [(each.number, each.returned.day) for each in found.bounced] == [
        ("INV-1", date(2026, 3, 6))
    ]
    assert found.base.total == 0


@pytest.mark.parametrize("as_of", [TODAY, date(2025, 1, 1)])
def test_a_document_that_contradicts_its_own_payments_is_listed_whatever_the_day(
    as_of: date,
) -> None:
    found = receivables(an_invoice(due=Decimal(75)), as_of=as_of)

    assert [(each.number, each.computed, each.stated) for each in found.stale] == [
        ("INV-1", 100, 75)
    ]
