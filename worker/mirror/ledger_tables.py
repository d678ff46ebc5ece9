"""Tables of what the ledger holds, as last seen, and how far it has been read."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
)

from worker.mirror.schema import flag, key, metadata, money, one_of, words
from worker.mirror.types import Instant, Rate, Words

SIDES = ("receivable", "payable")
DOCUMENT_KINDS = ("invoice", "credit_note", "overpayment", "prepayment")

# --- what the ledger holds ----------------------------------------------------

organisations = Table(
    "organisations",
    metadata,
    key("organisation"),
    Column("id", Text, nullable=False),
    words("name"),
    words("short_code"),
    words("base_currency"),
    words("country"),
    words("timezone"),
    Column("year_end_month", SmallInteger, nullable=False),
    Column("year_end_day", SmallInteger, nullable=False),
    words("sales_tax_basis"),
    Column("period_lock_date", Date),
    Column("year_lock_date", Date),
    flag("is_demo"),
)

# What was seen of every fetched row, apart from its JSON: a full pass touches only this table.
ledger_rows = Table(
    "ledger_rows",
    metadata,
    key("organisation"),
    key("noun"),
    key("id"),
    Column("raw_hash", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    flag("missing"),
)

raw_rows = Table(
    "raw_rows",
    metadata,
    key("organisation"),
    key("noun"),
    key("id"),
    Column("raw", Text, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    key("organisation"),
    key(),
    words("code"),
    words("name"),
    words("type"),
    words("kind"),
    words("status"),
    words("currency"),
    words("tax_type"),
    words("bank_account_number"),
    flag("takes_payments"),
    words("system"),
)

tax_rates = Table(
    "tax_rates",
    metadata,
    key("organisation"),
    key(),
    words("tax_type"),
    words("name"),
    Column("rate", Rate, nullable=False),
    words("status"),
)

contacts = Table(
    "contacts",
    metadata,
    key("organisation"),
    key(),
    words("name"),
    words("status"),
    words("first_name"),
    words("last_name"),
    words("email"),
    words("account_number"),
    Column("bank_accounts", Words, nullable=False),
    Column("groups", Words, nullable=False),
    Column("merged_into", Text),
    flag("is_customer"),
    flag("is_supplier"),
)

documents = Table(
    "documents",
    metadata,
    key("organisation"),
    key(),
    Column("side", Text, nullable=False),
    Column("kind", Text, nullable=False),
    words("number"),
    words("reference"),
    words("contact_id"),
    words("contact_name"),
    Column("date", Date, nullable=False),
    Column("due_date", Date),
    Column("currency", Text, nullable=False),
    money("total"),
    money("due"),
    words("status"),
    money("paid"),
    money("credited"),
    money("cis_deduction"),
    Column("currency_rate", Rate),
    words("coding"),
    Column("descriptions", Words, nullable=False),
    flag("sent"),
    Column("updated", Instant),
    one_of("side", SIDES, "side"),
    one_of("kind", DOCUMENT_KINDS, "kind"),
    Index(None, "organisation", "status"),
    Index(None, "organisation", "contact_id"),
)

# Where a credit went; replaced as a whole with its credit. The document may not be here yet.
allocations = Table(
    "allocations",
    metadata,
    key("organisation"),
    key("credit_id"),
    Column("position", Integer, primary_key=True, nullable=False, autoincrement=False),
    words("id"),
    Column("document_id", Text, nullable=False),
    money("amount"),
    Column("date", Date),
    ForeignKeyConstraint(["organisation", "credit_id"], ["documents.organisation", "documents.id"]),
    Index(None, "organisation", "document_id"),
)

payments = Table(
    "payments",
    metadata,
    key("organisation"),
    key(),
    words("document_id"),
    Column("document_kind", Text, nullable=False),
    Column("side", Text, nullable=False),
    words("account_id"),
    words("contact_id"),
    Column("date", Date, nullable=False),
    money("amount"),
    # The bank account may be in another currency, so its figure says its own decimals.
    money("bank_amount"),
    Column("bank_decimals", SmallInteger, nullable=False),
    Column("currency", Text, nullable=False),
    words("reference"),
    flag("is_reconciled"),
    words("status"),
    words("batch_id"),
    Column("updated", Instant),
    one_of("side", SIDES, "side"),
    one_of("document_kind", DOCUMENT_KINDS, "document_kind"),
    Index(None, "organisation", "account_id", "date"),
    Index(None, "organisation", "batch_id"),
)

batch_payments = Table(
    "batch_payments",
    metadata,
    key("organisation"),
    key(),
    words("account_id"),
    Column("date", Date, nullable=False),
    money("amount"),
    Column("currency", Text, nullable=False),
    words("reference"),
    flag("is_reconciled"),
    words("status"),
    Column("payment_ids", Words, nullable=False),
    Index(None, "organisation", "account_id", "date"),
)

bank_transactions = Table(
    "bank_transactions",
    metadata,
    key("organisation"),
    key(),
    words("type"),
    words("account_id"),
    words("contact_id"),
    words("contact_name"),
    Column("date", Date, nullable=False),
    money("amount"),
    Column("currency", Text, nullable=False),
    words("reference"),
    flag("is_reconciled"),
    words("status"),
    words("coding"),
    flag("has_attachments"),
    words("overpayment_id"),
    words("prepayment_id"),
    Column("updated", Instant),
    Index(None, "organisation", "account_id", "date"),
)

bank_transfers = Table(
    "bank_transfers",
    metadata,
    key("organisation"),
    key(),
    words("from_account_id"),
    words("to_account_id"),
    Column("date", Date, nullable=False),
    money("amount"),
    Column("currency", Text, nullable=False),
    words("reference"),
    flag("from_reconciled"),
    flag("to_reconciled"),
    words("status"),
)

# --- how far we have read -----------------------------------------------------

cursors = Table(
    "cursors",
    metadata,
    key("organisation"),
    key("noun"),
    Column("server_time", Instant, nullable=False),
)

full_passes = Table(
    "full_passes",
    metadata,
    key("organisation"),
    Column("day", Date, primary_key=True, nullable=False),
)
