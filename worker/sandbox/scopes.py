"""Which scope each endpoint asks for (fact sheet 1.4)."""

from __future__ import annotations

from collections.abc import Sequence

_WRITABLE = (
    "settings",
    "contacts",
    "attachments",
    "invoices",
    "payments",
    "banktransactions",
    "manualjournals",
    "transactions",
)
_REPORTS = {
    "agedreceivablesbycontact": "aged",
    "agedpayablesbycontact": "aged",
    "balancesheet": "balancesheet",
    "banksummary": "banksummary",
    "budgetsummary": "budgetsummary",
    "executivesummary": "executivesummary",
    "profitandloss": "profitandloss",
    "trialbalance": "trialbalance",
    "tenninetynine": "tenninetynine",
    "": "taxreports",
}
ALL_SCOPES = frozenset(
    [f"accounting.{name}{tail}" for name in _WRITABLE for tail in ("", ".read")]
    + [f"accounting.reports.{name}.read" for name in _REPORTS.values()]
    + ["accounting.reports.read", "accounting.budgets.read"]
)
# What a person grants beside the books; no connection has to tick these.
PERSONAL_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
# The broad scope that still covers a granular one.
_BROAD = dict.fromkeys(
    ("invoices", "payments", "banktransactions", "manualjournals"), "transactions"
)
_AREAS = {
    "settings": (
        *("organisation", "accounts", "taxrates", "trackingcategories", "currencies"),
        *("brandingthemes", "users", "items", "invoicereminders", "employees"),
    ),
    "contacts": ("contacts", "contactgroups"),
    "invoices": (
        *("invoices", "creditnotes", "repeatinginvoices", "linkedtransactions"),
        *("quotes", "purchaseorders", "receipts", "expenseclaims"),
    ),
    "payments": ("payments", "batchpayments", "overpayments", "prepayments"),
    "banktransactions": ("banktransactions", "banktransfers"),
    "manualjournals": ("manualjournals",),
}
_AREA_OF = {endpoint: area for area, endpoints in _AREAS.items() for endpoint in endpoints}


def accepted_scopes(parts: Sequence[str], *, write: bool) -> frozenset[str]:
    """The scopes any one of which opens a path; `parts` lower-cased, after /api.xro/2.0.

    Empty when the path is unknown. A write scope includes reading.
    """
    endpoint = parts[0]
    below = parts[2] if len(parts) > 2 else ""
    if endpoint == "reports":
        name = _REPORTS.get(parts[1] if len(parts) > 1 else "", "taxreports")
        return frozenset({f"accounting.reports.{name}.read", "accounting.reports.read"})
    if endpoint == "budgets":
        return frozenset({"accounting.budgets.read"})
    if endpoint == "journals":
        return frozenset({"accounting.journals.read"})
    area = _AREA_OF.get(endpoint)
    if area is None:
        return frozenset()
    if below == "attachments":
        area = "attachments"
    elif below == "cissettings":
        area = "settings"
    names = {area, _BROAD.get(area, area)}
    if endpoint == "items":
        names |= {"invoices", "transactions"}
    found = {f"accounting.{name}" for name in names}
    return frozenset(found if write else found | {f"{scope}.read" for scope in found})
