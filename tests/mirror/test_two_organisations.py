"""Two organisations whose ids, account codes and file names are all the same never mix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, select

from tests.mirror.make import (
    BANK,
    BATCH,
    CONTACT,
    DAY,
    INTENT,
    INVOICE,
    LINE,
    NOW,
    ORGANISATION,
    PAYMENT,
    SPEND,
    TRANSFER,
    decision,
    dispatch,
    row,
    statement,
)
from worker.books.intents import IntentAnswer
from worker.books.ports import Noun, Row
from worker.books.records import TaxRate
from worker.mirror import (
    accounts,
    bank_lines,
    cash,
    contacts,
    cursors,
    decisions,
    documents,
    leases,
    ledger_rows,
    organisations,
    outbox,
    payments,
    runs,
    statements,
    tax_rates,
)
from worker.mirror.engine import Mirror, open_mirror
from worker.mirror.tables import metadata

NOUNS: dict[Noun, Any] = {
    "accounts": BANK,
    "tax_rates": TaxRate("NONE", "No tax", Decimal(0), "ACTIVE"),
    "contacts": CONTACT,
    "invoices": INVOICE,
    "payments": PAYMENT,
    "batch_payments": BATCH,
    "bank_transactions": SPEND,
    "bank_transfers": TRANSFER,
}
READERS: dict[str, Callable[[Connection, str], object]] = {
    "organisation": organisations.pinned,
    "accounts": accounts.all_accounts,
    "bank accounts": accounts.bank_accounts,
    "tax rates": tax_rates.all_tax_rates,
    "contacts": contacts.all_contacts,
    "open documents": documents.open_documents,
    "counting documents": documents.counting,
    "documents by id": lambda c, o: documents.by_ids(c, o, ["doc-1"]),
    "payments": payments.all_payments,
    "cash": lambda c, o: cash.records(c, o, ("acc-1", "acc-2"), None),
    "balance": lambda c, o: cash.balance(c, o, "acc-1", DAY),
    "raw": lambda c, o: ledger_rows.raw(c, o, "invoices", "doc-1"),
    "count": lambda c, o: ledger_rows.count(c, o, "invoices"),
    "cursor": lambda c, o: cursors.since(c, o, "invoices"),
    "full pass": cursors.full_pass_day,
    "statements": lambda c, o: statements.statements_of(c, o, "090"),
    "hash": lambda c, o: statements.statement_by_hash(c, o, "090", "h1"),
    "lines": bank_lines.all_lines,
    "unexplained": bank_lines.unexplained,
    "lines between": lambda c, o: bank_lines.lines_between(c, o, "090", DAY, DAY),
    "formats": lambda c, o: bank_lines.formats(c, o, ["L1"]),
    "explaining": bank_lines.explaining_records,
    "orphans": bank_lines.orphans,
    "history": bank_lines.history,
    "decisions": decisions.current,
    "earlier decisions": lambda c, o: decisions.earlier(c, o, "L1"),
    "declines": decisions.declines,
    "intents": lambda c, o: outbox.open_intents(c, o),
    "intents of a line": lambda c, o: outbox.by_line(c, o, ["L1"]),
    "in flight": outbox.lines_in_flight,
    "own records": outbox.own_records,
    "generations": outbox.generations,
    "counts": outbox.counts,
    "unknowns": outbox.unknowns,
    "recent": lambda c, o: outbox.recent(c, o, "R1"),
    "dispatch": lambda c, o: outbox.dispatch_of(c, o, "I1"),
    "last run": lambda c, o: runs.last(c, o, "pull"),
    "delivered": lambda c, o: runs.delivered(c, o, "2026-03", "ann", "mail"),
}


def fill(conn: Connection, name: str) -> None:
    """Everything an organisation can have, with the same ids for each."""
    organisations.pin(conn, name, ORGANISATION)
    for noun, record in NOUNS.items():
        ledger_rows.upsert(conn, name, noun, [row(record)], NOW)
    ledger_rows.upsert(conn, name, "currencies", [Row("GBP", None, "{}")], NOW)
    cursors.advance(conn, name, "invoices", NOW)
    cursors.full_pass_done(conn, name, DAY)
    second = replace(LINE, id="L2", amount=Decimal("1.00"))
    statements.save_statement(conn, name, "090", statement("120.00"), "h1", [LINE, second], NOW)
    bank_lines.pin_accounts(conn, name, {"090": "acc-1"})
    bank_lines.explain_lines(conn, name, [("L1", "pay-1", "payment", "con-1")])
    decisions.save(conn, name, [decision("L1", "R0")], NOW)
    decisions.save(conn, name, [decision("L1", "R1", why="again")], NOW)
    decisions.decline(conn, name, "L1", INTENT.shares, "Ann", "no", NOW)
    lease = leases.take(conn, name, "there:1:1", NOW)
    assert lease is not None
    outbox.add(conn, name, [INTENT], "R1")
    outbox.claim_dispatch(conn, name, dispatch(INTENT), lease, NOW)
    runs.begin(conn, name, "pull", "p1", "R1", NOW)
    runs.finish(conn, name, "pull", "p1", NOW, {})
    runs.mark_delivered(conn, name, "2026-03", "ann", "mail", NOW)


@pytest.mark.parametrize("question", READERS)
def test_no_answer_holds_anything_of_the_other_organisation(
    sqlite_url: str, question: str, tmp_path: Any
) -> None:
    ask = READERS[question]
    mirror = open_mirror(sqlite_url)
    with mirror.write() as conn:
        before = ask(conn, "acme")
        fill(conn, "beta")
        assert ask(conn, "acme") == before
        fill(conn, "acme")
        assert ask(conn, "acme") == ask(conn, "beta")
    mirror.close()


def test_what_is_done_to_one_leaves_every_row_of_the_other(mirror: Mirror) -> None:
    with mirror.write() as conn:
        fill(conn, "acme")
        fill(conn, "beta")
        before = rows_of(conn, "beta")
        later = NOW + timedelta(hours=1)
        for noun in NOUNS:
            ledger_rows.mark_missing(conn, "acme", noun, later)
        organisations.pin(conn, "acme", replace(ORGANISATION, name="New"))
        cursors.advance(conn, "acme", "invoices", later)
        cursors.full_pass_done(conn, "acme", DAY + timedelta(1))
        bank_lines.pin_accounts(conn, "acme", {"090": "acc-7"})
        bank_lines.reopen(conn, "acme", ["L1", "L2"])
        decisions.save(conn, "acme", [decision("L1", "R9", why="other")], later)
        decisions.decline(conn, "acme", "L1", INTENT.shares, "Bob", "other", later)
        lease = leases.take(conn, "acme", "there:9:9", later)
        assert lease is not None
        assert outbox.strand(conn, "acme", lease) == 1
        outbox.note_absence(conn, "acme", "I1", later, "s")
        again = replace(INTENT, id="I9", meaning="m9", generation=2)
        assert outbox.next_generation(conn, "acme", "I1", again)
        assert outbox.claim_dispatch(conn, "acme", dispatch(again, number=9), lease, later)
        outbox.settle(conn, "acme", "P9", [IntentAnswer("I9", "posted", "x")], lease, later)
        leases.release(conn, lease)

        assert rows_of(conn, "beta") == before
        assert len(before) == len(metadata.tables) - 1
        assert all(before[name] for name in before if name != "allocations")


def test_a_forgotten_organisation_leaves_the_other_as_it_was(mirror: Mirror) -> None:
    with mirror.write() as conn:
        fill(conn, "acme")
        fill(conn, "beta")
        before = rows_of(conn, "beta")
        organisations.forget(conn, "acme")

        assert rows_of(conn, "beta") == before
        assert not any(rows_of(conn, "acme").values())


def rows_of(conn: Connection, organisation: str) -> dict[str, list[Any]]:
    return {
        table.name: sorted(
            map(repr, conn.execute(select(table).where(table.c.organisation == organisation)))
        )
        for table in metadata.tables.values()
        if table.name != "call_budgets"
    }
