"""Open documents and contacts, indexed once for as many lines as come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from worker.books.records import BankLine, Contact, Document
from worker.matching.memory import bare_account
from worker.text.names import NameIndex
from worker.text.references import NumberIndex

Direction = Literal["in", "out"]

PENDING = ("DRAFT", "SUBMITTED")


@dataclass(frozen=True, slots=True)
class Book:
    """What lines are matched against; documents are known by their place in `documents`.

    Direction "in" holds what money received settles: sales invoices and suppliers' credits;
    "out" what money paid settles: bills and customers' credits.
    """

    documents: tuple[Document, ...]
    """Sorted by id, so that nothing depends on the order they came in."""
    contacts: Mapping[str, Contact]
    contact_names: Mapping[str, str]
    numbers: NumberIndex
    names: NameIndex
    open_by_amount: Mapping[tuple[Direction, str, Decimal], tuple[int, ...]]
    """By direction, currency and what is due."""
    open_of: Mapping[tuple[Direction, str], tuple[int, ...]]
    """By direction and contact, oldest first."""
    pending_of: Mapping[tuple[Direction, str], tuple[int, ...]]
    """Drafts and documents waiting for approval."""
    credits_of: Mapping[tuple[Direction, str], tuple[int, ...]]
    """Open credits that lower what a contact pays (or is paid)."""
    dealt: Mapping[Direction, frozenset[str]]
    """Contacts with a document of this direction, open or settled."""
    account_holders: Mapping[str, tuple[str, ...]]
    """Contacts by the bare account numbers on their cards."""
    open_counts: Mapping[Direction, int]

    def name_of(self, contact_id: str) -> str:
        return self.contact_names.get(contact_id) or "an unnamed contact"


def prepare(documents: Sequence[Document], contacts: Sequence[Contact] = ()) -> Book:
    """Index documents and contacts; settled and void documents stay known by their numbers."""
    ordered = tuple(sorted(documents, key=lambda d: (d.id, d.kind)))
    names = {c.id: c.name for c in contacts}
    for document in ordered:
        names.setdefault(document.contact_id, document.contact_name)
    by_amount: dict[tuple[Direction, str, Decimal], list[int]] = defaultdict(list)
    open_of: dict[tuple[Direction, str], list[int]] = defaultdict(list)
    pending_of: dict[tuple[Direction, str], list[int]] = defaultdict(list)
    credits_of: dict[tuple[Direction, str], list[int]] = defaultdict(list)
    dealt: dict[Direction, set[str]] = {"in": set(), "out": set()}
    counts: dict[Direction, int] = {"in": 0, "out": 0}
    for place, document in enumerate(ordered):
        direction = direction_of(document)
        if document.status != "DELETED":
            dealt[direction].add(document.contact_id)
        if document.is_open:
            counts[direction] += 1
            by_amount[direction, document.currency, document.due].append(place)
            open_of[direction, document.contact_id].append(place)
            if document.is_credit:
                credits_of[other(direction), document.contact_id].append(place)
        elif document.status in PENDING and document.due > 0:
            pending_of[direction, document.contact_id].append(place)
    holders: dict[str, dict[str, None]] = defaultdict(dict)
    for contact in sorted(contacts, key=lambda c: c.id):
        for number in contact.bank_accounts:
            if bare_account(number):
                holders[bare_account(number)][contact.id] = None

    def aged(
        places: Mapping[tuple[Direction, str], list[int]],
    ) -> dict[tuple[Direction, str], tuple[int, ...]]:
        return {
            key: tuple(sorted(held, key=lambda p: age(ordered[p]))) for key, held in places.items()
        }

    return Book(
        documents=ordered,
        contacts={c.id: c for c in contacts},
        contact_names=names,
        numbers=NumberIndex([(d.number, d.reference) for d in ordered]),
        names=NameIndex(_all_names(contacts, names)),
        open_by_amount={key: tuple(places) for key, places in by_amount.items()},
        open_of=aged(open_of),
        pending_of=aged(pending_of),
        credits_of=aged(credits_of),
        dealt={key: frozenset(ids) for key, ids in dealt.items()},
        account_holders={number: tuple(ids) for number, ids in holders.items()},
        open_counts=counts,
    )


def direction_of(document: Document) -> Direction:
    """Whether money in or money out settles it."""
    return "in" if (document.side == "receivable") != document.is_credit else "out"


def direction_of_line(line: BankLine) -> Direction:
    return "in" if line.amount > 0 else "out"


def other(direction: Direction) -> Direction:
    return "out" if direction == "in" else "in"


def age(document: Document) -> tuple[object, ...]:
    """Sorts oldest first: by date, due date, number."""
    return document.date, document.due_date or document.date, document.number, document.id


def _all_names(contacts: Sequence[Contact], names: Mapping[str, str]) -> list[tuple[str, str]]:
    named = sorted(names.items())
    for contact in sorted(contacts, key=lambda c: c.id):
        if contact.merged_into:
            named = [pair for pair in named if pair[0] != contact.id]
            named.append((contact.merged_into, contact.name))
        elif contact.last_name:
            named.append((contact.id, f"{contact.first_name} {contact.last_name}"))
    return named
