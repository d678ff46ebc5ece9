"""The organisation's tax rates as last seen."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from worker.books.records import TaxRate
from worker.mirror.tables import tax_rates


def values(rate: TaxRate) -> dict[str, Any]:
    return {
        "tax_type": rate.tax_type,
        "name": rate.name,
        "rate": rate.rate,
        "status": rate.status,
    }


def all_tax_rates(conn: Connection, organisation: str) -> tuple[TaxRate, ...]:
    """Every tax rate, whatever its status, by type."""
    t = tax_rates.c
    found = select(t.tax_type, t.name, t.rate, t.status).where(t.organisation == organisation)
    return tuple(TaxRate(*row) for row in conn.execute(found.order_by(t.tax_type)))
