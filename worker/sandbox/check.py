"""Do the books hold together? Every figure Xero would show, proved against the ledger beneath.

The ledger is read directly and documents are added up anew, so that a mistake in the code that
posted them cannot hide itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from worker.sandbox.check_reports import reports_agree
from worker.sandbox.ledger import ID_OF, SIDES
from worker.sandbox.store import ID_FIELDS, Store
from worker.sandbox.wire import ZERO, Record, from_minor, guid, stored, to_minor

_NUMBER_OF = {"Invoices": "InvoiceNumber", "CreditNotes": "CreditNoteNumber"}
_LIVE = ("AUTHORISED", "PAID")


def check(store: Store) -> list[str]:
    """What is wrong with the books, one plain sentence each; empty when all is well."""
    with store.reading():
        if not store.count("Organisation"):
            return ["these books hold no organisation yet"]
        books = _read(store)
        return [
            *_ledger_balances(store),
            *_documents_add_up(books),
            *_documents_are_posted(store, books),
            *_control_accounts_tie(store, books),
            *_banks_tie(store, books),
            *_transfers_have_two_legs(store, books),
            *_batches_add_up(books),
            *reports_agree(store),
        ]


@dataclass(slots=True)
class _Books:
    """All that moves money, and what was paid on and applied to each document."""

    base: str
    documents: list[tuple[str, Record]]
    payments: list[Record]
    bank_transactions: list[Record]
    transfers: list[Record]
    batches: list[Record]
    accounts: dict[str, Record]
    paid: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    applied: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def _read(store: Store) -> _Books:
    books = _Books(
        base=str(store.organisation().get("BaseCurrency", "GBP")),
        documents=[(kind, record) for kind in ID_OF for record in store.all(kind)],
        payments=[p for p in store.all("Payments") if p.get("Status") == "AUTHORISED"],
        bank_transactions=list(store.all("BankTransactions")),
        transfers=list(store.all("BankTransfers")),
        batches=list(store.all("BatchPayments")),
        accounts={str(account["AccountID"]): account for account in store.all("Accounts")},
    )
    for payment in books.payments:
        books.paid[_paid_document(payment)] += stored(payment.get("Amount"))
    for kind, record in books.documents:
        for allocation in record.get("Allocations") or () if kind != "Invoices" else ():
            amount = stored(allocation.get("Amount"))
            books.applied[_id(kind, record)] += amount
            books.applied[guid(allocation["Invoice"]["InvoiceID"])] += amount
    return books


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


def _documents_add_up(books: _Books) -> Iterator[str]:
    """Lines make the total; the total less what settled it is what is left; the status follows."""
    for kind, record in books.documents:
        name = _name(kind, record)
        lines = record.get("LineItems") or []
        mode, total = record.get("LineAmountTypes") or "Exclusive", stored(record.get("Total"))
        tax = ZERO
        if mode != "NoTax":
            tax = sum((stored(line.get("TaxAmount")) for line in lines), ZERO)
        summed = sum((stored(line.get("LineAmount")) for line in lines), ZERO)
        if mode == "Exclusive":
            summed += tax
        if lines and summed != total:
            yield f"{name} has lines of {summed} but a total of {total}"
        if record.get("Status") not in _LIVE:
            continue
        key = _id(kind, record)
        left = total - stored(record.get("CISDeduction")) - books.paid[key] - books.applied[key]
        field_name = "AmountDue" if kind == "Invoices" else "RemainingCredit"
        if stored(record.get(field_name)) != left:
            yield f"{name} says {field_name} {record.get(field_name)}, its records say {left}"
        if left < 0:
            yield f"{name} is settled by {-left} more than it was for"
        if (record["Status"] == "PAID") != (left == 0):
            yield f"{name} is {record['Status']} with {left} left"
        if kind == "Invoices":
            yield from _parts_agree(name, record, books.paid[key], books.applied[key])


def _parts_agree(name: str, record: Record, paid: Decimal, credited: Decimal) -> Iterator[str]:
    for field_name, amount in (("AmountPaid", paid), ("AmountCredited", credited)):
        if stored(record.get(field_name)) != amount:
            yield f"{name} says {field_name} {record.get(field_name)}, its records say {amount}"


def _documents_are_posted(store: Store, books: _Books) -> Iterator[str]:
    """An approved invoice or credit note stands on its control account once; others not at all."""
    posted: defaultdict[str, int] = defaultdict(int)
    controls = {_control(store, name) for name in ("DEBTORS", "CREDITORS")}
    for source_id, account_id, units in store.rows(
        "SELECT source_id, account_id, SUM(foreign_amount) FROM ledger_line"
        " WHERE source_kind IN ('Invoices', 'CreditNotes') AND basis <> 'cash'"
        " GROUP BY source_id, account_id"
    ):
        if account_id in controls:
            posted[source_id] += units
    for kind, record in books.documents:
        if kind not in _NUMBER_OF:
            continue
        expected = 0
        if record.get("Status") in _LIVE:
            owed = stored(record.get("Total")) - stored(record.get("CISDeduction"))
            expected = SIDES[record["Type"]][1] * to_minor(owed, _currency(record, books))
        if posted[_id(kind, record)] != expected:
            found = from_minor(posted[_id(kind, record)], _currency(record, books))
            yield f"{_name(kind, record)} stands at {found} on its control account"


def _control_accounts_tie(store: Store, books: _Books) -> Iterator[str]:
    """Receivables and payables equal what open documents say, in every currency.

    Deposits (prepayments) are not on them: they stand on their own account until used.
    """
    owed: defaultdict[tuple[str, str], int] = defaultdict(int)
    for kind, record in books.documents:
        if record.get("Status") not in _LIVE:
            continue
        key, currency = _id(kind, record), _currency(record, books)
        left = stored(record.get("Total")) - stored(record.get("CISDeduction"))
        left -= books.paid[key] + books.applied[key]
        role, sign = SIDES[record["Type"]]
        owed[role, currency] += sign * to_minor(left, currency)
    for role, title in (("DEBTORS", "Accounts receivable"), ("CREDITORS", "Accounts payable")):
        account_id = _control(store, role)
        found = store.rows(
            "SELECT currency, SUM(foreign_amount) FROM ledger_line"
            " WHERE account_id = ? AND basis <> 'cash' GROUP BY currency",
            (account_id,),
        )
        ledger: dict[str, int] = dict(found)
        for currency in sorted(ledger.keys() | {c for r, c in owed if r == role}):
            here, there = ledger.get(currency, 0), owed[role, currency]
            if here != there:
                yield (
                    f"{title} stands at {from_minor(here, currency)} {currency} in the ledger, "
                    f"the documents say {from_minor(there, currency)}"
                )


def _banks_tie(store: Store, books: _Books) -> Iterator[str]:
    """Each bank account's balance is the sum of its signed transactions, on both bases."""
    moved: defaultdict[str, Decimal] = defaultdict(Decimal)
    for payment in books.payments:
        bank_id = guid((payment.get("Account") or {}).get("AccountID"))
        amount = payment.get("BankAmount")
        cash = stored(payment.get("Amount") if amount is None else amount)
        moved[bank_id] += cash if _is_inflow(payment) else -cash
    for record in books.bank_transactions:
        kind = str(record.get("Type"))
        # The legs of a transfer are counted with the transfer they belong to.
        if record.get("Status") == "AUTHORISED" and not kind.endswith("-TRANSFER"):
            total = stored(record.get("Total"))
            bank_id = guid(record["BankAccount"]["AccountID"])
            moved[bank_id] += total if kind.startswith("RECEIVE") else -total
    for transfer in books.transfers:
        if transfer.get("Status") != "DELETED":
            amount = stored(transfer.get("Amount"))
            moved[guid(transfer["FromBankAccount"]["AccountID"])] -= amount
            moved[guid(transfer["ToBankAccount"]["AccountID"])] += amount
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


def _transfers_have_two_legs(store: Store, books: _Books) -> Iterator[str]:
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


def _batches_add_up(books: _Books) -> Iterator[str]:
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


def _is_inflow(payment: Record) -> bool:
    """Invoices bring money from customers; refunds of credits go the other way."""
    kind = str(payment.get("PaymentType"))
    return kind.startswith(("ACCREC", "AP"))


def _paid_document(payment: Record) -> str:
    for kind, name in ID_OF.items():
        found = payment.get(kind[:-1])
        if found and found.get(name):
            return guid(found[name])
    return ""


def _control(store: Store, name: str) -> str:
    return str(store.system_account(name)["AccountID"])


def _id(kind: str, record: Record) -> str:
    return guid(record[ID_FIELDS[kind]])


def _name(kind: str, record: Record) -> str:
    number = record.get(_NUMBER_OF.get(kind, "")) or record[ID_FIELDS[kind]]
    return f"{kind[:-1]} {number}"


def _currency(record: Record, books: _Books) -> str:
    return str(record.get("CurrencyCode") or books.base)
