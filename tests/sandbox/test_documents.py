"""Rules 9, 12 and 14 of the fact sheet's section 10.2: documents, credits, and batches of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.sandbox.desk import (
    NOON,
    Desk,
    Json,
    a_bill,
    a_credit_note,
    a_line,
    a_payment,
    an_invoice,
    bank_money,
    refusal,
)
from worker.sandbox.wire import loads


def moved(desk: Desk, invoice: Json, status: str) -> str:
    """The status after asking for one, or Xero's refusal."""
    reply = desk.post(f"Invoices/{invoice['InvoiceID']}", {"Status": status})
    return str(reply.json()["Invoices"][0]["Status"]) if reply.is_success else refusal(reply)


@pytest.mark.parametrize(
    ("road", "allowed"),
    [
        ("DRAFT SUBMITTED DRAFT SUBMITTED AUTHORISED VOIDED", True),
        ("DRAFT AUTHORISED AUTHORISED", True),
        ("DRAFT DELETED", True),
        ("SUBMITTED DELETED", True),
        ("AUTHORISED DRAFT", False),
        ("AUTHORISED SUBMITTED", False),
        ("AUTHORISED DELETED", False),
        ("DRAFT VOIDED", False),
        ("AUTHORISED VOIDED AUTHORISED", False),
        ("DRAFT DELETED DRAFT", False),
        ("DRAFT PAID", False),
        ("DRAFT NONSENSE", False),
    ],
)
def test_rule_9_the_invoice_walks_only_the_roads_of_the_state_machine(
    desk: Desk, road: str, allowed: bool
) -> None:
    first, *rest = road.split()
    invoice = desk.invoice(Status=first)
    answers = [moved(desk, invoice, status) for status in rest]

    assert answers[:-1] == rest[:-1]
    if allowed:
        assert answers[-1] == rest[-1]
    else:
        assert "Invoice not of valid status for modification" in answers[-1]


@pytest.mark.parametrize("status", ["PAID", "VOIDED", "DELETED", "NONSENSE"])
def test_rule_9_a_new_invoice_is_a_draft_submitted_or_authorised(desk: Desk, status: str) -> None:
    assert "cannot have the status" in desk.refused("Invoices", an_invoice(Status=status))


def test_rule_9_a_new_invoice_without_status_is_a_draft_dated_today(desk: Desk) -> None:
    made = desk.made("Invoices", {"Type": "ACCREC", "Contact": {"Name": "New Customer"}})

    assert (made["Status"], made["DateString"][:10]) == ("DRAFT", "2026-03-31")
    assert [c["Name"] for c in desk.listed("Contacts")] == [
        "Marlow Ltd",
        "Other & Sons",
        "New Customer",
    ]


def test_rule_9_today_is_the_organisations_day() -> None:
    desk = Desk(books={"Organisation": [{"Timezone": "NEWZEALANDSTANDARDTIME"}]}).sign_in()
    desk.now = NOON.replace(hour=20)
    made = desk.made("Invoices", {"Type": "ACCREC", "Contact": {"Name": "A"}})
    desk.close()

    assert made["DateString"] == "2026-04-01T00:00:00"


def test_rule_9_sales_numbers_are_unique_and_given_out_in_turn(desk: Desk) -> None:
    assert desk.invoice()["InvoiceNumber"] == "INV-0001"
    assert desk.invoice(InvoiceNumber="INV-0002")["InvoiceNumber"] == "INV-0002"
    assert desk.invoice()["InvoiceNumber"] == "INV-0003"

    assert "must be unique" in desk.refused("Invoices", an_invoice(InvoiceNumber="inv-0002"))


def test_rule_9_bill_numbers_are_not_unique_and_a_second_post_makes_a_second_bill(
    desk: Desk,
) -> None:
    for _ in range(2):
        assert desk.post("Invoices", {"Invoices": [a_bill()]}).status_code == 200

    assert [bill["InvoiceNumber"] for bill in desk.listed("Invoices")] == ["S-1", "S-1"]


