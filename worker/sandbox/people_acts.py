"""What a person does in Xero: each act through the operations the API uses, or Xero's screens.

An act is told two draws in [0, 1): which of the things at hand, and how. It returns what it did in
words, empty when there was nothing to do. Raises ApiError where Xero refuses, Unequal where the
record made does not come to the line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from worker.sandbox.bank_feed import (
    MATCH_DAYS,
    Feed,
    Item,
    StatementLine,
    distance,
    same_name,
)
from worker.sandbox.endpoints import ENDPOINTS, write
from worker.sandbox.session import Session
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.wire import Record, day_of, from_minor, rounded, stored, to_minor

Thing = TypeVar("Thing")
CLIENT_MARK = "TO-"
_CODE = re.compile(r"\bTO-\w+")
_SHARED_DAYS = 5
_RECENT = 100


class Hands:
    """One person at one moment, with the books and the feed before them."""

    def __init__(self, session: Session, feed: Feed) -> None:
        self.session = session
        self.feed = feed

    def reconcile(self, which: float, how: float) -> str:
        """Tie an open line to what equals it; with no record yet, to the document it pays."""
        line = _pick(self._open_lines(), which)
        return "" if line is None else self.reconcile_line(line)

    def reconcile_line(self, line: StatementLine) -> str:
        """Accept the match Xero's screen suggests for a line; empty when it suggests none."""
        items = self._suggested(line)
        if items:
            self.feed.tie(line, items, self.session.now)
            return f"line {line.id} with {', '.join(f'{i.kind} {i.id}' for i in items)}"
        for document in self._payable(line):
            payment = self._pay(document, abs(line.amount), line, reconciled=True)
            return f"line {line.id} with a new payment {payment['PaymentID']}"
        return ""

    def code(self, which: float, how: float) -> str:
        """Code an open line as income or expense, unless a record equals it."""
        line = _pick(self._open_lines(), which)
        if line is None:
            return ""
        return self.reconcile_line(line) if self._suggested(line) else self.code_line(line, how)

    def code_line(self, line: StatementLine, how: float) -> str:
        """Write the income or expense a line stands for, reconciled at birth."""
        wanted = "REVENUE" if line.amount > 0 else "EXPENSE"
        account = _pick([a for a in self._codable() if a.get("Class") == wanted], how)
        if account is None:
            return ""
        units = from_minor(abs(line.amount), self._currency(line))
        made = self._write(
            "BankTransactions",
            {
                "Type": "RECEIVE" if line.amount > 0 else "SPEND",
                "Contact": {"Name": line.payee or "Unknown"},
                "BankAccount": {"AccountID": line.account_id},
                "Date": line.date.isoformat(),
                "Reference": line.reference,
                "IsReconciled": True,
                "LineAmountTypes": "Inclusive",
                "LineItems": [
                    {
                        "Description": line.reference or line.payee or "From the statement",
                        "UnitAmount": units,
                        "AccountCode": account["Code"],
                    }
                ],
            },
        )
        self._tie_new(line, made["BankTransactionID"])
        return f"line {line.id} to account {account['Code']}"

    def unreconcile(self, which: float, how: float) -> str:
        """Take back the reconciliation of a recent line."""
        tied = set(self.feed.tied().values())
        recent = [line for line in self.feed.lines() if line.id in tied][-_RECENT:]
        line = _pick(recent, which)
        if line is None:
            return ""
        self.feed.untie(line, self.session.now)
        return f"line {line.id}"

    def edit(self, which: float, how: float) -> str:
        """Change a document nobody has paid on: its reference, its due date, or its amount."""
        document = _pick(self._documents(), which)
        if document is None:
            return ""
        sent: Record = {"InvoiceID": document["InvoiceID"]}
        due = day_of(document.get("DueDate")) or self.session.today
        lines = [line for line in document["LineItems"] if stored(line.get("UnitAmount")) > 0]
        if how < 1 / 3 or not lines or stored(document.get("AmountPaid")):
            sent["DueDate"] = (due + timedelta(7)).isoformat()
        elif how < 1 / 2 and document["Type"] == "ACCREC":
            sent["Reference"] = f"as agreed {document.get('Reference') or ''}".strip()
        else:
            unit = rounded(stored(lines[0]["UnitAmount"]) * (Decimal(1) + Decimal(str(how)) / 10))
            changed = {"LineItemID": lines[0]["LineItemID"], "UnitAmount": unit}
            kept = [{"LineItemID": line["LineItemID"]} for line in document["LineItems"]]
            sent["LineItems"] = [
                changed if line["LineItemID"] == changed["LineItemID"] else line for line in kept
            ]
        self._write("Invoices", sent)
        return f"invoice {document['InvoiceNumber']}: {', '.join(list(sent)[1:])}"

    def void(self, which: float, how: float) -> str:
        """Void a document nothing is applied to."""
        applied = ("Payments", "CreditNotes", "Overpayments", "Prepayments")
        bare = [d for d in self._documents() if not any(d.get(name) for name in applied)]
        document = _pick(bare, which)
        if document is None:
            return ""
        self._write("Invoices", {"InvoiceID": document["InvoiceID"], "Status": "VOIDED"})
        return f"invoice {document['InvoiceNumber']}"

    def pay(self, which: float, how: float) -> str:
        """Enter a payment on an open document, for an open line where one equals it; or a part."""
        document = _pick(self._documents(), which)
        if document is None:
            return ""
        currency = str(document["CurrencyCode"])
        due = to_minor(stored(document["AmountDue"]), currency)
        units = due if how < 2 / 3 else due // 3
        sign = 1 if document["Type"] == "ACCREC" else -1
        lines = [x for x in self._open_lines() if x.amount == sign * units]
        account = next(
            (
                found
                for found in self.session.store.accounts()
                if found.get("Type") == "BANK"
                and found.get("Status") == "ACTIVE"
                and (found.get("CurrencyCode") or self.session.base) == currency
            ),
            None,
        )
        line = lines[0] if lines else None
        if line is None and account is not None:
            line = StatementLine("", account["AccountID"], self.session.today, sign * units)
        if line is None or units <= 0:
            return ""
        payment = self._pay(document, units, line, reconciled=False)
        return f"invoice {document['InvoiceNumber']}: {payment['Amount']}"

    def lock(self, which: float, how: float) -> str:
        """Move the period lock: to one of the last ninety days, or away."""
        organisation = self.session.store.organisation()
        day = self.session.today - timedelta(1 + int(which * 90))
        if how < 1 / 4:
            organisation.pop("PeriodLockDate", None)
        else:
            organisation["PeriodLockDate"] = day.isoformat()
        self.session.store.put("Organisation", organisation)
        return f"books locked until {organisation.get('PeriodLockDate') or 'no day at all'}"

    def delete(self, which: float, how: float) -> str:
        """Delete one of a client's own records, known by its code in the reference."""
        kinds = ("Payments", "BatchPayments", "BankTransactions")
        found = self.session.store.rows(
            f"SELECT kind, id FROM record WHERE kind IN ({', '.join('?' * len(kinds))})"
            " AND status = 'AUTHORISED' AND reference LIKE ?"
            " AND json_extract(json, '$.BatchPaymentID') IS (CASE kind WHEN 'BatchPayments'"
            " THEN id END) AND COALESCE(type, '') NOT LIKE '%-TRANSFER' ORDER BY date, id",
            (*kinds, f"%{CLIENT_MARK}%"),
        )
        target = _pick(found, which)
        if target is None:
            return ""
        kind, key = target
        self._write(kind, {ID_FIELDS[kind]: key, "Status": "DELETED"})
        return f"{kind} {key}"

    def _write(self, kind: str, sent: Record) -> Record:
        create = ID_FIELDS[kind] not in sent
        endpoint = ENDPOINTS[kind.lower()]
        return write(self.session, endpoint, [sent], None, create_only=create, summarize=True)[0]

    def _pay(
        self, document: Record, units: int, line: StatementLine, *, reconciled: bool
    ) -> Record:
        made = self._write(
            "Payments",
            {
                "Invoice": {"InvoiceID": document["InvoiceID"]},
                "Account": {"AccountID": line.account_id},
                "Date": line.date.isoformat(),
                "Amount": from_minor(units, str(document["CurrencyCode"])),
                "Reference": line.reference,
                "IsReconciled": reconciled,
            },
        )
        if reconciled:
            self._tie_new(line, made["PaymentID"])
        return made

    def _tie_new(self, line: StatementLine, record_id: str) -> None:
        that_day = self.feed.items(line.account_id, line.date, line.date)
        made = [item for item in that_day if item.id == record_id]
        self.feed.tie(line, made, self.session.now)

    def _open_lines(self) -> list[StatementLine]:
        return self.feed.lines(open_only=True, until=self.session.today)

    def _suggested(self, line: StatementLine) -> list[Item]:
        """Amount, then closest date, then contact; else a client's records that share its code."""
        window = timedelta(MATCH_DAYS)
        tied = self.feed.tied()
        near = [
            item
            for item in self.feed.items(line.account_id, line.date - window, line.date + window)
            if item.id not in tied
        ]
        equal = [item for item in near if item.amount == line.amount]
        if equal:
            return [min(equal, key=lambda item: distance(line, item))]
        shared: defaultdict[str, list[Item]] = defaultdict(list)
        for item in near:
            code = _CODE.search(item.reference)
            if code and abs((item.date - line.date).days) <= _SHARED_DAYS:
                shared[code[0]].append(item)
        groups = (items for _, items in sorted(shared.items()))
        return next((g for g in groups if sum(i.amount for i in g) == line.amount), [])

    def _payable(self, line: StatementLine) -> list[Record]:
        """Open documents of the line's payee for exactly its amount, in its currency."""
        sides = {"ACCREC"} if line.amount > 0 else {"ACCPAY"}
        currency = self._currency(line)
        amount = from_minor(abs(line.amount), currency)
        return [
            document
            for document in self._documents()
            if document["Type"] in sides
            and document["CurrencyCode"] == currency
            and stored(document["AmountDue"]) == amount
            and same_name(line.payee, document["Contact"].get("Name") or "")
        ]

    def _documents(self) -> list[Record]:
        """Invoices and bills with something left to pay, oldest first."""
        return self.session.store.select(
            "kind = 'Invoices' AND status = 'AUTHORISED' AND amount_due > 0 ORDER BY date, id"
        )

    def _codable(self) -> list[Record]:
        return [
            account
            for account in self.session.store.accounts()
            if account.get("Code")
            and account.get("Status") == "ACTIVE"
            and not account.get("SystemAccount")
        ]

    def _currency(self, line: StatementLine) -> str:
        return self.feed.currency(self.session.store.account_by_id(line.account_id) or {})


def _pick(things: Sequence[Thing], draw: float) -> Thing | None:
    return things[int(draw * len(things))] if things else None


ACTS: dict[str, Callable[[Hands, float, float], str]] = {
    "reconcile": Hands.reconcile,
    "code": Hands.code,
    "edit": Hands.edit,
    "pay": Hands.pay,
    "void": Hands.void,
    "lock": Hands.lock,
    "delete": Hands.delete,
    "unreconcile": Hands.unreconcile,
}
