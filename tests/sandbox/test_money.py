"""Rules 10, 11, 13, 15 and 16 of the fact sheet's section 10.2: money, notes, emails."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sandbox.desk import (
    API,
    STARTING_BOOKS,
    Desk,
    Json,
    a_batch,
    a_bill,
    a_credit_note,
    a_line,
    a_payment,
    an_invoice,
    bank_money,
    refusal,
)


def deleted(desk: Desk, kind: str, record: Json) -> str:
    """The status after asking to delete, or Xero's refusal."""
    reply = desk.post(f"{kind}/{record[f'{kind[:-1]}ID']}", {"Status": "DELETED"})
    return str(reply.json()[kind][0]["Status"]) if reply.is_success else refusal(reply)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Amount": "120.01"}, "Payment amount exceeds the amount outstanding"),
        ({"Amount": "0"}, "greater than zero"),
        ({"Amount": "-5"}, "greater than zero"),
        ({"Amount": "0.004"}, "greater than zero"),
        ({"Amount": None}, "greater than zero"),
        ({"Amount": "1e20"}, "must be a number"),
        ({"Account": {"Code": "200"}}, "must be a bank account"),
        ({"Account": {"Code": "nope"}}, "Account could not be found"),
        ({"Account": None}, "Account could not be found"),
        ({"Invoice": {"InvoiceNumber": "INV-404"}}, "Invoice could not be found"),
        ({"Invoice": None}, "must name an Invoice"),
        ({"Date": "soon"}, "Date is not a valid date"),
    ],
)
def test_rule_10_a_payment_out_of_order_is_refused(desk: Desk, fields: Json, words: str) -> None:
    assert words in desk.refused("Payments", a_payment(desk.invoice(), "10.00") | fields)
    assert desk.listed("Payments") == []


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED"])
def test_rule_10_only_approved_documents_are_paid(desk: Desk, status: str) -> None:
    invoice = desk.invoice(Status=status)

    assert "not of valid status" in desk.refused("Payments", a_payment(invoice, "5"))


@pytest.mark.parametrize(
    "named",
    [
        {"Invoice": {"InvoiceNumber": "inv-0001"}},
        {"Invoice": None, "InvoiceNumber": "INV-0001"},
        {"Account": None, "Code": "090"},
        {"Date": "/Date(1773964800000)/"},
        {"Date": "2026-03-20T10:30:00"},
    ],
)
def test_rule_10_documents_accounts_and_dates_are_named_in_several_ways(
    desk: Desk, named: Json
) -> None:
    payment = desk.made("Payments", a_payment(desk.invoice(), "10.00") | named)

    assert payment["Date"] == "/Date(1773964800000+0000)/"
    assert (payment["PaymentType"], payment["Status"]) == ("ACCRECPAYMENT", "AUTHORISED")
    assert desk.balance("090") == 10


def test_rule_10_an_account_that_takes_payments_need_not_be_a_bank(desk: Desk) -> None:
    clearing = desk.store.account_by_code("850") or {}
    desk.post(f"Accounts/{clearing['AccountID']}", {"EnablePaymentsToAccount": True})
    desk.pay(desk.invoice(), "120.00", Account={"Code": "850"})

    assert desk.balance("850") == 120


def test_rule_10_a_deleted_payment_gives_back_what_it_paid(desk: Desk) -> None:
    invoice = desk.invoice()
    payment = desk.pay(invoice, "120.00")
    assert desk.read("Invoices", invoice["InvoiceID"])["Status"] == "PAID"
    assert "exceeds" in desk.refused("Payments", a_payment(invoice, "1"))

    assert deleted(desk, "Payments", payment) == "DELETED"
    assert "deleted already" in deleted(desk, "Payments", payment)
    assert desk.read("Invoices", invoice["InvoiceID"])["AmountDue"] == 120
    assert desk.balance("090") == 0


def test_rule_10_the_documented_wrapped_delete_and_no_other_update(desk: Desk) -> None:
    payment = desk.pay(desk.invoice(), "20.00")
    path = f"Payments/{payment['PaymentID']}"
    assert "cannot be updated" in refusal(desk.post(path, {"Amount": "30.00"}))

    assert desk.post(path, {"Payments": [{"Status": "DELETED"}]}).status_code == 200