def test_rule_9_post_with_a_known_sales_number_updates_that_invoice(desk: Desk) -> None:
    desk.invoice(InvoiceNumber="A-1")
    reply = desk.post("Invoices", {"InvoiceNumber": "A-1", "Type": "ACCREC", "Reference": "PO 9"})

    assert reply.status_code == 200
    assert [i["Reference"] for i in desk.listed("Invoices")] == ["PO 9"]


@pytest.mark.parametrize(
    ("mode", "lines", "totals"),
    [
        ("Exclusive", [("100.00", "1", "OUTPUT2")], ("100.00", "20.00", "120.00")),
        ("Inclusive", [("100.00", "1", "OUTPUT2")], ("83.33", "16.67", "100.00")),
        ("NoTax", [("100.00", "1", "OUTPUT2")], ("100.00", "0.00", "100.00")),
        # Tax is rounded per line: three lines of 0.13 carry 0.03 each, not 0.08 together.
        ("Exclusive", [("0.13", "1", "OUTPUT2")] * 3, ("0.39", "0.09", "0.48")),
        # Halves go up: 5 % of 0.50 is 0.025.
        ("Exclusive", [("0.50", "1", "RROUTPUT")], ("0.50", "0.03", "0.53")),
        ("Exclusive", [("33.33", "3", "ZERORATEDOUTPUT")], ("99.99", "0.00", "99.99")),
        ("Exclusive", [("19.99", "0.5", "OUTPUT2")], ("10.00", "2.00", "12.00")),
        (
            "Exclusive",
            [("100.00", "1", "OUTPUT2"), ("-30.00", "1", "OUTPUT2")],
            ("70.00", "14.00", "84.00"),
        ),
        ("Inclusive", [("0.01", "1", "OUTPUT2")], ("0.01", "0.00", "0.01")),
    ],
)
def test_rule_9_tax_per_line_and_totals(
    desk: Desk, mode: str, lines: list[tuple[str, str, str]], totals: tuple[str, str, str]
) -> None:
    items = [a_line(unit, Quantity=quantity, TaxType=tax) for unit, quantity, tax in lines]
    made = desk.made("Invoices", an_invoice(LineAmountTypes=mode, LineItems=items))

    found = tuple(f"{made[field]:.2f}" for field in ("SubTotal", "TotalTax", "Total"))
    assert found == totals
    assert made["AmountDue"] == made["Total"]


@pytest.mark.parametrize(
    ("fields", "amount"),
    [
        ({"DiscountRate": "10"}, "90.00"),
        ({"DiscountAmount": "2.50"}, "97.50"),
        ({"UnitAmount": None, "LineAmount": "45.00"}, "45.00"),
        ({"UnitAmount": None, "LineAmount": 100, "Quantity": 3}, "100.00"),
        ({"Quantity": "2", "LineAmount": "200.00"}, "200.00"),
    ],
)
def test_rule_9_line_amounts_follow_price_quantity_and_discount(
    desk: Desk, fields: Json, amount: str
) -> None:
    made = desk.made("Invoices", an_invoice(LineItems=[a_line("100.00", **fields)]))

    assert f"{made['LineItems'][0]['LineAmount']:.2f}" == amount


