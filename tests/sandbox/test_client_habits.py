"""Habits of real clients (fact sheet 10.4), seen when they were run against the sandbox."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import pytest

from tests.sandbox.desk import API, Desk, Json, a_credit_note

XML = {"Content-Type": "application/xml"}


def as_xml(name: str, value: Any) -> Element:
    """A record as clients write it that know XML by names: lists they cannot name are flattened."""
    singular = {"LineItems": "LineItem", "Addresses": "Address", "Phones": "Phone"}
    found = Element(name)
    for key, inner in value.items():
        if isinstance(inner, dict):
            found.append(as_xml(key, inner))
        elif isinstance(inner, list):
            place = SubElement(found, key)
            for each in inner:
                made = as_xml(singular.get(key, "?"), each)
                place.extend([made] if key in singular else list(made))
        else:
            SubElement(found, key).text = str(inner)
    return found


def sent_back(desk: Desk, kind: str, record: Json) -> Json:
    reply = desk.client.post(
        f"{API}/{kind}", content=tostring(as_xml(kind[:-1], record)), headers=XML
    )
    assert reply.status_code == 200, reply.text
    found: Json = reply.json()[kind][0]
    return found


def test_a_record_read_and_sent_back_whole_in_xml_stays_what_it_was(desk: Desk) -> None:
    made = desk.invoice("120.00")
    note = desk.made("CreditNotes", a_credit_note())
    part = {"Amount": "5.00", "Invoice": {"InvoiceID": made["InvoiceID"]}}
    desk.put(f"CreditNotes/{note['CreditNoteID']}/Allocations", part)
    before = desk.read("Invoices", made["InvoiceID"])

    after = sent_back(desk, "Invoices", {**before, "Reference": "whole"})

    changed = {key for key in before.keys() | after if before.get(key) != after.get(key)}
    assert changed <= {"Reference", "LineItems", "UpdatedDateUTC", "UpdatedDateUTCString"}
    assert (after["Reference"], after["AmountDue"]) == ("whole", before["AmountDue"])
    assert [line["LineAmount"] for line in after["LineItems"]] == [120]


def test_a_contact_with_empty_lists_is_sent_back_in_xml(desk: Desk) -> None:
    made = desk.made("Contacts", {"Name": "Brink Ltd"})

    after = sent_back(desk, "Contacts", {**made, "FirstName": "Pia"})

    assert after["FirstName"] == "Pia"
    assert after["Phones"] == made["Phones"]


@pytest.mark.parametrize("field", ["Amount", "AppliedAmount"])
def test_an_allocation_in_xml_says_its_amount_by_either_name(desk: Desk, field: str) -> None:
    invoice, note = desk.invoice("120.00"), desk.made("CreditNotes", a_credit_note("24.00"))
    element = as_xml("Allocation", {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, field: "9.00"})
    path = f"{API}/CreditNotes/{note['CreditNoteID']}/Allocations"

    reply = desk.client.put(path, content=tostring(element), headers=XML)

    assert reply.status_code == 200, reply.text
    assert desk.read("Invoices", invoice["InvoiceID"])["AmountDue"] == 111


def test_a_deleted_allocation_answers_what_either_client_reads(desk: Desk) -> None:
    invoice, note = desk.invoice("120.00"), desk.made("CreditNotes", a_credit_note("24.00"))
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    part = {"Amount": "9.00", "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
    made = desk.put(path, part).json()["Allocations"][0]

    found = desk.client.delete(f"{API}/{path}/{made['AllocationID']}").json()

    assert found["Status"] == "OK"
    assert found["IsDeleted"] is True
    assert {"Amount", "Date", "Invoice"} <= found.keys()


def test_every_supplied_tax_rate_is_reported_as_a_kind_the_clients_know(desk: Desk) -> None:
    told = {rate["ReportTaxType"] for rate in desk.listed("TaxRates")}

    assert told.isdisjoint({"RROUTPUT", "RRINPUT", ""})


@pytest.mark.parametrize("mode", ["Inclusive", "INCLUSIVE"])
def test_a_quote_spells_its_amount_types_in_capitals_and_keeps_them(desk: Desk, mode: str) -> None:
    line = {"Description": "Work", "Quantity": 1, "UnitAmount": "12.00", "AccountCode": "200"}
    quote = {"Contact": {"Name": "Marlow Ltd"}, "Date": "2026-03-02", "LineItems": [line]}
    made = desk.made("Quotes", {**quote, "LineAmountTypes": mode})

    kept = desk.post(f"Quotes/{made['QuoteID']}", {"Title": "Signs"}).json()["Quotes"][0]

    assert made["LineAmountTypes"] == kept["LineAmountTypes"] == "INCLUSIVE"
    assert made["Total"] == kept["Total"] == 12


def test_quotes_page_without_telling_how_many_there_are(desk: Desk) -> None:
    desk.made("Quotes", {"Contact": {"Name": "Marlow Ltd"}, "Date": "2026-03-02"})

    body = desk.get("Quotes", page=1, pageSize=1).json()

    assert "pagination" not in body
    assert len(body["Quotes"]) == 1
    assert desk.listed("Quotes", page=2) == []


def test_whether_a_person_gets_emails_is_answered_as_yes_or_no(desk: Desk) -> None:
    people = [{"FirstName": "Ola", "IncludeInEmails": "true"}, {"FirstName": "Bo"}]

    made = desk.made("Contacts", {"Name": "Brink Ltd", "ContactPersons": people})

    assert [person.get("IncludeInEmails") for person in made["ContactPersons"]] == [True, None]


@pytest.mark.parametrize(
    ("kind", "element"),
    [
        ("Accounts", {"Code": "9"}),
        ("TaxRates", {"Name": ""}),
        ("Currencies", {"Code": "?"}),
        ("ContactGroups", {"Name": ""}),
    ],
)
def test_some_endpoints_have_no_way_to_tell_errors_apart(
    desk: Desk, kind: str, element: Json
) -> None:
    assert desk.put(f"{kind}?summarizeErrors=false", element).status_code == 400


def test_numbers_sent_as_text_are_answered_as_numbers(desk: Desk) -> None:
    line = {"Description": "Work", "UnitAmount": "100", "AccountCode": "200", "DiscountRate": "10"}
    made = desk.invoice(LineItems=[line], Date="2026-03-02")
    parts = [{"Name": "VAT", "Rate": "7.5"}]
    rate = desk.made("TaxRates", {"Name": "Odd", "TaxComponents": parts})

    assert (made["LineItems"][0]["DiscountRate"], made["Total"]) == (10, 90)
    assert rate["TaxComponents"][0]["Rate"] == 7.5
