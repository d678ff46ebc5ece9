"""Double entry: what each document, payment and allocation posts, in both views of the books.

Accrual recognises a document when it is approved, cash when it is settled, pro rata over its
lines. Amounts are whole minor units; every function returns entries that balance in each view.
`CurrencyRate` is units of document currency per unit of base currency: base = amount / rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from worker.sandbox.chart import Chart
from worker.sandbox.entries import ID_OF, SIDES, Document, Entry, document, in_base, rate_of, share
from worker.sandbox.lines import line_net
from worker.sandbox.store import Store
from worker.sandbox.wire import Record, dumps, record_day, stored, to_minor

__all__ = ["ID_OF", "SIDES", "Document", "Entry", "Ledger", "document", "rate_of", "share"]


class Ledger:
    """Posts to one set of books in its base currency."""

    def __init__(self, store: Store, chart: Chart, base: str) -> None:
        self.store = store
        self.chart = chart
        self.base = base

    def post(self, kind: str, source_id: str, day: str, entries: Iterable[Entry]) -> None:
        """Append a source's entries, dated ISO `day`; raises AssertionError when crooked."""
        lines = [e for e in entries if e.amount or e.foreign]
        for view in ("accrual", "cash"):
            if sum(e.amount for e in lines if e.basis in ("both", view)):
                raise AssertionError(f"{kind} {source_id} does not balance on {view}: {lines}")
        self.store.run_many(
            "INSERT INTO ledger_line (source_kind, source_id, date, account_id, contact_id, amount,"
            " currency, foreign_amount, tax_type, tracking, basis, settles)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    kind,
                    source_id,
                    day,
                    e.account_id,
                    e.contact_id,
                    e.amount,
                    e.currency,
                    e.foreign,
                    e.tax_type,
                    e.tracking,
                    e.basis,
                    e.settles,
                )
                for e in lines
            ],
        )

    def reverse(self, source_id: str) -> None:
        """Undo all a source has posted, on the days it was posted."""
        self.store.rows(
            "INSERT INTO ledger_line (source_kind, source_id, date, account_id, contact_id, amount,"
            " currency, foreign_amount, tax_type, tracking, basis, settles)"
            " SELECT source_kind, source_id, date, account_id, contact_id, -SUM(amount), currency,"
            " -SUM(foreign_amount), tax_type, tracking, basis, settles FROM ledger_line"
            " WHERE source_id = ? GROUP BY source_kind, date, account_id, contact_id, currency,"
            " tax_type, tracking, basis, settles"
            " HAVING SUM(amount) <> 0 OR SUM(foreign_amount) <> 0",
            (source_id,),
        )

    def approve(self, kind: str, record: Record) -> None:
        """Post an approved invoice or credit note: control account, lines, tax, accrual only."""
        day = record_day(record)
        if day is None:
            raise AssertionError(f"an approved document without a date: {record}")
        found = document(kind, record, self.base)
        self.post(kind, found.id, day.isoformat(), self._document_entries(found))

    def _document_entries(self, doc: Document) -> list[Entry]:
        role, sign = doc.side
        record, rate = doc.record, rate_of(doc.record)
        held = stored(record.get("CISDeduction"))
        owed = stored(record.get("Total")) - held
        control = Entry(
            self.chart.role(role),
            sign * in_base(owed, doc.currency, self.base, rate),
            sign * to_minor(owed, doc.currency),
            doc.currency,
            "accrual",
            doc.contact_id,
            settles=doc.id,
        )
        return [control, *self.parts(doc, -control.amount, -control.foreign)]

    def parts(self, doc: Document, amount: int, foreign: int) -> list[Entry]:
        """Everything an approved document posts beside its control account, accrual only.

        What the lines leave open against the control amounts goes to the rounding account.
        """
        record, rate, sign = doc.record, rate_of(doc.record), doc.side[1]
        found = self.coded(record, -sign, doc.currency, rate, "accrual", doc.contact_id)
        held = stored(record.get("CISDeduction"))
        if held:
            role = "CISASSET" if doc.side[0] == "DEBTORS" else "CISLIABILITY"
            base_held = sign * in_base(held, doc.currency, self.base, rate)
            units = sign * to_minor(held, doc.currency)
            account_id = self.chart.role(role)
            found.append(Entry(account_id, base_held, units, doc.currency, "accrual"))
        return [*found, *self._rounding(found, amount, foreign, doc.currency, "accrual")]

    def _rounding(
        self, entries: Sequence[Entry], amount: int, foreign: int, currency: str, basis: str
    ) -> list[Entry]:
        gap = amount - sum(e.amount for e in entries)
        units = foreign - sum(e.foreign for e in entries)
        if not gap and not units:
            return []
        return [Entry(self.chart.role("ROUNDING"), gap, units, currency, basis)]

    def coded(
        self,
        record: Record,
        sign: int,
        currency: str,
        rate: Decimal,
        basis: str,
        contact_id: str | None,
        *,
        own_account: str | None = None,
    ) -> list[Entry]:
        """A record's lines and their tax, each `sign` times its amount.

        Lines without a known account go to sales or general expenses. With `own_account` (a
        deposit), lines coded to profit and loss go there instead.
        """
        mode = record.get("LineAmountTypes") or "Exclusive"
        found = []
        for line in record.get("LineItems") or [_whole(record, mode)]:
            net, tax = line_net(line, mode), stored(line.get("TaxAmount"))
            if mode == "NoTax":
                tax = Decimal(0)
            coded = self.chart.line_account(line)
            account_id = coded["AccountID"] if coded else self._fallback(record, own_account)
            if own_account and coded and coded.get("Class") in ("REVENUE", "EXPENSE"):
                account_id = own_account
            tracking = dumps(line["Tracking"]) if line.get("Tracking") else None
            tax_type = line.get("TaxType")
            targets = ((account_id, net), (self.chart.role("GST"), tax))
            found += [
                Entry(
                    target,
                    sign * in_base(value, currency, self.base, rate),
                    sign * to_minor(value, currency),
                    currency,
                    basis,
                    contact_id,
                    tax_type,
                    tracking,
                )
                for target, value in targets
                if value
            ]
        return found

    def _fallback(self, record: Record, own_account: str | None) -> str:
        if own_account:
            return own_account
        incoming = str(record.get("Type", "")).startswith(("ACCREC", "RECEIVE"))
        for code in ("200",) if incoming else ("429", "400"):
            found = self.chart.find({"Code": code})
            if found and found.get("Class") == ("REVENUE" if incoming else "EXPENSE"):
                return str(found["AccountID"])
        wanted = "REVENUE" if incoming else "EXPENSE"
        alike = (a for a in self.chart.accounts.values() if a.get("Class") == wanted)
        first = next(alike, None)
        return str(first["AccountID"]) if first else self.chart.role("HISTORICAL")

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
            lines += self._rounding(lines, -bank.amount, -bank.foreign, currency, "both")
        lines = [replace(line, settles=deposit_id) for line in lines]
        source = record["BankTransactionID"]
        self.post("BankTransactions", source, day.isoformat(), [bank, *lines])


def _whole(record: Record, mode: str) -> Record:
    """A document without lines, as one line."""
    amount = record.get("Total" if mode == "Inclusive" else "SubTotal")
    return {"LineAmount": stored(amount), "TaxAmount": stored(record.get("TotalTax"))}
