"""The first schema: the ledger's copy, bank lines, decisions, the outbox, and who works."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TRIGGERS_SQLITE = (
    "CREATE TRIGGER intents_legal_step BEFORE UPDATE OF state ON intents WHEN "
    "OLD.state <> NEW.state AND NOT ((OLD.state = 'planned' AND NEW.state IN "
    "('approved', 'blocked_by_lock', 'expired', 'needs_human')) OR (OLD.state = "
    "'approved' AND NEW.state IN ('blocked_by_lock', 'expired', 'needs_human', "
    "'rejected', 'sending')) OR (OLD.state = 'sending' AND NEW.state IN ('posted', "
    "'rejected', 'unknown')) OR (OLD.state = 'unknown' AND NEW.state IN "
    "('approved', 'expired', 'needs_human', 'posted')) OR (OLD.state = 'posted' AND "
    "NEW.state IN ('disputed', 'undone', 'verified')) OR (OLD.state = 'verified' "
    "AND NEW.state IN ('disputed', 'undone')) OR (OLD.state = 'rejected' AND "
    "NEW.state IN ('expired', 'needs_human')) OR (OLD.state = 'disputed' AND "
    "NEW.state IN ('needs_human', 'undone', 'verified')) OR (OLD.state = "
    "'blocked_by_lock' AND NEW.state IN ('approved', 'expired', 'needs_human')) OR "
    "(OLD.state = 'needs_human' AND NEW.state IN ('approved', 'expired', "
    "'undone'))) BEGIN SELECT RAISE(ABORT, 'illegal step of an intent'); END",
    "CREATE TRIGGER bank_lines_facts BEFORE UPDATE ON bank_lines WHEN "
    "NEW.organisation <> OLD.organisation OR NEW.id <> OLD.id OR NEW.account_code "
    "<> OLD.account_code OR NEW.date <> OLD.date OR NEW.amount <> OLD.amount OR "
    "NEW.currency <> OLD.currency BEGIN SELECT RAISE(ABORT, 'the facts of a bank "
    "line never change'); END",
)

_TRIGGERS_POSTGRESQL = (
    "CREATE FUNCTION intents_legal_step() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION 'illegal step of an intent' USING ERRCODE = "
    "'check_violation'; END $$",
    "CREATE TRIGGER intents_legal_step BEFORE UPDATE ON intents FOR EACH ROW WHEN "
    "(OLD.state <> NEW.state AND NOT ((OLD.state = 'planned' AND NEW.state IN "
    "('approved', 'blocked_by_lock', 'expired', 'needs_human')) OR (OLD.state = "
    "'approved' AND NEW.state IN ('blocked_by_lock', 'expired', 'needs_human', "
    "'rejected', 'sending')) OR (OLD.state = 'sending' AND NEW.state IN ('posted', "
    "'rejected', 'unknown')) OR (OLD.state = 'unknown' AND NEW.state IN "
    "('approved', 'expired', 'needs_human', 'posted')) OR (OLD.state = 'posted' AND "
    "NEW.state IN ('disputed', 'undone', 'verified')) OR (OLD.state = 'verified' "
    "AND NEW.state IN ('disputed', 'undone')) OR (OLD.state = 'rejected' AND "
    "NEW.state IN ('expired', 'needs_human')) OR (OLD.state = 'disputed' AND "
    "NEW.state IN ('needs_human', 'undone', 'verified')) OR (OLD.state = "
    "'blocked_by_lock' AND NEW.state IN ('approved', 'expired', 'needs_human')) OR "
    "(OLD.state = 'needs_human' AND NEW.state IN ('approved', 'expired', "
    "'undone')))) EXECUTE FUNCTION intents_legal_step()",
    "CREATE FUNCTION bank_lines_facts() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION 'the facts of a bank line never change' USING ERRCODE = "
    "'check_violation'; END $$",
    "CREATE TRIGGER bank_lines_facts BEFORE UPDATE ON bank_lines FOR EACH ROW WHEN "
    "(NEW.organisation <> OLD.organisation OR NEW.id <> OLD.id OR NEW.account_code "
    "<> OLD.account_code OR NEW.date <> OLD.date OR NEW.amount <> OLD.amount OR "
    "NEW.currency <> OLD.currency) EXECUTE FUNCTION bank_lines_facts()",
)


def upgrade() -> None:
    _tables()
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _TRIGGERS_SQLITE if sqlite else _TRIGGERS_POSTGRESQL:
        op.get_bind().exec_driver_sql(statement)


def _tables() -> None:
    op.create_table(
        "account_pins",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("account_code", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "account_code", name=op.f("pk_account_pins")),
    )
    op.create_table(
        "accounts",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("type", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("currency", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("tax_type", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("bank_account_number", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("takes_payments", sa.Boolean(), nullable=False),
        sa.Column("system", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_accounts")),
    )
    op.create_table(
        "bank_transactions",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("account_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("contact_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("contact_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("is_reconciled", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("coding", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("has_attachments", sa.Boolean(), nullable=False),
        sa.Column("overpayment_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("prepayment_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_bank_transactions")),
    )
    op.create_index(
        op.f("ix_bank_transactions_organisation_account_id_date"),
        "bank_transactions",
        ["organisation", "account_id", "date"],
        unique=False,
    )
    op.create_table(
        "bank_transfers",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("from_account_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("to_account_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("from_reconciled", sa.Boolean(), nullable=False),
        sa.Column("to_reconciled", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_bank_transfers")),
    )
    op.create_table(
        "batch_payments",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("is_reconciled", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("payment_ids", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_batch_payments")),
    )
    op.create_index(
        op.f("ix_batch_payments_organisation_account_id_date"),
        "batch_payments",
        ["organisation", "account_id", "date"],
        unique=False,
    )
    op.create_table(
        "call_budgets",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("slots", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("day_calls", sa.Integer(), nullable=False),
        sa.Column("day_bytes", sa.BigInteger(), nullable=False),
        sa.Column("blocked_until", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_call_budgets")),
    )
    op.create_table(
        "contacts",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("first_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("last_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("email", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("account_number", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("bank_accounts", sa.Text(), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("is_customer", sa.Boolean(), nullable=False),
        sa.Column("is_supplier", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_contacts")),
    )
    op.create_table(
        "cursors",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("server_time", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "noun", name=op.f("pk_cursors")),
    )
    op.create_table(
        "decisions",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("decided_at", sa.Text(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "action IN ('auto', 'suggest', 'none', 'rule', 'transfer', 'explained')",
            name=op.f("ck_decisions_action"),
        ),
        sa.PrimaryKeyConstraint("organisation", "line_id", "revision", name=op.f("pk_decisions")),
    )
    op.create_index(
        "uq_decisions_current",
        "decisions",
        ["organisation", "line_id"],
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "declines",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("documents", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("declined_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "line_id", "documents", name=op.f("pk_declines")),
    )
    op.create_table(
        "deliveries",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("delivered_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation", "period", "recipient", "channel", name=op.f("pk_deliveries")
        ),
    )
    op.create_table(
        "dispatches",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("deadline", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('payment', 'batch_payment', 'allocation', 'bank_transaction', 'transfer')",
            name=op.f("ck_dispatches_kind"),
        ),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_dispatches")),
    )
    op.create_table(
        "documents",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reference", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("contact_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("contact_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("credited", sa.BigInteger(), nullable=False),
        sa.Column("cis_deduction", sa.BigInteger(), nullable=False),
        sa.Column("currency_rate", sa.Text(), nullable=True),
        sa.Column("coding", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("descriptions", sa.Text(), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.Column("updated", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('invoice', 'credit_note', 'overpayment', 'prepayment')",
            name=op.f("ck_documents_kind"),
        ),
        sa.CheckConstraint("side IN ('receivable', 'payable')", name=op.f("ck_documents_side")),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_documents")),
    )
    op.create_index(
        op.f("ix_documents_organisation_contact_id"),
        "documents",
        ["organisation", "contact_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_documents_organisation_status"),
        "documents",
        ["organisation", "status"],
        unique=False,
    )
    op.create_table(
        "full_passes",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "day", name=op.f("pk_full_passes")),
    )
    op.create_table(
        "intents",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("contact_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("contact_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("shares", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("credit_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("credit_kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("coding", sa.Text(), nullable=False),
        sa.Column("to_account_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("pre_image", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("ledger_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.Text(), nullable=True),
        sa.Column("dispatch_id", sa.Text(), nullable=True),
        sa.Column("absence_reads", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_read_at", sa.Text(), nullable=True),
        sa.Column("stamp", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('payment', 'batch_payment', 'allocation', 'bank_transaction', 'transfer')",
            name=op.f("ck_intents_kind"),
        ),
        sa.CheckConstraint("side IN ('', 'receivable', 'payable')", name=op.f("ck_intents_side")),
        sa.CheckConstraint(
            "state <> 'sending' OR epoch IS NOT NULL", name=op.f("ck_intents_sending_has_epoch")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'approved', 'sending', 'unknown', 'posted', 'verified', 'rejected', 'disputed', 'blocked_by_lock', 'needs_human', 'expired', 'undone')",  # noqa: E501
            name=op.f("ck_intents_state"),
        ),
        sa.CheckConstraint("generation >= 1", name=op.f("ck_intents_generation")),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_intents")),
        sa.UniqueConstraint(
            "organisation",
            "meaning",
            "generation",
            name=op.f("uq_intents_organisation_meaning_generation"),
        ),
    )
    op.create_index(
        op.f("ix_intents_organisation_state"), "intents", ["organisation", "state"], unique=False
    )
    op.create_table(
        "job_runs",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "job", "period", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "leases",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("expires", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_leases")),
    )
    op.create_table(
        "ledger_rows",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("raw_hash", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Text(), nullable=False),
        sa.Column("missing", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "noun", "id", name=op.f("pk_ledger_rows")),
    )
    op.create_table(
        "organisations",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("short_code", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("base_currency", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("country", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("timezone", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("year_end_month", sa.SmallInteger(), nullable=False),
        sa.Column("year_end_day", sa.SmallInteger(), nullable=False),
        sa.Column("sales_tax_basis", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("period_lock_date", sa.Date(), nullable=True),
        sa.Column("year_lock_date", sa.Date(), nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_organisations")),
    )
    op.create_table(
        "payments",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("document_kind", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("contact_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("bank_amount", sa.BigInteger(), nullable=False),
        sa.Column("bank_decimals", sa.SmallInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("is_reconciled", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("batch_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("updated", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "document_kind IN ('invoice', 'credit_note', 'overpayment', 'prepayment')",
            name=op.f("ck_payments_document_kind"),
        ),
        sa.CheckConstraint("side IN ('receivable', 'payable')", name=op.f("ck_payments_side")),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_payments")),
    )
    op.create_index(
        op.f("ix_payments_organisation_account_id_date"),
        "payments",
        ["organisation", "account_id", "date"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payments_organisation_batch_id"),
        "payments",
        ["organisation", "batch_id"],
        unique=False,
    )
    op.create_table(
        "raw_rows",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "noun", "id", name=op.f("pk_raw_rows")),
    )
    op.create_table(
        "statements",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("account_code", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("format", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("account_named", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("start", sa.Date(), nullable=True),
        sa.Column("end", sa.Date(), nullable=True),
        sa.Column("opening", sa.BigInteger(), nullable=True),
        sa.Column("closing", sa.BigInteger(), nullable=True),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("pending_dropped", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "organisation", "account_code", "file_hash", name=op.f("pk_statements")
        ),
    )
    op.create_table(
        "tax_rates",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tax_type", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_tax_rates")),
    )
    op.create_table(
        "allocations",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("credit_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation", "credit_id"],
            ["documents.organisation", "documents.id"],
            name=op.f("fk_allocations_organisation_documents"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation", "credit_id", "position", name=op.f("pk_allocations")
        ),
    )
    op.create_index(
        op.f("ix_allocations_organisation_document_id"),
        "allocations",
        ["organisation", "document_id"],
        unique=False,
    )
    op.create_table(
        "bank_lines",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_code", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("account_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("payee", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reference", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("description", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("type", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("counterparty_account", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("bank_reference", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("flag", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.Text(), nullable=False),
        sa.Column("explained_by", sa.Text(), nullable=True),
        sa.Column("explained_kind", sa.Text(), nullable=True),
        sa.Column("explained_contact_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "explained_kind IN ('payment', 'batch_payment', 'bank_transaction', 'transfer_in', 'transfer_out')",  # noqa: E501
            name=op.f("ck_bank_lines_explained_kind"),
        ),
        sa.CheckConstraint(
            "(explained_by IS NULL) = (explained_kind IS NULL)",
            name=op.f("ck_bank_lines_explained_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation", "account_code", "file_hash"],
            ["statements.organisation", "statements.account_code", "statements.file_hash"],
            name=op.f("fk_bank_lines_organisation_statements"),
        ),
        sa.PrimaryKeyConstraint("organisation", "id", name=op.f("pk_bank_lines")),
    )
    op.create_index(
        op.f("ix_bank_lines_organisation_account_code_date"),
        "bank_lines",
        ["organisation", "account_code", "date"],
        unique=False,
    )
    op.create_index(
        "uq_bank_lines_record",
        "bank_lines",
        ["organisation", "account_id", "explained_by", "explained_kind"],
        unique=True,
        sqlite_where=sa.text("explained_by IS NOT NULL"),
        postgresql_where=sa.text("explained_by IS NOT NULL"),
    )
    op.create_table(
        "dispatch_intents",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("dispatch_id", sa.Text(), nullable=False),
        sa.Column("intent_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation", "dispatch_id"],
            ["dispatches.organisation", "dispatches.id"],
            name=op.f("fk_dispatch_intents_organisation_dispatches"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation", "intent_id"],
            ["intents.organisation", "intents.id"],
            name=op.f("fk_dispatch_intents_organisation_intents"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation", "dispatch_id", "intent_id", name=op.f("pk_dispatch_intents")
        ),
    )
    op.create_table(
        "intent_lines",
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("intent_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation", "intent_id"],
            ["intents.organisation", "intents.id"],
            name=op.f("fk_intent_lines_organisation_intents"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation", "intent_id", "position", name=op.f("pk_intent_lines")
        ),
    )
    op.create_index(
        op.f("ix_intent_lines_organisation_line_id"),
        "intent_lines",
        ["organisation", "line_id"],
        unique=False,
    )
    # ### end Alembic commands ###
