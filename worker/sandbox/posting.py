"""Deriving the ledger of loaded books: each document, then its money in order of date."""

from __future__ import annotations

from worker.sandbox import (
    load_besides,
    load_credits,
    load_documents,
    load_gaps,
    load_money,
    load_payments,
)
from worker.sandbox.loading import KINDS, Loading


def derive(load: Loading) -> None:
    """Fill in what the records leave out, and post it all; documents are still to be finished."""
    load_money.bank_transactions(load)
    for kind in KINDS:
        for record in load.books[kind].revised():
            load_documents.document_of(load, kind, record)
    load_payments.batches(load)
    moves = [*load_payments.payments(load), *load_credits.allocations(load)]
    moves += load_gaps.unexplained(load)
    for _, _, post in sorted(moves, key=lambda move: move[:2]):
        post()
    load_money.transfers(load)
    load_besides.post_journals(load)
