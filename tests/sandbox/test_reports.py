"""Reports say what the ledger says, in Xero's rows, and their own arithmetic holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from worker.sandbox.errors import ApiError
from worker.sandbox.reports import render
from worker.sandbox.store import Store
from worker.sandbox.wire import dumps, loads

TODAY = date(2026, 5, 20)
CHART = {
    "090": ("Current Account", "BANK", "ASSET", ""),
    "091": ("Savings", "BANK", "ASSET", ""),
    "200": ("Sales", "REVENUE", "REVENUE", ""),
    "270": ("Interest Income", "OTHERINCOME", "REVENUE", ""),
    "310": ("Materials", "DIRECTCOSTS", "EXPENSE", ""),
    "469": ("Rent", "OVERHEADS", "EXPENSE", ""),
    "610": ("Accounts Receivable", "CURRENT", "ASSET", "DEBTORS"),
    "710": ("Office Equipment", "FIXED", "ASSET", ""),
    "800": ("Accounts Payable", "CURRLIAB", "LIABILITY", "CREDITORS"),
    "820": ("VAT", "CURRLIAB", "LIABILITY", "GST"),
    "900": ("Bank Loan", "TERMLIAB", "LIABILITY", ""),
    "960": ("Retained Earnings", "EQUITY", "EQUITY", "RETAINEDEARNINGS"),
    "970": ("Owner's Funds", "EQUITY", "EQUITY", ""),
}
REGION = "11111111-1111-4111-8111-111111111111"
NORTH = "22222222-2222-4222-8222-222222222222"
SOUTH = "33333333-3333-4333-8333-333333333333"
TRADE = "44444444-4444-4444-8444-444444444444"
RETAIL = "55555555-5555-4555-8555-555555555555"


def account_id(code: str) -> str:
    return f"00000000-0000-4000-8000-000000000{code}"


def in_region(option_id: str) -> str:
    return dumps([{"TrackingCategoryID": REGION, "TrackingOptionID": option_id}])


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store(":memory:")
    store.put(
        "Organisation",
        {
            "OrganisationID": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa",
            "Name": "Small Works Ltd",
            "BaseCurrency": "GBP",
            "CountryCode": "GB",
            "FinancialYearEndDay": 31,
            "FinancialYearEndMonth": 3,
        },
    )
    for code, (name, kind, klass, system) in CHART.items():
        store.put(
            "Accounts",
            {
                "AccountID": account_id(code),
                "Code": code,
                "Name": name,
                "Type": kind,
                "Class": klass,
                "SystemAccount": system,
                "Status": "ACTIVE",
            },
        )
    store.put(
        "TrackingCategories",
        {
            "TrackingCategoryID": REGION,
            "Name": "Region",
            "Options": [
                {"TrackingOptionID": NORTH, "Name": "North"},
                {"TrackingOptionID": SOUTH, "Name": "South"},
            ],
        },
    )
    yield store
    store.close()


def post(
    store: Store,
    source: str,
    day: str,
    *entries: tuple[str, int],
    basis: str = "both",
    tracking: str | None = None,
) -> None:
    """One source's entries: account code and minor units, debit positive."""
    store.run_many(
        "INSERT INTO ledger_line (source_kind, source_id, date, account_id, amount, currency,"
        " foreign_amount, tracking, basis) VALUES ('Test', ?, ?, ?, ?, 'GBP', ?, ?, ?)",
        [
            (source, day, account_id(code), amount, amount, tracking, basis)
            for code, amount in entries
        ],
    )


