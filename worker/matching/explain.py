"""What a bookkeeper would note beside a line: why this, why not that, or what would have helped."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from worker.books.decisions import Evidence
from worker.books.money import plain
from worker.books.records import Document
from worker.matching import evidence
from worker.matching.book import Book
from worker.matching.candidate import Candidate, Reading
from worker.matching.memory import Memory, payer_key
from worker.text.references import Strength

_REASONS = {
    "part_payment": "A part payment is not posted unasked.",
    "overpayment": "It is more than is owed; a person says whether to hold or refund the rest.",
    "discount_declared": "The declared discount needs its credit note first.",
    "approve_first": "It is not approved yet: approve it first, then this line pays it.",
    "foreign_currency": "Foreign currency is proposed only.",
    "future_date": "The line is dated in the future.",
    "before_document": "The money came before the document was dated.",
    "several_contacts": "The documents belong to different contacts.",
    "several_sums": "More than one set of open documents gives this sum.",
    "sum_by_chance": "So many sets are possible that one may fit by accident.",
    "credit_not_named": "Nothing says that the credit was meant to be used.",
    "names_other": "But the text quotes a number that is not this document's.",
    "other_period": "But the text names another month.",
    "third_party": "The payer is a different contact from the one who owes it.",
    "processor_payout": (
        "The payer collects for many customers and pays out net of fees, so its report is needed."
    ),
    "declined": "A person said no to this pair before.",
    "bounce": "The text says that a payment came back.",
    "refund": "The text does not name the credit note that is refunded.",
    "unknown_payer": "Amount and date alone do not say who paid.",
    "tie": "The payer's name fits more than one contact.",
    "new_payee_account": (
        "It was paid to an account we have not seen for this supplier; check by phone."
    ),
    "possible_double_payment": (
        "Possible double payment: same supplier, same amount or bill number, within 60 days."
    ),
    "unclear_identity": (
        "Another line of the same day says just the same: one movement read twice, or two?"
    ),
    "rivals": "Another explanation is nearly as likely.",
    "uncertain": "It is not sure enough to post unasked.",
}


def evidences(candidate: Candidate, reading: Reading, book: Book) -> tuple[Evidence, ...]:
    """The signals behind a candidate, strongest first."""
    documents = [book.documents[p] for p in candidate.places]
    found = [_amount_evidence(candidate, reading, documents)]
    if candidate.strength is not None:
        found.append(
            Evidence(
                "reference",
                evidence.REFERENCE[candidate.strength],
                f"the text quotes {_numbers(documents)}"
                + ("" if candidate.strength > Strength.BARE else " without its prefix"),
            )
        )
    elif candidate.typo:
        found.append(
            Evidence(
                "typo",
                evidence.TYPO,
                f"the quoted {candidate.typo} is one slip from {_numbers(documents)}",
            )
        )
    name = book.name_of(candidate.contact_id)
    if reading.payer.printed.strip():
        found.append(evidence.payer_sentence(reading.payer, name, candidate.belongs))
    found.append(
        Evidence("date", evidence.date_weight(reading.line, documents), _days(reading, documents))
    )
    return tuple(sorted(found, key=lambda e: -abs(e.weight)))


def why_this(
    candidate: Candidate,
    reading: Reading,
    book: Book,
    reason: str,
    rivals: Sequence[Candidate],
) -> str:
    """What the line pays, on what evidence, what keeps it from posting, why not the runner-up."""
    verb = "pays" if not reason else "may pay"
    parts = [f"{_figure(reading)} {verb} {_what(candidate, reading, book)}"]
    said = [e.sentence for e in evidences(candidate, reading, book) if e.signal != "amount"]
    text = f"{parts[0]}: {'; '.join(said)}."
    if candidate.chosen_of_equals:
        text += (
            f" {1 + len(candidate.chosen_of_equals)} documents of this contact are alike; the "
            "oldest that is still open is taken."
        )
    if reason:
        text += f" {_REASONS.get(reason, '')}".rstrip()
    if rivals:
        text += f" {_runner_up(candidate, rivals[0], book)}"
    return text


def why_alone(
    reading: Reading, book: Book, memory: Memory, taken_by: str, settled: Sequence[Document]
) -> tuple[str, str]:
    """Reason code and sentences for a line no document is proposed for: the nearest miss."""
    figure = _figure(reading)
    payer = reading.payer
    if settled:
        named = _numbers(settled)
        state = " and ".join(sorted({d.status.lower() for d in settled}))
        if any(d.status == "PAID" and d.total == reading.size for d in settled):
            return "paid_twice", (
                f"{figure} quotes {named}, which is {state} already: it may have been paid twice. "
                "Hold it as an overpayment or refund it."
            )
        return "document_settled", (
            f"{figure} quotes {named}, which is {state}: no money can go to it."
        )
    if taken_by:
        return "paid_twice", (
            f"{figure} fits only what the line of {taken_by} already pays: it may have been paid "
            "twice. Hold it as an overpayment or refund it."
        )
    if payer.via == "processor":
        return "processor_payout", f"{figure}: {_REASONS['processor_payout']}"
    coded = _coded_before(reading, memory)
    if payer.is_identified:
        return "no_document", f"{figure}: {_nearest(reading, book)}{coded}"
    if payer.via in ("tie", "resembles"):
        names = " or ".join(book.name_of(c) for c in payer.possible[:3])
        return "unknown_payer", (
            f"{figure}: the payer may be {names}, and none of them has an open document of this "
            f"amount. A quoted document number would have settled it.{coded}"
        )
    return "unknown_payer", (
        f"{figure}: no open document is named in the text, and the payer is no contact we know"
        f"{_amount_miss(reading, book)}.{coded}"
    )


def _figure(reading: Reading) -> str:
    return _money(reading.size, reading.line.currency)


def _money(amount: Decimal, currency: str) -> str:
    return f"{plain(amount, currency)} {currency}"


def _what(candidate: Candidate, reading: Reading, book: Book) -> str:
    documents = [book.documents[p] for p in candidate.places]
    name = book.name_of(candidate.contact_id)
    numbers = _numbers(documents)
    currency = reading.line.currency
    if candidate.kind == "refund":
        return f"back credit {numbers} of {name} exactly"
    if candidate.kind == "part":
        return f"part of {numbers} of {name}, short by {_money(_left(candidate), currency)}"
    if candidate.kind == "over":
        return f"{numbers} of {name} and {_money(_left(candidate), currency)} more than is owed"
    if candidate.kind == "discount":
        discount = _money(_left(candidate), currency)
        return f"{numbers} of {name} less the declared discount of {discount}"
    if candidate.kind == "netted":
        credits = _numbers(
            [book.documents[c] for c in dict.fromkeys(c for c, _, _ in candidate.credits)]
        )
        return f"{numbers} of {name} less credit {credits}, exactly"
    if candidate.kind == "foreign":
        return f"{numbers} of {name}, which is in {documents[0].currency}"
    if candidate.everything:
        return f"everything {name} owes ({numbers}), exactly"
    return f"{numbers} of {name} exactly"


def _amount_evidence(
    candidate: Candidate, reading: Reading, documents: Sequence[Document]
) -> Evidence:
    owed = sum((d.due for d in documents), Decimal(0))
    if candidate.kind in evidence.NOT_EXACT:
        weight = evidence.NOT_EXACT[candidate.kind]
        return Evidence("amount", weight, f"{reading.size} of {owed} due")
    return Evidence("amount", evidence.AMOUNT_MAX, f"exactly the {owed} due")


def _numbers(documents: Sequence[Document]) -> str:
    named = [d.number or f"the document of {d.date}" for d in documents]
    if len(named) > 4:
        return f"{', '.join(named[:3])} and {len(named) - 3} more"
    return " and ".join((", ".join(named[:-1]), named[-1])) if len(named) > 1 else named[0]


def _left(candidate: Candidate) -> Decimal:
    return sum((r.amount for r in candidate.remainder), Decimal(0))


def _days(reading: Reading, documents: Sequence[Document]) -> str:
    newest = max(documents, key=lambda d: d.date)
    due = newest.due_date or newest.date
    gap = (reading.line.date - due).days
    if newest.date > reading.line.date:
        return f"{_count((newest.date - reading.line.date).days)} before the document's date"
    if gap == 0:
        return "on the due date"
    return f"{_count(abs(gap))} {'after' if gap > 0 else 'before'} it was due"


def _count(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _runner_up(candidate: Candidate, rival: Candidate, book: Book) -> str:
    documents = [book.documents[p] for p in rival.places]
    what = f"{_numbers(documents)} of {book.name_of(rival.contact_id)}"
    if candidate.strength is not None and rival.strength is None:
        return f"Not {what}, which the text does not name."
    if candidate.belongs and not rival.belongs:
        return f"Not {what}, which is another contact's."
    if candidate.weight - rival.weight > 2:
        return f"Less likely: {what}."
    return f"As likely: {what}."


def _nearest(reading: Reading, book: Book) -> str:
    """The identified payer's open document nearest in amount, and what would have matched it."""
    contact_id = reading.payer.contact_id
    name = book.name_of(contact_id)
    places = book.open_of.get((reading.direction, contact_id), ())
    documents = [book.documents[p] for p in places]
    if not documents:
        owes = "owes nothing" if reading.direction == "in" else "is owed nothing"
        return f"{name} {owes} that is open; a document raised for it would have matched."
    nearest = min(documents, key=lambda d: (abs(d.due - reading.size), d.date, d.id))
    gap = nearest.due - reading.size
    off = "short by" if gap > 0 else "over by"
    return (
        f"{name} has {len(documents)} open, none of this amount. The nearest is "
        f"{_numbers([nearest])} with {_money(nearest.due, nearest.currency)} due: {off} "
        f"{_money(abs(gap), nearest.currency)}. Its number in the reference would have tied the "
        "line to it."
    )


def _amount_miss(reading: Reading, book: Book) -> str:
    key = (reading.direction, reading.line.currency, reading.size)
    places = book.open_by_amount.get(key, ())
    if not places:
        return ", nor has any open document this amount"
    one = book.documents[places[0]]
    if len(places) == 1:
        return f"; {one.number} of {book.name_of(one.contact_id)} has this amount by itself"
    return f"; {len(places)} open documents have this amount"


def _coded_before(reading: Reading, memory: Memory) -> str:
    codings = memory.codings.get(payer_key(reading.line), {})
    if len(codings) != 1:
        return ""
    ((coding, times),) = codings.items()
    return f" Coded as {coding} {times} times before: a bank rule would do it."
