"""The endpoints by path, and what a write to a collection does, element by element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from worker.sandbox import (
    banking,
    batches,
    contacts,
    documents,
    groups,
    items,
    journals,
    orders,
    payments,
    settings,
    transfers,
)
from worker.sandbox.errors import Invalid, validation
from worker.sandbox.session import Session
from worker.sandbox.shapes import shaped
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.wire import Record

Save = Callable[[Session, Record, str | None, bool], Record]
NO_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A collection: how it stores one element, and which sub-resources hang under a record.

    `one_at_a_time` and `all_or_none` endpoints have no `summarizeErrors`.
    """

    kind: str
    save: Save | None = None
    one_at_a_time: bool = False
    all_or_none: bool = False
    history: bool = False
    allocations: bool = False
    attachments: bool = False
    pdf: bool = False
    remove: Callable[[Session, Record], None] | None = None


_ALL = (
    Endpoint("Accounts", settings.save_account, one_at_a_time=True, attachments=True),
    Endpoint("TaxRates", settings.save_tax_rate, one_at_a_time=True),
    Endpoint("TrackingCategories", settings.save_tracking, one_at_a_time=True),
    Endpoint("Currencies", settings.save_currency, one_at_a_time=True),
    Endpoint("Contacts", contacts.save, history=True, attachments=True),
    Endpoint("ContactGroups", groups.save, all_or_none=True),
    Endpoint("Invoices", documents.save_invoice, history=True, attachments=True, pdf=True),
    Endpoint(
        "CreditNotes",
        documents.save_credit_note,
        history=True,
        allocations=True,
        attachments=True,
        pdf=True,
    ),
    Endpoint("Payments", payments.save),
    Endpoint("BatchPayments", batches.save, history=True),
    Endpoint("BankTransactions", banking.save, history=True, attachments=True),
    Endpoint("BankTransfers", transfers.save, history=True, attachments=True),
    Endpoint("Overpayments", allocations=True),
    Endpoint("Prepayments", allocations=True),
    Endpoint("Items", items.save, history=True, remove=items.remove),
    Endpoint("ManualJournals", journals.save, history=True, attachments=True),
    Endpoint("Quotes", orders.save_quote, history=True, attachments=True, pdf=True),
    Endpoint(
        "PurchaseOrders", orders.save_purchase_order, history=True, attachments=True, pdf=True
    ),
    Endpoint("RepeatingInvoices", history=True, attachments=True),
    Endpoint("Budgets"),
    Endpoint("Users"),
    Endpoint("BrandingThemes"),
)
ENDPOINTS = {endpoint.kind.lower(): endpoint for endpoint in _ALL}


def write(
    session: Session,
    endpoint: Endpoint,
    sent: Sequence[Record],
    record_id: str | None,
    *,
    create_only: bool,
    summarize: bool,
) -> list[Record]:
    """Store every element in order; the caller holds the transaction.

    With `summarize` one bad element raises ApiError 400 and nothing is kept; without it, good
    elements are kept and each tells its `StatusAttributeString`.
    """
    if endpoint.save is None:
        raise validation([{"ValidationErrors": [{"Message": "This endpoint takes no writes"}]}])
    if endpoint.one_at_a_time and len(sent) > 1:
        raise validation([failed(endpoint.kind, sent[1], ("Send one element at a time",))])
    answers, refused = [], []
    for element in sent:
        session.warnings.clear()
        try:
            with session.store.transaction():
                fit = shaped(element, refuse)
                record = endpoint.save(session, fit, record_id, create_only)
        except Invalid as broken:
            refused.append(failed(endpoint.kind, element, broken.messages))
            answers.append({**refused[-1], "StatusAttributeString": "ERROR"})
        else:
            told: Record = {}
            if session.warnings:
                told["Warnings"] = [{"Message": message} for message in session.warnings]
            if not summarize:
                told["StatusAttributeString"] = "WARNING" if session.warnings else "OK"
                told["ValidationErrors"] = []
            answers.append({**record, **told})
    if refused and summarize:
        raise validation(refused)
    return answers


def refuse(field: str, value: object) -> None:
    """Refuse a field that is no text, structure or list where one belongs; raises Invalid."""
    raise Invalid(f"The {field} field holds a value of the wrong kind")


def failed(kind: str, element: Record, messages: Sequence[str]) -> Record:
    """The echo of a refused element, under the id it had or a zero one."""
    name = ID_FIELDS[kind]
    echo: dict[str, Any] = {name: element.get(name) or NO_ID}
    echo |= {key: value for key, value in element.items() if key != name}
    echo["ValidationErrors"] = [{"Message": message} for message in messages]
    return echo
