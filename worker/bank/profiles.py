"""CSV layouts of banks, known by their whole header row: facts about what each bank exports.

A file without a profile is read by the one layout whose header it has, name for name. A file
whose headers are our own column names describes itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from worker.bank.csv_profile import COLUMNS, CsvProfile
from worker.bank.csv_sheet import folded, header_names
from worker.bank.source import Source
from worker.errors import SetupWrong

# name: (header row as the bank prints it, its delimiter aside; the profile)
_SHIPPED: dict[str, tuple[str, dict[str, Any]]] = {
    "gb-lloyds": (
        "Transaction Date|Transaction Type|Sort Code|Account Number|Transaction Description"
        "|Debit Amount|Credit Amount|Balance",
        {
            "delimiter": ",",
            "decimal": ".",
            "date_format": "%d/%m/%Y",
            "columns": {
                "date": "Transaction Date",
                "type": "Transaction Type",
                "description": "Transaction Description",
                "debit": "Debit Amount",
                "credit": "Credit Amount",
                "balance": "Balance",
            },
        },
    ),
    "gb-barclays": (
        "Number|Date|Account|Amount|Subcategory|Memo",
        {
            "delimiter": ",",
            "decimal": ".",
            "date_format": "%d/%m/%Y",
            "columns": {
                "date": "Date",
                "type": "Subcategory",
                "description": "Memo",
                "amount": "Amount",
            },
        },
    ),
    "gb-starling": (
        "Date|Counter Party|Reference|Type|Amount (GBP)|Balance (GBP)|Spending Category|Notes",
        {
            "delimiter": ",",
            "decimal": ".",
            "date_format": "%d/%m/%Y",
            "columns": {
                "date": "Date",
                "payee": "Counter Party",
                "reference": "Reference",
                "type": "Type",
                "amount": "Amount (GBP)",
                "balance": "Balance (GBP)",
            },
        },
    ),
    "us-chase": (
        "Details|Posting Date|Description|Amount|Type|Balance|Check or Slip #",
        {
            "delimiter": ",",
            "decimal": ".",
            "date_format": "%m/%d/%Y",
            "columns": {
                "date": "Posting Date",
                "type": "Type",
                "description": "Description",
                "reference": "Check or Slip #",
                "amount": "Amount",
                "balance": "Balance",
            },
        },
    ),
    "nz-anz": (
        "Type|Details|Particulars|Code|Reference|Amount|Date|ForeignCurrencyAmount"
        "|ConversionCharge",
        {
            "delimiter": ",",
            "decimal": ".",
            "date_format": "%d/%m/%Y",
            "columns": {
                "date": "Date",
                "type": "Type",
                "payee": "Details",
                "reference": "Reference",
                "description": ["Particulars", "Code"],
                "amount": "Amount",
            },
        },
    ),
    "nz-westpac": (
        "Date|Amount|Other Party|Description|Reference|Particulars|Analysis Code",
        {
            "delimiter": ",",
            "decimal": ".",
            "date_format": "%d/%m/%Y",
            "columns": {
                "date": "Date",
                "payee": "Other Party",
                "reference": ["Reference", "Particulars", "Analysis Code"],
                "type": "Description",
                "amount": "Amount",
            },
        },
    ),
    "de-n26": (
        "Booking Date|Value Date|Partner Name|Partner Iban|Type|Payment Reference|Account Name"
        "|Amount (EUR)|Original Amount|Original Currency|Exchange Rate",
        {
            "delimiter": ",",
            "decimal": ".",
            "date_format": "%Y-%m-%d",
            "columns": {
                "date": "Booking Date",
                "value_date": "Value Date",
                "payee": "Partner Name",
                "counterparty_account": "Partner Iban",
                "type": "Type",
                "reference": "Payment Reference",
                "amount": "Amount (EUR)",
            },
        },
    ),
    "de-sparkasse-camt": (
        "Auftragskonto|Buchungstag|Valutadatum|Buchungstext|Verwendungszweck|Glaeubiger ID"
        "|Mandatsreferenz|Kundenreferenz (End-to-End)|Sammlerreferenz"
        "|Lastschrift Ursprungsbetrag|Auslagenersatz Ruecklastschrift"
        "|Beguenstigter/Zahlungspflichtiger|Kontonummer/IBAN|BIC (SWIFT-Code)|Betrag|Waehrung|Info",
        {
            "delimiter": ";",
            "decimal": ",",
            "date_format": "%d.%m.%y",
            "columns": {
                "date": "Buchungstag",
                "value_date": "Valutadatum",
                "type": "Buchungstext",
                "payee": "Beguenstigter/Zahlungspflichtiger",
                "reference": "Kundenreferenz (End-to-End)",
                "description": "Verwendungszweck",
                "counterparty_account": "Kontonummer/IBAN",
                "amount": "Betrag",
                "currency": "Waehrung",
                "pending": "Info",
            },
        },
    ),
}

PROFILES: Mapping[str, CsvProfile] = {
    name: CsvProfile.of(profile) for name, (_, profile) in _SHIPPED.items()
}
_HEADERS = {
    tuple(folded(cell) for cell in header.split("|")): name
    for name, (header, _) in _SHIPPED.items()
}  # fmt: skip


def shipped(name: str) -> CsvProfile:
    """The shipped profile of that name; raises SetupWrong with the nearest name."""
    if name in PROFILES:
        return PROFILES[name]
    near = get_close_matches(name, PROFILES, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; shipped are {', '.join(PROFILES)}"
    raise SetupWrong(f"there is no CSV profile {name!r}{hint}")


def fitting(source: Source) -> CsvProfile:
    """The layout whose whole header row the file has; raises BadInput when there is none."""
    under = header_names(source)
    for names in under.values():
        if known := _HEADERS.get(tuple(folded(name) for name in names)):
            return PROFILES[known]
    for delimiter, names in under.items():
        ours = {folded(name).replace(" ", "_"): name for name in names}
        if len(ours) == len(names) and set(ours) <= set(COLUMNS) and _suffices(set(ours)):
            return CsvProfile.of({"delimiter": delimiter, "columns": ours})
    listed = ", ".join(repr(name) for name in sorted([(), *under.values()], key=len)[-1])
    raise source.refusal(
        "fits no CSV layout we know; describe it under csv: of the account in the configuration."
        f" Its first row reads: {listed[:600]}"
    )


def _suffices(names: set[str]) -> bool:
    return "date" in names and (("amount" in names) != ({"debit", "credit"} <= names))