def test_rule_9_tax_defaults_from_the_account_and_may_be_overruled(desk: Desk) -> None:
    lines = [a_line("100.00"), a_line("100.00", AccountCode="270"), a_line("100.00", TaxAmount="7")]
    made = desk.made("Invoices", an_invoice(LineAmountTypes="Exclusive", LineItems=lines))

    assert [(line["TaxType"], line["TaxAmount"]) for line in made["LineItems"]] == [
        ("OUTPUT2", 20),
        ("NONE", 0),
        ("OUTPUT2", 7),
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Type": None}, "Type must be"),
        ({"Type": "ACCRECCREDIT"}, "Type must be"),
        ({"Contact": None}, "The Contact must contain"),
        ({"Contact": {"ContactID": "00000000-0000-4000-8000-000000000000"}}, "could not be found"),
        ({"LineItems": []}, "One or more line items"),
        ({"LineItems": "text"}, "LineItems field holds a value of the wrong kind"),
        ({"LineItems": [{"Description": "x", "UnitAmount": "1"}]}, "Account code must be"),
        ({"LineItems": [a_line("1", AccountCode="999")]}, "'999' is not a valid code"),
        ({"LineItems": [a_line("1", AccountCode="090")]}, "'090' is not a valid code"),
        ({"LineItems": [a_line("1", AccountCode="610")]}, "system account"),
        ({"LineItems": [a_line("1", TaxType="NOPE")]}, "TaxType code 'NOPE' does not exist"),
        ({"LineItems": [a_line("1", TaxType="INPUT2")]}, "cannot be used with account code '200'"),
        ({"LineItems": [a_line("ten")]}, "UnitAmount must be a number"),
        ({"LineItems": [a_line("1e30")]}, "UnitAmount must be a number"),
        ({"LineItems": [a_line("9999999999.99", Quantity="2")]}, "too large"),
        ({"LineItems": [a_line("10", LineAmount="11")]}, "does not match the expected line total"),
        ({"LineItems": [a_line("-10")]}, "cannot be negative"),
        ({"LineAmountTypes": "Gross"}, "LineAmountTypes"),
        ({"Date": "31/03/2026"}, "Date is not a valid date"),
        ({"Date": "2026-02-30"}, "Date is not a valid date"),
        ({"CurrencyCode": "USD"}, "not subscribed to currency USD"),
        ({"CurrencyCode": "EUR", "CurrencyRate": "-1"}, "CurrencyRate must be"),
        ({"InvoiceNumber": "x" * 256}, "cannot exceed 255"),
    ],
)
def test_rule_9_what_is_wrong_is_refused_in_words(desk: Desk, fields: Json, words: str) -> None:
    assert words in desk.refused("Invoices", an_invoice(**fields))
    assert desk.listed("Invoices") == []


def test_rule_9_bills_take_no_discount(desk: Desk) -> None:
    line = a_line("10", AccountCode="429", DiscountRate="5")

    assert "Discounts can only" in desk.refused("Invoices", a_bill(LineItems=[line]))


def test_rule_9_a_line_not_sent_is_deleted_and_a_known_one_keeps_its_id(desk: Desk) -> None:
    made = desk.invoice(LineItems=[a_line("10"), a_line("20"), a_line("30")])
    keep = made["LineItems"][1]["LineItemID"]
    lines = [{"LineItemID": keep, "UnitAmount": "25"}, a_line("5")]
    desk.post(f"Invoices/{made['InvoiceID']}", {"LineItems": lines})
    after = desk.read("Invoices", made["InvoiceID"])

    assert [line["LineAmount"] for line in after["LineItems"]] == [25, 5]
    assert after["LineItems"][0]["LineItemID"] == keep
    assert after["LineItems"][0]["Description"] == "Work"
    assert desk.balance("DEBTORS") == 30


def test_rule_9_amount_due_counts_payments_credits_and_cis() -> None:
    held = {"Invoices": [an_invoice("230.00", InvoiceID="c1", CISDeduction="30.00")]}
    desk = Desk(books={**held, "Contacts": []}).sign_in()
    invoice = desk.listed("Invoices", page=1)[0]
    assert invoice["AmountDue"] == 200

    desk.pay(invoice, "50.00")
    note = desk.made("CreditNotes", a_credit_note("20.00"))
    allocated(desk, "CreditNotes", note, invoice, "20.00")
    after = desk.read("Invoices", invoice["InvoiceID"])
    desk.close()

    assert (after["AmountPaid"], after["AmountCredited"], after["AmountDue"]) == (50, 20, 130)
    assert after["CISDeduction"] == 30


def test_rule_9_paid_at_zero_with_the_day_and_open_again_when_money_is_taken_off(
    desk: Desk,
) -> None:
    invoice = desk.invoice("100.00")
    desk.pay(invoice, "60.00", Date="2026-03-25")
    last = desk.pay(invoice, "40.00", Date="2026-03-20")
    paid = desk.read("Invoices", invoice["InvoiceID"])
    desk.post(f"Payments/{last['PaymentID']}", {"Status": "DELETED"})
    opened = desk.read("Invoices", invoice["InvoiceID"])

    assert (paid["Status"], paid["AmountDue"]) == ("PAID", 0)
    assert paid["FullyPaidOnDate"] == "/Date(1774396800000+0000)/"
    assert (opened["Status"], opened["AmountDue"]) == ("AUTHORISED", 40)
    assert "FullyPaidOnDate" not in opened
    assert len(opened["Payments"]) == 1


