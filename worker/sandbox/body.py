"""Request bodies: JSON or XML in, one list of elements out, keys in Xero's own spelling.

Clients write `invoiceID`, `InvoiceId` or `invoiceid`; whatever is known is spelled the one way the
sandbox reads. Raises ApiError 400 for what cannot be read, 415 for other kinds of body.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree
from xml.parsers import expat

from worker.sandbox.errors import ApiError, bad_body, no_data
from worker.sandbox.shapes import LISTS, STRUCTURES, storable
from worker.sandbox.wire import Record, loads

BODY_MAX = 10_000_000
DEPTH_MAX = 30
_NAMES = """
Account AccountCode AccountID AccountNumber Accounts AccountsPayableTaxType
AccountsReceivableTaxType AddToWatchlist AddressLine1 AddressLine2 AddressLine3 AddressLine4
AddressType Addresses AllocationID Allocations Amount AttentionTo BankAccount BankAccountDetails
BankAccountName BankAccountNumber BankAccountType BankAmount BankTransactionID BankTransactions
BankTransferID BankTransfers BatchPaymentID BatchPayments Bills BrandingThemeID BudgetID City
Class Code CompanyNumber Contact ContactGroupID ContactGroups ContactID ContactNumber
ContactPersons ContactStatus Contacts Country CreditNote CreditNoteID CreditNoteNumber CreditNotes
Currencies CurrencyCode CurrencyRate Date Day DefaultCurrency DeliveryAddress DeliveryDate
DeliveryInstructions Description Details Discount DiscountAmount DiscountRate DueDate EmailAddress
EnablePaymentsToAccount ExpectedArrivalDate ExpectedPaymentDate ExpiryDate FirstName
FromBankAccount FromIsReconciled FromTracking HistoryRecords IncludeInEmails IncludeOnline
InventoryAssetAccountCode Invoice InvoiceID InvoiceNumber Invoices IsCompound IsPurchased
IsReconciled IsSold ItemCode ItemID Items JournalLines LastName LineAmount LineAmountTypes
LineItemID LineItems ManualJournalID ManualJournals Name Narration Narrative Option Options
Overpayment OverpaymentID Overpayments Particulars PaymentID PaymentTerms Payments PhoneAreaCode
PhoneCountryCode PhoneNumber PhoneType Phones PlannedPaymentDate PostalCode Prepayment
PrepaymentID Prepayments PurchaseDescription PurchaseDetails PurchaseOrderID PurchaseOrderNumber
PurchaseOrders PurchasesDefaultAccountCode Quantity QuoteID QuoteNumber Quotes Rate Reference
Region ReportTaxType Sales SalesDefaultAccountCode SalesDetails SentToContact ShowInExpenseClaims
ShowOnCashBasisReports Status Summary TaxAmount TaxComponents TaxNumber TaxNumberType TaxRates
TaxType Telephone Terms Title ToBankAccount ToIsReconciled ToTracking Tracking TrackingCategories
TrackingCategoryID TrackingOptionID Type UnitAmount UnitPrice Url Website
"""
_SPELLING = {name.lower(): name for name in _NAMES.split()}
# Xero's XML has an older name for what an allocation uses.
_SPELLING["appliedamount"] = "Amount"


def elements(raw: bytes, content_type: str, plural: str, *, single: bool = False) -> list[Record]:
    """The elements of a write to `plural`; raises ApiError 400 when there are none.

    `single` endpoints (allocations, options) take one object or the wrapped list too.
    """
    if len(raw) > BODY_MAX:
        raise ApiError(413, "The request body is too large")
    value = spelled(_read(raw, content_type, plural))
    if isinstance(value, dict) and plural in value:
        value = value[plural]
        value = [value] if isinstance(value, dict) else value
    elif isinstance(value, dict) and any(key in _SPELLING.values() for key in value):
        value = [value]
    else:
        # A bare list is no data to Xero either (fact sheet 6.4 b).
        value = None
    if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
        raise no_data(plural)
    return value


def spelled(value: Any, depth: int = 0) -> Any:
    """The same structure with known keys in Xero's spelling and text that can be stored."""
    if depth > DEPTH_MAX:
        raise bad_body("The body is nested too deeply")
    if isinstance(value, dict):
        return {
            _SPELLING.get(str(key).lower(), spelled(str(key))): spelled(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [spelled(item, depth + 1) for item in value]
    return storable(value) if isinstance(value, str) else value


def _read(raw: bytes, content_type: str, plural: str) -> Any:
    kind = content_type.partition(";")[0].strip().lower()
    text = raw.strip()
    if kind == "application/x-www-form-urlencoded" and text[:4] == b"xml=":
        kind, text = "text/xml", parse_qs(raw.decode("utf-8", "replace"))["xml"][0].encode()
    if not text:
        raise no_data(plural)
    if kind in ("text/xml", "application/xml") or text[:1] == b"<":
        return _from_xml(text, plural)
    # curl -d says form, and means JSON.
    if kind and "json" not in kind and text[:1] not in b"{[":
        raise ApiError(415, f"The sandbox reads JSON or XML, not {kind}")
    try:
        return loads(raw.decode("utf-8-sig"))
    except ValueError as unreadable:
        raise bad_body(f"JSON for post data was invalid: {unreadable}") from None


def _from_xml(text: bytes, plural: str) -> Any:
    if b"<!" in text.replace(b"<!--", b""):
        raise bad_body("XML with a document type or CDATA is not read here")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - declarations are refused above
    except (ElementTree.ParseError, expat.ExpatError, ValueError) as unreadable:
        raise bad_body(f"XML for post data was invalid: {unreadable}") from None
    found = _from_element(root, 0)
    if root.tag.lower() == plural.lower():
        return {plural: [_from_element(child, 0) for child in root]}
    return found


def _from_element(element: ElementTree.Element, depth: int) -> Any:
    if depth > DEPTH_MAX:
        raise bad_body("XML is nested too deeply")
    name = _SPELLING.get(element.tag.lower(), element.tag)
    if name in LISTS:
        # A record read and sent back whole holds lists a client could not take apart: what is no
        # structure in them is no element.
        return [_from_element(child, depth + 1) for child in element if len(child)]
    if len(element) == 0:
        return {} if name in STRUCTURES else element.text or ""
    return {child.tag: _from_element(child, depth + 1) for child in element}
