"""Every table of the mirror, declared once.

Money is BIGINT in minor units of the row's `currency`; rates are decimal text; days are dates;
instants are UTC text. Ids are the ledger's own, or ours. A change here needs a migration: a test
compares both.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from worker.books.intents import TRANSITIONS
from worker.mirror.types import Instant, Rate, Words

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _key(name: str = "id") -> Column[str]:
    return Column(name, Text, primary_key=True, nullable=False)


def _words(name: str) -> Column[str]:
    """Text that is never NULL: absence is the empty string, as in the nouns."""
    return Column(name, Text, nullable=False, server_default=text("''"))


def _money(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _one_of(column: str, values: tuple[str, ...] | list[str], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


SIDES = ("receivable", "payable")
DOCUMENT_KINDS = ("invoice", "credit_note", "overpayment", "prepayment")
RECORD_KINDS = ("payment", "batch_payment", "bank_transaction", "transfer_in", "transfer_out")
INTENT_KINDS = ("payment", "batch_payment", "allocation", "bank_transaction", "transfer")
ACTIONS = ("auto", "suggest", "none", "rule", "transfer", "explained")

# --- what the ledger holds ----------------------------------------------------

organisations = Table(
    "organisations",
    metadata,
    _key("organisation"),
    Column("id", Text, nullable=False),
    _words("name"),
    _words("short_code"),
    _words("base_currency"),
    _words("country"),
    _words("timezone"),
    Column("year_end_month", SmallInteger, nullable=False),
    Column("year_end_day", SmallInteger, nullable=False),
    _words("sales_tax_basis"),
    Column("period_lock_date", Date),
    Column("year_lock_date", Date),
    _flag("is_demo"),
)

# What was seen of every fetched row, apart from its JSON: a full pass touches only this table.
ledger_rows = Table(
    "ledger_rows",
    metadata,
    _key("organisation"),
    _key("noun"),
    _key("id"),
    Column("raw_hash", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    _flag("missing"),
)

raw_rows = Table(
    "raw_rows",
    metadata,
    _key("organisation"),
    _key("noun"),
    _key("id"),
    Column("raw", Text, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    _key("organisation"),
    _key(),
    _words("code"),
    _words("name"),
    _words("type"),
    _words("kind"),
    _words("status"),
    _words("currency"),
    _words("tax_type"),
    _words("bank_account_number"),
    _flag("takes_payments"),
    _words("system"),
)

tax_rates = Table(
    "tax_rates",
    metadata,
    _key("organisation"),
    _key(),
    _words("tax_type"),
    _words("name"),
    Column("rate", Rate, nullable=False),
    _words("status"),
)

contacts = Table(
    "contacts",
    metadata,
    _key("organisation"),
    _key(),
    _words("name"),
    _words("status"),
    _words("first_name"),
    _words("last_name"),
    _words("email"),
    _words("account_number"),
    Column("bank_accounts", Words, nullable=False),
    Column("groups", Words, nullable=False),
    Column("merged_into", Text),
    _flag("is_customer"),
    _flag("is_supplier"),
)

documents = Table(
    "documents",
    metadata,
    _key("organisation"),
    _key(),
    Column("side", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _words("number"),
    _words("reference"),
    _words("contact_id"),
    _words("contact_name"),
    Column("date", Date, nullable=False),
    Column("due_date", Date),
    Column("currency", Text, nullable=False),
    _money("total"),
    _money("due"),
    _words("status"),
    _money("paid"),
    _money("credited"),
    _money("cis_deduction"),
    Column("currency_rate", Rate),
    _words("coding"),
    Column("descriptions", Words, nullable=False),
    _flag("sent"),
    Column("updated", Instant),
    _one_of("side", SIDES, "side"),
    _one_of("kind", DOCUMENT_KINDS, "kind"),
    Index(None, "organisation", "status"),
    Index(None, "organisation", "contact_id"),
)

# Where a credit went; replaced as a whole with its credit. The document may not be here yet.
allocations = Table(
    "allocations",
    metadata,
    _key("organisation"),
    _key("credit_id"),
    Column("position", Integer, primary_key=True, nullable=False, autoincrement=False),
    _words("id"),
    Column("document_id", Text, nullable=False),
    _money("amount"),
    Column("date", Date),
    ForeignKeyConstraint(["organisation", "credit_id"], ["documents.organisation", "documents.id"]),
    Index(None, "organisation", "document_id"),
)

payments = Table(
    "payments",
    metadata,
    _key("organisation"),
    _key(),
    _words("document_id"),
    Column("document_kind", Text, nullable=False),
    Column("side", Text, nullable=False),
    _words("account_id"),
    _words("contact_id"),
    Column("date", Date, nullable=False),
    _money("amount"),
    # The bank account may be in another currency, so its figure says its own decimals.
    _money("bank_amount"),
    Column("bank_decimals", SmallInteger, nullable=False),
    Column("currency", Text, nullable=False),
    _words("reference"),
    _flag("is_reconciled"),
    _words("status"),
    _words("batch_id"),
    Column("updated", Instant),
    _one_of("side", SIDES, "side"),
    _one_of("document_kind", DOCUMENT_KINDS, "document_kind"),
    Index(None, "organisation", "account_id", "date"),
    Index(None, "organisation", "batch_id"),
)

batch_payments = Table(
    "batch_payments",
    metadata,
    _key("organisation"),
    _key(),
    _words("account_id"),
    Column("date", Date, nullable=False),
    _money("amount"),
    Column("currency", Text, nullable=False),
    _words("reference"),
    _flag("is_reconciled"),
    _words("status"),
    Column("payment_ids", Words, nullable=False),
    Index(None, "organisation", "account_id", "date"),
)

bank_transactions = Table(
    "bank_transactions",
    metadata,
    _key("organisation"),
    _key(),
    _words("type"),
    _words("account_id"),
    _words("contact_id"),
    _words("contact_name"),
    Column("date", Date, nullable=False),
    _money("amount"),
    Column("currency", Text, nullable=False),
    _words("reference"),
    _flag("is_reconciled"),
    _words("status"),
    _words("coding"),
    _flag("has_attachments"),
    _words("overpayment_id"),
    _words("prepayment_id"),
    Column("updated", Instant),
    Index(None, "organisation", "account_id", "date"),
)

bank_transfers = Table(
    "bank_transfers",
    metadata,
    _key("organisation"),
    _key(),
    _words("from_account_id"),
    _words("to_account_id"),
    Column("date", Date, nullable=False),
    _money("amount"),
    Column("currency", Text, nullable=False),
    _words("reference"),
    _flag("from_reconciled"),
    _flag("to_reconciled"),
    _words("status"),
)

# --- how far we have read -----------------------------------------------------

cursors = Table(
    "cursors",
    metadata,
    _key("organisation"),
    _key("noun"),
    Column("server_time", Instant, nullable=False),
)

full_passes = Table(
    "full_passes",
    metadata,
    _key("organisation"),
    Column("day", Date, primary_key=True, nullable=False),
)

# --- what the bank says -------------------------------------------------------

statements = Table(
    "statements",
    metadata,
    _key("organisation"),
    _key("account_code"),
    _key("file_hash"),
    _words("file"),
    _words("format"),
    _words("account_named"),
    Column("currency", Text, nullable=False),
    Column("start", Date),
    Column("end", Date),
    Column("opening", BigInteger),
    Column("closing", BigInteger),
    Column("line_count", Integer, nullable=False),
    Column("pending_dropped", Integer, nullable=False),
    Column("imported_at", Instant, nullable=False),
)

bank_lines = Table(
    "bank_lines",
    metadata,
    _key("organisation"),
    _key(),
    _words("account_code"),
    _words("account_id"),
    Column("date", Date, nullable=False),
    _money("amount"),
    Column("currency", Text, nullable=False),
    _words("payee"),
    _words("reference"),
    _words("description"),
    _words("type"),
    _words("counterparty_account"),
    _words("bank_reference"),
    _words("flag"),
    Column("file_hash", Text),
    Column("position", Integer, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("explained_by", Text),
    Column("explained_kind", Text),
    Column("explained_contact_id", Text),
    ForeignKeyConstraint(
        ["organisation", "account_code", "file_hash"],
        ["statements.organisation", "statements.account_code", "statements.file_hash"],
    ),
    CheckConstraint("(explained_by IS NULL) = (explained_kind IS NULL)", name="explained_whole"),
    CheckConstraint(
        "explained_kind IN (" + ", ".join(f"'{kind}'" for kind in RECORD_KINDS) + ")",
        name="explained_kind",
    ),
    Index(None, "organisation", "account_code", "date"),
    # One ledger record is one movement of one account: it explains one line, never two.
    Index(
        "uq_bank_lines_record",
        "organisation",
        "account_id",
        "explained_by",
        "explained_kind",
        unique=True,
        sqlite_where=text("explained_by IS NOT NULL"),
        postgresql_where=text("explained_by IS NOT NULL"),
    ),
)

account_pins = Table(
    "account_pins",
    metadata,
    _key("organisation"),
    _key("account_code"),
    Column("account_id", Text, nullable=False),
)

# --- what was decided ---------------------------------------------------------

decisions = Table(
    "decisions",
    metadata,
    _key("organisation"),
    _key("line_id"),
    Column("revision", Integer, primary_key=True, nullable=False, autoincrement=False),
    Column("id", Text, nullable=False),
    _flag("is_current"),
    Column("action", Text, nullable=False),
    Column("held_by", Text),
    Column("owner", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("date", Date, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("proposal", Text, nullable=False),
    Column("problems", Words, nullable=False),
    _one_of("action", ACTIONS, "action"),
    Index(
        "uq_decisions_current",
        "organisation",
        "line_id",
        unique=True,
        sqlite_where=text("is_current"),
        postgresql_where=text("is_current"),
    ),
)

declines = Table(
    "declines",
    metadata,
    _key("organisation"),
    _key("line_id"),
    Column("documents", Words, primary_key=True, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("declined_at", Instant, nullable=False),
)

# --- what we want written in the ledger ---------------------------------------

intents = Table(
    "intents",
    metadata,
    _key("organisation"),
    _key(),
    # The order they were planned in: what a line's cash waits for comes before it.
    Column("number", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("date", Date, nullable=False),
    _money("amount"),
    Column("currency", Text, nullable=False),
    _words("reference"),
    _words("contact_id"),
    _words("contact_name"),
    Column("shares", Text, nullable=False),
    _words("side"),
    _words("credit_id"),
    _words("credit_kind"),
    Column("coding", Text, nullable=False),
    _words("to_account_id"),
    _words("pre_image"),
    Column("state", Text, nullable=False),
    _words("reason"),
    _words("ledger_id"),
    Column("owner", Text, nullable=False),
    _words("run_id"),
    # Set by the claim: which taking of the lease sends it, since when, in which request.
    Column("epoch", BigInteger),
    Column("claimed_at", Instant),
    Column("dispatch_id", Text),
    # Reads that found no trace of an unknown write, in a row, with its document unchanged.
    Column("absence_reads", Integer, nullable=False, server_default=text("0")),
    Column("last_read_at", Instant),
    _words("stamp"),
    UniqueConstraint("organisation", "meaning", "generation"),
    _one_of("state", list(TRANSITIONS), "state"),
    _one_of("kind", INTENT_KINDS, "kind"),
    CheckConstraint("side IN ('', 'receivable', 'payable')", name="side"),
    CheckConstraint("generation >= 1", name="generation"),
    CheckConstraint("state <> 'sending' OR epoch IS NOT NULL", name="sending_has_epoch"),
    Index(None, "organisation", "state"),
)

intent_lines = Table(
    "intent_lines",
    metadata,
    _key("organisation"),
    _key("intent_id"),
    Column("position", Integer, primary_key=True, nullable=False, autoincrement=False),
    Column("line_id", Text, nullable=False),
    ForeignKeyConstraint(["organisation", "intent_id"], ["intents.organisation", "intents.id"]),
    Index(None, "organisation", "line_id"),
)

dispatches = Table(
    "dispatches",
    metadata,
    _key("organisation"),
    _key(),
    Column("kind", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("key", Text, nullable=False),
    Column("deadline", Instant, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("settled_at", Instant),
    _one_of("kind", INTENT_KINDS, "kind"),
)

dispatch_intents = Table(
    "dispatch_intents",
    metadata,
    _key("organisation"),
    _key("dispatch_id"),
    _key("intent_id"),
    ForeignKeyConstraint(
        ["organisation", "dispatch_id"], ["dispatches.organisation", "dispatches.id"]
    ),
    ForeignKeyConstraint(["organisation", "intent_id"], ["intents.organisation", "intents.id"]),
)

# --- who works, what ran ------------------------------------------------------

leases = Table(
    "leases",
    metadata,
    _key("organisation"),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("expires", Instant, nullable=False),
)

job_runs = Table(
    "job_runs",
    metadata,
    _key("organisation"),
    _key("job"),
    _key("period"),
    Column("run_id", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("summary", Text, nullable=False, server_default=text("'{}'")),
)

deliveries = Table(
    "deliveries",
    metadata,
    _key("organisation"),
    _key("period"),
    _key("recipient"),
    _key("channel"),
    Column("delivered_at", Instant, nullable=False),
)

call_budgets = Table(
    "call_budgets",
    metadata,
    _key("organisation"),
    # Calls reserved in the last minute by slot of a few seconds, as JSON: {slot: calls}.
    Column("slots", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("day_calls", Integer, nullable=False),
    Column("day_bytes", BigInteger, nullable=False),
    Column("blocked_until", Instant),
)
