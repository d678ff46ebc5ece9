"""Hard cases of money in, each on purpose, each in two acts.

A case is a generator: it writes its documents, yields while the invoices get their numbers, and
then lets the money come. The truth it attaches says what a careful bookkeeper would do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from worker.sandbox.story_book import Book
from worker.sandbox.story_chart import MAIN
from worker.sandbox.story_history import CARE_PLAN_CUSTOMER
from worker.sandbox.story_money import spend_or_receive
from worker.sandbox.story_parts import BankLine, Doc, Expected, Item, Truth, back_to_weekday, money
from worker.sandbox.story_text import named, received

Case = Callable[[Book], Iterator[None]]


def part_payment(book: Book) -> Iterator[None]:
    doc = book.sale("Bramley Garden Centre Ltd", book.days.ago(52), book.net(140_000, 190_000))
    yield
    _receipt(book, doc, 17, 100_000, f"{doc.number} PART PMT", "part payment", "may")


def listed_invoices(book: Book) -> Iterator[None]:
    """ "INV-0431 433 434": one payment for three invoices, the last two by their last digits."""
    day = book.days.ago(58)
    who = "Thornbury Estates Ltd"
    first = book.sale(who, day, book.net(30_000, 60_000))
    between = Item("Window vinyl, cut to artwork", book.net(9_000, 15_000), "200", "OUTPUT2")
    book.document("ACCREC", "Fellside Outdoor Ltd", day, [between])
    docs = [first, *(book.sale(who, day, book.net(30_000, 60_000)) for _ in range(2))]
    yield
    digits = " ".join(doc.number[-3:] for doc in docs[1:])
    _for_several(book, docs, 20, f"{first.number} {digits}", "several invoices")


def invoice_range(book: Book) -> Iterator[None]:
    day = book.days.ago(60)
    docs = [book.sale("Calder Valley Coaches Ltd", day, book.net(20_000, 45_000)) for _ in range(3)]
    yield
    numbers = f"INV {docs[0].number[-4:]}-{docs[-1].number[-4:]}"
    _for_several(book, docs, 15, numbers, "invoice range")


def processor_payout(book: Book) -> Iterator[None]:
    """A payout net of a fee nobody declared: no set of invoices equals it."""
    who = "Web Shop Customers"
    docs = [book.sale(who, book.days.ago(16), book.net(4_000, 20_000)) for _ in range(3)]
    yield
    gross = sum(doc.total for doc in docs)
    text = named("FPI", "PAYBRIDGE UK", f"PAYOUT {book.rng.randrange(10_000, 99_999)}")
    truth = _truth("processor payout", "ask", docs, "net of an undeclared fee")
    book.line(MAIN, book.days.ago(12), gross - gross * 169 // 10_000, text, truth)


def early_discount(book: Book) -> Iterator[None]:
    """Paid within ten days less exactly 2 %, as agreed with this customer alone."""
    who = "Northgate Veterinary Group Ltd"
    doc = book.sale(who, book.days.ago(24), book.net(80_000, 140_000, 250))
    yield
    paid = doc.total * 98 // 100
    _receipt(book, doc, 18, paid, doc.number, "early-payment discount", "may")


def near_identical(book: Book) -> Iterator[None]:
    """Two customers whose names the bank cuts to the same text owe the same amount."""
    net = book.net(40_000, 60_000)
    names = ("J Ellison Roofing Ltd", "J Ellison Roofing (Leeds) Ltd")
    docs = [book.sale(who, book.days.ago(45 - place), net) for place, who in enumerate(names)]
    yield
    truth = _truth("near-identical customers", "ask", docs, "either of the two")
    text = named("BGC", docs[0].person.bank_name, "")
    book.line(MAIN, book.days.ago(11), docs[0].total, text, truth)


def trading_name(book: Book) -> Iterator[None]:
    """The payer's name on the statement is on no invoice, but on last year's statements."""
    doc = book.sale("Pemberton Hospitality Ltd", book.days.ago(49), book.net(50_000, 90_000))
    yield
    _receipt(book, doc, 14, doc.total, "", "trading name", "post")


def stranger(book: Book) -> Iterator[None]:
    yield
    amount = book.net(60_000, 70_000) * 6 // 5
    text = named("FPI", "ZENOBIA OVERSEAS TR", "SVCS")
    book.line(MAIN, book.days.ago(9), amount, text, Truth("unknown payer", "ask"))


def letter_for_digit(book: Book) -> Iterator[None]:
    doc = book.sale("Oakmere Nurseries Ltd", book.days.ago(44), book.net(35_000, 75_000))
    yield
    typed = doc.number.replace("INV-0", "INV-O")
    _receipt(book, doc, 16, doc.total, typed, "letter for digit", "post")


def transposed(book: Book, doc: Doc) -> None:
    """...19 typed as ...91, a number not yet given out; payer and amount are right."""
    typed = f"{doc.number[:-2]}{doc.number[:-3:-1]}"
    _receipt(book, doc, 13, doc.total, typed, "transposed digits", "post")


def transposed_invoice(book: Book) -> Doc:
    return book.sale("Fenwick & Dale Architects LLP", book.days.ago(43), book.net(55_000, 95_000))


def equal_subscriptions(book: Book) -> Iterator[None]:
    """Three equal care plans are open and two payments come: the oldest first."""
    yield
    docs = [doc for doc in book.docs if doc.person.name == CARE_PLAN_CUSTOMER and doc.due_amount]
    for doc, ago in zip(docs, (30, 6), strict=False):
        _receipt(book, doc, ago, doc.total, "LARKFIELD PLAN", "equal subscriptions", "post")


def paid_twice(book: Book) -> Iterator[None]:
    """The second payment is real money: hold it or refund it, a person says."""
    doc = book.sale("Ridgeway Lettings Ltd", book.days.ago(50), book.net(50_000, 70_000))
    yield
    _receipt(book, doc, 21, doc.total, doc.number, "paid twice, first", "post")
    _receipt(book, doc, 14, doc.total, doc.number, "paid twice, second", "ask")


def duplicate_row(book: Book) -> Iterator[None]:
    """The feed printed one row again; the running balance shows that no money moved."""
    doc = book.sale("Millbrook Primary School", book.days.ago(46), book.net(25_000, 55_000))
    yield
    _receipt(book, doc, 19, doc.total, doc.number, "duplicate row, original", "post")
    again = _receipt(book, doc, 19, doc.total, doc.number, "duplicate row", "leave")
    again.repeats_row = True


def locked_period(book: Book) -> Iterator[None]:
    """Sure matches, but the bank's day lies on or before the lock date."""
    latest = back_to_weekday(book.days.lock)
    before = back_to_weekday(date.fromordinal(latest.toordinal() - 1))
    names = ("Kirkstall Cycles Ltd", "Aire Valley Catering Ltd")
    docs = [book.sale(who, book.days.ago(70), book.net(30_000, 80_000)) for who in names]
    yield
    for doc, day in zip(docs, (before, latest), strict=True):
        truth = _truth("locked period", "ask", [doc])
        book.line(MAIN, day, doc.total, received(doc.person, doc.number), truth)


