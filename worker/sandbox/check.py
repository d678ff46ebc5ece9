"""Do the books hold together? Every figure Xero would show, proved against the ledger beneath.

The ledger is read directly and documents are added up anew, so that a mistake in the code that
posted them cannot hide itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from worker.sandbox.check_books import read_books
from worker.sandbox.check_documents import (
    cash_view_follows,
    control_accounts_tie,
    deposits_wait,
    documents_add_up,
    documents_are_posted,
    tax_is_posted,
)
from worker.sandbox.check_money import (
    banks_tie,
    batches_add_up,
    cash_moves_once,
    journals_are_posted,
    transfers_have_two_legs,
)
from worker.sandbox.check_reports import reports_agree
from worker.sandbox.store import Store


def check(store: Store) -> list[str]:
    """What is wrong with the books, one plain sentence each; empty when all is well."""
    with store.reading():
        if not store.count("Organisation"):
            return ["these books hold no organisation yet"]
        books = read_books(store)
        return [
            *_ledger_balances(store),
            *documents_add_up(books),
            *documents_are_posted(store, books),
            *tax_is_posted(store, books),
            *cash_view_follows(store, books),
            *deposits_wait(store, books),
            *control_accounts_tie(store, books),
            *banks_tie(store, books),
            *cash_moves_once(store, books),
            *transfers_have_two_legs(store, books),
            *batches_add_up(books),
            *journals_are_posted(store, books),
            *reports_agree(store),
        ]


def _ledger_balances(store: Store) -> Iterator[str]:
    """Debits equal credits: in each record's entries, and so in all of them, on both bases."""
    for view in ("accrual", "cash"):
        crooked = store.rows(
            "SELECT source_kind, source_id, SUM(amount) FROM ledger_line"
            " WHERE basis IN ('both', ?) GROUP BY source_kind, source_id HAVING SUM(amount) <> 0",
            (view,),
        )
        for kind, source_id, amount in crooked:
            yield f"{kind} {source_id} is out of balance by {amount} minor units on {view} basis"
    for (account_id,) in store.rows(
        "SELECT DISTINCT account_id FROM ledger_line WHERE account_id NOT IN"
        " (SELECT id FROM record WHERE kind = 'Accounts')"
    ):
        yield f"the ledger posts to account {account_id}, which is not in the chart"
