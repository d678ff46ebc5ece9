"""What planning needs to know beside a decision; all of it read before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from worker.books.ports import AccountPolicy
from worker.books.records import BankLine, Document, Organisation


@dataclass(frozen=True, slots=True)
class PostingContext:
    """What planning needs to know beside the decision itself; all of it read before."""

    organisation: Organisation
    accounts: Mapping[str, AccountPolicy]
    """By AccountID."""
    documents: Mapping[str, Document]
    today: date
    lines: Mapping[str, BankLine] = field(default_factory=dict)
    """Open bank lines by id: where a transfer's other leg is found."""
    gap_accounts: frozenset[str] = frozenset()
    """AccountIDs with a proved statement gap: nothing is posted from them unattended."""
    tax_filed_through: date | None = None
