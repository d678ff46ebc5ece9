"""Cleaning records of a books folder: ids, dates and money in the one spelling the store keeps.

What is missing is filled in, unknown fields stay, and each doubt becomes a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from uuid import NAMESPACE_URL, uuid5

from worker.sandbox.chart import CLASS_OF_TYPE, Chart
from worker.sandbox.lines import HUNDRED, MODES, line_tax, totals
from worker.sandbox.shapes import shaped
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.wire import (
    MONEY_MAX,
    ZERO,
    Record,
    at_ms,
    day_ms,
    day_of,
    guid,
    instant_ms,
    ms_date,
    number,
    rounded,
    set_day,
    stored,
    wire_day,
)

LONG_AGO_MS = 1_577_836_800_000
_DAYS = ("Date", "DueDate", "ExpectedPaymentDate", "PlannedPaymentDate")
_MONEY = (
    *("SubTotal", "TotalTax", "Total", "TotalDiscount", "AmountDue", "AmountPaid"),
    *("AmountCredited", "CISDeduction", "RemainingCredit", "AppliedAmount", "Amount"),
    *("BankAmount", "TotalAmount", "LineAmount", "TaxAmount"),
)
_EXACT = ("CurrencyRate", "Quantity", "UnitAmount", "DiscountRate", "DiscountAmount")
_RATES = ("EffectiveRate", "DisplayTaxRate")
_STAMPED_AS_TEXT = {"Invoices", "CreditNotes", "Payments", "Overpayments", "Prepayments"}
_UNSTAMPED = {"Organisation", "TaxRates", "TrackingCategories", "Currencies", "BrandingThemes"}
_UNSTAMPED |= {"ContactGroups", "RepeatingInvoices"}
_ISO_DAYS = {"PeriodLockDate", "EndOfYearLockDate"}


class Doubts:
    """The sentences a load returns, each once, in the order they were told first."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}

    def tell(self, sentence: str) -> None:
        self._told.setdefault(sentence)

    def __iter__(self) -> Iterator[str]:
        return iter(self._told)


def made_id(*words: object) -> str:
    """A GUID that follows from what it names, so the same folder loads to the same ids."""
    return str(uuid5(NAMESPACE_URL, "/".join(str(word) for word in words)))


def label(kind: str, record: Record) -> str:
    """How a person names a record: its number, else its id."""
    for field in ("InvoiceNumber", "CreditNoteNumber", "Code", "Name", "Reference"):
        if record.get(field):
            return f"{kind[:-1]} {record[field]}"
    return f"{kind[:-1]} {record.get(ID_FIELDS.get(kind, ''), '(no id)')}"


def clean(kind: str, sent: Record, place: int, doubts: Doubts) -> Record:
    """One record with its id, dates, money and stamp in order; `place` tells it from its like."""
    found = shaped(sent, partial(_told, kind, sent, doubts))
    name = ID_FIELDS[kind]
    if not found.get(name):
        key = found.get("InvoiceNumber") or found.get("CreditNoteNumber") or found.get("Code")
        found[name] = made_id(kind, key or found.get("Name") or "", place)
    if kind not in ("TaxRates", "Currencies"):
        found[name] = guid(found[name])
    for field in _DAYS:
        if field in found or f"{field}String" in found:
            _day(kind, found, field, doubts)
    for field in ("FullyPaidOnDate",):
        if field in found:
            ms = instant_ms(found[field])
            found[field] = ms_date(ms) if ms else None
    numbers(kind, found, doubts)
    _stamp(kind, found)
    for field in ("Contact", "Account", "BankAccount", "FromBankAccount", "ToBankAccount"):
        if isinstance(found.get(field), dict):
            found[field] = _with_guids(found[field])
    return {key: value for key, value in found.items() if value is not None}


def _told(kind: str, sent: Record, doubts: Doubts, field: str, value: object) -> None:
    doubts.tell(f"{label(kind, sent)}: {field} holds {str(value)[:40]!r}, and is left out")


def _with_guids(stub: Record) -> Record:
    return {k: guid(v) if k.endswith("ID") and isinstance(v, str) else v for k, v in stub.items()}


def _day(kind: str, found: Record, field: str, doubts: Doubts) -> None:
    text = found.get(f"{field}String") or found.get(field)
    try:
        day = day_of(text)
    except ValueError:
        doubts.tell(f"{label(kind, found)}: {field} {text!r} is not a date and is left out")
        day = None
    found.pop(field, None)
    found.pop(f"{field}String", None)
    if day is not None:
        if kind == "Payments":
            found[field] = wire_day(day)
        else:
            set_day(found, field, day)


def numbers(kind: str, found: Record, doubts: Doubts) -> None:
    for fields, places in ((_MONEY, 2), (_EXACT, None), (_RATES, None)):
        for field in fields:
            if field not in found:
                continue
            try:
                value = number(found[field])
                if value is not None and abs(value) > MONEY_MAX:
                    raise ValueError("too large")
            except ValueError:
                shown = str(found[field])[:40]
                doubts.tell(f"{label(kind, found)}: {field} {shown!r} is not a usable number")
                value = None
            if value is None:
                found.pop(field)
            else:
                # Three decimals stay where a currency has them (KWD); more are noise.
                exact = places is None or value == value.quantize(Decimal("0.001"))
                found[field] = value if exact and value != rounded(value) else rounded(value)
                if places is None:
                    found[field] = value


