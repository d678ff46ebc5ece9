"""A decision in the shape the command contract promises, for people's scripts to read."""

from __future__ import annotations

from worker.books.decisions import Decision, Proposal, Share
from worker.books.money import plain
from worker.books.records import BankLine


def decision_json(decided: Decision | Proposal, line: BankLine) -> dict[str, object]:
    """The decision on one line as JSON values; amounts are decimal strings.

    The line's amount is signed as at the bank, those of allocations are positive, in the
    document's currency.
    """
    proposal = decided.proposal if isinstance(decided, Decision) else decided
    coded = proposal.coding.lines[0] if proposal.coding else None
    return {
        "line_id": line.id,
        "bank_reference": line.bank_reference or None,
        "account": line.account_code or line.account_id or None,
        "date": line.date.isoformat(),
        "amount": plain(line.amount, line.currency),
        "action": proposal.action,
        "allocations": [
            {
                "document_id": share.document_id,
                "document_number": share.document_number or None,
                "amount": plain(share.amount, line.currency),
            }
            for share in proposal.shares
        ],
        "credit_allocations": [
            {"credit_id": credit_id, **_share(share, line)}
            for credit_id, share in proposal.credit_shares
        ],
        "remainder": [
            {
                "kind": left.kind,
                "account_code": left.account_code,
                "amount": plain(left.amount, line.currency),
            }
            for left in proposal.remainder
        ],
        "confidence": proposal.confidence,
        "alternatives": [
            [_share(share, line) for share in other] for other in proposal.alternatives
        ],
        "account_code": coded.account_code if coded else None,
        "tax_type": coded.tax_type if coded else None,
        "transfer_to": proposal.transfer_to,
        "reason_code": proposal.reason_code,
        "held_by": decided.held_by if isinstance(decided, Decision) else None,
        "why": proposal.why,
    }


def _share(share: Share, line: BankLine) -> dict[str, str]:
    return {"document_id": share.document_id, "amount": plain(share.amount, line.currency)}
