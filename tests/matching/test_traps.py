"""The traps other engines fell into, one row each: what ours must do with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.matching.makers import (
    DAY,
    POLICY,
    a_bill,
    a_contact,
    a_credit,
    a_document,
    a_line,
    decide,
    numbers,
    paid_before,
)
from worker.books.records import BankLine, Document
from worker.matching.policy import AccountFacts, DiscountTerms, MatchingPolicy

ACME = "Acme Widgets Ltd"
BOLT = "Bolton Glassworks Ltd"
ACME_42 = a_document("INV-0042", ACME, "1250.00")

# what it is · the line · the documents · action · reason · numbers of the documents proposed
ONE_LINE: list[tuple[str, BankLine, list[Document], str, str, list[str]]] = [
    (
        "whole reference and exact amount, payer unknown",
        a_line("1250.00", "J SMYTHE", "INV-0042"),
        [ACME_42],
        "auto", "exact_reference", ["INV-0042"],
    ),
    (
        "known name and exact amount",
        a_line("1250.00", "ACME WIDGETS"),
        [ACME_42],
        "auto", "payer_and_amount", ["INV-0042"],
    ),
    (
        "short digit run inside a longer number",
        a_line("500.00", "NOBODY", "1814"),
        [a_document("INV-14", ACME, "500.00")],
        "suggest", "unknown_payer", ["INV-14"],
    ),
    (
        "invoice numbers 1, 12 and 120 in one text",
        a_line("120.00", ACME, "INV 120"),
        [a_document(f"INV-{n}", ACME, "120.00") for n in (1, 12, 120)],
        "auto", "exact_reference", ["INV-120"],
    ),
    (
        "empty reference and a one-character number",
        a_line("77.00", "NOBODY", ""),
        [a_document("7", ACME, "99.00")],
        "none", "unknown_payer", [],
    ),
    (
        "draft invoice with a perfect number",
        a_line("1250.00", ACME, "INV-0042"),
        [replace(ACME_42, status="DRAFT")],
        "suggest", "approve_first", ["INV-0042"],
    ),
    (
        "voided invoice with a perfect number",
        a_line("1250.00", ACME, "INV-0042"),
        [replace(ACME_42, status="VOIDED", due=Decimal(0))],
        "suggest", "document_settled", [],
    ),
    (
        "voided invoice that still shows what was due",
        a_line("1250.00", ACME, "INV-0042"),
        [replace(ACME_42, status="VOIDED")],
        "suggest", "document_settled", [],
    ),
    (
        "paid invoice with a perfect number: paid twice",
        a_line("1250.00", ACME, "INV-0042"),
        [replace(ACME_42, status="PAID", due=Decimal(0))],
        "suggest", "paid_twice", [],
    ),
    (
        "generic word shared with the only open invoice",
        a_line("1250.00", "BRIGHT SERVICES GROUP"),
        [a_document("INV-0042", "Holt Services Group Ltd", "1250.00")],
        "suggest", "unknown_payer", ["INV-0042"],
    ),
    (
        "case and accents only",
        a_line("90.00", "MUELLER SOEHNE"),
        [a_document("INV-1", "Müller & Söhne GmbH", "90.00")],
        "auto", "payer_and_amount", ["INV-1"],
    ),
    (
        "contact named like a bank's word",
        a_line("90.00", "TRANSFER TO SAVINGS ONLINE"),
        [a_document("INV-1", "Online", "90.00")],
        "suggest", "unknown_payer", ["INV-1"],
    ),
    (
        "two payers, same amount, text names neither",
        a_line("600.00", "", "PAYMENT"),
        [a_document("INV-1", ACME, "600.00"), a_document("INV-2", BOLT, "600.00")],
        "suggest", "unknown_payer", ["INV-1"],
    ),
    (
        "two near-identical customers",
        a_line("600.00", "SMITH PLUMB"),
        [
            a_document("INV-1", "Smith Plumbing", "600.00"),
            a_document("INV-2", "Smith & Sons Plumbing Ltd", "600.00"),
        ],
        "suggest", "tie", ["INV-1"],
    ),
    (
        "near-identical customers told apart by the reference",
        a_line("600.00", "SMITH PLUMB", "INV-2"),
        [
            a_document("INV-1", "Smith Plumbing", "600.00"),
            a_document("INV-2", "Smith & Sons Plumbing Ltd", "600.00"),
        ],
        "auto", "exact_reference", ["INV-2"],
    ),
    (
        "two sets of equal sum",
        a_line("100.00", ACME),
        [a_document(f"INV-{n}", ACME, due) for n, due in enumerate(("60", "40", "70", "30"), 1)],
        "suggest", "several_sums", ["INV-1", "INV-2"],
    ),
    (
        "first-fit trap: 60 and 40 beside 50",
        a_line("100.07", ACME),
        [a_document(f"INV-{n}", ACME, due) for n, due in enumerate(("50", "60.03", "40.04"), 1)],
        "auto", "several_documents", ["INV-2", "INV-3"],
    ),
    (
        "everything the payer owes",
        a_line("150.00", ACME),
        [a_document("INV-1", ACME, "100.00"), a_document("INV-2", ACME, "50.00")],
        "auto", "several_documents", ["INV-1", "INV-2"],
    ),
    (
        "sum across strangers",
        a_line("150.31", "NOBODY"),
        [a_document("INV-1", ACME, "100.11"), a_document("INV-2", BOLT, "50.20")],
        "none", "unknown_payer", [],
    ),
    (
        "sum across two customers, both named",
        a_line("150.31", ACME, "INV-1 INV-2"),
        [a_document("INV-1", ACME, "100.11"), a_document("INV-2", BOLT, "50.20")],
        "suggest", "several_contacts", ["INV-1", "INV-2"],
    ),
    (
        "same-day payment",
        a_line("90.00", ACME, "INV-1"),
        [a_document("INV-1", ACME, "90.00", date=DAY)],
        "auto", "exact_reference", ["INV-1"],
    ),
    (
        "money before the invoice",
        a_line("90.00", ACME, "INV-1"),
        [a_document("INV-1", ACME, "90.00", date=DAY + timedelta(1))],
        "suggest", "before_document", ["INV-1"],
    ),
    (
        "late by 61 days",
        a_line("90.00", ACME, date=DAY + timedelta(21)),
        [a_document("INV-1", ACME, "90.00", due_date=date(2026, 1, 29), date=date(2026, 1, 1))],
        "auto", "payer_and_amount", ["INV-1"],
    ),
    (
        "net of VAT where the invoice is gross",
        a_line("1000.00", ACME, "INV-1"),
        [a_document("INV-1", ACME, "1200.00")],
        "suggest", "part_payment", ["INV-1"],
    ),
    (
        "fee-short by pennies",
        a_line("1199.99", ACME, "INV-1"),
        [a_document("INV-1", ACME, "1200.00")],
        "suggest", "part_payment", ["INV-1"],
    ),
    (
        "withholding nobody declared",
        a_line("1068.00", ACME),
        [a_document("INV-1", ACME, "1200.00")],
        "suggest", "part_payment", ["INV-1"],
    ),
    (
        "overpaid by a little",
        a_line("1250.01", ACME, "INV-0042"),
        [ACME_42],
        "suggest", "overpayment", ["INV-0042"],
    ),
    (
        "sign flipped: money out cannot pay a sales invoice",
        a_line("-1250.00", ACME, "INV-0042"),
        [ACME_42],
        "none", "no_document", [],
    ),
    (
        "equal number in another currency",
        a_line("1250.00", ACME, "INV-0042"),
        [replace(ACME_42, currency="EUR")],
        "suggest", "foreign_currency", ["INV-0042"],
    ),
    (
        "line and invoice both in a foreign currency",
        a_line("1250.00", ACME, "INV-0042", currency="EUR"),
        [replace(ACME_42, currency="EUR")],
        "suggest", "foreign_currency", ["INV-0042"],
    ),
    (
        "reference of one customer, paid by another we know",
        a_line("1250.00", BOLT, "INV-0042"),
        [ACME_42, a_document("INV-7", BOLT, "11.00")],
        "suggest", "third_party", ["INV-0042"],
    ),
    (
        "right amount from the wrong known customer",
        a_line("1250.00", BOLT),
        [ACME_42, a_document("INV-7", BOLT, "11.00")],
        "none", "no_document", [],
    ),
    (
        "payer and amount right, but another's invoice quoted",
        a_line("1250.00", ACME, "INV-7"),
        [ACME_42, a_document("INV-7", BOLT, "11.00")],
        "suggest", "names_other", ["INV-0042"],
    ),
    (
        "payer and amount right, a number of ours that nobody has",
        a_line("1250.00", ACME, "INV-0999"),
        [ACME_42],
        "suggest", "names_other", ["INV-0042"],
    ),
    (
        "two digits wrong, payer and amount right",
        a_line("1250.00", ACME, "INV-0053"),
        [replace(ACME_42, number="INV-0042"), a_document("INV-0007", BOLT, "3.00")],
        "suggest", "names_other", ["INV-0042"],
    ),
    (
        "two digits swapped, payer and amount right",
        a_line("1250.00", ACME, "INV-0191"),
        [replace(ACME_42, number="INV-0119")],
        "auto", "payer_and_amount", ["INV-0119"],
    ),
    (
        "a typo from a stranger",
        a_line("1250.00", "NOBODY", "INV-0191"),
        [replace(ACME_42, number="INV-0119")],
        "suggest", "unknown_payer", ["INV-0119"],
    ),
    (
        "letter O for zero",
        a_line("1250.00", ACME, "INV-OO42"),
        [ACME_42],
        "auto", "exact_reference", ["INV-0042"],
    ),
    (
        "processor pays out the very amount",
        a_line("1250.00", "STRIPE PAYMENTS UK", "PAYOUT"),
        [ACME_42],
        "suggest", "processor_payout", [],
    ),
    (
        "more open invoices than can be searched",
        a_line("7777.77", ACME),
        [a_document(f"INV-{n}", ACME, f"{311 + n * 7}.{n:02d}") for n in range(40)],
        "none", "no_document", [],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "documents", "action", "reason", "proposed"),
    [row[1:] for row in ONE_LINE],
    ids=[row[0] for row in ONE_LINE],
)
def test_a_trap_is_met_as_a_bookkeeper_would(
    line: BankLine, documents: list[Document], action: str, reason: str, proposed: list[str]
) -> None:
    found = decide([line], documents)["L1"]

    assert (found.action, found.reason_code, numbers(found)) == (action, reason, proposed)
    assert found.why


def test_equal_monthly_invoices_are_paid_oldest_first() -> None:
    months = [a_document(f"INV-{m}", ACME, "80.00", date=date(2026, m, 1)) for m in (1, 2, 3)]
    lines = [a_line("80.00", ACME, id="a"), a_line("80.00", ACME, id="b", date=DAY + timedelta(3))]

    found = decide(lines, months)

    assert [(found[i].action, numbers(found[i])) for i in "ab"] == [
        ("auto", ["INV-1"]),
        ("auto", ["INV-2"]),
    ]


@pytest.mark.parametrize(
    "change",
    [{"coding": "200 OUTPUT2"}, {"total": Decimal("160.00")}, {"date": DAY + timedelta(2)}],
    ids=["other account", "half paid already", "not yet dated"],
)
def test_equal_amounts_that_are_not_alike_are_asked_about(change: dict[str, object]) -> None:
    first = a_document("INV-1", ACME, "80.00")
    second = replace(a_document("INV-2", ACME, "80.00"), **change)  # type: ignore[arg-type]

    found = decide([a_line("80.00", ACME)], [first, second])["L1"]

    assert found.action == "suggest"


def test_asking_about_identical_documents_can_be_chosen() -> None:
    documents = [a_document(f"INV-{n}", ACME, "80.00") for n in (1, 2)]
    asking = replace(POLICY, identical_documents="ask")

    assert decide([a_line("80.00", ACME)], documents, policy=asking)["L1"].action == "suggest"


def test_the_payers_own_word_for_the_month_beats_age() -> None:
    months = [
        a_document("INV-1", ACME, "80.00", date=date(2026, 1, 1), descriptions=("Rent January",)),
        a_document("INV-2", ACME, "80.00", date=date(2026, 2, 1), descriptions=("Rent February",)),
    ]

    assert numbers(decide([a_line("80.00", ACME, "FEBRUARY RENT")], months)["L1"]) == ["INV-2"]
    assert decide([a_line("80.00", ACME, "MARCH RENT")], months)["L1"].action == "suggest"


def test_a_line_that_names_a_document_beats_an_earlier_one_that_fits() -> None:
    lines = [
        a_line("1250.00", ACME, id="fits", date=DAY - timedelta(3)),
        a_line("1250.00", ACME, "INV-0042", id="names"),
    ]

    found = decide(lines, [ACME_42])

    assert found["names"].action == "auto"
    assert (found["fits"].action, found["fits"].shares) == ("suggest", ())


def test_a_customer_paying_twice_is_paid_once_and_asked_once() -> None:
    lines = [
        a_line("1250.00", ACME, "INV-0042", id="one"),
        a_line("1250.00", ACME, "INV-0042", id="two", date=DAY + timedelta(7)),
    ]

    found = decide(lines, [ACME_42])

    assert found["one"].action == "auto"
    assert (found["two"].action, found["two"].reason_code) == ("suggest", "paid_twice")


@pytest.mark.parametrize(
    ("back", "held"),
    [
        (a_line("-1250.00", "UNPAID ACME WIDGETS", id="B", date=DAY + timedelta(3)), True),
        (a_line("-1250.00", ACME, "INV-0042", id="B", date=DAY + timedelta(3)), True),
        (a_line("-1250.00", "UNPAID ACME WIDGETS", id="B", date=DAY + timedelta(11)), False),
        (a_line("-1250.00", "OFFICE RENT", id="B", date=DAY + timedelta(3)), False),
        (a_line("-1249.00", "UNPAID ACME WIDGETS", id="B", date=DAY + timedelta(3)), False),
    ],
    ids=["says so", "same payer and reference", "too late", "other payment", "other amount"],
)
def test_a_payment_that_came_back_is_posted_on_neither_leg(back: BankLine, held: bool) -> None:
    found = decide([a_line("1250.00", ACME, "INV-0042"), back], [ACME_42])

    assert (found["L1"].reason_code == "bounce") is held
    assert (found["B"].reason_code == "bounce") is held
    assert found["L1"].action == ("suggest" if held else "auto")
    assert found["B"].action != "auto"


@pytest.mark.parametrize(
    ("flag", "action"), [("duplicate_row", "none"), ("unclear_identity", "suggest")]
)
def test_flagged_rows_are_never_posted(flag: str, action: str) -> None:
    found = decide([a_line("1250.00", ACME, "INV-0042", flag=flag)], [ACME_42])["L1"]

    assert (found.action, found.reason_code, found.shares) == (action, flag, ())


def test_a_doubled_row_leaves_the_document_to_the_true_one() -> None:
    lines = [
        a_line("1250.00", ACME, "INV-0042", id="A", flag="duplicate_row"),
        a_line("1250.00", ACME, "INV-0042", id="B"),
    ]

    assert decide(lines, [ACME_42])["B"].action == "auto"


# Money out

SUPPLIER = "Harcourt Timber Ltd"
BILL = a_bill("HT6912", SUPPLIER, "300.00")


def _paid(amount: str, days_ago: int, *documents: str, account: str = "") -> object:
    line = a_line(
        amount, SUPPLIER, id=f"past-{days_ago}", date=DAY - timedelta(days_ago),
        counterparty_account=account,
    )  # fmt: skip
    return paid_before(line, SUPPLIER, *documents)


@pytest.mark.parametrize(
    ("line", "documents", "history", "action", "reason"),
    [
        (a_line("-300.00", SUPPLIER, "HT6912"), [BILL], [], "auto", "exact_reference"),
        (
            a_line("-300.00", SUPPLIER, "HT6912", counterparty_account="20-30-40 12345678"),
            [BILL], [_paid("-5.00", 90, account="GB33BUKB20201555555555")],
            "suggest", "new_payee_account",
        ),
        (
            a_line("-300.00", SUPPLIER, "HT6912", counterparty_account="2020 1555 555555"),
            [BILL], [_paid("-5.00", 90, account="GB33BUKB20201555555555")],
            "auto", "exact_reference",
        ),
        (a_line("-300.00", SUPPLIER), [BILL], [_paid("-300.00", 20)],
         "suggest", "possible_double_payment"),
        (a_line("-300.00", SUPPLIER), [BILL], [_paid("-300.00", 70)], "auto", "payer_and_amount"),
        (
            a_line("-300.00", SUPPLIER, "HT6912"), [BILL], [_paid("-300.00", 20, "another")],
            "auto", "exact_reference",
        ),
        (
            a_line("-300.00", SUPPLIER, "HT6912"),
            [BILL, a_bill("HT-6912", SUPPLIER, "300.00", id="twin")], [],
            "suggest", "possible_double_payment",
        ),
        (
            a_line("-300.00", SUPPLIER, "HT6912"), [replace(BILL, status="SUBMITTED")], [],
            "suggest", "approve_first",
        ),
        (
            a_line("-120.00", ACME, "REFUND CN-0001"), [a_credit("CN-0001", ACME, "120.00")], [],
            "auto", "refund",
        ),
        (
            a_line("-120.00", ACME), [a_credit("CN-0001", ACME, "120.00")], [],
            "suggest", "refund",
        ),
    ],
    ids=[
        "bill by its number", "account not seen before", "account seen, as part of an IBAN",
        "same amount 20 days ago", "same amount 70 days ago", "other bill 20 days ago, this named",
        "same bill entered twice", "bill not approved", "credit note refunded by its number",
        "credit note refunded without a word",
    ],
)  # fmt: skip
def test_money_out_is_posted_only_where_nothing_is_odd(
    line: BankLine, documents: list[Document], history: list[object], action: str, reason: str
) -> None:
    found = decide([line], documents, history=history)["L1"]  # type: ignore[arg-type]

    assert (found.action, found.reason_code) == (action, reason)


def test_two_equal_payments_to_a_supplier_in_one_run_are_asked_about_unless_both_name_bills() -> (
    None
):
    bills = [BILL, a_bill("HT6999", SUPPLIER, "300.00")]
    unnamed = [a_line("-300.00", SUPPLIER, id=i) for i in "ab"]
    named = [a_line("-300.00", SUPPLIER, n, id=n) for n in ("HT6912", "HT6999")]

    assert {p.action for p in decide(unnamed, bills).values()} == {"suggest"}
    assert {p.action for p in decide(named, bills).values()} == {"auto"}


# Deductions and credits


def test_a_named_credit_is_allocated_first_and_the_cash_pays_the_rest() -> None:
    documents = [ACME_42, a_credit("CN-0007", ACME, "250.00")]

    found = decide([a_line("1000.00", ACME, "INV-0042 LESS CN-0007")], documents)["L1"]

    assert (found.action, found.reason_code) == ("auto", "credit_netted")
    assert [(s.document_number, s.amount) for s in found.shares] == [("INV-0042", Decimal(1000))]
    assert [(s.document_number, s.amount) for _, s in found.credit_shares] == [
        ("INV-0042", Decimal(250))
    ]


@pytest.mark.parametrize(
    ("credit_reference", "action"),
    [("INV-0042", "auto"), ("", "suggest"), ("INV-00421", "suggest")],
)
def test_a_credit_not_named_is_used_only_where_it_was_raised_for_that_invoice(
    credit_reference: str, action: str
) -> None:
    documents = [ACME_42, a_credit("CN-0007", ACME, "250.00", reference=credit_reference)]

    found = decide([a_line("1000.00", ACME, "INV-0042")], documents)["L1"]

    assert found.action == action
    assert found.credit_shares


TERMS = DiscountTerms(Decimal(2), 30, "420", "adjust", contact=ACME)


@pytest.mark.parametrize(
    ("amount", "terms", "reason"),
    [
        ("1225.00", (TERMS,), "discount_declared"),
        ("1225.01", (TERMS,), "part_payment"),
        ("1225.00", (), "part_payment"),
        ("1225.00", (replace(TERMS, contact=BOLT),), "part_payment"),
        ("1225.00", (replace(TERMS, days=5),), "part_payment"),
    ],
    ids=["exact", "a penny off", "not declared", "declared for another", "too late"],
)
def test_a_discount_is_one_only_when_declared_and_exact(
    amount: str, terms: tuple[DiscountTerms, ...], reason: str
) -> None:
    policy = replace(POLICY, discounts=terms)

    found = decide([a_line(amount, ACME, "INV-0042")], [ACME_42], policy=policy)["L1"]

    assert (found.action, found.reason_code) == ("suggest", reason)
    assert found.remainder[0].kind == ("discount" if reason == "discount_declared" else "open")
    assert found.remainder[0].amount + Decimal(amount) == Decimal(1250)


# Transfers

OWN = {
    "acc-main": AccountFacts("bank", "090", "GBP", "30451210443217"),
    "acc-save": AccountFacts("bank", "091", "GBP", "30451220118834"),
    "acc-loan": AccountFacts("loan", "095", "GBP", "30451299999999"),
}
OWNER = replace(POLICY, own_accounts=OWN, own_names=("Larkfield Signs Ltd",))


def _leg(amount: str, account: str, text: str, *, day: int = 0, number: str = "") -> BankLine:
    return a_line(
        amount, text, id=f"{account}{amount}{day}", account_id=account,
        account_code=OWN[account].code, date=DAY + timedelta(day), counterparty_account=number,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("legs", "actions"),
    [
        ([_leg("-500", "acc-main", "TFR TO 20118834"), _leg("500", "acc-save", "TFR")], "transfer"),
        ([_leg("-500", "acc-main", "SAVINGS", number="304512 20118834"),
          _leg("500", "acc-save", "FROM CURRENT", day=3)], "transfer"),
        ([_leg("-500", "acc-main", "TRANSFER LARKFIELD SIGNS"),
          _leg("500", "acc-save", "CREDIT", day=1)], "transfer"),
        ([_leg("-500", "acc-main", "TFR TO 20118834"),
          _leg("500", "acc-save", "TFR", day=4)], "none"),
        ([_leg("-500", "acc-main", "J BLOGGS WAGES"),
          _leg("500", "acc-save", "T NEWMAN DEPOSIT")], "none"),
        ([_leg("-500", "acc-main", "TFR TO 20118834"), _leg("500", "acc-save", "TFR"),
          _leg("500", "acc-save", "TFR", day=1)], "suggest"),
        ([_leg("-500", "acc-main", "TFR TO 99999999"), _leg("500", "acc-loan", "TFR")], "suggest"),
        ([_leg("-500", "acc-main", "TFR TO 20118834"), _leg("500.01", "acc-save", "TFR")], "none"),
    ],
    ids=["by number", "three days, by account column", "by own name", "four days",
         "two strangers", "two incoming legs", "loan account", "a penny off"],
)  # fmt: skip
def test_transfers_need_both_legs_and_words_that_say_so(legs: list[BankLine], actions: str) -> None:
    found = decide(legs, [], policy=OWNER)

    assert {p.action for p in found.values()} == {actions}
    if actions == "transfer":
        out_leg, in_leg = legs
        assert found[out_leg.id].transfer_to == in_leg.id
        assert found[in_leg.id].transfer_to == out_leg.id
        assert found[out_leg.id].record_id == in_leg.account_id


# What was learned, and what a person said


def _seen(times: int, contact: str = ACME, payee: str = "THE COPPER KETTLE") -> list[object]:
    return [
        paid_before(
            a_line("9.00", payee, id=f"p{contact}{n}", date=DAY - timedelta(40 + n)), contact, "x"
        )
        for n in range(times)
    ]


@pytest.mark.parametrize(
    ("history", "action"),
    [
        ([], "suggest"),
        (_seen(1), "suggest"),
        (_seen(2), "auto"),
        (_seen(2) + _seen(1, BOLT), "suggest"),
        (_seen(3, payee="PAYPAL EUROPE"), "suggest"),
    ],
    ids=["never seen", "seen once", "seen twice", "contradicted", "other payer"],
)
def test_an_alias_counts_once_it_is_confirmed(history: list[object], action: str) -> None:
    line = a_line("1250.00", "THE COPPER KETTLE")

    found = decide([line], [ACME_42], history=history)["L1"]  # type: ignore[arg-type]

    assert found.action == action


def test_a_processor_is_never_learned_as_one_contact() -> None:
    history = _seen(5, payee="PAYPAL EUROPE")

    found = decide(
        [a_line("1250.00", "PAYPAL EUROPE")],
        [ACME_42],
        history=history,  # type: ignore[arg-type]
    )["L1"]

    assert found.action != "auto"


def test_an_account_number_on_the_contacts_card_identifies_the_payer() -> None:
    card = a_contact(ACME, bank_accounts=("GB33BUKB20201555555555",))
    line = a_line("1250.00", "A N OTHER", counterparty_account="GB33 BUKB 2020 1555 5555 55")

    assert decide([line], [ACME_42], contacts=[card])["L1"].action == "auto"


def test_a_pair_a_person_declined_is_not_proposed_again() -> None:
    declined = frozenset({("L1", frozenset({ACME_42.id}))})

    found = decide([a_line("1250.00", ACME, "INV-0042")], [ACME_42], declines=declined)["L1"]

    assert (found.action, found.shares) == ("none", ())


def test_nothing_is_posted_for_a_line_of_the_future() -> None:
    later = a_line("1250.00", ACME, "INV-0042", date=POLICY.as_of + timedelta(1))

    assert decide([later], [ACME_42])["L1"].reason_code == "future_date"


def test_the_error_budget_moves_the_cut() -> None:
    assert MatchingPolicy(as_of=DAY).auto_from == pytest.approx(0.995)
