"""The month-end revaluation of foreign balances, which no record of the API shows.

On the last day of a month receivables, payables and bank accounts in a foreign currency are worth
what that day's rate says; the difference is an unrealised gain, and is taken back the next day.
Nothing is posted: a report sees it, and a late edit is revalued with the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from worker.sandbox.rates import known_rate
from worker.sandbox.store import Store
from worker.sandbox.wire import Record, from_minor, to_minor

_CONTROLS = ("DEBTORS", "CREDITORS")


def unrealised(
    store: Store, accounts: Mapping[str, Record], base: str, view: str, day: date
) -> dict[str, int]:
    """What the revaluation adds to each account at `day`, base minor units, debit +; sums to 0.

    Empty on any day but a month's last. `view` is accrual or cash.
    """
    if (day + timedelta(1)).day != 1:
        return {}
    gains = {str(a.get("SystemAccount")): key for key, a in accounts.items()}
    found: dict[str, int] = {}
    for account_id, currency, amount, units in _standing(store, accounts, base, view, day):
        rate = known_rate(store, currency, day)
        if rate is None:
            continue
        worth = to_minor(from_minor(units, currency) / rate, base)
        bank = accounts[account_id].get("Type") == "BANK"
        against = gains["BANKCURRENCYGAIN" if bank else "UNREALISEDCURRENCYGAIN"]
        found[account_id] = found.get(account_id, 0) + worth - amount
        found[against] = found.get(against, 0) - (worth - amount)
    return found


def _standing(
    store: Store, accounts: Mapping[str, Record], base: str, view: str, day: date
) -> list[tuple[str, str, int, int]]:
    """What stands on the monetary accounts in each foreign currency: base and own minor units."""
    monetary = [
        key
        for key, account in accounts.items()
        if account.get("SystemAccount") in _CONTROLS or account.get("Type") == "BANK"
    ]
    found = store.rows(
        "SELECT account_id, currency, SUM(amount), SUM(foreign_amount) FROM ledger_line"
        f" WHERE account_id IN ({','.join('?' * len(monetary))}) AND date <= ?"
        " AND currency <> ? AND basis IN ('both', ?) GROUP BY account_id, currency",
        (*monetary, day.isoformat(), base, view),
    )
    return [(account_id, currency, amount, units) for account_id, currency, amount, units in found]
