"""What the sandbox's SQLite file holds, and how a record becomes a row of it.

record       kind = Xero's plural endpoint name ("Invoices"), id = its GUID; `date` and
             `due_date` ISO; `amount_due`, `amount_paid` in ten-thousandths; `document_id` of
             a payment or allocation = what it pays; `account_id` = its bank account
ledger_line  amount = base-currency minor units, debit +, credit -; foreign_amount = minor
             units of `currency` (equal to amount in base currency); basis both|accrual|cash:
             the accrual view is both+accrual, the cash view both+cash, and every source
             balances in either; `settles` = the document a line clears
"""

from __future__ import annotations

from typing import Any

from worker.sandbox.wire import Record, day_of, dumps, guid, instant_ms, stored

Row = tuple[Any, ...]

SCHEMA_VERSION = 2
SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record (
  kind TEXT NOT NULL, id TEXT NOT NULL, number TEXT, contact_id TEXT, contact_name TEXT,
  type TEXT, status TEXT, date TEXT, due_date TEXT, updated_ms INTEGER NOT NULL,
  reference TEXT, currency TEXT, amount_due INTEGER, amount_paid INTEGER, document_id TEXT,
  account_id TEXT, json TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS record_id ON record (kind, id);
CREATE INDEX IF NOT EXISTS record_updated ON record (
  kind, updated_ms, id, status, type, date, due_date, contact_id, amount_due, amount_paid);
CREATE INDEX IF NOT EXISTS record_number ON record (kind, number COLLATE NOCASE, id);
CREATE INDEX IF NOT EXISTS record_contact ON record (kind, contact_id, status, amount_due);
CREATE INDEX IF NOT EXISTS record_status ON record (kind, status, updated_ms, id);
CREATE INDEX IF NOT EXISTS record_date ON record (kind, date, id);
CREATE INDEX IF NOT EXISTS record_document ON record (document_id);
CREATE TABLE IF NOT EXISTS ledger_line (
  seq INTEGER PRIMARY KEY, source_kind TEXT NOT NULL, source_id TEXT NOT NULL,
  date TEXT NOT NULL, account_id TEXT NOT NULL, contact_id TEXT, amount INTEGER NOT NULL,
  currency TEXT NOT NULL, foreign_amount INTEGER NOT NULL, tax_type TEXT, tracking TEXT,
  basis TEXT NOT NULL CHECK (basis IN ('both', 'accrual', 'cash')), settles TEXT);
CREATE INDEX IF NOT EXISTS ledger_source ON ledger_line (source_id);
CREATE INDEX IF NOT EXISTS ledger_settles ON ledger_line (settles);
CREATE INDEX IF NOT EXISTS ledger_account ON ledger_line (account_id, date);
CREATE TABLE IF NOT EXISTS history (
  seq INTEGER PRIMARY KEY, record_id TEXT NOT NULL, at_ms INTEGER NOT NULL,
  changes TEXT NOT NULL, details TEXT NOT NULL, person TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS history_record ON history (record_id);
CREATE TABLE IF NOT EXISTS idempotency (
  key TEXT PRIMARY KEY, request TEXT NOT NULL, first_call REAL NOT NULL,
  status INTEGER NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS attachment (
  id TEXT PRIMARY KEY, record_id TEXT NOT NULL, name TEXT NOT NULL, mime TEXT NOT NULL,
  online INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (record_id, name));
"""

ID_FIELDS = {
    "Organisation": "OrganisationID",
    "Accounts": "AccountID",
    "TaxRates": "TaxType",
    "TrackingCategories": "TrackingCategoryID",
    "Currencies": "Code",
    "Contacts": "ContactID",
    "ContactGroups": "ContactGroupID",
    "Invoices": "InvoiceID",
    "CreditNotes": "CreditNoteID",
    "Payments": "PaymentID",
    "BatchPayments": "BatchPaymentID",
    "BankTransactions": "BankTransactionID",
    "BankTransfers": "BankTransferID",
    "Overpayments": "OverpaymentID",
    "Prepayments": "PrepaymentID",
    "Items": "ItemID",
    "ManualJournals": "ManualJournalID",
    "RepeatingInvoices": "RepeatingInvoiceID",
    "Budgets": "BudgetID",
    "Users": "UserID",
    "BrandingThemes": "BrandingThemeID",
    "Quotes": "QuoteID",
    "PurchaseOrders": "PurchaseOrderID",
}
_NUMBERS = {
    "Accounts": "Code",
    "Contacts": "ContactNumber",
    "Invoices": "InvoiceNumber",
    "CreditNotes": "CreditNoteNumber",
    "TaxRates": "Name",
    "TrackingCategories": "Name",
    "Items": "Code",
    "Quotes": "QuoteNumber",
    "PurchaseOrders": "PurchaseOrderNumber",
}
_COLUMNS = (
    "kind, id, number, contact_id, contact_name, type, status, date, due_date, updated_ms, "
    "reference, currency, amount_due, amount_paid, document_id, account_id, json"
)
UPSERT = f"INSERT INTO record ({_COLUMNS}) VALUES ({', '.join('?' * 17)}) "
UPSERT += "ON CONFLICT (kind, id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in _COLUMNS.replace(" ", "").split(",")[2:]
)


def stored_ms(value: Any) -> int | None:
    """Milliseconds of a stored date or instant, for comparisons inside SQL."""
    return instant_ms(value)


def _scaled(value: Any) -> int | None:
    return None if value is None else int(stored(value) * 10_000)


def row_of(kind: str, record: Record) -> Row:
    contact = record.get("Contact") or {}
    paid = (
        record.get("Invoice")
        or record.get("CreditNote")
        or record.get("Overpayment")
        or record.get("Prepayment")
        or {}
    )
    paid_id = next((paid[k] for k in _DOCUMENT_IDS if paid.get(k)), None)
    account = record.get("BankAccount") or record.get("Account") or {}
    day, due = day_of(record.get("Date")), day_of(record.get("DueDate"))
    return (
        kind,
        guid(record[ID_FIELDS[kind]]),
        record.get(_NUMBERS.get(kind, "")),
        record.get("ContactID") if kind == "Contacts" else contact.get("ContactID"),
        record.get("Name") if kind == "Contacts" else contact.get("Name"),
        record.get("Type") or record.get("PaymentType"),
        record.get("ContactStatus") if kind == "Contacts" else record.get("Status"),
        day.isoformat() if day else None,
        due.isoformat() if due else None,
        instant_ms(record.get("UpdatedDateUTC") or record.get("CreatedDateUTC")) or 0,
        record.get("Reference"),
        record.get("CurrencyCode"),
        _scaled(record.get("AmountDue", record.get("RemainingCredit"))),
        _scaled(record.get("AmountPaid")),
        paid_id,
        account.get("AccountID"),
        dumps(record),
    )


_DOCUMENT_IDS = ("InvoiceID", "CreditNoteID", "OverpaymentID", "PrepaymentID")
