"""What the ledger and the bank hold, as frozen records.

Amounts are Decimals in the record's own `currency`, exact to its minor unit. Ids are the ledger's
own GUIDs in lower case with hyphens. Words the ledger may extend (status, type) stay strings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

# A field named `date` hides the type of that name inside its own class.
Day = date

Side = Literal["receivable", "payable"]
DocumentKind = Literal["invoice", "credit_note", "overpayment", "prepayment"]


@dataclass(frozen=True, slots=True)
class Organisation:
    """The company whose books these are; lock dates and tax basis bind every posting."""

    id: str
    name: str
    short_code: str
    base_currency: str
    country: str
    timezone: str
    """IANA name, or "UTC" where the ledger's zone is unknown to us."""
    financial_year_end: tuple[int, int]
    """(month, day)."""
    sales_tax_basis: str
    """As Xero writes it: ACCRUALS, CASH, NONE, …; "" where not stated."""
    period_lock_date: Day | None
    year_lock_date: Day | None
    is_demo: bool

    @property
    def locked_through(self) -> date | None:
        """The last day nothing may be dated on or before; None when nothing is locked."""
        dates = [d for d in (self.period_lock_date, self.year_lock_date) if d]
        return max(dates) if dates else None


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the chart. `code` may be "" on bank accounts."""

    id: str
    code: str
    name: str
    type: str
    """BANK, SALES, EXPENSE, …"""
    kind: str
    """The class: ASSET, LIABILITY, EQUITY, REVENUE, EXPENSE."""
    status: str
    currency: str
    tax_type: str
    bank_account_number: str
    takes_payments: bool
    system: str
    """SystemAccount: DEBTORS, CREDITORS, ROUNDING, …; "" for ordinary accounts."""

    @property
    def is_bank(self) -> bool:
        return self.type == "BANK"


@dataclass(frozen=True, slots=True)
class TaxRate:
    tax_type: str
    name: str
    rate: Decimal
    """Percent: Decimal("20")."""
    status: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer or supplier."""

    id: str
    name: str
    status: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    account_number: str = ""
    bank_accounts: tuple[str, ...] = ()
    """Account numbers or IBANs on the contact card; empty may also mean "not visible to us"."""
    groups: tuple[str, ...] = ()
    merged_into: str | None = None
    is_customer: bool = False
    is_supplier: bool = False


@dataclass(frozen=True, slots=True)
class Allocation:
    """Part of a credit used against a document."""

    id: str
    """The ledger's allocation id, "" where it shows none."""
    document_id: str
    amount: Decimal
    date: Day | None


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice, bill, credit note, overpayment or prepayment that money can be allocated to.

    `due` is what is still open, positive: AmountDue of an invoice, RemainingCredit of a credit.
    """

    id: str
    side: Side
    kind: DocumentKind
    number: str
    reference: str
    contact_id: str
    contact_name: str
    date: Day
    due_date: Day | None
    currency: str
    total: Decimal
    due: Decimal
    status: str
    paid: Decimal = Decimal(0)
    credited: Decimal = Decimal(0)
    cis_deduction: Decimal = Decimal(0)
    currency_rate: Decimal | None = None
    coding: str = ""
    """Accounts, tax types and tracking of the lines as one text; equal text = same coding."""
    descriptions: tuple[str, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    """Of a credit: where it went. Empty on invoices."""
    sent: bool = False
    updated: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Money can be allocated to it now."""
        return self.status == "AUTHORISED" and self.due > 0

    @property
    def is_credit(self) -> bool:
        return self.kind != "invoice"


@dataclass(frozen=True, slots=True)
class Payment:
    """Money against one document; `amount` positive in the document's currency."""

    id: str
    document_id: str
    document_kind: DocumentKind
    side: Side
    account_id: str
    """The bank account; "" where the ledger hides it."""
    contact_id: str
    date: Day
    amount: Decimal
    bank_amount: Decimal
    """Signed as at the bank, in the bank account's currency."""
    currency: str
    reference: str
    is_reconciled: bool
    status: str
    batch_id: str = ""
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class BankTransaction:
    """Spend or receive money in the ledger; `amount` signed as at the bank."""

    id: str
    type: str
    account_id: str
    contact_id: str
    contact_name: str
    date: Day
    amount: Decimal
    currency: str
    reference: str
    is_reconciled: bool
    status: str
    coding: str = ""
    has_attachments: bool = False
    overpayment_id: str = ""
    prepayment_id: str = ""
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class BankTransfer:
    """Money between two own bank accounts; `amount` positive."""

    id: str
    from_account_id: str
    to_account_id: str
    date: Day
    amount: Decimal
    currency: str
    reference: str
    from_reconciled: bool
    to_reconciled: bool
    status: str


@dataclass(frozen=True, slots=True)
class BatchPayment:
    """Several payments that the bank shows as one amount; `amount` signed as at the bank."""

    id: str
    account_id: str
    date: Day
    amount: Decimal
    currency: str
    reference: str
    is_reconciled: bool
    status: str
    payment_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One booked movement as a file states it, before it has an identity of ours."""

    date: Day
    amount: Decimal
    """Signed: money in positive."""
    payee: str
    reference: str
    description: str
    type: str
    counterparty_account: str
    bank_reference: str
    """The bank's own id, a hint only: it may change between downloads."""
    balance: Decimal | None
    """Running balance after this line, where the file has one."""
    place: str
    """Where in the file: "line 17"."""
    value_date: Day | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement file, read completely; lines in booking order."""

    file: str
    format: str
    account: str
    """The account the file itself names, "" where it names none."""
    currency: str
    lines: tuple[StatementLine, ...]
    opening: Decimal | None
    closing: Decimal | None
    start: Day | None
    end: Day | None
    pending_dropped: int = 0


@dataclass(frozen=True, slots=True)
class BankLine:
    """One booked movement the bank reports, with our identity; `amount` signed as at the bank."""

    id: str
    account_id: str
    """The ledger's AccountID of the bank account; the config's account code until it is pinned."""
    account_code: str
    date: Day
    amount: Decimal
    currency: str
    payee: str = ""
    reference: str = ""
    description: str = ""
    type: str = ""
    counterparty_account: str = ""
    bank_reference: str = ""
    flag: str = ""
    """"" when ordinary; "duplicate_row", "unclear_identity": kept, asked about, never posted."""

    @property
    def text(self) -> str:
        """All words of the line, each part once."""
        parts: list[str] = []
        for part in (self.payee, self.reference, self.description):
            if part and not any(part in seen for seen in parts):
                parts.append(part)
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class CashRecord:
    """One ledger record as one movement of a bank account: what a bank line can already be.

    A batch counts once (its payments do not count beside it); a transfer counts once per leg, with
    `id` of the transfer. `amount` is signed as at the bank, in the bank account's currency.
    """

    id: str
    kind: Literal["payment", "batch_payment", "bank_transaction", "transfer_in", "transfer_out"]
    account_id: str
    date: Day
    amount: Decimal
    contact_id: str
    contact_name: str
    reference: str
    is_reconciled: bool
    document_ids: tuple[str, ...] = ()
    coding: str = ""
    """Of spend or receive money: accounts and tax types of its lines; "" otherwise."""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A bank line whose explanation is settled: what the company's own past teaches."""

    line: BankLine
    contact_id: str
    document_ids: tuple[str, ...] = ()
    coding: str = ""
    is_transfer: bool = False
