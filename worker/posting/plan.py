"""A decision becomes the writes that carry it out, or the reason why it does not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from worker.books.decisions import Decision, HeldBy, Proposal, Share
from worker.books.intents import Intent, IntentKind
from worker.books.period import last_complete_month
from worker.books.ports import AccountPolicy
from worker.books.records import BankLine, Document, Organisation
from worker.errors import Refused
from worker.posting import keys

DISPATCH_INTENTS_MAX = 50
_SAID = (
    "kind",
    "line_ids",
    "account_id",
    "date",
    "amount",
    "currency",
    "shares",
    "credit_id",
    "coding",
    "to_account_id",
)


@dataclass(frozen=True, slots=True)
class PostingContext:
    """What planning needs to know beside the decision itself; all of it read before."""

    organisation: Organisation
    accounts: Mapping[str, AccountPolicy]
    """By AccountID."""
    documents: Mapping[str, Document]
    today: date
    lines: Mapping[str, BankLine] = field(default_factory=dict)
    """Open bank lines by id: where a transfer's other leg is found."""
    gap_accounts: frozenset[str] = frozenset()
    """AccountIDs with a proved statement gap: nothing is posted from them unattended."""
    tax_filed_through: date | None = None


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


def intents_for(
    decision: Decision, line: BankLine, context: PostingContext, *, generation: int = 1
) -> tuple[Intent, ...]:
    """The writes that carry the decision out, in the order they must happen.

    Credits are allocated first, then the cash is posted: exactly one account transaction, equal to
    the line's signed amount (I17). Raises Refused, in a sentence, where that cannot be done.
    """
    proposal = decision.proposal
    if line.date > context.today:
        raise Refused(f"bank line of {line.date} lies in the future; nothing is dated ahead")
    if proposal.transfer_to is not None:
        return (_transfer(decision, line, context, generation),)
    if proposal.coding is not None:
        return (_coded(decision, line, context, generation),)
    if proposal.shares or proposal.credit_shares:
        allocations: list[Intent] = []
        for credit_id, share in proposal.credit_shares:
            planned = _allocation(decision, line, context, credit_id, share, generation)
            allocations.append(planned)
            context = replace(context, documents=after(planned, context.documents))
        return (*allocations, _settlement(decision, line, context, generation))
    raise Refused("the decision names nothing to post")


def rounds(intents: Sequence[Intent]) -> tuple[tuple[Intent, ...], ...]:
    """Intents grouped so that within a round no document and no line occurs twice.

    A second write to the same document waits for a fresh read of what the first one left; cash
    waits for the allocations of its own line.
    """
    waves: list[list[Intent]] = []
    last: dict[str, int] = {}
    for intent in intents:
        touched = touches(intent)
        wave = max((last[key] + 1 for key in touched if key in last), default=0)
        if wave == len(waves):
            waves.append([])
        waves[wave].append(intent)
        last.update(dict.fromkeys(touched, wave))
    return tuple(tuple(wave) for wave in waves)


def dispatches(intents: Iterable[Intent]) -> tuple[tuple[Intent, ...], ...]:
    """Intents grouped into requests: one kind each, 50 at most.

    Allocations go alone, each to its own parent; transfers too, since their PUT knows no
    summarizeErrors and one bad element would refuse the others.
    """
    by_kind: dict[str, list[Intent]] = {}
    for intent in intents:
        by_kind.setdefault(intent.kind, []).append(intent)
    groups: list[tuple[Intent, ...]] = []
    for kind in ("allocation", "payment", "batch_payment", "bank_transaction", "transfer"):
        size = 1 if kind in ("allocation", "transfer") else DISPATCH_INTENTS_MAX
        members = by_kind.get(kind, [])
        groups += [tuple(members[i : i + size]) for i in range(0, len(members), size)]
    return tuple(groups)


def documents_of(intent: Intent) -> frozenset[str]:
    """Ids of the documents this write changes, its credit included."""
    documents = {share.document_id for share in intent.shares}
    return frozenset(documents | {intent.credit_id} - {""})


