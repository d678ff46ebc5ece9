"""Statement lines: what the bank told Xero, which the Accounting API never shows (fact sheet 6).

Kept in tables of their own beside the books. A line is open until account transactions are
reconciled with it; their amounts then come to the line's. Amounts are signed minor units of the
account's currency, money in positive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from worker.sandbox.payments import batch_stub
from worker.sandbox.store import Store
from worker.sandbox.wire import (
    Record,
    day_of,
    flag,
    loads,
    number,
    stamp,
    stored,
    to_minor,
)

FILE = "StatementLines.json"
# A person looks no further for the other half of a bank line.
MATCH_DAYS = 30
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS statement_line (id TEXT PRIMARY KEY, account_id TEXT NOT NULL,"
    " date TEXT NOT NULL, amount INTEGER NOT NULL, payee TEXT NOT NULL, reference TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS statement_account ON statement_line (account_id, date)",
    "CREATE TABLE IF NOT EXISTS statement_match (record_id TEXT PRIMARY KEY, kind TEXT NOT NULL,"
    " line_id TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS statement_matched ON statement_match (line_id)",
)
_KINDS = ("Payments", "BatchPayments", "BankTransactions")


class Unequal(ValueError):
    """A line and the records it should be reconciled with do not meet."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of a bank account's feed; `account_id` is Xero's AccountID."""

    id: str
    account_id: str
    date: date
    amount: int
    payee: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """An account transaction: a record that moves money on a bank account, whole.

    A batch is one item and its payments are none; a transfer is one item on either account.
    """

    kind: str
    id: str
    account_id: str
    date: date
    amount: int
    contact: str
    reference: str
    reconciled: bool


class Feed:
    """The statement lines of a store, and which account transactions they are reconciled with."""

    def __init__(self, store: Store) -> None:
        self.store = store
        for statement in _SCHEMA:
            store.rows(statement)

    def load(self, records: Iterable[Record]) -> list[str]:
        """Replace all lines by `{accountCode, date, amount, payee, reference, id}`; notes on them.

        Records already flagged as reconciled are tied to the line of their amount nearest in date.
        One transaction. What cannot be read is left out and told.
        """
        notes: list[str] = []
        with self.store.transaction():
            self.store.rows("DELETE FROM statement_line")
            self.store.rows("DELETE FROM statement_match")
            seen: set[str] = set()
            chart = self.store.all("Accounts")
            by_code = {str(account.get("Code") or "").lower(): account for account in chart}
            for place, record in enumerate(records, 1):
                try:
                    line = self._line(by_code, record, place)
                except ValueError as odd:
                    notes.append(f"{FILE}: line {place} is left out: {odd}")
                    continue
                if line.id in seen:
                    notes.append(f"{FILE}: line {place} is left out: id {line.id} appears twice")
                    continue
                seen.add(line.id)
                self.add(line)
            self._tie_reconciled()
        return notes

    def add(self, line: StatementLine) -> None:
        """Let one more line arrive; an id that is there already is left as it is."""
        row = (line.id, line.account_id, line.date.isoformat(), line.amount)
        self.store.rows(
            "INSERT INTO statement_line VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (*row, line.payee, line.reference),
        )

    def _line(self, by_code: Mapping[str, Record], record: Record, place: int) -> StatementLine:
        code = str(record.get("accountCode") or "")
        account = by_code.get(code.lower()) if code else None
        if account is None or account.get("Type") != "BANK":
            raise ValueError(f"{record.get('accountCode')!r} is no bank account of these books")
        day, amount = day_of(record.get("date")), number(record.get("amount"))
        if day is None or not amount:
            raise ValueError("it needs a date and an amount other than zero")
        return StatementLine(
            str(record.get("id") or f"line-{place}"),
            str(account["AccountID"]),
            day,
            to_minor(amount, self.currency(account)),
            str(record.get("payee") or ""),
            str(record.get("reference") or ""),
        )

    def currency(self, account: Record) -> str:
        """The currency a bank account is kept in."""
        base = self.store.organisation().get("BaseCurrency")
        return str(account.get("CurrencyCode") or base or "GBP")

    def lines(self, *, open_only: bool = False, until: date = date.max) -> list[StatementLine]:
        """Lines up to a day, by date and id; with `open_only` those nothing is tied to."""
        where = "date <= ?"
        if open_only:
            where += " AND id NOT IN (SELECT line_id FROM statement_match)"
        found = self.store.rows(
            "SELECT id, account_id, date, amount, payee, reference FROM statement_line"
            f" WHERE {where} ORDER BY date, id",
            (until.isoformat(),),
        )
        return [
            StatementLine(key, account, date.fromisoformat(day), amount, payee, reference)
            for key, account, day, amount, payee, reference in found
        ]

    def items(self, account_id: str, first: date = date.min, last: date = date.max) -> list[Item]:
        """The live account transactions of a bank account between two days, by date and id."""
        account = self.store.account_by_id(account_id)
        if account is None or account.get("Type") != "BANK":
            return []
        marks, currency = ", ".join("?" * len(_KINDS)), self.currency(account)
        found = self.store.rows(
            f"SELECT kind, id, json FROM record WHERE kind IN ({marks}) AND account_id = ?"
            " AND status = 'AUTHORISED' AND date BETWEEN ? AND ? ORDER BY date, id",
            (*_KINDS, account_id, first.isoformat(), last.isoformat()),
        )
        made = (_item(account_id, currency, kind, key, loads(text)) for kind, key, text in found)
        return [item for item in made if item is not None]

    def tied(self) -> dict[str, str]:
        """Line ids by the id of the record reconciled with them."""
        return dict(self.store.rows("SELECT record_id, line_id FROM statement_match"))

    def tie(self, line: StatementLine, items: Iterable[Item], now: datetime) -> None:
        """Reconcile a line with account transactions, as the screen does; the API cannot.

        Raises Unequal when the amounts do not meet or one of them is taken.
        """
        items = list(items)
        if sum(item.amount for item in items) != line.amount:
            raise Unequal(f"line {line.id} is {line.amount}, its records come to another sum")
        tied = self.tied()
        if line.id in tied.values() or any(item.id in tied for item in items):
            raise Unequal(f"line {line.id} or one of its records is reconciled already")
        for item in items:
            self._link(line, item)
            self._flag(item.kind, item.id, True, now)

    def untie(self, line: StatementLine, now: datetime) -> None:
        """Take a reconciliation back; the records stay, unreconciled."""
        found = self.store.rows(
            "SELECT kind, record_id FROM statement_match WHERE line_id = ?", (line.id,)
        )
        self.store.rows("DELETE FROM statement_match WHERE line_id = ?", (line.id,))
        for kind, key in found:
            self._flag(kind, key, False, now)

    def _link(self, line: StatementLine, item: Item) -> None:
        self.store.rows(
            "INSERT INTO statement_match VALUES (?, ?, ?)", (item.id, item.kind, line.id)
        )

    def _flag(self, kind: str, key: str, value: bool, now: datetime) -> None:
        """Set `IsReconciled` on a record and on all that repeats it."""
        record = self.store.get(kind, key)
        if record is None:
            return
        record["IsReconciled"] = value
        stamp(record, now, text=kind == "Payments")
        self.store.put(kind, record)
        for entry in record.get("Payments") or () if kind == "BatchPayments" else ():
            payment = self.store.get("Payments", entry["PaymentID"])
            if payment is not None:
                payment.update(IsReconciled=value, BatchPayment=batch_stub(record))
                stamp(payment, now)
                self.store.put("Payments", payment)
        transfer = self.store.get("BankTransfers", str(record.get("BankTransferID") or ""))
        if transfer is not None:
            side = "From" if record["Type"].startswith("SPEND") else "To"
            transfer[f"{side}IsReconciled"] = value
            self.store.put("BankTransfers", transfer)

    def _tie_reconciled(self) -> None:
        lines = _by_amount(self.lines())
        for account_id in sorted({account_id for account_id, _ in lines}):
            for item in self.items(account_id):
                line = None
                if item.reconciled:
                    line = nearest(lines[account_id, item.amount], item)
                if line is not None:
                    lines[account_id, item.amount].remove(line)
                    self._link(line, item)


