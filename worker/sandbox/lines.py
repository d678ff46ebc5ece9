"""The arithmetic of document lines: prices, discounts, tax per line, totals.

Tax is computed per line, rounded half-up to two decimals, then summed (fact sheet 5.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from worker.sandbox.chart import Chart
from worker.sandbox.errors import Invalid
from worker.sandbox.wire import MONEY_MAX, ZERO, Record, guid, number, rounded, stored

HUNDRED = Decimal(100)
MODES = {"exclusive": "Exclusive", "inclusive": "Inclusive", "notax": "NoTax"}
_CLOSED_TO_LINES = {
    "DEBTORS",
    "CREDITORS",
    "RETAINEDEARNINGS",
    "BANKCURRENCYGAIN",
    "REALISEDCURRENCYGAIN",
    "UNREALISEDCURRENCYGAIN",
}


def line_tax(amount: Decimal, percent: Decimal, mode: str) -> Decimal:
    """The tax in (Inclusive) or on (Exclusive) a line amount, to the cent."""
    if mode == "NoTax":
        return ZERO
    base = HUNDRED + percent if mode == "Inclusive" else HUNDRED
    return rounded(amount * percent / base)


def line_net(line: Record, mode: str) -> Decimal:
    """A stored line's amount without tax."""
    amount = stored(line.get("LineAmount"))
    return amount - stored(line.get("TaxAmount")) if mode == "Inclusive" else amount


def totals(lines: Sequence[Record], mode: str) -> tuple[Decimal, Decimal, Decimal]:
    """(SubTotal, TotalTax, Total) of priced lines."""
    amount = sum((stored(line.get("LineAmount")) for line in lines), ZERO)
    tax = sum((stored(line.get("TaxAmount")) for line in lines), ZERO)
    return (amount - tax, tax, amount) if mode == "Inclusive" else (amount, tax, amount + tax)


def mode_of(value: object, default: str) -> str:
    """`LineAmountTypes` in Xero's spelling; raises Invalid for an unknown one."""
    if value in (None, ""):
        return default
    found = MODES.get(str(value).lower())
    if found is None:
        raise Invalid(f"The LineAmountTypes value '{value}' is not valid")
    return found


def price(
    line: Record, chart: Chart, mode: str, *, places: int, discounts: bool, free_tax: bool
) -> Record:
    """A line with amounts and tax filled in, from what a client sent.

    `places` are the decimals kept on unit amounts (2, or 4 with `unitdp=4`); `free_tax` lets the
    client overrule the computed tax. Raises Invalid with the text Xero would print.
    """
    found = dict(line)
    quantity, unit = _read(line, "Quantity"), _read(line, "UnitAmount")
    amount = _read(line, "LineAmount")
    if amount is None and unit is None and quantity is None:
        found.update(Quantity=ZERO, UnitAmount=ZERO, LineAmount=ZERO)
        amount = ZERO
    else:
        quantity = Decimal("1.0000") if quantity is None else rounded(quantity, 4)
        unit = None if unit is None else rounded(unit, places)
        amount = _amount(line, quantity, unit, amount, discounts=discounts)
        if unit is None:
            unit = rounded(amount / quantity, 4) if quantity else ZERO
        found.update(Quantity=quantity, UnitAmount=unit, LineAmount=amount)
    for field in ("DiscountRate", "DiscountAmount"):
        if line.get(field):
            found[field] = _read(line, field)
    if abs(amount) > MONEY_MAX:
        raise Invalid("The LineAmount is too large")
    if len(str(line.get("Description") or "")) > 4000:
        raise Invalid("The Description field cannot exceed 4000 characters")
    code(found, chart)
    tax(found, line, chart, mode, free_tax=free_tax)
    found.setdefault("Tracking", [])
    return found


def _read(line: Record, field: str) -> Decimal | None:
    try:
        return number(line.get(field))
    except ValueError:
        raise Invalid(f"{field} must be a number") from None


