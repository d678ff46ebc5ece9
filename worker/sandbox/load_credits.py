"""Loading allocations, whichever side of the books shows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial

from worker.sandbox.intake import label, made_id
from worker.sandbox.loading import LIVE, Loading, Move
from worker.sandbox.settlement import CREDIT_KINDS, allocation_entry, link_credit
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.wire import ZERO, Record, day_of, guid, number, rounded, to_minor


def allocations(load: Loading) -> Iterator[Move]:
    """Say what each allocation of each credit posts on its day."""
    for kind in CREDIT_KINDS:
        for credit in load.books[kind]:
            yield from _of_credit(load, kind, credit)


def _of_credit(load: Loading, kind: str, credit: Record) -> Iterator[Move]:
    credit_id = credit[ID_FIELDS[kind]]
    if credit["Status"] not in LIVE:
        return
    entries = [entry for entry in load.said[credit_id]["Allocations"] if isinstance(entry, dict)]
    entries = entries or _from_invoices(load, kind, credit_id)
    for place, entry in enumerate(entries):
        stub = entry.get("Invoice") or {}
        invoice = load.by_id["Invoices"].get(guid(stub.get("InvoiceID"))) or load.by_number.get(
            str(stub.get("InvoiceNumber") or "").lower()
        )
        name = f"{label(kind, credit)}: an allocation"
        try:
            amount = rounded(number(entry.get("Amount")) or ZERO)
            day = day_of(entry.get("Date"))
        except ValueError as unreadable:
            load.doubts.tell(f"{name} cannot be read ({unreadable}) and is left out")
            continue
        if invoice is None or invoice["Status"] not in LIVE or amount <= 0:
            load.doubts.tell(f"{name} of {amount} points to no approved invoice: left out")
            continue
        if day is None:
            day = max(d for d in (day_of(credit["Date"]), day_of(invoice["Date"])) if d)
        allocation_id = guid(entry.get("AllocationID")) or made_id("allocation", credit_id, place)
        made = {**entry, **allocation_entry(allocation_id, invoice, amount, day)}
        for found_id in (credit_id, invoice["InvoiceID"]):
            load.credited[found_id] = load.credited.get(found_id, ZERO) + amount
        yield (
            day.isoformat(),
            f"2 {allocation_id}",
            partial(_allocate, load, kind, credit, invoice, made, amount, day),
        )


def _from_invoices(load: Loading, kind: str, credit_id: str) -> list[Record]:
    """Allocations that only the invoices' side of the books shows."""
    name = ID_FIELDS[kind]
    return [
        {
            "Amount": stub.get("AppliedAmount"),
            "Date": stub.get("Date"),
            "Invoice": {"InvoiceID": invoice_id},
        }
        for invoice_id in load.by_id["Invoices"]
        for stub in load.said[invoice_id][kind]
        if isinstance(stub, dict) and guid(stub.get(name)) == credit_id
    ]


def _allocate(
    load: Loading,
    kind: str,
    credit: Record,
    invoice: Record,
    made: Record,
    amount: Decimal,
    day: date,
) -> None:
    source, target = load.open(kind, credit), load.open("Invoices", invoice)
    units = to_minor(amount, target.currency)
    load.ledger.allocate(made["AllocationID"], day.isoformat(), source, target, units)
    load.left[source.id] -= units
    load.left[target.id] -= units
    credit["Allocations"].append(made)
    link_credit(invoice, kind, credit, amount, day)