def test_rule_9_an_approved_invoice_over_nothing_is_paid_at_once(desk: Desk) -> None:
    assert desk.invoice("0.00")["Status"] == "PAID"


@pytest.mark.parametrize(
    ("edit", "allowed"),
    [
        ({"Reference": "new"}, True),
        ({"DueDate": "2026-06-01"}, True),
        ({"InvoiceNumber": "R-9"}, True),
        ({"Url": "https://shop.example/9"}, True),
        ({"Contact": {"Name": "Other & Sons"}}, True),
        ({"LineItems": [{"Description": "Renamed", "AccountCode": "260"}]}, True),
        ({"LineItems": [{"UnitAmount": "119.00"}]}, False),
        ({"LineItems": [{"TaxType": "ZERORATEDOUTPUT"}]}, False),
        ({"Date": "2026-03-03"}, False),
        ({"LineAmountTypes": "Exclusive"}, False),
        ({"CurrencyCode": "EUR"}, False),
        ({"Status": "VOIDED"}, False),
        ({"Status": "DRAFT"}, False),
    ],
)
def test_rule_9_a_part_paid_invoice_takes_few_edits(desk: Desk, edit: Json, allowed: bool) -> None:
    invoice = desk.invoice("120.00")
    desk.pay(invoice, "20.00")
    if "LineItems" in edit:
        known = {"LineItemID": invoice["LineItems"][0]["LineItemID"]}
        edit = {"LineItems": [known | edit["LineItems"][0]]}
    before = desk.trial()
    reply = desk.post(f"Invoices/{invoice['InvoiceID']}", edit)

    if allowed:
        assert reply.status_code == 200, reply.text
    else:
        assert "Invoice not of valid status for modification" in refusal(reply)
        assert desk.trial() == before
    assert desk.balance("DEBTORS") == 100


def test_rule_9_void_takes_the_invoice_out_of_the_ledger(desk: Desk) -> None:
    before = desk.trial()
    invoice = desk.invoice()
    assert desk.balance("DEBTORS") == 120
    assert moved(desk, invoice, "VOIDED") == "VOIDED"

    assert desk.trial() == before == {}


def test_rule_9_lock_dates_close_the_days_on_and_before_them() -> None:
    organisation = {"PeriodLockDate": "2026-02-28", "EndOfYearLockDate": "2025-12-31"}
    old = an_invoice(Date="2026-02-10", InvoiceNumber="OLD", InvoiceID="d1")
    desk = Desk(books={"Organisation": [organisation], "Invoices": [old]}).sign_in()
    invoice = desk.listed("Invoices")[0]

    assert "period lock date" in desk.refused("Invoices", an_invoice(Date="2026-02-28"))
    assert "lock date" in desk.refused("Invoices", an_invoice(Date="2025-12-31"))
    assert desk.invoice(Date="2026-03-01")["Status"] == "AUTHORISED"
    assert desk.invoice(Date="2026-02-28", Status="DRAFT")["Status"] == "DRAFT"
    assert "lock date" in desk.refused("Payments", a_payment(invoice, "5", Date="2026-02-28"))
    assert "lock date" in desk.refused("BankTransactions", bank_money(Date="2026-02-01"))
    assert "lock date" in moved(desk, invoice, "VOIDED")
    assert desk.pay(invoice, "5", Date="2026-03-01")["Status"] == "AUTHORISED"
    desk.close()


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        ({"Day": 14, "Type": "DAYSAFTERBILLDATE"}, "2026-02-24"),
        ({"Day": 10, "Type": "DAYSAFTERBILLMONTH"}, "2026-03-10"),
        ({"Day": 31, "Type": "OFCURRENTMONTH"}, "2026-02-28"),
        ({"Day": 31, "Type": "OFFOLLOWINGMONTH"}, "2026-03-31"),
        (None, "2026-02-10"),
    ],
)
def test_rule_9_a_due_date_left_out_follows_the_contacts_terms(
    desk: Desk, terms: Json | None, due: str
) -> None:
    if terms:
        desk.post("Contacts", {"Name": "Marlow Ltd", "PaymentTerms": {"Sales": terms}})
    made = desk.invoice(Date="2026-02-10", DueDate=None)

    assert made["DueDateString"][:10] == due


