"""What the ledger now holds of writes whose answer was lost: by our code, or on the parent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from worker.books.intents import Found, Intent
from worker.books.ports import Row
from worker.books.records import (
    BankTransaction,
    BankTransfer,
    BatchPayment,
    Document,
    Payment,
)
from worker.xero.call import Caller
from worker.xero.fresh import documents
from worker.xero.pages import Currencies, pages, row_of, scan
from worker.xero.wire_answers import allocation_id, carries
from worker.xero.wire_values import as_guid

# As many ids as one address can name in a `where`.
WHERE_IDS_MAX = 25
# A person may have moved our record to another day since: look around it.
_DAYS_AROUND = timedelta(days=31)
_DEAD = frozenset({"DELETED", "VOIDED"})


@dataclass(frozen=True, slots=True)
class _Seen:
    """A record of the ledger as far as an intent can be compared with it."""

    id: str
    words: str
    status: str
    is_reconciled: bool
    says: Mapping[str, object]
    """What it says, by the word for it: amount, date, account, document, contact."""


def find(caller: Caller, currencies: Currencies, intents: Sequence[Intent]) -> dict[str, Found]:
    """What is found of each intent, batched by kind; an absent one is proved on its parent's stamp.

    A record that carries our code but was deleted is found too, and `differs` says so: a person
    took it away, so it must not be written again.
    """
    found: dict[str, Found] = {}
    for kind, look in _LOOKS.items():
        wanted = [intent for intent in intents if intent.kind == kind]
        if wanted:
            seen = [_seen(row) for row in look(caller, currencies, wanted)]
            found |= {intent.id: _picked(intent, seen) for intent in wanted}
    found |= _allocations(caller, currencies, [i for i in intents if i.kind == "allocation"])
    return _stamped(caller, currencies, intents, found)


def _picked(intent: Intent, records: Iterable[_Seen]) -> Found:
    mine = {record.id: record for record in records if carries(record.words, intent.code)}
    live = [record for record in mine.values() if record.status not in _DEAD]
    if len(live) > 1:
        return Found(intent.id, ledger_id=live[0].id, several=True)
    if live:
        (record,) = live
        return Found(
            intent.id,
            ledger_id=record.id,
            is_reconciled=record.is_reconciled,
            differs=_differences(_meant(intent), record.says),
        )
    if mine:
        return Found(intent.id, ledger_id=next(iter(mine)), differs="it was deleted in the ledger")
    return Found(intent.id)


def _seen(row: Row) -> _Seen:
    record = row.record
    match record:
        case Payment():
            says = {"document": record.document_id, "contact": record.contact_id}
        case BankTransaction():
            says = {"contact": record.contact_id}
        case BatchPayment():
            says = {}
        case BankTransfer():
            return _Seen(
                record.id,
                record.reference,
                record.status,
                record.from_reconciled and record.to_reconciled,
                {
                    # The sending account is the intent's own, so the amount leaves it.
                    "amount": -record.amount,
                    "date": record.date,
                    "account": record.from_account_id,
                    "other account": record.to_account_id,
                },
            )
        case _:
            # Not understood, and still there: a code in it must not be overlooked.
            return _Seen(row.id, row.raw, "", False, {})
    return _Seen(
        record.id,
        record.reference,
        record.status,
        record.is_reconciled,
        {"amount": record.amount, "date": record.date, "account": record.account_id, **says},
    )


def _meant(intent: Intent) -> dict[str, object]:
    paid = intent.kind == "payment"
    return {
        "amount": intent.shares[0].amount if paid and intent.shares else intent.amount,
        "date": intent.date,
        "account": as_guid(intent.account_id),
        "document": as_guid(intent.shares[0].document_id) if paid and intent.shares else "",
        "contact": as_guid(intent.contact_id),
        "other account": as_guid(intent.to_account_id),
    }


def _differences(meant: Mapping[str, object], says: Mapping[str, object]) -> str:
    """In words, for what both sides state; "" where they agree."""
    return "; ".join(
        f"{word} {says[word]} instead of {wanted}"
        for word, wanted in meant.items()
        if wanted != "" and says.get(word, "") not in ("", wanted)
    )


def _payments(caller: Caller, currencies: Currencies, intents: Sequence[Intent]) -> Iterator[Row]:
    """By invoice; refunds of credits by their day, since only invoices can be asked for by id."""
    invoices = [i.shares[0].document_id for i in intents if i.shares and not i.credit_kind]
    refunds = [i for i in intents if i.credit_kind]
    wheres = [
        " OR ".join(f'Invoice.InvoiceId==guid("{each}")' for each in chunk)
        for chunk in _chunks(list(dict.fromkeys(invoices)), WHERE_IDS_MAX)
    ]
    wheres += [_days(refunds, timedelta(days=1))] if refunds else []
    for where in wheres:
        for page in scan(caller, "payments", currencies, where=where):
            yield from page.rows


def _batch_payments(
    caller: Caller, currencies: Currencies, intents: Sequence[Intent]
) -> Iterator[Row]:
    for page in pages(caller, "batch_payments", currencies):
        yield from page.rows


def _bank_transactions(
    caller: Caller, currencies: Currencies, intents: Sequence[Intent]
) -> Iterator[Row]:
    where = _days(intents, _DAYS_AROUND)
    for page in scan(caller, "bank_transactions", currencies, where=where):
        yield from page.rows


def _transfers(caller: Caller, currencies: Currencies, intents: Sequence[Intent]) -> Iterator[Row]:
    params = {"where": _days(intents, _DAYS_AROUND), "includeDeleted": "true"}
    envelope = caller.read("BankTransfers", "BankTransfers", params)
    for record, raw in envelope.rows:
        yield row_of("bank_transfers", record, raw, currencies)


_LOOKS: Mapping[str, Callable[[Caller, Currencies, Sequence[Intent]], Iterator[Row]]] = {
    "payment": _payments,
    "batch_payment": _batch_payments,
    "bank_transaction": _bank_transactions,
    "transfer": _transfers,
}


def _allocations(
    caller: Caller, currencies: Currencies, intents: Sequence[Intent]
) -> dict[str, Found]:
    """On the credit: the one allocation of that amount to that invoice the plan did not list."""
    if not intents:
        return {}
    credits = documents(caller, currencies, [(i.credit_kind, i.credit_id) for i in intents])
    return {i.id: _allocation(i, credits.get(as_guid(i.credit_id))) for i in intents}


def _allocation(intent: Intent, credit: Document | None) -> Found:
    if credit is None:
        return Found(intent.id)
    known = _known_allocations(intent)
    wanted = (as_guid(intent.shares[0].document_id), intent.shares[0].amount)
    alike = [a for a in credit.allocations if (a.document_id, a.amount) == wanted]
    new = [a for a in alike if known is not None and (not a.id or a.id not in known)]
    stamp = _stamp([credit])
    if len(new) == 1 and not (new[0].id == "" and "" in (known or ())):
        name = new[0].id or allocation_id(as_guid(intent.credit_id), wanted[0])
        return Found(intent.id, ledger_id=name, stamp=stamp)
    # Without a usable list of what was there before, an equal allocation proves nothing.
    doubtful = bool(new) or (known is None and bool(alike))
    return Found(intent.id, several=doubtful, stamp=stamp)


def _known_allocations(intent: Intent) -> set[str] | None:
    """Allocation ids the pre-image lists; None where it cannot be read."""
    try:
        listed = json.loads(intent.pre_image)["allocations"]
        return {as_guid(str(each)) for each in listed}
    except (ValueError, KeyError, TypeError):
        return None


def _stamped(
    caller: Caller,
    currencies: Currencies,
    intents: Sequence[Intent],
    found: Mapping[str, Found],
) -> dict[str, Found]:
    """Absent payments and batches with the stamp of the documents they would have changed."""
    absent = [
        i for i in intents if i.kind in ("payment", "batch_payment") and not found[i.id].ledger_id
    ]
    refs = {i.id: [(i.credit_kind or "invoice", s.document_id) for s in i.shares] for i in absent}
    fresh = documents(caller, currencies, [ref for each in refs.values() for ref in each])
    stamped = dict(found)
    for intent_id, wanted in refs.items():
        parents = [fresh[as_guid(each)] for _, each in wanted if as_guid(each) in fresh]
        stamped[intent_id] = replace(found[intent_id], stamp=_stamp(parents))
    return stamped


def _stamp(parents: Iterable[Document]) -> str:
    """When the parents last changed, and what is open on them: some changes move no stamp."""
    return "|".join(
        f"{parent.updated.isoformat() if parent.updated else ''} {parent.due}"
        for parent in sorted(parents, key=lambda each: each.id)
    )


def _days(intents: Sequence[Intent], around: timedelta) -> str:
    first = min(intent.date for intent in intents) - around
    last = max(intent.date for intent in intents) + around
    return f"Date>={_day(first)} AND Date<={_day(last)}"


def _day(day: date) -> str:
    return f"DateTime({day.year},{day.month:02d},{day.day:02d})"


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for i in range(0, len(items), size):
        yield items[i : i + size]
