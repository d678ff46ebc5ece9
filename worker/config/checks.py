"""What must hold between keys: each check yields (section, key, sentence) for what does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.config.fields import is_loopback
from worker.config.values import (
    AccountConfig,
    Config,
    CsvColumns,
    DiscountConfig,
    OrganisationConfig,
    XeroConfig,
)

Found = tuple[Any, str, str]


def check(section: object) -> Iterator[Found]:
    """The faults of one section that none of its fields shows alone."""
    match section:
        case CsvColumns():
            yield from _columns(section)
        case AccountConfig(kind="trust", mode="suggest" | "auto"):
            yield section, "mode", "mode must be observe: trust money is never posted by a program"
        case XeroConfig():
            yield from _secret_in_the_open(section)
        case DiscountConfig():
            yield from _discount(section)
        case OrganisationConfig():
            yield from _accounts(section)
        case Config():
            yield from _organisations(section)
        case _:
            return


def _columns(columns: CsvColumns) -> Iterator[Found]:
    both = columns.debit is not None and columns.credit is not None
    if columns.amount is None and not both:
        yield columns, "amount", "columns lack amount, or debit and credit together"
    if columns.amount is not None and both:
        yield columns, "amount", "columns hold amount beside debit and credit: keep one way"


def _secret_in_the_open(xero: XeroConfig) -> Iterator[Found]:
    local = is_loopback(xero.base_url) and is_loopback(xero.token_url)
    if xero.client_secret.kind == "literal" and not local:
        yield (
            xero,
            "client_secret",
            "client_secret must not stand in the file: "
            "write {env: NAME}, {file: PATH} or {credential: NAME}",
        )


def _discount(discount: DiscountConfig) -> Iterator[Found]:
    named = [discount.contact is not None, discount.group is not None, discount.all]
    if sum(named) != 1:
        yield discount, "contact", "a discount is for one of contact, group, or all: true"
    if not 0 < discount.percent < 100:
        yield discount, "percent", "percent must lie between 0 and 100"


def _accounts(organisation: OrganisationConfig) -> Iterator[Found]:
    seen: set[str] = set()
    for account in organisation.accounts:
        if account.code.casefold() in seen:
            yield account, "code", f"account {account.code} is in {organisation.name} twice"
        seen.add(account.code.casefold())
        posts = account.mode != "observe" and not is_loopback(organisation.xero.base_url)
        if posts and account.post_from is None and account.kind != "trust":
            yield (
                account,
                "post_from",
                f"account {account.code} lacks post_from: in mode {account.mode} it names "
                "the first day whose lines may be posted",
            )


def _organisations(config: Config) -> Iterator[Found]:
    seen: set[str] = set()
    for organisation in config.organisations:
        # Folded, because the name is a folder and some file systems fold case.
        if organisation.name.casefold() in seen:
            yield organisation, "name", f"organisation {organisation.name} is here twice"
        seen.add(organisation.name.casefold())
