"""The chart of accounts at hand, and the one supplied to books that bring none.

`Chart` answers who an account or tax rate is; an account Xero keeps for itself is created the
first time something is posted to it.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from worker.sandbox.store import Store
from worker.sandbox.wire import Record, guid, stored

CLASS_OF_TYPE = {
    **dict.fromkeys(("BANK", "CURRENT", "FIXED", "INVENTORY", "NONCURRENT", "PREPAYMENT"), "ASSET"),
    **dict.fromkeys(
        ("CURRLIAB", "LIABILITY", "TERMLIAB", "PAYG", "PAYGLIABILITY", "SUPERANNUATIONLIABILITY"),
        "LIABILITY",
    ),
    **dict.fromkeys(
        ("DEPRECIATN", "DIRECTCOSTS", "EXPENSE", "OVERHEADS", "WAGESEXPENSE"), "EXPENSE"
    ),
    **dict.fromkeys(("OTHERINCOME", "REVENUE", "SALES"), "REVENUE"),
    "EQUITY": "EQUITY",
}

# code, name, type, tax type, system account
_ACCOUNTS = (
    ("090", "Business Bank Account", "BANK", "NONE", ""),
    ("091", "Business Savings Account", "BANK", "NONE", ""),
    ("092", "Business Credit Card", "BANK", "NONE", ""),
    ("200", "Sales", "REVENUE", "OUTPUT2", ""),
    ("260", "Other Revenue", "REVENUE", "OUTPUT2", ""),
    ("270", "Interest Income", "REVENUE", "NONE", ""),
    ("310", "Cost of Goods Sold", "DIRECTCOSTS", "INPUT2", ""),
    ("400", "Advertising & Marketing", "OVERHEADS", "INPUT2", ""),
    ("404", "Bank Fees", "OVERHEADS", "EXEMPTEXPENSES", ""),
    ("429", "General Expenses", "OVERHEADS", "INPUT2", ""),
    ("433", "Insurance", "OVERHEADS", "EXEMPTEXPENSES", ""),
    ("445", "Light, Power, Heating", "OVERHEADS", "INPUT2", ""),
    ("469", "Rent", "OVERHEADS", "EXEMPTEXPENSES", ""),
    ("477", "Salaries", "OVERHEADS", "NONE", ""),
    ("489", "Telephone & Internet", "OVERHEADS", "INPUT2", ""),
    ("497", "Bank Revaluations", "EXPENSE", "NONE", "BANKCURRENCYGAIN"),
    ("498", "Unrealised Currency Gains", "EXPENSE", "NONE", "UNREALISEDCURRENCYGAIN"),
    ("499", "Realised Currency Gains", "EXPENSE", "NONE", "REALISEDCURRENCYGAIN"),
    ("610", "Accounts Receivable", "CURRENT", "NONE", "DEBTORS"),
    ("620", "Prepayments", "CURRENT", "NONE", ""),
    ("800", "Accounts Payable", "CURRLIAB", "NONE", "CREDITORS"),
    ("820", "VAT", "CURRLIAB", "NONE", "GST"),
    ("840", "Historical Adjustment", "CURRLIAB", "NONE", "HISTORICAL"),
    ("850", "Suspense", "CURRLIAB", "NONE", ""),
    ("860", "Rounding", "CURRLIAB", "NONE", "ROUNDING"),
    ("950", "Capital", "EQUITY", "NONE", ""),
    ("960", "Retained Earnings", "EQUITY", "NONE", "RETAINEDEARNINGS"),
)
# Kept by the ledger itself, made at first use. The last two are no system accounts of Xero's:
# money before its document waits there (accounting rules, section 7).
_AT_FIRST_USE = {
    "CISASSET": ("618", "CIS Tax Withheld", "CURRENT"),
    "CISLIABILITY": ("838", "CIS Tax Payable", "CURRLIAB"),
    "DEPOSITS_HELD": ("836", "Customer Deposits", "CURRLIAB"),
    "DEPOSITS_PAID": ("620", "Prepayments", "CURRENT"),
}
_REQUIRED = {"DEBTORS", "CREDITORS", "GST", "HISTORICAL", "ROUNDING", "RETAINEDEARNINGS"} | {
    "REALISEDCURRENCYGAIN",
    "UNREALISEDCURRENCYGAIN",
    "BANKCURRENCYGAIN",
}
_TAX_RATES = (
    ("20% (VAT on Income)", "OUTPUT2", 20, "Revenue"),
    ("20% (VAT on Expenses)", "INPUT2", 20, "Expenses"),
    ("5% (VAT on Income)", "RROUTPUT", 5, "Revenue"),
    ("5% (VAT on Expenses)", "RRINPUT", 5, "Expenses"),
    ("Zero Rated Income", "ZERORATEDOUTPUT", 0, "Revenue"),
    ("Zero Rated Expenses", "ZERORATEDINPUT", 0, "Expenses"),
    ("Exempt Income", "EXEMPTOUTPUT", 0, "Revenue"),
    ("Exempt Expenses", "EXEMPTEXPENSES", 0, "Expenses"),
    ("No VAT", "NONE", 0, "All"),
)
_MADE_LONG_AGO = "/Date(1577836800000+0000)/"


def _known_id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"sandbox/{name}"))


def supplied_organisation() -> Record:
    """A small UK company on accruals, for books that bring no organisation."""
    return {
        "OrganisationID": _known_id("organisation"),
        "Name": "Sandbox Company",
        "LegalName": "Sandbox Company",
        "PaysTax": True,
        "Version": "UK",
        "OrganisationType": "COMPANY",
        "BaseCurrency": "GBP",
        "CountryCode": "GB",
        "IsDemoCompany": False,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": 31,
        "FinancialYearEndMonth": 3,
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY1",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
        "Timezone": "UTC",
        "ShortCode": "!sandb",
        "Class": "STANDARD",
        "Edition": "BUSINESS",
        "CreatedDateUTC": _MADE_LONG_AGO,
    }


def account(
    code: str, name: str, kind: str, tax: str, system: str = "", currency: str = "GBP"
) -> Record:
    """One account in Xero's shape; a bank account also gets its bank fields."""
    found: Record = {
        "AccountID": _known_id(f"account {code} {name}"),
        "Code": code,
        "Name": name,
        "Status": "ACTIVE",
        "Type": kind,
        "TaxType": tax,
        "Class": CLASS_OF_TYPE.get(kind, "EXPENSE"),
        "EnablePaymentsToAccount": False,
        "ShowInExpenseClaims": False,
    }
    if system:
        found["SystemAccount"] = system
    if kind == "BANK":
        found["BankAccountType"] = "CREDITCARD" if "Card" in name else "BANK"
        found["CurrencyCode"] = currency
    found["HasAttachments"] = False
    found["UpdatedDateUTC"] = _MADE_LONG_AGO
    return found


