"""Months and spans of days, inclusive at both ends, as bookkeepers say them."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from worker.errors import Refused


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One calendar month: Month(2026, 3); str() is "2026-03"."""

    year: int
    month: int

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def plus(self, months: int) -> Month:
        """The month so many months later (earlier where negative)."""
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    @property
    def title(self) -> str:
        return f"{calendar.month_name[self.month]} {self.year}"

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """Month from "2026-03"; raises Refused with the form wanted."""
        found = re.fullmatch(r"(\d{4})-(\d{2})", text.strip())
        if not found or not 1 <= int(found[2]) <= 12:
            raise Refused(f"{text!r} is no month; write it as 2026-03")
        return cls(int(found[1]), int(found[2]))


def last_complete_month(today: date) -> Month:
    """The latest month whose last day is before or on `today`."""
    this = Month.of(today)
    return this if today == this.last_day else this.plus(-1)


def days_between(start: date, end: date) -> int:
    """Signed days from start to end."""
    return (end - start) // timedelta(days=1)
