"""Which fields hold text, a structure or a list, so that nothing else gets past the gate."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from worker.sandbox.wire import Record

_TEXTS = frozenset(
    """
    AccountCode AccountID AccountNumber AccountsPayableTaxType AccountsReceivableTaxType
    AddressLine1 AddressLine2 AddressLine3 AddressLine4 AddressType AllocationID AttentionTo
    BankAccountDetails BankAccountName BankAccountNumber BankAccountType BankTransactionID
    BankTransferID BaseCurrency BatchPaymentID BrandingThemeID City Class Code CompanyNumber
    ContactGroupID ContactID ContactNumber ContactStatus Country CountryCode CreatedDateUTC
    CreditNoteID CreditNoteNumber CurrencyCode Date DateString DefaultCurrency Description Details
    DueDate DueDateString EmailAddress EndOfYearLockDate ExpectedPaymentDate FirstName
    FromBankTransactionID FullyPaidOnDate InvoiceID InvoiceNumber ItemCode ItemID LastName
    LegalName LineAmountTypes LineItemID ManualJournalID Name Narration Narrative Option
    OrganisationID OverpaymentID Particulars PaymentID PaymentType PeriodLockDate PhoneAreaCode
    PhoneCountryCode PhoneNumber PhoneType PlannedPaymentDate PostalCode PrepaymentID
    PurchaseDescription PurchaseOrderID PurchaseOrderNumber PurchasesDefaultAccountCode QuoteID
    QuoteNumber Reference Region ReportTaxType ReportingCode SalesDefaultAccountCode ShortCode
    Status SystemAccount TaxNumber TaxNumberType TaxType Timezone ToBankTransactionID
    TrackingCategoryID TrackingOptionID Type UpdatedDateUTC UpdatedDateUTCString Url Website
    """.split()
)
STRUCTURES = frozenset(
    """
    Account BankAccount BatchPayment Bills Contact CreditNote FromBankAccount Invoice Overpayment
    PaymentTerms Prepayment Sales ToBankAccount
    """.split()
)
LISTS = frozenset(
    """
    Addresses Allocations ContactGroups ContactPersons Contacts CreditNotes FromTracking
    HistoryRecords JournalLines LineItems Options Overpayments Payments Phones Prepayments
    TaxComponents ToTracking Tracking
    """.split()
)


def shaped(record: Record, wrong: Callable[[str, Any], None]) -> Record:
    """A copy whose known fields have the shape their names promise.

    Numbers become text where text belongs, a lone structure a list of one, and null is nothing
    said; anything else is left out after `wrong(field, value)` was told of it. Unknown fields stay
    as they are.
    """
    found: Record = {}
    for field, value in record.items():
        if value is None:
            continue
        if field in _TEXTS:
            fits, kept = _text(value)
        elif field in STRUCTURES:
            fits = value is None or isinstance(value, dict)
            kept = shaped(value, wrong) if isinstance(value, dict) else None
        elif field in LISTS:
            fits, kept = _list(value, wrong)
        else:
            fits, kept = True, value
        if fits:
            found[field] = kept
        else:
            wrong(field, value)
    return found


def _text(value: Any) -> tuple[bool, Any]:
    if value is None:
        return True, None
    if isinstance(value, str):
        return True, storable(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return True, str(value)
    return False, None


def _list(value: Any, wrong: Callable[[str, Any], None]) -> tuple[bool, Any]:
    if value is None:
        return True, None
    entries = [value] if isinstance(value, dict) else value
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return False, None
    return True, [shaped(entry, wrong) for entry in entries]


def storable(text: str) -> str:
    """Text SQLite and JSON can hold: half a surrogate pair is legal JSON, and no text."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
