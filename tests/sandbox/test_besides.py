"""What an ordinary client calls besides documents and money (fact sheet 5.10, 5.11)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.sandbox.desk import API, Desk, Json, a_bill, a_credit_note, a_line, refusal

D = Decimal
STAPLER: Json = {
    "Code": "ST-1",
    "Name": "Stapler",
    "Description": "A good stapler",
    "SalesDetails": {"UnitPrice": "12.50", "AccountCode": "200", "TaxType": "OUTPUT2"},
    "PurchaseDetails": {"UnitPrice": "7.00", "AccountCode": "429"},
}
JOURNAL: Json = {
    "Narration": "Accrue rent",
    "Date": "2026-03-31",
    "Status": "POSTED",
    "JournalLines": [
        {"LineAmount": "100.00", "AccountCode": "469"},
        {"LineAmount": "-100.00", "AccountCode": "850"},
    ],
}
QUOTE: Json = {
    "Contact": {"Name": "Marlow Ltd"},
    "Date": "2026-03-01",
    "ExpiryDate": "2026-03-31",
    "LineItems": [a_line("100.00", Quantity="2", DiscountRate="10")],
}
ORDER: Json = {
    "Contact": {"Name": "Marlow Ltd"},
    "Date": "2026-03-01",
    "DeliveryDate": "2026-03-09",
    "Status": "AUTHORISED",
    "LineItems": [{"Description": "Paper", "UnitAmount": "5.00", "Quantity": "10"}],
}
BUDGET: Json = {
    "BudgetID": "b0000000-0000-4000-8000-000000000001",
    "Type": "OVERALL",
    "Description": "Plan",
    "BudgetLines": [
        {
            "AccountCode": "200",
            "BudgetBalances": [
                {"Period": "2026-03", "Amount": 1000},
                {"Period": "2026-04", "Amount": 1100},
                {"Period": "2026-06", "Amount": 50},
            ],
        },
        {"AccountCode": "469", "BudgetBalances": [{"Period": "2026-03", "Amount": 400}]},
    ],
}
REPEATING: Json = {
    "RepeatingInvoiceID": "c0000000-0000-4000-8000-000000000001",
    "Type": "ACCREC",
    "Contact": {"Name": "Marlow Ltd"},
    "Schedule": {"Period": 1, "Unit": "MONTHLY", "DueDate": 20, "DueDateType": "OFFOLLOWINGMONTH"},
    "LineItems": [a_line("120.00")],
}


@pytest.fixture
def planned() -> Iterator[Desk]:
    """Books that came with a budget and a repeating invoice."""
    found = Desk(books={"Budgets": [BUDGET], "RepeatingInvoices": [REPEATING]}).sign_in()
    yield found
    found.close()


# Items


def test_an_item_fills_the_lines_that_name_it(desk: Desk) -> None:
    desk.made("Items", STAPLER)
    sale = desk.invoice(LineItems=[{"ItemCode": "ST-1", "Quantity": 4}])
    bill = desk.made("Invoices", a_bill(LineItems=[{"ItemCode": "st-1"}]))

    assert (sale["LineItems"][0]["Description"], sale["Total"]) == ("A good stapler", 50)
    assert sale["LineItems"][0]["AccountCode"] == "200"
    assert (bill["LineItems"][0]["UnitAmount"], bill["LineItems"][0]["AccountCode"]) == (7, "429")


def test_what_a_line_says_itself_beats_its_item(desk: Desk) -> None:
    desk.made("Items", STAPLER)
    line = {"ItemCode": "ST-1", "UnitAmount": "9.00", "AccountCode": "260", "Description": "Old"}
    (found,) = desk.invoice(LineItems=[line])["LineItems"]

    assert (found["UnitAmount"], found["AccountCode"], found["Description"]) == (9, "260", "Old")


def test_items_are_updated_by_code_and_deleted(desk: Desk) -> None:
    made = desk.made("Items", STAPLER)
    desk.post("Items", {"Items": [{"Code": "ST-1", "Name": "Red stapler"}]})
    assert desk.read("Items", "ST-1")["Name"] == "Red stapler"
    assert "already exists" in desk.refused("Items", STAPLER)

    gone = desk.client.delete(f"{API}/Items/{made['ItemID']}")
    assert gone.status_code == 204
    assert desk.listed("Items") == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Code": ""}, "Code must be specified"),
        ({"Code": "x" * 31}, "cannot exceed 30"),
        ({"SalesDetails": {"AccountCode": "090"}}, "not a valid code"),
        ({"SalesDetails": {"TaxType": "NOPE"}}, "does not exist"),
        ({"InventoryAssetAccountCode": "630"}, "inventory"),
    ],
)
def test_items_out_of_order_are_refused(desk: Desk, fields: Json, words: str) -> None:
    assert words in desk.refused("Items", STAPLER | fields)


def test_a_line_with_an_unknown_item_is_refused(desk: Desk) -> None:
    lines = [a_line(ItemCode="NOPE")]

    assert "NOPE" in refusal(desk.put("Invoices", a_bill(LineItems=lines)))


# Manual journals


def test_rule_17_a_posted_journal_stands_in_both_views_or_only_in_one(desk: Desk) -> None:
    made = desk.made("ManualJournals", JOURNAL)
    desk.made("ManualJournals", JOURNAL | {"ShowOnCashBasisReports": False})

    assert made["JournalLines"][0]["AccountCode"] == "469"
    assert (desk.balance("469"), desk.balance("469", "cash")) == (200, 100)


def test_rule_17_a_journals_tax_goes_to_the_tax_account(desk: Desk) -> None:
    lines = [
        {"LineAmount": "120.00", "AccountCode": "429", "TaxType": "INPUT2"},
        {"LineAmount": "-120.00", "AccountCode": "850"},
    ]
    desk.made("ManualJournals", JOURNAL | {"LineAmountTypes": "Inclusive", "JournalLines": lines})

    assert desk.trial() == {"429": D(100), "820": D(20), "850": D(-120)}


def test_a_journal_is_a_draft_then_posted_then_voided(desk: Desk) -> None:
    made = desk.made("ManualJournals", JOURNAL | {"Status": "DRAFT"})
    path = f"ManualJournals/{made['ManualJournalID']}"
    assert desk.trial() == {}

    desk.post(path, {"Status": "POSTED"})
    assert desk.balance("469") == 100
    desk.post(path, {"Narration": "Rent", "Date": "2026-03-30"})
    assert desk.balance("469") == 100
    desk.post(path, {"Status": "VOIDED"})
    assert desk.trial() == {}
    assert "cannot go" in refusal(desk.post(path, {"Status": "POSTED"}))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Narration": ""}, "Narration"),
        ({"JournalLines": JOURNAL["JournalLines"][:1]}, "at least two"),
        ({"JournalLines": [JOURNAL["JournalLines"][0]] * 2}, "must equal total credits"),
        ({"Status": "VOIDED"}, "cannot go"),
        *(
            (
                {
                    "JournalLines": [
                        {"LineAmount": "1", "AccountCode": code},
                        {"LineAmount": "-1", "AccountCode": "850"},
                    ]
                },
                f"'{code}'",
            )
            for code in ("090", "610", "800", "960", "nope")
        ),
    ],
)
def test_a_journal_out_of_order_is_refused(desk: Desk, fields: Json, words: str) -> None:
    assert words in desk.refused("ManualJournals", JOURNAL | fields)


def test_journals_are_paged_until_an_order_is_sent(desk: Desk) -> None:
    for _ in range(3):
        desk.made("ManualJournals", JOURNAL)

    def count(**params: object) -> int:
        return len(desk.listed("ManualJournals", page=1, pageSize=2, **params))

    assert (count(), count(order="UpdatedDateUTC")) == (2, 3)
    assert "JournalLines" not in desk.listed("ManualJournals")[0]


# Quotes and purchase orders


def test_a_quote_is_priced_and_numbered_and_leaves_the_ledger_alone(desk: Desk) -> None:
    made = desk.made("Quotes", QUOTE)

    assert (made["QuoteNumber"], made["Status"], made["Total"]) == ("QU-0001", "DRAFT", 216)
    assert made["TotalDiscount"] == 20
    assert desk.trial() == {}
    path = f"Quotes/{made['QuoteID']}"
    assert desk.post(path, {"Status": "SENT"}).status_code == 200
    assert "cannot go" in refusal(desk.post(path, {"Status": "INVOICED"}))


def test_purchase_orders_need_no_account_and_are_found_by_number_day_and_status(
    desk: Desk,
) -> None:
    made = desk.made("PurchaseOrders", ORDER)
    desk.made("PurchaseOrders", ORDER | {"Status": "DRAFT", "Date": "2026-04-01"})

    assert (made["PurchaseOrderNumber"], made["Total"]) == ("PO-0001", 50)
    assert desk.read("PurchaseOrders", "PO-0001")["PurchaseOrderID"] == made["PurchaseOrderID"]
    for params in ({"Status": "AUTHORISED"}, {"DateTo": "2026-03-31"}):
        assert len(desk.listed("PurchaseOrders", **params)) == 1
    assert len(desk.listed("PurchaseOrders", DateFrom="2026-03-01")) == 2


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("Quotes", {"Status": "INVOICED"}, "cannot go"),
        ("Quotes", {"Contact": None}, "Contact"),
        ("PurchaseOrders", {"Status": "BILLED"}, "cannot go"),
        ("PurchaseOrders", {"LineItems": [a_line(DiscountRate="5")]}, "Discounts"),
    ],
)
def test_orders_out_of_order_are_refused(desk: Desk, kind: str, fields: Json, words: str) -> None:
    assert words in desk.refused(kind, (QUOTE if kind == "Quotes" else ORDER) | fields)


# Read only


def test_budgets_show_balances_only_between_two_days(planned: Desk) -> None:
    (bare,) = planned.listed("Budgets")
    (whole,) = planned.listed("Budgets", DateFrom="2026-03-01", DateTo="2026-04-30")
    one = planned.get(f"Budgets/{BUDGET['BudgetID']}", DateFrom="2026-04-01", DateTo="2026-04-30")

    assert "BudgetLines" not in bare
    assert [b["Period"] for b in whole["BudgetLines"][0]["BudgetBalances"]] == [
        "2026-03",
        "2026-04",
    ]
    assert one.json()["Budgets"][0]["BudgetLines"][0]["BudgetBalances"][0]["Amount"] == 1100


@pytest.mark.parametrize(
    ("params", "heads", "sales", "net"),
    [
        (
            {"periods": 2},
            ["Account", "Mar-26", "Apr-26"],
            ["1000.00", "1100.00"],
            ["600.00", "1100.00"],
        ),
        (
            {"periods": 2, "timeframe": 3},
            ["Account", "May-26", "Aug-26"],
            ["2100.00", "50.00"],
            ["1700.00", "50.00"],
        ),
    ],
)
def test_rule_19_the_budget_summary_adds_months_into_periods(
    planned: Desk, params: Json, heads: list[str], sales: list[str], net: list[str]
) -> None:
    reply = planned.get("Reports/BudgetSummary", date="2026-03-15", **params)
    (report,) = reply.json()["Reports"]
    rows = {
        row["Cells"][0]["Value"]: [cell["Value"] for cell in row["Cells"][1:]]
        for block in report["Rows"][1:]
        for row in block["Rows"]
    }

    assert [cell["Value"] for cell in report["Rows"][0]["Cells"]] == heads
    assert (rows["Sales"], rows["Net Profit"]) == (sales, net)


@pytest.mark.parametrize("params", [{"timeframe": "MONTH"}, {"periods": 13}, {"date": "soon"}])
def test_rule_19_a_budget_summary_takes_whole_numbers(desk: Desk, params: Json) -> None:
    assert desk.get("Reports/BudgetSummary", **params).status_code == 400


def test_repeating_invoices_are_read_and_not_written(planned: Desk) -> None:
    (found,) = planned.listed("RepeatingInvoices")

    assert (found["Total"], found["Schedule"]["Unit"]) == (144, "MONTHLY")
    assert found["Contact"]["Name"] == "Marlow Ltd"
    assert planned.put("RepeatingInvoices", REPEATING).status_code == 405
    assert planned.store.rows("SELECT 1 FROM ledger_line") == []


def test_books_have_a_user_and_a_theme(desk: Desk) -> None:
    (user,), (theme,) = desk.listed("Users"), desk.listed("BrandingThemes")

    assert user["OrganisationRole"] == "STANDARD"
    assert desk.read("Users", user["UserID"]) == user
    assert theme["Name"] == "Standard"


@pytest.mark.parametrize(
    ("path", "plural", "count"),
    [
        ("LinkedTransactions", "LinkedTransactions", 0),
        ("ExpenseClaims", "ExpenseClaims", 0),
        ("Receipts", "Receipts", 0),
        ("Employees", "Employees", 0),
        ("InvoiceReminders/Settings", "InvoiceReminders", 1),
        ("Organisation/Actions", "Actions", 11),
        ("Reports", "Reports", 0),
    ],
)
def test_lists_of_what_is_not_kept_are_answered(
    desk: Desk, path: str, plural: str, count: int
) -> None:
    assert len(desk.get(path).json()[plural]) == count


def test_the_general_journals_are_closed(desk: Desk) -> None:
    assert desk.get("Journals").status_code == 401


def test_construction_settings_are_off(desk: Desk) -> None:
    contact = desk.listed("Contacts")[0]["ContactID"]
    ours = desk.store.organisation()["OrganisationID"]

    (theirs,) = desk.get(f"Contacts/{contact}/CISSettings").json()["CISSettings"]
    (settings,) = desk.get(f"Organisation/{ours}/CISSettings").json()["CISSettings"]
    assert theirs == {"CISEnabled": False}
    assert settings["CISContractorEnabled"] is False


# Groups


def test_a_groups_members_show_on_a_single_read_only(desk: Desk) -> None:
    made = desk.made("ContactGroups", {"Name": "Regulars"})
    contacts = [{"ContactID": c["ContactID"]} for c in desk.listed("Contacts")]
    path = f"ContactGroups/{made['ContactGroupID']}"
    assert desk.put(f"{path}/Contacts", {"Contacts": contacts}).status_code == 200

    assert len(desk.read("ContactGroups", made["ContactGroupID"])["Contacts"]) == 2
    assert "Contacts" not in desk.listed("ContactGroups")[0]
    gone = desk.client.delete(f"{API}/{path}/Contacts/{contacts[0]['ContactID']}")
    assert gone.status_code == 204
    assert len(desk.read("ContactGroups", made["ContactGroupID"])["Contacts"]) == 1
    assert desk.client.delete(f"{API}/{path}/Contacts").status_code == 204
    assert desk.read("ContactGroups", made["ContactGroupID"])["Contacts"] == []


# Files


def attach(desk: Desk, path: str, name: str, body: bytes = b"%PDF-") -> int:
    headers = {"Content-Type": "application/pdf"}
    address = f"{API}/{path}/Attachments/{name}"
    return desk.client.put(address, content=body, headers=headers).status_code


def test_a_file_comes_back_as_it_went_in_and_marks_its_record(desk: Desk) -> None:
    path = f"Invoices/{desk.invoice()['InvoiceID']}"
    assert attach(desk, path, "Scan 1.pdf", b"\x00\xff raw") == 200
    (listed,) = desk.get(f"{path}/Attachments").json()["Attachments"]

    assert (listed["FileName"], listed["ContentLength"]) == ("Scan 1.pdf", 6)
    for key in ("Scan 1.pdf", listed["AttachmentID"]):
        found = desk.get(f"{path}/Attachments/{key}")
        assert (found.content, found.headers["Content-Type"]) == (
            b"\x00\xff raw",
            "application/pdf",
        )
    assert desk.listed("Invoices")[0]["HasAttachments"] is True
    assert desk.get(f"{path}/Attachments/none.pdf").status_code == 404


def test_a_file_sent_again_takes_the_place_of_the_first(desk: Desk) -> None:
    path = f"Contacts/{desk.listed('Contacts')[0]['ContactID']}"
    attach(desk, path, "a.txt", b"one")
    reply = desk.client.post(f"{API}/{path}/Attachments/a.txt", content=b"two")

    assert reply.status_code == 200
    assert desk.get(f"{path}/Attachments/a.txt").content == b"two"
    assert len(desk.get(f"{path}/Attachments").json()["Attachments"]) == 1


@pytest.mark.parametrize(
    ("name", "body"),
    [("a%3Ab.pdf", b"x"), ("a+b.pdf", b"x"), ("what%3F.pdf", b"x"), ("a.pdf", b"")],
)
def test_a_file_with_a_wrong_name_or_nothing_in_it_is_refused(
    desk: Desk, name: str, body: bytes
) -> None:
    assert attach(desk, f"Invoices/{desk.invoice()['InvoiceID']}", name, body) == 400


def test_a_record_holds_ten_files(desk: Desk) -> None:
    path = f"Invoices/{desk.invoice()['InvoiceID']}"
    answers = [attach(desk, path, f"{place}.pdf") for place in range(11)]

    assert answers == [200] * 10 + [400]


def test_payments_take_no_files(desk: Desk) -> None:
    payment = desk.pay(desk.invoice(), "5.00")

    assert attach(desk, f"Payments/{payment['PaymentID']}", "a.pdf") == 404


@pytest.mark.parametrize(
    ("scope", "status"), [("accounting.attachments", 200), ("accounting.invoices", 401)]
)
def test_rule_2_files_have_a_scope_of_their_own(desk: Desk, scope: str, status: int) -> None:
    path = f"Invoices/{desk.invoice()['InvoiceID']}"
    desk.sign_in(scope)

    assert attach(desk, path, "a.pdf") == status


# PDF


@pytest.mark.parametrize("kind", ["Invoices", "CreditNotes"])
def test_a_document_is_a_valid_pdf_where_one_is_asked_for(desk: Desk, kind: str) -> None:
    line = a_line("24.00", Description="Café (new) \\ old")
    note = a_credit_note(LineItems=[line])
    made = desk.invoice(LineItems=[line]) if kind == "Invoices" else desk.made(kind, note)
    found_id = made[f"{kind[:-1]}ID"]
    by_header = desk.get(f"{kind}/{found_id}", {"Accept": "application/pdf"})
    by_path = desk.get(f"{kind}/{found_id}/pdf", {"Accept": "application/pdf"})
    body = by_header.content

    assert by_header.headers["Content-Type"] == "application/pdf"
    assert body == by_path.content
    assert body.startswith(b"%PDF-1.")
    assert body.endswith(b"%%EOF\n")
    start = int(re.findall(rb"startxref\n(\d+)", body)[0])
    assert body[start : start + 4] == b"xref"
    offsets = re.findall(rb"(\d{10}) 00000 n", body)
    for place, offset in enumerate(offsets, start=1):
        assert body[int(offset) :].startswith(b"%d 0 obj" % place)
    (length,) = re.findall(rb"/Length (\d+)", body)
    stream = body.partition(b"stream\n")[2][: int(length)]
    assert stream.endswith(b"ET\n")
    assert b"Caf\xe9 \\(new\\) \\\\ old" in stream


def test_a_payment_is_no_pdf(desk: Desk) -> None:
    payment = desk.pay(desk.invoice(), "5.00")
    path = f"Payments/{payment['PaymentID']}"

    assert desk.get(path, {"Accept": "application/pdf"}).status_code == 404


def test_an_approved_sales_invoice_has_an_online_page(desk: Desk) -> None:
    invoice, bill = desk.invoice(), desk.made("Invoices", a_bill())
    (found,) = desk.get(f"Invoices/{invoice['InvoiceID']}/OnlineInvoice").json()["OnlineInvoices"]

    assert found["OnlineInvoiceUrl"].startswith("https://")
    assert desk.get(f"Invoices/{bill['InvoiceID']}/OnlineInvoice").status_code == 404
