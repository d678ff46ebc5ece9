"""What the owner has decided about matching, and the facts of the organisation it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """One of the organisation's own bank accounts."""

    kind: str
    """bank, card, processor, cash, loan or trust."""
    code: str
    currency: str
    bank_account_number: str


@dataclass(frozen=True, slots=True)
class DiscountTerms:
    """An early-payment discount somebody declared: who, how much, within how many days.

    `contact` is a contact's id or name, `group` a contact group's name; with neither the terms
    hold for everybody. `account` is where the discount is booked.
    """

    percent: Decimal
    days: int
    account: str
    tax: Literal["adjust", "none"]
    base: Literal["gross", "net"] = "gross"
    contact: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class MatchingPolicy:
    """How sure is sure enough, and what the organisation is called at its banks.

    `own_accounts` is keyed by the ledger's AccountID. An empty `base_currency` means unknown:
    then a line and a document of one currency count as domestic.
    """

    as_of: date = date.max
    """Nothing dated after it is posted."""
    identical_documents: Literal["oldest_first", "ask"] = "oldest_first"
    wrong_posts_max: Fraction = Fraction(1, 2000)
    discounts: tuple[DiscountTerms, ...] = ()
    base_currency: str = ""
    own_names: tuple[str, ...] = ()
    own_accounts: Mapping[str, AccountFacts] = field(default_factory=dict)

    @property
    def auto_from(self) -> float:
        """The lowest probability that may post unattended.

        Ten times the budget: the line at the cut is the least sure of those posted, and the mean
        of what is posted lies an order of magnitude above it.
        """
        return 1 - min(0.5, 10 * float(self.wrong_posts_max))
