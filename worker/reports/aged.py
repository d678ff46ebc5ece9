"""Aged receivables and payables as at any day, computed from documents, payments, allocations.

`open(document, D) = total - CIS deduction - payments dated to D - allocations dated to D`, for
documents dated to D. Prepayments are not on the control account: they are deposits, in a row of
their own. Ages run from the due date (the document's own date where it has none).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from worker.books.money import ZERO, to_cents
from worker.books.period import days_between
from worker.books.records import Contact, Document, Payment, Side
from worker.reports.open_items import (
    BUCKETS,
    Aged,
    AgedTable,
    Bounced,
    ContactRow,
    Item,
    Returned,
    Stale,
    Waiting,
)

__all__ = ["Aged", "Returned", "Waiting", "aged"]

_LIVE = frozenset({"AUTHORISED", "PAID"})
_GONE = frozenset({"DELETED", "VOIDED"})


def aged(
    side: Side,
    documents: Sequence[Document],
    payments: Sequence[Payment],
    contacts: Mapping[str, Contact],
    as_of: date,
    base_currency: str,
    waiting: Mapping[str, Waiting],
    returned: Mapping[str, Returned] | None = None,
) -> Aged:
    """What is open as at the end of `as_of`, by contact and currency.

    `documents` need the paid ones too, and credits with their allocations, else an earlier day
    cannot be rebuilt. A document whose stated amount due is not what *all* its payments and
    allocations leave is listed in `stale`: the mirror behind it is out of date. `waiting` and
    `returned` are by document id.
    """
    mine = [d for d in documents if d.side == side and d.status in _LIVE]
    dates = {document.id: document.date for document in mine}
    used_to_day: dict[str, Decimal] = {}
    used_ever: dict[str, Decimal] = {}
    for document_id, amount, day in _uses(mine, payments, dates):
        used_ever[document_id] = used_ever.get(document_id, ZERO) + amount
        if day <= as_of:
            used_to_day[document_id] = used_to_day.get(document_id, ZERO) + amount
    items, values, stale = [], {}, []
    for document in mine:
        whole = document.total - document.cis_deduction
        left = whole - used_ever.get(document.id, ZERO)
        if left != document.due:
            stale.append(_stale(document, left))
        if document.date > as_of:
            continue
        still = whole - used_to_day.get(document.id, ZERO)
        if still:
            items.append(_item(document, still, contacts, as_of, waiting.get(document.id)))
            values[document.id] = _in_base(document, still, base_currency)
    bounced = [_bounced(d, contacts, returned[d.id]) for d in mine if returned and d.id in returned]
    return Aged(
        side=side,
        as_of=as_of,
        base_currency=base_currency,
        tables=_tables(items, values, base_currency),
        bounced=tuple(sorted(bounced, key=lambda each: (each.returned.day, each.number))),
        stale=tuple(sorted(stale, key=lambda each: (each.number, each.document_id))),
    )


def _uses(
    documents: Sequence[Document], payments: Sequence[Payment], dates: Mapping[str, date]
) -> list[tuple[str, Decimal, date]]:
    """(document id, amount, day) of all that lessens a document: payments, refunds, allocations."""
    uses = [(p.document_id, p.amount, p.date) for p in payments if p.status not in _GONE]
    for credit in documents:
        for each in credit.allocations:
            # An undated allocation can be no earlier than the later of the two it joins.
            day = each.date or max(credit.date, dates.get(each.document_id, credit.date))
            uses += [(credit.id, each.amount, day), (each.document_id, each.amount, day)]
    return uses


def _item(
    document: Document,
    still: Decimal,
    contacts: Mapping[str, Contact],
    as_of: date,
    waiting: Waiting | None,
) -> Item:
    due_date = document.due_date or document.date
    contact_id, name = _whose(document, contacts)
    return Item(
        document_id=document.id,
        number=document.number,
        reference=document.reference,
        kind=document.kind,
        contact_id=contact_id,
        contact_name=name,
        date=document.date,
        due_date=due_date,
        currency=document.currency,
        total=document.total,
        open=still,
        days_overdue=days_between(due_date, as_of),
        waiting=waiting,
    )


def _whose(document: Document, contacts: Mapping[str, Contact]) -> tuple[str, str]:
    """The contact as it is called today; a merged one is the one it was merged into."""
    contact = contacts.get(document.contact_id)
    if not contact:
        return document.contact_id, document.contact_name
    seen = {contact.id}
    while (into := contact.merged_into) and into in contacts and into not in seen:
        seen.add(into)
        contact = contacts[into]
    return contact.id, contact.name


def _in_base(document: Document, still: Decimal, base_currency: str) -> Decimal | None:
    """At the document's own rate: base = amount ÷ CurrencyRate."""
    if document.currency == base_currency:
        return still
    if not document.currency_rate:
        return None
    return to_cents(still / document.currency_rate, base_currency)


def _stale(document: Document, computed: Decimal) -> Stale:
    return Stale(
        document.id,
        document.number,
        document.contact_name,
        document.currency,
        computed,
        document.due,
    )


def _bounced(document: Document, contacts: Mapping[str, Contact], returned: Returned) -> Bounced:
    name = _whose(document, contacts)[1]
    return Bounced(document.id, document.number, name, document.currency, returned)


def _tables(
    items: Sequence[Item], values: Mapping[str, Decimal | None], base_currency: str
) -> tuple[AgedTable, ...]:
    by_currency: dict[str, list[Item]] = {}
    for item in items:
        by_currency.setdefault(item.currency, []).append(item)
    tables = []
    for currency in sorted(by_currency, key=lambda code: (code != base_currency, code)):
        on_control = [i for i in by_currency[currency] if i.kind != "prepayment"]
        deposits = [i for i in by_currency[currency] if i.kind == "prepayment"]
        by_contact: dict[str, list[Item]] = {}
        for item in on_control:
            by_contact.setdefault(item.contact_id or item.contact_name, []).append(item)
        rows = sorted((_row(each) for each in by_contact.values()), key=_largest_first)
        parts = [(item, values[item.document_id]) for item in on_control]
        base_value = sum(((-v if _is_credit(i) else v) for i, v in parts if v is not None), ZERO)
        known = all(value is not None for _, value in parts)
        tables.append(
            AgedTable(currency, tuple(rows), tuple(deposits), base_value if known else None)
        )
    return tuple(tables)


def _row(items: Sequence[Item]) -> ContactRow:
    owed = [item for item in items if not _is_credit(item)]
    buckets = [ZERO] * len(BUCKETS)
    for item in owed:
        buckets[item.bucket] += item.open
    unapplied = -sum((item.open for item in items if _is_credit(item)), ZERO)
    return ContactRow(
        contact_id=items[0].contact_id,
        name=items[0].contact_name,
        buckets=tuple(buckets),
        unapplied=unapplied,
        total=sum(buckets, ZERO) + unapplied,
        waiting=sum((min(i.waiting.amount, i.open) for i in owed if i.waiting), ZERO),
        overdue=sum((item.overdue for item in owed), ZERO),
        items=tuple(sorted(items, key=lambda item: (item.due_date, item.number))),
    )


def _largest_first(row: ContactRow) -> tuple[Decimal, str]:
    return -row.total, row.name


def _is_credit(item: Item) -> bool:
    return item.kind != "invoice"
