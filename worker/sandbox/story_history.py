"""The ordinary year: invoices, bills, and how they were paid, all but the last weeks of it.

What is paid up to the lock date has its payment in the ledger, reconciled, and its line in the
statements; of what came due since, some is paid at the bank only and waits to be matched.
"""

from __future__ import annotations

from datetime import date, timedelta

from worker.sandbox.story_book import Book
from worker.sandbox.story_chart import MAIN
from worker.sandbox.story_money import allocate, pay
from worker.sandbox.story_parts import (
    Doc,
    Item,
    Person,
    Truth,
    back_to_weekday,
    money,
    on_to_weekday,
)
from worker.sandbox.story_text import paid, quoted, received

SALES, BILLS = 252, 236
CARE_PLAN_CUSTOMER = "Whitestone Dental Practice"
CARE_PLAN = Item("Care plan, monthly", 18_000, "202", "OUTPUT2")
CARE_PLANS_OPEN = 3

# description, lowest and highest price in pence, step, account, tax
_GOODS = (
    ("Shop fascia, aluminium composite", 42_000, 186_000, 500, "200", "OUTPUT2"),
    ("Illuminated projecting sign", 38_000, 94_000, 500, "200", "OUTPUT2"),
    ("Vehicle graphics, part wrap", 29_500, 88_000, 500, "200", "OUTPUT2"),
    ("Window vinyl, cut to artwork", 6_500, 34_000, 250, "200", "OUTPUT2"),
    ("A-board, double sided", 7_500, 15_000, 2_500, "200", "OUTPUT2"),
    ("Site hoarding panels", 24_000, 210_000, 1_000, "200", "OUTPUT2"),
    ("Leaflets, printed", 8_400, 42_000, 150, "200", "ZERORATEDOUTPUT"),
    ("Installation, two fitters", 19_500, 58_500, 6_500, "201", "OUTPUT2"),
    ("Survey and access equipment", 9_500, 22_000, 500, "201", "OUTPUT2"),
)
# supplier: description, lowest and highest price, account, tax, its numbers' prefix
_SUPPLY = {
    "Allied Vinyl & Films Ltd": ("Cast vinyl rolls", 16_000, 111_500, "310", "INPUT2", "AV-20"),
    "Brightline LED Components Ltd": ("LED modules", 21_500, 133_000, "310", "INPUT2", "BL00"),
    "Carrick Metal Fabrications Ltd": ("Trays, folded", 32_500, 171_000, "310", "INPUT2", "SI/1"),
    "Delph Courier Services": ("Carriage", 1_800, 9_500, "425", "INPUT2", "D2"),
    "Greaves & Holt Accountants": ("Bookkeeping review", 18_000, 26_000, "401", "INPUT2", "GH"),
    "Hopwood Access Hire Ltd": ("Cherry picker hire", 29_000, 86_500, "325", "INPUT2", "880"),
    "Metcalfe Office Supplies": ("Stationery", 1_600, 12_000, "461", "INPUT2", "M-7"),
    "Nidd Valley Energy": ("Electricity, unit 7", 19_000, 41_000, "445", "RRINPUT", "NV4100"),
    "Rawdon Print Finishing Ltd": ("Trimming", 8_000, 57_500, "325", "INPUT2", "INV-R"),
    "Sprintgate Van Centre": ("Van service", 8_500, 46_000, "449", "INPUT2", "SVC"),
    "Harcourt Timber Supplies Ltd": ("Posts and battens", 16_000, 93_500, "310", "INPUT2", "HT6"),
    "Pennine Acrylics Ltd": ("Acrylic sheet", 17_000, 104_500, "310", "INPUT2", "PA/9"),
}


def plan(book: Book) -> None:
    """Write the year's documents; amounts of hard cases are left to them."""
    _plan_sales(book)
    _plan_cast(book)
    _plan_care_plans(book)
    _plan_bills(book)
    _plan_credits(book)


