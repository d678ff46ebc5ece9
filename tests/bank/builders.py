"""Statements and files in a line, for tests that care about one thing each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from worker.bank.statement import read_statement
from worker.books.records import BankLine, Statement, StatementLine

TODAY = date(2026, 4, 30)

PLAIN: dict[str, Any] = {
    "delimiter": ",",
    "decimal": ".",
    "date_format": "%Y-%m-%d",
    "columns": {"date": "Date", "description": "Text", "amount": "Amount", "balance": "Balance"},
}


def a_line(day: int, amount: str, text: str = "COFFEE", **more: Any) -> StatementLine:
    """A line in March 2026."""
    values: dict[str, Any] = {
        "payee": "", "reference": "", "type": "", "counterparty_account": "",
        "bank_reference": "", "balance": None, "place": "",
    } | more  # fmt: skip
    return StatementLine(
        date=date(2026, 3, day), amount=Decimal(amount), description=text, **values
    )


def a_statement(lines: Sequence[StatementLine], **more: Any) -> Statement:
    """A statement of those lines, covering their days, with no balances."""
    days = [line.date for line in lines]
    values: dict[str, Any] = {
        "file": "march.csv", "format": "csv", "account": "", "currency": "GBP",
        "opening": None, "closing": None,
        "start": min(days, default=None), "end": max(days, default=None),
    } | more  # fmt: skip
    return Statement(lines=tuple(lines), **values)


def a_bank_line(line: StatementLine, id_: str, flag: str = "") -> BankLine:
    """The stored form of a line."""
    return BankLine(
        id=id_, account_id="ACC", account_code="090", date=line.date, amount=line.amount,
        currency="GBP", payee=line.payee, reference=line.reference, description=line.description,
        bank_reference=line.bank_reference, flag=flag,
    )  # fmt: skip


def read(
    folder: Path,
    content: str | bytes,
    *,
    name: str = "march.csv",
    profile: Any = PLAIN,
    currency: str | None = "GBP",
    today: date = TODAY,
    account_code: str = "090",
    account_number: str = "",
) -> Statement:
    """What the gate makes of a file with that content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_statement(
        path, account_code=account_code, currency=currency, profile=profile, today=today,
        account_number=account_number,
    )  # fmt: skip


def ofx(*transactions: str, head: str = "", list_end: str = "20260331", ledger: str = "") -> str:
    """An OFX 1.x bank file with those transactions, a tag a line."""
    opened = "".join(f"<STMTTRN>\n{body}\n</STMTTRN>\n".replace("|", "\n") for body in transactions)
    return (
        f"{head or 'OFXHEADER:100'}\n\n<OFX>\n<BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>GBP\n"
        "<BANKACCTFROM><BANKID>200000<ACCTID>12345678<ACCTTYPE>CHECKING</BANKACCTFROM>\n"
        f"<BANKTRANLIST><DTSTART>20260301<DTEND>{list_end}\n{opened}</BANKTRANLIST>\n"
        f"{ledger}</STMTRS></STMTTRNRS></BANKMSGSRSV1>\n</OFX>\n"
    )


def paid(day: int, amount: str, name: str, fitid: str) -> str:
    """One transaction's fields, a line each once `ofx` has put them in."""
    kind = "DEBIT" if amount.startswith("-") else "CREDIT"
    return f"<TRNTYPE>{kind}|<DTPOSTED>202603{day:02d}|<TRNAMT>{amount}|<FITID>{fitid}|<NAME>{name}"
