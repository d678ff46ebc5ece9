"""What holds an unattended posting back: mode, locks, filed tax periods, gaps in the statements."""

from __future__ import annotations

from datetime import date

from worker.books.decisions import HeldBy, Proposal, Share
from worker.books.period import last_complete_month
from worker.books.ports import AccountPolicy
from worker.books.records import BankLine
from worker.posting.context import PostingContext


def held_by(proposal: Proposal, line: BankLine, context: PostingContext) -> HeldBy | None:
    """Why an unattended posting of this line must wait; None when it may go.

    A transfer writes to both its accounts, so whatever holds one leg holds the other.
    """
    held = _held(proposal, line, context)
    other = context.lines.get(proposal.transfer_to or "")
    return held if held or other is None else _held(proposal, other, context)


def _held(proposal: Proposal, line: BankLine, context: PostingContext) -> HeldBy | None:
    policy = context.accounts.get(line.account_id)
    if policy is None or policy.mode != "auto":
        return "mode"
    if _locked(proposal, line, policy, context):
        return "lock"
    if line.account_id in context.gap_accounts:
        return "gap"
    return None


def _locked(
    proposal: Proposal, line: BankLine, policy: AccountPolicy, context: PostingContext
) -> bool:
    locked_through = context.organisation.locked_through
    if locked_through is not None and line.date <= locked_through:
        return True
    if policy.post_from is not None and line.date < policy.post_from:
        return True
    if locked_through is not None and any(
        _allocation_day(credit_id, share, context) <= locked_through
        for credit_id, share in proposal.credit_shares
    ):
        return True
    filed = filed_through(context)
    if filed is None or line.date > filed:
        return False
    return _asks_in_filed_period(proposal, context.organisation.sales_tax_basis)


def filed_through(context: PostingContext) -> date | None:
    """The last day a tax return covers; None where the organisation files none.

    Unset, it is the end of the last complete month: no period can have ended later, and which ones
    have is not to be guessed (accounting-rules §2).
    """
    if context.organisation.sales_tax_basis in ("NONE", ""):
        return None
    if context.tax_filed_through is not None:
        return context.tax_filed_through
    return last_complete_month(context.today).last_day


def _allocation_day(credit_id: str, share: Share, context: PostingContext) -> date:
    """Xero dates an allocation by the later of the two documents (fact sheet 6.4 b)."""
    joined = (context.documents.get(credit_id), context.documents.get(share.document_id))
    return max((document.date for document in joined if document), default=date.max)


def _asks_in_filed_period(proposal: Proposal, basis: str) -> bool:
    """Accounting-rules §2: what a filed return still allows, by the basis it was filed on."""
    taxed = proposal.coding is not None and any(
        line.tax_type not in ("NONE", "BASEXCLUDED") for line in proposal.coding.lines
    )
    if basis in ("CASH", "PAYMENTS", "FLATRATECASH"):
        return proposal.transfer_to is None
    return taxed
