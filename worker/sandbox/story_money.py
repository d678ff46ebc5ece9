"""Money in the story's ledger: payments, batches, allocations, spend and receive, transfers.

Each function does what a bookkeeper's stroke does: the record is written, and what is owed goes
down with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from worker.sandbox.story_book import Book, stamp
from worker.sandbox.story_chart import MAIN
from worker.sandbox.story_parts import Doc, Item, Json, money, tax_of

_CASH_SIGN = {"ACCREC": 1, "ACCPAY": -1, "ACCRECCREDIT": -1, "ACCPAYCREDIT": 1}
_BATCH_STUB = ("BatchPaymentID", "Date", "Type", "Status", "TotalAmount")
_PAYMENT_TYPE = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
}


def pay(
    book: Book,
    parts: Sequence[tuple[Doc, int]],
    day: date,
    *,
    reference: str = "",
    reconciled: bool = True,
    account: str = MAIN,
) -> int:
    """Payments on the documents, one batch if several; the signed cash moved in pence."""
    made = [
        _payment(book, doc, amount, day, reference, reconciled, account) for doc, amount in parts
    ]
    cash = sum(_CASH_SIGN[doc.kind] * amount for doc, amount in parts)
    if len(made) > 1:
        _batch(book, made, day, cash, reference, reconciled, account)
    return cash


def _payment(
    book: Book, doc: Doc, amount: int, day: date, reference: str, reconciled: bool, account: str
) -> Json:
    doc.paid += amount
    doc.last_touch = max(day, doc.last_touch or day)
    credit = doc.kind.endswith("CREDIT")
    noun = "CreditNote" if credit else "Invoice"
    payment: Json = {
        "PaymentID": book.new_id(f"payment {len(book.payments)}"),
        "Date": day.isoformat(),
        "Amount": money(amount),
        "BankAmount": money(amount),
        "CurrencyRate": Decimal(1),
        "Reference": reference,
        "IsReconciled": reconciled,
        "Status": "AUTHORISED",
        "PaymentType": _PAYMENT_TYPE[doc.kind],
        "Account": book.account(account),
        noun: {
            f"{noun}ID": doc.id,
            f"{noun}Number": doc.number,
            "Type": doc.kind,
            "Contact": book.contact(doc.person),
            "CurrencyCode": doc.currency,
        },
        "HasAccount": True,
        "UpdatedDateUTC": stamp(day),
    }
    book.payments.append(payment)
    return payment


def _batch(
    book: Book,
    made: list[Json],
    day: date,
    cash: int,
    reference: str,
    reconciled: bool,
    account: str,
) -> None:
    batch: Json = {
        "BatchPaymentID": book.new_id(f"batch {len(book.batches)}"),
        "Account": book.account(account),
        "Reference": reference,
        "Narrative": reference[:18],
        "Date": day.isoformat(),
        "Type": "RECBATCH" if cash > 0 else "PAYBATCH",
        "Status": "AUTHORISED",
        "TotalAmount": money(abs(cash)),
        "IsReconciled": reconciled,
        "Payments": [
            {
                "PaymentID": payment["PaymentID"],
                "Invoice": {"InvoiceID": payment["Invoice"]["InvoiceID"]},
                "Amount": payment["Amount"],
            }
            for payment in made
        ],
        "UpdatedDateUTC": stamp(day),
    }
    book.batches.append(batch)
    for payment in made:
        payment["BatchPaymentID"] = batch["BatchPaymentID"]
        payment["BatchPayment"] = {key: batch[key] for key in _BATCH_STUB}


def allocate(credit: Doc, doc: Doc, amount: int, day: date) -> None:
    """Set a credit note against an invoice of the same contact."""
    credit.allocations.append((doc, amount, day))
    credit.credited += amount
    doc.credited += amount
    credit.last_touch = doc.last_touch = day


def spend_or_receive(
    book: Book,
    who: str,
    day: date,
    items: Sequence[Item],
    *,
    account: str = MAIN,
    out: bool = True,
    reconciled: bool = True,
    reference: str = "",
) -> int:
    """Spend or receive money, tax inclusive lines; the signed cash moved in pence."""
    total = sum(item.amount for item in items)
    tax = sum(tax_of(item.amount, item.tax, True) for item in items)
    name = f"bank transaction {len(book.bank_transactions)}"
    book.bank_transactions.append(
        {
            "BankTransactionID": book.new_id(name),
            "Type": "SPEND" if out else "RECEIVE",
            "Status": "AUTHORISED",
            "IsReconciled": reconciled,
            "Contact": book.contact(book.people[who]),
            "BankAccount": book.account(account),
            "Date": day.isoformat(),
            "Reference": reference,
            "CurrencyCode": "GBP",
            "CurrencyRate": Decimal(1),
            "LineAmountTypes": "Inclusive",
            "LineItems": book.line_items(name, items, True),
            "SubTotal": money(total - tax),
            "TotalTax": money(tax),
            "Total": money(total),
            "HasAttachments": False,
            "UpdatedDateUTC": stamp(day),
        }
    )
    return -total if out else total


def transfer(book: Book, source: str, target: str, day: date, amount: int) -> None:
    """Money between own accounts, both legs reconciled."""
    name = f"transfer {len(book.transfers)}"
    book.transfers.append(
        {
            "BankTransferID": book.new_id(name),
            "FromBankAccount": book.account(source),
            "ToBankAccount": book.account(target),
            "Amount": money(amount),
            "Date": day.isoformat(),
            "Reference": "",
            "CurrencyRate": Decimal(1),
            "FromBankTransactionID": book.new_id(f"{name} from"),
            "ToBankTransactionID": book.new_id(f"{name} to"),
            "FromIsReconciled": True,
            "ToIsReconciled": True,
            "Status": "AUTHORISED",
            "HasAttachments": False,
            "CreatedDateUTC": stamp(day),
        }
    )
