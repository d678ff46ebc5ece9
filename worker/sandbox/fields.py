"""Which fields of each endpoint a `where` or `order` may name, and where the store keeps them.

Facts: section 2.6 (the optimised ones).
"""

from __future__ import annotations

from functools import cache

from worker.sandbox.store import ID_FIELDS
from worker.sandbox.where import Field

_KINDS = {"g": "guid", "t": "text", "c": "code", "n": "number", "f": "flag", "d": "day"}
_MONEY = "SubTotal:n TotalTax:n Total:n CurrencyCode:c CurrencyRate:n HasAttachments:f "
_DOCUMENT = (
    "Type:c Status:c Contact.ContactID:g Contact.Name:t Contact.ContactNumber:t Date:d Reference:t "
    "LineAmountTypes:t " + _MONEY
)
_FIELDS = {
    "Accounts": "AccountID:g Code:t Name:t Type:c Class:c Status:c TaxType:c SystemAccount:c "
    "BankAccountNumber:t BankAccountType:c CurrencyCode:c EnablePaymentsToAccount:f "
    "ShowInExpenseClaims:f ReportingCode:t Description:t",
    "TaxRates": "Name:t TaxType:c Status:c EffectiveRate:n DisplayTaxRate:n CanApplyToAssets:f "
    "CanApplyToEquity:f CanApplyToExpenses:f CanApplyToLiabilities:f CanApplyToRevenue:f",
    "TrackingCategories": "TrackingCategoryID:g Name:t Status:c",
    "Currencies": "Code:c Description:t",
    "Contacts": "ContactID:g ContactNumber:t AccountNumber:t ContactStatus:c Name:t FirstName:t "
    "LastName:t EmailAddress:t TaxNumber:t CompanyNumber:t IsSupplier:f IsCustomer:f "
    "DefaultCurrency:c HasAttachments:f BankAccountDetails:t",
    "ContactGroups": "ContactGroupID:g Name:t Status:c",
    "Invoices": _DOCUMENT + "InvoiceID:g InvoiceNumber:t DueDate:d AmountDue:n AmountPaid:n "
    "AmountCredited:n FullyPaidOnDate:d ExpectedPaymentDate:d PlannedPaymentDate:d "
    "SentToContact:f IsDiscounted:f CISDeduction:n BrandingThemeID:g RepeatingInvoiceID:g Url:t",
    "CreditNotes": _DOCUMENT + "CreditNoteID:g CreditNoteNumber:t RemainingCredit:n "
    "AppliedAmount:n FullyPaidOnDate:d SentToContact:f",
    "Overpayments": _DOCUMENT + "OverpaymentID:g RemainingCredit:n AppliedAmount:n",
    "Prepayments": _DOCUMENT + "PrepaymentID:g RemainingCredit:n AppliedAmount:n InvoiceNumber:t",
    "BankTransactions": _DOCUMENT + "BankTransactionID:g IsReconciled:f BankAccount.AccountID:g "
    "BankAccount.Code:t BankAccount.Name:t PrepaymentID:g OverpaymentID:g Url:t",
    "BankTransfers": "BankTransferID:g Amount:n Date:d Status:c Reference:t "
    "FromBankAccount.AccountID:g FromBankAccount.Code:t ToBankAccount.AccountID:g "
    "ToBankAccount.Code:t FromBankTransactionID:g ToBankTransactionID:g HasAttachments:f "
    "FromIsReconciled:f ToIsReconciled:f",
    "Payments": "PaymentID:g PaymentType:c Status:c Date:d Amount:n BankAmount:n CurrencyRate:n "
    "Reference:t IsReconciled:f Account.AccountID:g Account.Code:t Invoice.InvoiceID:g "
    "Invoice.InvoiceNumber:t Invoice.Type:c Invoice.Contact.ContactID:g Invoice.Contact.Name:t "
    "CreditNote.CreditNoteID:g Overpayment.OverpaymentID:g Prepayment.PrepaymentID:g "
    "BatchPaymentID:g BatchPayment.BatchPaymentID:g",
    "BatchPayments": "BatchPaymentID:g Type:c Status:c Date:d TotalAmount:n Reference:t "
    "IsReconciled:f Account.AccountID:g Account.Code:t",
    "Items": "ItemID:g Code:t Name:t IsSold:f IsPurchased:f IsTrackedAsInventory:f Description:t",
    "ManualJournals": "ManualJournalID:g Narration:t Date:d Status:c LineAmountTypes:t "
    "ShowOnCashBasisReports:f HasAttachments:f Url:t",
    "RepeatingInvoices": "RepeatingInvoiceID:g Type:c Status:c Contact.ContactID:g "
    "Contact.Name:t Reference:t Total:n CurrencyCode:c",
    "Budgets": "BudgetID:g Type:c Description:t",
    "Users": "UserID:g EmailAddress:t FirstName:t LastName:t IsSubscriber:f OrganisationRole:c",
    "BrandingThemes": "BrandingThemeID:g Name:t",
    "Quotes": _DOCUMENT + "QuoteID:g QuoteNumber:t ExpiryDate:d Title:t",
    "PurchaseOrders": _DOCUMENT + "PurchaseOrderID:g PurchaseOrderNumber:t DeliveryDate:d "
    "SentToContact:f",
}
# Fields held in a column of their own. `BankTransfers` have no update stamp, only a creation one.
_COLUMNS = {
    "Type": "type",
    "PaymentType": "type",
    "Status": "status",
    "ContactStatus": "status",
    "Contact.ContactID": "contact_id",
    "Contact.Name": "contact_name",
    "Reference": "reference",
    "CurrencyCode": "currency",
    "Date": "date",
    "DueDate": "due_date",
    "AmountDue": "amount_due",
    "RemainingCredit": "amount_due",
    "AmountPaid": "amount_paid",
    "InvoiceNumber": "number",
    "CreditNoteNumber": "number",
    "ContactNumber": "number",
    "QuoteNumber": "number",
    "PurchaseOrderNumber": "number",
    "Account.AccountID": "account_id",
    "BankAccount.AccountID": "account_id",
    "Invoice.InvoiceID": "document_id",
}
_OPTIMISED = {
    "Invoices": "Status Type Contact.ContactID Contact.Name Contact.ContactNumber Reference "
    "InvoiceNumber InvoiceID AmountPaid Date DueDate AmountDue",
    "CreditNotes": "Status Type Reference Contact.ContactID Contact.Name Contact.ContactNumber "
    "Date CreditNoteID",
    "BankTransactions": "Type Status Contact.ContactID Date BankTransactionID",
    "Payments": "PaymentType Status Invoice.InvoiceID Reference Date PaymentID",
}


@cache
def fields_of(kind: str) -> dict[str, Field]:
    """The queryable fields of an endpoint, by lower-cased path."""
    fast = set(_OPTIMISED.get(kind, "").split())
    found = {}
    for entry in _FIELDS[kind].split():
        path, _, letter = entry.partition(":")
        column = "id" if path == ID_FIELDS[kind] and letter == "g" else _COLUMNS.get(path)
        if kind == "Contacts" and path == "Name":
            column = "contact_name"
        if kind in ("Accounts", "Items") and path == "Code":
            column = "number"
        what = _KINDS[letter]
        sql = column or f"json_extract(json, '$.{path}')"
        if column in ("amount_due", "amount_paid"):
            what = "amount"
        elif column is None and what == "day":
            sql, what = f"xero_ms({sql})", "instant"
        found[path.lower()] = Field(sql, what, path in fast, path)
    found["updateddateutc"] = Field("updated_ms", "instant", False, "UpdatedDateUTC")
    if kind == "BankTransfers":
        found["createddateutc"] = Field("updated_ms", "instant", False, "CreatedDateUTC")
    return found
