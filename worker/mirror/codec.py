"""Proposals, shares and codings as JSON text and back: Decimals as strings, nothing rounded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from worker.books.decisions import Coding, CodingLine, Evidence, Proposal, Remainder, Share


def proposal_to_json(proposal: Proposal) -> str:
    """One spelling for equal proposals, so that texts can be compared."""
    coding = proposal.coding
    return _dump(
        {
            "line_id": proposal.line_id,
            "action": proposal.action,
            "shares": [_share(share) for share in proposal.shares],
            "remainder": [[r.kind, str(r.amount), r.account_code] for r in proposal.remainder],
            "confidence": proposal.confidence,
            "alternatives": [[_share(share) for share in way] for way in proposal.alternatives],
            "coding": None
            if coding is None
            else {
                "rule": coding.rule,
                "contact_name": coding.contact_name,
                "contact_id": coding.contact_id,
                "lines": [_coding_line(line) for line in coding.lines],
            },
            "transfer_to": proposal.transfer_to,
            "credit_shares": [[credit, _share(share)] for credit, share in proposal.credit_shares],
            "reason_code": proposal.reason_code,
            "evidence": [[e.signal, e.weight, e.sentence] for e in proposal.evidence],
            "why": proposal.why,
            "record_id": proposal.record_id,
        }
    )


def proposal_from_json(text: str) -> Proposal:
    said = json.loads(text)
    coding = said["coding"]
    return Proposal(
        line_id=said["line_id"],
        action=said["action"],
        shares=_shares(said["shares"]),
        remainder=tuple(
            Remainder(kind, Decimal(figure), code) for kind, figure, code in said["remainder"]
        ),
        confidence=said["confidence"],
        alternatives=tuple(_shares(way) for way in said["alternatives"]),
        coding=None
        if coding is None
        else Coding(
            rule=coding["rule"],
            contact_name=coding["contact_name"],
            lines=tuple(_read_coding_line(line) for line in coding["lines"]),
            contact_id=coding["contact_id"],
        ),
        transfer_to=said["transfer_to"],
        credit_shares=tuple(
            (credit, _read_share(share)) for credit, share in said["credit_shares"]
        ),
        reason_code=said["reason_code"],
        evidence=tuple(Evidence(*each) for each in said["evidence"]),
        why=said["why"],
        record_id=said["record_id"],
    )


def shares_to_json(shares: Sequence[Share]) -> str:
    return _dump([_share(share) for share in shares])


def shares_from_json(text: str) -> tuple[Share, ...]:
    return _shares(json.loads(text))


def coding_to_json(lines: Sequence[CodingLine]) -> str:
    return _dump([_coding_line(line) for line in lines])


def coding_from_json(text: str) -> tuple[CodingLine, ...]:
    return tuple(_read_coding_line(line) for line in json.loads(text))


def _share(share: Share) -> list[str]:
    return [share.document_id, share.document_number, str(share.amount)]


def _read_share(said: Sequence[str]) -> Share:
    return Share(said[0], said[1], Decimal(said[2]))


def _shares(said: Sequence[Any]) -> tuple[Share, ...]:
    return tuple(_read_share(each) for each in said)


def _coding_line(line: CodingLine) -> list[Any]:
    return [
        line.account_code,
        line.tax_type,
        str(line.amount),
        line.description,
        [list(pair) for pair in line.tracking],
    ]


def _read_coding_line(said: Sequence[Any]) -> CodingLine:
    account_code, tax_type, figure, description, tracking = said
    return CodingLine(
        account_code,
        tax_type,
        Decimal(figure),
        description,
        tuple((category, option) for category, option in tracking),
    )


def _dump(said: object) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
