"""The engine alone on files: what it reads, what it writes, what it says of bad files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from worker.actions.standalone import match_files
from worker.errors import BadInput, NoInput

AS_OF = date(2026, 3, 31)
LINES = (
    "line_id,account,date,amount,currency,payee,reference,description,type,counterparty_account\n"
    "L1,main,2026-03-04,1250.00,GBP,MARLOW & FINCH,INV-0042,,,\n"
)
INVOICE = {
    "InvoiceID": "235AEEEE-87EE-5D4A-BE8D-B8B896C5B79B",
    "InvoiceNumber": "INV-0042",
    "Type": "ACCREC",
    "Status": "AUTHORISED",
    "Contact": {"ContactID": "16b9f81b-18c9-5681-b2f6-caeeef794958", "Name": "Marlow & Finch Ltd"},
    "Date": "/Date(1770076800000+0000)/",
    "DueDateString": "2026-03-05T00:00:00",
    "CurrencyCode": "GBP",
    "Total": 1250.0,
    "AmountDue": "1250.00",
}
FLAT = (
    "document_id,kind,number,reference,contact_id,contact_name,date,due_date,currency,total,"
    "amount_due,status\n"
    "235AEEEE-87EE-5D4A-BE8D-B8B896C5B79B,invoice,INV-0042,,c1,Marlow & Finch Ltd,2026-02-03,,GBP,"
    "1250.00,1250.00,AUTHORISED\n"
)
FIELDS = {
    "line_id", "bank_reference", "account", "date", "amount", "action", "allocations", "remainder",
    "confidence", "alternatives", "account_code", "tax_type", "transfer_to", "reason_code",
    "held_by", "why",
}  # fmt: skip


def written(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def matched(
    folder: Path, lines: object, documents: object, history: object = None
) -> list[dict[str, Any]]:
    past = written(folder, "history", history) if history is not None else None
    return match_files(
        written(folder, "lines", lines), [written(folder, "documents", documents)], past, AS_OF
    )


@pytest.mark.parametrize(
    "lines",
    [
        LINES,
        "\ufeff" + LINES.replace(",", ";"),
        [{"line_id": "L1", "account": "main", "date": "2026-03-04", "amount": "1250.00",
          "currency": "GBP", "payee": "MARLOW & FINCH", "reference": "INV-0042"}],
        {"lines": [{"line_id": "L1", "account": "main", "date": "2026-03-04", "amount": 1250.0,
                    "payee": "MARLOW & FINCH", "reference": "INV-0042"}]},
        '{"line_id": "L1", "account": "main", "date": "2026-03-04", "amount": "1250", "currency":'
        ' "GBP", "reference": "INV-0042"}\n',
    ],
    ids=["csv", "semicolons and a mark", "json list", "json object", "json lines"],
)  # fmt: skip
@pytest.mark.parametrize("documents", [{"Invoices": [INVOICE]}, FLAT], ids=["xero", "flat"])
def test_each_shape_of_file_says_the_same(tmp_path: Path, lines: object, documents: object) -> None:
    if isinstance(lines, str) and lines.startswith("{"):
        lines += '{"line_id": "L2", "account": "main", "date": "2026-03-05", "amount": "-1"}\n'

    (first, *_) = matched(tmp_path, lines, documents)

    assert set(first) >= FIELDS
    assert (first["action"], first["amount"], first["account"]) == ("auto", "1250.00", "main")
    assert first["allocations"] == [
        {
            "document_id": INVOICE["InvoiceID"],
            "document_number": "INV-0042",
            "amount": "1250.00",
        }
    ]
    json.dumps(first)


@pytest.mark.parametrize("spelling", ["document_id", "invoice_id"])
def test_history_teaches_under_either_spelling(tmp_path: Path, spelling: str) -> None:
    lines = LINES.replace("MARLOW & FINCH,INV-0042", "THE COPPER KETTLE,")
    paid = dict(INVOICE, InvoiceID="old", InvoiceNumber="INV-0001", Status="PAID", AmountDue=0)
    history = [
        {"line_id": f"H{n}", "account": "main", "date": f"2026-01-0{n}", "amount": "9.00",
         "payee": "THE COPPER KETTLE",
         "reconciled": {"allocations": [{spelling: "old", "amount": "9.00"}]}}
        for n in (1, 2)
    ]  # fmt: skip

    assert matched(tmp_path, lines, {"Invoices": [INVOICE, paid]})[0]["action"] != "auto"
    assert matched(tmp_path, lines, {"Invoices": [INVOICE, paid]}, history)[0]["action"] == "auto"


def test_credit_notes_and_own_accounts_are_read(tmp_path: Path) -> None:
    lines = (
        "line_id,account,date,amount,payee,reference\n"
        "out,main,2026-03-04,-500.00,TFR TO 20118834,\n"
        "in,save,2026-03-05,500.00,TFR,\n"
        "R,main,2026-03-06,-120.00,MARLOW FINCH,REFUND CN-0001\n"
    )
    credit = {
        "CreditNoteID": "cn", "CreditNoteNumber": "CN-0001", "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED", "Contact": INVOICE["Contact"], "Date": "2026-02-01",
        "CurrencyCode": "GBP", "Total": 120, "RemainingCredit": 120,
    }  # fmt: skip
    accounts = [
        {"AccountID": code, "Code": code, "Name": code, "Type": "BANK", "Status": "ACTIVE",
         "Class": "ASSET", "BankAccountNumber": number, "CurrencyCode": "GBP"}
        for code, number in (("main", "30451210443217"), ("save", "30451220118834"))
    ]  # fmt: skip

    found = matched(tmp_path, lines, {"CreditNotes": [credit], "Accounts": accounts})

    assert [each["action"] for each in found] == ["transfer", "transfer", "auto"]
    assert (found[0]["transfer_to"], found[1]["transfer_to"]) == ("in", "out")


@pytest.mark.parametrize(
    ("lines", "documents", "said"),
    [
        ("", FLAT, "lines: the file is empty"),
        (LINES + "L1,main,2026-03-04,1,GBP,,,,,\n", FLAT, "lines, line 3: line_id 'L1' appears"),
        (LINES.replace("1250.00", "12x50"), FLAT, "lines, line 2: amount '12x50' is no amount"),
        (LINES.replace("2026-03-04", "04/03/2026"), FLAT, "line 2: date '04/03/2026' is no date"),
        (LINES.replace("L1,", ","), FLAT, "lines, line 2: line_id is missing"),
        (LINES.replace(",,,\n", ",,,,,x\n"), FLAT, "line 2: 12 fields under 10 headers"),
        ("[1]", FLAT, "lines, entry 1: not an object"),
        ('{"rows": []}', FLAT, "a list of lines is wanted"),
        ("[{]", FLAT, "lines, line 1"),
        (LINES, FLAT.replace("invoice,", "quote,"), "documents, line 2: kind 'quote' is not known"),
        (LINES, {"Invoices": [dict(INVOICE, Total=None)]}, "documents: Invoices 1: Total"),
        (LINES, {"Invoices": [7]}, "documents: Invoices 1 is no object"),
        (LINES, "[" * 100_000, "nested too deeply"),
        ("[" + "9" * 5000 + "]", FLAT, "lines: "),
        (LINES.replace("1250.00", "1e999999"), FLAT, "lines, line 2: amount: an amount of so many"),
        (LINES.replace("1250.00", "1250.005"), FLAT, "line 2: amount: 1250.005 is finer than"),
        (LINES.replace("account,date", "date,date"), FLAT, "line 1: two columns are called 'date'"),
        ("<html>\n<p>log in</p>\n", FLAT, "line 1: no column 'line_id'"),
        (LINES, FLAT + FLAT.splitlines()[1].replace("1250", "5"), "line 3: '235AEEEE"),
        (LINES, {"Invoices": [INVOICE, dict(INVOICE, AmountDue=5)]}, "Invoices 2: '235AEEEE"),
        (LINES, {"Invoices": {"0": INVOICE}}, "holds no list of Invoices"),
        (LINES, {"Invoices": [dict(INVOICE, AmountDue="1e40", Total="1e40")]}, "Invoices 1: "),
    ],
)
def test_a_bad_file_is_refused_with_its_place(
    tmp_path: Path, lines: object, documents: object, said: str
) -> None:
    with pytest.raises(BadInput) as fault:
        matched(tmp_path, lines, documents)

    assert said in str(fault.value)


def test_a_missing_file_and_bytes_that_are_no_text_are_said_so(tmp_path: Path) -> None:
    documents = [written(tmp_path, "documents", FLAT)]
    (tmp_path / "latin").write_bytes(b"line_id\nM\xfcller\n")

    with pytest.raises(NoInput, match="there is no such file"):
        match_files(tmp_path / "nowhere", documents)
    with pytest.raises(BadInput, match="not UTF-8 at byte 9"):
        match_files(tmp_path / "latin", documents)


def test_documents_that_name_no_contact_are_not_one_contacts(tmp_path: Path) -> None:
    flat = FLAT.replace("c1,Marlow & Finch Ltd", ",")
    flat += flat.splitlines()[1].replace("235A", "9999").replace("INV-0042", "INV-0043") + "\n"
    lines = LINES.replace("MARLOW & FINCH,INV-0042", ",INV-0042 INV-0043").replace("1250", "2500")

    (decision,) = matched(tmp_path, lines, flat)

    assert (decision["action"], decision["reason_code"]) == ("suggest", "several_contacts")


def test_no_lines_make_no_decisions(tmp_path: Path) -> None:
    assert matched(tmp_path, LINES.splitlines()[0] + "\n", FLAT) == []


def test_a_document_without_a_currency_is_in_the_one_everything_else_is_in(tmp_path: Path) -> None:
    bare = {key: value for key, value in INVOICE.items() if key != "CurrencyCode"}

    (decision,) = matched(tmp_path, LINES, {"Invoices": [bare]})

    assert (decision["action"], decision["reason_code"]) == ("auto", "exact_reference")
