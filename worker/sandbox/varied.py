"""Answers as Xero also gives them: numbers in quotes, and what a later version will bring.

Both are legal for Xero and off unless switched on (see `Readings`). About every third number is
quoted, the same ones in the same answer.
"""

from __future__ import annotations

import re
from itertools import count
from zlib import crc32

from worker.sandbox.readings import Readings

_MONEY = re.compile(
    r'"(AmountDue|AmountPaid|Total|SubTotal|TotalTax|Amount|LineAmount)":(-?[\d.]+)'
)
_CLASS = re.compile(r'"Class":"(?:DEMO|TRIAL|STARTER|STANDARD|PREMIUM[A-Z_0-9]*|LEDGER)"')


def varied(texts: list[str], readings: Readings) -> list[str]:
    """The JSON texts of records, varied as the readings say."""
    if readings.numbers_as_text:
        turn = count()

        def quoted(found: re.Match[str]) -> str:
            name, digits = found.groups()
            return found[0] if crc32(b"%d" % next(turn)) % 3 else f'"{name}":"{digits}"'

        texts = [_MONEY.sub(quoted, text) for text in texts]
    if readings.unknown_fields:
        texts = [_CLASS.sub('"Class":"OF_TOMORROW"', text) for text in texts]
        texts = [f'{text[:-1]},"FieldOfTomorrow":{{"Value":[1,null]}}}}' for text in texts]
    return texts
