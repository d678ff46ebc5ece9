"""Money that documents speak of and no record in the books explains."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial

from worker.sandbox.entries import Entry
from worker.sandbox.intake import label, made_id
from worker.sandbox.loading import FALLBACK_DAY, KINDS, LIVE, SAID, Loading, Move
from worker.sandbox.settlement import link_credit, payment_stub
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.wire import ZERO, Record, day_of, from_minor, stored, to_minor, wire_day


def unexplained(load: Loading) -> list[Move]:
    """Say what must be posted so that documents stand as they say they do."""
    found: list[Move] = []
    for kind in KINDS:
        for record in load.books[kind]:
            if record["Status"] in LIVE:
                found += _gaps(load, kind, record)
    return found


def _gaps(load: Loading, kind: str, record: Record) -> Iterator[Move]:
    found_id = record[ID_FIELDS[kind]]
    said, name = record[SAID], label(kind, record)
    paid, credited = load.paid.get(found_id, ZERO), load.credited.get(found_id, ZERO)
    owed = stored(record.get("Total")) - stored(record.get("CISDeduction"))
    left = said.get("AmountDue" if kind == "Invoices" else "RemainingCredit")
    if left is None and said["Status"] == "PAID":
        left = ZERO
    gap_paid = stored(said["AmountPaid"]) - paid if "AmountPaid" in said else ZERO
    gap_credited = stored(said["AmountCredited"]) - credited if "AmountCredited" in said else ZERO
    if not gap_paid and not gap_credited and left is not None and "AmountPaid" not in said:
        gap_paid = owed - paid - credited - left
    for gap, what in ((gap_paid, "paid"), (gap_credited, "credited")):
        if gap < 0:
            load.doubts.tell(f"{name}: {-gap} more is {what} by its records than it says")
        elif gap > owed:
            load.doubts.tell(f"{name}: {gap} {what} is more than its total of {owed}")
        elif gap > 0:
            load.doubts.tell(
                f"{name}: {gap} is {what} with no record of it in these books; it stands on "
                "the historical adjustment"
            )
            day = _last_day(load, record, said)
            yield (
                day.isoformat(),
                f"3 {found_id} {what}",
                partial(_historical, load, kind, found_id, gap, what, day),
            )


def _last_day(load: Loading, record: Record, said: Record) -> date:
    shown = [day_of(said.get("FullyPaidOnDate")), day_of(record["Date"])]
    return next(day for day in (*shown, FALLBACK_DAY) if day is not None)


def _historical(
    load: Loading, kind: str, record_id: str, gap: Decimal, what: str, day: date
) -> None:
    record = load.found(kind, record_id)
    doc = load.open(kind, record)
    units = to_minor(gap, doc.currency)
    cleared, base = load.ledger.settle(doc, units)
    other = Entry(load.chart.role("HISTORICAL"), -base, doc.side[1] * units, doc.currency)
    source = made_id("conversion", doc.id, what)
    entries = [other, *cleared, *load.ledger.recognise(doc, units, base)]
    load.ledger.post("Payments", source, day.isoformat(), entries)
    load.left[doc.id] -= units
    amount = from_minor(units, doc.currency)
    if what == "paid":
        stub = {"PaymentID": source, "Date": wire_day(day), "Amount": amount}
        record["Payments"].append(payment_stub(stub))
    else:
        link_credit(record, "CreditNotes", {"CreditNoteID": source, "Total": amount}, amount, day)
    load.books[kind].put(record)
