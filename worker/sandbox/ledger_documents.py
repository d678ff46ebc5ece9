"""Double entry of documents: what each posts when it is approved, and how anything is undone.

Amounts are whole minor units; entries balance in each view. `CurrencyRate` is units of document
currency per unit of base currency: base = amount / rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from worker.sandbox.chart import Chart
from worker.sandbox.entries import Document, Entry, document, in_base, rate_of
from worker.sandbox.lines import line_net
from worker.sandbox.store import Store
from worker.sandbox.wire import Record, dumps, record_day, stored, to_minor


class DocumentLedger:
    """Posts documents to one set of books in its base currency."""

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
        return [*found, *self.rounding(found, amount, foreign, doc.currency, "accrual")]

    def rounding(
        self, entries: Sequence[Entry], amount: int, foreign: int, currency: str, basis: str
    ) -> list[Entry]:
        """What entries leave open of `amount` and `foreign`, on the rounding account."""
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


def _whole(record: Record, mode: str) -> Record:
    """A document without lines, as one line."""
    amount = record.get("Total" if mode == "Inclusive" else "SubTotal")
    return {"LineAmount": stored(amount), "TaxAmount": stored(record.get("TotalTax"))}
