"""Hard cases of money out, of own transfers, and of money that comes back.

Each is a generator in two acts, as in `story_cases_in`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from worker.sandbox.story_book import Book
from worker.sandbox.story_cases_in import Case
from worker.sandbox.story_chart import CARD, MAIN, SAVINGS
from worker.sandbox.story_money import pay, spend_or_receive
from worker.sandbox.story_parts import Item, Truth, money, on_to_weekday
from worker.sandbox.story_routine import card_owed, move
from worker.sandbox.story_text import named, paid, received


def credit_refunded(book: Book) -> Iterator[None]:
    """A customer's credit note is paid back to them, by its number."""
    note = book.credit_note("Castle Quay Events Ltd", book.days.ago(30), book.net(12_000, 26_000))
    yield
    text = named("FPO", note.person.bank_name, f"REFUND {note.number}")
    truth = Truth("refund of a credit note", "may", ((note.number, money(note.total)),))
    book.line(MAIN, book.days.ago(12), -note.total, text, truth)


def bounced(book: Book) -> Iterator[None]:
    """A direct debit came in, and three days later the bank took it back."""
    doc = book.sale("Meridian Fitness Studios Ltd", book.days.ago(50), book.net(28_000, 48_000))
    yield
    number = ((doc.number, money(doc.total)),)
    came, went = book.days.ago(20), book.days.ago(17)
    book.line(
        MAIN,
        came,
        doc.total,
        received(doc.person, doc.number),
        Truth("bounced, receipt", "ask", number, "returned three days later"),
    )
    text = named("DD", "UNPAID MERIDIAN FITNESS", doc.number)
    whole = f"UNPAID DD MERIDIAN FITNESS {doc.number}"
    book.line(
        MAIN,
        went,
        -doc.total,
        (text[0], whole, "", ""),
        Truth("bounced, return", "ask", number, "takes back an earlier receipt"),
    )


def new_account_number(book: Book) -> Iterator[None]:
    """A supplier's bill paid to an account never seen for that supplier: check by telephone."""
    doc = book.bill(
        "Harcourt Timber Supplies Ltd", book.days.ago(37), book.net(90_000, 130_000), "HT6912"
    )
    yield
    truth = Truth("new account number", "ask", ((doc.number, money(doc.total)),))
    line = book.line(MAIN, book.days.ago(6), -doc.total, paid(doc.person, doc.number), truth)
    line.counterparty = "60837177001234"


def bill_not_approved(book: Book) -> Iterator[None]:
    doc = book.bill(
        "Pennine Acrylics Ltd",
        book.days.ago(26),
        book.net(40_000, 80_000),
        "PA/9904",
        status="SUBMITTED",
    )
    yield
    truth = Truth("bill not approved", "ask", ((doc.number, money(doc.total)),))
    line = book.line(MAIN, book.days.ago(8), -doc.total, paid(doc.person, doc.number), truth)
    line.counterparty = doc.person.bank_account


def entered_by_hand(book: Book) -> Iterator[None]:
    """Somebody typed the card purchase into the ledger the day it was made."""
    amount = book.net(4_000, 9_000) * 6 // 5
    yield
    day = book.days.ago(15)
    who = "Trade Counter Direct"
    item = Item("Fixings", amount, "310", "INPUT2")
    cash = spend_or_receive(
        book, who, day, [item], account=CARD, reconciled=False, reference="fixings"
    )
    text = named("CARD", book.people[who].bank_name, "LEEDS")
    book.line(CARD, book.days.ago(14), cash, text, Truth("entered by hand", "explained"))


def cheque_outstanding(book: Book) -> Iterator[None]:
    """Paid by cheque last week: in the ledger, not yet at the bank."""
    doc = book.bill(
        "Carrick Metal Fabrications Ltd", book.days.ago(33), book.net(20_000, 50_000), "SI/1977"
    )
    yield
    pay(book, [(doc, doc.total)], book.days.ago(6), reference="CHQ 000412", reconciled=False)


def to_savings(book: Book) -> Iterator[None]:
    yield
    day = book.days.ago(16)
    move(book, MAIN, SAVINGS, day, day, 150_000, in_ledger=False)


def card_repaid(book: Book) -> Iterator[None]:
    """The card's statement of the locked weeks is paid off; it arrives a day later."""
    yield
    owed = card_owed(book, book.days.lock)
    left = book.days.ago(10)
    arrives = on_to_weekday(left + timedelta(1))
    move(book, MAIN, CARD, left, arrives, owed, in_ledger=False)


CASES: tuple[Case, ...] = (
    credit_refunded,
    bounced,
    new_account_number,
    bill_not_approved,
    entered_by_hand,
    cheque_outstanding,
    to_savings,
    card_repaid,
)