def test_rule_10_a_reconciled_payment_is_not_deleted(desk: Desk) -> None:
    payment = desk.pay(desk.invoice(), "20.00", IsReconciled="true")

    assert payment["IsReconciled"] is True
    assert "reconciled" in deleted(desk, "Payments", payment)


@pytest.mark.parametrize(
    ("currency", "bank", "paid"),
    [("EUR", "EUR", True), ("EUR", "GBP", True), ("GBP", "EUR", False), ("EUR", "USD", False)],
)
def test_rule_10_the_bank_must_hold_the_documents_or_the_base_currency(
    currency: str, bank: str, paid: bool
) -> None:
    account = {"Code": "099", "Name": "Other bank", "Type": "BANK", "CurrencyCode": bank}
    desk = Desk(books={**STARTING_BOOKS, "Accounts": [account, *SALES]}).sign_in()
    invoice = desk.invoice("100.00", CurrencyCode=currency, CurrencyRate="1.25")
    reply = desk.put("Payments", a_payment(invoice, "10.00", Account={"Code": "099"}))
    desk.close()

    if paid:
        assert reply.status_code == 200, reply.text
        assert reply.json()["Payments"][0]["BankAmount"] == (8 if bank == "GBP" else 10)
    else:
        assert "currency of the bank account" in refusal(reply)


SALES = [{"Code": "200", "Name": "Sales", "Type": "REVENUE", "TaxType": "OUTPUT2"}]


def test_rule_10_refunds_are_payments_on_credits(desk: Desk) -> None:
    note = desk.made("CreditNotes", a_credit_note("30.00"))
    over = desk.made("BankTransactions", bank_money("RECEIVE-OVERPAYMENT", "40.00"))
    pre = desk.made("BankTransactions", bank_money("SPEND-PREPAYMENT", "50.00"))
    terms = {"Account": {"Code": "091"}, "Date": "2026-03-31"}
    kinds = [
        desk.made("Payments", {"CreditNote": {"CreditNoteID": note["CreditNoteID"]}, **terms}
                  | {"Amount": "30"}),
        desk.made("Payments", {"Overpayment": {"OverpaymentID": over["OverpaymentID"]}, **terms}
                  | {"Amount": "15"}),
        desk.made("Payments", {"Prepayment": {"PrepaymentID": pre["PrepaymentID"]}, **terms}
                  | {"Amount": "50"}),
    ]  # fmt: skip

    assert [p["PaymentType"] for p in kinds] == [
        "ARCREDITPAYMENT",
        "AROVERPAYMENTPAYMENT",
        "APPREPAYMENTPAYMENT",
    ]
    assert desk.balance("091") == -30 - 15 + 50
    assert desk.read("CreditNotes", note["CreditNoteID"])["Status"] == "PAID"
    assert desk.read("Overpayments", over["OverpaymentID"])["RemainingCredit"] == 25
    assert desk.read("Prepayments", pre["PrepaymentID"])["Status"] == "PAID"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Type": "SPEND-TRANSFER"}, "is not valid"),
        ({"Type": None}, "is not valid"),
        ({"BankAccount": {"Code": "200"}}, "account of type BANK"),
        ({"BankAccount": None}, "account of type BANK"),
        ({"Contact": {}}, "The Contact must contain"),
        ({"LineItems": []}, "One or more line items"),
        ({"LineItems": [a_line("5", AccountCode=None)]}, "Account code must be"),
        ({"LineItems": [a_line("5", AccountCode="404", Quantity="-1")]}, "Quantity"),
        ({"LineItems": [a_line("-5", AccountCode="404")]}, "greater than zero"),
        ({"LineItems": [a_line("12", AccountCode="429", TaxAmount="1.99")]}, "expected tax 2.00"),
        ({"Type": "RECEIVE-OVERPAYMENT", "LineItems": [a_line(), a_line()]}, "exactly one line"),
        ({"Status": "DELETED"}, "only be AUTHORISED"),
    ],
)
def test_rule_11_bank_money_out_of_order_is_refused(desk: Desk, fields: Json, words: str) -> None:
    assert words in desk.refused("BankTransactions", bank_money() | fields)
    assert desk.trial() == {}


