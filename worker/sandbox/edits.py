"""What an edit changes: which stamps it moves, what stays fixed, where the change shows."""

from __future__ import annotations

from worker.sandbox.errors import Invalid
from worker.sandbox.settlement import CREDIT_KINDS
from worker.sandbox.store import Store
from worker.sandbox.wire import Record

NOT_VALID = "Invoice not of valid status for modification"
# A change of these alone makes no journal, and Xero then moves no stamp (fact sheet 2.5).
QUIET = {"DueDate", "SentToContact", "ExpectedPaymentDate", "PlannedPaymentDate"}
QUIET |= {f"{field}String" for field in QUIET}
# What stays fixed once money has been applied.
_FROZEN = ("Type", "Date", "LineAmountTypes", "CurrencyCode", "CurrencyRate", "Total", "TotalTax")
_FROZEN_LINE = ("LineItemID", "Quantity", "UnitAmount", "LineAmount", "TaxType", "TaxAmount")


def changed(old: Record, new: Record) -> set[str]:
    """Fields that differ; lines are compared without their coding, which moves no stamp."""
    skipped = {"UpdatedDateUTC", "UpdatedDateUTCString", "LineItems"}
    found = {k for k in old.keys() | new.keys() if old.get(k) != new.get(k)} - skipped
    coding = ("AccountCode", "AccountID")
    plain = [
        [{k: v for k, v in line.items() if k not in coding} for line in record["LineItems"]]
        for record in (old, new)
    ]
    return found | ({"LineItems"} if plain[0] != plain[1] else set())


def posting(record: Record) -> tuple[object, ...]:
    """What the ledger sees of a document."""
    fields = ("Date", "Contact", "CurrencyCode", "CurrencyRate", "Total", "LineAmountTypes")
    return (*(record.get(field) for field in fields), record["LineItems"])


def check_frozen(old: Record, new: Record) -> None:
    """Refuse to move what money has been applied to; raises Invalid."""
    same = all(old.get(field) == new.get(field) for field in _FROZEN)
    kept = [[line.get(field) for field in _FROZEN_LINE] for line in old["LineItems"]]
    now = [[line.get(field) for field in _FROZEN_LINE] for line in new["LineItems"]]
    moved = old["Contact"].get("ContactID") != new["Contact"].get("ContactID")
    credited = any(old.get(name) for name in ("Allocations", *CREDIT_KINDS))
    if not same or kept != now or (moved and credited):
        raise Invalid(NOT_VALID)


def refresh_stubs(store: Store, kind: str, old: Record, new: Record) -> None:
    """Carry a new number or contact into the payments that embed the document."""
    name = kind[:-1]
    number = f"{name}Number"
    if old.get(number) == new.get(number) and old.get("Contact") == new.get("Contact"):
        return
    paying = store.select("kind = 'Payments' AND document_id = ?", (new[f"{name}ID"],))
    for payment in paying:
        payment[name][number] = new.get(number)
        payment[name]["Contact"] = new["Contact"]
    store.put_many("Payments", paying)