def nearest(lines: Iterable[StatementLine], item: Item) -> StatementLine | None:
    """The line closest in date to a record, then of its contact; None beyond `MATCH_DAYS`."""
    near = (line for line in lines if abs((line.date - item.date).days) <= MATCH_DAYS)
    return min(near, key=lambda line: distance(line, item), default=None)


def distance(line: StatementLine, item: Item) -> tuple[int, bool, str]:
    """How far a line and a record of its amount lie apart: days, then another contact."""
    apart = abs((line.date - item.date).days)
    return apart, not same_name(line.payee, item.contact), f"{line.id} {item.id}"


def same_name(payee: str, contact: str) -> bool:
    """Whether a bank's payee and a contact's name begin with the same word."""
    ours, theirs = payee.lower().split(), contact.lower().split()
    return bool(ours and theirs and ours[0] == theirs[0])


def _item(account_id: str, currency: str, kind: str, key: str, record: Record) -> Item | None:
    """A record as an account transaction; None for the parts of a batch."""
    day = day_of(record.get("Date"))
    if day is None or (kind == "Payments" and record.get("BatchPaymentID")):
        return None
    told = str(record.get("PaymentType") or record.get("Type"))
    inward = told.startswith(("ACCREC", "AP", "REC"))
    amounts = (record.get(name) for name in ("BankAmount", "TotalAmount", "Total", "Amount"))
    moved = next((amount for amount in amounts if amount is not None), None)
    units = to_minor(stored(moved), currency)
    named: Any = record
    for document in ("Invoice", "CreditNote", "Overpayment", "Prepayment"):
        named = record.get(document) or named
    return Item(
        kind,
        key,
        account_id,
        day,
        units if inward else -units,
        str((named.get("Contact") or {}).get("Name") or ""),
        str(record.get("Reference") or ""),
        bool(flag(record.get("IsReconciled"))),
    )


def _by_amount(
    lines: Iterable[StatementLine],
) -> defaultdict[tuple[str, int], list[StatementLine]]:
    found: defaultdict[tuple[str, int], list[StatementLine]] = defaultdict(list)
    for line in lines:
        found[line.account_id, line.amount].append(line)
    return found
