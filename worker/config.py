"""The configuration's door: `config.yaml` and TIEOUT_* variables → one frozen Config."""

from __future__ import annotations

from worker.config_secret import Secret
from worker.config_values import (
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

__all__ = [
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
]
