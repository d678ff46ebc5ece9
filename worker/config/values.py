"""What the configuration says, as frozen plain values: one dataclass a section, one field a key.

The comment string under a field is the sentence an owner reads in `tieout config schema`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from worker.config import fields as text_of
from worker.config.secret import Secret

Mode = Literal["observe", "suggest", "auto"]
AccountKind = Literal["bank", "card", "processor", "cash", "loan", "trust"]

READ_SCOPES = (
    "accounting.settings.read",
    "accounting.contacts.read",
    "accounting.invoices.read",
    "accounting.payments.read",
    "accounting.banktransactions.read",
    "accounting.reports.aged.read",
    "accounting.reports.balancesheet.read",
    "accounting.reports.banksummary.read",
    "accounting.reports.profitandloss.read",
    "accounting.reports.trialbalance.read",
)
"""Enough to mirror and report; the default while every account is in observe."""

WRITE_SCOPES = (
    "accounting.settings.read",
    "accounting.contacts",
    "accounting.invoices",
    "accounting.payments",
    "accounting.banktransactions",
    *READ_SCOPES[5:],
)
"""Enough to post as well; the default once an account is in suggest or auto."""

XERO_API = "https://api.xero.com"
XERO_TOKEN = "https://identity.xero.com/connect/token"  # an address, not a secret # noqa: S105


_EMPTY: Mapping[str, Any] = MappingProxyType({})


def key(says: str, default: Any = ..., **more: Any) -> Any:
    """A config key: `says` gives meaning and unit; no default means that it must be set."""
    about = {"says": says, **more}
    if default is ...:
        return field(metadata=about)
    if default is _EMPTY:
        return field(default_factory=lambda: _EMPTY, metadata=about)
    return field(default=default, metadata=about)


@dataclass(frozen=True, slots=True)
class CsvColumns:
    """Which column of the file holds what: its header, or its position (first column is 1)."""

    date: str = key("booking date")
    amount: str | None = key("signed amount, money in positive", None)
    debit: str | None = key("money out, where the bank uses two columns", None)
    credit: str | None = key("money in, where the bank uses two columns", None)
    value_date: str | None = key("value date", None)
    type: str | tuple[str, ...] | None = key("kind of movement; several are joined", None)
    payee: str | tuple[str, ...] | None = key("other party's name; several are joined", None)
    reference: str | tuple[str, ...] | None = key("payment reference; several are joined", None)
    description: str | tuple[str, ...] | None = key("the bank's own text; several are joined", None)
    balance: str | None = key("running balance after the line", None)
    currency: str | None = key("currency code of the line", None)
    counterparty_account: str | None = key("other party's account number or IBAN", None)
    bank_reference: str | None = key("the bank's own id of the line", None)
    pending: str | None = key("marks a line that is not booked yet", None)


@dataclass(frozen=True, slots=True)
class CsvProfile:
    """How one bank writes its CSV files; what is left out is found from the file itself."""

    columns: CsvColumns = key("our names for the file's columns")
    encoding: str | None = key(
        "text encoding, such as utf-8 or cp1252", None, reads=text_of.encoding
    )
    delimiter: str | None = key("one character between fields", None, reads=text_of.one_character)
    decimal: Literal[".", ","] | None = key("decimal mark", None)
    thousands: str | None = key(
        "thousands mark; empty for none", None, reads=text_of.one_character, may_be_empty=True
    )
    date_format: str | None = key("strptime pattern, such as %d/%m/%Y", None)
    header: bool = key("does the file have a header row?", True)
    skip_rows: int = key("rows before the header (or first line) to pass over", 0, least=0)


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """One bank account of an organisation."""

    code: str = key(
        "the ledger's account Code, AccountID, or account number", reads=text_of.folder_name
    )
    currency: str | None = key(
        "ISO currency code; left out: what the ledger says", None, reads=text_of.currency
    )
    kind: AccountKind = key("what sort of account this is; trust is only ever observed", "bank")
    source: Literal["statements", "ledger", "none"] = key(
        "where its lines come from: files in the inbox, the ledger's own bank records, nowhere",
        "statements",
    )
    csv: CsvProfile | str | None = key("name of a CSV profile, or the profile itself", None)
    mode: Mode = key("observe sends nothing, suggest after accept, auto without asking", "observe")
    statement_mode: Literal["xero", "external"] = key(
        "who holds the bank statement that is ticked: Xero, or another system", "xero"
    )
    post_from: date | None = key("first day whose lines may be posted", None)


@dataclass(frozen=True, slots=True)
class XeroConfig:
    """How to reach one Xero organisation."""

    client_id: str = key("client id of the connection")
    client_secret: Secret = key("where the client secret is kept")
    base_url: str = key("the API's root", XERO_API, reads=text_of.url)
    token_url: str = key(
        "the whole token address; left out: Xero's, or base_url/connect/token on loopback",
        "",
        reads=text_of.url,
    )
    scopes: tuple[str, ...] = key("scopes asked for; left out: the fewest the modes need", ())
    tenant_id: str | None = key("the organisation's id, where one connection reaches several", None)
    grant: Literal["client_credentials", "refresh_token"] = key(
        "how tokens are had: custom connection, or a person's consent", "client_credentials"
    )

    def __post_init__(self) -> None:
        if not self.token_url:
            local = text_of.is_loopback(self.base_url)
            token_url = f"{self.base_url}/connect/token" if local else XERO_TOKEN
            object.__setattr__(self, "token_url", token_url)


@dataclass(frozen=True, slots=True)
class MatchingConfig:
    """How sure is sure enough."""

    wrong_posts_max: Fraction = key(
        "the target on our test books, such as 1 in 2000; not a promise for yours",
        Fraction(1, 2000),
    )
    identical_documents: Literal["oldest_first", "ask"] = key(
        "one payer's interchangeable documents: oldest first, or ask", "oldest_first"
    )


@dataclass(frozen=True, slots=True)
class PostingConfig:
    """Caps on what a run may post."""

    per_run_max: int | None = key("postings in one run; none for no cap", 500, least=0)
    per_run_amount_max: Decimal | None = key(
        "money in one run, in each account's currency; none for no cap", None, least=0
    )
    earn_after: int = key("accepted suggestions before an account may post by itself", 0, least=0)


@dataclass(frozen=True, slots=True)
class RolesConfig:
    """Which account of the chart plays which part; a posting that needs an unset one only asks."""

    bank_fee: str | None = key("bank charges", None)
    discount: str | None = key("discounts given", None)
    dishonoured: str | None = key("dishonoured payments", None)
    suspense: str | None = key("suspense", None)
    retention: str | None = key("retentions held", None)
    fx_fee: str | None = key("foreign exchange fees", None)
    interest: str | None = key("interest", None)
    processors: Mapping[str, str] = key("payment processor: its account", _EMPTY)


@dataclass(frozen=True, slots=True)
class DiscountConfig:
    """An early-payment discount that was agreed; for one contact, a contact group, or all."""

    percent: Decimal = key("discount in percent, such as 2.5", least=0)
    days: int = key("days from the document's date in which it may be taken", least=0)
    account: str = key("account code the discount is booked to")
    tax: Literal["adjust", "none"] = key("does the discount reduce the tax too?")
    base: Literal["gross", "net"] = key("percent of the total with tax, or without", "gross")
    contact: str | None = key("contact's name or id", None)
    group: str | None = key("contact group's name", None)
    all: bool = key("every contact", False)


@dataclass(frozen=True, slots=True)
class ScheduleConfig:
    """When the daemon wakes, in the organisation's own time zone; cron: m h day month weekday."""

    run: str = key("pull, match, post, verify", "15 * * * *", reads=text_of.cron)
    digest: str = key("last month's digest", "0 7 3 * *", reads=text_of.cron)


