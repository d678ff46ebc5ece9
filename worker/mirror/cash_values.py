"""Records that move money on a bank account, as rows."""

from __future__ import annotations

from typing import Any

from worker.books.records import BankTransaction, BankTransfer, BatchPayment
from worker.mirror.rows import minor


def batch_payment(batch: BatchPayment) -> dict[str, Any]:
    return {
        "account_id": batch.account_id,
        "date": batch.date,
        "amount": minor(batch.amount, batch.currency),
        "currency": batch.currency,
        "reference": batch.reference,
        "is_reconciled": batch.is_reconciled,
        "status": batch.status,
        "payment_ids": batch.payment_ids,
    }


def bank_transaction(transaction: BankTransaction) -> dict[str, Any]:
    return {
        "type": transaction.type,
        "account_id": transaction.account_id,
        "contact_id": transaction.contact_id,
        "contact_name": transaction.contact_name,
        "date": transaction.date,
        "amount": minor(transaction.amount, transaction.currency),
        "currency": transaction.currency,
        "reference": transaction.reference,
        "is_reconciled": transaction.is_reconciled,
        "status": transaction.status,
        "coding": transaction.coding,
        "has_attachments": transaction.has_attachments,
        "overpayment_id": transaction.overpayment_id,
        "prepayment_id": transaction.prepayment_id,
        "updated": transaction.updated,
    }


def bank_transfer(transfer: BankTransfer) -> dict[str, Any]:
    return {
        "from_account_id": transfer.from_account_id,
        "to_account_id": transfer.to_account_id,
        "date": transfer.date,
        "amount": minor(transfer.amount, transfer.currency),
        "currency": transfer.currency,
        "reference": transfer.reference,
        "from_reconciled": transfer.from_reconciled,
        "to_reconciled": transfer.to_reconciled,
        "status": transfer.status,
    }
