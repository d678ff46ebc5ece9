"""The pyxero library at work: it writes XML, reads JSON; each call is told on a line of its own.

Run as `python pyxero_calls.py BASE_URL`. The library knows two addresses: one is an attribute of
its credentials, the token service a constant.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import requests
from xero import Xero, auth
from xero.auth import OAuth2Credentials
from xero.exceptions import XeroBadRequest, XeroNotFound

base = sys.argv[1]
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # oauthlib's own switch for plain http
warnings.simplefilter("ignore")
auth.XERO_OAUTH2_AUTHORIZE_URL = f"{base}/identity/connect/authorize"
auth.XERO_OAUTH2_TOKEN_URL = f"{base}/connect/token"


def call(name: str, act: Callable[[], Any]) -> Any:
    """Do one step and tell how it went; None when it failed."""
    try:
        found = act()
    except Exception:
        told: dict[str, Any] = {"call": name, "wrong": traceback.format_exc()[-900:]}
        found = None
    else:
        plain = found if isinstance(found, str | int) else len(found) if found else None
        told = {"call": name, "said": plain}
    sys.stdout.write(json.dumps(told) + "\n")
    return found


def refused(name: str, kind: type[Exception], act: Callable[[], Any]) -> None:
    """A step that must be refused, in an answer the library understands."""

    def attempt() -> str:
        try:
            act()
        except kind as found:
            return str(found)
        raise AssertionError("it was not refused")

    call(name, attempt)


credentials = OAuth2Credentials(
    "sandbox",
    "sandbox",
    callback_uri="http://localhost/back",
    scope=[
        "offline_access",
        "accounting.settings",
        "accounting.contacts",
        "accounting.transactions",
        "accounting.reports.read",
        "accounting.attachments",
        "accounting.budgets.read",
    ],
)
credentials.base_url = base


def consented() -> str:
    """A person says yes: the address the browser is sent back to holds the code."""
    reply = requests.get(credentials.generate_url(), allow_redirects=False, timeout=30)
    credentials.verify(reply.headers["Location"])
    return reply.headers["Location"].partition("?")[0]


call("signed in", consented)
call("token refreshed", lambda: credentials.refresh()["token_type"])
call("connections", credentials.get_tenants)
credentials.set_default_tenant()
xero = Xero(credentials)
fine = Xero(credentials, unit_price_4dps=True)

# -- reads
call("organisation", lambda: xero.organisations.all()[0]["Name"])
call("organisation actions", lambda: xero.organisations.actions())
for name in (
    *("accounts", "banktransactions", "banktransfers", "batchpayments", "brandingthemes"),
    *("contactgroups", "contacts", "creditnotes", "currencies", "invoices", "items"),
    *("manualjournals", "overpayments", "payments", "prepayments", "purchaseorders", "quotes"),
    *("repeatinginvoices", "reports", "taxrates", "trackingcategories", "users"),
):
    call(f"all {name}", lambda name=name: getattr(xero, name).all() or "none")
invoices = xero.invoices.filter(Status="AUTHORISED", Type="ACCREC", page=1)
call("an invoice", lambda: xero.invoices.get(invoices[0]["InvoiceID"])[0]["InvoiceID"])
call(
    "invoices filtered",
    lambda: xero.invoices.filter(
        Date__gte=date(2025, 1, 1), Type="ACCREC", order="Date DESC", page=1, pageSize=50
    ),
)
call(
    "invoices by ids",
    lambda: xero.invoices.filter(IDs=[invoices[0]["InvoiceID"], invoices[1]["InvoiceID"]]),
)
call(
    "invoices of a contact",
    lambda: xero.invoices.filter(Contact_ContactID=invoices[0]["Contact"]["ContactID"]),
)
call(
    "invoices by list of contacts",
    lambda: xero.invoices.filter(
        ContactIDs=[invoices[0]["Contact"]["ContactID"]], Statuses=["AUTHORISED", "PAID"]
    ),
)
call("invoices in summary", lambda: xero.invoices.filter(summaryOnly=True, page=1))
call("invoices since", lambda: xero.invoices.filter(since=datetime(2025, 1, 1, tzinfo=UTC)))
call(
    "invoices with a reference",
    lambda: xero.invoices.filter(Reference__isnull=False, Reference__contains="a") or "none",
)
call(
    "invoices by raw words",
    lambda: xero.invoices.filter(raw='AmountDue > 0 AND Status == "AUTHORISED"'),
)
call("contacts named", lambda: xero.contacts.filter(Name__startswith="a", includeArchived=True))
call("contacts searched", lambda: xero.contacts.filter(searchTerm="ltd", page=1))
call("bank accounts", lambda: xero.accounts.filter(Type="BANK"))
call("prices to four places", lambda: fine.invoices.get(invoices[0]["InvoiceID"]))
call(
    "profit and loss",
    lambda: xero.reports.get(
        "ProfitAndLoss", params={"fromDate": "2026-03-01", "toDate": "2026-03-31"}
    )[0]["Rows"],
)
call("balance sheet", lambda: xero.reports.get("BalanceSheet")[0]["Rows"])
refused("an invoice that is not there", XeroNotFound, lambda: xero.invoices.get("no-such-invoice"))
refused(
    "a filter that is no filter", XeroBadRequest, lambda: xero.invoices.filter(raw="Nonsense==")
)

# -- writes, in XML
contact = call(
    "contact made",
    lambda: xero.contacts.put(
        {
            "Name": "Pyxero & Söhne Ltd",
            "EmailAddress": "py@example.com",
            "IsCustomer": True,
            "Addresses": [
                {"AddressType": "STREET", "AddressLine1": "1 Wharf Road", "City": "Leeds"}
            ],
            "ContactPersons": [{"FirstName": "Ola", "LastName": "Nye", "IncludeInEmails": True}],
        }
    ),
)[0]
call("its name is kept", lambda: xero.contacts.get(contact["ContactID"])[0]["Name"])


def changed() -> str:
    found = xero.contacts.get(contact["ContactID"])[0]
    found["FirstName"] = "Pia"
    return xero.contacts.save(found)[0]["FirstName"]


call("contact read, changed and saved", changed)


def document(**more: Any) -> dict[str, Any]:
    return {
        "Type": "ACCREC",
        "Contact": {"ContactID": contact["ContactID"]},
        "Status": "AUTHORISED",
        "Date": date(2026, 3, 2),
        "DueDate": date(2026, 4, 1),
        "LineAmountTypes": "Inclusive",
        "LineItems": [
            {
                "Description": "Work",
                "Quantity": Decimal("2"),
                "UnitAmount": Decimal("50.00"),
                "AccountCode": "200",
            }
        ],
        **more,
    }


made = call("invoices made", lambda: xero.invoices.put([document(), document(Reference="two")]))
first, second = made
call("what is due", lambda: str(first["AmountDue"]))
call(
    "one invoice saved",
    lambda: xero.invoices.save({"InvoiceID": second["InvoiceID"], "Reference": "deux"})[0][
        "Reference"
    ],
)
call(
    "a good and a bad one",
    lambda: ",".join(
        each["StatusAttributeString"]
        for each in xero.invoices.put([document(), document(Contact={})], summarize_errors=False)
    ),
)
refused(
    "an invoice without a contact", XeroBadRequest, lambda: xero.invoices.put(document(Contact={}))
)


def saved_whole() -> str:
    """An invoice read and written back with all it has, as pyxero's users do."""
    found = xero.invoices.get(second["InvoiceID"])[0]
    found["Reference"] = "whole"
    return xero.invoices.save(found)[0]["Reference"]


