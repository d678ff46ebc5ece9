"""A ledger's report as rows, read once at the gate so that nothing later walks JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


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
