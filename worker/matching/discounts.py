"""Early-payment discounts that somebody declared; none is ever guessed from a shortfall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from worker.books.money import to_cents
from worker.books.records import Document
from worker.matching.book import Book
from worker.matching.policy import DiscountTerms, MatchingPolicy


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount as it falls on one document."""

    amount: Decimal
    account: str


def declared_discount(
    document: Document, paid_on: date, book: Book, policy: MatchingPolicy
) -> Discount | None:
    """The discount the document's contact may take when paying on that day, or None.

    Only on sales invoices nothing was paid of yet, within the declared days of their date; the
    first terms that hold for the contact count.
    """
    if document.is_credit or document.side != "receivable" or document.due != document.total:
        return None
    for terms in policy.discounts:
        if terms.base == "gross" and _holds_for(terms, document, book):
            if not document.date <= paid_on <= document.date + timedelta(terms.days):
                return None
            amount = to_cents(document.total * terms.percent / 100, document.currency)
            return Discount(amount, terms.account) if 0 < amount < document.due else None
    return None


def _holds_for(terms: DiscountTerms, document: Document, book: Book) -> bool:
    if terms.contact is not None:
        return terms.contact in (document.contact_id, document.contact_name)
    if terms.group is not None:
        contact = book.contacts.get(document.contact_id)
        return contact is not None and terms.group in contact.groups
    return True
