"""Invoices, bills and credits from Xero's JSON as Documents that money can be allocated to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from worker.books.records import Allocation, Document, DocumentKind, Side
from worker.xero.wire_values import (
    Json,
    NotUnderstood,
    amount,
    day,
    guid,
    instant,
    need,
    need_amount,
    number,
    part,
    parts,
    text,
    truth,
)

BaseCurrency = Callable[[], str]
"""The organisation's own currency, asked for only where a record names none."""

_CLOSED = frozenset({"PAID", "VOIDED", "DELETED"})
_ZERO = Decimal(0)


def invoice(record: Json, base_currency: BaseCurrency) -> Document:
    """An invoice (ACCREC) or bill (ACCPAY); raises NotUnderstood for other types."""
    side = {"ACCREC": "receivable", "ACCPAY": "payable"}.get(text(record, "Type"))
    if side is None:
        raise NotUnderstood(f"an invoice of type {text(record, 'Type')!r}")
    total = need_amount(record, "Total")
    paid, credited = amount(record, "AmountPaid"), amount(record, "AmountCredited")
    withheld = amount(record, "CISDeduction")
    return _document(
        record,
        base_currency,
        kind="invoice",
        side="receivable" if side == "receivable" else "payable",
        id_field="InvoiceID",
        number_field="InvoiceNumber",
        due=_due(record, "AmountDue", total - paid - credited - withheld),
        paid=paid,
        credited=credited,
        cis_deduction=withheld,
    )


def credit_note(record: Json, base_currency: BaseCurrency) -> Document:
    """A credit note of either side, with where it went."""
    return _credit(record, base_currency, "credit_note", "CreditNoteID", "CreditNoteNumber")


def overpayment(record: Json, base_currency: BaseCurrency) -> Document:
    """An overpayment; Xero gives it no number."""
    return _credit(record, base_currency, "overpayment", "OverpaymentID", "InvoiceNumber")


def prepayment(record: Json, base_currency: BaseCurrency) -> Document:
    """A prepayment; its number is the InvoiceNumber it was taken for."""
    return _credit(record, base_currency, "prepayment", "PrepaymentID", "InvoiceNumber")


def side_of(kind: str) -> Side | None:
    """The side a type belongs to: ACCREC…, AR…, RECEIVE… are receivable, their twins payable."""
    if kind.startswith(("ACCREC", "AR", "RECEIVE")):
        return "receivable"
    if kind.startswith(("ACCPAY", "AP", "SPEND")):
        return "payable"
    return None


def coding(record: Json) -> str:
    """Accounts, tax types and tracking of the lines as one text; equal text means equal coding."""
    seen = set()
    for line in parts(record, "LineItems"):
        tracking = sorted(
            f"{text(each, 'Name')}={text(each, 'Option')}" for each in parts(line, "Tracking")
        )
        account = text(line, "AccountCode") or guid(line, "AccountID")
        words = [account, text(line, "TaxType"), *tracking]
        if any(words):
            seen.add(" ".join(word for word in words if word))
    return "; ".join(sorted(seen))


def _credit(
    record: Json, base_currency: BaseCurrency, kind: DocumentKind, id_field: str, number_field: str
) -> Document:
    side = side_of(text(record, "Type"))
    if side is None:
        raise NotUnderstood(f"a {kind} of type {text(record, 'Type')!r}")
    total = need_amount(record, "Total")
    went = tuple(_allocations(record))
    credited = sum((each.amount for each in went), _ZERO)
    refunded = sum((amount(each, "Amount") for each in parts(record, "Payments")), _ZERO)
    return _document(
        record,
        base_currency,
        kind=kind,
        side=side,
        id_field=id_field,
        number_field=number_field,
        due=_due(record, "RemainingCredit", total - credited - refunded),
        paid=refunded,
        credited=credited,
        cis_deduction=amount(record, "CISDeduction"),
        allocations=went,
    )


def _document(
    record: Json,
    base_currency: BaseCurrency,
    *,
    kind: DocumentKind,
    side: Side,
    id_field: str,
    number_field: str,
    due: Decimal,
    paid: Decimal,
    credited: Decimal,
    cis_deduction: Decimal,
    allocations: tuple[Allocation, ...] = (),
) -> Document:
    contact = part(record, "Contact")
    return Document(
        id=need(record, id_field),
        side=side,
        kind=kind,
        number=text(record, number_field),
        reference=text(record, "Reference"),
        contact_id=guid(contact, "ContactID"),
        contact_name=text(contact, "Name"),
        date=_document_day(record),
        due_date=day(record, "DueDate"),
        currency=text(record, "CurrencyCode") or base_currency(),
        total=need_amount(record, "Total"),
        due=due,
        status=text(record, "Status"),
        paid=paid,
        credited=credited,
        cis_deduction=cis_deduction,
        currency_rate=number(record, "CurrencyRate"),
        coding=coding(record),
        descriptions=tuple(
            words for line in parts(record, "LineItems") if (words := text(line, "Description"))
        ),
        allocations=allocations,
        sent=truth(record, "SentToContact"),
        updated=instant(record, "UpdatedDateUTC"),
    )


def _due(record: Json, field: str, computed: Decimal) -> Decimal:
    """What the record says is open; worked out where it leaves the figure out."""
    stated = number(record, field)
    if stated is not None:
        return stated
    return _ZERO if text(record, "Status") in _CLOSED else computed


def _document_day(record: Json) -> date:
    """The document's date. Voided ones have been seen without: then any date they do carry."""
    found = day(record, "Date") or day(record, "DueDate")
    if found is None:
        updated = instant(record, "UpdatedDateUTC")
        if updated is None:
            raise NotUnderstood("Date is no date")
        found = updated.date()
    return found


def _allocations(record: Json) -> list[Allocation]:
    return [
        Allocation(
            id=guid(each, "AllocationID"),
            document_id=guid(part(each, "Invoice"), "InvoiceID"),
            amount=amount(each, "Amount"),
            date=day(each, "Date"),
        )
        for each in parts(record, "Allocations")
        if not truth(each, "IsDeleted")
    ]
