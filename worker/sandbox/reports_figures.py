"""Sums over the ledger, and the parameters that choose them.

Everything here is base-currency minor units, debit positive. The cash view (`paymentsOnly`)
reads the lines of basis both and cash, the accrual view both and accrual.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property

from worker.sandbox.errors import refusal
from worker.sandbox.reports_rows import row, text
from worker.sandbox.revaluation import unrealised
from worker.sandbox.store import Store
from worker.sandbox.wire import Record, day_of, flag, guid, loads

Sums = dict[str, int]
_STEPS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
SPAN_DAYS_MAX = 366


class Figures:
    """The ledger of one set of books, read on one basis and, where asked, under some options.

    `tracked` holds for every sum; foreign balances are revalued at month-ends.
    """

    def __init__(self, store: Store, *, cash: bool) -> None:
        self.store = store
        self.view = "cash" if cash else "accrual"
        self.tracked: tuple[Tracked, ...] = ()
        self._revalued: dict[date, Sums] = {}
        self.organisation = store.organisation()
        self.currency = str(self.organisation.get("BaseCurrency", "GBP"))

    @cached_property
    def accounts(self) -> dict[str, Record]:
        """The chart by AccountID, in the order reports print it."""
        return {str(account["AccountID"]): account for account in self.store.accounts()}

    def sums(self, first: date | None, last: date, *tracked: Tracked) -> Sums:
        """Each account's movement from `first` (None: ever) to `last`, both included.

        With the revaluation of `last` where that is a month-end, less that of the day before
        `first`.
        """
        sums = self.posted(first, last, *tracked)
        if all(each.holds([]) for each in (*self.tracked, *tracked)):
            for account_id, amount in self._revaluation(last).items():
                sums[account_id] = sums.get(account_id, 0) + amount
            if first is not None and first > date.min:
                for account_id, amount in self._revaluation(first - timedelta(1)).items():
                    sums[account_id] = sums.get(account_id, 0) - amount
        return sums

    def _revaluation(self, day: date) -> Sums:
        if day not in self._revalued:
            self._revalued[day] = unrealised(
                self.store, self.accounts, self.currency, self.view, day
            )
        return self._revalued[day]

    def posted(self, first: date | None, last: date, *tracked: Tracked) -> Sums:
        """The same without any revaluation."""
        found = self.store.rows(
            "SELECT account_id, tracking, SUM(amount) FROM ledger_line "
            "WHERE basis IN ('both', ?) AND date >= ? AND date <= ? GROUP BY account_id, tracking",
            (self.view, (first or date.min).isoformat(), last.isoformat()),
        )
        sums: Sums = {}
        for account_id, marks, amount in found:
            held = loads(marks) if marks else []
            if all(each.holds(held) for each in (*self.tracked, *tracked)):
                sums[account_id] = sums.get(account_id, 0) + amount
        return sums

    def year_start(self, day: date) -> date:
        """The first day of the financial year that holds `day`."""
        month = int(self.organisation.get("FinancialYearEndMonth") or 12)
        wanted = int(self.organisation.get("FinancialYearEndDay") or 31)
        ends = [_day_in(day.year - back, month, wanted) for back in (0, 1, 2)]
        return next(end for end in ends if end < day) + timedelta(1)

    def texts(self, amounts: Iterable[int]) -> list[str]:
        """Amounts as cells print them."""
        return [text(amount, self.currency) for amount in amounts]

    def row(self, account_id: str, amounts: Iterable[int]) -> Record:
        """A report's row about one account."""
        name = str(self.accounts[account_id]["Name"])
        return row(name, self.texts(amounts), ("account", account_id))

    def in_profit(self, account_id: str) -> bool:
        """Does the account belong to the profit and loss?"""
        return self.accounts[account_id].get("Class") in ("REVENUE", "EXPENSE")

    def profit(self, first: date | None, last: date) -> int:
        """Income less expenses; positive for a profit."""
        return -sum(a for key, a in self.sums(first, last).items() if self.in_profit(key))


class Tracked:
    """What is tracked under one option of a category, or (option None) under none of them."""

    def __init__(self, category: Record, option: Record | None) -> None:
        self._category, self._option = category, option

    def holds(self, marks: list[Record]) -> bool:
        """Lines name category and option by id, or by name alone."""
        under = [mark for mark in marks if _is(mark, self._category)]
        if self._option is None:
            return not under
        return any(_names(mark, self._option) for mark in under)


class Asked:
    """The query parameters of a report, by name in any case. Raises ApiError 400 for a bad one."""

    def __init__(self, params: Mapping[str, str]) -> None:
        self._params = {key.lower(): value for key, value in params.items()}

    def text(self, name: str) -> str | None:
        return self._params.get(name.lower()) or None

    def day(self, name: str) -> date | None:
        try:
            return day_of(self.text(name))
        except ValueError:
            raise refusal(f"The {name} parameter is not a valid date") from None

    def flag(self, name: str) -> bool:
        value = self.text(name)
        found = flag(value) if value else False
        if found is None:
            raise refusal(f"The {name} parameter must be true or false")
        return found

    def comparisons(self) -> tuple[int, int]:
        """How many earlier columns are wanted, and how many months lie between two columns."""
        timeframe = (self.text("timeframe") or "MONTH").upper()
        if timeframe not in _STEPS:
            raise refusal("The timeframe parameter must be MONTH, QUARTER or YEAR")
        return self.count("periods") or 0, _STEPS[timeframe]

    def count(self, name: str) -> int | None:
        """A whole number between 1 and 12."""
        said = self.text(name)
        if said is None:
            return None
        if not said.isdecimal() or not 1 <= int(said) <= 12:
            raise refusal(f"The {name} parameter must be a whole number between 1 and 12")
        return int(said)

    def span(self, today: date) -> tuple[date, date]:
        """`fromDate` to `toDate`; left out, the current month. A year at the most."""
        first, last = self.day("fromDate"), self.day("toDate")
        if first is None:
            first = (last or today).replace(day=1)
        if last is None:
            last = month_end(first)
        if last < first:
            raise refusal("The fromDate parameter must be before the toDate")
        if (last - first).days >= SPAN_DAYS_MAX:
            raise refusal("The date range must not be longer than 365 days")
        return first, last


def _is(mark: Record, category: Record) -> bool:
    if mark.get("TrackingCategoryID"):
        return guid(mark["TrackingCategoryID"]) == guid(category["TrackingCategoryID"])
    return bool(mark.get("Name") == category["Name"])


def _names(mark: Record, option: Record) -> bool:
    if mark.get("TrackingOptionID"):
        return guid(mark["TrackingOptionID"]) == guid(option["TrackingOptionID"])
    return bool(mark.get("Option") == option["Name"])


def _day_in(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def less(left: Sequence[int], right: Sequence[int]) -> list[int]:
    """Column by column, `left` less `right`."""
    return [a - b for a, b in zip(left, right, strict=True)]


def months_back(day: date, months: int) -> date:
    """The same day `months` earlier, or that month's last if it is shorter."""
    index = day.year * 12 + day.month - 1 - months
    return _day_in(index // 12, index % 12 + 1, day.day)


def month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])
