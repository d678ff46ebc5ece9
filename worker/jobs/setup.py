"""One organisation made ready to work on: where its parts are and what its owner wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from worker.bankrules.language import Rule
from worker.books.ports import AccountPolicy, Clock, Ledger
from worker.books.records import Account, Organisation
from worker.errors import SetupWrong
from worker.matching.policy import MatchingPolicy
from worker.mirror import leases
from worker.mirror.engine import Mirror

LEASE_TTL_SECONDS = leases.TTL_SECONDS


@dataclass(frozen=True, slots=True)
class AccountSetup:
    """One bank account as its owner configured it, before the ledger has named its id."""

    code: str
    currency: str | None
    kind: str
    source: str
    mode: Literal["observe", "suggest", "auto"]
    post_from: date | None
    csv: Any
    """A CSV profile for worker.bank, or None: found from the file."""
    inboxes: tuple[Path, ...]
    passed_over: tuple[Path, ...] = ()
    """Folders that look like its inbox, but could be another organisation's as well."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything the jobs need for one organisation; made by wiring, changed by nobody."""

    name: str
    mirror: Mirror
    ledger: Ledger
    clock: Clock
    accounts: tuple[AccountSetup, ...]
    matching: MatchingPolicy
    """`as_of` and the ledger's facts are filled in at each run."""
    rules: tuple[Rule, ...]
    out_dir: Path
    per_run_max: int | None
    per_run_amount_max: Decimal | None
    tax_filed_through: date | None
    basis: str
    is_sandbox: bool = False
    others: tuple[str, ...] = ()
    """Names of the other organisations worked for; none may stand for the same ledger."""

    @property
    def mode(self) -> str:
        """The boldest mode any of its accounts is in."""
        modes = [account.mode for account in self.accounts]
        return next((m for m in ("auto", "suggest", "observe") if m in modes), "observe")

    def today(self, organisation: Organisation) -> date:
        """The organisation's own calendar day."""
        return self.clock.now().astimezone(ZoneInfo(organisation.timezone)).date()


def pin_accounts(
    setup: Setup, organisation: Organisation, chart: Mapping[str, Account]
) -> dict[str, AccountPolicy]:
    """The configured accounts by the ledger's AccountID.

    Raises SetupWrong for an account that is no bank account of the ledger, listing those it has.
    """
    banks = [account for account in chart.values() if account.is_bank]
    pinned: dict[str, AccountPolicy] = {}
    for wanted in setup.accounts:
        found = [
            bank
            for bank in banks
            if wanted.code in (bank.code, bank.id, bank.bank_account_number) and wanted.code
        ]
        if len(found) != 1:
            listed = ", ".join(f"{bank.code or bank.id} {bank.name}" for bank in banks) or "none"
            raise SetupWrong(
                f"account {wanted.code} is "
                f"{'no bank account of' if not found else 'several bank accounts in'} "
                f"{organisation.name}; its bank accounts are: {listed}"
            )
        bank = found[0]
        currency = wanted.currency or bank.currency or organisation.base_currency
        if bank.currency and currency != bank.currency:
            raise SetupWrong(
                f"account {wanted.code} is in {bank.currency} in the ledger, "
                f"{currency} in the configuration"
            )
        pinned[bank.id] = AccountPolicy(
            account_id=bank.id,
            code=wanted.code,
            name=bank.name,
            currency=currency,
            kind=wanted.kind,
            source=wanted.source,
            mode=wanted.mode,
            post_from=wanted.post_from,
        )
    return pinned
