"""Rows of stand-alone files as the nouns of the books, both spellings read, faults with places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from worker.books.money import decimal_of, to_minor
from worker.books.records import BankLine, Document, DocumentKind, HistoryLine, Side
from worker.errors import BadInput, Refused
from worker.xero import wire_documents
from worker.xero.wire_values import NotUnderstood, as_day

_READERS = {
    "Invoices": (wire_documents.invoice, "InvoiceID"),
    "CreditNotes": (wire_documents.credit_note, "CreditNoteID"),
    "Overpayments": (wire_documents.overpayment, "OverpaymentID"),
    "Prepayments": (wire_documents.prepayment, "PrepaymentID"),
}
# Ours, Xero's, and what people write.
_KINDS: dict[str, tuple[Side, DocumentKind]] = {
    "invoice": ("receivable", "invoice"),
    "sales_invoice": ("receivable", "invoice"),
    "accrec": ("receivable", "invoice"),
    "receivable": ("receivable", "invoice"),
    "bill": ("payable", "invoice"),
    "purchase_invoice": ("payable", "invoice"),
    "accpay": ("payable", "invoice"),
    "payable": ("payable", "invoice"),
    "credit_note": ("receivable", "credit_note"),
    "sales_credit_note": ("receivable", "credit_note"),
    "accreccredit": ("receivable", "credit_note"),
    "bill_credit": ("payable", "credit_note"),
    "supplier_credit": ("payable", "credit_note"),
    "supplier_credit_note": ("payable", "credit_note"),
    "accpaycredit": ("payable", "credit_note"),
    "overpayment": ("receivable", "overpayment"),
    "receive_overpayment": ("receivable", "overpayment"),
    "spend_overpayment": ("payable", "overpayment"),
    "prepayment": ("receivable", "prepayment"),
    "receive_prepayment": ("receivable", "prepayment"),
    "spend_prepayment": ("payable", "prepayment"),
}
_NO = ("", "0", "no", "none", "false")


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row of a file: its cells by name, and where it stands."""

    file: str
    place: str
    cells: Mapping[str, Any]

    def refusal(self, what: str) -> BadInput:
        return BadInput(f"{self.file}, {self.place}: {what}")

    def text(self, *names: str) -> str:
        """The first of these cells that holds anything, on one line."""
        for name in names:
            value = self.cells.get(name)
            if value not in (None, "") and not isinstance(value, (dict, list)):
                return " ".join(str(value).split())
        return ""

    def needed(self, *names: str) -> str:
        found = self.text(*names)
        if not found:
            raise self.refusal(f"{names[0]} is missing")
        return found

    def day(self, *names: str) -> date:
        written = self.needed(*names)
        found = as_day(written)
        if found is None:
            raise self.refusal(f"{names[0]} {written!r} is no date; write 2026-03-31")
        return found

    def amount(self, currency: str, *names: str) -> Decimal:
        written = self.needed(*names)
        try:
            found = decimal_of(written)
        except Refused:
            raise self.refusal(f"{names[0]} {written!r} is no amount; write 1234.50") from None
        try:
            to_minor(found, currency)
        except Refused as fault:
            raise self.refusal(f"{names[0]}: {fault}") from None
        return found


def line_row(row: FileRow, base_currency: str) -> BankLine:
    """A bank line; raises BadInput where id, date or amount are missing or unreadable."""
    account = row.text("account")
    currency = row.text("currency").upper() or base_currency
    return BankLine(
        id=row.needed("line_id"),
        account_id=account,
        account_code=account,
        date=row.day("date"),
        amount=row.amount(currency, "amount"),
        currency=currency,
        payee=row.text("payee"),
        reference=row.text("reference"),
        description=row.text("description"),
        type=row.text("type"),
        counterparty_account=row.text("counterparty_account"),
        bank_reference=row.text("bank_reference"),
    )


def document_row(row: FileRow) -> Document:
    """A document from flat cells; without `amount_due` all of `total` is due."""
    spelled = row.needed("kind", "type").lower().replace(" ", "_").replace("-", "_")
    if spelled not in _KINDS:
        known = ", ".join(sorted(_KINDS))
        raise row.refusal(f"kind {spelled!r} is not known; known: {known}")
    side, kind = _KINDS[spelled]
    currency = row.needed("currency").upper()
    total = row.amount(currency, "total", "amount_due")
    document_id = row.needed("document_id", "invoice_id")
    contact = row.text("contact_name")
    return Document(
        id=document_id,
        side=side,
        kind=kind,
        number=row.text("number", "document_number"),
        reference=row.text("reference"),
        contact_id=row.text("contact_id") or contact or _nobody(document_id),
        contact_name=contact,
        date=row.day("date"),
        due_date=row.day("due_date") if row.text("due_date") else None,
        currency=currency,
        total=total,
        due=row.amount(currency, "amount_due") if row.text("amount_due") else total,
        status=row.text("status").upper() or "AUTHORISED",
    )


def xero_document(name: str, entry: Mapping[str, Any], base_currency: str) -> Document:
    """A document in Xero's shape, under the id exactly as the file spells it."""
    reader, id_field = _READERS[name]
    stated = {**entry, "Status": entry.get("Status") or "AUTHORISED"}
    document = reader(stated, lambda: base_currency)
    spelled = entry.get(id_field)
    document = replace(document, id=spelled) if isinstance(spelled, str) and spelled else document
    try:
        for amount in (document.total, document.due):
            to_minor(amount, document.currency)
    except Refused as fault:
        raise NotUnderstood(str(fault)) from None
    return document if document.contact_id else replace(document, contact_id=_nobody(document.id))


def _nobody(document_id: str) -> str:
    """Documents that say nothing of whom they are with are not therefore one contact's."""
    return f"contact of {document_id}"


def history_row(row: FileRow, base_currency: str, contact_of: Mapping[str, str]) -> HistoryLine:
    """A settled line: what it paid (so whose it was), how it was coded, or that it moved."""
    settled = _settled(row)
    allocations = [a for a in settled.get("allocations") or () if isinstance(a, Mapping)]
    paid = tuple(
        str(a.get("document_id") or a.get("invoice_id") or "")
        for a in allocations
        if a.get("document_id") or a.get("invoice_id")
    )
    named = str(settled.get("contact_id") or settled.get("contact_name") or "")
    contacts = {contact_of[document] for document in paid if document in contact_of}
    return HistoryLine(
        line=line_row(row, base_currency),
        contact_id=named or (contacts.pop() if len(contacts) == 1 else ""),
        document_ids=paid,
        coding=_coding(settled),
        is_transfer=str(settled.get("transfer") or "").strip().lower() not in _NO,
    )


def _settled(row: FileRow) -> Mapping[str, Any]:
    said = row.cells.get("reconciled")
    if isinstance(said, str) and said.strip():
        try:
            said = json.loads(said, parse_float=Decimal)
        except ValueError:
            raise row.refusal("reconciled is not readable as JSON") from None
    if said in (None, ""):
        return {}
    if not isinstance(said, Mapping):
        raise row.refusal("reconciled is written as an object with allocations, account, transfer")
    return said


def _coding(settled: Mapping[str, Any]) -> str:
    account = str(settled.get("account_code") or settled.get("account") or "")
    tax = str(settled.get("tax_type") or "")
    return f"{account} {tax}".strip()
