"""Money that moved, from Xero's JSON: payments, batches, spend and receive money, transfers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from worker.books.records import (
    BankTransaction,
    BankTransfer,
    BatchPayment,
    DocumentKind,
    Payment,
    Side,
)
from worker.xero.wire_documents import BaseCurrency, coding, side_of
from worker.xero.wire_values import (
    Json,
    NotUnderstood,
    guid,
    instant,
    need,
    need_amount,
    need_day,
    number,
    part,
    parts,
    text,
    truth,
)

# Which document a payment is against, by its PaymentType (fact sheet 5.8).
_PAYMENT_TYPES: Mapping[str, tuple[DocumentKind, Side]] = {
    "ACCRECPAYMENT": ("invoice", "receivable"),
    "ACCPAYPAYMENT": ("invoice", "payable"),
    "ARCREDITPAYMENT": ("credit_note", "receivable"),
    "APCREDITPAYMENT": ("credit_note", "payable"),
    "AROVERPAYMENTPAYMENT": ("overpayment", "receivable"),
    "APOVERPAYMENTPAYMENT": ("overpayment", "payable"),
    "ARPREPAYMENTPAYMENT": ("prepayment", "receivable"),
    "APPREPAYMENTPAYMENT": ("prepayment", "payable"),
}
# Where the document sits inside a payment; a credit may also come as an `Invoice` stub.
_PLACES: tuple[tuple[str, str, DocumentKind], ...] = (
    ("CreditNote", "CreditNoteID", "credit_note"),
    ("Overpayment", "OverpaymentID", "overpayment"),
    ("Prepayment", "PrepaymentID", "prepayment"),
    ("Invoice", "InvoiceID", "invoice"),
)

AccountCurrency = Callable[[str], str]
"""The currency of a bank account by its AccountID; the base currency where it is unknown."""


def payment(record: Json, base_currency: BaseCurrency) -> Payment:
    """A payment or refund; raises NotUnderstood where its document or side cannot be told."""
    stub, document_id, placed = _paid_document(record)
    kind, side = _kind_and_side(record, stub, placed)
    paid = need_amount(record, "Amount")
    at_bank = abs(number(record, "BankAmount") or paid)
    money_in = (side == "receivable") == (kind == "invoice")
    batch = guid(record, "BatchPaymentID") or guid(part(record, "BatchPayment"), "BatchPaymentID")
    return Payment(
        id=need(record, "PaymentID"),
        document_id=document_id,
        document_kind=kind,
        side=side,
        account_id=guid(part(record, "Account"), "AccountID"),
        contact_id=guid(part(stub, "Contact"), "ContactID"),
        date=need_day(record, "Date"),
        amount=abs(paid),
        bank_amount=at_bank if money_in else -at_bank,
        currency=text(stub, "CurrencyCode") or text(record, "CurrencyCode") or base_currency(),
        reference=text(record, "Reference"),
        is_reconciled=truth(record, "IsReconciled"),
        status=text(record, "Status"),
        batch_id=batch,
        updated=instant(record, "UpdatedDateUTC"),
    )


def batch_payment(record: Json, account_currency: AccountCurrency) -> BatchPayment:
    """A batch; its total is signed by its type, RECBATCH in and PAYBATCH out."""
    sign = {"RECBATCH": 1, "PAYBATCH": -1}.get(text(record, "Type"))
    if sign is None:
        raise NotUnderstood(f"a batch payment of type {text(record, 'Type')!r}")
    account = part(record, "Account")
    account_id = guid(account, "AccountID")
    total = number(record, "TotalAmount")
    if total is None:
        total = need_amount(record, "Amount")
    return BatchPayment(
        id=need(record, "BatchPaymentID"),
        account_id=account_id,
        date=need_day(record, "Date"),
        amount=sign * abs(total),
        currency=text(account, "CurrencyCode") or account_currency(account_id),
        reference=batch_words(record),
        is_reconciled=truth(record, "IsReconciled"),
        status=text(record, "Status"),
        payment_ids=tuple(
            found for each in parts(record, "Payments") if (found := guid(each, "PaymentID"))
        ),
    )


def bank_transaction(record: Json, base_currency: BaseCurrency) -> BankTransaction:
    """Spend or receive money of any kind; Xero's total is positive, the type gives the sign."""
    kind = text(record, "Type")
    side = side_of(kind)
    if side is None:
        raise NotUnderstood(f"a bank transaction of type {kind!r}")
    contact = part(record, "Contact")
    total = abs(need_amount(record, "Total"))
    return BankTransaction(
        id=need(record, "BankTransactionID"),
        type=kind,
        account_id=guid(part(record, "BankAccount"), "AccountID"),
        contact_id=guid(contact, "ContactID"),
        contact_name=text(contact, "Name"),
        date=need_day(record, "Date"),
        amount=total if side == "receivable" else -total,
        currency=text(record, "CurrencyCode") or base_currency(),
        reference=text(record, "Reference"),
        is_reconciled=truth(record, "IsReconciled"),
        status=text(record, "Status"),
        coding=coding(record),
        has_attachments=truth(record, "HasAttachments"),
        overpayment_id=guid(record, "OverpaymentID"),
        prepayment_id=guid(record, "PrepaymentID"),
        updated=instant(record, "UpdatedDateUTC"),
    )


def bank_transfer(record: Json, account_currency: AccountCurrency) -> BankTransfer:
    """A transfer between own accounts, in the sending account's currency."""
    sender = part(record, "FromBankAccount")
    sender_id = guid(sender, "AccountID")
    return BankTransfer(
        id=need(record, "BankTransferID"),
        from_account_id=sender_id,
        to_account_id=guid(part(record, "ToBankAccount"), "AccountID"),
        date=need_day(record, "Date"),
        amount=abs(need_amount(record, "Amount")),
        currency=text(sender, "CurrencyCode") or account_currency(sender_id),
        reference=text(record, "Reference"),
        from_reconciled=truth(record, "FromIsReconciled"),
        to_reconciled=truth(record, "ToIsReconciled"),
        # Older answers have no status: what they show is there.
        status=text(record, "Status") or "AUTHORISED",
    )


def batch_words(record: Json) -> str:
    """All of a batch's reference fields, each text once: which one holds it depends on region."""
    return _joined(
        text(record, field)
        for field in ("Reference", "Details", "Narrative", "Particulars", "Code")
    )


def _joined(words: Iterable[str]) -> str:
    seen: list[str] = []
    for each in words:
        if each and not any(each in earlier for earlier in seen):
            seen.append(each)
    return " ".join(seen)


def _paid_document(record: Json) -> tuple[Json, str, DocumentKind]:
    for place, id_field, kind in _PLACES:
        stub = part(record, place)
        if found := guid(stub, id_field):
            return stub, found, kind
    raise NotUnderstood("a payment against nothing we know")


def _kind_and_side(record: Json, stub: Json, placed: DocumentKind) -> tuple[DocumentKind, Side]:
    """What is paid: by the payment's type, else by the type of the document inside it."""
    known = _PAYMENT_TYPES.get(text(record, "PaymentType"))
    if known is not None:
        return known
    inner = text(stub, "Type")
    side = side_of(inner) or side_of(text(record, "PaymentType"))
    if side is None:
        raise NotUnderstood(f"a payment of type {text(record, 'PaymentType')!r}")
    if placed != "invoice":
        return placed, side
    if inner in ("ACCRECCREDIT", "ACCPAYCREDIT"):
        return "credit_note", side
    if inner.endswith("OVERPAYMENT"):
        return "overpayment", side
    return ("prepayment" if inner.endswith("PREPAYMENT") else "invoice"), side
