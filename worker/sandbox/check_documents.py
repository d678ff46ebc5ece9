"""Do documents add up, and do the ledger and they say the same?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from worker.sandbox.check_books import LIVE, NUMBER_OF, Books, control, currency_of, id_of, name_of
from worker.sandbox.ledger import SIDES
from worker.sandbox.lines import line_net
from worker.sandbox.store import Store
from worker.sandbox.wire import ZERO, Record, from_minor, stored, to_minor


def documents_add_up(books: Books) -> Iterator[str]:
    """Lines make the total; the total less what settled it is what is left; the status follows."""
    for kind, record in books.documents:
        name = name_of(kind, record)
        lines = record.get("LineItems") or []
        mode, total = record.get("LineAmountTypes") or "Exclusive", stored(record.get("Total"))
        tax = ZERO
        if mode != "NoTax":
            tax = sum((stored(line.get("TaxAmount")) for line in lines), ZERO)
        summed = sum((stored(line.get("LineAmount")) for line in lines), ZERO)
        if mode == "Exclusive":
            summed += tax
        if lines and summed != total:
            yield f"{name} has lines of {summed} but a total of {total}"
        if record.get("Status") not in LIVE:
            continue
        key = id_of(kind, record)
        left = total - stored(record.get("CISDeduction")) - books.paid[key] - books.applied[key]
        field_name = "AmountDue" if kind == "Invoices" else "RemainingCredit"
        if stored(record.get(field_name)) != left:
            yield f"{name} says {field_name} {record.get(field_name)}, its records say {left}"
        if left < 0:
            yield f"{name} is settled by {-left} more than it was for"
        if (record["Status"] == "PAID") != (left == 0):
            yield f"{name} is {record['Status']} with {left} left"
        if kind == "Invoices":
            yield from _parts_agree(name, record, books.paid[key], books.applied[key])


def _parts_agree(name: str, record: Record, paid: Decimal, credited: Decimal) -> Iterator[str]:
    for field_name, amount in (("AmountPaid", paid), ("AmountCredited", credited)):
        if stored(record.get(field_name)) != amount:
            yield f"{name} says {field_name} {record.get(field_name)}, its records say {amount}"


def documents_are_posted(store: Store, books: Books) -> Iterator[str]:
    """An approved invoice or credit note stands on its control account once; others not at all."""
    posted: defaultdict[str, int] = defaultdict(int)
    controls = {control(store, name) for name in ("DEBTORS", "CREDITORS")}
    for source_id, account_id, units in store.rows(
        "SELECT source_id, account_id, SUM(foreign_amount) FROM ledger_line"
        " WHERE source_kind IN ('Invoices', 'CreditNotes') AND basis <> 'cash'"
        " GROUP BY source_id, account_id"
    ):
        if account_id in controls:
            posted[source_id] += units
    for kind, record in books.documents:
        if kind not in NUMBER_OF:
            continue
        expected = 0
        if record.get("Status") in LIVE:
            owed = stored(record.get("Total")) - stored(record.get("CISDeduction"))
            expected = SIDES[record["Type"]][1] * to_minor(owed, currency_of(record, books))
        if posted[id_of(kind, record)] != expected:
            found = from_minor(posted[id_of(kind, record)], currency_of(record, books))
            yield f"{name_of(kind, record)} stands at {found} on its control account"


def control_accounts_tie(store: Store, books: Books) -> Iterator[str]:
    """Receivables and payables equal what open documents say, in every currency.

    Deposits (prepayments) are not on them: they stand on their own account until used.
    """
    owed: defaultdict[tuple[str, str], int] = defaultdict(int)
    for kind, record in books.documents:
        if record.get("Status") not in LIVE:
            continue
        key, currency = id_of(kind, record), currency_of(record, books)
        left = stored(record.get("Total")) - stored(record.get("CISDeduction"))
        left -= books.paid[key] + books.applied[key]
        role, sign = SIDES[record["Type"]]
        owed[role, currency] += sign * to_minor(left, currency)
    for role, title in (("DEBTORS", "Accounts receivable"), ("CREDITORS", "Accounts payable")):
        account_id = control(store, role)
        found = store.rows(
            "SELECT currency, SUM(foreign_amount) FROM ledger_line"
            " WHERE account_id = ? AND basis <> 'cash' GROUP BY currency",
            (account_id,),
        )
        ledger: dict[str, int] = dict(found)
        for currency in sorted(ledger.keys() | {c for r, c in owed if r == role}):
            here, there = ledger.get(currency, 0), owed[role, currency]
            if here != there:
                yield (
                    f"{title} stands at {from_minor(here, currency)} {currency} in the ledger, "
                    f"the documents say {from_minor(there, currency)}"
                )


def tax_is_posted(store: Store, books: Books) -> Iterator[str]:
    """The tax of each line of an approved document stands on the tax account."""
    account_id = control(store, "GST")
    posted: dict[str, int] = dict(
        store.rows(
            "SELECT source_id, SUM(foreign_amount) FROM ledger_line WHERE account_id = ?"
            " AND source_kind IN ('Invoices', 'CreditNotes') AND basis <> 'cash'"
            " GROUP BY source_id",
            (account_id,),
        )
    )
    for kind, record in books.documents:
        lines = record.get("LineItems") or ()
        if kind not in NUMBER_OF or not lines:
            continue
        expected, currency = 0, currency_of(record, books)
        mode = str(record.get("LineAmountTypes") or "Exclusive")
        for line in lines if record.get("Status") in LIVE else ():
            tax = ZERO if mode == "NoTax" else stored(line.get("TaxAmount"))
            expected += to_minor(tax, currency)
            if line.get("AccountID") == account_id:
                expected += to_minor(line_net(line, mode), currency)
        expected *= -SIDES[record["Type"]][1]
        found = posted.get(id_of(kind, record), 0)
        if found != expected:
            yield (
                f"{name_of(kind, record)} has {from_minor(found, currency)} on the tax account, "
                f"its lines {from_minor(expected, currency)}"
            )


def cash_view_follows(store: Store, books: Books) -> Iterator[str]:
    """The cash view has recognised of each document exactly what was settled of it."""
    recognised: dict[str, int] = dict(
        store.rows(
            "SELECT settles, SUM(foreign_amount) FROM ledger_line"
            " WHERE basis = 'cash' AND settles IS NOT NULL GROUP BY settles"
        )
    )
    for kind, record in books.documents:
        if kind not in NUMBER_OF or record.get("Status") not in LIVE:
            continue
        key, currency = id_of(kind, record), currency_of(record, books)
        settled = to_minor(books.paid[key], currency) + to_minor(books.applied[key], currency)
        found = recognised.get(key, 0)
        if found != -SIDES[record["Type"]][1] * settled:
            yield (
                f"{name_of(kind, record)}: the cash view has recognised "
                f"{from_minor(found, currency)} of {from_minor(settled, currency)} settled"
            )


def deposits_wait(store: Store, books: Books) -> Iterator[str]:
    """What is left of a prepayment stands, with its tax, where it was put."""
    waiting: dict[str, int] = dict(
        store.rows(
            "SELECT settles, SUM(foreign_amount) FROM ledger_line"
            " WHERE basis = 'both' AND settles IS NOT NULL GROUP BY settles"
        )
    )
    for kind, record in books.documents:
        if kind != "Prepayments":
            continue
        key, currency = id_of(kind, record), currency_of(record, books)
        left = stored(record.get("RemainingCredit")) if record.get("Status") in LIVE else ZERO
        expected = SIDES[record["Type"]][1] * to_minor(left, currency)
        if waiting.get(key, 0) != expected:
            yield (
                f"{name_of(kind, record)} has {from_minor(waiting.get(key, 0), currency)} waiting "
                f"in the ledger, {from_minor(expected, currency)} left"
            )
