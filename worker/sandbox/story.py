"""The story the sandbox tells: one small company, some fourteen months, every hard case once.

Larkfield Signs Ltd makes signs in Leeds. All but the last weeks of its money is paid, in the
ledger and reconciled; the last six weeks are at the bank only. Same seed and day, same story.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from worker.sandbox import (
    statements,
    story_cases_in,
    story_cases_out,
    story_history,
    story_json,
    story_routine,
)
from worker.sandbox.story_book import Book
from worker.sandbox.story_parts import BankLine, StatementFile, Story, Truth, money

# What the owner of this company has declared, in the words of the worker's configuration.
DISCOUNT: dict[str, Any] = {
    "contact": "Northgate Veterinary Group Ltd",
    "percent": Decimal(2),
    "days": 10,
    "base": "gross",
    "tax": "adjust",
    "account": "420",
}
_EASY_RECEIPTS, _EASY_PAYMENTS = 18, 11

__all__ = ["DISCOUNT", "StatementFile", "Story", "Truth", "build"]


def build(seed: int, today: date) -> Story:
    """Books, statement files and truths of the company as they stand on `today`.

    Pure: `seed` and `today` decide everything. The period lock of the organisation lies 38 days
    back, so that two open lines fall on or before it.
    """
    book = Book(seed, today)
    acts = [case(book) for case in (*story_cases_in.CASES, *story_cases_out.CASES)]
    for act in acts:
        next(act)
    mistyped = story_cases_in.transposed_invoice(book)
    story_history.plan(book)
    book.number_documents(typed_wrong=mistyped)
    story_history.settle(book)
    story_routine.write(book)
    for act in acts:
        next(act, None)
    story_cases_in.transposed(book, mistyped)
    story_history.open_lines(book, _EASY_RECEIPTS, _EASY_PAYMENTS)
    files = statements.files(book.lines, today)
    truths = {line.bank_reference: line.truth for line in book.lines}
    return Story(story_json.books(book), files, truths, _feed(book.lines))


def _feed(lines: Sequence[BankLine]) -> tuple[dict[str, Any], ...]:
    """The lines as Xero's own feed delivers them: each movement of money once."""
    return tuple(
        {
            "id": line.bank_reference,
            "accountCode": line.account_code,
            "date": line.date.isoformat(),
            "amount": money(line.amount),
            "payee": line.payee or line.text,
            "reference": line.reference or line.text,
        }
        for line in lines
        if not line.repeats_row
    )
