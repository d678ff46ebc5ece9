"""Loading allocations, whichever side of the books shows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial

from worker.sandbox.intake import label, made_id
from worker.sandbox.loading import LIVE, SAID, Loading, Move
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
    entries = [entry for entry in credit[SAID]["Allocations"] if isinstance(entry, dict)]
    # Else the applications that only the invoices' side of the books shows.
    entries = entries or load.shown.get((kind, credit_id), [])
    for place, entry in enumerate(entries):
        stub = entry.get("Invoice") or {}
        invoice = load.books["Invoices"].get(guid(stub.get("InvoiceID"))) or load.numbered(
            stub.get("InvoiceNumber")
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
            partial(_allocate, load, kind, credit_id, invoice["InvoiceID"], made, amount, day),
        )


def _allocate(
    load: Loading,
    kind: str,
    credit_id: str,
    invoice_id: str,
    made: Record,
    amount: Decimal,
    day: date,
) -> None:
    credit, invoice = load.found(kind, credit_id), load.found("Invoices", invoice_id)
    source, target = load.open(kind, credit), load.open("Invoices", invoice)
    units = to_minor(amount, target.currency)
    load.ledger.allocate(made["AllocationID"], day.isoformat(), source, target, units)
    load.left[source.id] -= units
    load.left[target.id] -= units
    credit["Allocations"].append(made)
    link_credit(invoice, kind, credit, amount, day)
    load.books[kind].put(credit)
    load.books["Invoices"].put(invoice)
