"""A ledger's report as rows, read once at the gate so that nothing later walks JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row; `amounts` follow the report's columns, None where the ledger leaves a cell blank."""

    section: str
    label: str
    account_id: str
    amounts: tuple[Decimal | None, ...]
    is_total: bool


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """A report as the ledger computed it at the time of asking."""

    name: str
    titles: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[ReportRow, ...]
    raw: str
    """The ledger's JSON, kept with the digest."""
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class TieOut:
    """Two totals that must agree, and whether they do."""

    name: str
    state: Literal["agrees", "different", "not provable"]
    ours: Decimal
    ledger: Decimal | None
    currency: str
    note: str = ""
    items: tuple[tuple[str, Decimal], ...] = ()
    """What explains the way from one figure to the other, listed."""

    @property
    def difference(self) -> Decimal | None:
        return None if self.ledger is None else self.ours - self.ledger
