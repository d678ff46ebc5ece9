"""What a company's own settled lines teach: who pays under which name, from which account."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from worker.books.records import BankLine, Contact, HistoryLine
from worker.text.fold import words
from worker.text.names import payer_words
from worker.text.party import party_of

CONFIRMED_FROM = 2
"""Sightings before an alias identifies a payer; one may have been a mistake."""

# Money of many customers arrives under these names, so they are nobody's alias.
PROCESSORS = frozenset(
    "stripe paypal square squareup sumup zettle izettle gocardless worldpay adyen mollie klarna "
    "afterpay payoneer wise transferwise shopify amazon etsy ebay clearpay braintree opayo sagepay "
    "dojo elavon barclaycard takepayments teya paymentsense revolut checkout paddle airbnb booking "
    "deliveroo ubereats justeat payplug lemonway viva vivawallet razorpay paymark windcave eftpos "
    "tyro bluesnap 2checkout authorizenet nochex cardpointe".split()
)

# The shortest field banks print names in has some twelve characters (New Zealand's particulars).
_CUT_OFF_FROM = 12
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b", re.ASCII)

_PAYOUTS = frozenset("payout payouts disbursement disbursements auszahlung settlement".split())


@dataclass(frozen=True, slots=True)
class Sightings:
    """How often a payer's text was seen with each contact."""

    by_contact: Mapping[str, int]

    @property
    def contact_id(self) -> str:
        """The contact seen most often."""
        return min(self.by_contact, key=lambda c: (-self.by_contact[c], c))

    @property
    def count(self) -> int:
        return self.by_contact[self.contact_id]

    @property
    def contradictions(self) -> int:
        return sum(self.by_contact.values()) - self.count

    @property
    def is_confirmed(self) -> bool:
        """Seen twice or more, and next to never with anybody else (one time in twenty)."""
        return self.count >= CONFIRMED_FROM and self.contradictions * 20 <= self.count


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything remembered; the empty Memory() knows nothing and is a fine start."""

    aliases: Mapping[str, Sightings] = field(default_factory=dict)
    """By payer key."""
    account_holders: Mapping[str, Sightings] = field(default_factory=dict)
    """By counterparty account number, bare."""
    accounts_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Bare counterparty account numbers money went to or came from, by contact."""
    codings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """How a payer's lines were coded, by payer key."""
    settled: Mapping[tuple[str, Decimal], tuple[HistoryLine, ...]] = field(default_factory=dict)
    """Settled lines by contact and signed amount, oldest first."""
    moved: Mapping[tuple[str, Decimal], tuple[HistoryLine, ...]] = field(default_factory=dict)
    """Settled lines by own account and signed amount, oldest first."""
    declines: Mapping[str, tuple[frozenset[str], ...]] = field(default_factory=dict)
    """Sets of documents a person refused, by line."""

    def alias(self, line: BankLine) -> Sightings | None:
        """Whom the line's payer text was seen with.

        A bank with one text column runs name and reference together; there the longest beginning
        that is a known payer counts, of two words or more.
        """
        key = payer_key(line)
        if line.payee or key in self.aliases:
            return self.aliases.get(key)
        said = key.split()
        beginnings = (" ".join(said[:count]) for count in range(len(said) - 1, 1, -1))
        return next((self.aliases[b] for b in beginnings if b in self.aliases), None)

    def is_declined(self, line_id: str, document_ids: frozenset[str]) -> bool:
        """A person said no to this line paying these documents, or to a part of them."""
        return any(said <= document_ids for said in self.declines.get(line_id, ()) if said)


