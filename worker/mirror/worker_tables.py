"""Tables of our own: bank lines, decisions, the outbox, and who works."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from worker.books.intents import TRANSITIONS
from worker.mirror.schema import flag, key, metadata, money, one_of, words
from worker.mirror.types import Instant, Words

RECORD_KINDS = ("payment", "batch_payment", "bank_transaction", "transfer_in", "transfer_out")
INTENT_KINDS = ("payment", "batch_payment", "allocation", "bank_transaction", "transfer")
ACTIONS = ("auto", "suggest", "none", "rule", "transfer", "explained")

# --- what the bank says -------------------------------------------------------

statements = Table(
    "statements",
    metadata,
    key("organisation"),
    key("account_code"),
    key("file_hash"),
    words("file"),
    words("format"),
    words("account_named"),
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
    key("organisation"),
    key(),
    words("account_code"),
    words("account_id"),
    Column("date", Date, nullable=False),
    money("amount"),
    Column("currency", Text, nullable=False),
    words("payee"),
    words("reference"),
    words("description"),
    words("type"),
    words("counterparty_account"),
    words("bank_reference"),
    words("flag"),
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
    key("organisation"),
    key("account_code"),
    Column("account_id", Text, nullable=False),
)

# --- what was decided ---------------------------------------------------------

decisions = Table(
    "decisions",
    metadata,
    key("organisation"),
    key("line_id"),
    Column("revision", Integer, primary_key=True, nullable=False, autoincrement=False),
    Column("id", Text, nullable=False),
    flag("is_current"),
    Column("action", Text, nullable=False),
    Column("held_by", Text),
    Column("owner", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("date", Date, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("proposal", Text, nullable=False),
    Column("problems", Words, nullable=False),
    one_of("action", ACTIONS, "action"),
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
    key("organisation"),
    key("line_id"),
    Column("documents", Words, primary_key=True, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("declined_at", Instant, nullable=False),
)

# --- what we want written in the ledger ---------------------------------------

intents = Table(
    "intents",
    metadata,
    key("organisation"),
    key(),
    # The order they were planned in: what a line's cash waits for comes before it.
    Column("number", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("date", Date, nullable=False),
    money("amount"),
    Column("currency", Text, nullable=False),
    words("reference"),
    words("contact_id"),
    words("contact_name"),
    Column("shares", Text, nullable=False),
    words("side"),
    words("credit_id"),
    words("credit_kind"),
    Column("coding", Text, nullable=False),
    words("to_account_id"),
    words("pre_image"),
    Column("state", Text, nullable=False),
    words("reason"),
    words("ledger_id"),
    Column("owner", Text, nullable=False),
    words("run_id"),
    # Set by the claim: which taking of the lease sends it, since when, in which request.
    Column("epoch", BigInteger),
    Column("claimed_at", Instant),
    Column("dispatch_id", Text),
    # Reads that found no trace of an unknown write, in a row, with its document unchanged.
    Column("absence_reads", Integer, nullable=False, server_default=text("0")),
    Column("last_read_at", Instant),
    words("stamp"),
    UniqueConstraint("organisation", "meaning", "generation"),
    one_of("state", TRANSITIONS, "state"),
    one_of("kind", INTENT_KINDS, "kind"),
    CheckConstraint("side IN ('', 'receivable', 'payable')", name="side"),
    CheckConstraint("generation >= 1", name="generation"),
    CheckConstraint("state <> 'sending' OR epoch IS NOT NULL", name="sending_has_epoch"),
    Index(None, "organisation", "state"),
)

intent_lines = Table(
    "intent_lines",
    metadata,
    key("organisation"),
    key("intent_id"),
    Column("position", Integer, primary_key=True, nullable=False, autoincrement=False),
    Column("line_id", Text, nullable=False),
    ForeignKeyConstraint(["organisation", "intent_id"], ["intents.organisation", "intents.id"]),
    Index(None, "organisation", "line_id"),
)

dispatches = Table(
    "dispatches",
    metadata,
    key("organisation"),
    key(),
    Column("kind", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("key", Text, nullable=False),
    Column("deadline", Instant, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("settled_at", Instant),
    one_of("kind", INTENT_KINDS, "kind"),
)

dispatch_intents = Table(
    "dispatch_intents",
    metadata,
    key("organisation"),
    key("dispatch_id"),
    key("intent_id"),
    ForeignKeyConstraint(
        ["organisation", "dispatch_id"], ["dispatches.organisation", "dispatches.id"]
    ),
    ForeignKeyConstraint(["organisation", "intent_id"], ["intents.organisation", "intents.id"]),
)

# --- who works, what ran ------------------------------------------------------

leases = Table(
    "leases",
    metadata,
    key("organisation"),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("expires", Instant, nullable=False),
)

job_runs = Table(
    "job_runs",
    metadata,
    key("organisation"),
    key("job"),
    key("period"),
    Column("run_id", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("summary", Text, nullable=False, server_default=text("'{}'")),
)

deliveries = Table(
    "deliveries",
    metadata,
    key("organisation"),
    key("period"),
    key("recipient"),
    key("channel"),
    Column("delivered_at", Instant, nullable=False),
)

call_budgets = Table(
    "call_budgets",
    metadata,
    key("organisation"),
    # Calls reserved in the last minute by slot of a few seconds, as JSON: {slot: calls}.
    Column("slots", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("day_calls", Integer, nullable=False),
    Column("day_bytes", BigInteger, nullable=False),
    Column("blocked_until", Instant),
)
