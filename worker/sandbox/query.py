"""Lists: filters, order, pages and `If-Modified-Since`, answered from the columns of the store.

Stored JSON goes out as it is; only summaries and what is worked out at read time are taken apart.
Facts: sections 2.4, 2.5, 2.6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from worker.sandbox.contacts import DETAIL_ONLY, balances
from worker.sandbox.errors import bad_query, too_wide
from worker.sandbox.fields import fields_of
from worker.sandbox.store import Store
from worker.sandbox.where import order_by, parse
from worker.sandbox.wire import Record, day_of, dumps, flag, guid, loads, ms_of, rounded, stored

PAGE_SIZE, PAGE_SIZE_MAX = 100, 1000
_FINE_UNIT = re.compile(r'"UnitAmount":-?\d+\.\d{3}')


@dataclass(frozen=True, slots=True)
class Listing:
    """What the list of one endpoint can do; `ids` maps query parameters to columns.

    `summary_drops` are missing from an unpaged list, `list_drops` from every one; `dated` takes
    DateFrom and DateTo; `order_unpages` answers all at once when an order is sent; without `sized`
    a page is always of 100, and none tells how many there are.
    """

    paged: bool = False
    since: bool = True
    ids: Mapping[str, str] = field(default_factory=dict)
    searched: tuple[str, ...] = ()
    summary_drops: tuple[str, ...] = ()
    hidden: str = ""
    shown_by: str = ""
    list_drops: tuple[str, ...] = ()
    dated: bool = False
    order_unpages: bool = False
    sized: bool = True


_LINES = ("LineItems",)
LISTINGS: dict[str, Listing] = {
    "Accounts": Listing(),
    "TaxRates": Listing(since=False, ids={"taxtype": "id"}),
    "TrackingCategories": Listing(
        since=False, hidden="status <> 'ARCHIVED'", shown_by="includearchived"
    ),
    "Currencies": Listing(since=False),
    "ContactGroups": Listing(since=False, hidden="status <> 'DELETED'", list_drops=("Contacts",)),
    "Contacts": Listing(
        paged=True,
        ids={"ids": "id"},
        searched=("Name", "FirstName", "LastName", "ContactNumber", "EmailAddress"),
        summary_drops=DETAIL_ONLY,
        hidden="status <> 'ARCHIVED'",
        shown_by="includearchived",
    ),
    "Invoices": Listing(
        paged=True,
        ids={
            "ids": "id",
            "invoicenumbers": "number",
            "contactids": "contact_id",
            "statuses": "status",
        },
        searched=("InvoiceNumber", "Reference"),
        summary_drops=_LINES,
    ),
    "CreditNotes": Listing(paged=True, summary_drops=_LINES),
    "BankTransactions": Listing(
        paged=True, summary_drops=_LINES, hidden="type NOT LIKE '%-TRANSFER'"
    ),
    "Overpayments": Listing(paged=True, ids={"references": "reference"}, summary_drops=_LINES),
    "Prepayments": Listing(paged=True, ids={"invoicenumbers": "number"}, summary_drops=_LINES),
    "Payments": Listing(paged=True),
    "BatchPayments": Listing(),
    "BankTransfers": Listing(hidden="status <> 'DELETED'", shown_by="includedeleted"),
    "Items": Listing(),
    # Seen by tap-xero: an order there brings everything in one answer (fact sheet 2.4).
    "ManualJournals": Listing(paged=True, summary_drops=("JournalLines",), order_unpages=True),
    "RepeatingInvoices": Listing(since=False),
    "Budgets": Listing(since=False, ids={"ids": "id"}),
    "Users": Listing(),
    "BrandingThemes": Listing(since=False),
    "Quotes": Listing(
        paged=True,
        ids={"status": "status", "contactid": "contact_id", "quotenumber": "number"},
        dated=True,
        sized=False,
    ),
    "PurchaseOrders": Listing(paged=True, ids={"status": "status"}, dated=True),
}
_BY_NUMBER = ("Invoices", "CreditNotes", "Contacts", "Accounts", "Items", "PurchaseOrders")
_SUMMARY_ONLY = ("Payments", "HasAttachments", "LineItems", "CISDeduction")


def since_ms(header: str) -> int | None:
    """Epoch ms of an `If-Modified-Since`: no zone, RFC 1123, or ISO with fraction and Z.

    Cut to the second; None for what cannot be read, which Xero ignores.
    """
    text = header.strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return ms_of(moment.replace(microsecond=0))


@dataclass(frozen=True, slots=True)
class Found:
    """The JSON texts of a list, and its pagination where a page was asked for."""

    texts: list[str]
    pagination: Record | None = None


def read_list(
    store: Store,
    kind: str,
    params: Mapping[str, str],
    since: str,
    *,
    today: str,
    base: str,
    high_volume: int = 100_000,
) -> Found:
    """One answer to GET on an endpoint; `params` by lower-cased name; raises ApiError 400."""
    listing, fields = LISTINGS[kind], fields_of(kind)
    conditions, narrow = ["kind = ?"], True
    values: list[Any] = [kind]
    if listing.hidden and not flag(params.get(listing.shown_by or "-")):
        conditions.append(listing.hidden)
    if params.get("where", "").strip():
        parsed = parse(params["where"], fields)
        conditions.append(parsed.sql)
        values += parsed.params
        narrow = parsed.optimised
    for name, column in listing.ids.items():
        if params.get(name):
            _add_list(conditions, values, column, params[name])
    if params.get("searchterm") and listing.searched:
        narrow = False
        _add_search(conditions, values, [fields[f.lower()].sql for f in listing.searched], params)
    if listing.dated:
        _add_days(conditions, values, params)
    modified = since_ms(since) if listing.since else None
    if modified is not None:
        conditions.append("updated_ms >= ?")
        values.append(modified)
    where = " AND ".join(f"({part})" for part in conditions)
    summary = bool(flag(params.get("summaryonly"))) and kind in ("Invoices", "Contacts")
    paged = listing.paged and ("page" in params or summary)
    if listing.order_unpages and params.get("order"):
        paged = False
    order = "updated_ms, id" if kind != "Accounts" else "number, id"
    if params.get("order"):
        order = order_by(params["order"], fields, "id")
    total = int(store.rows(f"SELECT COUNT(*) FROM record WHERE {where}", values)[0][0])
    if (not narrow and store.count(kind) > high_volume) or (not paged and total > high_volume):
        raise too_wide()
    # A few rows are found by their filter and sorted; the plus keeps SQLite from walking them all.
    walk = "+" if total <= PAGE_SIZE_MAX else ""
    sql = f"SELECT rowid FROM record WHERE {where} ORDER BY {walk}{order}"
    pagination = None
    if paged:
        page, size = _page(params) if listing.sized else (_page(params)[0], PAGE_SIZE)
        sql += f" LIMIT {size} OFFSET {(page - 1) * size}"
        if listing.sized:
            pages = -(-total // size)
            pagination = {"page": page, "pageSize": size, "pageCount": pages, "itemCount": total}
    texts = store.texts([row[0] for row in store.rows(sql, values)])
    if summary:
        drops = _SUMMARY_ONLY if kind == "Invoices" else listing.summary_drops
        texts = [_without(text, drops) for text in texts]
    elif listing.paged and not paged and listing.summary_drops:
        texts = [_without(text, listing.summary_drops) for text in texts]
    elif listing.list_drops:
        texts = [_without(text, listing.list_drops) for text in texts]
    elif kind == "Contacts":
        texts = with_balances(store, texts, base, today)
    return Found(texts, pagination)


def _page(params: Mapping[str, str]) -> tuple[int, int]:
    """Page and size, clamped silently as Xero does."""
    page = min(max(1, _whole(params.get("page"), 1)), 10**9)
    return page, min(max(1, _whole(params.get("pagesize"), PAGE_SIZE)), PAGE_SIZE_MAX)


def _whole(text: str | None, default: int) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default


def _add_list(conditions: list[str], values: list[Any], column: str, text: str) -> None:
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    if column in ("id", "contact_id"):
        wanted = [guid(part) for part in wanted]
    elif column == "status":
        wanted = [part.upper() for part in wanted]
    if len(wanted) > 500:
        raise bad_query("Too many values in one list")
    collate = " COLLATE NOCASE" if column in ("number", "reference") else ""
    conditions.append(f"{column}{collate} IN ({','.join('?' * len(wanted))})")
    values += wanted


def _add_days(conditions: list[str], values: list[Any], params: Mapping[str, str]) -> None:
    for name, sign in (("datefrom", ">="), ("dateto", "<=")):
        try:
            day = day_of(params.get(name))
        except ValueError:
            raise bad_query(f"{name} is not a date") from None
        if day is not None:
            conditions.append(f"date {sign} ?")
            values.append(day.isoformat())


def _add_search(
    conditions: list[str], values: list[Any], columns: list[str], params: Mapping[str, str]
) -> None:
    parts = [f"INSTR(LOWER(COALESCE({column}, '')), LOWER(?)) > 0" for column in columns]
    conditions.append(" OR ".join(parts))
    values += [params["searchterm"]] * len(columns)


def _without(text: str, drops: tuple[str, ...]) -> str:
    record: Record = loads(text)
    return dumps({key: value for key, value in record.items() if key not in drops})


def with_balances(store: Store, texts: list[str], base: str, today: str) -> list[str]:
    """Contacts with their `Balances`, which no stamp tells of."""
    records = [loads(text) for text in texts]
    found: dict[str, Record] = {}
    for start in range(0, len(records), 500):
        ids = [record["ContactID"] for record in records[start : start + 500]]
        found |= balances(store, ids, base, today)
    return [
        dumps({**record, "Balances": found[record["ContactID"]]})
        if record["ContactID"] in found
        else text
        for record, text in zip(records, texts, strict=True)
    ]


def two_places(text: str) -> str:
    """A record's JSON with unit amounts rounded to 2 decimals, as Xero shows without `unitdp=4`."""
    if not _FINE_UNIT.search(text):
        return text
    record: Record = loads(text)
    for line in record.get("LineItems") or ():
        line["UnitAmount"] = rounded(stored(line.get("UnitAmount")))
    return dumps(record)


def read_one(store: Store, kind: str, key: str) -> Record | None:
    """A record by id, else by its number or code."""
    found = store.get(kind, key)
    if found is None and kind == "TaxRates":
        found = store.get(kind, key.upper())
    if found is None and kind in _BY_NUMBER:
        found = store.by_number(kind, key)
    return found
