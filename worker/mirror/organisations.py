"""Which organisation of the ledger a configured name stands for; pinned once, never exchanged."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, select, text

from worker.books.records import Organisation
from worker.errors import Unauthorised
from worker.mirror.rows import put
from worker.mirror.tables import metadata, organisations

# Any fixed number, other than that of the upgrade.
_PIN_LOCK = 5_417_012


def pin(
    conn: Connection, name: str, organisation: Organisation, others: Collection[str] = ()
) -> None:
    """Remember the organisation behind a configured name, refreshing what may change.

    Raises Unauthorised, naming both, when the name already stands for another OrganisationID, or
    one of the `others` for the same: two sets of bank lines would be posted into one ledger.
    """
    _one_at_a_time(conn)
    same = _name_of(conn, organisation.id, others)
    if same:
        raise Unauthorised(
            f"the credentials of {name} lead to {organisation.name} ({organisation.id}), which is "
            f"{same} in this database: nothing is read or written; put the right credentials"
        )
    known = pinned(conn, name)
    if known is not None and known.id != organisation.id:
        raise Unauthorised(
            f"{name} is {known.name} ({known.id}) in this database, but the credentials lead to "
            f"{organisation.name} ({organisation.id}): nothing is read or written; put the right "
            "credentials, or use another name for the other organisation"
        )
    month, day = organisation.financial_year_end
    values = {
        "organisation": name,
        "id": organisation.id,
        "name": organisation.name,
        "short_code": organisation.short_code,
        "base_currency": organisation.base_currency,
        "country": organisation.country,
        "timezone": organisation.timezone,
        "year_end_month": month,
        "year_end_day": day,
        "sales_tax_basis": organisation.sales_tax_basis,
        "period_lock_date": organisation.period_lock_date,
        "year_lock_date": organisation.year_lock_date,
        "is_demo": organisation.is_demo,
    }
    put(conn, organisations, [values])


def pinned(conn: Connection, name: str) -> Organisation | None:
    """The organisation as last seen; None before the first run."""
    t = organisations.c
    row = conn.execute(select(organisations).where(t.organisation == name)).one_or_none()
    if row is None:
        return None
    return Organisation(
        id=row.id,
        name=row.name,
        short_code=row.short_code,
        base_currency=row.base_currency,
        country=row.country,
        timezone=row.timezone,
        financial_year_end=(row.year_end_month, row.year_end_day),
        sales_tax_basis=row.sales_tax_basis,
        period_lock_date=row.period_lock_date,
        year_lock_date=row.year_lock_date,
        is_demo=row.is_demo,
    )


def _name_of(conn: Connection, organisation_id: str, names: Collection[str]) -> str:
    """Which of these names stands for the organisation; "" for none."""
    t = organisations.c
    mine = (t.id == organisation_id) & t.organisation.in_(names)
    return conn.execute(select(t.organisation).where(mine).limit(1)).scalar() or ""


def _one_at_a_time(conn: Connection) -> None:
    """Two names that are pinned at the same moment must see each other; SQLite has one writer."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _PIN_LOCK})


def forget(conn: Connection, name: str) -> None:
    """Drop everything the mirror holds of a configured name, its pin included.

    For the sandbox alone, whose books can be made anew; a real organisation's memory is its proof.
    """
    for table in reversed(metadata.sorted_tables):
        if "organisation" in table.c:
            conn.execute(delete(table).where(table.c.organisation == name))
