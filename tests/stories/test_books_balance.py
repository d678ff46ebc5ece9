"""An auditor's look at the books after a run: the ledger itself and the bank's own files.

Nothing of the worker is asked: rows of the sandbox's store, and statement files read by hand.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.stories.lived import DAYS, Lived
from worker.sandbox.store import Store

Json = dict[str, Any]
CREDITS = {
    "CreditNotes": "CreditNoteID",
    "Overpayments": "OverpaymentID",
    "Prepayments": "PrepaymentID",
}
LIVE = ("AUTHORISED", "PAID")


@dataclass(frozen=True)
class Movement:
    """One amount in one bank account, money in positive, in hundredths."""

    account: str
    day: date
    amount: int
    source: str = ""
    leg: str = ""
    """in or out, of a transfer."""


@dataclass(frozen=True)
class Audit:
    """What the auditor has on the desk."""

    store: Store
    before: dict[str, set[str]]
    bank: tuple[Movement, ...]
    """The lines of all statement files, without rows the feed printed twice."""
    closing: dict[str, int]
    """By account, the balance the last file ends with."""


@pytest.fixture(params=DAYS, ids=[f"seed {seed}, {now[:10]}" for seed, now in DAYS])
def audit(request: pytest.FixtureRequest, lived: Callable[[int, str], Lived]) -> Iterator[Audit]:
    day = lived(*request.param)
    bank, closing = statements(day.home / "inbox")
    store = Store(day.home / "state" / "sandbox.db")
    yield Audit(store, {kind: set(ids) for kind, ids in day.before.items()}, bank, closing)
    store.close()


def statements(inbox: Path) -> tuple[tuple[Movement, ...], dict[str, int]]:
    lines: list[Movement] = []
    closing: dict[str, int] = {}
    for folder in sorted(path for path in inbox.iterdir() if path.is_dir()):
        balance = 0
        # A run puts files that it has read into done/.
        for file in sorted((folder / "done").iterdir()):
            if file.suffix == ".csv":
                for row in csv.DictReader(io.StringIO(file.read_text("utf-8"), newline="")):
                    printed = hundredths(row["Balance"])
                    # Where the balance stands still no money moved: the row is printed again.
                    if printed != balance:
                        amount = hundredths(row["Paid In"]) - hundredths(row["Paid Out"])
                        assert balance + amount == printed, (file.name, row)
                        day = date(*(int(part) for part in reversed(row["Date"].split("/"))))
                        lines.append(Movement(folder.name, day, amount, row["Bank Reference"]))
                    balance = printed
            else:
                text = file.read_text("ascii")
                for found in re.finditer(
                    r"<DTPOSTED>(\d{4})(\d\d)(\d\d)<TRNAMT>(-?[\d.]+)<FITID>(\w+)", text
                ):
                    year, month, number, amount_text, ref = found.groups()
                    day = date(int(year), int(month), int(number))
                    lines.append(Movement(folder.name, day, hundredths(amount_text), ref))
                    balance += hundredths(amount_text)
                (last,) = re.findall(r"<LEDGERBAL><BALAMT>(-?[\d.]+)", text)
                assert balance == hundredths(last), file.name
        closing[folder.name] = balance
    return tuple(lines), closing


def hundredths(text: object) -> int:
    scaled = Decimal(str(text or 0)) * 100
    assert scaled == int(scaled), text
    return int(scaled)


def day_of(record: Json) -> date:
    found = re.search(r"-?\d+", str(record["Date"]))
    if str(record["Date"]).startswith("/Date(") and found:
        return date(1970, 1, 1) + timedelta(milliseconds=int(found[0]))
    return date.fromisoformat(str(record["Date"])[:10])


def movements(audit: Audit) -> Iterator[tuple[bool, Movement]]:
    """Everything in the ledger that moved a bank account: (written by the run, what moved)."""
    codes = {a["AccountID"]: a.get("Code", "") for a in audit.store.all("Accounts")}

    def new(kind: str, record_id: str) -> bool:
        return record_id not in audit.before[kind]

    batches: dict[str, Json] = {b["BatchPaymentID"]: b for b in audit.store.all("BatchPayments")}
    in_batch: defaultdict[str, int] = defaultdict(int)
    for payment in audit.store.all("Payments"):
        if payment["Status"] != "AUTHORISED":
            continue
        amount = hundredths(payment.get("BankAmount") or payment["Amount"])
        receives = payment["PaymentType"] in ("ACCRECPAYMENT", "APCREDITPAYMENT")
        amount = amount if receives else -amount
        batch = payment.get("BatchPaymentID") or (payment.get("BatchPayment") or {}).get(
            "BatchPaymentID"
        )
        if batch:
            in_batch[batch] += amount
            continue
        code = codes[payment["Account"]["AccountID"]]
        moved = Movement(code, day_of(payment), amount, payment["PaymentID"])
        yield new("Payments", payment["PaymentID"]), moved
    for batch, amount in in_batch.items():
        record = batches[batch]
        assert abs(amount) == hundredths(record["TotalAmount"])
        moved = Movement(codes[record["Account"]["AccountID"]], day_of(record), amount, batch)
        yield new("BatchPayments", batch), moved
    for record in audit.store.all("BankTransactions"):
        # The legs of a transfer are counted with it.
        if record["Status"] != "AUTHORISED" or record["Type"].endswith("-TRANSFER"):
            continue
        amount = hundredths(record["Total"])
        amount = amount if record["Type"].startswith("RECEIVE") else -amount
        code = codes[record["BankAccount"]["AccountID"]]
        moved = Movement(code, day_of(record), amount, record["BankTransactionID"])
        yield new("BankTransactions", record["BankTransactionID"]), moved
    for record in audit.store.all("BankTransfers"):
        amount, day, source = hundredths(record["Amount"]), day_of(record), record["BankTransferID"]
        for side, signed, leg in (("From", -amount, "out"), ("To", amount, "in")):
            code = codes[record[f"{side}BankAccount"]["AccountID"]]
            yield new("BankTransfers", source), Movement(code, day, signed, source, leg)


def test_debits_equal_credits_in_every_source_and_in_all(audit: Audit) -> None:
    for view in ("accrual", "cash"):
        rows = audit.store.rows(
            "SELECT source_id, amount FROM ledger_line WHERE basis IN ('both', ?)", (view,)
        )
        by_source: defaultdict[str, int] = defaultdict(int)
        for source, amount in rows:
            by_source[source] += amount
        assert len(by_source) > 100
        assert {source: left for source, left in by_source.items() if left} == {}
        assert sum(amount for _, amount in rows) == 0


@pytest.mark.parametrize(
    ("control", "invoice", "credit", "overpaid", "sign"),
    [
        ("DEBTORS", "ACCREC", "ACCRECCREDIT", "RECEIVE-OVERPAYMENT", 1),
        ("CREDITORS", "ACCPAY", "ACCPAYCREDIT", "SPEND-OVERPAYMENT", -1),
    ],
)
def test_the_control_account_is_what_documents_payments_and_allocations_say(
    audit: Audit, control: str, invoice: str, credit: str, overpaid: str, sign: int
) -> None:
    """Σ(Total − CIS − payments − allocations) − open credits − open overpayments, by currency."""
    owed: defaultdict[str, int] = defaultdict(int)
    where: dict[str, tuple[str, int]] = {}
    for record in audit.store.all("Invoices"):
        if record["Type"] == invoice and record["Status"] in LIVE:
            currency = record["CurrencyCode"]
            owed[currency] += hundredths(record["Total"]) - hundredths(record.get("CISDeduction"))
            where[record["InvoiceID"]] = (currency, -1)
    for kind in ("CreditNotes", "Overpayments"):
        for record in audit.store.all(kind):
            if record["Type"] not in (credit, overpaid) or record["Status"] not in LIVE:
                continue
            currency = record["CurrencyCode"]
            owed[currency] -= hundredths(record["Total"])
            where[record[CREDITS[kind]]] = (currency, 1)
    for kind, id_field in CREDITS.items():
        for record in audit.store.all(kind):
            for allocation in record.get("Allocations") or []:
                amount = hundredths(allocation["Amount"])
                for document in (record[id_field], allocation["Invoice"]["InvoiceID"]):
                    if document in where:
                        currency, way = where[document]
                        owed[currency] += way * amount
    for payment in audit.store.all("Payments"):
        paid = [payment[k] for k in ("Invoice", "CreditNote", "Overpayment") if payment.get(k)]
        ids = [v for stub in paid for k, v in stub.items() if k in (*CREDITS.values(), "InvoiceID")]
        if payment["Status"] == "AUTHORISED" and ids and ids[0] in where:
            currency, way = where[ids[0]]
            owed[currency] += way * hundredths(payment["Amount"])
    (account,) = [a for a in audit.store.all("Accounts") if a.get("SystemAccount") == control]
    ledger = audit.store.rows(
        "SELECT currency, SUM(foreign_amount) FROM ledger_line"
        " WHERE account_id = ? AND basis IN ('both', 'accrual') GROUP BY currency",
        (account["AccountID"],),
    )

    assert owed["GBP"] > 0
    assert {c: sign * amount for c, amount in ledger if amount} == {
        c: amount for c, amount in owed.items() if amount
    }


def test_no_document_is_settled_beyond_its_total_and_each_says_what_is_left(audit: Audit) -> None:
    for record in audit.store.all("Invoices"):
        if record["Status"] not in LIVE:
            continue
        left = (
            hundredths(record["Total"])
            - hundredths(record.get("CISDeduction"))
            - hundredths(record["AmountPaid"])
            - hundredths(record["AmountCredited"])
        )
        assert left == hundredths(record["AmountDue"]) >= 0, record["InvoiceNumber"]
        assert (record["Status"] == "PAID") == (left == 0), record["InvoiceNumber"]


def consumed(audit: Audit) -> tuple[list[tuple[Movement, Movement]], list[Movement]]:
    """(what the run wrote, its bank line) one to one, and the bank lines nobody claims.

    Fails where a movement has no line of its account, amount and day to itself. Older records
    take their lines first, those of the same day before those some days apart.
    """
    free: defaultdict[tuple[str, int], list[Movement]] = defaultdict(list)
    for line in audit.bank:
        free[line.account, line.amount].append(line)
    moved = list(movements(audit))
    older = [record for is_new, record in moved if not is_new]
    for days_before, days_after in ((0, 0), (5, 10)):
        rest = []
        for record in older:
            lines = free[record.account, record.amount]
            near = [x for x in lines if -days_before <= (x.day - record.day).days <= days_after]
            if near:
                lines.remove(min(near, key=lambda x: abs((x.day - record.day).days)))
            else:
                rest.append(record)
        older = rest
    pairs = []
    for record in (m for is_new, m in moved if is_new):
        lines = free[record.account, record.amount]
        # A transfer is dated by the leg that leaves; the other may arrive some days later.
        days = 10 if record.leg == "in" else 0
        fitting = [x for x in lines if 0 <= (x.day - record.day).days <= days]
        assert fitting, f"no bank line is left for {record}"
        lines.remove(fitting[0])
        pairs.append((record, fitting[0]))
    return pairs, [line for lines in free.values() for line in lines]


def test_every_bank_line_is_consumed_at_most_once_by_an_equal_transaction(audit: Audit) -> None:
    pairs, free = consumed(audit)

    assert len(pairs) == sum(is_new for is_new, _ in movements(audit)) >= 50
    assert len(free) >= 10


@pytest.mark.parametrize("change", [{}, {"Total": "1.11"}, {"Date": "2026-03-27"}])
def test_this_auditor_finds_one_transaction_too_many(
    tmp_path: Path, lived: Callable[[int, str], Lived], change: Json
) -> None:
    """A record doubled, of another amount or of another day has no bank line to itself."""
    day = lived(*DAYS[0])
    bank, closing = statements(day.home / "inbox")
    store = Store(shutil.copy(day.home / "state" / "sandbox.db", tmp_path / "books.db"))
    try:
        audit = Audit(store, {kind: set(ids) for kind, ids in day.before.items()}, bank, closing)
        last = next(
            record
            for record in store.all("BankTransactions")
            if record["BankTransactionID"] not in day.before["BankTransactions"]
            and record["Type"] == "SPEND"
        )
        store.put("BankTransactions", last | {"BankTransactionID": "too-many"} | change)
        with pytest.raises(AssertionError, match="no bank line is left"):
            consumed(audit)
    finally:
        store.close()


def test_what_was_posted_to_an_account_is_the_sum_of_the_lines_it_consumed(audit: Audit) -> None:
    pairs, _ = consumed(audit)
    lines: Counter[str] = Counter()
    for _, line in pairs:
        lines[line.account] += line.amount
    posted: dict[str, int] = {}
    for account in audit.store.all("Accounts"):
        if account["Type"] == "BANK":
            sources = {record.source for record, _ in pairs}
            payments = in_new_batches(audit)
            rows = audit.store.rows(
                "SELECT source_id, amount FROM ledger_line"
                " WHERE account_id = ? AND basis IN ('both', 'accrual')",
                (account["AccountID"],),
            )
            posted[account["Code"]] = sum(a for s, a in rows if s in sources or s in payments)

    assert {code: amount for code, amount in posted.items() if amount} == dict(lines)


def in_new_batches(audit: Audit) -> set[str]:
    """A batch itself has no entries; its payments have them."""
    return {
        payment["PaymentID"]
        for payment in audit.store.all("Payments")
        if payment["PaymentID"] not in audit.before["Payments"]
        and (payment.get("BatchPaymentID") or payment.get("BatchPayment"))
    }


def test_bank_and_ledger_differ_by_the_lines_and_records_that_stand_alone(audit: Audit) -> None:
    """closing balance by file = ledger − in the ledger, not at the bank + at the bank, not there"""
    _, free = consumed(audit)
    ledger: Counter[str] = Counter()
    for _, record in movements(audit):
        ledger[record.account] += record.amount
    for code, closing in audit.closing.items():
        waiting = sum(line.amount for line in free if line.account == code)
        outstanding = ledger[code] + waiting - closing
        unreconciled = [
            record
            for record in audit.store.all("Payments")
            if record["PaymentID"] in audit.before["Payments"] and not record.get("IsReconciled")
        ]
        # Only the story's cheque is in the books and not yet at the bank.
        cheques = sum(-hundredths(p["Amount"]) for p in unreconciled if code == "090")
        assert outstanding == cheques, code


def test_nothing_is_dated_ahead_or_into_the_locked_weeks(audit: Audit) -> None:
    organisation = audit.store.organisation()
    locked = day_of({"Date": organisation["PeriodLockDate"]})
    for is_new, record in movements(audit):
        if is_new:
            assert record.day > locked, record


def test_what_the_run_wrote_is_not_ticked_by_it(audit: Audit) -> None:
    """Only Xero, or a person there, reconciles."""
    for kind, name in (("Payments", "PaymentID"), ("BankTransactions", "BankTransactionID")):
        for record in audit.store.all(kind):
            if record[name] not in audit.before[kind]:
                assert not record.get("IsReconciled"), json.dumps(record, default=str)
