"""The finished book in Xero's own JSON, one list of records per endpoint."""

from __future__ import annotations

from datetime import date

from worker.sandbox import story_chart
from worker.sandbox.story_book import Book, stamp
from worker.sandbox.story_parts import Doc, Json, money
from worker.sandbox.story_people import contact


def books(book: Book) -> dict[str, list[Json]]:
    """Every endpoint's records under its plural; amounts are `Decimal`, days ISO text."""
    docs = sorted(book.docs, key=lambda doc: (doc.date, doc.order))
    born = stamp(book.days.start)
    return {
        "Organisation": [story_chart.organisation(book.new_id, book.days)],
        "Accounts": story_chart.accounts(book.new_id, book.days.start),
        "Contacts": [contact(person, book.rng, born) for person in book.people.values()],
        "Invoices": [_invoice(book, doc) for doc in docs if not doc.kind.endswith("CREDIT")],
        "CreditNotes": [_credit_note(book, doc) for doc in docs if doc.kind.endswith("CREDIT")],
        "Payments": book.payments,
        "BatchPayments": book.batches,
        "BankTransactions": book.bank_transactions,
        "BankTransfers": book.transfers,
        "Overpayments": [],
        "Prepayments": [],
        "TaxRates": story_chart.tax_rates(),
        "TrackingCategories": story_chart.tracking(book.new_id),
        "Currencies": story_chart.currencies(),
    }


def _invoice(book: Book, doc: Doc) -> Json:
    found = {
        "InvoiceID": doc.id,
        "InvoiceNumber": doc.number,
        **_common(book, doc),
        "DueDate": doc.due.isoformat(),
        "AmountDue": money(doc.due_amount),
        "AmountPaid": money(doc.paid),
        "AmountCredited": money(doc.credited),
        "SentToContact": doc.kind == "ACCREC",
    }
    if doc.kind == "ACCREC":
        found["Reference"] = doc.reference
    return found


def _credit_note(book: Book, doc: Doc) -> Json:
    return {
        "CreditNoteID": doc.id,
        "CreditNoteNumber": doc.number,
        "Reference": doc.reference,
        **_common(book, doc),
        "RemainingCredit": money(doc.due_amount),
        "AppliedAmount": money(doc.credited),
        "Allocations": [
            {
                "AllocationID": book.new_id(f"allocation {doc.id} {place}"),
                "Amount": money(amount),
                "Date": day.isoformat(),
                "Invoice": {"InvoiceID": target.id, "InvoiceNumber": target.number},
            }
            for place, (target, amount, day) in enumerate(doc.allocations)
        ],
    }


def _common(book: Book, doc: Doc) -> Json:
    tax = sum(doc.taxes)
    settled = doc.status == "AUTHORISED" and doc.due_amount == 0
    touched: date = doc.last_touch or doc.date
    found = {
        "Type": doc.kind,
        "Contact": book.contact(doc.person),
        "Date": doc.date.isoformat(),
        "Status": "PAID" if settled else doc.status,
        "LineAmountTypes": "Inclusive" if doc.inclusive else "Exclusive",
        "LineItems": book.line_items(f"document {doc.order}", doc.items, doc.inclusive),
        "SubTotal": money(doc.total - tax),
        "TotalTax": money(tax),
        "Total": money(doc.total),
        "CurrencyCode": doc.currency,
        "CurrencyRate": doc.rate,
        "HasAttachments": False,
        "UpdatedDateUTC": stamp(touched),
    }
    if settled:
        found["FullyPaidOnDate"] = touched.isoformat()
    return found
