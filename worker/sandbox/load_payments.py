"""Loading payments and batches: each moves the bank on its day."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from worker.sandbox.chart import account_stub
from worker.sandbox.entries import SIDES, Entry, rate_of
from worker.sandbox.intake import clean, label, made_id
from worker.sandbox.loading import FALLBACK_DAY, KINDS, LIVE, Loading, Move
from worker.sandbox.settlement import PAYMENT_TYPES, document_stub, is_sales, payment_stub, singular
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.wire import (
    ZERO,
    Record,
    day_of,
    exponent_of,
    flag,
    guid,
    rounded,
    stored,
    to_minor,
    wire_day,
)


def batches(load: Loading) -> None:
    """Tie batches to their payments, making those that only the batch lists."""
    paying: dict[str, list[str]] = {}
    paid = load.books["Payments"]
    for payment in paid.revised():
        stub = payment.get("BatchPayment") or {}
        batch_id = guid(payment.get("BatchPaymentID") or stub.get("BatchPaymentID"))
        if batch_id:
            payment["BatchPaymentID"] = batch_id
            paying.setdefault(batch_id, []).append(payment["PaymentID"])
    for batch in load.books["BatchPayments"].revised():
        load.dated("BatchPayments", batch)
        batch.setdefault("Status", "AUTHORISED")
        batch["IsReconciled"] = bool(flag(batch.get("IsReconciled")))
        tied = paying.get(batch["BatchPaymentID"], ())
        held = [load.found("Payments", one) for one in tied] or _from_batch(load, batch)
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
            load.doubts.tell(
                f"{label('BatchPayments', batch)}: TotalAmount is {batch['TotalAmount']}, but "
                f"its payments add up to {total}"
            )
        kept: tuple[str, ...] = ("BatchPaymentID", "Account", "Date", "DateString")
        kept += ("Type", "Status")
        stub = {key: batch[key] for key in (*kept, "TotalAmount", "IsReconciled") if key in batch}
        for payment in held:
            payment["BatchPayment"] = stub
            paid.put(payment)


def _from_batch(load: Loading, batch: Record) -> list[Record]:
    made = []
    for place, entry in enumerate(batch.get("Payments") or ()):
        if not isinstance(entry, dict):
            continue
        known = load.books["Payments"].get(guid(entry.get("PaymentID")))
        if known is not None:
            made.append({**known, "BatchPaymentID": batch["BatchPaymentID"]})
            continue
        kept = {key: entry[key] for key in ("PaymentID", "Invoice", "Amount") if key in entry}
        kept |= {key: batch[key] for key in ("Account", "Date", "Status") if key in batch}
        kept |= {key: batch[key] for key in ("Reference", "IsReconciled") if batch.get(key)}
        kept["BatchPaymentID"] = batch["BatchPaymentID"]
        kept.setdefault("PaymentID", made_id(batch["BatchPaymentID"], place))
        found = clean("Payments", kept, place, load.doubts)
        made.append(found)
    return made


def payments(load: Loading) -> Iterator[Move]:
    """Fill payments in, and say what each posts on its day."""
    for payment in load.books["Payments"].revised():
        name, rank = label("Payments", payment), f"1 {payment['PaymentID']}"
        day = load.dated("Payments", payment)
        payment["Date"] = wire_day(day)
        payment.pop("DateString", None)
        payment.setdefault("Status", "AUTHORISED")
        payment["IsReconciled"] = bool(flag(payment.get("IsReconciled")))
        payment.setdefault("HasAccount", True)
        payment.setdefault("Amount", ZERO)
        bank = load.account(
            payment.get("Account") or ({"Code": payment["Code"]} if "Code" in payment else None),
            name,
        )
        kind, record = _paid_document(load, payment)
        held = bank.get("CurrencyCode") or load.base
        payment["Account"] = {**account_stub(bank), "CurrencyCode": held}
        if record is not None:
            payment[singular(kind)] = document_stub(kind, record)
            payment.setdefault("PaymentType", PAYMENT_TYPES[kind][0 if is_sales(record) else 1])
        payment.setdefault("PaymentType", "ACCRECPAYMENT")
        _rate(load, payment, record, held)
        payment.setdefault("HasValidationErrors", False)
        if payment["Status"] not in LIVE or not payment["Amount"]:
            continue
        if record is None or record["Status"] not in LIVE:
            load.doubts.tell(
                f"{name} of {payment['Amount']} pays no approved document of these books: it "
                "stands on the historical adjustment"
            )
            yield day.isoformat(), rank, partial(_stray, load, payment["PaymentID"], bank)
            continue
        found_id = record[ID_FIELDS[kind]]
        load.paid[found_id] = load.paid.get(found_id, ZERO) + payment["Amount"]
        yield day.isoformat(), rank, partial(_pay, load, payment["PaymentID"], kind, found_id, bank)


def _paid_document(load: Loading, payment: Record) -> tuple[str, Record | None]:
    for kind in PAYMENT_TYPES:
        stub = payment.get(singular(kind))
        if not isinstance(stub, dict):
            continue
        given = guid(stub.get(ID_FIELDS[kind]) or stub.get("InvoiceID"))
        for other in (kind, *KINDS):
            record = load.books[other].get(given) if given else None
            if record is not None:
                return other, record
        record = None if given else load.numbered(stub.get("InvoiceNumber"))
        if record is not None:
            return "Invoices", record
    return "Invoices", load.numbered(payment.get("InvoiceNumber"))


def _rate(load: Loading, payment: Record, record: Record | None, held: str) -> None:
    currency = record["CurrencyCode"] if record else load.base
    amount = stored(payment["Amount"])
    rate = stored(payment.get("CurrencyRate") or (rate_of(record) if record else 1))
    payment["CurrencyRate"] = rate or Decimal(1)
    same = held == currency or currency == load.base
    moved = amount if same else rounded(amount / payment["CurrencyRate"], exponent_of(held))
    payment.setdefault("BankAmount", moved)


def _pay(load: Loading, payment_id: str, kind: str, record_id: str, bank: Record) -> None:
    payment, record = load.found("Payments", payment_id), load.found(kind, record_id)
    doc = load.open(kind, record)
    units = to_minor(payment["Amount"], doc.currency)
    rate, sign = stored(payment["CurrencyRate"]), SIDES[record["Type"]][1]
    leg = load.ledger.bank_entry(bank, payment["BankAmount"], sign, rate, doc.contact_id)
    day = (day_of(payment["Date"]) or FALLBACK_DAY).isoformat()
    load.ledger.pay(payment["PaymentID"], day, doc, units, leg)
    load.left[doc.id] -= units
    record["Payments"].append(payment_stub(payment))
    load.books[kind].put(record)


def _stray(load: Loading, payment_id: str, bank: Record) -> None:
    payment = load.found("Payments", payment_id)
    inward = payment["PaymentType"] in ("ACCRECPAYMENT", "APCREDITPAYMENT")
    inward = inward or payment["PaymentType"] in ("APOVERPAYMENTPAYMENT", "APPREPAYMENTPAYMENT")
    rate = stored(payment["CurrencyRate"])
    leg = load.ledger.bank_entry(bank, payment["BankAmount"], 1 if inward else -1, rate, None)
    other = Entry(load.chart.role("HISTORICAL"), -leg.amount, -leg.foreign, leg.currency)
    day = (day_of(payment["Date"]) or FALLBACK_DAY).isoformat()
    load.ledger.post("Payments", payment["PaymentID"], day, [leg, other])
