"""A bank line the ledger already holds is explained; one it may hold is blocked, never posted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.matching.makers import DAY, a_line
from worker.books.records import BankLine, CashRecord
from worker.matching.explained import pair


def a_record(days: int = 0, amount: str = "50.00", **more: object) -> CashRecord:
    """A reconciled payment so many days after 10 March."""
    record = CashRecord(
        id=f"r{days}{amount}",
        kind="payment",
        account_id="acc-main",
        date=DAY + timedelta(days),
        amount=Decimal(amount),
        contact_id="acme",
        contact_name="Acme Widgets",
        reference="",
        is_reconciled=True,
    )
    return replace(record, **more)  # type: ignore[arg-type]


def line(days: int = 0, payee: str = "", **more: object) -> BankLine:
    return a_line("50.00", payee, id=f"L{days}{payee}", date=DAY + timedelta(days), **more)


NOT_TICKED = {"is_reconciled": False}


@pytest.mark.parametrize(
    ("lines", "records", "explained", "blocked"),
    [
        ([line()], [a_record()], {"L0": "r050.00"}, set()),
        ([line()], [a_record(-10)], {"L0": "r-1050.00"}, set()),
        ([line()], [a_record(-11)], {}, set()),
        ([line()], [a_record(5)], {"L0": "r550.00"}, set()),
        ([line()], [a_record(6)], {}, set()),
        ([line()], [a_record(0, "50.01")], {}, set()),
        ([line()], [a_record(0, "-50.00")], {}, set()),
        ([line()], [a_record(0, account_id="other")], {}, set()),
        ([line()], [a_record(0, **NOT_TICKED)], {"L0": "r050.00"}, set()),
        ([line()], [a_record(-40, **NOT_TICKED)], {}, {"L0"}),
        ([line()], [a_record(-181, **NOT_TICKED)], {}, set()),
        ([line(), line(1)], [a_record(), a_record(1)], {"L0": "r050.00", "L1": "r150.00"}, set()),
        ([line(), line(2)], [a_record(1)], {}, {"L0", "L2"}),
        (
            [line(), line(2)],
            [a_record(2, reference="ACME TO-4C2P4M2", **NOT_TICKED)],
            {"L2": "r250.00"},
            set(),
        ),
        ([line(3)], [a_record(0), a_record(3)], {"L3": "r350.00"}, set()),
        ([line(3)], [a_record(0), a_record(2)], {}, {"L3"}),
        (
            [line(0, "BOLT GLASS"), line(1, "ACME WIDGETS")], [a_record(0)],
            {"L1ACME WIDGETS": "r050.00"}, set(),
        ),
        (
            [line(0)], [a_record(0), a_record(0, id="typed in", **NOT_TICKED)],
            {"L0": "r050.00"}, set(),
        ),
        (
            [line(0), line(0, "x")], [a_record(0, **NOT_TICKED)],
            {}, {"L0", "L0x"},
        ),
    ],
    ids=[
        "same day", "cleared ten days later", "eleven days later", "five days before",
        "six days before", "a penny off", "sign flipped", "other account", "not ticked yet",
        "old cheque not ticked", "too old to matter", "two and two", "two lines, one record",
        "two lines, the record we wrote for one", "one line, the record of its day",
        "one line, two records on other days",
        "told apart by name", "reconciled goes first", "two lines, one typed in by hand",
    ],
)  # fmt: skip
def test_lines_are_paired_with_what_the_ledger_holds(
    lines: list[BankLine],
    records: list[CashRecord],
    explained: dict[str, str],
    blocked: set[str],
) -> None:
    found = pair(lines, records)

    assert {line_id: record.id for line_id, record in found.explained} == explained
    assert {line_id for line_id, _, _ in found.blocked} == blocked
    assert all(sentence for _, _, sentence in found.blocked)


@pytest.mark.parametrize(
    ("amounts", "blocked"), [(("20.00", "30.00"), True), (("20.00", "29.99"), False)]
)
def test_a_deposit_of_several_records_typed_in_by_hand_is_blocked(
    amounts: tuple[str, str], blocked: bool
) -> None:
    records = [a_record(-n, amount, **NOT_TICKED) for n, amount in enumerate(amounts)]

    assert bool(pair([line()], records).blocked) is blocked


def test_both_legs_of_a_transfer_are_explained_by_the_one_record() -> None:
    legs = [
        replace(a_line("-50.00", id="out"), account_id="acc-main"),
        replace(a_line("50.00", id="in"), account_id="acc-save"),
    ]
    records = [
        a_record(0, "-50.00", id="t", kind="transfer_out"),
        a_record(0, "50.00", id="t", kind="transfer_in", account_id="acc-save"),
    ]

    assert {line_id for line_id, _ in pair(legs, records).explained} == {"out", "in"}


@given(
    st.lists(st.integers(0, 30), max_size=8),
    st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=8),
)
def test_pairing_is_one_to_one_and_within_the_window(
    line_days: list[int], record_days: list[tuple[int, bool]]
) -> None:
    lines = [replace(line(day), id=f"l{n}") for n, day in enumerate(line_days)]
    records = [
        a_record(day, id=f"r{n}", is_reconciled=ticked)
        for n, (day, ticked) in enumerate(record_days)
    ]

    found = pair(lines, records)

    dates = {each.id: each.date for each in lines}
    assert len({record.id for _, record in found.explained}) == len(found.explained)
    for line_id, record in found.explained:
        assert -5 <= (dates[line_id] - record.date).days <= 10
    assert not {i for i, _ in found.explained} & {i for i, _, _ in found.blocked}
    assert pair(lines[::-1], records[::-1]) == found
