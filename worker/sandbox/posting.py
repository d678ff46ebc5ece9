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
from worker.sandbox.store import ID_FIELDS


def derive(load: Loading) -> None:
    """Fill in what the records leave out, and post it all."""
    load_money.bank_transactions(load)
    for kind in KINDS:
        load.by_id[kind] = {record[ID_FIELDS[kind]]: record for record in load.books[kind]}
        for record in load.books[kind]:
            load_documents.document_of(load, kind, record)
    for record in load.books["Invoices"]:
        if record["Status"] not in ("VOIDED", "DELETED") and record.get("InvoiceNumber"):
            load.by_number.setdefault(str(record["InvoiceNumber"]).lower(), record)
    load_payments.batches(load)
    moves = [*load_payments.payments(load), *load_credits.allocations(load)]
    moves += load_gaps.unexplained(load)
    for _, _, post in sorted(moves, key=lambda move: move[:2]):
        post()
    load_money.transfers(load)
    load_besides.post_journals(load)
    for kind in KINDS:
        for record in load.books[kind]:
            load_documents.finish(load, kind, record)
