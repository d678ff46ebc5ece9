"""A document's lines, totals and currency, from what it was and what a client sent."""

from __future__ import annotations

from decimal import Decimal

from worker.sandbox import items, lines
from worker.sandbox.errors import Invalid
from worker.sandbox.rates import known_rate
from worker.sandbox.session import Session
from worker.sandbox.wire import ZERO, Record, stored

_RATE_APART = Decimal("0.5")


def fill(
    session: Session,
    new: Record,
    before: Record,
    sent: Record,
    *,
    approved: bool,
    sales: bool,
    discounts: bool,
) -> None:
    """Price a document's lines and total them; raises Invalid.

    `approved`: lines must be coded; `sales`: items give their sales price, not their purchase
    price; `discounts`: lines may be discounted.
    """
    mode = lines.mode_of(sent.get("LineAmountTypes"), before.get("LineAmountTypes") or "Exclusive")
    given = sent.get("LineItems")
    if isinstance(given, dict):
        given = [given]
    if given is not None and not (
        isinstance(given, list) and all(isinstance(line, dict) for line in given)
    ):
        raise Invalid("LineItems must be a list of lines")
    if given is not None:
        given = items.fill_lines(session, given, sales=sales)
    if given is None and mode == before.get("LineAmountTypes"):
        priced = before.get("LineItems") or []
    else:
        held = before.get("LineItems") or []
        wanted = lines.merge_lines(held, given if given is not None else held)
        if given is None:
            wanted = [{k: v for k, v in line.items() if k != "TaxAmount"} for line in wanted]
        priced = [
            lines.price(
                line,
                session.chart,
                mode,
                places=session.places,
                discounts=discounts,
                free_tax=True,
            )
            for line in wanted
        ]
        for line in priced:
            line["LineItemID"] = line.get("LineItemID") or session.store.new_id()
    if approved and not priced:
        raise Invalid("One or more line items must be specified")
    if (
        approved
        and before.get("Status") not in ("AUTHORISED", "PAID")
        and any(stored(line["LineAmount"]) and not line.get("AccountID") for line in priced)
    ):
        raise Invalid("Account code must be specified on each line of an approved document")
    subtotal, tax, total = lines.totals(priced, mode)
    if total < 0:
        raise Invalid("The total of the document cannot be negative")
    new.update(LineAmountTypes=mode, LineItems=priced)
    new.update(SubTotal=subtotal, TotalTax=tax, Total=total)
    discount = sum((_discount(line) for line in priced), ZERO)
    new.pop("TotalDiscount", None)
    if discount:
        new["TotalDiscount"] = discount
    currency = session.currency(sent.get("CurrencyCode") or before.get("CurrencyCode"))
    rate = session.rate(sent) if currency != session.base else Decimal(1)
    new["CurrencyCode"] = currency
    if rate is None:
        same = before.get("CurrencyCode") == currency
        rate = stored(before["CurrencyRate"]) if same else session.usual_rate(currency)
    elif currency != session.base:
        known = known_rate(session.store, currency)
        if known is not None and abs(rate / known - 1) > _RATE_APART:
            session.warnings.append(
                f"The CurrencyRate {rate} is far from {known}, the rate of {currency} so far"
            )
    new["CurrencyRate"] = rate


def _discount(line: Record) -> Decimal:
    if not (line.get("DiscountRate") or line.get("DiscountAmount")):
        return ZERO
    gross = stored(line.get("Quantity")) * stored(line.get("UnitAmount"))
    return max(ZERO, (gross - stored(line["LineAmount"])).quantize(ZERO))