def test_rule_11_lines_may_be_negative_while_the_total_is_positive(desk: Desk) -> None:
    lines = [a_line("100.00", AccountCode="260"), a_line("-3.00", AccountCode="404")]
    made = desk.made("BankTransactions", bank_money("RECEIVE", LineItems=lines))

    assert (made["Total"], made["LineAmountTypes"]) == (97, "Inclusive")
    assert desk.balance("090") == 97
    assert desk.balance("404") == 3


def test_rule_11_spend_and_receive_can_be_changed_and_deleted(desk: Desk) -> None:
    made = desk.made("BankTransactions", bank_money("SPEND", "12.00", Reference="old"))
    line = {"LineItemID": made["LineItems"][0]["LineItemID"], "AccountCode": "433"}
    reply = desk.post(f"BankTransactions/{made['BankTransactionID']}", {"LineItems": [line]})

    assert reply.json()["BankTransactions"][0]["Reference"] == "old"
    assert desk.trial() == {"090": Decimal("-12.00"), "433": Decimal("12.00")}
    assert deleted(desk, "BankTransactions", made) == "DELETED"
    assert "has been deleted" in deleted(desk, "BankTransactions", made)
    assert desk.trial() == {}


def test_rule_11_a_reconciled_bank_transaction_takes_no_edit(desk: Desk) -> None:
    made = desk.made("BankTransactions", bank_money(IsReconciled=True))
    path = f"BankTransactions/{made['BankTransactionID']}"

    assert "has been reconciled" in deleted(desk, "BankTransactions", made)
    assert "has been reconciled" in refusal(desk.post(path, {"Reference": "x"}))


@pytest.mark.parametrize("kind", ["RECEIVE-OVERPAYMENT", "SPEND-PREPAYMENT"])
def test_rule_11_deposits_can_be_neither_changed_nor_deleted(desk: Desk, kind: str) -> None:
    made = desk.made("BankTransactions", bank_money(kind, "40.00"))
    path = f"BankTransactions/{made['BankTransactionID']}"

    assert "cannot be updated" in deleted(desk, "BankTransactions", made)
    assert "cannot be updated" in refusal(desk.post(path, {"Reference": "x"}))


def test_rule_11_an_overpayment_opens_a_credit_on_the_control_account(desk: Desk) -> None:
    made = desk.made("BankTransactions", bank_money("RECEIVE-OVERPAYMENT", "40.00"))
    over = desk.read("Overpayments", made["OverpaymentID"])

    assert (over["Type"], over["Status"]) == ("RECEIVE-OVERPAYMENT", "AUTHORISED")
    assert (over["RemainingCredit"], over["TotalTax"]) == (40, 0)
    assert made["LineItems"][0]["AccountCode"] == "610"
    assert desk.trial() == {"090": Decimal("40.00"), "610": Decimal("-40.00")}


def test_rule_11_a_prepayment_waits_on_its_own_account_with_its_tax(desk: Desk) -> None:
    line = a_line("60.00", AccountCode="200")
    made = desk.made("BankTransactions", bank_money("RECEIVE-PREPAYMENT", LineItems=[line]))

    assert desk.read("Prepayments", made["PrepaymentID"])["RemainingCredit"] == 60
    assert desk.balance("200") == 0
    assert desk.balance("GST") == -10
    assert desk.balance("836") == -50


def test_rule_13_a_transfer_has_two_legs_found_by_id_and_not_in_the_list(desk: Desk) -> None:
    made = desk.made("BankTransfers", a_transfer())
    leg = desk.read("BankTransactions", made["ToBankTransactionID"])

    assert (leg["Type"], leg["Total"]) == ("RECEIVE-TRANSFER", Decimal("75.50"))
    assert desk.listed("BankTransactions") == []
    assert desk.trial() == {"090": Decimal("-75.50"), "091": Decimal("75.50")}
    assert "UpdatedDateUTC" not in made
    assert made["CreatedDateUTC"].startswith("/Date(")


def a_transfer(**fields: object) -> Json:
    return {
        "FromBankAccount": {"Code": "090"},
        "ToBankAccount": {"Code": "091"},
        "Amount": "75.50",
        "Date": "2026-03-12",
    } | fields


