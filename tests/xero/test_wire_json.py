"""Envelopes keep each row's own text; bodies carry each amount's own digits."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.xero.wire_json import Garbled, encode, read_envelope

ROWS = '[{"Id": "a", "Total": 10.00} , {"Id":"b","Name":"\\"Invoices\\":[1]"}]'


def test_each_row_keeps_its_text_exactly_as_it_came() -> None:
    before = '\ufeff {"Status":"OK", "DateTimeUTC":"/Date(1774947600000)/", "Invoices" : '

    envelope = read_envelope(f"{before}{ROWS} }}\n".encode(), "Invoices")

    assert [raw for _, raw in envelope.rows] == [
        '{"Id": "a", "Total": 10.00}',
        '{"Id":"b","Name":"\\"Invoices\\":[1]"}',
    ]
    assert envelope.rows[0][0]["Total"] == Decimal("10.00")
    assert str(envelope.server_time) == "2026-03-31 09:00:00+00:00"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"<html><body>Service down</body></html>", "HTML"),
        (b'{"Status":"OK","Invoices":[{"Total":1.5},{"To', "broken JSON"),
        (b'{"Status":"OK","Invoices":[{"Total":1.5}', "broken JSON"),
        (b'{"Status":"OK","Invoices":[1,]}', "broken JSON"),
        (b'{"Status":"OK"}', "without Invoices"),
        (b'{"Status":"OK","Invoices":null}', "without Invoices"),
        (b'{"Invoices":[]} trailing', "broken JSON"),
        (b'{"Invoices":[{"Total":NaN}]}', "broken JSON"),
        (b"[]", "broken JSON"),
        (b"\xff\xfe{}", "UTF-8"),
        (b'{"Invoices":' + b"[" * 100_000, "broken JSON"),
    ],
)
def test_an_answer_that_is_not_the_list_asked_for_is_garbled_and_never_empty(
    body: bytes, why: str
) -> None:
    with pytest.raises(Garbled, match=why):
        read_envelope(body, "Invoices")


@pytest.mark.parametrize("amount", ["0.10", "1250.50", "1E+3", "9999999999.99", "0.0001", "-4.20"])
def test_an_amount_goes_out_with_its_own_digits_and_no_exponent(amount: str) -> None:
    written = encode({"Amount": Decimal(amount)})

    assert written == b'{"Amount":%s}' % format(Decimal(amount), "f").encode()


def test_a_float_never_goes_out() -> None:
    with pytest.raises(TypeError, match="float"):
        encode({"Amount": 0.1})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_what_is_written_reads_back_the_same(value: object) -> None:
    clean = json.loads(json.dumps(value).encode("utf-8", "replace"))

    assert json.loads(encode({"b": clean, "a": 1})) == {"a": 1, "b": _sent(clean)}


def _sent(value: object) -> object:
    """Half characters cannot be sent; they go as question marks."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return [_sent(each) for each in value] if isinstance(value, list) else value
