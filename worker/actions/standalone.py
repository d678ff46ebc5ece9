"""The matching engine alone on files: lines and documents in, decisions out; no ledger needed."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from worker.actions.decision_json import decision_json
from worker.actions.standalone_rows import (
    FileRow,
    document_row,
    history_row,
    line_row,
    xero_document,
)
from worker.books.records import Account, BankLine, Contact, Document, HistoryLine
from worker.errors import BadInput, NoInput
from worker.matching.engine import prepare, propose
from worker.matching.memory import remember
from worker.matching.policy import AccountFacts, MatchingPolicy
from worker.xero import wire_chart
from worker.xero.wire_values import NotUnderstood

_DOCUMENT_LISTS = ("Invoices", "CreditNotes", "Overpayments", "Prepayments")
_ACCOUNT_KINDS = {"CREDITCARD": "card", "PAYPAL": "processor"}


@dataclass(slots=True)
class _Books:
    """What the document files hold."""

    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    contacts: list[Contact] = field(default_factory=list)
    accounts: list[tuple[Account, str]] = field(default_factory=list)
    """With the kind of bank account."""
    name: str = ""
    base_currency: str = ""

    def add(self, document: Document) -> None:
        """One more document; raises NotUnderstood where its id is known with other figures."""
        held = self.documents.get((document.kind, document.id))
        if held is not None and _figures(held) != _figures(document):
            raise NotUnderstood(f"{document.id!r} appears twice, with different figures")
        self.documents[document.kind, document.id] = document


def _figures(document: Document) -> tuple[object, ...]:
    """What two copies of a document must agree in; one may be told in more detail."""
    return (
        document.side,
        document.number,
        document.contact_id,
        document.currency,
        document.total,
        document.due,
        document.status,
    )


def match_files(
    lines: Path, documents: Sequence[Path], history: Path | None = None, as_of: date | None = None
) -> list[dict[str, object]]:
    """Decide every line of a file against the documents of others, in the order of the file.

    `as_of` is today for the engine; left out, the last line's day. Raises NoInput for a missing
    file and BadInput, naming file and line, for one that cannot be read.
    """
    books = _Books()
    for path in documents:
        _read_documents(path, books)
    stated = books.base_currency or _commonest(d.currency for d in books.documents.values())
    bank_lines = _read_lines(lines, stated)
    base = stated or _commonest(line.currency for line in bank_lines)
    past = _read_history(history, base, books) if history is not None else []
    open_ids = {line.id for line in bank_lines}
    memory = remember([p for p in past if p.line.id not in open_ids], books.contacts)
    policy = MatchingPolicy(
        as_of=as_of or max((line.date for line in bank_lines), default=date.max),
        base_currency=base,
        own_names=(books.name,) if books.name else (),
        own_accounts=_own_accounts(bank_lines, books),
    )
    # What states no currency is in the organisation's own (Xero's CurrencyCode is optional).
    held = tuple(d if d.currency else replace(d, currency=base) for d in books.documents.values())
    book = prepare(held, books.contacts)
    proposals = propose(bank_lines, book, memory, policy)
    return [
        decision_json(proposal, line) for proposal, line in zip(proposals, bank_lines, strict=True)
    ]


def _read_documents(path: Path, books: _Books) -> None:
    content = _content(path)
    if isinstance(content, Mapping) and not any(k in content for k in ("documents", "lines")):
        _read_xero(path, content, books)
        return
    for row in _rows(path, content, "documents"):
        try:
            books.add(document_row(row))
        except NotUnderstood as fault:
            raise row.refusal(str(fault)) from None


def _read_xero(path: Path, content: Mapping[str, Any], books: _Books) -> None:
    if not any(isinstance(entries, list) for entries in content.values()):
        raise BadInput(f"{path}: holds no list of Invoices, CreditNotes, Contacts or the like")
    for name, entries in content.items():
        if not isinstance(entries, list):
            if name in _DOCUMENT_LISTS:
                raise BadInput(f"{path}: {name} is no list")
            continue
        for number, entry in enumerate(entries, 1):
            if not isinstance(entry, Mapping):
                raise BadInput(f"{path}: {name} {number} is no object")
            try:
                _take_xero(name, entry, books)
            except NotUnderstood as fault:
                raise BadInput(f"{path}: {name} {number}: {fault}") from None


def _take_xero(name: str, entry: Mapping[str, Any], books: _Books) -> None:
    if name in _DOCUMENT_LISTS:
        books.add(xero_document(name, entry, books.base_currency))
    elif name == "Contacts":
        books.contacts.append(wire_chart.contact(entry))
    elif name == "Accounts":
        kind = _ACCOUNT_KINDS.get(str(entry.get("BankAccountType", "")), "bank")
        books.accounts.append((wire_chart.account(entry), kind))
    elif name == "Organisations":
        books.name = str(entry.get("Name") or "")
        books.base_currency = str(entry.get("BaseCurrency") or "")


def _read_lines(path: Path, base: str) -> list[BankLine]:
    found: dict[str, BankLine] = {}
    for row in _rows(path, _content(path), "lines"):
        line = line_row(row, base)
        if line.id in found:
            raise row.refusal(f"line_id {line.id!r} appears twice; each line needs its own")
        found[line.id] = line
    return list(found.values())


def _read_history(path: Path, base: str, books: _Books) -> list[HistoryLine]:
    contact_of = {document.id: document.contact_id for document in books.documents.values()}
    return [history_row(row, base, contact_of) for row in _rows(path, _content(path), "lines")]


def _own_accounts(lines: Iterable[BankLine], books: _Books) -> dict[str, AccountFacts]:
    """The accounts the lines are on, with what the chart knows of them."""
    facts: dict[str, AccountFacts] = {}
    for line in lines:
        if line.account_id in facts or not line.account_id:
            continue
        known = [
            (account, kind)
            for account, kind in books.accounts
            if account.is_bank
            and line.account_id
            in (account.code, account.id, account.name, account.bank_account_number)
        ]
        number = known[0][0].bank_account_number if len(known) == 1 else ""
        kind = known[0][1] if len(known) == 1 else "bank"
        facts[line.account_id] = AccountFacts(kind, line.account_code, line.currency, number)
    return facts


def _commonest(currencies: Iterable[str]) -> str:
    counted = Counter(currency for currency in currencies if currency)
    return min(counted, key=lambda c: (-counted[c], c)) if counted else ""


def _content(path: Path) -> object:
    """JSON as it is, or CSV and JSON lines as a list of rows with their line numbers."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise NoInput(f"{path}: there is no such file") from None
    except UnicodeDecodeError as fault:
        raise BadInput(f"{path}: not UTF-8 at byte {fault.start}; save it as UTF-8") from None
    except OSError as fault:
        raise NoInput(f"{path}: cannot be read: {fault.strerror}") from None
    if text.lstrip()[:1] in ("{", "["):
        return _json(path, text)
    return _csv(path, text)


