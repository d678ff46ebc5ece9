from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from worker.books.decisions import Share
from worker.posting import keys

BASE = {
    "organisation_id": "o1",
    "kind": "payment",
    "line_ids": ("L1",),
    "account_id": "a1",
    "day": date(2026, 3, 4),
    "amount": Decimal("1250.00"),
    "shares": (Share("d1", "INV-1", Decimal("1250.00")),),
}


def test_the_same_write_means_the_same_whatever_its_spelling() -> None:
    respelt = BASE | {
        "amount": Decimal("1250"),
        "shares": (Share("d1", "another label", Decimal("1.25E+3")),),
    }

    assert keys.meaning(**respelt) == keys.meaning(**BASE)


@pytest.mark.parametrize(
    "change",
    [
        {"organisation_id": "o2"},
        {"kind": "batch_payment"},
        {"line_ids": ("L2",)},
        {"line_ids": ("L1", "L2")},
        {"account_id": "a2"},
        {"day": date(2026, 3, 5)},
        {"amount": Decimal("1250.01")},
        {"shares": (Share("d2", "INV-1", Decimal("1250.00")),)},
        {"shares": ()},
        {"credit_id": "c1"},
        {"to_account_id": "a2"},
        {"generation": 2},
    ],
)
def test_any_other_write_means_something_else(change: dict[str, object]) -> None:
    assert keys.meaning(**(BASE | change)) != keys.meaning(**BASE)


def test_lines_and_documents_count_as_sets() -> None:
    one, two = Share("d1", "A", Decimal(1)), Share("d2", "B", Decimal(2))
    forward = keys.meaning(**(BASE | {"line_ids": ("L1", "L2"), "shares": (one, two)}))
    backward = keys.meaning(**(BASE | {"line_ids": ("L2", "L1"), "shares": (two, one)}))

    assert forward == backward


def test_a_code_is_ten_characters_a_person_can_retype() -> None:
    code = keys.code(keys.meaning(**BASE))

    assert len(code) == 10
    assert code.startswith("TO-")
    assert not set(code[3:]) & set("ILOU")


def test_codes_of_ten_thousand_meanings_hardly_meet() -> None:
    codes = {keys.code(keys.meaning(**(BASE | {"line_ids": (f"L{i}",)}))) for i in range(10_000)}

    assert len(codes) >= 9_998


def test_a_dispatch_key_is_the_same_in_any_order_and_fits_the_header() -> None:
    key = keys.dispatch_key(["a", "b", "c"])

    assert key == keys.dispatch_key(["c", "a", "b"])
    assert key != keys.dispatch_key(["a", "b"])
    assert len(key) == 64
