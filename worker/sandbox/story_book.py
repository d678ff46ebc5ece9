"""The book a story is written in: documents, money, and the bank's lines, kept in step.

Each method does what a bookkeeper's stroke does: a payment reduces what is owed, a bank line
remembers what it means. Nothing is dated outside the story.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid5

from worker.sandbox import story_chart
from worker.sandbox.story_chart import REGIONS
from worker.sandbox.story_parts import (
    BankLine,
    Days,
    Doc,
    Item,
    Json,
    Person,
    Truth,
    money,
    tax_of,
)
from worker.sandbox.story_people import people, region_of

_NAMESPACE = UUID("6f1c3a52-9d3e-5b8a-8a55-0d6f2c7b1e90")


class Book:
    """Everything written so far; `rng` and ids depend on the seed alone."""

    def __init__(self, seed: int, today: date) -> None:
        self.seed = seed
        self.days = Days(today)
        self.rng = Random(seed)  # noqa: S311 (a story, not a secret)
        self.people = people(self.new_id, self.rng)
        self.docs: list[Doc] = []
        self.payments: list[Json] = []
        self.batches: list[Json] = []
        self.bank_transactions: list[Json] = []
        self.transfers: list[Json] = []
        self.lines: list[BankLine] = []
        self._taken: set[int] = set()

    def new_id(self, what: str) -> str:
        return str(uuid5(_NAMESPACE, f"{self.seed} {what}"))

    # Documents

    def document(
        self,
        kind: str,
        who: str,
        day: date,
        items: Sequence[Item],
        *,
        number: str = "",
        reference: str = "",
        inclusive: bool = False,
        status: str = "AUTHORISED",
        currency: str = "GBP",
        held: bool = False,
    ) -> Doc:
        """A new document; our own get their numbers later, when all are known."""
        person = self.people[who]
        order = len(self.docs)
        doc = Doc(
            id=self.new_id(f"document {order}"),
            kind=kind,  # type: ignore[arg-type]
            person=person,
            date=day,
            due=day + timedelta(person.terms_days),
            items=tuple(items),
            order=order,
            number=number,
            reference=reference,
            inclusive=inclusive,
            status=status,
            currency=currency,
            rate=story_chart.EUR_PER_GBP if currency == "EUR" else Decimal(1),
            held=held,
        )
        self.docs.append(doc)
        return doc

    def sale(self, who: str, day: date, net: int, **more: Any) -> Doc:
        """A sales invoice of `net` pence plus 20 % VAT, kept for a hard case."""
        item = Item("Fascia sign, made and fitted", net, "200", "OUTPUT2", 1, self.region(who))
        return self.document("ACCREC", who, day, [item], held=True, **more)

    def bill(self, who: str, day: date, net: int, number: str, **more: Any) -> Doc:
        """A supplier bill of `net` pence plus 20 % VAT, kept for a hard case."""
        item = Item("Materials as per delivery note", net, "310", "INPUT2", 1, self.region(who))
        return self.document("ACCPAY", who, day, [item], number=number, held=True, **more)

    def credit_note(self, who: str, day: date, net: int) -> Doc:
        """A credit note to a customer of `net` pence plus 20 % VAT."""
        item = Item("Credit: panel returned", net, "200", "OUTPUT2", 1, self.region(who))
        return self.document("ACCRECCREDIT", who, day, [item], held=True)

    def net(self, low: int, high: int, step: int = 5) -> int:
        """A net amount in pence whose total with 20 % VAT nobody else in the story owes."""
        while True:
            net = self.rng.randrange(low, high, step)
            if self.claim(net * 6 // 5):
                return net

    def claim(self, total: int) -> bool:
        """Keep an amount for one document alone; False if it is taken."""
        if total in self._taken:
            return False
        self._taken.add(total)
        return True

    def is_taken(self, total: int) -> bool:
        return total in self._taken

    def region(self, who: str) -> str:
        return region_of(self.people[who])

    def number_documents(self, typed_wrong: Doc) -> None:
        """Number our own documents by date, as Xero's counters do.

        Invoices start where `typed_wrong` ends in 19: typed as 91 it names no invoice.
        """
        sales = self._by_date("ACCREC")
        place = sales.index(typed_wrong)
        first = next(n for n in range(100, 200) if (n + place) % 100 == 19)
        for number, doc in enumerate(sales, first):
            doc.number = f"INV-{number:04d}"
        for number, doc in enumerate(self._by_date("ACCRECCREDIT"), 1):
            doc.number = f"CN-{number:04d}"

    def _by_date(self, kind: str) -> list[Doc]:
        found = [doc for doc in self.docs if doc.kind == kind]
        return sorted(found, key=lambda doc: (doc.date, doc.order))

    # The bank

    def line(
        self, account: str, day: date, amount: int, text: tuple[str, str, str, str], truth: Truth
    ) -> BankLine:
        """One line of a statement; `text` is the type, whole text, payee and reference printed."""
        kind, whole, payee, reference = text
        line = BankLine(account, day, amount, kind, whole, truth, payee, reference)
        self.lines.append(line)
        return line

    # Pieces of JSON shared by several records

    def account(self, code: str) -> Json:
        return {"AccountID": self.new_id(f"account {code}"), "Code": code}

    def contact(self, person: Person) -> Json:
        return {"ContactID": person.contact_id, "Name": person.name}

    def line_items(self, owner: str, items: Sequence[Item], inclusive: bool) -> list[Json]:
        """Line items in Xero's shape, tax per line."""
        return [
            {
                "LineItemID": self.new_id(f"{owner} line {place}"),
                "Description": item.description,
                "Quantity": Decimal(item.quantity),
                "UnitAmount": money(item.unit),
                "AccountCode": item.account,
                "AccountID": self.new_id(f"account {item.account}"),
                "TaxType": item.tax,
                "TaxAmount": money(tax_of(item.amount, item.tax, inclusive)),
                "LineAmount": money(item.amount),
                "Tracking": self._tracking(item.region),
            }
            for place, item in enumerate(items)
        ]

    def _tracking(self, region: str | None) -> list[Json]:
        if region is None:
            return []
        assert region in REGIONS
        return [
            {
                "TrackingCategoryID": self.new_id("tracking Region"),
                "TrackingOptionID": self.new_id(f"tracking Region {region}"),
                "Name": "Region",
                "Option": region,
            }
        ]


def stamp(day: date) -> str:
    """When a record of that day was last touched: at its midnight, so never later than now."""
    return f"{day.isoformat()}T00:00:00"