def _amount(
    line: Record,
    quantity: Decimal,
    unit: Decimal | None,
    amount: Decimal | None,
    *,
    discounts: bool,
) -> Decimal:
    percent, off = _read(line, "DiscountRate"), _read(line, "DiscountAmount")
    if (percent or off) and not discounts:
        raise Invalid("Discounts can only be applied to sales invoices and quotes")
    if unit is None:
        return rounded(amount if amount is not None else ZERO)
    expected = quantity * unit
    if percent:
        expected = expected * (HUNDRED - percent) / HUNDRED
    elif off:
        expected -= off
    expected = rounded(expected)
    if amount is not None and rounded(amount) != expected:
        raise Invalid(
            f"The line total {rounded(amount)} does not match the expected line total {expected}"
        )
    return expected


def code(line: Record, chart: Chart) -> None:
    """Find the account a line names and write both its names in; raises Invalid."""
    coded = line.get("AccountCode") or line.get("AccountID")
    if not coded:
        line.pop("AccountCode", None)
        line.pop("AccountID", None)
        return
    found = chart.line_account(line)
    if found is None or found.get("Type") == "BANK":
        raise Invalid(f"Account code '{coded}' is not a valid code for this document.")
    if found.get("Status") != "ACTIVE":
        raise Invalid(f"Account code '{coded}' has been archived or deleted.")
    if found.get("SystemAccount") in _CLOSED_TO_LINES:
        raise Invalid(f"Account code '{coded}' is a system account and cannot be used on a line.")
    line["AccountID"] = found["AccountID"]
    if found.get("Code"):
        line["AccountCode"] = found["Code"]


def tax(found: Record, sent: Record, chart: Chart, mode: str, *, free_tax: bool) -> None:
    """Write a line's tax type and amount in; raises Invalid."""
    coded = chart.line_account(found)
    tax_type = found.get("TaxType") or (coded or {}).get("TaxType") or "NONE"
    rate = chart.tax_rates.get(tax_type)
    if rate is None or rate.get("Status", "ACTIVE") != "ACTIVE":
        raise Invalid(
            f"The TaxType code '{tax_type}' does not exist or cannot be used for this type of "
            "transaction."
        )
    if coded is not None and coded.get("TaxType") != tax_type and mode != "NoTax":
        use = {"ASSET": "Assets", "EQUITY": "Equity", "LIABILITY": "Liabilities"}
        use |= {"EXPENSE": "Expenses", "REVENUE": "Revenue"}
        if rate.get("CanApplyTo" + use.get(str(coded.get("Class")), "Assets")) is False:
            raise Invalid(
                f"The TaxType code '{tax_type}' cannot be used with account code "
                f"'{coded.get('Code')}'."
            )
    expected = line_tax(found["LineAmount"], chart.percent(tax_type) or ZERO, mode)
    given = _read(sent, "TaxAmount")
    if given is not None and mode != "NoTax" and rounded(given) != expected:
        if not free_tax:
            raise Invalid(
                f"The tax amount {rounded(given)} does not match the expected tax {expected}"
            )
        expected = rounded(given)
    found["TaxType"], found["TaxAmount"] = tax_type, expected


def merge_lines(old: Sequence[Record], sent: Sequence[Record]) -> list[Record]:
    """Lines after an update: known ids changed in place, others new, those not sent gone.

    A computed figure that a new price, amount or tax type overtakes is dropped, to be priced anew.
    """
    known = {line["LineItemID"]: line for line in old if line.get("LineItemID")}
    merged = []
    for line in sent:
        before = known.get(guid(line.get("LineItemID")))
        after = {**(before or {}), **line}
        if before is None:
            after.pop("LineItemID", None)
        else:
            repriced = line.keys() & {"UnitAmount", "Quantity", "DiscountRate", "DiscountAmount"}
            overtaken = {
                "LineAmount": repriced,
                "UnitAmount": "LineAmount" in line,
                "TaxAmount": repriced or line.keys() & {"LineAmount", "TaxType"},
                "AccountCode": "AccountID" in line,
                "AccountID": "AccountCode" in line,
            }
            for field, stale in overtaken.items():
                if stale and field not in line:
                    after.pop(field, None)
        merged.append(after)
    return merged
