"""Accounts, tax rates, tracking categories, currencies, and what the organisation may do."""

from __future__ import annotations

from worker.sandbox.chart import CLASS_OF_TYPE
from worker.sandbox.errors import Invalid
from worker.sandbox.session import Session
from worker.sandbox.wire import ZERO, Record, flag, number, stamp

ACTIONS = (
    "CreateInvoicePayment",
    "CreateApprovedInvoice",
    "CreateApprovedBill",
    "CreateDraftInvoice",
    "CreateRepeatingInvoice",
    "CreateBankTransaction",
    "CreateBankTransfer",
    "CreateBatchPayment",
    "CreateContact",
    "UseMulticurrency",
)
_ACCOUNT_TEXTS = ("Code", "Name", "Description", "BankAccountNumber", "TaxType", "ReportingCode")
_BANK_TYPES = ("BANK", "CREDITCARD", "PAYPAL", "NONE", "")


def actions() -> list[Record]:
    """What Xero answers on Organisation/Actions; the lock override is an adviser's."""
    found: list[Record] = [{"Name": name, "Status": "ALLOWED"} for name in ACTIONS]
    found.append({"Name": "ApproveTransactionsBeforePeriodLockDate", "Status": "NOT-ALLOWED"})
    return found


def save_account(
    session: Session, sent: Record, record_id: str | None, create_only: bool
) -> Record:
    """Create, update or archive one account; raises Invalid."""
    given = record_id or sent.get("AccountID")
    old = None if create_only or not given else session.store.get("Accounts", str(given))
    if given and old is None and not create_only:
        raise Invalid("The account could not be found")
    found: Record = dict(old) if old else {"AccountID": session.store.new_id(), "Status": "ACTIVE"}
    for field in _ACCOUNT_TEXTS:
        if field in sent:
            found[field] = str(sent[field] or "").strip()
    for field in ("EnablePaymentsToAccount", "ShowInExpenseClaims", "AddToWatchlist"):
        if field in sent:
            found[field] = bool(flag(sent[field]))
    if old is None:
        _new_account(session, found, sent)
    elif "Type" in sent and sent["Type"] != old["Type"]:
        if old["Type"] == "BANK" or old.get("SystemAccount") or sent["Type"] not in CLASS_OF_TYPE:
            raise Invalid("The Type of this account cannot be changed")
        found.update(Type=sent["Type"], Class=CLASS_OF_TYPE[sent["Type"]])
    _check_account(session, found)
    status = sent.get("Status")
    if status is not None and status not in ("ACTIVE", "ARCHIVED"):
        raise Invalid(f"The account Status '{status}' is not valid")
    if status == "ARCHIVED" and found.get("SystemAccount"):
        raise Invalid("A system account cannot be archived")
    found["Status"] = status or found["Status"]
    found.setdefault("HasAttachments", False)
    stamp(found, session.now, text=False)
    session.store.put("Accounts", found)
    return found


def _new_account(session: Session, found: Record, sent: Record) -> None:
    kind = str(sent.get("Type") or "").upper()
    if kind not in CLASS_OF_TYPE:
        raise Invalid(f"The account Type '{sent.get('Type')}' is not valid")
    found.update(Type=kind, Class=CLASS_OF_TYPE[kind])
    found.setdefault("TaxType", "NONE")
    found.setdefault("EnablePaymentsToAccount", False)
    if kind == "BANK":
        if not found.get("BankAccountNumber"):
            raise Invalid("A bank account needs a BankAccountNumber")
        style = str(sent.get("BankAccountType") or "BANK").upper()
        if style not in _BANK_TYPES:
            raise Invalid(f"The BankAccountType '{style}' is not valid")
        found["BankAccountType"] = style
        found["CurrencyCode"] = session.currency(sent.get("CurrencyCode"))
    elif not found.get("Code"):
        raise Invalid("The account Code must be specified")


def _check_account(session: Session, found: Record) -> None:
    if not found.get("Name"):
        raise Invalid("The account Name must be specified")
    if len(found["Name"]) > 150 or len(found.get("Code") or "") > 10:
        raise Invalid("The account Name can have 150 characters, its Code 10")
    if found.get("TaxType") and found["TaxType"] not in session.chart.tax_rates:
        raise Invalid(f"The TaxType code '{found['TaxType']}' does not exist")
    for other in session.chart.accounts.values():
        if other["AccountID"] == found["AccountID"]:
            continue
        if found.get("Code") and other.get("Code") == found["Code"]:
            raise Invalid("Please enter a unique Code.")
        if other["Name"].lower() == found["Name"].lower():
            raise Invalid("Please enter a unique Name.")