def test_rule_13_a_deleted_transfer_is_hidden_unless_asked_for(desk: Desk) -> None:
    made = desk.made("BankTransfers", a_transfer())
    assert deleted(desk, "BankTransfers", made) == "DELETED"

    assert desk.listed("BankTransfers") == []
    assert [t["Status"] for t in desk.listed("BankTransfers", includeDeleted="true")] == ["DELETED"]
    assert desk.trial() == {}
    assert "deleted already" in deleted(desk, "BankTransfers", made)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ToBankAccount": {"Code": "090"}}, "two different"),
        ({"ToBankAccount": {"Code": "200"}}, "type BANK"),
        ({"Amount": "0"}, "greater than zero"),
    ],
)
def test_rule_13_a_transfer_out_of_order_is_refused(desk: Desk, fields: Json, words: str) -> None:
    assert words in desk.refused("BankTransfers", a_transfer(**fields))


def test_rule_13_a_reconciled_side_keeps_a_transfer(desk: Desk) -> None:
    made = desk.made("BankTransfers", a_transfer(ToIsReconciled=True))

    assert (made["FromIsReconciled"], made["ToIsReconciled"]) == (False, True)
    assert "reconciled" in deleted(desk, "BankTransfers", made)


def test_rule_13_a_batch_is_one_sum_of_several_payments(desk: Desk) -> None:
    invoices = [desk.invoice("100.00"), desk.invoice("50.00")]
    batch = desk.made("BatchPayments", a_batch(invoices, Narrative="TO-1 rent"))
    payments = desk.listed("Payments")

    assert (batch["Type"], batch["TotalAmount"], batch["Narrative"]) == (
        "RECBATCH",
        150,
        "TO-1 rent",
    )
    assert {p["BatchPaymentID"] for p in payments} == {batch["BatchPaymentID"]}
    assert {p["PaymentID"] for p in batch["Payments"]} == {p["PaymentID"] for p in payments}
    assert payments[0]["BatchPayment"]["TotalAmount"] == 150
    assert {i["Status"] for i in desk.listed("Invoices")} == {"PAID"}
    assert desk.balance("090") == 150


def test_rule_13_a_batch_is_deleted_whole_and_its_payments_not_singly(desk: Desk) -> None:
    batch = desk.made("BatchPayments", a_batch([desk.invoice("100.00"), desk.invoice("50.00")]))
    assert "part of a batch" in deleted(desk, "Payments", desk.listed("Payments")[0])

    assert deleted(desk, "BatchPayments", batch) == "DELETED"
    assert {p["Status"] for p in desk.listed("Payments")} == {"DELETED"}
    assert {i["AmountDue"] for i in desk.listed("Invoices")} == {100, 50}
    assert desk.balance("090") == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Payments": []}, "at least one"),
        ({"Narrative": "x" * 19}, "cannot exceed 18"),
        ({"Account": {"Code": "200"}}, "bank account"),
    ],
)
def test_rule_13_a_batch_out_of_order_is_refused(desk: Desk, change: Json, words: str) -> None:
    assert words in desk.refused("BatchPayments", a_batch([desk.invoice()], **change))


def test_rule_13_a_batch_does_not_mix_sales_and_bills_nor_pay_twice(desk: Desk) -> None:
    invoice, bill = desk.invoice(), desk.made("Invoices", a_bill())

    assert "all for bills" in desk.refused("BatchPayments", a_batch([invoice, bill]))
    assert "exceeds" in desk.refused("BatchPayments", a_batch([invoice, invoice]))
    assert desk.listed("Payments") == []
    assert desk.made("BatchPayments", a_batch([bill]))["Type"] == "PAYBATCH"


@pytest.mark.parametrize("kind", ["Invoices", "Contacts", "BankTransactions", "CreditNotes"])
def test_rule_15_notes_are_kept_on_most_records(desk: Desk, kind: str) -> None:
    desk.invoice()
    desk.made("CreditNotes", a_credit_note())
    desk.made("BankTransactions", bank_money())
    record = desk.listed(kind)[0]
    path = f"{kind}/{record[f'{kind[:-1]}ID']}"
    notes = {"HistoryRecords": [{"Details": "Posted by rule 7"}]}
    reply = desk.put(f"{path}/History", notes)
    seen = desk.client.get(f"{API}/{path}/history/").json()["HistoryRecords"]

    assert reply.status_code == 200
    assert [(note["Details"], note["DateUTCString"]) for note in seen] == [
        ("Posted by rule 7", "2026-03-31T12:00:00")
    ]


