"""Every page of a noun: where it lies, how it is asked for, and when a scan may be believed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from worker.books.ports import Noun, Page, Record, Row
from worker.errors import TryLater
from worker.xero import wire_cash, wire_chart, wire_documents
from worker.xero.call import Caller
from worker.xero.wire_json import Envelope
from worker.xero.wire_values import Json, NotUnderstood, guid, instant, number, part

log = logging.getLogger(__name__)

PAGE_SIZE = 1000
# Xero's own page when none is asked for; a shorter one is the last.
_PAGE_SIZE_LEAST = 100


class Currencies:
    """What currency a record is in where the record does not say."""

    def __init__(self, base: Callable[[], str], of_account: Callable[[str], str]) -> None:
        self.base = base
        self.of_account = of_account


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one noun lies."""

    path: str
    id_field: str
    read: Callable[[Json, Currencies], Record] | None
    """None for nouns that are kept raw only."""
    paged: bool = False
    since: bool = True
    """Whether If-Modified-Since is honoured (fact sheet 2.5)."""
    params: Mapping[str, str] | None = None
    """Also what a list would otherwise hide: archived contacts, deleted transfers."""

    @property
    def key(self) -> str:
        return self.path


_UNITDP = {"unitdp": "4"}

ENDPOINTS: Mapping[Noun, Endpoint] = {
    "accounts": Endpoint("Accounts", "AccountID", lambda r, _: wire_chart.account(r)),
    "tax_rates": Endpoint(
        "TaxRates", "TaxType", lambda r, _: wire_chart.tax_rate(r), since=False
    ),
    "tracking": Endpoint("TrackingCategories", "TrackingCategoryID", None, since=False),
    "currencies": Endpoint("Currencies", "Code", None, since=False),
    "contacts": Endpoint(
        "Contacts",
        "ContactID",
        lambda r, _: wire_chart.contact(r),
        paged=True,
        params={"includeArchived": "true"},
    ),
    "invoices": Endpoint(
        "Invoices",
        "InvoiceID",
        lambda r, c: wire_documents.invoice(r, c.base),
        paged=True,
        params=_UNITDP,
    ),
    "credit_notes": Endpoint(
        "CreditNotes",
        "CreditNoteID",
        lambda r, c: wire_documents.credit_note(r, c.base),
        paged=True,
        params=_UNITDP,
    ),
    "payments": Endpoint(
        "Payments", "PaymentID", lambda r, c: wire_cash.payment(r, c.base), paged=True
    ),
    "batch_payments": Endpoint(
        "BatchPayments", "BatchPaymentID", lambda r, c: wire_cash.batch_payment(r, c.of_account)
    ),
    "bank_transactions": Endpoint(
        "BankTransactions",
        "BankTransactionID",
        lambda r, c: wire_cash.bank_transaction(r, c.base),
        paged=True,
        params=_UNITDP,
    ),
    "bank_transfers": Endpoint(
        "BankTransfers",
        "BankTransferID",
        lambda r, c: wire_cash.bank_transfer(r, c.of_account),
        params={"includeDeleted": "true"},
    ),
    "overpayments": Endpoint(
        "Overpayments",
        "OverpaymentID",
        lambda r, c: wire_documents.overpayment(r, c.base),
        paged=True,
        params=_UNITDP,
    ),
    "prepayments": Endpoint(
        "Prepayments",
        "PrepaymentID",
        lambda r, c: wire_documents.prepayment(r, c.base),
        paged=True,
        params=_UNITDP,
    ),
}  # fmt: skip


def pages(
    caller: Caller, noun: Noun, currencies: Currencies, modified_since: datetime | None = None
) -> Iterator[Page]:
    """Every page of a noun in the ledger's own order; only rows changed since, where it can tell.

    A full scan in which rows moved between the pages is gone through once more. Raises TryLater
    when the pages cannot be believed.
    """
    endpoint = ENDPOINTS[noun]
    since = modified_since if endpoint.since else None
    if not endpoint.paged:
        envelope = caller.read(endpoint.path, endpoint.key, endpoint.params, _since_header(since))
        rows = _rows(noun, endpoint, envelope, currencies, since)
        yield Page(rows, envelope.server_time, 1, 1)
        return
    for last_round in (False, True):
        seen: set[str] = set()
        items: int | None = None
        for page in scan(caller, noun, currencies, since):
            seen.update(row.id for row in page.rows)
            items = page.item_count
            yield page
        if since is not None or items is None or len(seen) >= items:
            return
        log.warning(
            "rows_moved_while_read",
            extra={"noun": noun, "seen": len(seen), "stated": items, "again": not last_round},
        )


def scan(
    caller: Caller,
    noun: Noun,
    currencies: Currencies,
    since: datetime | None = None,
    where: str = "",
) -> Iterator[Page]:
    """The pages of one walk through a paged noun, from the first to the last or to an empty one."""
    endpoint = ENDPOINTS[noun]
    before: tuple[str, ...] = ()
    wanted = 1
    while True:
        params = {**(endpoint.params or {}), "page": str(wanted), "pageSize": str(PAGE_SIZE)}
        if where:
            params["where"] = where
        envelope = caller.read(endpoint.path, endpoint.key, params, _since_header(since))
        rows = _rows(noun, endpoint, envelope, currencies, since)
        ids = tuple(row.id for row in rows)
        stated = part(envelope.fields, "pagination")
        items, count = number(stated, "itemCount"), number(stated, "pageCount")
        if wanted == 1 and not rows and items:
            raise TryLater(f"{endpoint.path} says it has {items} rows but shows none")
        if ids and ids == before:
            raise TryLater(f"{endpoint.path} shows the same rows on page {wanted} as before it")
        few = len(envelope.rows) < _PAGE_SIZE_LEAST
        last = few if count is None else wanted >= count
        yield Page(
            rows,
            envelope.server_time,
            wanted,
            int(count) if count else wanted,
            None if items is None else int(items),
        )
        if last or not rows:
            return
        before = ids
        wanted += 1


def row_of(noun: Noun, record: Json, raw: str, currencies: Currencies) -> Row:
    """One row; a record that cannot be understood is kept raw and told, not fatal."""
    endpoint = ENDPOINTS[noun]
    row_id = guid(record, endpoint.id_field)
    if endpoint.read is None:
        return Row(row_id, None, raw)
    try:
        return Row(row_id, endpoint.read(record, currencies), raw)
    except NotUnderstood as why:
        log.warning("row_not_understood", extra={"noun": noun, "id": row_id, "why": str(why)})
        return Row(row_id, None, raw)


def _rows(
    noun: Noun,
    endpoint: Endpoint,
    envelope: Envelope,
    currencies: Currencies,
    since: datetime | None,
) -> tuple[Row, ...]:
    rows = tuple(row_of(noun, record, raw, currencies) for record, raw in envelope.rows)
    nameless = sum(not row.id for row in rows)
    if nameless:
        log.warning("rows_without_id", extra={"noun": noun, "rows": nameless})
    if since is not None and any(
        (stamp := instant(record, "UpdatedDateUTC")) is not None
        and stamp < since.replace(microsecond=0)
        for record, _ in envelope.rows
    ):
        log.warning("modified_since_ignored", extra={"noun": noun, "since": since.isoformat()})
    return tuple(row for row in rows if row.id)


def _since_header(since: datetime | None) -> dict[str, str]:
    """UTC to the second, without fraction or zone: the form Xero documents."""
    if since is None:
        return {}
    return {"If-Modified-Since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")}