def _plan_sales(book: Book) -> None:
    regulars = [p for p in book.people.values() if p.role == "customer" and not p.cast]
    for place in range(SALES):
        day = _spread(book, place, SALES)
        who = regulars[place % len(regulars)] if place < 72 else book.rng.choice(regulars)
        _sell(book, who, day)


def _plan_cast(book: Book) -> None:
    """Earlier business with the people of the hard cases, so that their names are known."""
    strangers = ("Atelier Vermeulen BV", "Web Shop Customers", CARE_PLAN_CUSTOMER)
    for who in [p for p in book.people.values() if p.role == "customer" and p.cast]:
        for after in (10, 70, 130, 190) if who.name not in strangers else ():
            _sell(book, who, book.days.start + timedelta(after + book.rng.randrange(20)))


def _sell(book: Book, who: Person, day: date) -> None:
    rng = book.rng
    region = book.region(who.name) if rng.random() < 0.7 else None
    inclusive = rng.random() < 0.15
    reference = f"PO {rng.randrange(2000, 9999)}" if rng.random() < 0.3 else ""
    while True:
        items = [
            Item(text, rng.randrange(low, high + 1, step), account, tax, 1, region)
            for text, low, high, step, account, tax in rng.sample(_GOODS, rng.choice((1, 1, 2, 3)))
        ]
        if rng.random() < 0.2:
            first = items[0]
            dearer = rng.randrange(2, 5)
            items[0] = Item(
                first.description, first.unit // 3, first.account, first.tax, dearer, region
            )
        doc = book.document(
            "ACCREC", who.name, day, items, reference=reference, inclusive=inclusive
        )
        if not book.is_taken(doc.total):
            return
        book.docs.pop()


def _plan_care_plans(book: Book) -> None:
    for first in book.days.months():
        if first <= book.days.lock:
            book.document("ACCREC", CARE_PLAN_CUSTOMER, first, [CARE_PLAN])