call("an invoice read, changed and saved whole", saved_whole)
call(
    "payment made",
    lambda: xero.payments.put(
        {
            "Invoice": {"InvoiceID": first["InvoiceID"]},
            "Account": {"Code": "090"},
            "Date": date(2026, 3, 20),
            "Amount": Decimal("30.00"),
        }
    ),
)
call("invoice after it", lambda: str(xero.invoices.get(first["InvoiceID"])[0]["AmountDue"]))
payment = xero.payments.filter(raw=f'Invoice.InvoiceID==Guid("{first["InvoiceID"]}")')[0]
call("payment deleted", lambda: xero.payments.delete(payment["PaymentID"])[0]["Status"])
call("invoice after that", lambda: str(xero.invoices.get(first["InvoiceID"])[0]["AmountDue"]))
note = call(
    "credit note made",
    lambda: xero.creditnotes.put(
        document(
            Type="ACCRECCREDIT",
            LineItems=[{"Description": "Back", "UnitAmount": "25.00", "AccountCode": "200"}],
        )
    ),
)[0]
call(
    "credit allocated",
    lambda: xero.creditnotes.put_allocation(
        note["CreditNoteID"],
        {
            "Invoice": {"InvoiceID": first["InvoiceID"]},
            "Amount": Decimal("15.00"),
            "Date": date(2026, 3, 21),
        },
    ),
)
call("its allocations", lambda: xero.creditnotes.get(note["CreditNoteID"])[0]["Allocations"])
call(
    "allocation deleted",
    lambda: (
        xero.creditnotes.delete_allocation(
            note["CreditNoteID"],
            xero.creditnotes.get(note["CreditNoteID"])[0]["Allocations"][0]["AllocationID"],
        )
        or "gone"
    ),
)
call(
    "money spent",
    lambda: xero.banktransactions.put(
        {
            "Type": "SPEND",
            "Contact": {"ContactID": contact["ContactID"]},
            "Date": date(2026, 3, 22),
            "BankAccount": {"Code": "090"},
            "LineAmountTypes": "Inclusive",
            "IsReconciled": False,
            "LineItems": [{"Description": "Stamps", "UnitAmount": "12.00", "AccountCode": "429"}],
        }
    ),
)
call(
    "transfer made",
    lambda: xero.banktransfers.put(
        {
            "FromBankAccount": {"Code": "090"},
            "ToBankAccount": {"Code": "091"},
            "Amount": Decimal("5.00"),
            "Date": date(2026, 3, 23),
        }
    ),
)
call("a note on an invoice", lambda: xero.invoices.put_history(first["InvoiceID"], "Seen & noted"))
call("its notes", lambda: xero.invoices.get_history(first["InvoiceID"]))
call("invoice sent", lambda: xero.invoices.email(first["InvoiceID"]) or "sent")
call("online invoice", lambda: xero.invoices.online_invoice(first["InvoiceID"]))
call(
    "attachment put",
    lambda: xero.invoices.put_attachment(
        first["InvoiceID"], "seen.txt", BytesIO(b"seen"), "text/plain"
    ),
)
call("attachments", lambda: xero.invoices.get_attachments(first["InvoiceID"]))
call(
    "attachment read",
    lambda: xero.invoices.get_attachment_data(first["InvoiceID"], "seen.txt").decode(),
)
group = call("contact group made", lambda: xero.contactgroups.put({"Name": "Pyxero group"}))
call("item made", lambda: xero.items.put({"Code": "PY", "Name": "Pyxero item", "IsSold": True}))