def test_rule_15_notes_are_refused_on_payments_and_deposits(desk: Desk) -> None:
    desk.pay(desk.invoice(), "10.00")
    desk.made("BankTransactions", bank_money("RECEIVE-OVERPAYMENT", "5.00"))
    desk.made("BankTransactions", bank_money("RECEIVE-PREPAYMENT", "5.00"))
    for kind in ("Payments", "Overpayments", "Prepayments"):
        path = f"{kind}/{desk.listed(kind)[0][f'{kind[:-1]}ID']}/History"
        reply = desk.put(path, {"HistoryRecords": [{"Details": "note"}]})
        assert "was not found for this endpoint" in refusal(reply)


@pytest.mark.parametrize("details", ["", "x" * 2501])
def test_rule_15_a_note_has_1_to_2500_characters(desk: Desk, details: str) -> None:
    path = f"Invoices/{desk.invoice()['InvoiceID']}/History"

    assert "2500" in refusal(desk.put(path, {"HistoryRecords": [{"Details": details}]}))


def test_rule_16_an_invoice_is_emailed_with_204_and_marked_without_a_new_stamp(
    desk: Desk,
) -> None:
    invoice = desk.invoice()
    reply = desk.client.post(f"{API}/Invoices/{invoice['InvoiceID']}/Email")
    after = desk.read("Invoices", invoice["InvoiceID"])

    assert (reply.status_code, reply.content) == (204, b"")
    assert after["SentToContact"] is True
    assert after["UpdatedDateUTC"] == invoice["UpdatedDateUTC"]


@pytest.mark.parametrize(
    ("invoice", "words"),
    [
        (an_invoice(Status="DRAFT"), "Only submitted, authorised or paid"),
        (a_bill(), "sales invoices"),
        (an_invoice(Contact={"Name": "Other & Sons"}), "no email address"),
    ],
)
def test_rule_16_what_cannot_be_emailed_is_a_400(desk: Desk, invoice: Json, words: str) -> None:
    made = desk.made("Invoices", invoice)

    assert words in refusal(desk.post(f"Invoices/{made['InvoiceID']}/Email", {}))


@pytest.mark.parametrize(
    ("demo", "limit", "sent"), [(True, None, 0), (False, None, 3), (False, 2, 2), (True, 1, 1)]
)
def test_rule_16_the_daily_cap_is_nought_for_a_demo_company(
    demo: bool, limit: int | None, sent: int
) -> None:
    books = {**STARTING_BOOKS, "Organisation": [{"IsDemoCompany": demo}]}
    desk = Desk(books=books, email_limit=limit).sign_in()
    path = f"Invoices/{desk.invoice()['InvoiceID']}/Email"
    answers = [desk.post(path, {}).status_code for _ in range(3)]
    desk.close()

    assert answers == [204] * sent + [400] * (3 - sent)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Name": ""}, "must be specified"),
        ({"Name": "A <b> C"}, "angle brackets"),
        ({"Name": "marlow ltd"}, "unique Name"),
        ({"Name": "x" * 256}, "cannot exceed 255"),
        ({"EmailAddress": "not an address"}, "is not valid"),
        ({"ContactStatus": "GONE"}, "is not valid"),
    ],
)
def test_contacts_are_refused_in_words(desk: Desk, change: Json, words: str) -> None:
    assert words in desk.refused("Contacts", {"Name": "Fresh Name"} | change)


def test_contacts_are_upserted_by_id_number_then_name(desk: Desk) -> None:
    desk.post("Contacts", {"Name": "MARLOW  LTD ", "ContactNumber": "C-1"})
    desk.post("Contacts", {"ContactNumber": "c-1", "Name": "Marlow Limited"})
    desk.invoice(Contact={"ContactNumber": "C-1"})

    assert [c["Name"] for c in desk.listed("Contacts")] == ["Other & Sons", "Marlow Limited"]
    assert desk.listed("Invoices")[0]["Contact"]["Name"] == "Marlow Limited"


