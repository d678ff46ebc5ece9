"""The bank's downloads: CSV with a running balance for the main account, OFX for the others.

Files follow one another without gap or overlap: each opens with the balance its predecessor
closed with. OFX 1.x has no opening balance; it is the closing one less the file's lines.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from datetime import date, timedelta
from html import escape
from pathlib import Path
from typing import Any

from worker.sandbox.story_chart import BANK_NUMBERS, CARD, MAIN, SAVINGS
from worker.sandbox.story_parts import BankLine, StatementFile, Story, money, month_start

# How to read the CSV files, in the words of the worker's configuration (`accounts[].csv`).
CSV_PROFILE: dict[str, Any] = {
    "encoding": "utf-8",
    "delimiter": ",",
    "decimal": ".",
    "date_format": "%d/%m/%Y",
    "header": True,
    "skip_rows": 0,
    "columns": {
        "date": "Date",
        "type": "Type",
        "description": "Description",
        "payee": "Payee",
        "reference": "Reference",
        "debit": "Paid Out",
        "credit": "Paid In",
        "balance": "Balance",
        "counterparty_account": "Counterparty Account",
        "bank_reference": "Bank Reference",
    },
}
_HEADER = tuple(CSV_PROFILE["columns"].values())
_OFX_TYPES = {"INT": "INT", "TFR": "XFER", "CARD": "POS", "CHG": "FEE"}
_OFX_HEAD = (
    "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\nENCODING:USASCII\r\n"
    "CHARSET:1252\r\nCOMPRESSION:NONE\r\nOLDFILEUID:NONE\r\nNEWFILEUID:NONE\r\n\r\n"
)


def files(lines: Sequence[BankLine], today: date) -> tuple[StatementFile, ...]:
    """The files a person would have downloaded: one a calendar quarter, and the current one.

    Gives every line its `bank_reference` on the way, unique over all accounts.
    """
    made = []
    for account in (MAIN, SAVINGS, CARD):
        ordered = sorted((x for x in lines if x.account_code == account), key=lambda x: x.date)
        balance = 0
        for number, line in enumerate(ordered, 1):
            line.bank_reference = f"{line.date:%Y%m%d}{account}{number:05d}"
        for first, last in _periods(ordered[0].date, today):
            within = [line for line in ordered if first <= line.date <= last]
            if not within:
                continue
            name = f"{account}-{first.isoformat()}-to-{last.isoformat()}"
            if account == MAIN:
                file = StatementFile(account, f"{name}.csv", _csv(within, balance))
            else:
                closing = balance + _sum(within)
                file = StatementFile(account, f"{name}.ofx", _ofx(within, closing, first, last))
            made.append(file)
            balance += _sum(within)
    return tuple(made)


def write(story: Story, inbox: Path) -> tuple[Path, ...]:
    """Put the files under `inbox/<account code>/`, each whole or not at all; their paths."""
    paths = []
    for file in story.statements:
        folder = inbox / file.account_code
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / file.filename
        part = folder / f".{file.filename}.part"
        with part.open("wb") as stream:
            stream.write(file.content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
        paths.append(path)
    return tuple(paths)


def _periods(first: date, today: date) -> list[tuple[date, date]]:
    """Calendar quarters from `first` on; the last, still running, is at least three weeks long."""
    periods: list[tuple[date, date]] = []
    while True:
        quarter = month_start(first, 3 - (first.month - 1) % 3) - timedelta(1)
        if quarter > today - timedelta(21):
            return [*periods, (first, today)]
        periods.append((first, quarter))
        first = quarter + timedelta(1)


def _sum(lines: Sequence[BankLine]) -> int:
    return sum(line.amount for line in lines if not line.repeats_row)


def _csv(lines: Sequence[BankLine], balance: int) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(_HEADER)
    for line in lines:
        balance += 0 if line.repeats_row else line.amount
        rows.writerow(
            (
                f"{line.date:%d/%m/%Y}",
                line.type,
                line.text,
                line.payee,
                line.reference,
                money(-line.amount) if line.amount < 0 else "",
                money(line.amount) if line.amount > 0 else "",
                money(balance),
                line.counterparty,
                line.bank_reference,
            )
        )
    return text.getvalue().encode()


def _ofx(lines: Sequence[BankLine], closing: int, first: date, last: date) -> bytes:
    account = lines[0].account_code
    number = BANK_NUMBERS[account]
    if account == CARD:
        message, statement, where = "CREDITCARDMSGSRSV1", "CCSTMT", "CCACCTFROM"
        owner = f"<ACCTID>{number}"
    else:
        message, statement, where = "BANKMSGSRSV1", "STMT", "BANKACCTFROM"
        owner = f"<BANKID>{number[:6]}<ACCTID>{number[6:]}<ACCTTYPE>SAVINGS"
    body = [
        "<OFX>",
        "<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>",
        f"<DTSERVER>{last:%Y%m%d}<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>",
        f"<{message}><{statement}TRNRS><TRNUID>0<STATUS><CODE>0<SEVERITY>INFO</STATUS>",
        f"<{statement}RS><CURDEF>GBP<{where}>{owner}</{where}>",
        f"<BANKTRANLIST><DTSTART>{first:%Y%m%d}<DTEND>{last:%Y%m%d}",
        *(_stmttrn(line) for line in lines),
        "</BANKTRANLIST>",
        f"<LEDGERBAL><BALAMT>{money(closing)}<DTASOF>{last:%Y%m%d}</LEDGERBAL>",
        f"</{statement}RS></{statement}TRNRS></{message}>",
        "</OFX>",
    ]
    return (_OFX_HEAD + "\r\n".join(body) + "\r\n").encode("ascii")


def _stmttrn(line: BankLine) -> str:
    kind = _OFX_TYPES.get(line.type, "CREDIT" if line.amount > 0 else "DEBIT")
    name = escape((line.payee or line.text)[:32], quote=False)
    memo = escape(line.text, quote=False)
    return (
        f"<STMTTRN><TRNTYPE>{kind}<DTPOSTED>{line.date:%Y%m%d}<TRNAMT>{money(line.amount)}"
        f"<FITID>{line.bank_reference}<NAME>{name}<MEMO>{memo}</STMTTRN>"
    )