def _json(path: Path, text: str) -> object:
    try:
        return json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as fault:
        first = text.lstrip().splitlines()[0]
        if fault.msg != "Extra data" or not _is_object(first):
            raise BadInput(f"{path}, line {fault.lineno}: {fault.msg}; not valid JSON") from None
    except RecursionError:
        raise BadInput(f"{path}: nested too deeply to be a list of records") from None
    except ValueError as fault:
        raise BadInput(f"{path}: {fault}") from None
    rows = []
    for number, each in enumerate(text.splitlines(), 1):
        if each.strip():
            if not _is_object(each):
                raise BadInput(f"{path}, line {number}: not a JSON object")
            rows.append(FileRow(str(path), f"line {number}", json.loads(each, parse_float=Decimal)))
    return rows


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _csv(path: Path, text: str) -> list[FileRow]:
    if not text.strip():
        raise BadInput(f"{path}: the file is empty")
    header = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[FileRow] = []
    names: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = [cell.strip().lower().replace(" ", "_") for cell in cells]
                _check_header(path, reader.line_num, names)
                continue
            place = f"line {reader.line_num}"
            if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
                raise BadInput(
                    f"{path}, {place}: {len(cells)} fields under {len(names)} headers; quote "
                    f"fields that hold {delimiter!r}"
                )
            rows.append(FileRow(str(path), place, dict(zip(names, cells, strict=False))))
    except csv.Error as fault:
        raise BadInput(f"{path}, line {reader.line_num}: {fault}") from None
    return rows


def _check_header(path: Path, line: int, names: Sequence[str]) -> None:
    place = f"{path}, line {line}"
    twice = [name for name, count in Counter(names).items() if name and count > 1]
    if twice:
        raise BadInput(f"{place}: two columns are called {twice[0]!r}")
    if not {"line_id", "document_id", "invoice_id"} & set(names):
        raise BadInput(f"{place}: no column 'line_id' or 'document_id'; is this the header row?")


def _rows(path: Path, content: object, name: str) -> list[FileRow]:
    if isinstance(content, Mapping):
        content = content.get(name)
    if not isinstance(content, list):
        raise BadInput(f"{path}: a list of {name} is wanted, as CSV with a header row or as JSON")
    rows = []
    for number, each in enumerate(content, 1):
        if isinstance(each, FileRow):
            rows.append(each)
        elif isinstance(each, Mapping):
            rows.append(FileRow(str(path), f"entry {number}", each))
        else:
            raise BadInput(f"{path}, entry {number}: not an object")
    return rows