def touches(intent: Intent) -> frozenset[str]:
    """Everything whose state this write changes: its documents and its lines."""
    return documents_of(intent) | frozenset(intent.line_ids)


def after(intent: Intent, documents: Mapping[str, Document]) -> dict[str, Document]:
    """The documents as this write will leave them: the next one is planned on that."""
    left = dict(documents)
    used = sum((share.amount for share in intent.shares), Decimal(0))
    for document_id, amount in [
        *((share.document_id, share.amount) for share in intent.shares),
        *([(intent.credit_id, used)] if intent.credit_id else []),
    ]:
        document = left[document_id]
        # What is on its way may have arrived already: then it is counted in `due`.
        due = max(document.due - amount, Decimal(0))
        left[document_id] = replace(document, due=due, status=document.status if due else "PAID")
    return left


def same_write(one: Intent, other: Intent) -> bool:
    """Whether two intents would write the same thing, whatever their generation."""
    return all(getattr(one, said) == getattr(other, said) for said in _SAID)


def next_generation(intent: Intent, organisation_id: str) -> Intent:
    """The same write again, after the ledger was proved not to hold the earlier one."""
    return _named(replace(intent, generation=intent.generation + 1), organisation_id)


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


def _settlement(
    decision: Decision, line: BankLine, context: PostingContext, generation: int
) -> Intent:
    """The cash: a Payment for one document, a BatchPayment where one amount pays several."""
    shares = decision.proposal.shares
    documents = [_document(share, context) for share in shares]
    for share, document in zip(shares, documents, strict=True):
        _must_settle(line, share, document)
    total = sum((share.amount for share in shares), Decimal(0))
    if total != abs(line.amount):
        raise Refused(
            f"the documents take {total} of a line of {abs(line.amount)} {line.currency}; "
            "one bank line must leave exactly one equal account transaction"
        )
    if len({document.side for document in documents}) != 1:
        raise Refused("one line cannot pay sales and purchase documents together")
    several = len(shares) > 1
    if several and any(document.is_credit for document in documents):
        raise Refused("a refund pays one credit note at a time")
    kind: IntentKind = "batch_payment" if several else "payment"
    return _intent(
        decision,
        line,
        context,
        kind,
        generation,
        amount=line.amount,
        shares=shares,
        documents=documents,
        side=documents[0].side,
        credit_kind=documents[0].kind if documents[0].is_credit else "",
    )


def _must_settle(line: BankLine, share: Share, document: Document) -> None:
    """Money in settles sales invoices and suppliers' refunds; money out the other two."""
    receives = (document.side == "receivable") != document.is_credit
    name = document.number or document.id
    if receives != (line.amount > 0):
        raise Refused(f"{name} cannot be settled by money {'in' if line.amount > 0 else 'out'}")
    if document.currency != line.currency:
        raise Refused(f"{name} is in {document.currency}, the line in {line.currency}")
    if not document.is_open:
        raise Refused(f"{name} is {document.status.lower()} with {document.due} due")
    if not 0 < share.amount <= document.due:
        raise Refused(f"{name} has {document.due} due, less than {share.amount}")


def _coded(decision: Decision, line: BankLine, context: PostingContext, generation: int) -> Intent:
    coding = decision.proposal.coding
    assert coding is not None
    total = sum((part.amount for part in coding.lines), Decimal(0))
    if total != abs(line.amount):
        raise Refused(f"rule {coding.rule} codes {total} of a line of {abs(line.amount)}")
    if any(not part.tax_type for part in coding.lines):
        raise Refused(f"rule {coding.rule} names no tax type; it is never taken from the account")
    return _intent(
        decision,
        line,
        context,
        "bank_transaction",
        generation,
        amount=line.amount,
        coding=coding.lines,
        contact=(coding.contact_id, coding.contact_name),
    )