def year_of_trade(store: Store) -> None:
    """Funds and a year's trade before 31 March 2026, and two months after it."""
    post(store, "funds", "2025-04-01", ("090", 500_000), ("970", -500_000))
    post(store, "desk", "2025-06-02", ("710", 90_000), ("900", -90_000))
    post(store, "old", "2026-03-31", ("610", 120_000), ("200", -100_000), ("820", -20_000),
         basis="accrual")  # fmt: skip
    post(store, "april", "2026-04-10", ("610", 60_000), ("200", -50_000), ("820", -10_000),
         basis="accrual", tracking=in_region(NORTH))  # fmt: skip
    post(store, "bill", "2026-04-12", ("310", 20_000), ("820", 4_000), ("800", -24_000),
         basis="accrual", tracking=in_region(SOUTH))  # fmt: skip
    post(store, "rent", "2026-05-01", ("469", 30_000), ("090", -30_000))
    post(store, "interest", "2026-05-31", ("091", 1_234), ("270", -1_234))
    # "old" is paid in April: the cash view has its sale then.
    post(store, "paid", "2026-04-20", ("090", 120_000))
    post(store, "paid", "2026-04-20", ("610", -120_000), basis="accrual")
    post(store, "paid", "2026-04-20", ("200", -100_000), ("820", -20_000), basis="cash")


def lines(report: dict[str, Any], section: str | None = None) -> dict[str, list[str]]:
    """Label to cells of every row and summary row, of one section or of all."""
    return {
        row["Cells"][0]["Value"]: [cell["Value"] for cell in row["Cells"][1:]]
        for block in report["Rows"]
        if section is None or block.get("Title") == section
        for row in block.get("Rows") or ()
    }


def heads(report: dict[str, Any]) -> list[str]:
    return [cell["Value"] for cell in report["Rows"][0]["Cells"]]


