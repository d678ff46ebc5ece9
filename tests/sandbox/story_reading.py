"""The story told on several days, and its statement files read back by other means than ours."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from decimal import Decimal

import pytest

from worker.sandbox.story import Story, build

SEEDS_AND_DAYS = [
    (1, date(2026, 11, 24)),
    (2, date(2024, 2, 29)),
    (3, date(2027, 1, 1)),
    (4, date(2026, 3, 31)),
    (5, date(2026, 4, 5)),
    (6, date(2025, 12, 31)),
    (7, date(2026, 8, 1)),
    (99, date(2023, 3, 1)),
]
TELLINGS = {(seed, today): build(seed, today) for seed, today in SEEDS_AND_DAYS}
each_telling = pytest.mark.parametrize(
    ("today", "story"), [(today, story) for (_, today), story in TELLINGS.items()]
)


class Row(dict[str, str]):
    """One line read back from a statement file: account, date, amount, text, balance, ref."""


def read_csv(content: bytes) -> list[Row]:
    rows = []
    for printed in csv.DictReader(io.StringIO(content.decode(), newline="")):
        day = "-".join(reversed(printed["Date"].split("/")))
        amount = Decimal(printed["Paid In"] or 0) - Decimal(printed["Paid Out"] or 0)
        rows.append(
            Row(
                date=day,
                amount=str(amount),
                text=printed["Description"],
                balance=printed["Balance"],
                ref=printed["Bank Reference"],
                counterparty=printed["Counterparty Account"],
            )
        )
    return rows


def read_ofx(content: bytes) -> tuple[list[Row], Decimal]:
    text = content.decode("ascii")
    pattern = (
        r"<DTPOSTED>(\d{4})(\d\d)(\d\d)<TRNAMT>(-?[\d.]+)<FITID>(\w+)<NAME>[^<]*<MEMO>([^<]*)</STM"
    )
    rows = [
        Row(date=f"{y}-{m}-{d}", amount=amount, ref=ref, text=memo)
        for y, m, d, amount, ref, memo in re.findall(pattern, text)
    ]
    closing = re.search(r"<LEDGERBAL><BALAMT>(-?[\d.]+)<", text)
    assert closing
    return rows, Decimal(closing[1])


def all_rows(story: Story) -> list[Row]:
    rows = []
    for file in story.statements:
        found = read_csv(file.content) if file.account_code == "090" else read_ofx(file.content)[0]
        rows += [Row(row, account=file.account_code) for row in found]
    return rows


def closing_balance(story: Story, account: str) -> Decimal:
    last = [file for file in story.statements if file.account_code == account][-1]
    if account == "090":
        return Decimal(read_csv(last.content)[-1]["balance"])
    return read_ofx(last.content)[1]


def open_rows(story: Story) -> list[Row]:
    return [row for row in all_rows(story) if story.truths[row["ref"]].kind != "history"]
