"""The story holds every hard case, its arithmetic closes, and its truths fit its documents."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sandbox.story_reading import (
    TELLINGS,
    Row,
    all_rows,
    closing_balance,
    each_telling,
    open_rows,
    read_csv,
    read_ofx,
)
from worker.sandbox import statements
from worker.sandbox.story import DISCOUNT, Story, build

HARD_CASES = {
    "part payment": ("may", 1),
    "several invoices": ("post", 1),
    "invoice range": ("post", 1),
    "processor payout": ("ask", 1),
    "early-payment discount": ("may", 1),
    "near-identical customers": ("ask", 1),
    "trading name": ("post", 1),
    "unknown payer": ("ask", 1),
    "letter for digit": ("post", 1),
    "transposed digits": ("post", 1),
    "equal subscriptions": ("post", 2),
    "paid twice, first": ("post", 1),
    "paid twice, second": ("ask", 1),
    "duplicate row, original": ("post", 1),
    "duplicate row": ("leave", 1),
    "refund of a credit note": ("may", 1),
    "transfer": ("transfer", 2),
    "card repayment": ("transfer", 2),
    "bounced, receipt": ("ask", 1),
    "bounced, return": ("ask", 1),
    "new account number": ("ask", 1),
    "locked period": ("ask", 2),
    "decoy": ("ask", 1),
    "entered by hand": ("explained", 1),
    "entered by hand, invoice open": ("ask", 1),
    "before the document": ("ask", 1),
    "overpayment": ("ask", 1),
    "bill not approved": ("ask", 1),
    "credit note netted": ("may", 1),
    "foreign currency": ("ask", 1),
}
ROUTINE = ("bank fee", "rent", "phone", "insurance", "software", "wages", "interest")


def test_same_seed_and_day_tell_the_same_story_and_another_seed_another() -> None:
    assert build(1, date(2026, 11, 24)) == TELLINGS[1, date(2026, 11, 24)]
    assert build(8, date(2026, 11, 24)) != TELLINGS[1, date(2026, 11, 24)]


@each_telling
def test_every_hard_case_is_told(today: date, story: Story) -> None:
    told = Counter((truth.kind, str(truth.expected)) for truth in story.truths.values())

    for kind, (expected, count) in HARD_CASES.items():
        assert told[kind, expected] == count, kind
    for kind in ROUTINE:
        assert told[kind, "rule"] >= 1, kind
    assert told["exact reference", "post"] + told["known name", "post"] == 29
    assert told["known name", "post"] >= 4


@each_telling
def test_sixty_to_ninety_lines_of_six_weeks_are_open(today: date, story: Story) -> None:
    rows = open_rows(story)

    assert 60 <= len(rows) <= 90
    assert {row["account"] for row in rows} == {"090", "091", "092"}
    assert min(row["date"] for row in rows) >= (today - timedelta(43)).isoformat()
    assert max(row["date"] for row in rows) < today.isoformat()
    assert all(date.fromisoformat(row["date"]).weekday() < 5 for row in rows)


@each_telling
def test_the_company_is_small_and_busy(today: date, story: Story) -> None:
    books = story.books

    documents = len(books["Invoices"]) + len(books["CreditNotes"])
    assert 580 <= documents <= 660
    assert 58 <= len(books["Contacts"]) <= 68
    assert 38 <= len(books["Accounts"]) <= 50
    kinds = ("Invoices", "Payments", "BankTransactions", "BankTransfers")
    dated = [record["Date"] for kind in kinds for record in books[kind]]
    assert max(dated) <= today.isoformat()
    assert min(dated) >= (today - timedelta(430)).isoformat()


@each_telling
def test_each_line_has_its_own_bank_reference_and_a_truth(today: date, story: Story) -> None:
    references = [row["ref"] for row in all_rows(story)]

    assert len(set(references)) == len(references)
    assert set(references) == set(story.truths)


@each_telling
def test_every_statement_closes_and_opens_where_the_last_one_closed(
    today: date, story: Story
) -> None:
    closed = dict.fromkeys(("090", "091", "092"), Decimal(0))
    for file in story.statements:
        if file.account_code == "090":
            balance = closed["090"]
            for row in read_csv(file.content):
                repeated = story.truths[row["ref"]].expected == "leave"
                balance += 0 if repeated else Decimal(row["amount"])
                assert Decimal(row["balance"]) == balance, row
        else:
            rows, balance = read_ofx(file.content)
            opening = balance - sum(Decimal(row["amount"]) for row in rows)
            assert opening == closed[file.account_code]
        closed[file.account_code] = balance
    assert closed["090"] > 0
    assert closed["091"] > 0
    assert closed["092"] < 0


@each_telling
def test_the_main_account_is_never_overdrawn(today: date, story: Story) -> None:
    balances = [Decimal(row["balance"]) for row in all_rows(story) if row["account"] == "090"]

    assert min(balances) > 0


def ledger_cash(story: Story, account: str, *, reconciled: bool | None = None) -> Decimal:
    """The bank account's balance by the ledger's own records, all or those (not) reconciled."""
    wanted = {True, False} if reconciled is None else {reconciled}
    sign = {"ACCRECPAYMENT": 1, "ACCPAYPAYMENT": -1, "ARCREDITPAYMENT": -1}
    total = Decimal(0)
    for payment in story.books["Payments"]:
        if payment["Account"]["Code"] == account and payment["IsReconciled"] in wanted:
            total += sign[payment["PaymentType"]] * payment["BankAmount"]
    for record in story.books["BankTransactions"]:
        if record["BankAccount"]["Code"] == account and record["IsReconciled"] in wanted:
            total += record["Total"] if record["Type"] == "RECEIVE" else -record["Total"]
    for transfer in story.books["BankTransfers"]:
        for side, way in (("From", -1), ("To", 1)):
            flag = transfer[f"{side}IsReconciled"]
            if transfer[f"{side}BankAccount"]["Code"] == account and flag in wanted:
                total += way * transfer["Amount"]
    return total


@each_telling
@pytest.mark.parametrize("account", ["090", "091", "092"])
def test_the_bank_ties_out_to_the_ledger(today: date, story: Story, account: str) -> None:
    real = [
        row
        for row in all_rows(story)
        if row["account"] == account and story.truths[row["ref"]].expected != "leave"
    ]
    by_hand = [row for row in real if story.truths[row["ref"]].kind.startswith("entered by hand")]
    in_ledger_not_at_bank = ledger_cash(story, account, reconciled=False) - sum(
        Decimal(row["amount"]) for row in by_hand
    )
    at_bank_not_in_ledger = sum(
        Decimal(row["amount"])
        for row in real
        if story.truths[row["ref"]].kind != "history" and row not in by_hand
    )

    assert closing_balance(story, account) == (
        ledger_cash(story, account) - in_ledger_not_at_bank + at_bank_not_in_ledger
    )
    assert in_ledger_not_at_bank < 0 if account == "090" else in_ledger_not_at_bank == 0


@each_telling
def test_reconciled_history_is_in_the_statements_movement_by_movement(
    today: date, story: Story
) -> None:
    sign = {"ACCRECPAYMENT": 1, "ACCPAYPAYMENT": -1}
    ledger: Counter[tuple[str, str, Decimal]] = Counter()
    for payment in story.books["Payments"]:
        if payment["IsReconciled"] and "BatchPaymentID" not in payment:
            amount = sign[payment["PaymentType"]] * payment["Amount"]
            ledger[payment["Account"]["Code"], payment["Date"], amount] += 1
    for batch in story.books["BatchPayments"]:
        amount = batch["TotalAmount"] * (1 if batch["Type"] == "RECBATCH" else -1)
        ledger[batch["Account"]["Code"], batch["Date"], amount] += 1
    for record in story.books["BankTransactions"]:
        if record["IsReconciled"]:
            amount = record["Total"] if record["Type"] == "RECEIVE" else -record["Total"]
            ledger[record["BankAccount"]["Code"], record["Date"], amount] += 1
    for transfer in story.books["BankTransfers"]:
        for side, way in (("From", -1), ("To", 1)):
            key = (transfer[f"{side}BankAccount"]["Code"], transfer["Date"])
            ledger[*key, way * transfer["Amount"]] += 1
    printed = Counter(
        (row["account"], row["date"], Decimal(row["amount"]))
        for row in all_rows(story)
        if story.truths[row["ref"]].kind == "history"
    )

    assert printed == ledger


@each_telling
def test_documents_say_exactly_what_is_owed(today: date, story: Story) -> None:
    paid: defaultdict[str, Decimal] = defaultdict(Decimal)
    for payment in story.books["Payments"]:
        document = payment.get("Invoice") or payment["CreditNote"]
        paid[document.get("InvoiceID") or document["CreditNoteID"]] += payment["Amount"]
    credited: defaultdict[str, Decimal] = defaultdict(Decimal)
    for note in story.books["CreditNotes"]:
        for allocation in note["Allocations"]:
            credited[allocation["Invoice"]["InvoiceID"]] += allocation["Amount"]
        applied = sum(a["Amount"] for a in note["Allocations"])
        assert note["RemainingCredit"] == note["Total"] - applied - paid[note["CreditNoteID"]]
    for doc in story.books["Invoices"]:
        assert doc["AmountPaid"] == paid[doc["InvoiceID"]]
        assert doc["AmountCredited"] == credited[doc["InvoiceID"]]
        assert doc["AmountDue"] == doc["Total"] - doc["AmountPaid"] - doc["AmountCredited"]
        assert doc["AmountDue"] >= 0
        assert (doc["Status"] == "PAID") == (doc["AmountDue"] == 0)
        tax = sum(item["TaxAmount"] for item in doc["LineItems"])
        lines = sum(item["LineAmount"] for item in doc["LineItems"])
        gross = lines if doc["LineAmountTypes"] == "Inclusive" else lines + tax
        assert (doc["TotalTax"], doc["Total"]) == (tax, gross)
        assert doc["SubTotal"] + doc["TotalTax"] == doc["Total"]


@each_telling
def test_invoice_numbers_rise_with_the_date_and_none_is_missing(today: date, story: Story) -> None:
    sales = [doc for doc in story.books["Invoices"] if doc["Type"] == "ACCREC"]
    numbers = [int(doc["InvoiceNumber"].removeprefix("INV-")) for doc in sales]

    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@each_telling
def test_what_should_be_posted_is_open_approved_and_adds_up(today: date, story: Story) -> None:
    notes = {note["CreditNoteNumber"]: note for note in story.books["CreditNotes"]}
    open_docs = {
        doc["InvoiceNumber"]: doc
        for doc in story.books["Invoices"]
        if doc["Status"] == "AUTHORISED"
    }
    claimed: defaultdict[str, Decimal] = defaultdict(Decimal)
    rows = {row["ref"]: row for row in open_rows(story)}
    for ref, row in rows.items():
        truth = story.truths[ref]
        if truth.expected != "post":
            continue
        for number, amount in truth.documents:
            claimed[number] += amount
            assert open_docs[number]["Date"] <= row["date"]
            assert open_docs[number]["CurrencyCode"] == "GBP"
        assert abs(Decimal(row["amount"])) == sum(amount for _, amount in truth.documents)
    for number, amount in claimed.items():
        assert amount <= open_docs[number]["AmountDue"], number
    for truth in story.truths.values():
        for number, _ in truth.documents if truth.kind != "history" else ():
            assert number in open_docs or number in notes or truth.kind == "bill not approved"


def one(story: Story, kind: str) -> tuple[Row, dict[str, object]]:
    """The line of a case, and the first document it is about."""
    row = next(row for row in all_rows(story) if story.truths[row["ref"]].kind == kind)
    number = story.truths[row["ref"]].documents[0][0]
    doc = next((doc for doc in story.books["Invoices"] if doc["InvoiceNumber"] == number), {})
    return row, doc


@each_telling
def test_locked_lines_lie_on_or_before_the_lock_and_all_other_open_ones_after(
    today: date, story: Story
) -> None:
    lock = story.books["Organisation"][0]["PeriodLockDate"]
    for row in open_rows(story):
        locked = story.truths[row["ref"]].kind == "locked period"
        assert (row["date"] <= lock) == locked, row


@each_telling
def test_the_traps_are_really_traps(today: date, story: Story) -> None:
    invoices = story.books["Invoices"]
    numbers = {doc["InvoiceNumber"] for doc in invoices}

    row, doc = one(story, "transposed digits")
    typed = re.search(r"INV-\d{4}", row["text"])
    assert typed
    assert typed[0] not in numbers
    assert sorted(typed[0]) == sorted(str(doc["InvoiceNumber"]))

    row, doc = one(story, "early-payment discount")
    declared = DISCOUNT
    assert doc["Contact"]["Name"] == declared["contact"]  # type: ignore[index]
    off = Decimal(str(doc["Total"])) - Decimal(row["amount"])
    assert off == Decimal(str(doc["Total"])) * declared["percent"] / 100
    days = date.fromisoformat(row["date"]) - date.fromisoformat(str(doc["Date"]))
    assert days.days <= declared["days"]

    row, doc = one(story, "before the document")
    assert str(doc["Date"]) > row["date"]

    row, doc = one(story, "new account number")
    contact = next(
        c
        for c in story.books["Contacts"]
        if c["Name"] == doc["Contact"]["Name"]  # type: ignore[index]
    )
    assert row["counterparty"] not in re.sub(r"\D", "", contact["BankAccountDetails"])

    row, _ = one(story, "near-identical customers")
    same = [d for d in invoices if d["AmountDue"] == Decimal(row["amount"])]
    assert len({d["Contact"]["Name"] for d in same}) == 2

    decoy = next(r for r in open_rows(story) if story.truths[r["ref"]].kind == "decoy")
    stranger = next(r for r in open_rows(story) if story.truths[r["ref"]].kind == "unknown payer")
    owed = Counter(d["AmountDue"] for d in invoices if d["AmountDue"])
    assert owed[Decimal(decoy["amount"])] == 1
    assert owed[Decimal(stranger["amount"])] == 0

    row, _ = one(story, "credit note netted")
    notes = {note["CreditNoteNumber"]: note for note in story.books["CreditNotes"]}
    note = notes[story.truths[row["ref"]].documents[1][0]]
    assert story.books["Organisation"][0]["PeriodLockDate"] < note["Date"] < row["date"]

    bill = one(story, "bill not approved")[1]
    assert bill["Status"] == "SUBMITTED"

    returned = one(story, "bounced, return")[0]
    came = one(story, "bounced, receipt")[0]
    assert Decimal(returned["amount"]) == -Decimal(came["amount"])
    assert came["date"] < returned["date"]


@each_telling
def test_payers_known_by_name_alone_were_seen_in_the_explained_year(
    today: date, story: Story
) -> None:
    rows = all_rows(story)
    seen = [row["text"] for row in rows if story.truths[row["ref"]].kind == "history"]
    for row in rows:
        if story.truths[row["ref"]].kind in ("known name", "trading name", "equal subscriptions"):
            name = re.sub(r" (LARKFIELD|SIGNS|LARKFIELD PLAN)$", "", row["text"])
            assert sum(text.startswith(name) for text in seen) >= 2, row


def test_files_are_written_whole_under_their_account(tmp_path: Path) -> None:
    story = TELLINGS[1, date(2026, 11, 24)]
    paths = statements.write(story, tmp_path)

    assert {path.parent.name for path in paths} == {"090", "091", "092"}
    assert sorted(tmp_path.rglob("*.*")) == sorted(paths)
    for file, path in zip(story.statements, paths, strict=True):
        assert path.read_bytes() == file.content


def test_the_csv_profile_names_the_columns_the_files_have() -> None:
    story = TELLINGS[1, date(2026, 11, 24)]
    header = story.statements[0].content.decode().splitlines()[0].split(",")

    assert list(statements.CSV_PROFILE["columns"].values()) == header
