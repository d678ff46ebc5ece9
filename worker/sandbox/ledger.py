"""Double entry of money: what payments, allocations, deposits and bank transactions post.

Accrual recognises a document when it is approved, cash when it is settled, pro rata over its
lines. Amounts are whole minor units; every function returns entries that balance in each view.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from worker.sandbox.entries import ID_OF, SIDES, Document, Entry, document, in_base, rate_of, share
from worker.sandbox.ledger_documents import DocumentLedger
from worker.sandbox.wire import Record, record_day, stored, to_minor

__all__ = ["ID_OF", "SIDES", "Document", "Entry", "Ledger", "document", "rate_of", "share"]


class Ledger(DocumentLedger):
    """Posts documents, and the money that settles them."""

    def settle(self, doc: Document, units: int) -> tuple[list[Entry], int]:
        """Clear `units` (minor, document currency) of a document: (entries, their base amount).

        For invoices and credit notes the entries are on the accrual view only, at the document's
        own rate; `recognise` gives the cash view its share. For deposits they stand in both.
        """
        role, sign = doc.side
        if doc.kind == "Prepayments":
            return self._release(doc, units)
        basis = "both" if doc.kind == "Overpayments" else "accrual"
        account_id = self.chart.role(role)
        cleared = -sign * units
        if doc.currency != self.base:
            left = self._left(doc, account_id, basis)
            cleared = -share(left, [units, doc.outstanding - units])[0]
        entry = Entry(
            account_id,
            cleared,
            -sign * units,
            doc.currency,
            basis,
            doc.contact_id,
            settles=doc.id,
        )
        return [entry], cleared

    def _left(self, doc: Document, account_id: str, basis: str) -> int:
        found = self.store.rows(
            "SELECT COALESCE(SUM(amount), 0) FROM ledger_line"
            " WHERE settles = ? AND account_id = ? AND basis = ?",
            (doc.id, account_id, basis),
        )
        return int(found[0][0])

    def _release(self, doc: Document, units: int) -> tuple[list[Entry], int]:
        standing = self.store.rows(
            "SELECT account_id, tax_type, tracking, SUM(amount), SUM(foreign_amount)"
            " FROM ledger_line WHERE settles = ? GROUP BY account_id, tax_type, tracking"
            " HAVING SUM(amount) <> 0 OR SUM(foreign_amount) <> 0"
            " ORDER BY account_id, tax_type, tracking",
            (doc.id,),
        )
        if not standing:
            raise AssertionError(f"nothing stands in the ledger for prepayment {doc.id}")
        foreign = share(-doc.side[1] * units, [row[4] for row in standing])
        whole = sum(row[3] for row in standing)
        target = -share(whole, [units, doc.outstanding - units])[0]
        amounts = share(target, [row[3] for row in standing])
        entries = [
            Entry(
                row[0], amount, part, doc.currency, "both", doc.contact_id, row[1], row[2], doc.id
            )
            for row, amount, part in zip(standing, amounts, foreign, strict=True)
        ]
        return entries, target

    def recognise(self, doc: Document, units: int, total: int) -> list[Entry]:
        """The cash view's share of an invoice or credit note, `total` base minor units in sum.

        What earlier settlements recognised is taken off first, so the last one leaves no penny.
        """
        if doc.kind not in ("Invoices", "CreditNotes"):
            return []
        record, sign = doc.record, doc.side[1]
        owed = stored(record.get("Total")) - stored(record.get("CISDeduction"))
        base_owed = in_base(owed, doc.currency, self.base, rate_of(record))
        whole_units = to_minor(owed, doc.currency)
        parts = self.parts(doc, -sign * base_owed, -sign * whole_units)
        open_units: dict[tuple[str, str | None, str | None], int] = {}
        for part in parts:
            key = (part.account_id, part.tax_type, part.tracking)
            open_units[key] = open_units.get(key, 0) + part.foreign
        if doc.outstanding != whole_units:
            for account_id, tax_type, tracking, done in self.store.rows(
                "SELECT account_id, tax_type, tracking, SUM(foreign_amount) FROM ledger_line"
                " WHERE settles = ? AND basis = 'cash' GROUP BY account_id, tax_type, tracking",
                (doc.id,),
            ):
                key = (account_id, tax_type, tracking)
                open_units[key] = open_units.get(key, 0) - done
        keys = [key for key, value in open_units.items() if value]
        if not keys:
            rounding = self.chart.role("ROUNDING")
            return [Entry(rounding, total, -sign * units, doc.currency, "cash", settles=doc.id)]
        foreign = share(-sign * units, [open_units[key] for key in keys])
        amounts = share(total, foreign)
        return [
            Entry(
                key[0], amount, part, doc.currency, "cash", doc.contact_id, key[1], key[2], doc.id
            )
            for key, part, amount in zip(keys, foreign, amounts, strict=True)
        ]

    def pay(self, payment_id: str, day: str, doc: Document, units: int, bank: Entry) -> None:
        """Post a payment of `units` on a document; `bank` is the cash leg, signed as it moves.

        The difference between the bank's base amount and the document's is realised exchange gain.
        """
        cleared, base = self.settle(doc, units)
        gain = -(bank.amount + base)
        entries = [bank, *cleared, *self.recognise(doc, units, -bank.amount)]
        basis = "accrual" if doc.kind in ("Invoices", "CreditNotes") else "both"
        if gain:
            entries.append(self.gain(gain, basis))
        self.post("Payments", payment_id, day, entries)

    def allocate(
        self, allocation_id: str, day: str, credit: Document, target: Document, units: int
    ) -> None:
        """Post the application of a credit to an invoice of the same currency."""
        freed, base = self.settle(credit, units)
        cleared, owed = self.settle(target, units)
        entries = [*freed, *cleared]
        entries += self.recognise(credit, units, base)
        entries += self.recognise(target, units, -base)
        if base + owed:
            entries.append(self.gain(-(base + owed), "accrual"))
        self.post("Allocations", allocation_id, day, entries)

    def gain(self, amount: int, basis: str) -> Entry:
        """A realised exchange difference, debit +."""
        return Entry(self.chart.role("REALISEDCURRENCYGAIN"), amount, amount, self.base, basis)

    def bank_entry(
        self, account: Record, amount: Decimal, sign: int, rate: Decimal, contact_id: str | None
    ) -> Entry:
        """The cash leg of a bank account: `amount` in the account's own currency."""
        currency = account.get("CurrencyCode") or self.base
        return Entry(
            account["AccountID"],
            sign * in_base(amount, currency, self.base, rate),
            sign * to_minor(amount, currency),
            currency,
            "both",
            contact_id,
        )

    def bank_money(self, record: Record, account: Record, deposit_id: str | None = None) -> None:
        """Post spend or receive money; an over- or prepayment opens the deposit `deposit_id`."""
        day = record_day(record)
        if day is None:
            raise AssertionError(f"a bank transaction without a date: {record}")
        sign = 1 if record["Type"].startswith("RECEIVE") else -1
        rate, total = rate_of(record), stored(record.get("Total"))
        contact_id = (record.get("Contact") or {}).get("ContactID")
        bank = self.bank_entry(account, total, sign, rate, contact_id)
        currency = bank.currency
        if record["Type"].endswith("-OVERPAYMENT"):
            control = self.chart.role(SIDES[record["Type"]][0])
            lines = [replace(bank, account_id=control, amount=-bank.amount, foreign=-bank.foreign)]
        else:
            own = None
            if record["Type"].endswith("-PREPAYMENT"):
                own = self.chart.role(SIDES[record["Type"]][0])
            lines = self.coded(record, -sign, currency, rate, "both", contact_id, own_account=own)
            lines += self.rounding(lines, -bank.amount, -bank.foreign, currency, "both")
        lines = [replace(line, settles=deposit_id) for line in lines]
        source = record["BankTransactionID"]
        self.post("BankTransactions", source, day.isoformat(), [bank, *lines])
