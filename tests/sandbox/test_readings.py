"""What Xero leaves open, read the other way by a switch; and books proved after every write."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from tests.sandbox.any_order import Hands, a_desk
from tests.sandbox.desk import API, Desk, a_payment
from worker.sandbox.readings import READINGS, Readings, from_words

Open = Callable[..., Desk]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Desks with the readings asked for, signed in and closed at the end.

    What a reading makes of an answer need not be what Xero's file says, so nobody judges it.
    """
    desks = []

    def open_desk(**options: object) -> Desk:
        desks.append(Desk(**options).sign_in())
        return desks[-1]

    yield open_desk
    for desk in desks:
        desk.client.close()
        desk.store.close()


def test_every_reading_is_explained_under_its_name() -> None:
    assert [name.replace("-", "_") for name in READINGS] == list(Readings.__slots__)


def test_readings_are_chosen_by_words() -> None:
    words = ["scope-denial=403", "Delete-Reconciled=yes", "key_seconds=60"]

    assert from_words(words) == {
        "scope_denial": 403,
        "delete_reconciled": True,
        "key_seconds": 60,
    }


@pytest.mark.parametrize(
    "word", ["scope-denial=404", "scope-denial", "delete-reconciled=2", "key-seconds=x", "nonsense"]
)
def test_a_word_that_is_no_reading_is_named(word: str) -> None:
    with pytest.raises(ValueError, match=r"scope_denial|expected|readings are"):
        from_words([word])


@pytest.mark.parametrize(("denial", "title"), [(401, "Unauthorized"), (403, "Forbidden")])
def test_rule_2_a_missing_scope_is_401_or_403(opened: Open, denial: int, title: str) -> None:
    desk = opened(scope_denial=denial)
    desk.sign_in("accounting.contacts")
    reply = desk.get("Invoices")

    assert (reply.status_code, reply.json()["Title"]) == (denial, title)


@pytest.mark.parametrize(("allowed", "status"), [(False, 400), (True, 200)])
def test_rule_10_deleting_a_reconciled_payment_is_refused_or_allowed(
    opened: Open, allowed: bool, status: int
) -> None:
    desk = opened(delete_reconciled=allowed)
    payment = desk.pay(desk.invoice(), "20.00", IsReconciled=True)

    path = f"Payments/{payment['PaymentID']}"
    assert desk.post(path, {"Status": "DELETED"}).status_code == status


@pytest.mark.parametrize(("seconds", "count"), [(360, 1), (60, 2)])
def test_rule_4_keys_are_kept_as_long_as_said(opened: Open, seconds: int, count: int) -> None:
    desk = opened(key_seconds=seconds)
    invoice = desk.invoice()
    for _ in range(2):
        desk.put("Payments", a_payment(invoice, "5.00"), headers={"Idempotency-Key": "k"})
        desk.seconds += 100

    assert len(desk.listed("Payments")) == count


@pytest.mark.parametrize(("lower", "key"), [(False, "Title"), (True, "title")])
def test_rule_1_error_keys_come_in_either_case(opened: Open, lower: bool, key: str) -> None:
    reply = opened(lower_error_keys=lower).get("Invoices", {"Authorization": "Bearer x"})

    assert reply.json()[key] == "Unauthorized"


@pytest.mark.parametrize(("early", "status"), [(True, 200), (False, 400)])
def test_rule_10_a_payment_before_its_document_is_taken_or_refused(
    opened: Open, early: bool, status: int
) -> None:
    desk = opened(early_payments=early)
    payment = a_payment(desk.invoice(Date="2026-03-10"), "5.00", Date="2026-03-09")

    assert desk.put("Payments", payment).status_code == status


def test_rule_5_numbers_come_as_text_where_switched_on(opened: Open) -> None:
    desk = opened(numbers_as_text=True)
    for _ in range(20):
        desk.invoice("120.00")
    totals = [record["Total"] for record in desk.listed("Invoices", page=1)]

    assert {type(total) for total in totals} == {str, Decimal}
    assert {Decimal(total) for total in totals} == {Decimal(120)}


def test_rule_5_fields_and_values_of_tomorrow_come_where_switched_on(opened: Open) -> None:
    desk = opened(unknown_fields=True)
    desk.invoice()

    assert desk.listed("Invoices")[0]["FieldOfTomorrow"] == {"Value": [1, None]}
    assert desk.get("Organisation").json()["Organisations"][0]["Class"] == "OF_TOMORROW"


def test_rule_14_a_rate_far_from_the_last_is_taken_with_a_warning(opened: Open) -> None:
    desk = opened()
    desk.invoice(CurrencyCode="EUR", CurrencyRate="1.17")
    invoice = desk.invoice(CurrencyCode="EUR", CurrencyRate="11.7")
    params = {"summarizeErrors": "false"}
    body = {"Invoices": [{"InvoiceID": invoice["InvoiceID"], "CurrencyRate": "1.17"}]}
    (answer,) = desk.post("Invoices", body, params=params).json()["Invoices"]

    assert "far from" in invoice["Warnings"][0]["Message"]
    assert answer["StatusAttributeString"] == "WARNING"
    assert "Warnings" not in desk.read("Invoices", invoice["InvoiceID"])


def test_unknown_paths_are_a_404_and_a_line_in_the_log(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    desk = opened()
    with caplog.at_level(logging.WARNING, "worker.sandbox"):
        for path in ("Nonsense", "Invoices/Nonsense", "Reports/BankStatement"):
            assert desk.get(path).status_code == 404

    assert [record.getMessage() for record in caplog.records] == [
        f"sandbox_unknown_path: GET '{API}/Nonsense'",
        f"sandbox_unknown_path: GET '{API}/Reports/BankStatement'",
    ]


def test_paranoid_books_are_proved_after_every_write_and_let_good_ones_through() -> None:
    desk = a_desk(paranoid=True)
    hands = Hands(desk, 11)
    answers = {reply.status_code for reply in (hands.act() for _ in range(40)) if reply is not None}
    desk.close()

    assert answers <= {200, 400, 404}


def test_paranoid_undoes_logs_and_answers_500_to_a_write_that_breaks_the_books(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    desk = opened(paranoid=True)
    invoice = desk.invoice()
    # A hand inside the file: the ledger loses a line that the next write is found with.
    desk.store.rows(
        "CREATE TRIGGER crooked AFTER INSERT ON record WHEN new.kind = 'Payments'"
        " BEGIN UPDATE ledger_line SET foreign_amount = foreign_amount + 1"
        " WHERE source_kind = 'Payments'; END"
    )
    reply = desk.put("Payments", a_payment(invoice, "20.00"))

    assert reply.status_code == 500
    assert "sandbox_books_broken: PUT" in caplog.text
    assert desk.listed("Payments") == []
    assert desk.read("Invoices", invoice["InvoiceID"])["AmountDue"] == 120


def test_paranoid_holds_no_write_to_account_for_books_that_came_broken() -> None:
    books = {
        "Invoices": [
            {"Type": "ACCREC", "InvoiceNumber": "1", "Contact": {"Name": "A"}, "Date": "2026-03-01"}
            | {"Status": "PAID", "Total": "10.00", "LineItems": []}
        ]
    }
    desk = Desk(books=books, paranoid=True).sign_in()
    made = desk.invoice()
    desk.close()

    assert made["Status"] == "AUTHORISED"