def test_a_renamed_contact_shows_its_new_name_on_its_documents(desk: Desk) -> None:
    invoice = desk.invoice()
    contact = invoice["Contact"]["ContactID"]
    desk.post(f"Contacts/{contact}", {"Name": "Marlow Group"})
    after = desk.read("Invoices", invoice["InvoiceID"])

    assert after["Contact"]["Name"] == "Marlow Group"
    assert after["UpdatedDateUTC"] == invoice["UpdatedDateUTC"]


def test_an_archived_contact_takes_no_new_document(desk: Desk) -> None:
    desk.post("Contacts", {"Name": "Marlow Ltd", "ContactStatus": "ARCHIVED"})

    assert "has been archived" in desk.refused("Invoices", an_invoice())
    desk.post("Contacts", {"Name": "Marlow Ltd", "ContactStatus": "ACTIVE"})
    assert desk.invoice()["Status"] == "AUTHORISED"


def test_contact_groups_show_on_their_members(desk: Desk) -> None:
    contact = desk.listed("Contacts")[0]["ContactID"]
    group = desk.made("ContactGroups", {"Name": "VIP"})
    path = f"ContactGroups/{group['ContactGroupID']}/Contacts"
    desk.put(path, {"Contacts": [{"ContactID": contact}]})
    assert desk.read("Contacts", contact)["ContactGroups"][0]["Name"] == "VIP"

    desk.client.delete(f"{API}/{path}/{contact}")
    assert desk.read("Contacts", contact)["ContactGroups"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Code": "200"}, "unique Code"),
        ({"Name": "Sales"}, "unique Name"),
        ({"Code": "x" * 11}, "Code 10"),
        ({"Type": "NONSENSE"}, "is not valid"),
        ({"Type": "BANK"}, "BankAccountNumber"),
        ({"TaxType": "NOPE"}, "does not exist"),
    ],
)
def test_accounts_are_refused_in_words(desk: Desk, change: Json, words: str) -> None:
    account = {"Code": "777", "Name": "Fresh", "Type": "EXPENSE"} | change

    assert words in refusal(desk.put("Accounts", account))


def test_accounts_are_made_changed_and_archived(desk: Desk) -> None:
    made = desk.made("Accounts", {"Code": "777", "Name": "Fresh", "Type": "EXPENSE"})
    path = f"Accounts/{made['AccountID']}"
    desk.post(path, {"Name": "Fresher"})
    assert desk.post(path, {"Status": "ARCHIVED"}).status_code == 200

    assert desk.read("Accounts", "777")["Name"] == "Fresher"
    assert "has been archived" in desk.refused(
        "Invoices", an_invoice(LineItems=[a_line(AccountCode="777")])
    )
    system = desk.store.system_account("DEBTORS")["AccountID"]
    assert "cannot be archived" in refusal(desk.post(f"Accounts/{system}", {"Status": "ARCHIVED"}))


def test_tax_rates_currencies_and_tracking_can_be_made(desk: Desk) -> None:
    rate = desk.made("TaxRates", {"Name": "Odd", "TaxComponents": [{"Name": "a", "Rate": "7.5"}]})
    desk.put("Currencies", {"Code": "usd"})
    category = desk.made("TrackingCategories", {"Name": "Region", "Options": [{"Name": "North"}]})
    path = f"TrackingCategories/{category['TrackingCategoryID']}/Options"
    assert desk.put(path, {"Name": "South"}).status_code == 200

    assert (rate["TaxType"], rate["EffectiveRate"]) == ("TAX001", Decimal("7.5"))
    assert desk.invoice(CurrencyCode="USD")["CurrencyCode"] == "USD"
    assert [o["Name"] for o in desk.listed("TrackingCategories")[0]["Options"]] == [
        "North",
        "South",
    ]
    desk.put("TrackingCategories", {"Name": "Team"})
    assert "at most two" in refusal(desk.put("TrackingCategories", {"Name": "Third"}))


def test_the_organisation_says_what_may_be_done(desk: Desk) -> None:
    actions = {a["Name"]: a["Status"] for a in desk.get("Organisation/Actions").json()["Actions"]}

    assert actions["CreateInvoicePayment"] == "ALLOWED"
    assert actions["ApproveTransactionsBeforePeriodLockDate"] == "NOT-ALLOWED"
