"""A decision becomes the writes that carry it out, or the reason why it does not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from worker.books.decisions import Decision, Share
from worker.books.intents import Intent, IntentKind
from worker.books.records import BankLine, Document
from worker.errors import Refused
from worker.posting import keys
from worker.posting.context import PostingContext
from worker.posting.grouping import after

# Lines kept to be looked at; a person's word does not make them new cash.
NEVER_POSTED = {
    "duplicate_row": "the bank's own balances show that this row is no second movement",
    "ledger_record": "this money is in Xero already; pair the record there, or remove it first",
}


def intents_for(
    decision: Decision, line: BankLine, context: PostingContext, *, generation: int = 1
) -> tuple[Intent, ...]:
    """The writes that carry the decision out, in the order they must happen.

    Credits are allocated first, then the cash is posted: exactly one account transaction, equal to
    the line's signed amount (I17). Raises Refused, in a sentence, where that cannot be done.
    """
    proposal = decision.proposal
    if line.flag in NEVER_POSTED:
        raise Refused(NEVER_POSTED[line.flag])
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


def next_generation(intent: Intent, organisation_id: str) -> Intent:
    """The same write again, after the ledger was proved not to hold the earlier one."""
    return _named(replace(intent, generation=intent.generation + 1), organisation_id)


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