def run(store: Store, name: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
    return render(store, name, params or {}, TODAY)


@pytest.mark.parametrize(
    ("params", "profit"),
    [
        ({"fromDate": "2026-04-01", "toDate": "2026-04-30"}, "300.00"),
        ({"fromDate": "2026-05-01", "toDate": "2026-05-31"}, "-287.66"),
        ({}, "-287.66"),
        ({"fromDate": "2025-04-01", "toDate": "2026-03-31"}, "1000.00"),
        ({"fromDate": "2026-04-01", "toDate": "2026-04-30", "paymentsOnly": "true"}, "1000.00"),
        ({"FROMDATE": "2025-04-01", "todate": "2026-03-31", "paymentsonly": "True"}, "0.00"),
    ],
)
def test_rule_19_profit_and_loss_takes_range_and_basis(
    store: Store, params: dict[str, str], profit: str
) -> None:
    year_of_trade(store)

    report = run(store, "ProfitAndLoss", params)

    assert report["Rows"][-1]["Title"] == ""
    assert lines(report)["Profit after Taxation"] == [profit]


def test_rule_19_profit_and_loss_sections_sum_to_their_totals_and_carry_account_ids(
    store: Store,
) -> None:
    year_of_trade(store)
    report = run(store, "ProfitAndLoss", {"fromDate": "2026-04-01", "toDate": "2026-05-31"})

    assert report["ReportTitles"] == [
        "Profit and Loss",
        "Small Works Ltd",
        "1 April 2026 to 31 May 2026",
    ]
    assert lines(report, "Turnover") == {"Sales": ["500.00"], "Total Turnover": ["500.00"]}
    assert lines(report)["Gross Profit"] == ["300.00"]
    assert lines(report)["Operating Profit"] == ["0.00"]
    assert lines(report, "Other Income")["Total Other Income"] == ["12.34"]
    assert lines(report)["Profit after Taxation"] == ["12.34"]
    for block in report["Rows"][1:]:
        if block["Title"]:
            plain = [row for row in block["Rows"] if row["RowType"] == "Row"]
            total = block["Rows"][-1]
            assert total["RowType"] == "SummaryRow"
            figures = [Decimal(row["Cells"][1]["Value"]) for row in plain]
            assert Decimal(total["Cells"][1]["Value"]) == sum(figures)
            for row in plain:
                marks = {(a["Id"], a["Value"]) for c in row["Cells"] for a in c["Attributes"]}
                assert len(marks) == 1
                assert marks.pop()[0] == "account"


def test_rule_19_comparison_columns_are_the_same_range_moved_back(store: Store) -> None:
    year_of_trade(store)

    months = run(
        store,
        "ProfitAndLoss",
        {"fromDate": "2026-05-01", "toDate": "2026-05-31", "periods": "2", "timeframe": "MONTH"},
    )
    years = run(
        store,
        "ProfitAndLoss",
        {"fromDate": "2025-06-01", "toDate": "2026-05-31", "periods": "1", "timeframe": "MONTH"},
    )

    assert heads(months) == ["", "31 May 26", "30 Apr 26", "31 Mar 26"]
    assert lines(months)["Sales"] == ["0.00", "500.00", "1000.00"]
    # A year-long range stays a year long, moved by one month only.
    assert lines(years)["Sales"] == ["1500.00", "1500.00"]


def test_rule_19_profit_and_loss_by_tracking_adds_up_to_the_whole(store: Store) -> None:
    year_of_trade(store)
    span = {"fromDate": "2026-04-01", "toDate": "2026-05-31"}

    split = run(store, "ProfitAndLoss", {**span, "trackingCategoryID": REGION})
    north = run(
        store,
        "ProfitAndLoss",
        {**span, "trackingCategoryID": REGION, "trackingOptionID": NORTH},
    )

    assert heads(split) == ["", "North", "South", "Unassigned", "Total"]
    profit = [Decimal(value) for value in lines(split)["Profit after Taxation"]]
    assert profit == [Decimal(500), Decimal(-200), Decimal("-287.66"), Decimal("12.34")]
    assert lines(north)["Profit after Taxation"] == ["500.00"]


def test_rule_19_a_short_month_shortens_the_columns_before_it(store: Store) -> None:
    year_of_trade(store)
    april = {"fromDate": "2026-04-01", "toDate": "2026-04-30", "periods": "1"}
    found = run(store, "ProfitAndLoss", april)

    # The sale of 31 March is lost to the column that ends on the 30th.
    assert heads(found) == ["", "30 Apr 26", "30 Mar 26"]
    assert lines(found)["Sales"] == ["500.00", "0.00"]


@pytest.fixture
def two_ways(store: Store) -> Store:
    """Sales tracked by region, and by trade as well where that is known."""
    trade = {"TrackingCategoryID": TRADE, "Name": "Trade"}
    store.put(
        "TrackingCategories",
        {**trade, "Options": [{"TrackingOptionID": RETAIL, "Name": "Retail"}]},
    )
    retail = {"TrackingCategoryID": TRADE, "TrackingOptionID": RETAIL}
    for source, marks, amount in (
        ("both", [*loads(in_region(NORTH)), retail], 10_000),
        ("region", loads(in_region(NORTH)), 2_000),
        ("trade", [retail], 300),
        ("none", [], 40),
    ):
        post(store, source, "2026-05-02", ("200", -amount), tracking=dumps(marks))
        post(store, source, "2026-05-02", ("090", amount))
    return store


@pytest.mark.parametrize(
    ("params", "columns", "sales"),
    [
        (
            {"trackingCategoryID": REGION, "trackingOptionID": NORTH}
            | {"trackingCategoryID2": TRADE, "trackingOptionID2": RETAIL},
            ["31 May 26"],
            ["100.00"],
        ),
        (
            {"trackingCategoryID": REGION, "trackingOptionID": NORTH, "trackingCategoryID2": TRADE},
            ["Retail", "Unassigned", "Total"],
            ["100.00", "20.00", "120.00"],
        ),
        (
            {"trackingCategoryID": REGION, "trackingCategoryID2": TRADE},
            [
                *("North / Retail", "North / Unassigned", "South / Retail"),
                *("South / Unassigned", "Unassigned / Retail", "Unassigned / Unassigned", "Total"),
            ],
            ["100.00", "20.00", "0.00", "0.00", "3.00", "0.40", "123.40"],
        ),
    ],
)
def test_rule_19_two_tracking_categories_narrow_or_split_each_other(
    two_ways: Store, params: dict[str, str], columns: list[str], sales: list[str]
) -> None:
    span = {"fromDate": "2026-05-01", "toDate": "2026-05-31", "standardLayout": "true"}
    found = run(two_ways, "ProfitAndLoss", span | params)

    assert heads(found)[1:] == columns
    assert lines(found)["Sales"] == sales


def test_rule_19_a_balance_sheet_of_one_option_balances_by_tracking_transfers(
    two_ways: Store,
) -> None:
    params = {"date": "2026-05-31", "trackingOptionID1": NORTH}
    one = lines(run(two_ways, "BalanceSheet", params))
    both = lines(run(two_ways, "BalanceSheet", params | {"trackingOptionID2": RETAIL}))

    assert (one["Current Year Earnings"], one["Tracking Transfers"]) == (["120.00"], ["-120.00"])
    assert one["Net Assets"] == one["Total Equity"] == ["0.00"]
    assert both["Current Year Earnings"] == ["100.00"]


def test_rule_19_the_1099_report_is_for_the_united_states(store: Store) -> None:
    store.put("Organisation", {**store.organisation(), "CountryCode": "US"})
    found = run(store, "TenNinetyNine", {"reportYear": "2025"})

    assert (found["ReportDate"], found["Contacts"]) == ("1 Jan 2025 to 31 Dec 2025", [])


@pytest.mark.parametrize("paying", [{}, {"paymentsOnly": "true"}])
@pytest.mark.parametrize(
    "day", ["2025-06-30", "2026-03-31", "2026-04-01", "2026-04-30", "2026-05-31"]
)
def test_rule_19_the_balance_sheet_balances_and_earnings_are_the_years_profit(
    store: Store, day: str, paying: dict[str, str]
) -> None:
    year_of_trade(store)
    year_start = "2025-04-01" if day <= "2026-03-31" else "2026-04-01"

    found = lines(run(store, "BalanceSheet", {"date": day, **paying}))
    profit = lines(run(store, "ProfitAndLoss", {"fromDate": year_start, "toDate": day, **paying}))

    assert found["Net Assets"] == found["Total Equity"]
    assert found["Current Year Earnings"] == profit["Profit after Taxation"]


def test_rule_19_last_years_profit_becomes_retained_earnings(store: Store) -> None:
    year_of_trade(store)

    report = run(store, "BalanceSheet", {"date": "2026-05-31", "periods": "2"})

    assert heads(report) == ["", "31 May 2026", "30 Apr 2026", "31 Mar 2026"]
    found = lines(report)
    assert found["Retained Earnings"] == ["1000.00", "1000.00", "0.00"]
    assert found["Current Year Earnings"] == ["12.34", "300.00", "1000.00"]
    assert found["Total Bank"] == ["5912.34", "6200.00", "5000.00"]
    assert found["Accounts Receivable"] == ["600.00", "600.00", "1200.00"]
    assert found["Bank Loan"] == ["900.00", "900.00", "900.00"]
    assert found["Owner's Funds"] == ["5000.00", "5000.00", "5000.00"]


def test_rule_19_the_trial_balance_balances_in_the_month_and_in_the_year(store: Store) -> None:
    year_of_trade(store)

    report = run(store, "TrialBalance", {"date": "2026-05-31"})

    assert heads(report) == ["Account", "Debit", "Credit", "YTD Debit", "YTD Credit"]
    found = lines(report)
    assert found["Rent (469)"] == ["300.00", "", "300.00", ""]
    assert found["Sales (200)"] == ["0.00", "", "", "500.00"]
    assert found["Current Account (090)"] == ["", "300.00", "5900.00", ""]
    assert found["Retained Earnings (960)"] == ["0.00", "", "", "1000.00"]
    total = found["Total"]
    assert total[0] == total[1]
    assert total[2] == total[3]
    for column in range(4):
        values = [Decimal(cells[column] or 0) for label, cells in found.items() if label != "Total"]
        assert sum(values) == Decimal(total[column])


def test_rule_19_bank_summary_opens_moves_and_closes(store: Store) -> None:
    year_of_trade(store)
    # A payment made and undone moves nothing.
    post(store, "undone", "2026-05-03", ("090", -7_700), ("800", 7_700))
    post(store, "undone", "2026-05-03", ("090", 7_700), ("800", -7_700))

    report = run(store, "BankSummary", {"fromDate": "2026-05-01", "toDate": "2026-05-31"})

    assert report["ReportTitles"][2] == "From 1 May 2026 to 31 May 2026"
    assert lines(report) == {
        "Current Account": ["6200.00", "0.00", "300.00", "5900.00"],
        "Savings": ["0.00", "12.34", "0.00", "12.34"],
        "Total": ["6200.00", "12.34", "300.00", "5912.34"],
    }
    first = report["Rows"][1]["Rows"][0]["Cells"][0]
    assert first["Attributes"] == [{"Value": account_id("090"), "Id": "accountID"}]


def test_rule_19_executive_summary_puts_two_months_side_by_side(store: Store) -> None:
    year_of_trade(store)

    report = run(store, "ExecutiveSummary", {"date": "2026-05-20"})

    assert heads(report) == ["", "May 2026", "Apr 2026", "Variance"]
    found = lines(report)
    assert found["Closing bank balance"] == ["5912.34", "6200.00", "-4.6%"]
    assert found["Profit (loss)"] == ["-287.66", "300.00", "-195.9%"]
    assert found["Gross profit margin"] == ["", "60.0%", "-100.0%"]
    assert found["Debtors"] == ["600.00", "600.00", "0.0%"]


CUSTOMER = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"


def document(store: Store, number: str, day: str, due: str, total: str, **more: Any) -> str:
    key = f"dddddddd-dddd-4ddd-8ddd-{number.zfill(12)}"
    record = {
        "InvoiceID": key,
        "Type": "ACCREC",
        "InvoiceNumber": f"INV-{number}",
        "Contact": {"ContactID": CUSTOMER, "Name": "A Customer"},
        "Date": day,
        "DueDate": due,
        "Total": Decimal(total),
        "Status": "AUTHORISED",
        **more,
    }
    store.put("Invoices", record)
    return key


def test_rule_19_aged_receivables_list_one_contacts_documents_as_at_a_day(store: Store) -> None:
    store.put("Contacts", {"ContactID": CUSTOMER, "Name": "A Customer"})
    early = document(store, "1", "2026-01-10", "2026-02-09", "120.00")
    late = document(store, "2", "2026-04-01", "2026-05-10", "240.00")
    document(store, "3", "2026-04-02", "2026-05-02", "90.00", Status="DRAFT")
    document(store, "4", "2026-04-03", "2026-05-03", "55.00", Type="ACCPAY")
    for number, (target, day, amount) in enumerate(
        [(early, "2026-02-01", "20.00"), (late, "2026-05-25", "240.00")]
    ):
        store.put(
            "Payments",
            {
                "PaymentID": f"eeeeeeee-eeee-4eee-8eee-{number:012d}",
                "Date": day,
                "Amount": Decimal(amount),
                "Status": "AUTHORISED",
                "Invoice": {"InvoiceID": target},
            },
        )
    store.put(
        "CreditNotes",
        {
            "CreditNoteID": "ffffffff-ffff-4fff-8fff-ffffffffffff",
            "Type": "ACCRECCREDIT",
            "CreditNoteNumber": "CN-1",
            "Contact": {"ContactID": CUSTOMER},
            "Date": "2026-04-20",
            "Total": Decimal("50.00"),
            "Status": "AUTHORISED",
            "Allocations": [
                {"Amount": Decimal("15.00"), "Date": "2026-04-21", "Invoice": {"InvoiceID": late}}
            ],
        },
    )

    report = run(
        store,
        "AgedReceivablesByContact",
        {"contactId": CUSTOMER, "date": "2026-05-20", "fromDate": "2026-03-01"},
    )

    opening, listed, closing = report["Rows"][1:]
    cells = [[cell["Value"] for cell in row["Cells"]] for row in listed["Rows"]]
    assert opening["Rows"][0]["Cells"][-1]["Value"] == "100.00"
    assert cells == [
        ["2026-04-01T00:00:00", "INV-2", "2026-05-10T00:00:00", "10 days overdue",
         "240.00", "0.00", "15.00", "225.00"],
        ["2026-04-20T00:00:00", "CN-1", "", "", "-50.00", "0.00", "-15.00", "-35.00"],
        ["Total", "", "", "", "190.00", "0.00", "0.00", "190.00"],
    ]  # fmt: skip
    assert closing["Rows"][0]["Cells"][-1]["Value"] == "290.00"
    assert listed["Rows"][0]["Cells"][1]["Attributes"] == [{"Value": late, "Id": "invoiceID"}]


@pytest.mark.parametrize(
    ("name", "params", "status"),
    [
        ("NoSuchReport", {}, 404),
        ("AgedReceivablesByContact", {}, 400),
        ("AgedPayablesByContact", {"contactId": "99999999-9999-4999-8999-999999999999"}, 400),
        ("ProfitAndLoss", {"fromDate": "yesterday"}, 400),
        ("ProfitAndLoss", {"fromDate": "2024-01-01", "toDate": "2026-01-01"}, 400),
        ("ProfitAndLoss", {"fromDate": "2026-02-01", "toDate": "2026-01-01"}, 400),
        ("ProfitAndLoss", {"periods": "13"}, 400),
        ("ProfitAndLoss", {"periods": "two"}, 400),
        ("ProfitAndLoss", {"timeframe": "WEEK"}, 400),
        ("ProfitAndLoss", {"paymentsOnly": "perhaps"}, 400),
        ("ProfitAndLoss", {"trackingOptionID": NORTH}, 400),
        ("ProfitAndLoss", {"trackingCategoryID": NORTH}, 400),
        ("ProfitAndLoss", {"trackingOptionID2": NORTH}, 400),
        ("ProfitAndLoss", {"standardLayout": "perhaps"}, 400),
        ("BalanceSheet", {"trackingOptionID1": REGION}, 400),
        ("TenNinetyNine", {}, 400),
        ("BankStatement", {}, 404),
        ("ProfitAndLoss", {"trackingCategoryID": REGION, "trackingOptionID": REGION}, 400),
        ("BalanceSheet", {"date": "2026-02-30"}, 400),
    ],
)
def test_rule_19_what_cannot_be_reported_is_refused(
    store: Store, name: str, params: dict[str, str], status: int
) -> None:
    with pytest.raises(ApiError) as refused:
        run(store, name, params)
    assert refused.value.status == status


def test_rule_19_empty_books_report_zeros(store: Store) -> None:
    assert lines(run(store, "ProfitAndLoss"))["Profit after Taxation"] == ["0.00"]
    assert lines(run(store, "BalanceSheet"))["Net Assets"] == ["0.00"]
    assert lines(run(store, "TrialBalance"))["Total"] == ["0.00"] * 4
    assert lines(run(store, "BankSummary"))["Total"] == ["0.00"] * 4


@pytest.mark.parametrize(("country", "net"), [("US", "Net Income"), ("NZ", "Net Profit")])
def test_rule_19_other_countries_have_their_own_words(store: Store, country: str, net: str) -> None:
    organisation = {**store.organisation(), "CountryCode": country}
    store.put("Organisation", organisation)
    year_of_trade(store)

    assert lines(run(store, "ProfitAndLoss"))[net] == ["-287.66"]
