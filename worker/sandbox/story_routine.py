"""Money that pays no document: rent, fees, wages, tax, the card, savings, card takings.

Up to the lock date each is in the ledger and reconciled; since then the bank shows it and the
ledger does not, which is work for bank rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from worker.sandbox.story_book import Book
from worker.sandbox.story_chart import BANK_NUMBERS, CARD, MAIN, SAVINGS, vat_quarter_ends
from worker.sandbox.story_money import spend_or_receive, transfer
from worker.sandbox.story_parts import Item, Truth, month_start, on_to_weekday
from worker.sandbox.story_text import Text, named


class Routine(NamedTuple):
    """One monthly movement: from `low` to `high` pence, coded the same way each time."""

    kind: str
    account: str
    day: int
    who: str
    prefix: str
    reference: str
    low: int
    high: int
    code: str
    tax: str
    money_in: bool = False


EXEMPT = "EXEMPTEXPENSES"
ROUTINES = (
    Routine("bank fee", MAIN, 1, "Aire Commercial Bank",
            "CHG", "", 850, 1_250, "404", EXEMPT),
    Routine("rent", MAIN, 1, "Holbeck Yard Estates",
            "STO", "UNIT 7 RENT", 145_000, 145_000, "469", EXEMPT),
    Routine("insurance", MAIN, 5, "Aldergate Insurance",
            "DD", "POL 7718204", 11_832, 11_832, "433", EXEMPT),
    Routine("phone", MAIN, 12, "Northlink Telecom",
            "DD", "A/C 40018823", 7_200, 9_600, "489", "INPUT2"),
    Routine("payroll tax", MAIN, 22, "HMRC",
            "FPO", "475PX00218834", 186_000, 232_000, "479", "NONE"),
    Routine("wages", MAIN, 28, "Staff Wages",
            "BP", "WAGES", 742_000, 798_000, "477", "NONE"),
    Routine("interest", SAVINGS, 1, "Aire Commercial Bank",
            "INT", "GROSS INTEREST", 900, 2_600, "270", "NONE", True),
    Routine("software", CARD, 3, "Canvasline Software",
            "CARD", "", 4_680, 4_680, "463", "INPUT2"),
    Routine("software", CARD, 17, "Tallydesk",
            "CARD", "", 2_280, 2_280, "485", "INPUT2"),
    Routine("fuel", CARD, 9, "Petrogo",
            "CARD", "LEEDS", 4_800, 9_900, "449", "INPUT2"),
    Routine("fuel", CARD, 23, "Petrogo",
            "CARD", "LEEDS", 4_800, 9_900, "449", "INPUT2"),
)  # fmt: skip
_PAYOUT_DAYS = (7, 14, 26)
_SAVED, _SAVE_DAY, _CARD_DAY = 100_000, 20, 15


def write(book: Book) -> None:
    """All of it, oldest first; the transfers of the open weeks are hard cases, told elsewhere."""
    _capital(book)
    for first in book.days.months():
        for routine in ROUTINES:
            day = _on(first, routine.day)
            if book.days.start <= day <= book.days.last:
                _movement(book, routine, day)
        for day in _until_lock(book, first, _PAYOUT_DAYS):
            _payout(book, day)
        for day in _until_lock(book, first, (_SAVE_DAY,)):
            move(book, MAIN, SAVINGS, day, day, _SAVED, in_ledger=True)
        for day in _until_lock(book, first, (_CARD_DAY,)):
            owed = card_owed(book, day - timedelta(8))
            if owed > 0:
                move(book, MAIN, CARD, day, day, owed, in_ledger=True)
    _vat(book)


def _capital(book: Book) -> None:
    """Day one: the owner's money comes in, and some is put aside."""
    day = on_to_weekday(book.days.start)
    shares = Item("Share capital introduced", 3_000_000, "950", "NONE")
    cash = spend_or_receive(
        book, "R Finch (Director)", day, [shares], out=False, reference="CAPITAL"
    )
    book.line(MAIN, day, cash, named("FPI", "R FINCH", "CAPITAL"), Truth("history", "explained"))
    move(book, MAIN, SAVINGS, day, day, 500_000, in_ledger=True)


