"""What came back for a dispatch, told intent by intent: by our identifiers, never by position."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal

from worker.books.intents import Intent, IntentAnswer
from worker.xero.faults import Reply, messages, validation_messages
from worker.xero.wire_cash import batch_words
from worker.xero.wire_json import Garbled, read_object
from worker.xero.wire_requests import PLACES
from worker.xero.wire_values import Json, as_guid, day, guid, is_guid, number, part, parts, text

log = logging.getLogger(__name__)

_IDS: Mapping[str, str] = {
    "payment": "PaymentID",
    "batch_payment": "BatchPaymentID",
    "bank_transaction": "BankTransactionID",
    "transfer": "BankTransferID",
    "allocation": "AllocationID",
}


def answers(intents: Sequence[Intent], elements: Iterable[Json]) -> tuple[IntentAnswer, ...]:
    """One answer per intent. What is missing, doubled or without a real id is `unknown`."""
    mine = _assigned(intents, list(elements))
    told: list[IntentAnswer] = []
    for intent in intents:
        found = mine.get(intent.id, [])
        if len(found) == 1:
            told.append(_judged(intent, found[0]))
        else:
            told.append(
                IntentAnswer(
                    intent.id,
                    "unknown",
                    message=f"{len(found)} records in the answer speak of it",
                )
            )
    return tuple(told)


def refusals(intents: Sequence[Intent], reply: Reply) -> tuple[IntentAnswer, ...]:
    """A whole request refused: each intent with the reasons of its own element where they show."""
    together = "; ".join(messages(reply)) or f"refused with {reply.status} and no reason"
    try:
        elements = parts(read_object(reply.body), "Elements")
    except Garbled:
        elements = []
    mine = _assigned(intents, elements)
    return tuple(
        IntentAnswer(
            intent.id,
            "rejected",
            message="; ".join(
                said for each in mine.get(intent.id, []) for said in validation_messages(each)
            )
            or together,
        )
        for intent in intents
    )


def carries(words: str, code: str) -> bool:
    """Whether a record's reference holds our code."""
    return bool(code) and code.upper() in words.upper()


def allocation_id(credit_id: str, document_id: str) -> str:
    """A name for an allocation the ledger gives no id: its parent and what it paid."""
    return f"{credit_id}:{document_id}"


def _assigned(intents: Sequence[Intent], elements: Sequence[Json]) -> dict[str, list[Json]]:
    """Each element to the intent whose code it carries, else to the one with the same content."""
    mine: dict[str, list[Json]] = {}
    rest: list[Json] = []
    for element in elements:
        owners = [i for i in intents if carries(_words(i.kind, element), i.code)]
        if len(owners) == 1:
            mine.setdefault(owners[0].id, []).append(element)
        elif not owners:
            rest.append(element)
    for element in rest:
        alike = [i for i in intents if _content(i) == _content_of(i.kind, element)]
        if len(alike) == 1 and alike[0].id not in mine:
            twins = [e for e in rest if _content_of(alike[0].kind, e) == _content(alike[0])]
            mine[alike[0].id] = twins
    return mine


def _judged(intent: Intent, element: Json) -> IntentAnswer:
    """Posted with a real id, rejected with every reason, or unknown."""
    status = text(element, "StatusAttributeString").upper()
    if status == "ERROR" or parts(element, "ValidationErrors"):
        # The id of a refused element may be made up; it is not looked at.
        said = "; ".join(validation_messages(element)) or "refused without a reason"
        return IntentAnswer(intent.id, "rejected", message=said)
    warned = [text(each, "Message") for each in parts(element, "Warnings")]
    if warned:
        log.warning("write_warned", extra={"intent": intent.id, "warnings": warned})
    ledger_id = guid(element, _IDS[intent.kind])
    if intent.kind == "allocation" and not text(element, "AllocationID"):
        ledger_id = allocation_id(intent.credit_id, intent.shares[0].document_id)
    elif not is_guid(ledger_id):
        return IntentAnswer(intent.id, "unknown", message="the answer names no record")
    dead = text(element, "Status").upper() in ("DELETED", "VOIDED")
    nested = validation_messages(element)
    if dead or (nested and status not in ("OK", "WARNING")):
        said = "; ".join(nested) or "the answer shows it deleted"
        return IntentAnswer(intent.id, "unknown", message=said)
    return IntentAnswer(intent.id, "posted", ledger_id=ledger_id)


def _words(kind: str, element: Json) -> str:
    return batch_words(element) if kind == "batch_payment" else text(element, "Reference")


def _content(intent: Intent) -> Hashable:
    """What distinguishes an intent where no code came back."""
    paid = frozenset((as_guid(share.document_id), share.amount) for share in intent.shares)
    account = as_guid(intent.account_id)
    if intent.kind in ("payment", "batch_payment", "allocation"):
        return paid
    if intent.kind == "transfer":
        return (account, as_guid(intent.to_account_id), abs(intent.amount), intent.date)
    kind = "RECEIVE" if intent.amount > 0 else "SPEND"
    return (kind, account, abs(intent.amount), intent.date)


def _content_of(kind: str, element: Json) -> Hashable:
    if kind == "batch_payment":
        return frozenset(_paid(each) for each in parts(element, "Payments"))
    if kind in ("payment", "allocation"):
        return frozenset([_paid(element)])
    if kind == "transfer":
        return (
            guid(part(element, "FromBankAccount"), "AccountID"),
            guid(part(element, "ToBankAccount"), "AccountID"),
            number(element, "Amount"),
            day(element, "Date"),
        )
    return (
        text(element, "Type"),
        guid(part(element, "BankAccount"), "AccountID"),
        number(element, "Total"),
        day(element, "Date"),
    )


def _paid(element: Json) -> tuple[str, Decimal | None]:
    """(document id, amount). An allocation names its own credit too, so invoices come first."""
    for place, id_field in PLACES.values():
        found = guid(part(element, place), id_field)
        if found:
            return found, number(element, "Amount")
    return "", number(element, "Amount")
