"""Completeness: how many of a month's bank lines the books hold, said before any profit figure."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from worker.books.period import Month
from worker.reports.words import counted, day, in_and_out, listed

Continuity = Literal["proved", "gap", "not provable"]


@dataclass(frozen=True, slots=True)
class AccountCoverage:
    """One bank account in one month; money in and out both positive, in the account's currency."""

    account_id: str
    name: str
    currency: str
    in_books: int
    waiting: int
    waiting_in: Decimal
    waiting_out: Decimal
    last_bank_day: date | None
    """Of any line or statement seen, in this month or later; None where none was."""
    continuity: Continuity
    continuity_note: str = ""
    """The days of a gap, or why nothing can be proved."""

    @property
    def lines(self) -> int:
        return self.in_books + self.waiting


@dataclass(frozen=True, slots=True)
class Completeness:
    """What the month's profit figure rests on, by account."""

    month: Month
    accounts: tuple[AccountCoverage, ...]

    @property
    def lines(self) -> int:
        return sum(account.lines for account in self.accounts)

    @property
    def in_books(self) -> int:
        return sum(account.in_books for account in self.accounts)

    @property
    def waiting(self) -> int:
        return self.lines - self.in_books

    @property
    def sentence(self) -> str:
        """The line that stands first: how much of the month is in this profit figure."""
        return f"{self._counts} {self._last_days}".strip()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why this month cannot be called final yet, a clause each; empty where nothing is open."""
        found = []
        for account in self.accounts:
            if account.last_bank_day is None:
                found.append(f"no statement seen for {account.name}")
            elif account.last_bank_day < self.month.last_day:
                found.append(f"{account.name} is seen only to {day(account.last_bank_day)}")
            if account.continuity == "gap":
                why = f" ({account.continuity_note})" if account.continuity_note else ""
                found.append(f"statements of {account.name} have a gap{why}")
        if self.waiting:
            verb = "is" if self.waiting == 1 else "are"
            found.append(f"{counted(self.waiting, 'bank line')} {verb} not in the books")
        return tuple(found)

    @property
    def _counts(self) -> str:
        month = calendar.month_name[self.month.month]
        if not self.lines:
            return f"No {month} bank lines were seen: this profit figure rests on Xero alone."
        if not self.waiting:
            return f"{month} bank lines: all {self.lines:,} are in the books."
        sums = in_and_out(
            (amount, account.currency)
            for account in self.accounts
            for amount in (account.waiting_in, -account.waiting_out)
        )
        verb = "is" if self.waiting == 1 else "are"
        told = f" ({sums})" if sums else ""
        return (
            f"{month} bank lines: {self.in_books:,} of {self.lines:,} are in the books; "
            f"{self.waiting:,}{told} {verb} not in this profit figure."
        )

    @property
    def _last_days(self) -> str:
        days = {account.last_bank_day for account in self.accounts}
        if not self.accounts:
            return ""
        if len(days) == 1 and None not in days:
            return f"Last bank day: {day(next(d for d in days if d))}."
        each = [
            f"{a.name} {day(a.last_bank_day) if a.last_bank_day else 'none seen'}"
            for a in self.accounts
        ]
        return f"Last bank day: {listed(each)}."


def completeness(month: Month, accounts: Sequence[AccountCoverage]) -> Completeness:
    """The month's coverage over all bank accounts, in the order given."""
    return Completeness(month, tuple(accounts))
