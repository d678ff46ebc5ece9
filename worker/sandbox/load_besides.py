"""Loading what stands beside the ledger: journals, items, users, themes, quotes, orders, groups."""

from __future__ import annotations

from collections.abc import Mapping

from worker.sandbox import journals
from worker.sandbox.chart import Chart
from worker.sandbox.intake import LONG_AGO_MS, Doubts, label, made_id, numbers
from worker.sandbox.lines import MODES
from worker.sandbox.loading import Loading
from worker.sandbox.pile import Pile
from worker.sandbox.wire import Record, flag, guid, ms_date, stored

_DEFAULTS: dict[str, Record] = {
    "ContactGroups": {"Status": "ACTIVE", "Contacts": []},
    "Quotes": {"Status": "DRAFT"},
    "PurchaseOrders": {"Status": "DRAFT", "SentToContact": False, "HasAttachments": False},
    "RepeatingInvoices": {"Status": "AUTHORISED", "HasAttachments": False},
    "Items": {"IsTrackedAsInventory": False, "IsSold": True, "IsPurchased": True},
    "Budgets": {"Type": "OVERALL", "Description": "", "BudgetLines": []},
}


def fill(cleaned: Mapping[str, Pile], chart: Chart, doubts: Doubts) -> None:
    """Give each its defaults; books without a user or theme get Xero's own first ones."""
    for kind, defaults in _DEFAULTS.items():
        for record in cleaned[kind].revised():
            for field, value in defaults.items():
                record.setdefault(field, value)
    for budget in cleaned["Budgets"].revised():
        for line in budget["BudgetLines"]:
            found = chart.line_account(line)
            if found is not None:
                line.update(AccountID=found["AccountID"], AccountCode=found.get("Code", ""))
    for group in cleaned["ContactGroups"].revised():
        for contact in group["Contacts"]:
            contact["ContactID"] = guid(contact.get("ContactID"))
    if not cleaned["Users"]:
        cleaned["Users"].put(_first_user())
    if not cleaned["BrandingThemes"]:
        cleaned["BrandingThemes"].put(_first_theme())
    for journal in cleaned["ManualJournals"].revised():
        _journal(journal, chart, doubts)


def _first_user() -> Record:
    return {
        "UserID": made_id("user"),
        "EmailAddress": "owner@sandbox.example",
        "FirstName": "Sandbox",
        "LastName": "Owner",
        "UpdatedDateUTC": ms_date(LONG_AGO_MS),
        "IsSubscriber": True,
        "OrganisationRole": "STANDARD",
    }


def _first_theme() -> Record:
    return {
        "BrandingThemeID": made_id("theme"),
        "Name": "Standard",
        "SortOrder": 0,
        "CreatedDateUTC": ms_date(LONG_AGO_MS),
    }


def _journal(journal: Record, chart: Chart, doubts: Doubts) -> None:
    journal.setdefault("Narration", "")
    journal.setdefault("Status", "POSTED")
    journal.setdefault("HasAttachments", False)
    shown = flag(journal.get("ShowOnCashBasisReports"))
    journal["ShowOnCashBasisReports"] = shown is not False
    mode = MODES.get(str(journal.get("LineAmountTypes") or "").lower(), "NoTax")
    journal["LineAmountTypes"] = mode
    lines = journal.get("JournalLines")
    journal["JournalLines"] = found = [dict(e) for e in lines or () if isinstance(e, dict)]
    for line in found:
        numbers("ManualJournals", line, doubts)
        line["LineAmount"] = stored(line.get("LineAmount"))
        coded = chart.line_account(line)
        line["AccountID"] = coded["AccountID"] if coded else chart.role("HISTORICAL")
        if coded is None:
            doubts.tell(f"{label('ManualJournals', journal)}: a line names no account of the chart")
        line.setdefault("TaxType", "NONE")
        line.setdefault("Tracking", [])


def post_journals(load: Loading) -> None:
    """Post the journals that are posted; what does not balance stands against history."""
    for journal in load.books["ManualJournals"].revised():
        load.dated("ManualJournals", journal)
        journal.pop("DateString", None)
        left = journals.post(load.ledger, journal) if journal["Status"] == "POSTED" else 0
        if left:
            load.doubts.tell(
                f"{label('ManualJournals', journal)} does not balance: the rest stands on the "
                "historical adjustment"
            )