def save_tax_rate(
    session: Session, sent: Record, record_id: str | None, create_only: bool
) -> Record:
    """Create a tax rate from its components, or rename or delete one; raises Invalid."""
    given = record_id or sent.get("TaxType")
    old = session.store.get("TaxRates", str(given)) if given and not create_only else None
    found: Record = old or {}
    name = str(sent.get("Name") or found.get("Name") or "").strip()
    if not name:
        raise Invalid("The tax rate Name must be specified")
    parts = sent.get("TaxComponents")
    if old is None and not (isinstance(parts, list) and parts):
        raise Invalid("A tax rate needs at least one TaxComponent")
    if old is None:
        used = {rate["TaxType"] for rate in session.store.all("TaxRates")}
        free = (f"TAX{count:03d}" for count in range(1, 1000))
        found["TaxType"] = next(code for code in free if code not in used)
        if sent.get("ReportTaxType"):
            found["ReportTaxType"] = str(sent["ReportTaxType"])
        found |= {
            f"CanApplyTo{use}": True
            for use in ("Assets", "Equity", "Expenses", "Liabilities", "Revenue")
        }
    found["Name"] = name
    if isinstance(parts, list) and parts:
        try:
            rates = [number(part.get("Rate")) or ZERO for part in parts]
        except (ValueError, AttributeError):
            raise Invalid("The Rate of a TaxComponent must be a number") from None
        pairs = zip(parts, rates, strict=True)
        found["TaxComponents"] = [{**part, "Rate": rate} for part, rate in pairs]
        found["EffectiveRate"] = found["DisplayTaxRate"] = sum(rates, ZERO)
    found["Status"] = sent.get("Status") if sent.get("Status") == "DELETED" else "ACTIVE"
    session.store.put("TaxRates", _upper_key(found))
    return found


def _upper_key(rate: Record) -> Record:
    return {"Name": rate["Name"], **rate}


def save_currency(
    session: Session, sent: Record, record_id: str | None, create_only: bool
) -> Record:
    """Enable a currency; raises Invalid for what is no ISO code."""
    code = str(sent.get("Code") or "").upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise Invalid(f"'{sent.get('Code')}' is not a currency code")
    found = {"Code": code, "Description": str(sent.get("Description") or code)}
    session.store.put("Currencies", found)
    return found


def save_tracking(
    session: Session, sent: Record, record_id: str | None, create_only: bool
) -> Record:
    """Create, rename or archive a tracking category; raises Invalid."""
    store = session.store
    given = record_id or sent.get("TrackingCategoryID")
    old = store.get("TrackingCategories", str(given)) if given and not create_only else None
    if given and old is None and not create_only:
        raise Invalid("The tracking category could not be found")
    name = str(sent.get("Name") or (old or {}).get("Name") or "").strip()
    if not name:
        raise Invalid("The tracking category Name must be specified")
    others = [c for c in store.all("TrackingCategories") if old is None or c != old]
    if any(c["Name"].lower() == name.lower() for c in others):
        raise Invalid("Please enter a unique Name.")
    if old is None and sum(c.get("Status") == "ACTIVE" for c in others) >= 2:
        raise Invalid("An organisation can have at most two active tracking categories")
    found: Record = old or {"TrackingCategoryID": store.new_id(), "Status": "ACTIVE", "Options": []}
    found["Name"] = name
    if sent.get("Status") in ("ACTIVE", "ARCHIVED"):
        found["Status"] = sent["Status"]
    for option in sent.get("Options") or ():
        if isinstance(option, dict):
            add_option(session, found, option)
    store.put("TrackingCategories", found)
    return found


def add_option(session: Session, category: Record, sent: Record) -> Record:
    """Add an option to a tracking category (not stored yet); raises Invalid."""
    name = str(sent.get("Name") or "").strip()
    if not name:
        raise Invalid("The tracking option Name must be specified")
    if any(option["Name"].lower() == name.lower() for option in category["Options"]):
        raise Invalid("Please enter a unique Name.")
    option = {"TrackingOptionID": session.store.new_id(), "Name": name, "Status": "ACTIVE"}
    category["Options"].append(option)
    return option