@dataclass(frozen=True, slots=True)
class DigestConfig:
    """What the month-end digest shows and who it is for."""

    basis: Literal["accrual", "cash", "both"] = key("basis of the figures; in heading", "accrual")
    recipients: tuple[str, ...] = key("who receives it, where the channel has addresses", ())


@dataclass(frozen=True, slots=True)
class DeliveryConfig:
    """Where finished reports go."""

    channels: tuple[Literal["folder"], ...] = key("folder writes to out_dir", ("folder",))


@dataclass(frozen=True, slots=True)
class OrganisationConfig:
    """One organisation; what it leaves out of the shared sections is the top level's value."""

    name: str = key("its name here, and its folder's name in the inbox", reads=text_of.folder_name)
    xero: XeroConfig = key("how to reach it")
    accounts: tuple[AccountConfig, ...] = key("its bank accounts", ())
    inbox_dir: Path = key("its own inbox", Path("inbox"))
    rules_dir: Path = key("its own rules", Path("rules"))
    matching: MatchingConfig = key("how sure is sure enough", MatchingConfig())
    posting: PostingConfig = key("caps on a run", PostingConfig())
    roles: RolesConfig = key("accounts with a part to play", RolesConfig())
    discounts: tuple[DiscountConfig, ...] = key("agreed early-payment discounts", ())
    tax_filed_through: date | None = key("last day of the last filed tax period", None)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the configuration says; all paths absolute."""

    organisations: tuple[OrganisationConfig, ...] = key("empty: the built-in sandbox", ())
    state_dir: Path = key("our own state", Path("state"))
    inbox_dir: Path = key("statement files", Path("inbox"))
    out_dir: Path = key("finished reports", Path("out"))
    rules_dir: Path = key("bank rules", Path("rules"))
    # May hold a password, so it never shows in a repr.
    database_url: str = field(
        default="",
        repr=False,
        metadata={"says": "the mirror's database; left out: tieout.db in state_dir"},
    )
    matching: MatchingConfig = key("how sure is sure enough", MatchingConfig())
    posting: PostingConfig = key("caps on a run", PostingConfig())
    roles: RolesConfig = key("accounts with a part to play", RolesConfig())
    discounts: tuple[DiscountConfig, ...] = key("agreed early-payment discounts", ())
    tax_filed_through: date | None = key("last day of the last filed tax period", None)
    schedule: ScheduleConfig = key("when the daemon wakes", ScheduleConfig())
    digest: DigestConfig = key("the month-end digest", DigestConfig())
    delivery: DeliveryConfig = key("where reports go", DeliveryConfig())
    csv_profiles: Mapping[str, CsvProfile] = key("CSV profiles by name", _EMPTY)

    def statement_folders(self, organisation: OrganisationConfig, code: str) -> tuple[Path, ...]:
        """Where this account's statement files are dropped, the long form first.

        The short form (inbox/CODE) counts only while no other organisation shares the inbox, so
        that two organisations whose accounts share a code never mix.
        """
        inbox = organisation.inbox_dir
        long = inbox / organisation.name / code
        return (long,) if self._shares_inbox(organisation) else (long, inbox / code)

    def passed_over_folders(self, organisation: OrganisationConfig, code: str) -> tuple[Path, ...]:
        """The short form where it does not count, so that files left there can be told."""
        short = organisation.inbox_dir / code
        return (short,) if self._shares_inbox(organisation) else ()

    def _shares_inbox(self, organisation: OrganisationConfig) -> bool:
        return sum(one.inbox_dir == organisation.inbox_dir for one in self.organisations) > 1
