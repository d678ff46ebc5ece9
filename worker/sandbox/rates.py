"""Exchange rates, as the books themselves know them.

Xero would ask a rate service; the sandbox never leaves the machine, so a currency is worth what
the newest document in it says. Rates are units of the currency per unit of base currency.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from worker.sandbox.store import Store


def known_rate(store: Store, currency: str, day: date = date.max) -> Decimal | None:
    """The rate of the newest document of a currency up to `day`; None where there is none."""
    found = store.rows(
        "SELECT json_extract(json, '$.CurrencyRate') FROM record"
        " WHERE kind IN ('Invoices', 'CreditNotes', 'BankTransactions')"
        " AND currency = ? AND date <= ? AND status IN ('AUTHORISED', 'PAID')"
        " AND json_extract(json, '$.CurrencyRate') > 0 ORDER BY date DESC, id LIMIT 1",
        (currency, day.isoformat()),
    )
    return Decimal(str(found[0][0])) if found else None