def _movement(book: Book, routine: Routine, day: date) -> None:
    amount = book.rng.randint(routine.low, routine.high)
    prints = book.people[routine.who].bank_name
    text = named(routine.prefix, prints, routine.reference)
    if day > book.days.lock:
        signed = amount if routine.money_in else -amount
        book.line(routine.account, day, signed, text, Truth(routine.kind, "rule"))
        return
    item = Item(routine.kind.capitalize(), amount, routine.code, routine.tax)
    cash = spend_or_receive(
        book,
        routine.who,
        day,
        [item],
        account=routine.account,
        out=not routine.money_in,
        reference=routine.reference,
    )
    book.line(routine.account, day, cash, text, Truth("history", "explained"))


def _payout(book: Book, day: date) -> None:
    """Card takings of the web shop, paid out net: booked as sales less the processor's fee."""
    gross = book.rng.randrange(12_000, 64_000, 300)
    fee = gross * 169 // 10_000
    items = [
        Item("Web shop takings", gross, "200", "OUTPUT2"),
        Item("Processing fee", -fee, "404", EXEMPT),
    ]
    reference = f"PAYOUT {book.rng.randrange(10_000, 99_999)}"
    cash = spend_or_receive(book, "Web Shop Customers", day, items, out=False, reference=reference)
    text = named("FPI", "PAYBRIDGE UK", reference)
    book.line(MAIN, day, cash, text, Truth("history", "explained"))


def move(
    book: Book, source: str, target: str, day: date, arrives: date, amount: int, *, in_ledger: bool
) -> None:
    """Money between own accounts, a line in each statement; in the ledger or at the bank only."""
    if in_ledger:
        transfer(book, source, target, day, amount)
        truth = Truth("history", "explained")
    else:
        truth = Truth("card repayment" if target == CARD else "transfer", "transfer")
    out = book.line(source, day, -amount, _own("TO", target), truth)
    out.counterparty = BANK_NUMBERS[target]
    book.line(target, arrives, amount, _own("FROM", source), truth)


def _own(way: str, other: str) -> Text:
    if other == CARD:
        return named("FPO", "COMPANY CARD", BANK_NUMBERS[CARD][-8:])
    return named("TFR", f"{way} {BANK_NUMBERS[other][-8:]}", "LARKFIELD SIGNS")


def card_owed(book: Book, until: date) -> int:
    """What the card owes for charges up to a day, less all repayments so far, in pence."""
    lines = [line for line in book.lines if line.account_code == CARD]
    return -sum(line.amount for line in lines if line.amount > 0 or line.date <= until)


def _vat(book: Book) -> None:
    """Each quarter's VAT goes to HMRC by direct debit, one month and ten days later."""
    for end in vat_quarter_ends(book.days):
        day = on_to_weekday(month_start(end, 2) - timedelta(1) + timedelta(10))
        due = _vat_of(book, month_start(end, -2), end)
        if day > book.days.last or due <= 0:
            continue
        text = named("DD", "HMRC VAT", "204418836")
        if day > book.days.lock:
            book.line(MAIN, day, -due, text, Truth("vat", "rule"))
            continue
        item = Item("VAT return", due, "820", "NONE")
        cash = spend_or_receive(book, "HMRC", day, [item], reference="204418836")
        book.line(MAIN, day, cash, text, Truth("history", "explained"))


def _vat_of(book: Book, first: date, last: date) -> int:
    """Output tax less input tax of a quarter in pence, by document date (accruals basis)."""
    signs = {"ACCREC": 1, "ACCPAYCREDIT": 1, "ACCPAY": -1, "ACCRECCREDIT": -1}
    documents = sum(
        signs[doc.kind] * sum(doc.taxes)
        for doc in book.docs
        if first <= doc.date <= last and doc.status == "AUTHORISED" and doc.currency == "GBP"
    )
    return documents + sum(_cash_tax(book, first, last))


def _cash_tax(book: Book, first: date, last: date) -> Iterator[int]:
    for record in book.bank_transactions:
        if first <= date.fromisoformat(record["Date"]) <= last:
            pence = int(Decimal(record["TotalTax"]).scaleb(2))
            yield -pence if record["Type"] == "SPEND" else pence


def _until_lock(book: Book, first: date, days: tuple[int, ...]) -> list[date]:
    dated = [_on(first, day) for day in days]
    return [day for day in dated if book.days.start < day <= book.days.lock]


def _on(first: date, day: int) -> date:
    return on_to_weekday(first + timedelta(day - 1))
