"""The company behind the story: organisation, chart of accounts, tax rates, tracking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from worker.sandbox.story_parts import Days, Json

COMPANY = "Larkfield Signs Ltd"
REGIONS = ("North", "Midlands", "South")
MAIN, SAVINGS, CARD = "090", "091", "092"
BANK_NUMBERS = {MAIN: "30451210443217", SAVINGS: "30451220118834", CARD: "5412880000093318"}
EUR_PER_GBP = Decimal("1.17")

# code, name, type, class, tax type, system account
_CHART = (
    ("200", "Sales", "REVENUE", "REVENUE", "OUTPUT2", ""),
    ("201", "Installation", "REVENUE", "REVENUE", "OUTPUT2", ""),
    ("202", "Care Plans", "REVENUE", "REVENUE", "OUTPUT2", ""),
    ("260", "Other Revenue", "OTHERINCOME", "REVENUE", "OUTPUT2", ""),
    ("270", "Interest Income", "OTHERINCOME", "REVENUE", "NONE", ""),
    ("310", "Cost of Goods Sold", "DIRECTCOSTS", "EXPENSE", "INPUT2", ""),
    ("325", "Direct Expenses", "DIRECTCOSTS", "EXPENSE", "INPUT2", ""),
    ("400", "Advertising & Marketing", "OVERHEADS", "EXPENSE", "INPUT2", ""),
    ("401", "Audit & Accountancy Fees", "OVERHEADS", "EXPENSE", "INPUT2", ""),
    ("404", "Bank Fees", "OVERHEADS", "EXPENSE", "EXEMPTEXPENSES", ""),
    ("408", "Cleaning", "OVERHEADS", "EXPENSE", "INPUT2", ""),
    ("416", "Depreciation Expense", "OVERHEADS", "EXPENSE", "NONE", ""),
    ("420", "Discounts Allowed", "OVERHEADS", "EXPENSE", "OUTPUT2", ""),
    ("425", "Postage, Freight & Courier", "OVERHEADS", "EXPENSE", "INPUT2", ""),
    ("429", "General Expenses", "OVERHEADS", "EXPENSE", "INPUT2", ""),
    ("433", "Insurance", "OVERHEADS", "EXPENSE", "EXEMPTEXPENSES", ""),
    ("445", "Light, Power, Heating", "OVERHEADS", "EXPENSE", "INPUT2", ""),
    ("449", "Motor Vehicle Expenses", "OVERHEADS", "EXPENSE", "INPUT2", ""),
    ("461", "Printing & Stationery", "OVERHEADS", "EXPENSE", "INPUT2", ""),
    ("463", "IT Software and Consumables", "OVERHEADS", "EXPENSE", "INPUT2", ""),
    ("469", "Rent", "OVERHEADS", "EXPENSE", "EXEMPTEXPENSES", ""),
    ("473", "Repairs & Maintenance", "OVERHEADS", "EXPENSE", "INPUT2", ""),
    ("477", "Salaries", "OVERHEADS", "EXPENSE", "NONE", ""),
    ("479", "Employers National Insurance", "OVERHEADS", "EXPENSE", "NONE", ""),
    ("485", "Subscriptions", "OVERHEADS", "EXPENSE", "INPUT2", ""),
    ("489", "Telephone & Internet", "OVERHEADS", "EXPENSE", "INPUT2", ""),
    ("493", "Travel", "OVERHEADS", "EXPENSE", "ZERORATEDINPUT", ""),
    ("497", "Bank Revaluations", "EXPENSE", "EXPENSE", "NONE", "BANKCURRENCYGAIN"),
    ("498", "Unrealised Currency Gains", "EXPENSE", "EXPENSE", "NONE", "UNREALISEDCURRENCYGAIN"),
    ("499", "Realised Currency Gains", "EXPENSE", "EXPENSE", "NONE", "REALISEDCURRENCYGAIN"),
    ("610", "Accounts Receivable", "CURRENT", "ASSET", "NONE", "DEBTORS"),
    ("620", "Prepayments", "CURRENT", "ASSET", "NONE", ""),
    ("710", "Office Equipment", "FIXED", "ASSET", "INPUT2", ""),
    ("800", "Accounts Payable", "CURRLIAB", "LIABILITY", "NONE", "CREDITORS"),
    ("820", "VAT", "CURRLIAB", "LIABILITY", "NONE", "GST"),
    ("835", "Directors' Loan Account", "CURRLIAB", "LIABILITY", "NONE", ""),
    ("840", "Historical Adjustment", "CURRLIAB", "LIABILITY", "NONE", "HISTORICAL"),
    ("850", "Suspense", "CURRLIAB", "LIABILITY", "NONE", ""),
    ("855", "Dishonoured Payments", "CURRLIAB", "LIABILITY", "NONE", ""),
    ("860", "Rounding", "CURRLIAB", "LIABILITY", "NONE", "ROUNDING"),
    ("877", "Tracking Transfers", "CURRLIAB", "LIABILITY", "NONE", "TRACKINGTRANSFERS"),
    ("950", "Capital - Ordinary Shares", "EQUITY", "EQUITY", "NONE", ""),
    ("960", "Retained Earnings", "EQUITY", "EQUITY", "NONE", "RETAINEDEARNINGS"),
)
_BANKS = (
    (MAIN, "Business Current Account", "BANK"),
    (SAVINGS, "Business Savings Account", "BANK"),
    (CARD, "Company Card", "CREDITCARD"),
)
_TAX_RATES = (
    ("20% (VAT on Income)", "OUTPUT2", 20, "Revenue"),
    ("20% (VAT on Expenses)", "INPUT2", 20, "Expenses"),
    ("5% (VAT on Expenses)", "RRINPUT", 5, "Expenses"),
    ("Zero Rated Income", "ZERORATEDOUTPUT", 0, "Revenue"),
    ("Zero Rated Expenses", "ZERORATEDINPUT", 0, "Expenses"),
    ("Exempt Income", "EXEMPTOUTPUT", 0, "Revenue"),
    ("Exempt Expenses", "EXEMPTEXPENSES", 0, "Expenses"),
    ("No VAT", "NONE", 0, "All"),
)


def organisation(new_id: Callable[[str], str], days: Days) -> Json:
    """A UK company, VAT on accruals, its books locked some five weeks back."""
    return {
        "OrganisationID": new_id("organisation"),
        "APIKey": None,
        "Name": COMPANY,
        "LegalName": COMPANY,
        "PaysTax": True,
        "Version": "UK",
        "OrganisationType": "COMPANY",
        "OrganisationEntityType": "COMPANY",
        "BaseCurrency": "GBP",
        "CountryCode": "GB",
        "IsDemoCompany": False,
        "OrganisationStatus": "ACTIVE",
        "RegistrationNumber": "09314772",
        "TaxNumber": "GB204418836",
        "FinancialYearEndDay": 31,
        "FinancialYearEndMonth": 3,
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY1",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
        "PeriodLockDate": days.lock.isoformat(),
        "CreatedDateUTC": f"{days.start.isoformat()}T08:00:00",
        "Timezone": "GMTSTANDARDTIME",
        "ShortCode": "!lRk4s",
        "Class": "STANDARD",
        "Edition": "BUSINESS",
        "LineOfBusiness": "Signs and display graphics",
        "Addresses": [
            {
                "AddressType": "STREET",
                "AddressLine1": "Unit 7 Holbeck Yard",
                "City": "Leeds",
                "PostalCode": "LS11 9QX",
                "Country": "United Kingdom",
            }
        ],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {
            "Bills": {"Day": 30, "Type": "DAYSAFTERBILLDATE"},
            "Sales": {"Day": 30, "Type": "DAYSAFTERBILLDATE"},
        },
    }


def accounts(new_id: Callable[[str], str], start: date) -> list[Json]:
    """The chart: three bank accounts (main, savings, card) and some forty others."""
    stamp = f"{start.isoformat()}T08:00:00"
    banks = [
        {
            "AccountID": new_id(f"account {code}"),
            "Code": code,
            "Name": name,
            "Status": "ACTIVE",
            "Type": "BANK",
            "Class": "ASSET",
            "TaxType": "NONE",
            "BankAccountNumber": BANK_NUMBERS[code],
            "BankAccountType": kind,
            "CurrencyCode": "GBP",
            "EnablePaymentsToAccount": False,
            "ShowInExpenseClaims": False,
            "UpdatedDateUTC": stamp,
        }
        for code, name, kind in _BANKS
    ]
    others = [
        {
            "AccountID": new_id(f"account {code}"),
            "Code": code,
            "Name": name,
            "Status": "ACTIVE",
            "Type": kind,
            "Class": klass,
            "TaxType": tax,
            "SystemAccount": system,
            "EnablePaymentsToAccount": code in ("835", "855"),
            "ShowInExpenseClaims": False,
            "UpdatedDateUTC": stamp,
        }
        for code, name, kind, klass, tax, system in _CHART
    ]
    return banks + others


def tax_rates() -> list[Json]:
    """UK VAT rates as Xero names them."""
    return [
        {
            "Name": name,
            "TaxType": tax_type,
            "Status": "ACTIVE",
            "ReportTaxType": {"RROUTPUT": "OUTPUT", "RRINPUT": "INPUT"}.get(tax_type, tax_type),
            "CanApplyToAssets": True,
            "CanApplyToEquity": True,
            "CanApplyToExpenses": use in ("Expenses", "All"),
            "CanApplyToLiabilities": True,
            "CanApplyToRevenue": use in ("Revenue", "All"),
            "DisplayTaxRate": Decimal(percent),
            "EffectiveRate": Decimal(percent),
            "TaxComponents": [{"Name": "VAT", "Rate": Decimal(percent), "IsCompound": False}],
        }
        for name, tax_type, percent, use in _TAX_RATES
    ]


def tracking(new_id: Callable[[str], str]) -> list[Json]:
    """One tracking category: the region a job belongs to."""
    return [
        {
            "TrackingCategoryID": new_id("tracking Region"),
            "Name": "Region",
            "Status": "ACTIVE",
            "Options": [
                {
                    "TrackingOptionID": new_id(f"tracking Region {name}"),
                    "Name": name,
                    "Status": "ACTIVE",
                }
                for name in REGIONS
            ],
        }
    ]


def currencies() -> list[Json]:
    return [
        {"Code": "GBP", "Description": "British Pound"},
        {"Code": "EUR", "Description": "Euro"},
    ]


def vat_quarter_ends(days: Days) -> list[date]:
    """The last days of the calendar quarters that ended within the story."""
    firsts = [first for first in days.months()[1:] if first.month in (1, 4, 7, 10)]
    return [first - timedelta(1) for first in firsts]
