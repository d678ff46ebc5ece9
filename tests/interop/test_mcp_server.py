"""Xero's own MCP server, which wraps its Node SDK, is asked for reads and writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.interop.conftest import Served
from tests.interop.homes import CLIENTS, node_modules_of
from tests.interop.mcp import McpClient, McpError, mcp_client
from worker.sandbox.wire import stored

pytestmark = pytest.mark.slow

# Without this the server asks for payroll scopes too, which the connection has not ticked.
SCOPES = "accounting.transactions accounting.contacts accounting.settings accounting.reports.read"


@pytest.fixture
def server(sandbox: Served) -> Iterator[McpClient]:
    with started(sandbox, XERO_SCOPES=SCOPES) as client:
        yield client


def started(sandbox: Served, **environ: str) -> Any:
    modules = node_modules_of("xero_mcp_server")
    main = modules / "@xeroapi" / "xero-mcp-server" / "dist" / "index.js"
    preload = str(CLIENTS / "turn_to_sandbox.cjs")
    signing = {"XERO_CLIENT_ID": "sandbox", "XERO_CLIENT_SECRET": "sandbox"}
    where = {"SANDBOX_URL": sandbox.base, **signing, **environ}
    return mcp_client(["node", "--require", preload, str(main)], where)


def id_in(texts: list[str]) -> str:
    """The first id a tool's texts name: that of the record it made."""
    found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "".join(texts))
    assert found is not None, texts
    return found[0]


def test_the_node_sdk_lists_and_reads_reports(sandbox: Served, server: McpClient) -> None:
    store = sandbox.store
    assert len(server.tools()) == 51

    assert sandbox.store.organisation()["Name"] in server.call("list-organisation-details")[1]
    assert len(server.call("list-accounts")) == 1 + len(store.accounts())
    assert len(server.call("list-contacts", page=1)) == 1 + store.count("Contacts")
    assert len(server.call("list-tax-rates")) == 1 + store.count("TaxRates")
    for tool in ("list-invoices", "list-payments", "list-bank-transactions"):
        pages = [server.call(tool, page=page)[1:] for page in (1, 2)]
        assert len(set(pages[0]) | set(pages[1])) == 20, tool
    assert len(server.call("list-credit-notes", page=1)) == 1 + store.count("CreditNotes")
    assert "North" in server.call("list-tracking-categories")[1]
    for tool in ("list-contact-groups", "list-items", "list-quotes", "list-manual-journals"):
        assert "Found" in server.call(tool, page=1)[0]
    month = {"fromDate": "2026-03-01", "toDate": "2026-03-31"}
    profit = server.call("list-profit-and-loss", **month, periods=1, timeframe="MONTH")
    assert "Profit after Taxation" in profit[-1]
    assert "Net Assets" in "".join(server.call("list-report-balance-sheet", date="2026-03-31"))
    assert "Debit" in "".join(server.call("list-trial-balance", date="2026-03-31"))
    owing = next(i for i in store.all("Invoices") if i["Type"] == "ACCREC" and i["AmountDue"] > 0)
    aged = server.call("list-aged-receivables-by-contact", contactId=owing["Contact"]["ContactID"])
    assert owing["InvoiceNumber"] in "".join(aged)


def test_the_node_sdk_writes(sandbox: Served, server: McpClient) -> None:
    store = sandbox.store
    line = {"description": "Work", "quantity": 2, "unitAmount": 50, "accountCode": "200"}
    line["taxType"] = "OUTPUT2"

    contact = id_in(server.call("create-contact", name="Node Ltd", email="n@example.com"))
    server.call("update-contact", contactId=contact, name="Node Two Ltd", lastName="Nye")
    made = server.call(
        "create-invoice", contactId=contact, lineItems=[line], type="ACCREC", date="2026-03-02"
    )
    invoice = id_in(made)
    server.call("update-invoice", invoiceId=invoice, lineItems=[line, line], reference="two lines")
    bank = store.account_by_code("090")["AccountID"]
    spent = server.call(
        "create-bank-transaction",
        type="SPEND",
        bankAccountId=bank,
        contactId=contact,
        lineItems=[{**line, "accountCode": "429", "taxType": "INPUT2"}],
        date="2026-03-20",
    )
    owing = next(i for i in store.all("Invoices") if i["Type"] == "ACCREC" and i["AmountDue"] > 10)
    paid = server.call(
        "create-payment",
        invoiceId=owing["InvoiceID"],
        accountId=bank,
        amount=10.01,
        date="2026-03-30",
        reference="by node",
    )
    note = server.call("create-credit-note", contactId=contact, lineItems=[line])
    server.call("create-tracking-category", name="Node place")
    server.call("create-item", code="NODE", name="Node item")
    server.call("create-quote", contactId=contact, lineItems=[line])
    two = [{"lineAmount": 5, "accountCode": "429"}, {"lineAmount": -5, "accountCode": "200"}]
    server.call("create-manual-journal", narration="By node", manualJournalLines=two)

    known = store.get("Invoices", invoice)
    assert known["Contact"]["ContactID"] == contact
    assert (known["Reference"], stored(known["Total"])) == ("two lines", 240)
    assert store.get("Contacts", contact)["Name"] == "Node Two Ltd"
    assert stored(store.get("BankTransactions", id_in(spent))["Total"]) == 100
    assert store.get("Payments", id_in(paid))["Reference"] == "by node"
    assert store.get("CreditNotes", id_in(note))["Status"] == "DRAFT"
    due = stored(store.get("Invoices", owing["InvoiceID"])["AmountDue"])
    assert stored(owing["AmountDue"]) - due == stored("10.01")
    with pytest.raises(McpError, match="Error creating payment"):
        server.call("create-payment", invoiceId=owing["InvoiceID"], accountId=bank, amount=10**7)


def test_scopes_that_are_not_ticked_fail_as_a_whole_as_at_xero(sandbox: Served) -> None:
    with started(sandbox) as client, pytest.raises(McpError, match="invalid_scope"):
        client.call("list-accounts")