def remember(
    history: Sequence[HistoryLine],
    contacts: Iterable[Contact] = (),
    declines: Iterable[tuple[str, frozenset[str]]] = frozenset(),
) -> Memory:
    """What the settled lines teach, independent of their order.

    A merged contact counts as the one it was merged into. Payment processors are never learned as
    one contact.
    """
    merged = {c.id: c.merged_into for c in contacts if c.merged_into}
    aliases: dict[str, Counter[str]] = defaultdict(Counter)
    holders: dict[str, Counter[str]] = defaultdict(Counter)
    accounts_of: dict[str, set[str]] = defaultdict(set)
    codings: dict[str, Counter[str]] = defaultdict(Counter)
    settled: dict[tuple[str, Decimal], list[HistoryLine]] = defaultdict(list)
    moved: dict[tuple[str, Decimal], list[HistoryLine]] = defaultdict(list)
    for past in sorted(history, key=lambda past: (past.line.date, past.line.id)):
        line, key = past.line, payer_key(past.line)
        contact_id = _survivor(past.contact_id, merged)
        moved[line.account_id, line.amount].append(past)
        if past.is_transfer:
            continue
        if key and past.coding:
            codings[key][past.coding] += 1
        if not contact_id:
            continue
        settled[contact_id, line.amount].append(past)
        number = account_given(line)
        if is_processor(line):
            continue
        if key:
            aliases[key][contact_id] += 1
        if number:
            holders[number][contact_id] += 1
            accounts_of[contact_id].add(number)
    refused: dict[str, list[frozenset[str]]] = defaultdict(list)
    for line_id, documents in sorted(declines, key=lambda d: (d[0], sorted(d[1]))):
        refused[line_id].append(documents)
    _share_cut_off(aliases)
    return Memory(
        aliases={key: Sightings(dict(seen)) for key, seen in aliases.items()},
        account_holders={number: Sightings(dict(seen)) for number, seen in holders.items()},
        accounts_of={contact: frozenset(numbers) for contact, numbers in accounts_of.items()},
        codings={key: dict(seen) for key, seen in codings.items()},
        settled={key: tuple(past) for key, past in settled.items()},
        moved={key: tuple(past) for key, past in moved.items()},
        declines={line_id: tuple(sets) for line_id, sets in refused.items()},
    )


def _share_cut_off(aliases: dict[str, Counter[str]]) -> None:
    """One payer's name, whole and cut off inside a word by a shorter field, is one name.

    Where the two were seen with different contacts, each has the other's sightings against it.
    """
    keys, own = sorted(aliases), {key: Counter(seen) for key, seen in aliases.items()}
    for place, short in enumerate(keys):
        after = place + 1
        while len(short) >= _CUT_OFF_FROM and after < len(keys) and keys[after].startswith(short):
            long = keys[after]
            after += 1
            if long[len(short)] != " " and set(own[short]) != set(own[long]):
                aliases[short] += own[long]
                aliases[long] += own[short]


def payer_key(line: BankLine) -> str:
    """Who the line says the other party is, as one spelling; "" where it names nobody."""
    for text in (line.payee, line.description, line.reference):
        found = payer_words(party_of(text) or text)
        if found:
            return " ".join(found)
    return ""


def is_processor(line: BankLine) -> bool:
    """The other party collects for many customers: its money is no single contact's."""
    named = payer_key(line).split()
    return any(word in PROCESSORS for word in named) or any(
        word in _PAYOUTS for word in words(line.text)
    )


def account_given(line: BankLine) -> str:
    """The other party's account, bare: as the bank's own field says, else the one IBAN in its text.

    An IBAN is believed where its check digits agree (ISO 13616).
    """
    field_says = bare_account(line.counterparty_account)
    if field_says:
        return field_says
    found = dict.fromkeys(
        match[0] for match in _IBAN.finditer(line.text.upper()) if _checks(match[0])
    )
    return next(iter(found)) if len(found) == 1 else ""


def _checks(iban: str) -> bool:
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def bare_account(number: str) -> str:
    """An account number or IBAN without spaces and marks, in capitals."""
    return "".join(c for c in number.upper() if c.isalnum())


def same_account(one: str, other: str) -> bool:
    """Two bare numbers are one account; an IBAN ends with the national number it wraps."""
    short, long = sorted((one, other), key=len)
    return bool(short) and (short == long or (len(short) >= 8 and long.endswith(short)))


def _survivor(contact_id: str, merged: Mapping[str, str]) -> str:
    seen = set()
    while contact_id in merged and contact_id not in seen:
        seen.add(contact_id)
        contact_id = merged[contact_id]
    return contact_id