def _plan_bills(book: Book) -> None:
    suppliers = list(_SUPPLY)
    counters = {name: book.rng.randrange(100, 400) for name in suppliers}
    for place in range(BILLS):
        who = suppliers[place % len(suppliers)]
        day = _spread(book, place, BILLS)
        if book.people[who].cast and day > book.days.today - timedelta(120):
            who = suppliers[book.rng.randrange(10)]
        text, low, high, account, tax, prefix = _SUPPLY[who]
        while True:
            unit = book.rng.randrange(low, high)
            item = Item(text, unit, account, tax, 1, book.region(who))
            if not book.is_taken(item.amount + item.amount * 20 // 100):
                break
        counters[who] += book.rng.randrange(1, 4)
        book.document("ACCPAY", who, day, [item], number=f"{prefix}{counters[who]:03d}")


def _plan_credits(book: Book) -> None:
    """A few invoices of last year were credited in part."""
    old = book.days.today - timedelta(150)
    docs = [d for d in book.docs if d.kind == "ACCREC" and d.date < old and not d.person.cast]
    for doc in book.rng.sample(docs, 6):
        note = book.credit_note(doc.person.name, doc.date + timedelta(3), 5 * (doc.total // 60))
        allocate(note, doc, note.total, note.date)


def _spread(book: Book, place: int, count: int) -> date:
    """The day of the `place`-th of `count` documents: evenly over the story, on weekdays."""
    span = (book.days.today - book.days.start).days
    day = book.days.start + timedelta((place * span + book.rng.randrange(span)) // count)
    return max(back_to_weekday(day), book.days.start)


def settle(book: Book) -> None:
    """Pay what was due up to the lock date, one bank line each, or one for several."""
    together: dict[tuple[str, int, int], list[tuple[date, Doc]]] = {}
    for doc in [d for d in book.docs if d.kind in ("ACCREC", "ACCPAY") and not d.held]:
        day = _pay_day(book, doc)
        if day is None or day > book.days.lock:
            continue
        if doc.person.batches:
            together.setdefault((doc.person.name, day.year, day.month), []).append((day, doc))
        else:
            _settle(book, [doc], day)
    for dated in together.values():
        days: list[date] = [day for day, _ in dated]
        _settle(book, [doc for _, doc in dated], max(days))


def _pay_day(book: Book, doc: Doc) -> date | None:
    if doc.person.name == CARE_PLAN_CUSTOMER:
        newest = [d for d in book.docs if d.person is doc.person][-CARE_PLANS_OPEN:]
        return None if doc in newest else on_to_weekday(doc.date + timedelta(4))
    if not doc.person.cast and book.rng.random() < 0.03:
        return None  # in dispute, or forgotten
    late = doc.person.lag_days + book.rng.randrange(-4, 6)
    return on_to_weekday(max(doc.due + timedelta(late), doc.date + timedelta(2)))


def _settle(book: Book, docs: list[Doc], day: date) -> None:
    parts = [(doc, doc.due_amount) for doc in docs]
    person = docs[0].person
    if person.role == "customer":
        numbers = " ".join([docs[0].number, *(doc.number[-3:] for doc in docs[1:])])
        text = received(person, quoted(person, numbers))
    else:
        text = paid(person, docs[0].number if len(docs) == 1 else "LARKFIELD STMT")
    cash = pay(book, parts, day, reference=text[3] or text[1][:30])
    named = tuple((doc.number, money(amount)) for doc, amount in parts)
    line = book.line(MAIN, day, cash, text, Truth("history", "explained", named))
    line.counterparty = person.bank_account


def open_lines(book: Book, receipts: int, payments: int) -> None:
    """The easy half of the open weeks: exact amounts, by number or by a name known already."""
    for kind, count in (("ACCREC", receipts), ("ACCPAY", payments)):
        for place, doc in enumerate(_payable(book, kind, count)):
            oldest = min(34, (book.days.today - doc.date).days - 6)
            day = book.days.ago(book.rng.randrange(2, oldest))
            by_name = place % 3 == 2 and _only_one(book, doc)
            _bank_only(book, doc, day, by_name)


def _payable(book: Book, kind: str, count: int) -> list[Doc]:
    """Open documents to be paid in these weeks, at most two of one contact."""
    newest, oldest = (book.days.today - timedelta(days) for days in (14, 80))
    found = [
        doc
        for doc in book.docs
        if doc.kind == kind and not doc.held and not doc.person.cast and doc.due_amount
        if oldest <= doc.date <= newest
    ]
    book.rng.shuffle(found)
    seen: dict[str, int] = {}
    chosen = []
    for doc in found:
        seen[doc.person.name] = seen.get(doc.person.name, 0) + 1
        if seen[doc.person.name] <= 2:
            chosen.append(doc)
    return chosen[:count]


def _only_one(book: Book, doc: Doc) -> bool:
    """Does this amount name this document, and no other one or two, among its contact's open?"""
    others = [
        other.due_amount
        for other in book.docs
        if other.person is doc.person and other is not doc and other.due_amount > 0
    ]
    sums = {a + b for place, a in enumerate(others) for b in others[place + 1 :]}
    return doc.due_amount not in others and doc.due_amount not in sums


def _bank_only(book: Book, doc: Doc, day: date, by_name: bool) -> None:
    kind = "known name" if by_name else "exact reference"
    truth = Truth(kind, "post", ((doc.number, money(doc.due_amount)),))
    person = doc.person
    if doc.kind == "ACCREC":
        reference = book.rng.choice(("", "LARKFIELD", "SIGNS")) if by_name else ""
        text = received(person, reference or ("" if by_name else quoted(person, doc.number)))
        book.line(MAIN, day, doc.due_amount, text, truth)
    else:
        text = paid(person, "LARKFIELD" if by_name else doc.number)
        line = book.line(MAIN, day, -doc.due_amount, text, truth)
        line.counterparty = person.bank_account
