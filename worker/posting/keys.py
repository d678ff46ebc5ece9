"""A write's identity comes from what it says, so a restart and a rebuilt database say the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from worker.books.decisions import CodingLine, Share

# Crockford's alphabet: no I, L, O, U, so a code read aloud or retyped stays itself.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LETTERS = 7


def meaning(
    *,
    organisation_id: str,
    kind: str,
    line_ids: Iterable[str],
    account_id: str,
    day: date,
    amount: Decimal,
    shares: Iterable[Share] = (),
    credit_id: str = "",
    to_account_id: str = "",
    coding: Iterable[CodingLine] = (),
    generation: int = 1,
) -> str:
    """SHA-256 hex over everything the write says; equal for equal writes, on any machine.

    Amounts count by value, not by spelling (12.5 is 12.50). `generation` grows only when an earlier
    one is proved absent from the ledger (design §8).
    """
    said = {
        "organisation": organisation_id,
        "kind": kind,
        "lines": sorted(line_ids),
        "account": account_id,
        "date": day.isoformat(),
        "amount": _plain(amount),
        "documents": sorted([s.document_id, _plain(s.amount)] for s in shares),
        "credit": credit_id,
        "to": to_account_id,
        "coding": [
            [c.account_code, c.tax_type, _plain(c.amount), [list(t) for t in c.tracking]]
            for c in coding
        ],
        "generation": generation,
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def code(meaning_hex: str) -> str:
    """The short code that travels in the record's Reference: "TO-" and seven letters (35 bits)."""
    number = int(meaning_hex[:16], 16) >> (64 - 5 * _CODE_LETTERS)
    letters = []
    for _ in range(_CODE_LETTERS):
        number, rest = divmod(number, 32)
        letters.append(_ALPHABET[rest])
    return "TO-" + "".join(reversed(letters))


def dispatch_key(meanings: Iterable[str]) -> str:
    """The Idempotency-Key of a request: one hash over its sorted meanings, 64 hex characters."""
    return hashlib.sha256("\n".join(sorted(meanings)).encode()).hexdigest()


def _plain(amount: Decimal) -> str:
    text = format(amount, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