def _transfer(
    decision: Decision, line: BankLine, context: PostingContext, generation: int
) -> Intent:
    """One transfer for both legs, planned on the outgoing one and dated by it."""
    if line.amount >= 0:
        raise Refused("a transfer is posted from its outgoing leg")
    other = context.lines.get(decision.proposal.transfer_to or "")
    if other is None or other.account_id not in context.accounts:
        raise Refused("the transfer's other leg is not among the open lines of our bank accounts")
    if (other.amount, other.currency) != (-line.amount, line.currency):
        raise Refused(f"the legs differ: {line.amount} and {other.amount} {other.currency}")
    return _intent(
        decision,
        line,
        context,
        "transfer",
        generation,
        amount=line.amount,
        to_account_id=other.account_id,
        line_ids=(line.id, other.id),
    )


def _allocation(
    decision: Decision,
    line: BankLine,
    context: PostingContext,
    credit_id: str,
    share: Share,
    generation: int,
) -> Intent:
    credit = context.documents.get(credit_id)
    document = _document(share, context)
    if credit is None or not credit.is_open or share.amount > min(credit.due, document.due):
        raise Refused(f"the credit for {document.number} is no longer there to allocate")
    if credit.contact_id != document.contact_id or credit.currency != document.currency:
        raise Refused(f"credit and {document.number} differ in contact or currency")
    return _intent(
        decision,
        line,
        context,
        "allocation",
        generation,
        amount=Decimal(0),
        shares=(share,),
        documents=[document],
        credit=credit,
        side=document.side,
    )


def _intent(
    decision: Decision,
    line: BankLine,
    context: PostingContext,
    kind: IntentKind,
    generation: int,
    *,
    amount: Decimal,
    shares: tuple[Share, ...] = (),
    documents: Sequence[Document] = (),
    credit: Document | None = None,
    side: str = "",
    credit_kind: str = "",
    coding: tuple[object, ...] = (),
    contact: tuple[str, str] = ("", ""),
    to_account_id: str = "",
    line_ids: tuple[str, ...] | None = None,
) -> Intent:
    if documents and not contact[0]:
        contact = (documents[0].contact_id, documents[0].contact_name)
    bare = Intent(
        id="",
        kind=kind,
        meaning="",
        code="",
        generation=generation,
        line_ids=line_ids or (line.id,),
        account_id=line.account_id,
        date=line.date,
        amount=amount,
        currency=line.currency,
        reference=line.reference or line.payee or line.description,
        contact_id=contact[0],
        contact_name=contact[1],
        shares=shares,
        side=side,
        credit_id=credit.id if credit else "",
        credit_kind=credit.kind if credit else credit_kind,
        coding=coding,  # type: ignore[arg-type]
        to_account_id=to_account_id,
        pre_image=pre_image(documents, credit),
        state="approved",
        owner=decision.owner,
    )
    return _named(bare, context.organisation.id)


def _named(intent: Intent, organisation_id: str) -> Intent:
    said = keys.meaning(
        organisation_id=organisation_id,
        kind=intent.kind,
        line_ids=intent.line_ids,
        account_id=intent.account_id,
        day=intent.date,
        amount=intent.amount,
        shares=intent.shares,
        credit_id=intent.credit_id,
        to_account_id=intent.to_account_id,
        coding=intent.coding,
        generation=intent.generation,
    )
    return replace(intent, id="I" + said[:20], meaning=said, code=keys.code(said))


def pre_image(documents: Iterable[Document], credit: Document | None = None) -> str:
    """What the touched documents looked like when the write was planned, as canonical JSON."""
    seen = {d.id: _state(d) for d in documents}
    image: dict[str, object] = {"documents": seen}
    if credit is not None:
        image["credit"] = _state(credit)
        image["allocations"] = sorted(a.id for a in credit.allocations)
    return json.dumps(image, sort_keys=True, separators=(",", ":"))


def _state(document: Document) -> dict[str, str]:
    return {
        "due": format(document.due, "f"),
        "status": document.status,
        "contact": document.contact_id,
        "currency": document.currency,
    }


def _document(share: Share, context: PostingContext) -> Document:
    document = context.documents.get(share.document_id)
    if document is None:
        raise Refused(f"document {share.document_number or share.document_id} is not in the mirror")
    return document
