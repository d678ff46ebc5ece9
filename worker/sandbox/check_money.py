"""Did money move as payments, bank transactions, transfers and journals say, and only once?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from worker.sandbox.check_books import LIVE, Books, control, is_inflow
from worker.sandbox.lines import line_net
from worker.sandbox.store import Store
from worker.sandbox.wire import ZERO, from_minor, guid, stored, to_minor


def banks_tie(store: Store, books: Books) -> Iterator[str]:
    """Each bank account's balance is the sum of its signed transactions, on both bases."""
    moved: defaultdict[str, Decimal] = defaultdict(Decimal)
    for payment in books.payments:
        bank_id = guid((payment.get("Account") or {}).get("AccountID"))
        amount = payment.get("BankAmount")
        cash = stored(payment.get("Amount") if amount is None else amount)
        moved[bank_id] += cash if is_inflow(payment) else -cash
    for record in books.bank_transactions:
        kind = str(record.get("Type"))
        # A transfer is its two legs: between currencies they differ.
        if record.get("Status") == "AUTHORISED":
            total = stored(record.get("Total"))
            bank_id = guid(record["BankAccount"]["AccountID"])
            moved[bank_id] += total if kind.startswith("RECEIVE") else -total
    for account_id, account in books.accounts.items():
        if account.get("Type") != "BANK":
            continue
        currency = str(account.get("CurrencyCode") or books.base)
        for view in ("accrual", "cash"):
            found = store.rows(
                "SELECT COALESCE(SUM(foreign_amount), 0) FROM ledger_line"
                " WHERE account_id = ? AND basis IN ('both', ?)",
                (account_id, view),
            )[0][0]
            if from_minor(found, currency) != moved[account_id]:
                yield (
                    f"{account['Name']} stands at {from_minor(found, currency)} in the {view} "
                    f"ledger, its transactions come to {moved[account_id]}"
                )


def transfers_have_two_legs(store: Store, books: Books) -> Iterator[str]:
    """Money between own accounts leaves one and enters the other; once deleted, neither."""
    for transfer in books.transfers:
        legs = store.rows(
            "SELECT account_id, SUM(amount) FROM ledger_line WHERE source_id = ?"
            " GROUP BY account_id HAVING SUM(amount) <> 0",
            (transfer["BankTransferID"],),
        )
        accounts = {guid(transfer[f"{side}BankAccount"]["AccountID"]) for side in ("From", "To")}
        banks = [row for row in legs if row[0] in accounts]
        expected = 0 if transfer.get("Status") == "DELETED" else 2
        if len(banks) != expected:
            name = f"Transfer {transfer['BankTransferID']}"
            yield f"{name} moves {len(banks)} bank accounts in the ledger, not {expected}"


def batches_add_up(books: Books) -> Iterator[str]:
    """A batch is as large as its payments, and a deleted one has none left."""
    parts: defaultdict[str, Decimal] = defaultdict(Decimal)
    for payment in books.payments:
        batch_id = payment.get("BatchPaymentID") or (payment.get("BatchPayment") or {}).get(
            "BatchPaymentID"
        )
        if batch_id:
            parts[guid(batch_id)] += stored(payment.get("Amount"))
    for batch in books.batches:
        deleted = batch.get("Status") in ("DELETED", "VOIDED")
        total = ZERO if deleted else stored(batch.get("TotalAmount"))
        found = parts[guid(batch["BatchPaymentID"])]
        if found != total:
            yield f"Batch {batch['BatchPaymentID']} is for {total}, its payments for {found}"


def cash_moves_once(store: Store, books: Books) -> Iterator[str]:
    """Every payment and bank transaction stands on its bank account once; undone ones not at all.

    Nothing but these and transfers stands on a bank account.
    """
    banks = {
        key: str(account.get("CurrencyCode") or books.base)
        for key, account in books.accounts.items()
        if account.get("Type") == "BANK"
    }
    expected: defaultdict[tuple[str, str], int] = defaultdict(int)
    for payment in books.payments:
        bank_id = guid((payment.get("Account") or {}).get("AccountID"))
        if bank_id in banks:
            moved = payment.get("BankAmount")
            units = to_minor(
                stored(payment.get("Amount") if moved is None else moved), banks[bank_id]
            )
            sign = 1 if is_inflow(payment) else -1
            expected[payment["PaymentID"], bank_id] += sign * units
    for record in books.bank_transactions:
        bank_id, kind = guid(record["BankAccount"]["AccountID"]), str(record.get("Type"))
        if record.get("Status") in LIVE and bank_id in banks and not kind.endswith("-TRANSFER"):
            units = to_minor(stored(record.get("Total")), banks[bank_id])
            sign = 1 if kind.startswith("RECEIVE") else -1
            expected[record["BankTransactionID"], bank_id] += sign * units
    found = {
        (source_id, account_id): units
        for source_id, account_id, units in store.rows(
            "SELECT source_id, account_id, SUM(foreign_amount) FROM ledger_line"
            " WHERE source_kind <> 'BankTransfers' AND basis <> 'cash' AND account_id IN"
            " (SELECT id FROM record WHERE kind = 'Accounts' AND type = 'BANK')"
            " GROUP BY source_id, account_id"
        )
    }
    for key in expected.keys() | found.keys():
        here, there = found.get(key, 0), expected.get(key, 0)
        if here != there:
            source_id, bank_id = key
            name, currency = books.accounts[bank_id]["Name"], banks[bank_id]
            yield (
                f"{source_id} has moved {from_minor(here, currency)} on {name}, "
                f"its record says {from_minor(there, currency)}"
            )


def journals_are_posted(store: Store, books: Books) -> Iterator[str]:
    """A posted manual journal stands as its lines say; another one not at all.

    What a loaded journal lacked to balance stands against the historical adjustment.
    """
    gst, historical = control(store, "GST"), control(store, "HISTORICAL")
    for journal in store.all("ManualJournals"):
        mode, expected = str(journal.get("LineAmountTypes")), defaultdict[str, int](int)
        for line in journal["JournalLines"] if journal["Status"] == "POSTED" else ():
            tax = ZERO if mode == "NoTax" else stored(line.get("TaxAmount"))
            expected[str(line["AccountID"])] += to_minor(line_net(line, mode), books.base)
            expected[gst] += to_minor(tax, books.base)
        expected[historical] -= sum(expected.values())
        rows = store.rows(
            "SELECT account_id, SUM(amount) FROM ledger_line WHERE source_id = ?"
            " AND basis <> 'cash' GROUP BY account_id HAVING SUM(amount) <> 0",
            (journal["ManualJournalID"],),
        )
        if dict(rows) != {key: units for key, units in expected.items() if units}:
            yield f"Journal {journal['ManualJournalID']} is not in the ledger as its lines say"