def allocated(desk: Desk, kind: str, credit: Json, invoice: Json, amount: str) -> Json:
    """The allocation made; fails with Xero's words when it is refused."""
    name = f"{kind[:-1]}ID"
    body = {"Amount": amount, "Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Date": "2026-03-31"}
    reply = desk.put(f"{kind}/{credit[name]}/Allocations", body)
    assert reply.status_code == 200, reply.text
    found: Json = reply.json()["Allocations"][0]
    return found


def test_rule_12_an_allocation_moves_both_sides_and_is_dated_the_later_document(
    desk: Desk,
) -> None:
    invoice = desk.invoice("100.00", Date="2026-03-05")
    note = desk.made("CreditNotes", a_credit_note("30.00", Date="2026-03-10"))
    made = allocated(desk, "CreditNotes", note, invoice, "12.50")
    left = desk.read("CreditNotes", note["CreditNoteID"])
    open_invoice = desk.read("Invoices", invoice["InvoiceID"])

    assert made["Date"] == "/Date(1773100800000+0000)/"
    assert (left["RemainingCredit"], left["AppliedAmount"], left["Status"]) == (
        Decimal("17.50"),
        Decimal("12.50"),
        "AUTHORISED",
    )
    assert left["Allocations"][0]["AllocationID"] == made["AllocationID"]
    assert (open_invoice["AmountDue"], open_invoice["AmountCredited"]) == (
        Decimal("87.50"),
        Decimal("12.50"),
    )
    assert open_invoice["CreditNotes"][0]["AppliedAmount"] == Decimal("12.50")
    assert desk.balance("DEBTORS") == 70


def test_rule_12_a_credit_used_up_is_paid_and_comes_back_with_a_deleted_allocation(
    desk: Desk,
) -> None:
    invoice = desk.invoice("100.00")
    note = desk.made("CreditNotes", a_credit_note("30.00"))
    made = allocated(desk, "CreditNotes", note, invoice, "30.00")
    assert desk.read("CreditNotes", note["CreditNoteID"])["Status"] == "PAID"

    path = f"CreditNotes/{note['CreditNoteID']}/Allocations/{made['AllocationID']}"
    gone = desk.client.delete(f"/api.xro/2.0/{path}")
    again = desk.client.delete(f"/api.xro/2.0/{path}")

    assert gone.json()["IsDeleted"] is True
    assert {"Amount", "Date", "Invoice", "AllocationID"} <= gone.json().keys()
    assert again.status_code == 404
    assert desk.read("CreditNotes", note["CreditNoteID"])["RemainingCredit"] == 30
    assert desk.read("Invoices", invoice["InvoiceID"])["AmountDue"] == 100
    assert desk.read("Invoices", invoice["InvoiceID"])["CreditNotes"] == []


def test_rule_12_an_allocation_in_locked_days_is_not_deleted(desk: Desk) -> None:
    invoice = desk.invoice("100.00")
    note = desk.made("CreditNotes", a_credit_note("30.00"))
    made = allocated(desk, "CreditNotes", note, invoice, "30.00")
    desk.store.put("Organisation", {**desk.store.organisation(), "PeriodLockDate": "2026-03-31"})
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations/{made['AllocationID']}"

    assert "lock date" in refusal(desk.client.delete(f"/api.xro/2.0/{path}"))
    assert desk.read("CreditNotes", note["CreditNoteID"])["RemainingCredit"] == 0


