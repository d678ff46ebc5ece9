"""Xero behind `books.ports.Ledger`: every method in the ledger's own nouns."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import httpx

from worker.books.intents import Answer, Dispatch, Found, Intent, Request
from worker.books.ports import CallBudget, Clock, Noun, Page, Row
from worker.books.records import Account, Document, Organisation
from worker.books.reports import LedgerReport
from worker.errors import SetupWrong, TryLater, Unauthorised
from worker.xero import find, fresh, pages, sending, wire_chart, wire_reports, wire_requests
from worker.xero.call import Caller
from worker.xero.faults import NotThere
from worker.xero.pages import Currencies
from worker.xero.throttle import Throttle
from worker.xero.wire_values import NotUnderstood, as_guid, guid, text


class XeroLedger:
    """One organisation in Xero, over HTTP.

    Every method may raise TryLater, DayLimit, Refused, Unauthorised, SetupWrong or PromiseBroken,
    each in one sentence with Xero's own words. The HTTP client is taken over and closed with it.
    """

    def __init__(
        self,
        http: httpx.Client | httpx.BaseTransport,
        base_url: str,
        auth: httpx.Auth,
        budget: CallBudget,
        clock: Clock,
        tenant_id: str | None = None,
        pinned_organisation_id: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`auth.needs_tenant` says that the token may be for several organisations.

        With `pinned_organisation_id` any other organisation is refused.
        """
        self._http = http if isinstance(http, httpx.Client) else httpx.Client(transport=http)
        self._budget = budget
        throttle = Throttle(budget, clock, jitter)
        self._caller = Caller(self._http, base_url, auth, throttle, clock, sleep, jitter)
        self._caller.tenant_id = tenant_id or None
        self._needs_tenant = bool(getattr(auth, "needs_tenant", False)) and not tenant_id
        self._pinned = as_guid(pinned_organisation_id or "")
        self._organisation: Organisation | None = None
        self._account_currency: dict[str, str] | None = None
        self._currencies = Currencies(self._base_currency, self._currency_of_account)

    def organisation(self) -> Organisation:
        """The organisation as it is now; raises Unauthorised where it is not the pinned one."""
        self._choose_tenant()
        try:
            envelope = self._caller.read("Organisation", "Organisations")
        except NotThere as nothing:
            raise SetupWrong(
                f"{nothing}; base_url must be the API's root, such as https://api.xero.com"
            ) from None
        if not envelope.rows:
            raise TryLater("Xero answered without an organisation")
        try:
            found = wire_chart.organisation(envelope.rows[0][0])
        except NotUnderstood as why:
            raise TryLater(f"Xero's organisation cannot be understood: {why}") from None
        if self._pinned and found.id != self._pinned:
            raise Unauthorised(
                f"these credentials open {found.name} ({found.id}), but this set of books belongs "
                f"to organisation {self._pinned}; nothing more is read or written"
            )
        self._pinned = found.id
        self._organisation = found
        return found

    def pages(self, noun: Noun, modified_since: datetime | None = None) -> Iterator[Page]:
        """Every page of a noun, in order; only rows changed since, where Xero can tell."""
        self._choose_tenant()
        currencies: dict[str, str] = {}
        for page in pages.pages(self._caller, noun, self._currencies, modified_since):
            currencies |= _currencies_of(page.rows)
            yield page
        if noun == "accounts" and modified_since is None:
            self._account_currency = currencies

    def documents(self, refs: Sequence[tuple[str, str]]) -> Mapping[str, Document]:
        """Fresh documents by (kind, id); a missing one is absent from the answer."""
        self._choose_tenant()
        return fresh.documents(self._caller, self._currencies, refs)

    def report(self, name: str, params: Mapping[str, str]) -> LedgerReport:
        """A report by its name in the API ("ProfitAndLoss"), computed by Xero at this moment."""
        self._choose_tenant()
        envelope = self._caller.read(f"Reports/{name}", "Reports", params)
        if not envelope.rows:
            raise TryLater(f"Xero answered without the report {name}")
        record, raw = envelope.rows[0]
        return wire_reports.report(name, record, raw)

    def request_for(self, intents: Sequence[Intent]) -> Request:
        """The one request that carries these intents; sends nothing."""
        return wire_requests.request_for(intents)

    def send(self, dispatch: Dispatch, intents: Sequence[Intent]) -> Answer:
        """Send the stored bytes, once more within 60 s where the answer was lost."""
        self._choose_tenant()
        return sending.send(self._caller, dispatch, intents)

    def find(self, intents: Sequence[Intent]) -> Mapping[str, Found]:
        """What Xero now holds of each intent, by its code or on its parent."""
        self._choose_tenant()
        return find.find(self._caller, self._currencies, intents)

    @property
    def calls(self) -> int:
        return self._caller.calls

    @property
    def bytes_read(self) -> int:
        return self._caller.bytes_read

    def close(self) -> None:
        """Give back what was taken of the budget in advance, and the connections."""
        try:
            self._budget.close()
        finally:
            self._http.close()

    def _base_currency(self) -> str:
        return (self._organisation or self.organisation()).base_currency

    def _currency_of_account(self, account_id: str) -> str:
        """Read from the chart once, where a record leaves it out."""
        if self._account_currency is None:
            for _ in self.pages("accounts"):
                pass
        return (self._account_currency or {}).get(account_id, "") or self._base_currency()

    def _choose_tenant(self) -> None:
        """For a person's token: the one organisation it opens; raises Unauthorised for several."""
        if not self._needs_tenant:
            return
        envelope = self._caller.read("connections", "connections", root="", bare=True)
        tenants = [
            (guid(record, "tenantId"), text(record, "tenantName"))
            for record, _ in envelope.rows
            if text(record, "tenantType") in ("ORGANISATION", "")
        ]
        if len(tenants) != 1:
            listed = ", ".join(f"{name} ({tenant})" for tenant, name in tenants) or "none"
            raise Unauthorised(
                f"the connection opens {len(tenants)} organisations; "
                f"set tenant_id to one of: {listed}"
            )
        self._caller.tenant_id = tenants[0][0]
        self._needs_tenant = False


def _currencies_of(rows: Iterable[Row]) -> dict[str, str]:
    return {row.id: row.record.currency for row in rows if isinstance(row.record, Account)}
