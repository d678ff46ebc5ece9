"""Each sample file reads as the JSON beside it says; those were written by hand from the file."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from worker.bank.balances import walk
from worker.bank.statement import read_statement
from worker.books.records import Statement
from worker.errors import BadInput

SAMPLES = sorted(
    path for path in (Path(__file__).parent / "samples").iterdir() if path.suffix != ".json"
)


def amount(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def told(found: Statement) -> dict[str, Any]:
    """What the JSON beside a sample says, of the statement."""
    return {
        "opening": amount(found.opening),
        "closing": amount(found.closing),
        "pending_dropped": found.pending_dropped,
        "repeated": sorted(walk(found.lines).repeated),
        "lines": [
            [
                str(line.date),
                str(line.amount),
                " ".join(filter(None, (line.payee, line.reference, line.description))),
                line.place,
            ]
            for line in found.lines
        ],
    }


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_sample_reads_as_expected(sample: Path) -> None:
    expected = json.loads(sample.with_name(sample.name + ".json").read_text("utf-8"))
    profile, currency = expected.pop("profile"), expected.pop("currency")

    def gate() -> Statement:
        return read_statement(
            sample, account_code="090", currency=currency, profile=profile,
            today=date(2026, 4, 2),
        )  # fmt: skip

    if "refused" in expected:
        with pytest.raises(BadInput) as refusal:
            gate()
        assert str(refusal.value) == expected["refused"]
    else:
        assert told(gate()) == expected
