"""Small books to report on: each helper makes one valid noun, a test changes what it is about."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from worker.books.period import Month
from worker.books.records import Allocation, Document, Payment
from worker.books.reports import LedgerReport, ReportRow, TieOut
from worker.reports.aged import Aged, Returned, Waiting, aged
from worker.reports.completeness import AccountCoverage, Completeness, completeness
from worker.reports.digest import Cash, Digest, Done, Heading, WaitingLine, draft_reasons
from worker.reports.profit_and_loss import profit_and_loss
from worker.reports.tie_outs import bank_tie_out, profit_tie_out, receivables_tie_out

TODAY = date(2026, 3, 31)
MARCH = Month(2026, 3)
ABOUT = Heading("Harbour Lights Ltd", "31 March 2026, 18:00 BST", "run-7", "0.1.0")


def an_invoice(number: str = "INV-1", total: str = "100.00", **changes: Any) -> Document:
    """An unpaid sales invoice of 1 March 2026, due on 31 March."""
    fields: dict[str, Any] = {
        "id": f"id-{number}",
        "side": "receivable",
        "kind": "invoice",
        "number": number,
        "reference": "",
        "contact_id": "c1",
        "contact_name": "Acme Ltd",
        "date": date(2026, 3, 1),
        "due_date": TODAY,
        "currency": "GBP",
        "total": Decimal(total),
        "due": Decimal(total),
        "status": "AUTHORISED",
    }
    return Document(**(fields | changes))


def a_credit(number: str, total: str, *uses: Allocation, **changes: Any) -> Document:
    """A credit note with its allocations; what is left is computed."""
    left = Decimal(total) - sum(use.amount for use in uses)
    fields: dict[str, Any] = {"kind": "credit_note", "allocations": uses, "due": left}
    return an_invoice(number, total, **(fields | changes))


def an_allocation(number: str, amount: str, day: date | None) -> Allocation:
    return Allocation(f"al-{number}-{amount}", f"id-{number}", Decimal(amount), day)


def a_payment(number: str, amount: str, day: date, **changes: Any) -> Payment:
    fields: dict[str, Any] = {
        "id": f"pay-{number}-{day}",
        "document_id": f"id-{number}",
        "document_kind": "invoice",
        "side": "receivable",
        "account_id": "bank",
        "contact_id": "c1",
        "date": day,
        "amount": Decimal(amount),
        "bank_amount": Decimal(amount),
        "currency": "GBP",
        "reference": "",
        "is_reconciled": True,
        "status": "AUTHORISED",
    }
    return Payment(**(fields | changes))


def receivables(*documents: Document, **changes: Any) -> Aged:
    """Aged receivables of these documents as at 31 March 2026 unless told otherwise."""
    fields: dict[str, Any] = {
        "side": "receivable",
        "documents": documents,
        "payments": (),
        "contacts": {},
        "as_of": TODAY,
        "base_currency": "GBP",
        "waiting": {},
    }
    return aged(**(fields | changes))


def row(section: str, label: str, amount: str | None, account: str = "", total: bool = False):
    amounts = (None if amount is None else Decimal(amount),)
    return ReportRow(section, label, account, amounts, total)


def a_report(name: str, *rows: ReportRow, column: str = "") -> LedgerReport:
    return LedgerReport(name, (name,), (column,), rows, "{}")


def a_month(
    sales: str, rent: str, wages: str, interest: str | None = None, net: str | None = None
) -> LedgerReport:
    """A profit and loss of Xero's shape that adds up, unless `net` says otherwise."""
    costs = Decimal(rent) + Decimal(wages)
    other = Decimal(interest or 0)
    profit = Decimal(net) if net else Decimal(sales) + other - costs
    rows = [row("Income", "Sales", sales, "a-sales")]
    if interest:
        rows.append(row("Income", "Interest", interest, "a-interest"))
    rows += [
        row("Income", "Total Income", str(Decimal(sales) + other), total=True),
        row("", "Gross Profit", str(Decimal(sales) + other)),
        row("Less Operating Expenses", "Rent", rent, "a-rent"),
        row("Less Operating Expenses", "Wages", wages, "a-wages"),
        row("Less Operating Expenses", "Total Operating Expenses", str(costs), total=True),
        row("", "Net Profit", str(profit)),
    ]
    return a_report("ProfitAndLoss", *rows)


def a_balance_sheet(
    receivable: str | None, earnings: str, column: str = "31 Mar 2026"
) -> LedgerReport:
    rows = [row("Bank", "Business Account", "900.00", "a-bank")]
    if receivable is not None:
        rows.append(row("Current Assets", "Accounts Receivable", receivable, "a-debtors"))
    rows += [
        row("Current Assets", "Total Current Assets", receivable or "0.00", total=True),
        row("", "Net Assets", "1234.00"),
        row("Equity", "Current Year Earnings", earnings, "00000000-0000-0000-0000-000000000000"),
    ]
    return a_report("BalanceSheet", *rows, column=column)


