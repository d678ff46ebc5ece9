"""Intents as the one request that carries them: exact bytes, our code in every reference.

`IsReconciled` is never sent: it would hide the record from the bank line it belongs to (facts 6.2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from worker.books.decisions import CodingLine
from worker.books.intents import Intent, Request
from worker.errors import PromiseBroken
from worker.xero.wire_json import encode

REFERENCE_MAX = 255
# Of a batch's Details and Narrative, which some regions show instead of its Reference.
SHORT_REFERENCE_MAX = 18

# Where each kind of document sits in a payment, and which endpoint allocates it.
PLACES: Mapping[str, tuple[str, str]] = {
    "": ("Invoice", "InvoiceID"),
    "invoice": ("Invoice", "InvoiceID"),
    "credit_note": ("CreditNote", "CreditNoteID"),
    "overpayment": ("Overpayment", "OverpaymentID"),
    "prepayment": ("Prepayment", "PrepaymentID"),
}
KEYS: Mapping[str, str] = {
    "payment": "Payments",
    "batch_payment": "BatchPayments",
    "bank_transaction": "BankTransactions",
    "transfer": "BankTransfers",
    "allocation": "Allocations",
}


def request_for(intents: Sequence[Intent]) -> Request:
    """The PUT that creates what these intents want; all of one kind, an allocation alone.

    Raises PromiseBroken for a mixture, or an intent that says too little to be composed.
    """
    kinds = {intent.kind for intent in intents}
    if len(kinds) != 1:
        raise PromiseBroken(f"a request carries one kind of intent, not {sorted(kinds)}")
    (kind,) = kinds
    if kind == "allocation" and len(intents) > 1:
        raise PromiseBroken("allocations go one to a request: each has its own parent")
    body = {KEYS[kind]: [_COMPOSERS[kind](intent) for intent in intents]}
    return Request("PUT", _path(kind, intents[0]), encode(body))


def reference_with_code(words: str, code: str, limit: int = REFERENCE_MAX) -> str:
    """The payer's words and then the code, cut to `limit` so that the code always survives."""
    return f"{_cut(words, limit - len(code) - 1)} {code}".strip()


def short_reference(words: str, code: str) -> str:
    """The code first where there is room for little else."""
    return f"{code} {_cut(words, SHORT_REFERENCE_MAX - len(code) - 1)}".strip()


def _path(kind: str, intent: Intent) -> str:
    if kind == "allocation":
        place, _ = _place(intent.credit_kind)
        return f"{place}s/{intent.credit_id}/Allocations?summarizeErrors=false"
    if kind == "transfer":
        # The one PUT that does not know summarizeErrors (Xero's OpenAPI file).
        return "BankTransfers"
    precise = "&unitdp=4" if kind == "bank_transaction" else ""
    return f"{KEYS[kind]}?summarizeErrors=false{precise}"


def _payment(intent: Intent) -> dict[str, Any]:
    share = _only_share(intent)
    place, id_field = _place(intent.credit_kind)
    return {
        place: {id_field: share.document_id},
        "Account": {"AccountID": intent.account_id},
        "Date": intent.date.isoformat(),
        "Amount": _positive(share.amount, intent),
        "Reference": reference_with_code(intent.reference, intent.code),
    }


def _batch_payment(intent: Intent) -> dict[str, Any]:
    if not intent.shares:
        raise PromiseBroken(f"{intent.id} is a batch without documents")
    short = short_reference(intent.reference, intent.code)
    return {
        "Account": {"AccountID": intent.account_id},
        "Date": intent.date.isoformat(),
        "Reference": reference_with_code(intent.reference, intent.code),
        "Details": short,
        "Narrative": short,
        "Payments": [
            {
                "Invoice": {"InvoiceID": share.document_id},
                "Amount": _positive(share.amount, intent),
            }
            for share in intent.shares
        ],
    }


def _bank_transaction(intent: Intent) -> dict[str, Any]:
    if not intent.coding:
        raise PromiseBroken(f"{intent.id} codes nothing")
    if intent.contact_id:
        contact = {"ContactID": intent.contact_id}
    elif intent.contact_name.strip():
        contact = {"Name": " ".join(intent.contact_name.split())}
    else:
        raise PromiseBroken(f"{intent.id} names no contact")
    return {
        "Type": "RECEIVE" if intent.amount > 0 else "SPEND",
        "Contact": contact,
        "BankAccount": {"AccountID": intent.account_id},
        "Date": intent.date.isoformat(),
        "Reference": reference_with_code(intent.reference, intent.code),
        "LineAmountTypes": "Inclusive",
        "LineItems": [_line(line) for line in intent.coding],
    }


def _line(line: CodingLine) -> dict[str, Any]:
    item: dict[str, Any] = {
        "Description": line.description,
        "Quantity": 1,
        "UnitAmount": line.amount,
        "AccountCode": line.account_code,
        "TaxType": line.tax_type,
    }
    if line.tracking:
        item["Tracking"] = [{"Name": name, "Option": option} for name, option in line.tracking]
    return item


def _transfer(intent: Intent) -> dict[str, Any]:
    if not intent.to_account_id:
        raise PromiseBroken(f"{intent.id} names no account to transfer to")
    return {
        "FromBankAccount": {"AccountID": intent.account_id},
        "ToBankAccount": {"AccountID": intent.to_account_id},
        "Amount": _positive(abs(intent.amount), intent),
        "Date": intent.date.isoformat(),
        "Reference": reference_with_code(intent.reference, intent.code),
    }


def _allocation(intent: Intent) -> dict[str, Any]:
    """Only the new allocation: what was allocated before must not be repeated (facts 6.4 b)."""
    share = _only_share(intent)
    if not intent.credit_id or not intent.credit_kind:
        raise PromiseBroken(f"{intent.id} names no credit to allocate")
    return {
        "Invoice": {"InvoiceID": share.document_id},
        "Amount": _positive(share.amount, intent),
        "Date": intent.date.isoformat(),
    }


_COMPOSERS: Mapping[str, Callable[[Intent], dict[str, Any]]] = {
    "payment": _payment,
    "batch_payment": _batch_payment,
    "bank_transaction": _bank_transaction,
    "transfer": _transfer,
    "allocation": _allocation,
}


def _only_share(intent: Intent) -> Any:
    if len(intent.shares) != 1:
        raise PromiseBroken(f"{intent.id} must name one document, not {len(intent.shares)}")
    return intent.shares[0]


def _place(kind: str) -> tuple[str, str]:
    if kind not in PLACES:
        raise PromiseBroken(f"{kind!r} is no kind of document")
    return PLACES[kind]


def _positive(amount: Decimal, intent: Intent) -> Decimal:
    if not amount > 0:
        raise PromiseBroken(f"{intent.id} would write an amount of {amount}")
    return amount


def _cut(words: str, room: int) -> str:
    """One line of at most `room` characters as Xero counts them, which is in UTF-16 units."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    clean = clean.encode("utf-8", "replace").decode()
    while len(clean.encode("utf-16-le")) // 2 > max(room, 0):
        clean = clean[:-1]
    return clean.rstrip()
