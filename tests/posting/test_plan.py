from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from worker.books.decisions import Coding, CodingLine, Decision, Proposal, Share
from worker.books.intents import Intent
from worker.books.ports import AccountPolicy
from worker.books.records import BankLine, CashRecord, Document, Organisation
from worker.errors import Refused
from worker.posting.context import PostingContext
from worker.posting.grouping import dispatches, rounds
from worker.posting.guards import Fresh, check
from worker.posting.holds import held_by
from worker.posting.plan import intents_for

TODAY = date(2026, 3, 31)
BANK, SAVINGS = "bank-1", "bank-2"

ORG = Organisation(
    id="org-1",
    name="Acme",
    short_code="!a",
    base_currency="GBP",
    country="GB",
    timezone="Europe/London",
    financial_year_end=(3, 31),
    sales_tax_basis="ACCRUALS",
    period_lock_date=date(2026, 1, 31),
    year_lock_date=None,
    is_demo=False,
)


def account(account_id: str = BANK, **changes: object) -> AccountPolicy:
    plain = AccountPolicy(account_id, "090", "Main", "GBP", "bank", "statements", "auto", None)
    return replace(plain, **changes)  # type: ignore[arg-type]


def invoice(name: str = "INV-1", due: str = "100.00", **changes: object) -> Document:
    plain = Document(
        id=name.lower(),
        side="receivable",
        kind="invoice",
        number=name,
        reference="",
        contact_id="c1",
        contact_name="Greta Olsen",
        date=date(2026, 3, 1),
        due_date=date(2026, 3, 15),
        currency="GBP",
        total=Decimal(due),
        due=Decimal(due),
        status="AUTHORISED",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def line(amount: str = "100.00", line_id: str = "L1", **changes: object) -> BankLine:
    plain = BankLine(line_id, BANK, "090", date(2026, 3, 20), Decimal(amount), "GBP", "G OLSEN")
    return replace(plain, **changes)  # type: ignore[arg-type]


def context(*documents: Document, **changes: object) -> PostingContext:
    plain = PostingContext(
        organisation=ORG,
        accounts={BANK: account(), SAVINGS: account(SAVINGS, code="091")},
        documents={d.id: d for d in documents},
        today=TODAY,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def decide(*shares: tuple[Document, str], **changes: object) -> Decision:
    plain = Proposal(
        line_id="L1",
        action="auto",
        shares=tuple(Share(d.id, d.number, Decimal(amount)) for d, amount in shares),
    )
    proposal = replace(plain, **changes)  # type: ignore[arg-type]
    return Decision("D1", proposal, None, "engine", "R1", TODAY)


def test_one_document_becomes_one_payment_of_the_lines_amount_and_date() -> None:
    one = invoice()

    (intent,) = intents_for(decide((one, "100.00")), line(), context(one))

    assert (intent.kind, intent.amount, intent.date) == ("payment", Decimal("100.00"), line().date)
    assert intent.state == "approved"
    assert intent.code in intent.code[:10]
    assert json.loads(intent.pre_image)["documents"]["inv-1"]["due"] == "100.00"


def test_several_documents_of_one_line_become_one_batch() -> None:
    one, two = invoice("INV-1", "60.00"), invoice("INV-2", "40.00")

    (intent,) = intents_for(decide((one, "60.00"), (two, "40.00")), line(), context(one, two))

    assert intent.kind == "batch_payment"
    assert sum(s.amount for s in intent.shares) == intent.amount


def test_a_credit_is_allocated_before_the_rest_is_paid() -> None:
    one = invoice(due="100.00")
    credit = invoice("CN-1", "30.00", kind="credit_note")
    named = Share(one.id, one.number, Decimal("30.00"))
    decision = decide((one, "70.00"), credit_shares=(("cn-1", named),))

    first, second = intents_for(decision, line("70.00"), context(one, credit))

    assert (first.kind, first.amount, first.credit_id) == ("allocation", Decimal(0), "cn-1")
    assert (second.kind, second.amount) == ("payment", Decimal("70.00"))


def test_a_rule_becomes_one_bank_transaction_with_its_tax() -> None:
    coding = Coding("fees", "Bank", (CodingLine("404", "NONE", Decimal("12.00"), "fee"),))

    (intent,) = intents_for(decide(action="rule", coding=coding), line("-12.00"), context())

    assert (intent.kind, intent.amount) == ("bank_transaction", Decimal("-12.00"))
    assert intent.coding[0].tax_type == "NONE"


def test_a_transfer_is_one_write_for_both_legs() -> None:
    other = line("500.00", "L2", account_id=SAVINGS, account_code="091")
    decision = decide(action="transfer", transfer_to="L2")

    (intent,) = intents_for(decision, line("-500.00"), context(lines={"L2": other}))

    assert (intent.kind, intent.to_account_id) == ("transfer", SAVINGS)
    assert intent.line_ids == ("L1", "L2")


@pytest.mark.parametrize(
    ("legs", "says"),
    [
        ({}, "not among the open lines"),
        ({"L2": line("499.00", "L2", account_id=SAVINGS)}, "legs differ"),
        ({"L2": line("500.00", "L2", account_id=SAVINGS, currency="EUR")}, "legs differ"),
        ({"L2": line("500.00", "L2", account_id="elsewhere")}, "not among the open lines"),
    ],
)
def test_legs_that_do_not_mirror_each_other_are_no_transfer(
    legs: dict[str, BankLine], says: str
) -> None:
    decision = decide(action="transfer", transfer_to="L2")

    with pytest.raises(Refused, match=says):
        intents_for(decision, line("-500.00"), context(lines=legs))


@pytest.mark.parametrize(
    ("decision", "bank_line", "says"),
    [
        (decide((invoice(), "90.00")), line(), "exactly one equal account transaction"),
        (decide((invoice(), "100.00")), line("-100.00"), "cannot be settled by money out"),
        (decide((invoice(), "100.00")), line(currency="EUR"), "is in GBP, the line in EUR"),
        (decide((invoice(), "100.00")), line(date=date(2026, 4, 1)), "future"),
        (decide((invoice("GONE"), "100.00")), line(), "not in the mirror"),
        (decide(), line(), "names nothing to post"),
    ],
)
def test_what_would_not_tie_is_refused_in_a_sentence(
    decision: Decision, bank_line: BankLine, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        intents_for(decision, bank_line, context(invoice()))


@pytest.mark.parametrize(
    ("document", "amount"),
    [
        (invoice(due="99.99"), "100.00"),
        (invoice(status="DRAFT"), "100.00"),
        (invoice(status="PAID", due="0"), "100.00"),
        (invoice(side="payable"), "100.00"),
        (invoice(kind="credit_note"), "100.00"),
    ],
)
def test_no_document_takes_what_it_cannot(document: Document, amount: str) -> None:
    with pytest.raises(Refused):
        intents_for(decide((document, amount)), line(), context(document))


def test_sales_and_purchases_never_share_a_batch() -> None:
    sale, refund = invoice("INV-1", "60.00"), invoice("BC-1", "40.00", side="payable")
    credit = replace(refund, kind="credit_note")

    with pytest.raises(Refused, match="sales and purchase"):
        intents_for(decide((sale, "60.00"), (credit, "40.00")), line(), context(sale, credit))


@pytest.mark.parametrize(
    ("day", "policy", "filed", "basis", "gap", "held"),
    [
        (date(2026, 3, 20), account(), None, "ACCRUALS", False, None),
        (date(2026, 3, 20), account(mode="suggest"), None, "ACCRUALS", False, "mode"),
        (date(2026, 3, 20), account(mode="observe"), None, "ACCRUALS", False, "mode"),
        (date(2026, 1, 31), account(), None, "ACCRUALS", False, "lock"),
        (date(2026, 2, 1), account(), None, "ACCRUALS", False, None),
        (date(2026, 3, 20), account(post_from=date(2026, 3, 21)), None, "NONE", False, "lock"),
        (date(2026, 3, 20), account(post_from=date(2026, 3, 20)), None, "NONE", False, None),
        (date(2026, 3, 20), account(), date(2026, 3, 20), "ACCRUALS", False, None),
        (date(2026, 3, 20), account(), date(2026, 3, 20), "CASH", False, "lock"),
        (date(2026, 3, 20), account(), date(2026, 3, 19), "CASH", False, None),
        (date(2026, 3, 20), account(), date(2026, 3, 20), "NONE", False, None),
        (date(2026, 2, 20), account(), None, "CASH", False, "lock"),
        (date(2026, 2, 20), account(), None, "ACCRUALS", False, None),
        (date(2026, 2, 20), account(), None, "NONE", False, None),
        (date(2026, 3, 20), account(), None, "ACCRUALS", True, "gap"),
    ],
)
def test_what_holds_a_payment_back(
    day: date, policy: AccountPolicy, filed: date | None, basis: str, gap: bool, held: str | None
) -> None:
    one = invoice()
    where = context(
        one,
        organisation=replace(ORG, sales_tax_basis=basis),
        accounts={BANK: policy},
        tax_filed_through=filed,
        gap_accounts=frozenset({BANK} if gap else ()),
    )

    assert held_by(decide((one, "100.00")).proposal, line(date=day), where) == held


@pytest.mark.parametrize(("tax", "held"), [("INPUT2", "lock"), ("NONE", None)])
def test_a_filed_period_takes_untaxed_coding_only(tax: str, held: str | None) -> None:
    coding = Coding("rent", "Landlord", (CodingLine("469", tax, Decimal(100), "rent"),))
    where = context(tax_filed_through=date(2026, 3, 31))

    assert held_by(decide(action="rule", coding=coding).proposal, line("-100"), where) == held


def planned(line_id: str, document: Document, amount: str) -> Intent:
    share = Share(document.id, document.number, Decimal(amount))
    decision = Decision(
        "D", Proposal(line_id, "auto", shares=(share,)), None, "engine", "R1", TODAY
    )
    (intent,) = intents_for(decision, line(amount, line_id), context(document))
    return intent


def test_two_payments_of_one_document_go_in_two_rounds() -> None:
    one, two = invoice("INV-1"), invoice("INV-2")
    first, second, other = (
        planned("L1", one, "60"),
        planned("L2", one, "40"),
        planned("L3", two, "9"),
    )

    assert rounds([first, second, other]) == ((first, other), (second,))


def test_a_request_carries_fifty_at_most_and_one_kind() -> None:
    many = [planned(f"L{i}", invoice(f"INV-{i}"), "1") for i in range(120)]

    assert [len(group) for group in dispatches(many)] == [50, 50, 20]


def cash(amount: str = "100.00", **changes: object) -> CashRecord:
    plain = CashRecord(
        "r1", "bank_transaction", BANK, date(2026, 3, 19), Decimal(amount), "", "", "", True
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def fresh(*documents: Document, **changes: object) -> Fresh:
    plain = Fresh(ORG, {d.id: d for d in documents}, (), TODAY)
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (fresh(invoice()), None),
        (fresh(), "expired"),
        (fresh(invoice(due="99.00", total=Decimal(100))), "expired"),
        (fresh(invoice(status="VOIDED")), "expired"),
        (fresh(invoice(contact_id="c2")), "expired"),
        (fresh(invoice(currency="EUR")), "expired"),
        (
            fresh(invoice(), organisation=replace(ORG, year_lock_date=line().date)),
            "blocked_by_lock",
        ),
        (fresh(invoice(), today=date(2026, 3, 19)), "needs_human"),
        (fresh(invoice(), cash=(cash(),)), "expired"),
        (fresh(invoice(), cash=(cash("99.99"),)), None),
        (fresh(invoice(), cash=(cash(account_id=SAVINGS),)), None),
        (fresh(invoice(), cash=(cash(date=date(2026, 3, 14)),)), None),
        (fresh(invoice(), cash=(cash(date=date(2026, 3, 15)),)), "expired"),
        (fresh(invoice(), cash=(cash(date=date(2026, 3, 31)),)), None),
        (fresh(invoice(), cash=(cash(date=date(2025, 10, 1), is_reconciled=False),)), "expired"),
        (fresh(invoice(), cash=(cash(date=date(2025, 10, 1)),)), None),
    ],
)
def test_a_write_goes_only_while_what_was_planned_still_holds(
    now: Fresh, state: str | None
) -> None:
    objection = check(planned("L1", invoice(), "100.00"), now)

    assert (objection.state if objection else None) == state
