"""Documents read again, in as few calls as their endpoints allow."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

from worker.books.ports import Noun, Row
from worker.books.records import Document
from worker.errors import PromiseBroken
from worker.xero.call import Caller
from worker.xero.faults import NotThere
from worker.xero.pages import ENDPOINTS, Currencies, row_of, scan
from worker.xero.wire_values import as_guid

log = logging.getLogger(__name__)

# A longer list of ids overruns what the ledger takes as an address (fact sheet 2.6).
IDS_MAX = 40
# So many credits are fetched one by one before a walk through all of them can be cheaper.
_SINGLY_MAX = 3
_NOUNS: Mapping[str, Noun] = {
    "invoice": "invoices",
    "credit_note": "credit_notes",
    "overpayment": "overpayments",
    "prepayment": "prepayments",
}


def documents(
    caller: Caller, currencies: Currencies, refs: Iterable[tuple[str, str]]
) -> dict[str, Document]:
    """The documents as they are now, by id; what the ledger does not have is left out."""
    wanted: dict[Noun, list[str]] = {}
    for kind, document_id in dict.fromkeys(refs):
        if kind not in _NOUNS:
            raise PromiseBroken(f"{kind!r} is no kind of document")
        wanted.setdefault(_NOUNS[kind], []).append(as_guid(document_id))
    found: dict[str, Document] = {}
    for noun, ids in wanted.items():
        rows = _invoices(caller, currencies, ids) if noun == "invoices" else None
        for row in rows if rows is not None else _credits(caller, currencies, noun, ids):
            if isinstance(row.record, Document) and row.id in ids:
                found[row.id] = row.record
    return found


def _invoices(caller: Caller, currencies: Currencies, ids: Sequence[str]) -> list[Row]:
    """By lists of ids; with a page number, so that line items come along."""
    rows: list[Row] = []
    for i in range(0, len(ids), IDS_MAX):
        params = {
            "IDs": ",".join(ids[i : i + IDS_MAX]),
            "page": "1",
            "pageSize": "100",
            "unitdp": "4",
        }
        envelope = caller.read("Invoices", "Invoices", params)
        rows += [row_of("invoices", record, raw, currencies) for record, raw in envelope.rows]
    return rows


def _credits(caller: Caller, currencies: Currencies, noun: Noun, ids: Sequence[str]) -> list[Row]:
    """One by one, or where that is cheaper by a walk through all; the rest singly again."""
    rows: list[Row] = []
    missing = list(ids)
    if len(missing) > _SINGLY_MAX:
        for page in scan(caller, noun, currencies):
            rows += [row for row in page.rows if row.id in missing]
            missing = [each for each in missing if all(row.id != each for row in rows)]
            if page.count - page.number >= len(missing):
                break
    for each in missing:
        rows += _one(caller, currencies, noun, each)
    return rows


def _one(caller: Caller, currencies: Currencies, noun: Noun, document_id: str) -> list[Row]:
    endpoint = ENDPOINTS[noun]
    try:
        envelope = caller.read(f"{endpoint.path}/{document_id}", endpoint.key, endpoint.params)
    except NotThere:
        log.info("document_not_there", extra={"noun": noun, "id": document_id})
        return []
    return [row_of(noun, record, raw, currencies) for record, raw in envelope.rows]
