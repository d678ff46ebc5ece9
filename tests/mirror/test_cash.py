"""Cash records: every movement of a bank account once, signed as at the bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.mirror.make import BATCH, CONTACT, DAY, NOW, ORG, PAYMENT, SPEND, TRANSFER, row
from worker.books.ports import Noun, Record
from worker.books.records import CashRecord, Payment
from worker.mirror import cash, ledger_rows
from worker.mirror.engine import Mirror

BOTH = ("acc-1", "acc-2")


def batched(number: int, figure: str = "-25.00", **changes: object) -> Payment:
    plain = replace(
        PAYMENT,
        id=f"pay-{number}",
        document_id=f"bill-{number}",
        side="payable",
        contact_id="con-2",
        bank_amount=Decimal(figure),
        amount=abs(Decimal(figure)),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def records(
    mirror: Mirror, stored: Sequence[tuple[Noun, Record]], accounts: Sequence[str] = BOTH
) -> tuple[CashRecord, ...]:
    with mirror.write() as conn:
        for noun, record in stored:
            ledger_rows.upsert(conn, ORG, noun, [row(record)], NOW)
        return cash.records(conn, ORG, accounts, None)


def test_a_payment_is_one_movement_with_payer_and_document(mirror: Mirror) -> None:
    assert records(mirror, [("contacts", CONTACT), ("payments", PAYMENT)]) == (
        CashRecord(
            id="pay-1",
            kind="payment",
            account_id="acc-1",
            date=DAY,
            amount=Decimal("120.00"),
            contact_id="con-1",
            contact_name="Ridgeway Ltd",
            reference="",
            is_reconciled=False,
            document_ids=("doc-1",),
        ),
    )


def test_a_batch_counts_once_and_its_payments_not_beside_it(mirror: Mirror) -> None:
    (found,) = records(
        mirror,
        [("batch_payments", BATCH), ("payments", batched(2)), ("payments", batched(3))],
    )

    assert (found.id, found.kind, found.amount) == ("bat-1", "batch_payment", Decimal("-50.00"))
    assert (found.document_ids, found.contact_id) == (("bill-2", "bill-3"), "con-2")


def test_a_batch_not_read_yet_is_put_together_from_its_payments(mirror: Mirror) -> None:
    (found,) = records(
        mirror,
        [
            ("payments", batched(2, batch_id="bat-7", is_reconciled=True)),
            ("payments", batched(3, "-10.50", batch_id="bat-7", contact_id="con-3")),
        ],
    )

    assert (found.id, found.kind, found.amount) == ("bat-7", "batch_payment", Decimal("-35.50"))
    assert (found.contact_id, found.is_reconciled) == ("", False)


def test_spent_money_keeps_its_coding(mirror: Mirror) -> None:
    (found,) = records(mirror, [("bank_transactions", SPEND)])

    assert (found.kind, found.amount, found.coding, found.contact_name, found.is_reconciled) == (
        "bank_transaction", Decimal("-4.50"), "404|NONE", "Bank plc", True,
    )  # fmt: skip


def test_a_transfer_counts_once_per_leg(mirror: Mirror) -> None:
    found = records(mirror, [("bank_transfers", TRANSFER)])

    assert {(r.kind, r.account_id, r.amount, r.is_reconciled) for r in found} == {
        ("transfer_out", "acc-1", Decimal("-30.00"), True),
        ("transfer_in", "acc-2", Decimal("30.00"), False),
    }


@pytest.mark.parametrize("status", ["DELETED", "VOIDED", "MISSING"])
def test_what_is_gone_from_the_ledger_moves_nothing(mirror: Mirror, status: str) -> None:
    gone: list[tuple[Noun, Record]] = [
        ("payments", replace(PAYMENT, status=status)),
        ("bank_transactions", replace(SPEND, status=status)),
        ("bank_transfers", replace(TRANSFER, status=status)),
        ("batch_payments", replace(BATCH, status=status)),
    ]

    assert records(mirror, gone) == ()


def test_a_leg_listed_as_a_bank_transaction_is_not_counted_twice(mirror: Mirror) -> None:
    leg = replace(SPEND, type="SPEND-TRANSFER", amount=Decimal("-30.00"))
    found = records(mirror, [("bank_transfers", TRANSFER), ("bank_transactions", leg)], ("acc-1",))

    assert [(r.kind, r.amount) for r in found] == [("transfer_out", Decimal("-30.00"))]


def test_only_the_accounts_and_days_asked_for_are_given(mirror: Mirror) -> None:
    old = replace(PAYMENT, id="pay-9", date=DAY - timedelta(1))
    records(mirror, [("payments", PAYMENT), ("payments", old), ("bank_transfers", TRANSFER)])
    with mirror.read() as conn:
        assert [r.id for r in cash.records(conn, ORG, ("acc-1",), DAY)] == ["pay-1", "tra-1"]
        assert [r.id for r in cash.records(conn, ORG, ("acc-2",), None)] == ["tra-1"]
        assert cash.records(conn, ORG, (), None) == ()


def test_the_balance_is_the_signed_sum_through_the_day(mirror: Mirror) -> None:
    records(
        mirror,
        [
            ("payments", PAYMENT),
            ("bank_transactions", SPEND),
            ("bank_transfers", replace(TRANSFER, date=DAY + timedelta(1))),
        ],
    )
    with mirror.read() as conn:
        assert cash.balance(conn, ORG, "acc-1", DAY - timedelta(1)) == 0
        assert cash.balance(conn, ORG, "acc-1", DAY) == Decimal("115.50")
        assert cash.balance(conn, ORG, "acc-1", DAY + timedelta(1)) == Decimal("85.50")
