"""Rules 5 to 8 of the fact sheet's section 10.2: shapes, pages, what is new, and filters."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree

import httpx
import pytest

from tests.sandbox.desk import (
    API,
    NOON,
    Desk,
    Json,
    a_bill,
    a_credit_note,
    a_line,
    a_payment,
    an_invoice,
    bank_money,
)
from worker.sandbox.wire import loads

MS_DATE = re.compile(r"/Date\(\d+\+0000\)/")


def numbers(records: list[Json]) -> list[str]:
    return [str(record["InvoiceNumber"]) for record in records]


@pytest.fixture
def ten(desk: Desk) -> Desk:
    """Ten invoices of 100.00, 110.00, … each stamped a minute after the one before."""
    for place in range(10):
        desk.now = NOON + timedelta(minutes=place)
        desk.invoice(f"{100 + 10 * place}.00", Date=f"2026-03-{place + 1:02d}")
    return desk


def test_rule_5_the_envelope_and_both_spellings_of_a_date(desk: Desk) -> None:
    desk.invoice()
    body = desk.get("Invoices", page=1).json()
    invoice = body["Invoices"][0]

    assert {"Id", "Status", "ProviderName", "DateTimeUTC", "pagination"} <= body.keys()
    assert body["Status"] == "OK"
    assert invoice["DateString"] == "2026-03-02T00:00:00"
    assert invoice["Date"] == "/Date(1772409600000+0000)/"
    assert MS_DATE.fullmatch(invoice["UpdatedDateUTC"])
    assert invoice["UpdatedDateUTCString"] == "2026-03-31T12:00:00Z"


def test_rule_5_a_single_record_is_a_list_of_one_and_found_by_number_too(desk: Desk) -> None:
    invoice = desk.invoice()

    assert desk.read("Invoices", invoice["InvoiceNumber"]) == desk.read(
        "Invoices", invoice["InvoiceID"].upper().replace("-", "")
    )


def test_rule_5_xml_is_answered_when_no_accept_is_sent(desk: Desk) -> None:
    desk.invoice()
    del desk.client.headers["Accept"]
    reply = desk.get("Invoices", page=1)

    root = ElementTree.fromstring(reply.text)
    assert reply.headers["Content-Type"].startswith("text/xml")
    assert root.findtext("Invoices/Invoice/Total") == "120.00"
    assert root.findtext("Invoices/Invoice/Date") == "2026-03-02T00:00:00"
    assert root.findtext("Invoices/Invoice/LineItems/LineItem/AccountCode") == "200"


def test_rule_5_xml_bodies_are_read_in_a_form_field_and_by_themselves(desk: Desk) -> None:
    xml = "<Contacts><Contact><Name>By &amp; XML</Name></Contact></Contacts>"
    headers = {"Content-Type": "application/xml"}
    bare = desk.client.put(f"{API}/Contacts", content=xml, headers=headers)
    form = desk.client.put(f"{API}/Contacts", data={"xml": xml.replace("By", "In form")})

    assert bare.json()["Contacts"][0]["Name"] == "By & XML"
    assert form.json()["Contacts"][0]["Name"] == "In form & XML"


def test_rule_5_long_answers_are_zipped_for_who_takes_it(ten: Desk) -> None:
    with ten.client.stream("GET", f"{API}/Invoices?page=1") as reply:
        zipped = b"".join(reply.iter_raw())

    assert reply.headers["Content-Encoding"] == "gzip"
    assert len(loads(gzip.decompress(zipped))["Invoices"]) == 10


@pytest.mark.parametrize(
    ("content", "kind", "status", "number"),
    [
        ("", "application/json", 400, 17),
        ("[]", "application/json", 400, 17),
        ('{"Invoices": []}', "application/json", 400, 17),
        ('{"Nothing": 1}', "application/json", 400, 17),
        ('"text"', "application/json", 400, 17),
        ("{broken", "application/json", 400, 14),
        ('{"Invoices": [{"Type": NaN}]}', "application/json", 400, 14),
        ("[" * 3000 + "]" * 3000, "application/json", 400, 14),
        ('{"Invoices":' + '{"a":' * 60 + "1" + "}" * 61, "application/json", 400, 14),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "text/xml", 400, 14),
        ("<Invoices><Invoice>", "text/xml", 400, 14),
        ("a=b", "application/x-www-form-urlencoded", 415, None),
    ],
)
def test_rule_5_a_body_that_cannot_be_read_is_refused_by_its_kind(
    desk: Desk, content: str, kind: str, status: int, number: int | None
) -> None:
    reply = desk.client.post(f"{API}/Invoices", content=content, headers={"Content-Type": kind})

    assert reply.status_code == status
    if number is not None:
        assert reply.json()["ErrorNumber"] == number


def test_rule_5_keys_are_read_in_any_case_and_half_a_surrogate_is_no_fault(desk: Desk) -> None:
    body = '{"contacts": [{"name": "Odd \\ud800 name", "contactNumber": "C-\\udfff"}]}'
    made = desk.client.put(f"{API}/Contacts", content=body).json()["Contacts"][0]

    assert desk.read("Contacts", made["ContactID"])["Name"].startswith("Odd ")


@pytest.mark.parametrize(
    ("params", "count", "shown"),
    [
        ({"page": 1}, 10, {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 10}),
        (
            {"page": 2, "pageSize": 4},
            4,
            {"page": 2, "pageSize": 4, "pageCount": 3, "itemCount": 10},
        ),
        (
            {"page": 3, "pageSize": 4},
            2,
            {"page": 3, "pageSize": 4, "pageCount": 3, "itemCount": 10},
        ),
        (
            {"page": 9, "pageSize": 4},
            0,
            {"page": 9, "pageSize": 4, "pageCount": 3, "itemCount": 10},
        ),
        (
            {"page": 0, "pageSize": 0},
            1,
            {"page": 1, "pageSize": 1, "pageCount": 10, "itemCount": 10},
        ),
        ({"page": -5, "pageSize": 5000}, 10, {"page": 1, "pageSize": 1000}),
        ({"page": "x", "pageSize": "y"}, 10, {"page": 1, "pageSize": 100}),
        ({"page": 1, "page_size": 2}, 10, {"pageSize": 100}),
        ({"page": 10**30}, 0, {"pageCount": 1}),
    ],
)
def test_rule_6_pages_are_clamped_and_counted(
    ten: Desk, params: Json, count: int, shown: Json
) -> None:
    body = ten.get("Invoices", **params).json()

    assert len(body["Invoices"]) == count
    assert shown.items() <= body["pagination"].items()


def test_rule_6_without_a_page_lists_are_summaries(desk: Desk) -> None:
    desk.invoice()
    desk.made("CreditNotes", a_credit_note())
    desk.made("BankTransactions", bank_money())
    for kind in ("Invoices", "CreditNotes", "BankTransactions"):
        summary, full = desk.get(kind).json(), desk.listed(kind, page=1)[0]
        assert "pagination" not in summary
        assert "LineItems" not in summary[kind][0]
        assert set(summary[kind][0]["Contact"]) == {"ContactID", "Name"}
        assert len(full["LineItems"]) == 1


def test_rule_6_summary_only_forces_pages_and_drops_the_heavy_parts(ten: Desk) -> None:
    body = ten.get("Invoices", summaryOnly="True").json()

    assert body["pagination"]["itemCount"] == 10
    for field in ("Payments", "HasAttachments", "LineItems", "CISDeduction"):
        assert field not in body["Invoices"][0]


def test_rule_6_the_default_order_is_the_stamp_and_an_edited_row_jumps_to_the_end(
    ten: Desk,
) -> None:
    first_page = ten.listed("Invoices", page=1, pageSize=5)
    ten.now = NOON + timedelta(hours=1)
    moved = first_page[0]
    ten.post(f"Invoices/{moved['InvoiceID']}", {"Reference": "edited mid-scan"})
    second_page = ten.listed("Invoices", page=2, pageSize=5)

    assert numbers(first_page) == [f"INV-{n:04d}" for n in range(1, 6)]
    # Rows shifted forward a page: INV-0006 is on neither, INV-0001 on both.
    assert numbers(second_page) == ["INV-0007", "INV-0008", "INV-0009", "INV-0010", "INV-0001"]


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("Date DESC", "INV-0010"),
        ("Date", "INV-0001"),
        ("UpdatedDateUTC DESC", "INV-0010"),
        ("Type ASC, InvoiceNumber DESC", "INV-0010"),
        ("amountdue descending", "INV-0010"),
    ],
)
def test_rule_6_order_is_obeyed(ten: Desk, order: str, first: str) -> None:
    assert numbers(ten.listed("Invoices", order=order))[0] == first


@pytest.mark.parametrize("order", ["Nonsense", "Date SIDEWAYS", "Date; DROP TABLE record", "1"])
def test_rule_6_an_order_by_nothing_known_is_a_query_error(desk: Desk, order: str) -> None:
    reply = desk.get("Invoices", order=order)

    assert (reply.status_code, reply.json()["Type"]) == (400, "QueryParseException")


@pytest.mark.parametrize(
    ("header", "count"),
    [
        ("2026-03-31T12:05:00", 5),
        ("2026-03-31T12:05:00Z", 5),
        ("2026-03-31T12:05:00.987654Z", 5),
        ("2026-03-31T13:05:00+01:00", 5),
        ("Tue, 31 Mar 2026 12:05:00 GMT", 5),
        ("2026-03-31T12:05:01", 4),
        ("2027-01-01T00:00:00", 0),
        ("yesterday", 10),
        ("", 10),
    ],
)
def test_rule_7_if_modified_since_is_read_in_every_spelling_and_to_the_second(
    ten: Desk, header: str, count: int
) -> None:
    reply = ten.get("Invoices", headers={"If-Modified-Since": header}, page=1)

    assert reply.status_code == 200
    assert len(reply.json()["Invoices"]) == count


@pytest.mark.parametrize(
    ("edit", "bumped"),
    [
        ({"DueDate": "2026-05-01"}, False),
        ({"SentToContact": True}, False),
        ({"ExpectedPaymentDate": "2026-05-01"}, False),
        ({"LineItems": "recoded"}, False),
        ({"Reference": "new"}, True),
        ({"InvoiceNumber": "INV-9000"}, True),
    ],
)
def test_rule_7_edits_that_make_no_journal_move_no_stamp(
    desk: Desk, edit: Json, bumped: bool
) -> None:
    invoice = desk.invoice()
    desk.pay(invoice, "20.00")
    before = desk.read("Invoices", invoice["InvoiceID"])
    if edit.get("LineItems") == "recoded":
        line = before["LineItems"][0]["LineItemID"]
        edit = {"LineItems": [{"LineItemID": line, "AccountCode": "260"}]}
    desk.now = NOON + timedelta(minutes=5)
    reply = desk.post(f"Invoices/{invoice['InvoiceID']}", edit)
    after = desk.read("Invoices", invoice["InvoiceID"])

    assert reply.status_code == 200, reply.text
    assert (after["UpdatedDateUTC"] != before["UpdatedDateUTC"]) is bumped
    assert after != before


def test_rule_7_balances_and_customer_marks_move_no_contact_stamp(desk: Desk) -> None:
    before = desk.listed("Contacts", page=1)[0]
    desk.now = NOON + timedelta(minutes=5)
    desk.invoice("120.00", DueDate="2026-03-15")
    after = desk.read("Contacts", before["ContactID"])

    assert after["UpdatedDateUTC"] == before["UpdatedDateUTC"]
    assert after["IsCustomer"] is True
    assert after["Balances"]["AccountsReceivable"] == {"Outstanding": 120, "Overdue": 120}


def test_rule_7_deleted_and_voided_records_come_with_a_new_stamp(desk: Desk) -> None:
    invoice = desk.invoice()
    payment = desk.pay(invoice, "20.00")
    desk.now = NOON + timedelta(hours=1)
    desk.post(f"Payments/{payment['PaymentID']}", {"Status": "DELETED"})
    since = {"If-Modified-Since": "2026-03-31T12:30:00"}

    assert [p["Status"] for p in desk.listed("Payments", since)] == ["DELETED"]
    assert numbers(desk.listed("Invoices", since)) == [invoice["InvoiceNumber"]]


def test_rule_7_tax_rates_and_the_organisation_know_no_if_modified_since(desk: Desk) -> None:
    later = {"If-Modified-Since": "2030-01-01T00:00:00"}

    assert len(desk.listed("TaxRates", later)) == 9
    assert desk.listed("Accounts", later) == []


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ('Status=="AUTHORISED"', "ABCD"),
        ('Type=="ACCREC"', "ABC"),
        ('Type=="ACCREC" AND Total>100', "BC"),
        ('Type == "ACCREC" && AmountDue >= 100.5', "BC"),
        ("Total>100&&Total<300", "B"),
        ("Total > 100 and Total <= 300", "BC"),
        ('type="ACCPAY"', "D"),
        ('InvoiceNumber=="inv-0001" OR InvoiceNumber=="INV-0003"', "AC"),
        ('(InvoiceNumber=="INV-0001" || Total==300) && Type=="ACCREC"', "AC"),
        ("Date>=DateTime(2026,03,02)", "BCD"),
        ("Date >= DateTime(2026, 3, 2) && Date < DateTime(2026, 3, 3)", "BD"),
        ("DueDate<DateTime(2026,04,01)", ""),
        ('Contact.ContactID==guid("16b9f81b-18c9-4681-b2f6-caeeef794958")', "ACD"),
        ('Contact.ContactID==Guid("16B9F81B18C94681B2F6CAEEEF794958")', "ACD"),
        ('Contact.Name=="other & sons"', "B"),
        ('Reference!=null AND Reference.Contains("PO-")', "B"),
        ('Reference!=null&&Reference.StartsWith("po")', "B"),
        ('InvoiceNumber.EndsWith("3")', "C"),
        ('Contact.Name.ToLower().Contains("sons")', "B"),
        ("FullyPaidOnDate==null", "ABCD"),
        ("SentToContact==false", "ABCD"),
        ("!SentToContact", "ABCD"),
        ("SentToContact", ""),
        ("AmountPaid==0.00", "ABCD"),
        ('"ACCPAY"==Type', "D"),
        ("100<Total", "BC"),
        ('UpdatedDateUTC>=DateTime(2026,03,31,12,00,00) AND Type!="ACCPAY"', "ABC"),
    ],
)
def test_rule_8_the_where_subset_finds_what_it_says(desk: Desk, where: str, wanted: str) -> None:
    made = [
        desk.invoice("100.00", Date="2026-03-01"),
        desk.invoice(
            "200.00", Date="2026-03-02", Contact={"Name": "Other & Sons"}, Reference="PO-77"
        ),
        desk.invoice("300.00", Date="2026-03-03"),
        desk.made("Invoices", a_bill(Date="2026-03-02")),
    ]
    names = {invoice["InvoiceID"]: letter for invoice, letter in zip(made, "ABCD", strict=True)}

    found = desk.listed("Invoices", where=where)

    assert "".join(sorted(names[invoice["InvoiceID"]] for invoice in found)) == wanted


@pytest.mark.parametrize(
    "where",
    [
        "Status",
        'Status=="AUTHORISED',
        'Status==="X"',
        "Nonsense==1",
        'Status=="A" AND',
        "Date>=2026-03-01",
        'Date>="2026-03-01"',
        "Total>DateTime(2026,1,1)",
        "Total==DateTime(2026,13,1)",
        "Date>DateTime(99999999999999999999,1,1)",
        "Total>1e400",
        "Total>99999999999999999999999",
        'Status.Reverse()=="X"',
        "Type>5",
        "Total=Total",
        "1=1",
        "; DROP TABLE record",
        "'",
        "(" * 3000,
        "!" * 3000 + "SentToContact",
        "a" * 9000,
    ],
)
def test_rule_8_anything_else_is_a_query_parse_exception(desk: Desk, where: str) -> None:
    desk.invoice()
    reply = desk.get("Invoices", where=where)

    assert (reply.status_code, reply.json()["Type"]) == (400, "QueryParseException")


def test_rule_8_lists_of_ids_numbers_contacts_and_statuses(ten: Desk) -> None:
    some = ten.listed("Invoices", page=1, pageSize=2)
    ids = ",".join(invoice["InvoiceID"].replace("-", "").upper() for invoice in some)
    marlow = some[0]["Contact"]["ContactID"]

    assert len(ten.listed("Invoices", IDs=ids)) == 2
    assert numbers(ten.listed("Invoices", InvoiceNumbers="inv-0002, INV-0005")) == [
        "INV-0002",
        "INV-0005",
    ]
    assert len(ten.listed("Invoices", ContactIDs=marlow, Statuses="AUTHORISED,PAID")) == 10
    assert ten.listed("Invoices", Statuses="DRAFT") == []
    assert ten.listed("Invoices", IDs="nonsense") == []


def test_rule_8_search_term_looks_where_xero_looks(desk: Desk) -> None:
    desk.invoice(Reference="Job 4711")
    desk.invoice()

    assert numbers(desk.listed("Invoices", searchTerm="job 47")) == ["INV-0001"]
    assert numbers(desk.listed("Invoices", searchTerm="0002")) == ["INV-0002"]
    assert [c["Name"] for c in desk.listed("Contacts", searchTerm="marlow.example")] == [
        "Marlow Ltd"
    ]


def test_rule_8_payments_are_found_by_invoice_and_bank_money_by_account(desk: Desk) -> None:
    first, second = desk.invoice(), desk.invoice()
    desk.pay(first, "10.00")
    desk.pay(second, "20.00", Reference="TO-1")
    desk.made("BankTransactions", bank_money())
    savings = desk.store.account_by_code("091") or {}

    by_id = f'Invoice.InvoiceId==guid("{second["InvoiceID"]}") AND Reference=="TO-1"'
    assert [p["Amount"] for p in desk.listed("Payments", where=by_id)] == [20]
    either = " OR ".join(f'Invoice.InvoiceID==guid("{i["InvoiceID"]}")' for i in (first, second))
    assert len(desk.listed("Payments", where=either)) == 2
    for where, count in (
        ("IsReconciled==false", 1),
        ("IsReconciled==true", 0),
        ('BankAccount.Code=="090"', 1),
        (f'BankAccount.AccountID==guid("{savings["AccountID"]}")', 0),
    ):
        assert len(desk.listed("BankTransactions", where=where)) == count


@pytest.fixture
def many() -> Iterator[Desk]:
    found = Desk(high_volume=2).sign_in()
    yield found
    found.close()


def test_rule_8_high_volume_refuses_unoptimised_filters_and_unpaged_lists(many: Desk) -> None:
    desk = many
    for _ in range(3):
        desk.invoice()

    def asked(**params: object) -> httpx.Response:
        return desk.get("Invoices", **params)

    assert asked(page=1, where='Status=="AUTHORISED"').status_code == 200
    for refused in (asked(), asked(page=1, where="SentToContact==false")):
        assert refused.status_code == 400
        assert "not filtering" in refused.json()["Message"]


def test_archived_contacts_are_hidden_unless_asked_for(desk: Desk) -> None:
    contact = desk.listed("Contacts")[0]
    desk.post("Contacts", {"ContactID": contact["ContactID"], "ContactStatus": "ARCHIVED"})

    assert len(desk.listed("Contacts")) == 1
    assert len(desk.listed("Contacts", includeArchived="true")) == 2


@pytest.mark.parametrize(("unitdp", "shown"), [(None, "3.33"), ("4", "3.3333"), ("2", "3.33")])
def test_unit_amounts_show_four_decimals_only_when_asked(
    desk: Desk, unitdp: str | None, shown: str
) -> None:
    lines = [a_line("3.3333", Quantity="3")]
    made = desk.made("Invoices", an_invoice(LineItems=lines), params={"unitdp": "4"})
    params = {"unitdp": unitdp} if unitdp else {}
    for path in ("Invoices", f"Invoices/{made['InvoiceID']}"):
        text = desk.get(path, page=1, **params).text
        assert f'"UnitAmount":{shown},' in text
    assert made["Total"] == 10


def test_unit_amounts_sent_without_unitdp_are_rounded_to_two(desk: Desk) -> None:
    made = desk.made("Invoices", an_invoice(LineItems=[a_line("3.3399", Quantity="3")]))

    assert made["Total"] * 100 == 1002


def test_a_payment_shows_a_stub_of_its_invoice(desk: Desk) -> None:
    invoice = desk.invoice()
    desk.made("Payments", a_payment(invoice, "10.00"))
    stub = desk.listed("Payments")[0]["Invoice"]

    assert stub["InvoiceNumber"] == invoice["InvoiceNumber"]
    assert stub["Contact"]["Name"] == "Marlow Ltd"
    assert stub["Type"] == "ACCREC"