@pytest.mark.parametrize(
    ("invoice", "amount", "words"),
    [
        (an_invoice("100.00"), "31.00", "amount is greater than amount outstanding"),
        (an_invoice("20.00"), "25.00", "exceeds the amount outstanding on the invoice"),
        (an_invoice("100.00", Contact={"Name": "Other & Sons"}), "5", "same contact"),
        (an_invoice("100.00", CurrencyCode="EUR", CurrencyRate="1.2"), "5", "same currency"),
        (a_bill("100.00"), "5", "sales credit applies to sales invoices"),
        (an_invoice("100.00", Status="DRAFT"), "5", "not of valid status"),
        (an_invoice("100.00"), "0", "greater than zero"),
        (an_invoice("100.00"), "-5", "greater than zero"),
    ],
)
def test_rule_12_an_allocation_out_of_bounds_is_refused(
    desk: Desk, invoice: Json, amount: str, words: str
) -> None:
    target = desk.made("Invoices", invoice)
    note = desk.made("CreditNotes", a_credit_note("30.00"))
    body = {"Amount": amount, "Invoice": {"InvoiceID": target["InvoiceID"]}}
    reply = desk.put(f"CreditNotes/{note['CreditNoteID']}/Allocations", {"Allocations": [body]})

    assert words in refusal(reply)
    assert desk.read("CreditNotes", note["CreditNoteID"])["RemainingCredit"] == 30


def test_rule_12_only_the_new_allocation_is_sent_and_a_bare_list_is_no_data(desk: Desk) -> None:
    invoice = desk.invoice("10.00")
    note = desk.made("CreditNotes", a_credit_note("30.00"))
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    body = {"Amount": "10.00", "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
    assert desk.put(path, [body]).json()["ErrorNumber"] == 17
    assert desk.put(path, body).status_code == 200

    assert "already been paid off" in refusal(desk.put(path, body))


def test_rule_12_over_and_prepayments_are_allocated_the_same_way(desk: Desk) -> None:
    invoice = desk.invoice("100.00")
    for kind, name in (("OVERPAYMENT", "Overpayments"), ("PREPAYMENT", "Prepayments")):
        money = desk.made("BankTransactions", bank_money(f"RECEIVE-{kind}", "40.00"))
        credit = desk.read(name, money[f"{name[:-1]}ID"])
        allocated(desk, name, credit, invoice, "40.00")
        assert desk.read(name, credit[f"{name[:-1]}ID"])["Status"] == "PAID"
    after = desk.read("Invoices", invoice["InvoiceID"])

    assert (after["AmountCredited"], after["AmountDue"]) == (80, 20)
    assert len(after["Overpayments"]) == len(after["Prepayments"]) == 1
    assert desk.balance("DEBTORS") == 20


def test_rule_14_one_bad_element_fails_the_call_and_nothing_of_it_stays(desk: Desk) -> None:
    body = {"Invoices": [an_invoice(), an_invoice(Type="X"), an_invoice(Contact=None)]}
    reply = desk.put("Invoices", body)

    assert [e["ValidationErrors"][0]["Message"][:8] for e in reply.json()["Elements"]] == [
        "Type mus",
        "The Cont",
    ]
    assert desk.listed("Invoices") == []
    assert desk.trial() == {}


def test_rule_14_with_summarize_errors_false_good_ones_stay_in_their_order(desk: Desk) -> None:
    body = {"Invoices": [an_invoice(Reference="1"), an_invoice(Type="X"), an_invoice("9.00")]}
    reply = desk.put("Invoices", body, params={"summarizeErrors": "false"})
    found = loads(reply.content)["Invoices"]

    assert reply.status_code == 200
    assert [e["StatusAttributeString"] for e in found] == ["OK", "ERROR", "OK"]
    assert [bool(e["ValidationErrors"]) for e in found] == [False, True, False]
    assert found[1]["InvoiceID"] == "00000000-0000-0000-0000-000000000000"
    assert sorted(e["Total"] for e in desk.listed("Invoices")) == [9, 120]


def test_rule_14_fifty_payments_in_one_call_answer_in_order(desk: Desk) -> None:
    invoices = [desk.invoice(f"{n}.00") for n in range(1, 51)]
    payments = [a_payment(invoice, "1.00") for invoice in invoices]
    reply = desk.put("Payments", {"Payments": payments}, params={"summarizeErrors": "False"})
    found = reply.json()["Payments"]

    assert [p["Invoice"]["InvoiceID"] for p in found] == [i["InvoiceID"] for i in invoices]
    assert desk.balance("090") == 50


def test_a_stamp_moves_with_business_time_and_never_with_the_real_clock(desk: Desk) -> None:
    desk.now = NOON - timedelta(days=400)

    assert desk.invoice()["UpdatedDateUTCString"] == "2025-02-24T12:00:00Z"
