"""What we think a bank line is, why, and what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

Action = Literal["auto", "suggest", "none", "rule", "transfer", "explained"]
HeldBy = Literal["mode", "cap", "lock", "gap"]
RemainderKind = Literal["fee", "discount", "overpayment", "rounding", "open"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One signal: its name, its weight in log-odds (base e), and the sentence a reviewer reads."""

    signal: str
    weight: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Share:
    """A positive part of a line given to one document, in the document's currency."""

    document_id: str
    document_number: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Remainder:
    """What is left of a line or document, named: never silently absorbed."""

    kind: RemainderKind
    amount: Decimal
    account_code: str | None = None


@dataclass(frozen=True, slots=True)
class CodingLine:
    """One line of a spend or receive money; `amount` positive and tax inclusive."""

    account_code: str
    tax_type: str
    amount: Decimal
    description: str
    tracking: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Coding:
    """How a rule codes a line: contact and lines that sum to the line's size."""

    rule: str
    contact_name: str
    lines: tuple[CodingLine, ...]
    contact_id: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A line's best explanation as if its account were in `auto`, with what is needed to say why.

    `reason_code` names the kind: "exact_reference", "payer_and_amount", "several_documents",
    "part_payment", "discount_declared", "tie", "duplicate_row", "paid_twice", "bounce",
    "new_payee_account", "unknown_payer", "third_party", "already_in_ledger", "locked",
    "before_document", "overpayment", "foreign_currency", "processor_payout", "refund",
    "transfer", "rule", … `record_id` is the ledger record that already explains the line
    (`explained`) or blocks it.
    """

    line_id: str
    action: Action
    shares: tuple[Share, ...] = ()
    remainder: tuple[Remainder, ...] = ()
    confidence: float | None = None
    alternatives: tuple[tuple[Share, ...], ...] = ()
    coding: Coding | None = None
    transfer_to: str | None = None
    """The other leg's line id."""
    credit_shares: tuple[tuple[str, Share], ...] = ()
    """(credit document id, share of the invoice it settles): allocated before the payment."""
    reason_code: str | None = None
    evidence: tuple[Evidence, ...] = ()
    why: str = ""
    record_id: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A proposal somebody owns; kept in the mirror, one current per line."""

    id: str
    proposal: Proposal
    held_by: HeldBy | None
    owner: str
    """"engine", "rule:NAME", or "person:NAME"."""
    run_id: str
    date: date
    problems: tuple[str, ...] = field(default=())
