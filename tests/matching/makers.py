"""Short ways to make the records the matching tests speak of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from worker.books.decisions import Proposal
from worker.books.records import BankLine, Contact, Document, HistoryLine
from worker.matching.engine import prepare, propose
from worker.matching.memory import Memory, remember
from worker.matching.policy import MatchingPolicy

DAY = date(2026, 3, 10)
POLICY = MatchingPolicy(as_of=date(2026, 3, 31), base_currency="GBP")


def a_line(amount: str, payee: str = "", reference: str = "", **more: Any) -> BankLine:
    """A bank line of 10 March 2026 on the main account."""
    fields: dict[str, Any] = {
        "id": "L1",
        "account_id": "acc-main",
        "account_code": "090",
        "date": DAY,
        "currency": "GBP",
        "payee": payee,
        "reference": reference,
    }
    return BankLine(amount=Decimal(amount), **(fields | more))


def a_document(number: str, contact: str, due: str, **more: Any) -> Document:
    """A sales invoice of 10 February 2026, due on 10 March; the contact's id is its name."""
    fields: dict[str, Any] = {
        "id": f"id-{number}-{contact}",
        "side": "receivable",
        "kind": "invoice",
        "reference": "",
        "date": date(2026, 2, 10),
        "due_date": DAY,
        "currency": "GBP",
        "total": Decimal(more.pop("total", due)),
        "status": "AUTHORISED",
    }
    named = {"number": number, "contact_id": contact, "contact_name": contact, "due": Decimal(due)}
    return Document(**(fields | named | more))


def a_bill(number: str, contact: str, due: str, **more: Any) -> Document:
    return a_document(number, contact, due, **({"side": "payable"} | more))


def a_credit(number: str, contact: str, due: str, **more: Any) -> Document:
    return a_document(number, contact, due, **({"kind": "credit_note"} | more))


def a_contact(name: str, **more: Any) -> Contact:
    return Contact(id=name, name=name, status="ACTIVE", **more)


def paid_before(line: BankLine, contact: str, *documents: str, coding: str = "") -> HistoryLine:
    return HistoryLine(line, contact, documents, coding)


def decide(
    lines: list[BankLine],
    documents: list[Document],
    *,
    contacts: list[Contact] | None = None,
    history: list[HistoryLine] | None = None,
    declines: frozenset[tuple[str, frozenset[str]]] = frozenset(),
    policy: MatchingPolicy = POLICY,
) -> dict[str, Proposal]:
    """Proposals by line id."""
    known = contacts or []
    memory: Memory = remember(history or [], known, declines)
    return {p.line_id: p for p in propose(lines, prepare(documents, known), memory, policy)}


def numbers(proposal: Proposal) -> list[str]:
    return sorted(share.document_number for share in proposal.shares)