def supplied_accounts(currency: str) -> list[Record]:
    """A minimal UK chart: three bank accounts, the control accounts, a few of each kind."""
    return [account(*row, currency=currency) for row in _ACCOUNTS]


def missing_accounts(chart: list[Record]) -> list[Record]:
    """The control accounts a chart lacks, under codes it does not use yet."""
    present = {a.get("SystemAccount") for a in chart}
    taken = {str(a.get("Code")) for a in chart}
    wanted = [row for row in _ACCOUNTS if row[4] in _REQUIRED and row[4] not in present]
    return [account(_free(row[0], taken), *row[1:]) for row in wanted]


def _free(code: str, taken: set[str]) -> str:
    while code in taken:
        code = str(int(code) + 1)
    taken.add(code)
    return code


def supplied_tax_rates() -> list[Record]:
    """UK VAT rates as Xero names them."""
    return [
        {
            "Name": name,
            "TaxType": tax_type,
            "ReportTaxType": {"RROUTPUT": "OUTPUT", "RRINPUT": "INPUT"}.get(tax_type, tax_type),
            "Status": "ACTIVE",
            "CanApplyToAssets": True,
            "CanApplyToEquity": True,
            "CanApplyToExpenses": side in ("Expenses", "All"),
            "CanApplyToLiabilities": True,
            "CanApplyToRevenue": side in ("Revenue", "All"),
            "DisplayTaxRate": Decimal(percent),
            "EffectiveRate": Decimal(percent),
            "TaxComponents": [{"Name": "VAT", "Rate": Decimal(percent), "IsCompound": False}],
        }
        for name, tax_type, percent, side in _TAX_RATES
    ]


def account_stub(found: Record) -> Record:
    """An account as other records embed it."""
    return {key: found[key] for key in ("AccountID", "Code", "Name") if found.get(key)}


class Chart:
    """The accounts and tax rates of one set of books, read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.accounts: dict[str, Record] = {}
        self._codes: dict[str, Record] = {}
        self._roles: dict[str, str] = {}
        for found in store.all("Accounts"):
            self.add(found)
        self.tax_rates = {str(rate["TaxType"]): rate for rate in store.all("TaxRates")}

    def add(self, found: Record) -> None:
        """Know one more account."""
        self.accounts[found["AccountID"]] = found
        if found.get("Code"):
            self._codes[str(found["Code"]).lower()] = found
        if found.get("SystemAccount"):
            self._roles.setdefault(found["SystemAccount"], found["AccountID"])

    def find(self, reference: Record) -> Record | None:
        """The account a record points to, by AccountID, else by Code."""
        if reference.get("AccountID"):
            return self.accounts.get(guid(reference["AccountID"]))
        return self._codes.get(str(reference.get("Code") or "").lower())

    def line_account(self, line: Record) -> Record | None:
        """The account a document line is coded to."""
        if line.get("AccountCode"):
            return self._codes.get(str(line["AccountCode"]).lower())
        return self.accounts.get(guid(line["AccountID"])) if line.get("AccountID") else None

    def role(self, name: str) -> str:
        """The AccountID behind DEBTORS, GST, DEPOSITS_HELD and their like, made when missing."""
        if name not in self._roles:
            self._roles[name] = self._store.meta(f"account {name}") or self._make(name)
        return self._roles[name]

    def _make(self, name: str) -> str:
        if name in _AT_FIRST_USE:
            code, label, kind = _AT_FIRST_USE[name]
        else:
            code, label, kind = next(row[:3] for row in _ACCOUNTS if row[4] == name)
        alike = [
            a
            for a in self.accounts.values()
            if (a.get("Name") == label and a.get("Type") == kind)
            or (name == "DEPOSITS_PAID" and a.get("Type") == "PREPAYMENT")
        ]
        found = alike[0] if alike and name in _AT_FIRST_USE else None
        if found is None:
            system = "" if name.startswith("DEPOSITS") else name
            code = _free(code, {str(a.get("Code")) for a in self.accounts.values()})
            found = account(code, label, kind, "NONE", system)
            self._store.put("Accounts", found)
            self.add(found)
        self._store.set_meta(f"account {name}", found["AccountID"])
        return str(found["AccountID"])

    def percent(self, tax_type: str) -> Decimal | None:
        """A tax type's effective rate in percent; None when the books do not know it."""
        found = self.tax_rates.get(tax_type)
        return stored(found.get("EffectiveRate", 0)) if found else None
