"""Rule 17, in full: no order of legal and illegal acts brings the books out of joint."""

from __future__ import annotations

import os
from collections import Counter
from decimal import Decimal

import pytest

from tests.sandbox.any_order import Hands, a_desk
from tests.sandbox.desk import Desk
from worker.sandbox.check import check
from worker.sandbox.wire import to_minor

ACTS = 300
# The slow group plays as many as its time allows; `make campaigns` plays two hundred.
SEEDS = int(os.environ.get("SEEDS", "24"))
SIGNS = {
    ("Invoices", "ACCREC"): ("DEBTORS", 1),
    ("Invoices", "ACCPAY"): ("CREDITORS", -1),
    ("CreditNotes", "ACCRECCREDIT"): ("DEBTORS", -1),
    ("CreditNotes", "ACCPAYCREDIT"): ("CREDITORS", 1),
    ("Overpayments", "RECEIVE-OVERPAYMENT"): ("DEBTORS", -1),
    ("Overpayments", "SPEND-OVERPAYMENT"): ("CREDITORS", 1),
}


def open_by_currency(desk: Desk) -> Counter[tuple[str, str]]:
    """What open documents say of the control accounts, read through the API."""
    found: Counter[tuple[str, str]] = Counter()
    for (kind, wanted), (role, sign) in SIGNS.items():
        for record in desk.listed(kind, page=1, pageSize=1000):
            if record["Type"] == wanted and record["Status"] == "AUTHORISED":
                left = record.get("AmountDue", record.get("RemainingCredit"))
                found[role, record["CurrencyCode"]] += sign * to_minor(Decimal(left), "GBP")
    return found


def control_by_currency(desk: Desk) -> Counter[tuple[str, str]]:
    """What the ledger says of them."""
    found: Counter[tuple[str, str]] = Counter()
    for role in ("DEBTORS", "CREDITORS"):
        for currency, units in desk.store.rows(
            "SELECT currency, SUM(foreign_amount) FROM ledger_line"
            " WHERE account_id = ? AND basis <> 'cash' GROUP BY currency",
            (desk.store.system_account(role)["AccountID"],),
        ):
            found[role, currency] += units
    return found


def three_hundred_acts(seed: int) -> None:
    desk = a_desk()
    hands, answers = Hands(desk, seed), Counter[int]()
    try:
        for done in range(1, ACTS + 1):
            reply = hands.act()
            if reply is not None:
                answers[reply.status_code] += 1
                assert reply.status_code in (200, 400, 404), reply.text
            if done % 60 == 0:
                assert check(desk.store) == []
        debits = {basis: sum(desk.trial(basis).values()) for basis in ("accrual", "cash")}
        assert debits == {"accrual": 0, "cash": 0}
        assert +control_by_currency(desk) == +open_by_currency(desk)
        assert -control_by_currency(desk) == -open_by_currency(desk)
        assert answers[200] > 60
        assert answers[400] > 20
    finally:
        desk.close()


@pytest.mark.parametrize("seed", range(3))
def test_rule_17_three_hundred_acts_in_any_order_leave_the_books_whole(seed: int) -> None:
    three_hundred_acts(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 3 + SEEDS))
def test_rule_17_three_hundred_acts_of_many_seeds(seed: int) -> None:
    three_hundred_acts(seed)
