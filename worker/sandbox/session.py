"""What one request works with: the books, the business clock, and the rules all writes share."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from worker.sandbox.chart import Chart
from worker.sandbox.errors import Invalid
from worker.sandbox.ledger import Ledger
from worker.sandbox.rates import known_rate
from worker.sandbox.readings import STRICT, Readings
from worker.sandbox.store import Store
from worker.sandbox.wire import MONEY_MAX, Record, day_of, number, rounded

# Xero names zones as Windows does, without spaces.
_ZONES = {
    "GMTSTANDARDTIME": "Europe/London",
    "NEWZEALANDSTANDARDTIME": "Pacific/Auckland",
    "AUSEASTERNSTANDARDTIME": "Australia/Sydney",
    "EAUSTRALIASTANDARDTIME": "Australia/Brisbane",
    "WAUSTRALIASTANDARDTIME": "Australia/Perth",
    "SINGAPORESTANDARDTIME": "Asia/Singapore",
    "SOUTHAFRICASTANDARDTIME": "Africa/Johannesburg",
    "WEUROPESTANDARDTIME": "Europe/Berlin",
    "ROMANCESTANDARDTIME": "Europe/Paris",
    "EASTERNSTANDARDTIME": "America/New_York",
    "CENTRALSTANDARDTIME": "America/Chicago",
    "MOUNTAINSTANDARDTIME": "America/Denver",
    "PACIFICSTANDARDTIME": "America/Los_Angeles",
}


def business_now() -> datetime:
    """The business instant: TIEOUT_NOW where set, else the real one; aware UTC.

    Raises ValueError when TIEOUT_NOW is not an ISO instant.
    """
    fixed = os.environ.get("TIEOUT_NOW")
    if not fixed:
        return datetime.now(UTC)
    moment = datetime.fromisoformat(fixed)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def organisation_day(organisation: Record, now: datetime) -> date:
    """Today where the organisation is; UTC for zones this table does not know."""
    name = _ZONES.get(str(organisation.get("Timezone") or "").upper())
    if name is None:
        return now.astimezone(UTC).date()
    try:
        return now.astimezone(ZoneInfo(name)).date()
    except ZoneInfoNotFoundError:
        return now.astimezone(UTC).date()


class Session:
    """One request's view; `places` are the decimals of unit amounts (`unitdp`).

    `warnings` are what an accepted element is told beside its success.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        *,
        places: int = 2,
        email_limit: int | None = None,
        readings: Readings = STRICT,
    ) -> None:
        self.store = store
        self.now = now()
        self.places = places
        self.readings = readings
        self.warnings: list[str] = []
        self._email_limit = email_limit

    @cached_property
    def organisation(self) -> Record:
        return self.store.organisation()

    @cached_property
    def base(self) -> str:
        return str(self.organisation.get("BaseCurrency") or "GBP")

    @cached_property
    def today(self) -> date:
        return organisation_day(self.organisation, self.now)

    @cached_property
    def chart(self) -> Chart:
        return Chart(self.store)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.store, self.chart, self.base)

    @property
    def email_limit(self) -> int:
        """Invoice emails a day: none from a demo company, else 1,000, unless set by the caller."""
        if self._email_limit is not None:
            return self._email_limit
        return 0 if self.organisation.get("IsDemoCompany") else 1000

    def check_open(self, day: date) -> None:
        """Refuse a write dated on or before a lock date; raises Invalid."""
        for field, name in (
            ("PeriodLockDate", "period lock date"),
            ("EndOfYearLockDate", "end of year lock date"),
        ):
            lock = day_of(self.organisation.get(field))
            if lock is not None and day <= lock:
                raise Invalid(
                    f"The document date cannot be before the {name}, currently set at "
                    f"{lock.day} {lock:%B %Y}"
                )

    def day(self, sent: Record, field: str, default: date | None = None) -> date:
        """A date a client sent, today when absent; raises Invalid when unreadable."""
        try:
            return day_of(sent.get(field)) or default or self.today
        except ValueError:
            raise Invalid(f"{field} is not a valid date") from None

    def money(self, sent: Record, field: str = "Amount") -> Decimal:
        """A positive amount with at most two decimals' worth of meaning; raises Invalid."""
        try:
            found = number(sent.get(field))
        except ValueError:
            raise Invalid(f"{field} must be a number") from None
        if found is None or rounded(found) <= 0:
            raise Invalid(f"{field} must be greater than zero")
        if found > MONEY_MAX:
            raise Invalid(f"{field} is too large")
        return rounded(found)

    def rate(self, sent: Record) -> Decimal | None:
        """A CurrencyRate a client sent; raises Invalid when it is not a positive number."""
        try:
            found = number(sent.get("CurrencyRate"))
        except ValueError:
            raise Invalid("CurrencyRate must be a number") from None
        if found is not None and found <= 0:
            raise Invalid("CurrencyRate must be greater than zero")
        return found

    def usual_rate(self, currency: str) -> Decimal:
        """The rate of the newest document in a currency; 1 where there is none."""
        if currency == self.base:
            return Decimal(1)
        return known_rate(self.store, currency) or Decimal(1)

    def currency(self, code: object) -> str:
        """An enabled currency's code, the base currency when absent; raises Invalid."""
        found = str(code or self.base).upper()
        if found != self.base and self.store.get("Currencies", found) is None:
            raise Invalid(f"Organisation is not subscribed to currency {found}")
        return found

    def bank_account(self, sent: object) -> Record:
        """The bank account a write points to, by AccountID or Code; raises Invalid."""
        found = self.chart.find(sent) if isinstance(sent, dict) else None
        if found is None or found.get("Type") != "BANK":
            raise Invalid("The bank account could not be found; it must be an account of type BANK")
        if found.get("Status") != "ACTIVE":
            raise Invalid("The bank account has been archived")
        return found
