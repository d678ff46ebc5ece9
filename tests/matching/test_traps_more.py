"""More traps, from books the engine had not seen: a row each, and what must come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from tests.matching.makers import (
    a_bill,
    a_contact,
    a_document,
    a_line,
    decide,
    numbers,
    paid_before,
)
from worker.books.records import BankLine, Contact, Document, HistoryLine

MARLOW = "Marlow Textiles Ltd"
HERON = "Heron Textiles Ltd"

# what it is · the lines · the documents · contacts beside theirs · (action, numbers) of each line
TRAPS: list[
    tuple[str, list[BankLine], list[Document], list[Contact], list[tuple[str, list[str]]]]
] = [
    (
        "the bank labels the payer inside its own text",
        [
            a_line(
                "310.40",
                description="ORIG CO NAME:MARLOW TEXTILES ORIG ID:77 CO ENTRY DESCR:VENDOR PMT "
                "IND NAME:OUR COMPANY",
            )
        ],
        [a_document("INV-1", MARLOW, "310.40"), a_document("INV-2", HERON, "99.00")],
        [],
        [("auto", ["INV-1"])],
    ),
    (
        "a labelled payer we know is not the one who owes the quoted invoice",
        [
            a_line(
                "310.40",
                description="SEPA IBAN: X Naam: Heron Textiles Omschrijving: INV-0001 Kenmerk: -",
            )
        ],
        [a_document("INV-0001", MARLOW, "310.40"), a_document("INV-0002", HERON, "99.00")],
        [],
        [("suggest", ["INV-0001"])],
    ),
    (
        "a name cut short, when a sister company is among our contacts",
        [a_line("310.40", "MARLOW TEXTILES")],
        [a_document("INV-1", "Marlow Textiles North", "310.40")],
        [a_contact("Marlow Textiles South")],
        [("suggest", ["INV-1"])],
    ),
    (
        "the whole name of a contact never invoiced beside a longer one that owes",
        [a_line("310.40", "MARLOW PLUMBING")],
        [a_document("INV-1", "Marlow & Sons Plumbing Ltd", "310.40")],
        [a_contact("Marlow Plumbing")],
        [("suggest", ["INV-1"])],
    ),
    (
        "an initial that fits two people, one of whom owes",
        [a_line("310.40", "J HARTNELL")],
        [a_document("INV-1", "John Hartnell", "310.40")],
        [a_contact("Jane Hartnell")],
        [("suggest", ["INV-1"])],
    ),
    (
        "an initial that fits one person only",
        [a_line("310.40", "J HARTNELL")],
        [a_document("INV-1", "John Hartnell", "310.40")],
        [a_contact("Jane Harker")],
        [("auto", ["INV-1"])],
    ),
    (
        "a supplier of the same whole name is no rival for money in",
        [a_line("310.40", "MARLOW TEXTILES")],
        [a_document("INV-1", MARLOW, "310.40")],
        [a_contact("Marlow Textiles")],
        [("auto", ["INV-1"])],
    ),
    (
        "two invoices quoted, and the money is for one of them",
        [a_line("310.40", MARLOW, "INV-0046 INV-0047")],
        [a_document("INV-0046", MARLOW, "310.40"), a_document("INV-0047", MARLOW, "77.10")],
        [],
        [("suggest", ["INV-0046"])],
    ),
    (
        "two invoices quoted, one of them paid already",
        [a_line("310.40", MARLOW, "INV-0046 INV-0047")],
        [
            a_document("INV-0046", MARLOW, "310.40"),
            a_document("INV-0047", MARLOW, "0", total="77.10", status="PAID"),
        ],
        [],
        [("auto", ["INV-0046"])],
    ),
    (
        "loose digits are the payer's own paid invoice, and another has the amount",
        [a_line("310.40", MARLOW, "564")],
        [
            a_document("564", MARLOW, "0", total="310.40", status="PAID"),
            a_document("565", MARLOW, "310.40"),
        ],
        [],
        [("suggest", ["565"])],
    ),
    (
        "loose digits choose among the payer's equal invoices",
        [a_line("310.40", MARLOW, "565")],
        [a_document(str(n), MARLOW, "310.40") for n in (564, 565, 566)],
        [],
        [("auto", ["565"])],
    ),
    (
        "a reference that is nothing but another customer's number",
        [a_line("310.40", MARLOW, "1391")],
        [a_document("1390", MARLOW, "310.40"), a_document("1391", HERON, "99.00")],
        [],
        [("suggest", ["1390"])],
    ),
    (
        "a reference that is nothing but the number, on a deposit that names nobody",
        [a_line("310.40", "", "1391", description="COUNTER CREDIT")],
        [a_document("1391", MARLOW, "310.40"), a_document("1392", HERON, "99.00")],
        [],
        [("auto", ["1391"])],
    ),
    (
        "a day in a stranger's text is no invoice number",
        [a_line("310.40", "NOBODY", "RENT 202605")],
        [a_document("202605", MARLOW, "310.40")],
        [],
        [("suggest", ["202605"])],
    ),
    (
        "the same row twice, and two alike invoices it could pay",
        [a_line("310.40", MARLOW), a_line("310.40", MARLOW)],
        [a_document("INV-1", MARLOW, "310.40"), a_document("INV-2", MARLOW, "310.40")],
        [],
        [("auto", ["INV-1"]), ("suggest", ["INV-2"])],
    ),
    (
        "two alike movements the bank numbers apart",
        [
            a_line("310.40", MARLOW, bank_reference="7001"),
            a_line("310.40", MARLOW, bank_reference="7002"),
        ],
        [a_document("INV-1", MARLOW, "310.40"), a_document("INV-2", MARLOW, "310.40")],
        [],
        [("auto", ["INV-1"]), ("auto", ["INV-2"])],
    ),
    (
        "a month named in Swedish is not the invoice's",
        [a_line("310.40", MARLOW, "MAJ HYRA", date=date(2026, 3, 12))],
        [a_document("INV-1", MARLOW, "310.40", date=date(2026, 1, 5))],
        [],
        [("suggest", ["INV-1"])],
    ),
    (
        "the bank's field ends inside the legal form of a customer who does not owe it",
        [a_line("310.40", "HERON TEXTILES PTY LT", "INV-0001")],
        [
            a_document("INV-0001", MARLOW, "310.40"),
            a_document("INV-0002", "Heron Textiles Pty Ltd", "99.00"),
        ],
        [],
        [("suggest", ["INV-0001"])],
    ),
    (
        "two loose digits choose among the payer's equal invoices",
        [a_line("310.40", description="MARLOW TEXTILES 49")],
        [a_document(str(n), MARLOW, "310.40") for n in (48, 49, 50)],
        [],
        [("auto", ["49"])],
    ),
    (
        "a bare number from somebody who shares one word with its customer, two alike in amount",
        [a_line("310.40", "BIRCH LOGISTICS", "0526")],
        [
            a_document("INV-0526", "Lantern Logistics", "310.40"),
            a_document("INV-0527", HERON, "310.40"),
        ],
        [],
        [("suggest", ["INV-0526"])],
    ),
    (
        "the bank's field ends inside the customer's own legal form",
        [a_line("310.40", "THICKET TEXTILES C"), a_line("77.00", "THICKET MARINE S")],
        [
            a_document("INV-1", "Thicket Textiles Corp", "310.40"),
            a_document("INV-2", "Thicket Marine Corp", "77.00"),
        ],
        [],
        [("auto", ["INV-1"]), ("suggest", ["INV-2"])],
    ),
    (
        "a month and year in a stranger's text are no invoice number",
        [a_line("310.40", "NOBODY", "MAY 0526")],
        [a_document("INV-0526", MARLOW, "310.40")],
        [],
        [("suggest", ["INV-0526"])],
    ),
    (
        "two of three invoices quoted, and the sum is all three's",
        [a_line("600.60", MARLOW, "INV-0046 INV-0047")],
        [
            a_document(f"INV-004{n}", MARLOW, due)
            for n, due in ((6, "310"), (7, "77"), (8, "213.60"))
        ],
        [],
        [("suggest", ["INV-0046", "INV-0047", "INV-0048"])],
    ),
    (
        "the payer's own invoice has the very amount, but he quotes another of his",
        [a_line("310.40", MARLOW, "INV-0047")],
        [a_document("INV-0046", MARLOW, "310.40"), a_document("INV-0047", MARLOW, "999.00")],
        [],
        [("suggest", ["INV-0046"])],
    ),
    (
        "a quoted number that is one slip from two of the payer's invoices",
        [a_line("310.40", MARLOW, "INV-0045")],
        [a_document("INV-0046", MARLOW, "310.40"), a_document("INV-0047", MARLOW, "999.00")],
        [],
        [("suggest", ["INV-0046"])],
    ),
    (
        "a quoted number that is one slip from one of the payer's invoices",
        [a_line("310.40", MARLOW, "INV-0045")],
        [a_document("INV-0046", MARLOW, "310.40"), a_document("INV-0077", MARLOW, "999.00")],
        [],
        [("auto", ["INV-0046"])],
    ),
    (
        "two quoted, short together, and one of them makes the sum with a third",
        [a_line("387.40", MARLOW, "INV-0046 INV-0047")],
        [
            a_document(f"INV-004{n}", MARLOW, due)
            for n, due in ((6, "310.40"), (7, "99"), (8, "77"))
        ],
        [],
        [("suggest", ["INV-0046", "INV-0047"])],
    ),
    (
        "a longer name of somebody else, repeated by the bank in a shorter field",
        [a_line("310.40", "MARLOW TEXTILES CHARITY", description="VIREMENT DE MARLOW TEXT")],
        [a_document("INV-1", MARLOW, "310.40")],
        [],
        [("suggest", ["INV-1"])],
    ),
]


@pytest.mark.parametrize(
    ("lines", "documents", "contacts", "expected"),
    [pytest.param(*row[1:], id=row[0]) for row in TRAPS],
)
def test_a_careful_bookkeeper_does(
    lines: Sequence[BankLine],
    documents: Sequence[Document],
    contacts: Sequence[Contact],
    expected: Sequence[tuple[str, list[str]]],
) -> None:
    numbered = [replace(line, id=f"L{i}") for i, line in enumerate(lines)]

    proposals = decide(numbered, list(documents), contacts=list(contacts))

    decided = [(proposals[line.id].action, numbers(proposals[line.id])) for line in numbered]
    assert decided == list(expected)


IBAN = "NL91ABNA0417164300"


def test_an_account_in_the_text_says_who_paid_as_the_banks_own_field_does() -> None:
    text = f"SEPA Overboeking IBAN: {IBAN} Naam: J. de Boer Omschrijving: betaling"
    line = a_line("310.40", description=text)
    past = [
        paid_before(a_line("9.00", description=text, id=f"H{n}", date=date(2026, 1, n)), MARLOW)
        for n in (1, 2)
    ]
    renamed = replace(line, description=text.replace("J. de Boer", "Huishouden"))

    by_account = decide([renamed], [a_document("INV-1", MARLOW, "310.40")], history=past)["L1"]

    assert (by_account.action, numbers(by_account)) == ("auto", ["INV-1"])


def test_money_to_an_account_in_the_text_that_is_new_for_the_supplier_is_asked_about() -> None:
    text = "SEPA Overboeking IBAN: {} Naam: Marlow Textiles Omschrijving: 7001"
    past = [
        paid_before(
            a_line("-9.00", description=text.format(IBAN), id=f"H{n}", date=date(2026, 1, n)),
            MARLOW,
        )
        for n in (1, 2)
    ]
    line = a_line("-310.40", description=text.format("NL20INGB0001234567"))

    proposal = decide([line], [a_bill("7001", MARLOW, "310.40")], history=past)["L1"]

    assert (proposal.action, proposal.reason_code) == ("suggest", "new_payee_account")


def test_a_name_cut_off_and_the_same_name_whole_speak_against_each_other() -> None:
    def paid(payee: str, contact: str, number: int) -> HistoryLine:
        line = a_line("9.00", payee, id=f"H{number}", date=date(2026, 1, number))
        return paid_before(line, contact)

    whole, cut = "YONDER SUMMIT JOINERY", "YONDER SUMMIT JOI"
    one_payer = [paid(whole, MARLOW, 1), paid(whole, MARLOW, 2), paid(cut, MARLOW, 3)]
    for_two = [*one_payer[:2], paid(cut, HERON, 3), paid(cut, HERON, 4)]
    line, documents = a_line("310.40", whole), [a_document("INV-1", MARLOW, "310.40")]

    assert decide([line], documents, history=one_payer)["L1"].action == "auto"
    assert decide([line], documents, history=for_two)["L1"].action == "suggest"
