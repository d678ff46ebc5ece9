"""Statements and their lines: each file once, facts that never change, explanations that may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from tests.mirror.make import (
    BATCH,
    DAY,
    LINE,
    NOW,
    ORG,
    PAYMENT,
    SPEND,
    TRANSFER,
    row,
    statement,
)
from worker.books.records import BankLine
from worker.errors import PromiseBroken
from worker.mirror import bank_lines, ledger_rows, statements, tables
from worker.mirror.engine import Mirror
from worker.mirror.statements import StoredStatement


def line(number: int, days: int = 0, **changes: object) -> BankLine:
    plain = replace(LINE, id=f"L{number}", date=DAY + timedelta(days))
    return replace(plain, **changes)  # type: ignore[arg-type]


def imported(mirror: Mirror, *lines: BankLine, file_hash: str = "h1") -> int:
    with mirror.write() as conn:
        return statements.save_statement(conn, ORG, "090", statement("1.00"), file_hash, lines, NOW)


def test_a_file_and_its_lines_are_stored_once(mirror: Mirror) -> None:
    lines = [line(2), line(1), line(3, days=-1, flag="duplicate_row")]

    assert [imported(mirror, *lines), imported(mirror, *lines)] == [3, 0]
    with mirror.read() as conn:
        assert [each.id for each in bank_lines.all_lines(conn, ORG)] == ["L3", "L2", "L1"]
        assert bank_lines.all_lines(conn, ORG)[1] == line(2)
        assert statements.statement_by_hash(conn, ORG, "090", "h1")
        assert not statements.statement_by_hash(conn, ORG, "091", "h1")
        assert len(statements.statements_of(conn, ORG, "090")) == 1


def test_statements_come_in_the_order_of_their_days(mirror: Mirror) -> None:
    march = statement("5.00", "-2.00", opening=Decimal("10.00"), closing=Decimal("13.00"))
    february = statement(start=DAY - timedelta(31), file="feb.ofx", format="ofx")
    undated = statement(file="empty.csv", currency="")
    with mirror.write() as conn:
        for number, each in enumerate((undated, march, february)):
            statements.save_statement(conn, ORG, "090", each, f"h{number}", (), NOW)
        found = statements.statements_of(conn, ORG, "090")

    assert found == (
        StoredStatement(DAY - timedelta(31), DAY - timedelta(31), None, None, "feb.ofx", "ofx"),
        StoredStatement(DAY, DAY, Decimal("10.00"), Decimal("13.00"), "march.csv", "csv"),
        StoredStatement(None, None, None, None, "empty.csv", "csv"),
    )


@pytest.mark.parametrize(
    "change", [{"amount": 1}, {"date": DAY - timedelta(1)}, {"currency": "EUR"}]
)
def test_the_facts_of_a_line_never_change(mirror: Mirror, change: dict[str, object]) -> None:
    imported(mirror, line(1))
    with pytest.raises(PromiseBroken, match="never change"), mirror.write() as conn:
        conn.execute(update(tables.bank_lines).values(**change))
    with mirror.read() as conn:
        assert bank_lines.all_lines(conn, ORG) == (line(1),)


def test_the_same_id_with_another_amount_is_refused(mirror: Mirror) -> None:
    imported(mirror, line(1))
    with pytest.raises(PromiseBroken, match="L1"):
        imported(mirror, line(1, amount=Decimal("1.00")), file_hash="h2")
    with mirror.read() as conn:
        assert not statements.statement_by_hash(conn, ORG, "090", "h2")


def test_lines_between_two_days_include_both(mirror: Mirror) -> None:
    imported(mirror, *(line(number, days=number) for number in range(5)))
    with mirror.read() as conn:
        found = bank_lines.lines_between(conn, ORG, "090", DAY + timedelta(1), DAY + timedelta(3))
        assert [each.id for each in found] == ["L1", "L2", "L3"]
        assert bank_lines.lines_between(conn, ORG, "091", DAY, DAY + timedelta(9)) == ()
        assert bank_lines.formats(conn, ORG, ["L1", "L9"]) == {"L1": "csv"}


def test_lines_old_and_new_take_the_pinned_account(mirror: Mirror) -> None:
    imported(mirror, line(1))
    with mirror.write() as conn:
        bank_lines.pin_accounts(conn, ORG, {"090": "acc-1", "091": "acc-2"})
        bank_lines.pin_accounts(conn, ORG, {"090": "acc-1"})
    imported(mirror, line(2), file_hash="h2")
    with mirror.read() as conn:
        assert {each.account_id for each in bank_lines.all_lines(conn, ORG)} == {"acc-1"}


def test_lines_of_the_ledger_itself_need_no_file(mirror: Mirror) -> None:
    with mirror.write() as conn:
        assert bank_lines.add(conn, ORG, [line(1), line(1)], NOW) == 1
        assert bank_lines.formats(conn, ORG, ["L1"]) == {"L1": ""}


def test_an_explained_line_is_out_of_the_way_until_it_is_reopened(mirror: Mirror) -> None:
    imported(mirror, line(1), line(2))
    with mirror.write() as conn:
        bank_lines.pin_accounts(conn, ORG, {"090": "acc-1"})
        found = [("L1", "pay-1", "payment", "con-1"), ("L9", "x", "payment", "")]
        assert bank_lines.explain_lines(conn, ORG, found) == 1
        assert bank_lines.explain_lines(conn, ORG, []) == 0
        assert [each.id for each in bank_lines.unexplained(conn, ORG)] == ["L2"]
        assert bank_lines.explaining_records(conn, ORG) == {("pay-1", "acc-1")}
        assert bank_lines.orphans(conn, ORG) == ("L1",)
        assert bank_lines.reopen(conn, ORG, ["L1", "L2"]) == 1
        assert len(bank_lines.unexplained(conn, ORG)) == 2


def test_one_record_explains_one_line(mirror: Mirror) -> None:
    imported(mirror, line(1), line(2))
    with pytest.raises(PromiseBroken), mirror.write() as conn:
        bank_lines.explain_lines(
            conn, ORG, [(each, "pay-1", "payment", "con-1") for each in ("L1", "L2")]
        )


def test_history_says_payer_documents_coding_and_transfer(mirror: Mirror) -> None:
    imported(mirror, *(line(number, days=number) for number in range(6)))
    members = [
        replace(PAYMENT, id=f"pay-{n}", document_id=f"bill-{n}", bank_amount=Decimal("-25.00"))
        for n in (2, 3)
    ]
    with mirror.write() as conn:
        bank_lines.pin_accounts(conn, ORG, {"090": "acc-1"})
        ledger_rows.upsert(conn, ORG, "payments", [row(p) for p in (PAYMENT, *members)], NOW)
        ledger_rows.upsert(conn, ORG, "batch_payments", [row(BATCH)], NOW)
        ledger_rows.upsert(conn, ORG, "bank_transactions", [row(SPEND)], NOW)
        ledger_rows.upsert(conn, ORG, "bank_transfers", [row(TRANSFER)], NOW)
        bank_lines.explain_lines(
            conn,
            ORG,
            [
                ("L0", "pay-1", "payment", "con-1"),
                ("L1", "bat-1", "batch_payment", "con-1"),
                ("L2", "txn-1", "bank_transaction", "con-9"),
                ("L3", "tra-1", "transfer_out", ""),
                ("L4", "deleted", "payment", "con-1"),
            ],
        )
        found = bank_lines.history(conn, ORG)

    assert [(h.line.id, h.contact_id, h.document_ids, h.coding, h.is_transfer) for h in found] == [
        ("L0", "con-1", ("doc-1",), "", False),
        ("L1", "con-1", ("bill-2", "bill-3"), "", False),
        ("L2", "con-9", (), "404|NONE", False),
        ("L3", "", (), "", True),
    ]
