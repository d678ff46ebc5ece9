"""The mirror's naming convention, and the kinds of column its tables are made of.

Money is BIGINT in minor units of the row's `currency`; rates are decimal text; days are dates;
instants are UTC text. Every table's key begins with the organisation's name.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, MetaData, Text, text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def key(name: str = "id") -> Column[str]:
    return Column(name, Text, primary_key=True, nullable=False)


def words(name: str) -> Column[str]:
    """Text that is never NULL: absence is the empty string, as in the nouns."""
    return Column(name, Text, nullable=False, server_default=text("''"))


def money(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def one_of(column: str, values: Iterable[str], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)
