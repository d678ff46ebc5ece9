"""The configuration's door: `config.yaml` and TIEOUT_* variables → one frozen Config."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from worker.config.checks import check
from worker.config.fields import Unreadable, database, is_loopback
from worker.config.read import Reader
from worker.config.schema import schema
from worker.config.secret import Secret
from worker.config.tree import RESERVED, Faults, Node, overlay, parse
from worker.config.values import (
    READ_SCOPES,
    WRITE_SCOPES,
    AccountConfig,
    Config,
    CsvColumns,
    CsvProfile,
    DeliveryConfig,
    DigestConfig,
    DiscountConfig,
    MatchingConfig,
    OrganisationConfig,
    PostingConfig,
    RolesConfig,
    ScheduleConfig,
    XeroConfig,
)
from worker.errors import SetupWrong

__all__ = [
    "READ_SCOPES",
    "RESERVED",
    "WRITE_SCOPES",
    "AccountConfig",
    "Config",
    "CsvColumns",
    "CsvProfile",
    "DeliveryConfig",
    "DigestConfig",
    "DiscountConfig",
    "MatchingConfig",
    "OrganisationConfig",
    "PostingConfig",
    "RolesConfig",
    "ScheduleConfig",
    "Secret",
    "XeroConfig",
    "is_loopback",
    "load",
    "schema",
]


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The whole configuration, complete and consistent; secrets are named but not read yet.

    The file is `path`, else $TIEOUT_CONFIG, else `config.yaml` here if there is one; variables win
    over it. Paths become absolute, relative ones from the file's folder. Raises SetupWrong with
    one line per fault, all at once.
    """
    named = path or (Path(environ["TIEOUT_CONFIG"]) if environ.get("TIEOUT_CONFIG") else None)
    file = named or Path("config.yaml")
    faults = Faults()
    tree = parse(_text(file), str(file), faults) if named or file.exists() else Node({}, str(file))
    overlay(tree, environ, faults)
    base = Path(os.path.abspath(file.parent))
    reader = Reader(faults, environ, base)

    keys = tree.value if isinstance(tree.value, dict) else {}
    listed = keys.pop("organisations", Node(None, tree.where))
    top: Config = reader.section(Config, tree, "") or Config()
    config = replace(top, organisations=reader.organisations(listed, top))
    for section, node in [*reader.built, (config, tree)]:
        for part, name, sentence in check(section):
            faults.add(reader.place(part, name) or node, sentence)

    address = top.database_url or f"sqlite:///{top.state_dir / 'tieout.db'}"
    try:
        address = database(address, base)
    except Unreadable as fault:
        faults.add(keys.get("database_url", tree), f"database_url {fault}")
    faults.pardon(reader.secret_variables)
    faults.raise_any()
    organisations = (_with_profiles(_with_scopes(one), top) for one in config.organisations)
    return replace(config, database_url=address, organisations=tuple(organisations))


def _with_scopes(organisation: OrganisationConfig) -> OrganisationConfig:
    if organisation.xero.scopes:
        return organisation
    posts = any(account.mode != "observe" for account in organisation.accounts)
    xero = replace(organisation.xero, scopes=WRITE_SCOPES if posts else READ_SCOPES)
    return replace(organisation, xero=xero)


def _with_profiles(organisation: OrganisationConfig, top: Config) -> OrganisationConfig:
    """A profile of this file for its name; other names are those of shipped profiles."""
    accounts = tuple(
        replace(account, csv=top.csv_profiles.get(account.csv, account.csv))
        if isinstance(account.csv, str)
        else account
        for account in organisation.accounts
    )
    return replace(organisation, accounts=accounts)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise SetupWrong(f"configuration {file} is not there") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SetupWrong(f"{file}:{line}: this is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise SetupWrong(f"configuration {file} cannot be read: {error.strerror}") from None
