"""What may be posted without asking: the floor of accounting-rules §1 under every probability.

Identity and exactness, both: a document named by a whole number, or a payer known by account,
alias or unambiguous name; and an exact sum. A part payment quoting its invoice is exact in neither
sense (§1.4 says what is posted once a person agrees: what the bank shows, the rest left open), so
it is asked about, as is a declared discount until its credit note can be written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from worker.books.records import BankLine, Document
from worker.matching.book import Book
from worker.matching.candidate import Candidate, Reading
from worker.matching.memory import Memory, account_given, bare_account, same_account
from worker.matching.policy import MatchingPolicy
from worker.matching.trouble import DOUBLE_DAYS_MAX, says_returned
from worker.text.references import Strength

Paid = Mapping[tuple[str, Decimal], Sequence[tuple[Reading, Candidate]]]
"""What was chosen in this run, by contact and signed amount."""


def why_ask(
    candidate: Candidate,
    reading: Reading,
    book: Book,
    memory: Memory,
    policy: MatchingPolicy,
    paid: Paid,
) -> str:
    """The reason code that keeps a candidate from posting unattended; "" where nothing does."""
    documents = [book.documents[place] for place in candidate.places]
    line = reading.line
    if line.date > policy.as_of:
        return "future_date"
    if policy.base_currency and any(
        currency != policy.base_currency
        for currency in (line.currency, *(document.currency for document in documents))
    ):
        return "foreign_currency"
    if candidate.bar and candidate.bar not in ("names_other", "unknown_payer"):
        return candidate.bar
    if reading.payer.via == "processor":
        return "processor_payout"
    if _is_third_party(candidate, reading):
        return "third_party"
    if candidate.bar:
        return candidate.bar
    if memory.is_declined(line.id, frozenset(document.id for document in documents)):
        return "declined"
    if says_returned(line):
        return "bounce"
    if candidate.kind == "refund" and candidate.strength is None:
        return "refund"
    identity = _no_identity(candidate, reading, book)
    if identity:
        return identity
    if _is_repeated(candidate, reading, paid):
        return "unclear_identity"
    if reading.direction == "out":
        return _money_out(candidate, reading, documents, book, memory, paid)
    return ""


def _is_third_party(candidate: Candidate, reading: Reading) -> bool:
    """The payer is a contact we know, and not the one whose document this is."""
    payer = reading.payer
    if payer.is_identified:
        return candidate.contact_id not in (payer.contact_id, *payer.namesakes)
    return payer.via == "tie" and not candidate.belongs


def _no_identity(candidate: Candidate, reading: Reading, book: Book) -> str:
    payer = reading.payer
    if payer.is_identified and payer.contact_id == candidate.contact_id:
        return ""
    if candidate.strength == Strength.FULL:
        return ""
    if candidate.strength == Strength.BARE:
        if candidate.belongs and payer.via == "tie":
            return ""
        # Somebody else quoting a bare counter: only where nothing else has this amount.
        key = (reading.direction, reading.line.currency, reading.size)
        alone = len(book.open_by_amount.get(key, ())) == 1
        stranger = payer.via == "nobody" or candidate.belongs
        return "" if alone and stranger else "unknown_payer"
    return "tie" if payer.via == "tie" or payer.is_identified else "unknown_payer"


def _is_repeated(candidate: Candidate, reading: Reading, paid: Paid) -> bool:
    """Another line of this run says the very same and came first.

    A bank's own number for each movement would tell them apart; without one a feed that printed
    its page twice looks just like a customer who paid twice.
    """
    line = reading.line
    return any(
        replace(other.line, id=line.id) == line and other.line.id < line.id
        for other, _ in paid.get((candidate.contact_id, line.amount), ())
    )


def _money_out(
    candidate: Candidate,
    reading: Reading,
    documents: Sequence[Document],
    book: Book,
    memory: Memory,
    paid: Paid,
) -> str:
    if is_new_account(reading.line, candidate.contact_id, book, memory):
        return "new_payee_account"
    for document in documents:
        if any(twin.id != document.id for twin in _bills_of(document, book)):
            return "possible_double_payment"
    if _paid_before(candidate, reading, documents, memory, paid):
        return "possible_double_payment"
    return ""


def is_new_account(line: BankLine, contact_id: str, book: Book, memory: Memory) -> bool:
    """Money went to an account number not among those known for the contact, which has some."""
    given = account_given(line)
    contact = book.contacts.get(contact_id)
    on_card = {bare_account(number) for number in contact.bank_accounts} if contact else set()
    known = on_card | memory.accounts_of.get(contact_id, frozenset())
    return bool(given and known) and not any(same_account(given, number) for number in known)


def _bills_of(document: Document, book: Book) -> list[Document]:
    """Bills of the same supplier that count and bear the same number, in whatever spelling."""
    return [
        book.documents[place]
        for place in book.numbers.alike(document.number)
        if book.documents[place].contact_id == document.contact_id
        and book.documents[place].side == document.side
        and book.documents[place].kind == document.kind
        and book.documents[place].status not in ("VOIDED", "DELETED")
    ]


def _paid_before(
    candidate: Candidate,
    reading: Reading,
    documents: Sequence[Document],
    memory: Memory,
    paid: Paid,
) -> bool:
    """The same supplier was sent the same amount within 60 days, perhaps for the same thing.

    A payment made before the bill existed was for something else, and so was one of other
    documents where this line quotes its own bill's number.
    """
    line, mine = reading.line, {document.id for document in documents}
    newest = max(document.date for document in documents)
    for past in memory.settled.get((candidate.contact_id, line.amount), ()):
        if not 0 <= (line.date - past.line.date).days <= DOUBLE_DAYS_MAX:
            continue
        other_bill = bool(past.document_ids) and not mine & set(past.document_ids)
        if past.line.date < newest or (other_bill and candidate.strength is not None):
            continue
        return True
    for other_reading, other in paid.get((candidate.contact_id, line.amount), ()):
        other_line = other_reading.line
        if other_line.id == line.id:
            continue
        if abs((line.date - other_line.date).days) > DOUBLE_DAYS_MAX:
            continue
        if min(line.date, other_line.date) < newest:
            continue
        if candidate.strength is None or other.strength is None:
            return True
    return False