def a_coverage(name: str = "090 Business Account", **changes: Any) -> AccountCoverage:
    fields: dict[str, Any] = {
        "account_id": "bank",
        "name": name,
        "currency": "GBP",
        "in_books": 12,
        "waiting": 0,
        "waiting_in": Decimal(0),
        "waiting_out": Decimal(0),
        "last_bank_day": TODAY,
        "continuity": "proved",
    }
    return AccountCoverage(**(fields | changes))


def march() -> Completeness:
    return completeness(
        MARCH,
        [
            a_coverage(
                in_books=400, waiting=19, waiting_in=Decimal(3100), waiting_out=Decimal(7420)
            ),
            a_coverage("092 Card", last_bank_day=date(2026, 3, 28)),
        ],
    )


def a_digest(**changes: Any) -> Digest:
    """A whole month with something of everything."""
    contacts = [
        ("Acme Ltd", "1480.00", 0),
        ("Brightwater Marinas", "12480.50", -12),
        ("Cobalt & Sons", "940.00", 17),
        ("Dunmore Estates", "2210.75", 45),
        ("Eastgate Chandlery", "310.00", 75),
        ("Fenwick Sailing Club", "5600.00", 120),
    ]
    documents = [
        an_invoice(
            f"INV-{100 + n}",
            total,
            contact_id=f"c{n}",
            contact_name=name,
            due_date=TODAY - timedelta(late),
            date=TODAY - timedelta(late + 30),
        )
        for n, (name, total, late) in enumerate(contacts)
    ]
    documents += [
        a_credit("CN-7", "60.00", contact_id="c0", contact_name="Acme Ltd"),
        an_invoice(
            "PRE-1", "500.00", kind="prepayment", contact_id="c9", contact_name="Gale Hire",
            date=date(2026, 3, 3),
        ),
        an_invoice(
            "INV-300", "85.00", due=Decimal(0), paid=Decimal(85), status="PAID",
            contact_name="Hull & Keel", contact_id="c10",
        ),
        an_invoice(
            "INV-200", "1200.00", currency="EUR", currency_rate=Decimal("1.16"),
            contact_id="c8", contact_name="Île de Ré Nautique", due_date=date(2026, 3, 10),
        ),
    ]  # fmt: skip
    paid = a_payment("INV-300", "85.00", date(2026, 3, 12))
    waiting = {"id-INV-102": Waiting(Decimal("940.00"), "£940.00 at the bank on 27 March 2026")}
    owed = receivables(
        *documents,
        payments=(paid,),
        waiting=waiting,
        returned={"id-INV-300": Returned(Decimal(85), date(2026, 3, 16), "")},
    )
    sheet = a_balance_sheet("22961.25", "20550.00")
    ties = (
        receivables_tie_out(
            receivables(*documents[:7]), sheet, {"a-debtors"}
        ),
        bank_tie_out(
            "090 Business Account", "GBP", Decimal("18220.10"), TODAY, Decimal("18000.10"),
            [("cheque 1007, Tern Joinery", Decimal("-150.00"))],
            [("27 March 2026 COBALT", Decimal("940.00")), ("30 March 2026 D/D", Decimal("-870"))],
        ),
        profit_tie_out(a_month("90000", "9000", "60450"), sheet, "GBP"),
        bank_tie_out("092 Card", "GBP", None, None, Decimal("-310.00"), [], []),
    )  # fmt: skip
    complete = march()
    lines = (
        WaitingLine(
            "l1", date(2026, 3, 27), "090", Decimal("940.00"), "GBP", "COBALT AND SONS LTD",
            "Two customers have this name and amount: Cobalt & Sons, Cobalt Sons Ltd. Say which.",
        ),
        WaitingLine(
            "l2", date(2026, 3, 30), "090", Decimal("-870.00"), "GBP", "TERN JOINERY",
            "Paid to an account we have not seen for Tern Joinery; check by phone.",
        ),
    )  # fmt: skip
    fields: dict[str, Any] = {
        "heading": ABOUT,
        "month": MARCH,
        "basis": "accrual",
        "currency": "GBP",
        "draft": draft_reasons(complete, ties),
        "completeness": complete,
        "profit_and_loss": profit_and_loss(
            MARCH, a_month("24310.40", "1800", "11250", "12.61"), a_month("21900", "1800", "12600"),
            a_month("19870.20", "1650", "10900"), "GBP", "accrual",
        ),
        "receivables": owed,
        "cash": (
            Cash("090 Business Account", "GBP", Decimal("18220.10"), TODAY, "by statement file"),
            Cash("092 Card", "GBP", None, None, ""),
        ),
        "done": (
            Done("explained", 371, Decimal("61200.00"), Decimal("44310.22"), "GBP"),
            Done("posted", 29, Decimal("15210.00"), Decimal("2120.00"), "GBP"),
            Done("rule", 12, Decimal(0), Decimal("318.40"), "GBP"),
        ),
        "waiting": lines,
        "locked": (),
        "tie_outs": ties,
        "problems": (("gap", "090 Business Account: 2 days are missing between two files"),),
    }  # fmt: skip
    return Digest(**(fields | changes))


def states(tie_outs: tuple[TieOut, ...]) -> list[str]:
    return [tie_out.state for tie_out in tie_outs]