def _stamp(kind: str, found: Record) -> None:
    field = "CreatedDateUTC" if kind == "BankTransfers" else "UpdatedDateUTC"
    ms = instant_ms(found.get(field)) or instant_ms(found.get(f"{field}String"))
    if ms is None:
        day = day_of(found.get("Date"))
        ms = day_ms(day) if day else LONG_AGO_MS
    if kind not in _UNSTAMPED:
        found[field] = ms_date(ms)
    if kind in _STAMPED_AS_TEXT:
        found["UpdatedDateUTCString"] = f"{at_ms(ms):%Y-%m-%dT%H:%M:%SZ}"


def clean_organisation(sent: Record, supplied: Record, doubts: Doubts) -> Record:
    """The organisation with what it lacks supplied, and lock dates that can be read."""
    sent = shaped(sent, partial(_told, "Organisations", {}, doubts))
    found = {**supplied, **{key: value for key, value in sent.items() if value is not None}}
    found["OrganisationID"] = guid(found["OrganisationID"])
    for field in sorted(_ISO_DAYS & found.keys()):
        text = found.pop(field)
        try:
            day = day_of(text)
        except ValueError:
            doubts.tell(f"The organisation's {field} {text!r} is not a date and is left out")
            day = None
        if day is not None:
            found[field] = wire_day(day)
    made = instant_ms(found.get("CreatedDateUTC"))
    found["CreatedDateUTC"] = ms_date(made or LONG_AGO_MS)
    return found


def clean_account(sent: Record, place: int, base: str, doubts: Doubts) -> Record:
    """An account with its class, status and (for a bank) currency filled in."""
    found = clean("Accounts", sent, place, doubts)
    found.setdefault("Type", "BANK" if found.get("BankAccountNumber") else "EXPENSE")
    found.setdefault("Name", str(found.get("Code") or found["AccountID"]))
    found.setdefault("Class", CLASS_OF_TYPE.get(found["Type"], "EXPENSE"))
    found.setdefault("Status", "ACTIVE")
    found.setdefault("TaxType", "NONE")
    found.setdefault("EnablePaymentsToAccount", False)
    if found.get("Code") is not None:
        found["Code"] = str(found["Code"])
    if found["Type"] == "BANK":
        found.setdefault("BankAccountType", "BANK")
        found["CurrencyCode"] = found.get("CurrencyCode") or base
    return found


def clean_lines(kind: str, found: Record, chart: Chart, doubts: Doubts) -> None:
    """Price what the lines leave out, and check the document's own arithmetic."""
    sent = found.get("LineItems")
    default = "Inclusive" if kind == "BankTransactions" else "Exclusive"
    mode = MODES.get(str(found.get("LineAmountTypes") or default).lower(), default)
    found["LineAmountTypes"] = mode
    items = [
        _line(kind, found, line, place, mode, chart, doubts)
        for place, line in enumerate(sent if isinstance(sent, list) else [])
        if isinstance(line, dict)
    ]
    found["LineItems"] = items
    if items:
        subtotal, tax, total = totals(items, mode)
        for field, ours in (("SubTotal", subtotal), ("TotalTax", tax), ("Total", total)):
            given = found.get(field)
            if given is not None and given != ours:
                doubts.tell(
                    f"{label(kind, found)}: {field} is {given}, but its lines add up to {ours}"
                )
            found.setdefault(field, ours)
    else:
        tax = stored(found.get("TotalTax"))
        found.setdefault("Total", stored(found.get("SubTotal")) + tax)
        found.setdefault("SubTotal", found["Total"] - tax)
        found.setdefault("TotalTax", ZERO)
    if found["SubTotal"] + found["TotalTax"] != found["Total"]:
        doubts.tell(
            f"{label(kind, found)}: SubTotal {found['SubTotal']} and TotalTax {found['TotalTax']} "
            f"do not make Total {found['Total']}"
        )


def _line(
    kind: str,
    record: Record,
    sent: Record,
    place: int,
    mode: str,
    chart: Chart,
    doubts: Doubts,
) -> Record:
    line = dict(sent)
    numbers(kind, line, doubts)
    line["LineItemID"] = guid(
        line.get("LineItemID") or made_id("line", record[ID_FIELDS[kind]], place)
    )
    unit, quantity = line.get("UnitAmount"), line.setdefault("Quantity", Decimal("1.0000"))
    if unit is not None:
        expected = quantity * unit
        if line.get("DiscountRate"):
            expected = expected * (HUNDRED - line["DiscountRate"]) / HUNDRED
        elif line.get("DiscountAmount"):
            expected -= line["DiscountAmount"]
        # A unit price shown to two decimals may be off by half a cent a piece.
        slack = abs(quantity) * Decimal("0.005") + Decimal("0.005")
        if abs(expected) > MONEY_MAX:
            doubts.tell(f"{label(kind, record)}: a line of {quantity} x {unit} is too large")
            expected = ZERO
        given = line.setdefault("LineAmount", rounded(expected))
        if abs(given - expected) > slack:
            doubts.tell(
                f"{label(kind, record)}: a line of {quantity} x {unit} says {given}, "
                f"not {rounded(expected)}"
            )
    else:
        amount = line.setdefault("LineAmount", ZERO)
        line["UnitAmount"] = rounded(amount / quantity, 4) if quantity else ZERO
    coded = chart.line_account(line)
    if coded is not None:
        line["AccountID"] = coded["AccountID"]
        if coded.get("Code"):
            line["AccountCode"] = coded["Code"]
    elif line.get("AccountCode") or line.get("AccountID"):
        code = line.get("AccountCode") or line.get("AccountID")
        doubts.tell(f"{label(kind, record)}: account {code} is not in the chart")
    line.setdefault("TaxType", (coded or {}).get("TaxType") or "NONE")
    if "TaxAmount" not in line:
        percent = chart.percent(line["TaxType"])
        line["TaxAmount"] = line_tax(line["LineAmount"], percent or ZERO, mode)
    line.setdefault("Tracking", [])
    return line
