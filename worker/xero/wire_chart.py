"""What changes seldom, from Xero's JSON: the organisation, its accounts, tax rates, contacts."""

from __future__ import annotations

import calendar
from decimal import Decimal

from worker.books.records import Account, Contact, Organisation, TaxRate
from worker.xero.wire_values import (
    Json,
    day,
    guid,
    need,
    number,
    part,
    parts,
    text,
    truth,
)
from worker.xero.zones import iana

_CLASS_OF = (
    dict.fromkeys("BANK CURRENT FIXED INVENTORY NONCURRENT PREPAYMENT".split(), "ASSET")
    | dict.fromkeys("CURRLIAB LIABILITY TERMLIAB PAYG".split(), "LIABILITY")
    | dict.fromkeys("REVENUE SALES OTHERINCOME".split(), "REVENUE")
    | dict.fromkeys("EXPENSE DIRECTCOSTS OVERHEADS DEPRECIATN".split(), "EXPENSE")
    | {"EQUITY": "EQUITY"}
)


def organisation(record: Json) -> Organisation:
    """The organisation, its zone under the IANA name; raises NotUnderstood without an id."""
    return Organisation(
        id=need(record, "OrganisationID"),
        name=text(record, "Name") or text(record, "LegalName"),
        short_code=text(record, "ShortCode"),
        base_currency=text(record, "BaseCurrency"),
        country=text(record, "CountryCode"),
        timezone=iana(text(record, "Timezone")),
        financial_year_end=_year_end(record),
        sales_tax_basis=text(record, "SalesTaxBasis"),
        period_lock_date=day(record, "PeriodLockDate"),
        year_lock_date=day(record, "EndOfYearLockDate"),
        is_demo=truth(record, "IsDemoCompany"),
    )


def account(record: Json) -> Account:
    """One account of the chart."""
    kind = text(record, "Type")
    return Account(
        id=need(record, "AccountID"),
        code=text(record, "Code"),
        name=text(record, "Name"),
        type=kind,
        kind=text(record, "Class") or _CLASS_OF.get(kind, ""),
        status=text(record, "Status") or "ACTIVE",
        currency=text(record, "CurrencyCode"),
        tax_type=text(record, "TaxType"),
        bank_account_number=text(record, "BankAccountNumber"),
        takes_payments=kind == "BANK" or truth(record, "EnablePaymentsToAccount"),
        system=text(record, "SystemAccount"),
    )


def tax_rate(record: Json) -> TaxRate:
    """A tax rate, known by its TaxType."""
    rate = number(record, "EffectiveRate")
    if rate is None:
        rate = number(record, "DisplayTaxRate")
    return TaxRate(
        tax_type=need(record, "TaxType"),
        name=text(record, "Name"),
        rate=Decimal(0) if rate is None else rate,
        status=text(record, "Status"),
    )


def contact(record: Json) -> Contact:
    """A customer or supplier; bank accounts are empty also where we may not see them."""
    numbers = (
        text(record, "BankAccountDetails").strip(),
        text(part(record, "BatchPayments"), "BankAccountNumber").strip(),
    )
    return Contact(
        id=need(record, "ContactID"),
        name=text(record, "Name"),
        status=text(record, "ContactStatus") or "ACTIVE",
        first_name=text(record, "FirstName"),
        last_name=text(record, "LastName"),
        email=text(record, "EmailAddress"),
        account_number=text(record, "AccountNumber"),
        bank_accounts=tuple(dict.fromkeys(each for each in numbers if each)),
        groups=tuple(
            name for group in parts(record, "ContactGroups") if (name := text(group, "Name"))
        ),
        merged_into=guid(record, "MergedToContactID") or None,
        is_customer=truth(record, "IsCustomer"),
        is_supplier=truth(record, "IsSupplier"),
    )


def _year_end(record: Json) -> tuple[int, int]:
    """(month, day), the last of December where the record states no possible day."""
    month, last = number(record, "FinancialYearEndMonth"), number(record, "FinancialYearEndDay")
    if month is None or last is None or not 1 <= month <= 12:
        return (12, 31)
    longest = calendar.monthrange(2024, int(month))[1]
    return (int(month), int(last)) if 1 <= last <= longest else (int(month), longest)
