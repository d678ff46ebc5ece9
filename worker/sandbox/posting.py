"""Deriving the ledger of loaded books: each document, then its money in order of date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import partial

from worker.sandbox.banking import deposit_record
from worker.sandbox.chart import Chart, account, account_stub
from worker.sandbox.intake import Doubts, clean, label, made_id
from worker.sandbox.ledger import SIDES, Document, Entry, Ledger, document, rate_of
from worker.sandbox.settlement import (
    CREDIT_KINDS,
    PAYMENT_TYPES,
    allocation_entry,
    document_stub,
    is_sales,
    link_credit,
    payment_stub,
    recount,
    singular,
)
from worker.sandbox.store import ID_FIELDS, Store
from worker.sandbox.transfers import post_transfer
from worker.sandbox.wire import (
    ZERO,
    Record,
    day_of,
    exponent_of,
    flag,
    from_minor,
    guid,
    number,
    rounded,
    set_day,
    stored,
    to_minor,
    wire_day,
)

_LIVE = ("AUTHORISED", "PAID")
_KINDS = ("Invoices", *CREDIT_KINDS)
_FALLBACK_DAY = date(2020, 1, 1)
_TYPE_BY_KIND = {
    "Invoices": "ACCREC",
    "CreditNotes": "ACCRECCREDIT",
    "Overpayments": "RECEIVE-OVERPAYMENT",
    "Prepayments": "RECEIVE-PREPAYMENT",
}

# A day, a rank within it (payments, allocations, history; then by id), and what to post.
Move = tuple[str, str, Callable[[], None]]


class Poster:
    """One pass over cleaned books: fills in what is derived, and posts it all."""

    def __init__(
        self,
        store: Store,
        chart: Chart,
        base: str,
        books: dict[str, list[Record]],
        doubts: Doubts,
    ) -> None:
        self.store = store
        self.chart = chart
        self.base = base
        self.books = books
        self.doubts = doubts
        self.ledger = Ledger(store, chart, base)
        self.by_id: dict[str, dict[str, Record]] = {}
        self.by_number: dict[str, Record] = {}
        self.left: dict[str, int] = {}
        self.paid: dict[str, Decimal] = {}
        self.credited: dict[str, Decimal] = {}
        # What the folder itself said of each document, before it is worked out anew.
        self.said: dict[str, Record] = {}
        self.opened: set[str] = set()

    def run(self) -> None:
        """Fill in and post everything; records are changed in place."""
        self._bank_transactions()
        for kind in _KINDS:
            self.by_id[kind] = {record[ID_FIELDS[kind]]: record for record in self.books[kind]}
            for record in self.books[kind]:
                self._document(kind, record)
        for record in self.books["Invoices"]:
            if record.get("Status") not in ("VOIDED", "DELETED") and record.get("InvoiceNumber"):
                self.by_number.setdefault(str(record["InvoiceNumber"]).lower(), record)
        self._batches()
        moves = [*self._payments(), *self._allocations()]
        moves += self._unexplained()
        for _, _, post in sorted(moves, key=lambda move: move[:2]):
            post()
        self._transfers()
        for kind in _KINDS:
            for record in self.books[kind]:
                self._finish(kind, record)

    # Bank transactions and the deposits they open.

    def _bank_transactions(self) -> None:
        legs = {
            guid(transfer.get(f"{side}BankTransactionID"))
            for transfer in self.books["BankTransfers"]
            for side in ("From", "To")
        }
        kept = []
        for record in self.books["BankTransactions"]:
            if str(record.get("Type", "")).endswith("-TRANSFER"):
                if record["BankTransactionID"] not in legs:
                    self.doubts.tell(
                        f"{label('BankTransactions', record)} is a leg of a transfer that is not "
                        "in the books, and is left out"
                    )
                continue
            kept.append(record)
            self._bank_transaction(record)
        self.books["BankTransactions"] = kept

    def _bank_transaction(self, record: Record) -> None:
        self._dated("BankTransactions", record)
        record.setdefault("Status", "AUTHORISED")
        record["IsReconciled"] = bool(flag(record.get("IsReconciled")))
        record.setdefault("HasAttachments", False)
        bank = self._account(record.get("BankAccount"), label("BankTransactions", record))
        record["BankAccount"] = account_stub(bank)
        kind = str(record.get("Type", ""))
        if kind not in ("SPEND", "RECEIVE") and kind not in SIDES:
            self.doubts.tell(f"{label('BankTransactions', record)}: Type {kind!r} is not known")
            return
        deposit_id = None
        for ending, plural in (("-OVERPAYMENT", "Overpayments"), ("-PREPAYMENT", "Prepayments")):
            if kind.endswith(ending):
                deposit_id = self._deposit(record, plural)
        if record["Status"] in _LIVE:
            self.ledger.bank_money(record, bank, deposit_id)

    def _deposit(self, record: Record, plural: str) -> str:
        name = ID_FIELDS[plural]
        deposit_id = guid(record.get(name)) or made_id(plural, record["BankTransactionID"])
        record[name] = deposit_id
        if not any(found[name] == deposit_id for found in self.books[plural]):
            found = deposit_record(deposit_id, plural, record)
            found["UpdatedDateUTC"] = record["UpdatedDateUTC"]
            self.books[plural].append(found)
        if record["Status"] in _LIVE:
            self.opened.add(deposit_id)
        return deposit_id

    def _account(self, stub: object, owner: str) -> Record:
        """The account a record moves money on; made where the chart does not know it."""
        named = stub if isinstance(stub, dict) else {}
        found = self.chart.find(named)
        if found is None and not named:
            self.doubts.tell(f"{owner} names no account: it stands on the historical adjustment")
            return self.chart.accounts[self.chart.role("HISTORICAL")]
        if found is None:
            code = str(named.get("Code") or "")
            name = str(named.get("Name") or f"Bank account {code or named.get('AccountID')}")
            found = account(code, name, "BANK", "NONE", currency=self.base)
            if named.get("AccountID"):
                found["AccountID"] = guid(named["AccountID"])
            self.doubts.tell(f"{owner} names account {name}, which is not in the chart: supplied")
            self.store.put("Accounts", found)
            self.chart.add(found)
        return found

    def _dated(self, kind: str, record: Record) -> date:
        day = day_of(record.get("Date"))
        if day is None:
            day = _FALLBACK_DAY
            self.doubts.tell(f"{label(kind, record)} has no date: {day} is supplied")
            set_day(record, "Date", day)
        return day

    # Documents.

    def _document(self, kind: str, record: Record) -> None:
        record.setdefault("Type", _TYPE_BY_KIND[kind])
        if record["Type"] not in SIDES:
            self.doubts.tell(f"{label(kind, record)}: Type {record['Type']!r} is not known")
            record["Type"] = _TYPE_BY_KIND[kind]
        self._dated(kind, record)
        record.setdefault("Contact", {})
        record["CurrencyRate"] = rate_of(record)
        status = str(record.setdefault("Status", "AUTHORISED")).upper()
        record["Status"] = status
        found_id = record[ID_FIELDS[kind]]
        names = ("Payments", *(CREDIT_KINDS if kind == "Invoices" else ("Allocations",)))
        self.said[found_id] = {**record, **{n: record.get(n) or [] for n in names}}
        record.update({name: [] for name in names})
        record.setdefault("HasAttachments", False)
        owed = stored(record.get("Total")) - stored(record.get("CISDeduction"))
        self.left[found_id] = to_minor(owed, record["CurrencyCode"])
        if status not in _LIVE:
            return
        if kind in ("Invoices", "CreditNotes"):
            self.ledger.approve(kind, record)
        elif found_id not in self.opened:
            self.doubts.tell(
                f"{label(kind, record)} has no bank transaction behind it: its money stands on "
                "the historical adjustment"
            )
            opening = {**record, "BankTransactionID": found_id}
            if not record["Type"].startswith(("RECEIVE", "SPEND")):
                side = "RECEIVE" if is_sales(record) else "SPEND"
                opening["Type"] = f"{side}-{singular(kind).upper()}"
            historical = dict(self.chart.accounts[self.chart.role("HISTORICAL")])
            historical["CurrencyCode"] = record["CurrencyCode"]
            self.ledger.bank_money(opening, historical, found_id)

    def _open(self, kind: str, record: Record) -> Document:
        doc = document(kind, record, self.base)
        left = self.left[doc.id]
        return Document(record, doc.id, kind, doc.currency, left)

    # Payments and batches.

    def _batches(self) -> None:
        paying: dict[str, list[Record]] = {}
        for payment in self.books["Payments"]:
            stub = payment.get("BatchPayment") or {}
            batch_id = guid(payment.get("BatchPaymentID") or stub.get("BatchPaymentID"))
            if batch_id:
                payment["BatchPaymentID"] = batch_id
                paying.setdefault(batch_id, []).append(payment)
        for batch in self.books["BatchPayments"]:
            self._dated("BatchPayments", batch)
            batch.setdefault("Status", "AUTHORISED")
            batch["IsReconciled"] = bool(flag(batch.get("IsReconciled")))
            held = paying.get(batch["BatchPaymentID"]) or self._from_batch(batch)
            listed = [guid(e.get("PaymentID")) for e in batch.get("Payments") or () if e]
            order = {payment_id: place for place, payment_id in enumerate(listed)}
            held.sort(key=lambda payment: order.get(payment["PaymentID"], len(order)))
            batch["Payments"] = [
                {
                    "PaymentID": payment["PaymentID"],
                    "Amount": payment.get("Amount", ZERO),
                    "Invoice": {
                        key: value
                        for key, value in (payment.get("Invoice") or {}).items()
                        if key in ("InvoiceID", "InvoiceNumber")
                    },
                }
                for payment in held
            ]
            total = sum((stored(entry["Amount"]) for entry in batch["Payments"]), ZERO)
            if stored(batch.setdefault("TotalAmount", total)) != total:
                self.doubts.tell(
                    f"{label('BatchPayments', batch)}: TotalAmount is {batch['TotalAmount']}, but "
                    f"its payments add up to {total}"
                )
            kept: tuple[str, ...] = ("BatchPaymentID", "Account", "Date", "DateString")
            kept += ("Type", "Status")
            stub = {
                key: batch[key] for key in (*kept, "TotalAmount", "IsReconciled") if key in batch
            }
            for payment in held:
                payment["BatchPayment"] = stub

    def _from_batch(self, batch: Record) -> list[Record]:
        made = []
        for place, entry in enumerate(batch.get("Payments") or ()):
            if not isinstance(entry, dict):
                continue
            kept = {key: entry[key] for key in ("PaymentID", "Invoice", "Amount") if key in entry}
            kept |= {key: batch[key] for key in ("Account", "Date", "Status") if key in batch}
            kept |= {key: batch[key] for key in ("Reference", "IsReconciled") if batch.get(key)}
            kept["BatchPaymentID"] = batch["BatchPaymentID"]
            kept.setdefault("PaymentID", made_id(batch["BatchPaymentID"], place))
            found = clean("Payments", kept, place, self.doubts)
            self.books["Payments"].append(found)
            made.append(found)
        return made

    def _payments(self) -> Iterator[Move]:
        for payment in self.books["Payments"]:
            name, rank = label("Payments", payment), f"1 {payment['PaymentID']}"
            day = self._dated("Payments", payment)
            payment["Date"] = wire_day(day)
            payment.pop("DateString", None)
            payment.setdefault("Status", "AUTHORISED")
            payment["IsReconciled"] = bool(flag(payment.get("IsReconciled")))
            payment.setdefault("HasAccount", True)
            payment.setdefault("Amount", ZERO)
            bank = self._account(
                payment.get("Account")
                or ({"Code": payment["Code"]} if "Code" in payment else None),
                name,
            )
            kind, record = self._paid_document(payment)
            held = bank.get("CurrencyCode") or self.base
            payment["Account"] = {**account_stub(bank), "CurrencyCode": held}
            if record is not None:
                payment[singular(kind)] = document_stub(kind, record)
                payment.setdefault("PaymentType", PAYMENT_TYPES[kind][0 if is_sales(record) else 1])
            payment.setdefault("PaymentType", "ACCRECPAYMENT")
            self._rate(payment, record, held)
            payment.setdefault("HasValidationErrors", False)
            if payment["Status"] not in _LIVE or not payment["Amount"]:
                continue
            if record is None or record["Status"] not in _LIVE:
                self.doubts.tell(
                    f"{name} of {payment['Amount']} pays no approved document of these books: it "
                    "stands on the historical adjustment"
                )
                yield day.isoformat(), rank, partial(self._stray, payment, bank)
                continue
            found_id = record[ID_FIELDS[kind]]
            self.paid[found_id] = self.paid.get(found_id, ZERO) + payment["Amount"]
            yield day.isoformat(), rank, partial(self._pay, payment, kind, record, bank)

    def _paid_document(self, payment: Record) -> tuple[str, Record | None]:
        for kind in PAYMENT_TYPES:
            stub = payment.get(singular(kind))
            if not isinstance(stub, dict):
                continue
            given = guid(stub.get(ID_FIELDS[kind]) or stub.get("InvoiceID"))
            for other in (kind, *_KINDS):
                if given in self.by_id[other]:
                    return other, self.by_id[other][given]
            number = str(stub.get("InvoiceNumber") or "").lower()
            if not given and number in self.by_number:
                return "Invoices", self.by_number[number]
        number = str(payment.get("InvoiceNumber") or "").lower()
        return "Invoices", self.by_number.get(number) if number else None

    def _rate(self, payment: Record, record: Record | None, held: str) -> None:
        currency = record["CurrencyCode"] if record else self.base
        amount = stored(payment["Amount"])
        rate = stored(payment.get("CurrencyRate") or (rate_of(record) if record else 1))
        payment["CurrencyRate"] = rate or Decimal(1)
        same = held == currency or currency == self.base
        moved = amount if same else rounded(amount / payment["CurrencyRate"], exponent_of(held))
        payment.setdefault("BankAmount", moved)

    def _pay(self, payment: Record, kind: str, record: Record, bank: Record) -> None:
        doc = self._open(kind, record)
        units = to_minor(payment["Amount"], doc.currency)
        rate, sign = stored(payment["CurrencyRate"]), SIDES[record["Type"]][1]
        leg = self.ledger.bank_entry(bank, payment["BankAmount"], sign, rate, doc.contact_id)
        day = (day_of(payment["Date"]) or _FALLBACK_DAY).isoformat()
        self.ledger.pay(payment["PaymentID"], day, doc, units, leg)
        self.left[doc.id] -= units
        record["Payments"].append(payment_stub(payment))

    def _stray(self, payment: Record, bank: Record) -> None:
        inward = payment["PaymentType"] in ("ACCRECPAYMENT", "APCREDITPAYMENT")
        inward = inward or payment["PaymentType"] in ("APOVERPAYMENTPAYMENT", "APPREPAYMENTPAYMENT")
        rate = stored(payment["CurrencyRate"])
        leg = self.ledger.bank_entry(bank, payment["BankAmount"], 1 if inward else -1, rate, None)
        other = Entry(self.chart.role("HISTORICAL"), -leg.amount, -leg.foreign, leg.currency)
        day = (day_of(payment["Date"]) or _FALLBACK_DAY).isoformat()
        self.ledger.post("Payments", payment["PaymentID"], day, [leg, other])

    # Allocations.

    def _allocations(self) -> Iterator[Move]:
        for kind in CREDIT_KINDS:
            for credit in self.books[kind]:
                yield from self._of_credit(kind, credit)

    def _of_credit(self, kind: str, credit: Record) -> Iterator[Move]:
        credit_id = credit[ID_FIELDS[kind]]
        if credit["Status"] not in _LIVE:
            return
        entries = [
            entry for entry in self.said[credit_id]["Allocations"] if isinstance(entry, dict)
        ]
        entries = entries or self._from_invoices(kind, credit_id)
        for place, entry in enumerate(entries):
            stub = entry.get("Invoice") or {}
            invoice = self.by_id["Invoices"].get(guid(stub.get("InvoiceID"))) or self.by_number.get(
                str(stub.get("InvoiceNumber") or "").lower()
            )
            name = f"{label(kind, credit)}: an allocation"
            try:
                amount = rounded(number(entry.get("Amount")) or ZERO)
                day = day_of(entry.get("Date"))
            except ValueError as unreadable:
                self.doubts.tell(f"{name} cannot be read ({unreadable}) and is left out")
                continue
            if invoice is None or invoice["Status"] not in _LIVE or amount <= 0:
                self.doubts.tell(f"{name} of {amount} points to no approved invoice: left out")
                continue
            if day is None:
                day = max(d for d in (day_of(credit["Date"]), day_of(invoice["Date"])) if d)
            allocation_id = guid(entry.get("AllocationID")) or made_id(
                "allocation", credit_id, place
            )
            made = {**entry, **allocation_entry(allocation_id, invoice, amount, day)}
            for found_id in (credit_id, invoice["InvoiceID"]):
                self.credited[found_id] = self.credited.get(found_id, ZERO) + amount
            yield (
                day.isoformat(),
                f"2 {allocation_id}",
                partial(self._allocate, kind, credit, invoice, made, amount, day),
            )

    def _from_invoices(self, kind: str, credit_id: str) -> list[Record]:
        """Allocations that only the invoices' side of the books shows."""
        name = ID_FIELDS[kind]
        return [
            {
                "Amount": stub.get("AppliedAmount"),
                "Date": stub.get("Date"),
                "Invoice": {"InvoiceID": invoice_id},
            }
            for invoice_id in self.by_id["Invoices"]
            for stub in self.said[invoice_id][kind]
            if isinstance(stub, dict) and guid(stub.get(name)) == credit_id
        ]

    def _allocate(
        self, kind: str, credit: Record, invoice: Record, made: Record, amount: Decimal, day: date
    ) -> None:
        source, target = self._open(kind, credit), self._open("Invoices", invoice)
        units = to_minor(amount, target.currency)
        self.ledger.allocate(made["AllocationID"], day.isoformat(), source, target, units)
        self.left[source.id] -= units
        self.left[target.id] -= units
        credit["Allocations"].append(made)
        link_credit(invoice, kind, credit, amount, day)

    # Money the documents speak of and nothing explains.

    def _unexplained(self) -> list[Move]:
        found: list[Move] = []
        for kind in _KINDS:
            for record in self.books[kind]:
                if record["Status"] in _LIVE:
                    found += self._gaps(kind, record)
        return found

    def _gaps(self, kind: str, record: Record) -> Iterator[Move]:
        found_id = record[ID_FIELDS[kind]]
        said, name = self.said[found_id], label(kind, record)
        paid, credited = self.paid.get(found_id, ZERO), self.credited.get(found_id, ZERO)
        owed = stored(record.get("Total")) - stored(record.get("CISDeduction"))
        left = said.get("AmountDue" if kind == "Invoices" else "RemainingCredit")
        if left is None and said["Status"] == "PAID":
            left = ZERO
        gap_paid = stored(said["AmountPaid"]) - paid if "AmountPaid" in said else ZERO
        gap_credited = (
            stored(said["AmountCredited"]) - credited if "AmountCredited" in said else ZERO
        )
        if not gap_paid and not gap_credited and left is not None and "AmountPaid" not in said:
            gap_paid = owed - paid - credited - left
        for gap, what in ((gap_paid, "paid"), (gap_credited, "credited")):
            if gap < 0:
                self.doubts.tell(f"{name}: {-gap} more is {what} by its records than it says")
            elif gap > owed:
                self.doubts.tell(f"{name}: {gap} {what} is more than its total of {owed}")
            elif gap > 0:
                self.doubts.tell(
                    f"{name}: {gap} is {what} with no record of it in these books; it stands on "
                    "the historical adjustment"
                )
                day = self._last_day(record, said)
                yield (
                    day.isoformat(),
                    f"3 {found_id} {what}",
                    partial(self._historical, kind, record, gap, what, day),
                )

    def _last_day(self, record: Record, said: Record) -> date:
        shown = [day_of(said.get("FullyPaidOnDate")), day_of(record["Date"])]
        return next(day for day in (*shown, _FALLBACK_DAY) if day is not None)

    def _historical(self, kind: str, record: Record, gap: Decimal, what: str, day: date) -> None:
        doc = self._open(kind, record)
        units = to_minor(gap, doc.currency)
        cleared, base = self.ledger.settle(doc, units)
        other = Entry(self.chart.role("HISTORICAL"), -base, doc.side[1] * units, doc.currency)
        source = made_id("conversion", doc.id, what)
        entries = [other, *cleared, *self.ledger.recognise(doc, units, base)]
        self.ledger.post("Payments", source, day.isoformat(), entries)
        self.left[doc.id] -= units
        amount = from_minor(units, doc.currency)
        if what == "paid":
            stub = {"PaymentID": source, "Date": wire_day(day), "Amount": amount}
            record["Payments"].append(payment_stub(stub))
        else:
            link_credit(
                record, "CreditNotes", {"CreditNoteID": source, "Total": amount}, amount, day
            )

    # The rest.

    def _transfers(self) -> None:
        for transfer in self.books["BankTransfers"]:
            name = label("BankTransfers", transfer)
            self._dated("BankTransfers", transfer)
            transfer.setdefault("Status", "AUTHORISED")
            transfer.setdefault("CurrencyRate", Decimal(1))
            transfer.setdefault("Amount", ZERO)
            banks = []
            for side in ("From", "To"):
                bank = self._account(transfer.get(f"{side}BankAccount"), name)
                transfer[f"{side}BankAccount"] = account_stub(bank)
                banks.append(bank)
                key = f"{side}BankTransactionID"
                transfer[key] = guid(transfer.get(key)) or made_id(transfer["BankTransferID"], side)
                transfer[f"{side}IsReconciled"] = bool(flag(transfer.get(f"{side}IsReconciled")))
            transfer.setdefault("HasAttachments", False)
            if transfer["Status"] == "AUTHORISED" and transfer["Amount"]:
                post_transfer(self.ledger, transfer, banks[0], banks[1])

    def _finish(self, kind: str, record: Record) -> None:
        said = self.said[record[ID_FIELDS[kind]]]
        recount(kind, record)
        field = "AmountDue" if kind == "Invoices" else "RemainingCredit"
        if field in said and said[field] != record[field] and record["Status"] in _LIVE:
            self.doubts.tell(
                f"{label(kind, record)}: {field} is {said[field]}, but its total less payments, "
                f"credits and deductions is {record[field]}"
            )
        if said["Status"] == "PAID" and record["Status"] != "PAID":
            self.doubts.tell(
                f"{label(kind, record)} is PAID in the books, with {record[field]} open"
            )
