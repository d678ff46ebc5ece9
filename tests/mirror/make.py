"""Plain records for the mirror's tests; each test changes what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from worker.books.decisions import Decision, Proposal, Share
from worker.books.intents import Dispatch, Intent, Request
from worker.books.ports import Record, Row
from worker.books.records import (
    Account,
    BankLine,
    BankTransaction,
    BankTransfer,
    BatchPayment,
    Contact,
    Document,
    Organisation,
    Payment,
    Statement,
    StatementLine,
)

NOW = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)
DAY = date(2026, 3, 31)
ORG = "acme"

ORGANISATION = Organisation(
    id="11111111-1111-1111-1111-111111111111",
    name="Acme Limited",
    short_code="!AC",
    base_currency="GBP",
    country="GB",
    timezone="Europe/London",
    financial_year_end=(3, 31),
    sales_tax_basis="ACCRUALS",
    period_lock_date=date(2025, 12, 31),
    year_lock_date=None,
    is_demo=False,
)
BANK = Account("acc-1", "090", "Main", "BANK", "ASSET", "ACTIVE", "GBP", "NONE", "12-34", True, "")
CONTACT = Contact("con-1", "Ridgeway Ltd", "ACTIVE", bank_accounts=("GB1",), groups=("a", "b"))
INVOICE = Document(
    id="doc-1",
    side="receivable",
    kind="invoice",
    number="INV-0001",
    reference="PO 7",
    contact_id="con-1",
    contact_name="Ridgeway Ltd",
    date=DAY,
    due_date=DAY + timedelta(30),
    currency="GBP",
    total=Decimal("120.00"),
    due=Decimal("120.00"),
    status="AUTHORISED",
    currency_rate=Decimal("1.250000"),
    coding="200|OUTPUT2",
    descriptions=("Work", "March, part 2"),
    updated=NOW,
)
PAYMENT = Payment(
    id="pay-1",
    document_id="doc-1",
    document_kind="invoice",
    side="receivable",
    account_id="acc-1",
    contact_id="con-1",
    date=DAY,
    amount=Decimal("120.00"),
    bank_amount=Decimal("120.00"),
    currency="GBP",
    reference="",
    is_reconciled=False,
    status="AUTHORISED",
)
BATCH = BatchPayment(
    "bat-1", "acc-1", DAY, Decimal("-50.00"), "GBP", "", False, "AUTHORISED", ("pay-2", "pay-3")
)
SPEND = BankTransaction(
    id="txn-1",
    type="SPEND",
    account_id="acc-1",
    contact_id="con-9",
    contact_name="Bank plc",
    date=DAY,
    amount=Decimal("-4.50"),
    currency="GBP",
    reference="",
    is_reconciled=True,
    status="AUTHORISED",
    coding="404|NONE",
)
TRANSFER = BankTransfer(
    "tra-1", "acc-1", "acc-2", DAY, Decimal("30.00"), "GBP", "", True, False, "AUTHORISED"
)
LINE = BankLine("L1", "090", "090", DAY, Decimal("120.00"), "GBP", payee="RIDGEWAY", reference="7")
INTENT = Intent(
    id="I1",
    kind="payment",
    meaning="m1",
    code="TO-AAAAAAA",
    generation=1,
    line_ids=("L1",),
    account_id="acc-1",
    date=DAY,
    amount=Decimal("120.00"),
    currency="GBP",
    reference="7",
    shares=(Share("doc-1", "INV-0001", Decimal("120.00")),),
    side="receivable",
    pre_image='{"documents":{}}',
    state="approved",
)


def row(record: Record, raw: str | None = None, row_id: str | None = None) -> Row:
    found = row_id or getattr(record, "id", None) or record.tax_type  # type: ignore[union-attr]
    return Row(found, record, raw if raw is not None else repr(record))


def invoice(number: int, **changes: Any) -> Document:
    return replace(INVOICE, id=f"doc-{number}", number=f"INV-{number:04}", **changes)


def intent(number: int, **changes: Any) -> Intent:
    same: dict[str, Any] = {
        "id": f"I{number}",
        "meaning": f"m{number}",
        "code": f"TO-{number:07}",
        "line_ids": (f"L{number}",),
    }
    return replace(INTENT, **(same | changes))


def dispatch(*intents: Intent, number: int = 1) -> Dispatch:
    return Dispatch(
        id=f"P{number}",
        kind="payment",
        intent_ids=tuple(each.id for each in intents),
        request=Request("PUT", "Payments?summarizeErrors=false", b'{"Payments":[]}\x00\xff'),
        key="k" * 64,
        deadline=NOW + timedelta(seconds=60),
    )


def decision(line_id: str, run_id: str = "R1", **changes: Any) -> Decision:
    proposal = Proposal(line_id, "none", **changes)
    return Decision(f"D-{run_id}-{line_id}", proposal, None, "engine", run_id, DAY)


def statement(*amounts: str, start: date | None = None, **changes: Any) -> Statement:
    lines = tuple(
        StatementLine(DAY, Decimal(each), "", "", "", "", "", "", None, f"line {place}")
        for place, each in enumerate(amounts)
    )
    plain = Statement("march.csv", "csv", "", "GBP", lines, None, None, start, start)
    return replace(plain, **changes)
