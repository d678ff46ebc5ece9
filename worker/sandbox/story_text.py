"""What a bank prints for a movement: prefixes, names cut short, references typed by people.

Each function returns (type, whole text, payee, reference). Bank giro credits come as one text in
which name and reference run together; faster payments fill the payee and reference columns.
"""

from __future__ import annotations

from worker.sandbox.story_parts import Person

Text = tuple[str, str, str, str]


def received(payer: Person, reference: str) -> Text:
    """Money in from a customer, in the manner that customer pays."""
    return named(payer.pays_by, payer.bank_name, reference)


def named(kind: str, name: str, reference: str) -> Text:
    """Money in or out under a name as printed."""
    whole = " ".join(part for part in (kind, name, reference) if part)
    if kind in ("BGC", "STO", "DD"):
        # These reach the bank over BACS: 18 characters of name, 18 of reference, no columns.
        whole = " ".join(part for part in (kind, name[:18].strip(), reference[:18].strip()) if part)
        return kind, whole, "", ""
    return kind, whole, name, reference


def quoted(payer: Person, numbers: str) -> str:
    """An invoice number as this payer types it: all of it, or its digits after own words."""
    digits = numbers.removeprefix("INV-")
    return payer.quotes.replace("{n}", digits)


def paid(payee: Person, reference: str) -> Text:
    """Money out to a supplier, quoting what we typed."""
    return named(payee.pays_by, payee.bank_name, reference)