def decoy(book: Book) -> Iterator[None]:
    """The exact amount of one customer's invoice, from somebody else: chance, or a third party."""
    doc = book.sale("Stonebridge Solicitors LLP", book.days.ago(40), book.net(70_000, 99_000))
    yield
    truth = Truth("decoy", "ask", note=f"equals {doc.number}, which this payer does not owe")
    text = named("FPI", "T BROADHURST", "GARDEN WORK")
    book.line(MAIN, book.days.ago(10), doc.total, text, truth)


def entered_by_hand(book: Book) -> Iterator[None]:
    """Somebody coded the receipt straight to sales, while its invoice is still open."""
    who = "Denholm Motors Ltd"
    doc = book.sale(who, book.days.ago(38), book.net(30_000, 40_000))
    yield
    day = book.days.ago(8)
    spend_or_receive(
        book,
        who,
        day,
        [Item("Denholm, received", doc.total, "200", "OUTPUT2")],
        out=False,
        reconciled=False,
        reference="Denholm",
    )
    _receipt(book, doc, 8, doc.total, doc.number, "entered by hand, invoice open", "ask")


def before_document(book: Book) -> Iterator[None]:
    """Paid on the order; the invoice came days later."""
    who = "Wharfedale Brewing Co Ltd"
    doc = book.sale(who, book.days.ago(5), book.net(60_000, 80_000), reference="Job 2291")
    yield
    _receipt(book, doc, 13, doc.total, "JOB 2291", "before the document", "ask")


def overpaid(book: Book) -> Iterator[None]:
    doc = book.sale("Saltaire Books Ltd", book.days.ago(47), book.net(36_000, 52_000))
    yield
    _receipt(book, doc, 22, doc.total + 2_000, doc.number, "overpayment", "ask")


def credit_netted(book: Book) -> Iterator[None]:
    """Invoice less a credit note, both named by the payer."""
    who = "Hollins & Ward Ltd"
    doc = book.sale(who, book.days.ago(48), book.net(70_000, 99_000))
    # An allocation takes the later document's date, which must not fall into the locked weeks.
    note = book.credit_note(who, book.days.ago(30), book.net(8_000, 15_000))
    yield
    text = received(doc.person, f"{doc.number} LESS {note.number}")
    rest = doc.total - note.total
    parts = ((doc.number, money(rest)), (note.number, money(note.total)))
    truth = Truth("credit note netted", "may", parts, "credit first, then the rest")
    book.line(MAIN, book.days.ago(23), rest, text, truth)


def foreign_customer(book: Book) -> Iterator[None]:
    who = "Atelier Vermeulen BV"
    item = Item("Sign kit, exported", 145_000, "200", "ZERORATEDOUTPUT")
    doc = book.document("ACCREC", who, book.days.ago(36), [item], currency="EUR", held=True)
    yield
    text = received(doc.person, f"{doc.number} EUR 1450")
    truth = _truth("foreign currency", "ask", [doc], "the bank's rate decides")
    book.line(MAIN, book.days.ago(7), 122_844, text, truth)


CASES: tuple[Case, ...] = (
    part_payment,
    listed_invoices,
    invoice_range,
    processor_payout,
    early_discount,
    near_identical,
    trading_name,
    stranger,
    letter_for_digit,
    equal_subscriptions,
    paid_twice,
    duplicate_row,
    locked_period,
    decoy,
    entered_by_hand,
    before_document,
    overpaid,
    credit_netted,
    foreign_customer,
)


def _receipt(
    book: Book, doc: Doc, ago: int, amount: int, reference: str, kind: str, expected: Expected
) -> BankLine:
    settled = min(amount, doc.total)
    truth = Truth(kind, expected, ((doc.number, money(settled)),))
    return book.line(MAIN, book.days.ago(ago), amount, received(doc.person, reference), truth)


def _for_several(book: Book, docs: list[Doc], ago: int, numbers: str, kind: str) -> None:
    total = sum(doc.total for doc in docs)
    truth = _truth(kind, "post", docs)
    book.line(MAIN, book.days.ago(ago), total, received(docs[0].person, numbers), truth)


def _truth(kind: str, expected: Expected, docs: list[Doc], note: str = "") -> Truth:
    return Truth(kind, expected, tuple((doc.number, money(doc.total)) for doc in docs), note)
