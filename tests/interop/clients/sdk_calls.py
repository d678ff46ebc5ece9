"""Xero's own Python SDK at a day's work: lists, pages, filters, writes, money, reports.

Run as `python sdk_calls.py BASE_URL` by an interpreter that has the package.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sdk_session import (
    api,
    call,
    client,
    identity,
    listed,
    m,
    many,
    one,
    refreshed,
    refused,
    signed_in,
    single,
)

MARCH = {"from_date": date(2026, 3, 1), "to_date": date(2026, 3, 31)}
LISTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("organisations", {}),
    ("accounts", {"where": 'Status=="ACTIVE" AND Type=="BANK"', "order": "Code ASC"}),
    ("tax_rates", {}),
    ("currencies", {}),
    ("tracking_categories", {"include_archived": True}),
    ("users", {}),
    ("branding_themes", {}),
    ("contact_groups", {}),
    ("items", {"unitdp": 4}),
    ("quotes", {}),
    ("purchase_orders", {}),
    ("manual_journals", {"page": 1}),
    ("repeating_invoices", {}),
    ("budgets", {}),
    ("linked_transactions", {}),
    ("contacts", {"search_term": "a", "page": 1, "page_size": 5, "summary_only": True}),
    ("credit_notes", {"page": 1}),
    ("payments", {"page": 1, "page_size": 500}),
    ("batch_payments", {}),
    ("bank_transactions", {"page": 1}),
    ("bank_transfers", {}),
    ("overpayments", {"page": 1}),
    ("prepayments", {"page": 1}),
)
REPORTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("profit_and_loss", {**MARCH, "periods": 2, "timeframe": "MONTH", "standard_layout": True}),
    ("balance_sheet", {"date": date(2026, 3, 31), "periods": 3, "timeframe": "MONTH"}),
    ("trial_balance", {"date": date(2026, 3, 31), "payments_only": True}),
    ("bank_summary", MARCH),
    ("executive_summary", {"date": date(2026, 3, 31)}),
    ("budget_summary", {}),
)

call("signed in by a person", signed_in)
call("token refreshed", refreshed)
call("connections by that token", lambda: identity.get_connections())
call("token revoked", lambda: client.revoke_oauth2_token())
call("token", lambda: client.get_client_credentials_token()["token_type"])
tenant = call("connections", lambda: identity.get_connections())[0].tenant_id


# -- lists, pages and filters
for plural, words in LISTS:
    listed(plural, plural, getattr(api, f"get_{plural}"), tenant, **words)
call("organisation actions", lambda: api.get_organisation_actions(tenant).actions)
accounts = call("all accounts", lambda: api.get_accounts(tenant).accounts)
contacts = call("all contacts", lambda: api.get_contacts(tenant).contacts)
invoices = call("all invoices", lambda: api.get_invoices(tenant).invoices)
numbered = next(invoice for invoice in invoices if invoice.invoice_number)


def every_page() -> int:
    """All invoices by pages of a hundred, each once."""
    seen: list[str] = []
    page = 1
    while True:
        found = api.get_invoices(tenant, page=page)
        seen += [invoice.invoice_id for invoice in found.invoices]
        if page >= found.pagination.page_count:
            break
        page += 1
    assert len(seen) == len(set(seen)) == found.pagination.item_count
    return len(seen)


call("every page of invoices", every_page)
FILTERS: dict[str, dict[str, Any]] = {
    "where and order": {
        "where": 'Type=="ACCREC" AND Status=="AUTHORISED" AND Date>=DateTime(2025,1,1)',
        "order": "Date DESC",
        "page": 1,
    },
    "ids": {"i_ds": [invoice.invoice_id for invoice in invoices[:2]]},
    "statuses": {"statuses": ["AUTHORISED", "PAID"]},
    "contacts": {"contact_i_ds": [numbered.contact.contact_id]},
    "numbers": {"invoice_numbers": [numbered.invoice_number]},
    "since": {"if_modified_since": datetime(2025, 1, 1, tzinfo=UTC), "page": 1},
    "summary": {"summary_only": True, "include_archived": True, "created_by_my_app": False},
}
for name, words in FILTERS.items():
    listed(f"invoices by {name}", "invoices", api.get_invoices, tenant, **words)
refused("a filter that is none", 400, lambda: api.get_invoices(tenant, where="Nonsense=="))
refused("no such invoice", 404, lambda: api.get_invoice(tenant, tenant))


# -- creates and updates
def made(plural: str, *elements: Any, **words: Any) -> Any:
    """The first record a create answers, told under its plural."""
    create = getattr(api, f"create_{plural}")
    return single(f"{plural} made", plural, create, tenant, many(plural, *elements), **words)


def lines(amount: str, code: str = "200") -> list[Any]:
    unit = Decimal(amount)
    line = m.LineItem(description="Work", quantity=1.0, unit_amount=unit, account_code=code)
    return [line]


def invoice(**more: Any) -> Any:
    given = {
        "type": "ACCREC",
        "contact": contact,
        "line_items": lines("100.00"),
        "line_amount_types": m.LineAmountTypes.INCLUSIVE,
        "date": date(2026, 3, 2),
        "due_date": date(2026, 4, 1),
        "status": "AUTHORISED",
    }
    return m.Invoice(**given | more)


bank = next(account for account in accounts if account.code == "090")
savings = next(account for account in accounts if account.code == "091")
named = made(
    "contacts",
    m.Contact(
        name="Interop Ltd",
        email_address="interop@example.com",
        addresses=[m.Address(address_type="STREET", address_line1="1 Wharf Road", city="Leeds")],
        phones=[m.Phone(phone_type="DEFAULT", phone_number="555 0100")],
        contact_persons=[m.ContactPerson(first_name="Ola", include_in_emails=True)],
    ),
)
contact = m.Contact(contact_id=named.contact_id)
changed = many("contacts", m.Contact(last_name="Vale"))
call("contact updated", lambda: api.update_contact(tenant, named.contact_id, changed).contacts)
mixed = many("contacts", contact, m.Contact(name="Interop Two"))
call("contacts updated or made", lambda: api.update_or_create_contacts(tenant, mixed).contacts)
groups = many("contact_groups", m.ContactGroup(name="Interop group"))
group = call("group made", lambda: api.create_contact_group(tenant, groups).contact_groups[0])
members = many("contacts", contact)
call(
    "contact put into it",
    lambda: api.create_contact_group_contacts(tenant, group.contact_group_id, members).contacts,
)
costs = m.Account(code="4291", name="Interop costs", type=m.AccountType.EXPENSE)
call("account made", lambda: one(api.create_account(tenant, costs), "accounts"))
place = m.TrackingCategory(name="Interop place")
call("tracking made", lambda: api.create_tracking_category(tenant, place).tracking_categories[0])

four = [
    invoice(reference="first"),
    invoice(status="DRAFT"),
    invoice(line_items=lines("40.00")),
    invoice(type="ACCPAY", invoice_number="INTEROP-1", line_items=lines("60.00", "429")),
]
key = {"idempotency_key": "interop-invoices"}
give = (api.create_invoices, tenant, many("invoices", *four))
first, draft, second, bill = listed("invoices made", "invoices", *give, **key)
again = single("invoices made again", "invoices", *give, **key)
call("the same under its key", lambda: again.invoice_id == first.invoice_id)
for status in ("AUTHORISED", "VOIDED"):
    wanted = many("invoices", m.Invoice(status=status))
    number = draft.invoice_id
    single(f"invoice {status}", "invoices", api.update_invoice, tenant, number, wanted)
mixed = many("invoices", invoice(), invoice(contact=None))
call(
    "a good and a bad one",
    lambda: [
        each.status_attribute_string
        for each in api.update_or_create_invoices(tenant, mixed, summarize_errors=False).invoices
    ],
)
bad = many("invoices", invoice(contact=None))
refused("an invoice without a contact", 400, lambda: api.create_invoices(tenant, bad))
which = (tenant, first.invoice_id)
call("online invoice", lambda: api.get_online_invoice(*which).online_invoices)
notes = many("history_records", m.HistoryRecord(details="Seen by the SDK"))
call("a note on it", lambda: api.create_invoice_history(*which, notes).history_records)
call("its history", lambda: api.get_invoice_history(*which).history_records)
call("as pdf", lambda: Path(api.get_invoice_as_pdf(*which)).read_bytes()[:5].decode())
call("sent", lambda: api.email_invoice(*which, m.RequestEmpty()))
attach = api.create_invoice_attachment_by_file_name
call("attachment put", lambda: attach(*which, "receipt.txt", b"seen").attachments)
call("attachments", lambda: api.get_invoice_attachments(*which).attachments)
shape = {"contact": contact, "date": date(2026, 3, 3)}
inclusive = {"line_amount_types": m.LineAmountTypes.INCLUSIVE, "status": "AUTHORISED", **shape}
back = {"type": "ACCRECCREDIT", "line_items": lines("25.00")}
note = made("credit_notes", m.CreditNote(**back, **inclusive))
sold = m.Purchase(unit_price=12.5, account_code="200")
made("items", m.Item(code="WIDGET", name="Widget", sales_details=sold))
made("quotes", m.Quote(line_items=lines("10.00"), **shape))
made("purchase_orders", m.PurchaseOrder(line_items=lines("10.00", "429"), **shape))
two = [
    m.ManualJournalLine(line_amount=amount, account_code=code)
    for amount, code in ((30.0, "429"), (-30.0, "200"))
]
made("manual_journals", m.ManualJournal(narration="Accrual", status="POSTED", journal_lines=two))


# -- money
def part(amount: str, of: Any) -> Any:
    """An allocation of part of a credit."""
    target = m.Invoice(invoice_id=of.invoice_id)
    return many(
        "allocations", m.Allocation(amount=float(amount), date=date(2026, 3, 4), invoice=target)
    )


def due() -> str:
    return str(one(api.get_invoice(tenant, first.invoice_id), "invoices").amount_due)


def paying(of: Any, amount: str, **more: Any) -> Any:
    return m.Payment(invoice=m.Invoice(invoice_id=of.invoice_id), amount=Decimal(amount), **more)


on_bank = {"account": m.Account(account_id=bank.account_id), "date": date(2026, 3, 20)}
this = (tenant, note.credit_note_id)
put = call(
    "credit allocated",
    lambda: api.create_credit_note_allocation(*this, part("15.00", second)).allocations[0],
)
gone = api.delete_credit_note_allocations
call("allocation deleted", lambda: gone(*this, put.allocation_id).is_deleted)
paid = made("payments", paying(first, "30.00", reference="SDK", **on_bank))
call("due after it", due)
delete = m.PaymentDelete(status="DELETED")
call("payment deleted", lambda: api.delete_payment(tenant, paid.payment_id, delete).payments[0])
call("due after that", due)
much = many("payments", paying(first, "9999.00", **on_bank))
refused("a payment beyond what is due", 400, lambda: api.create_payments(tenant, much))
both = m.BatchPayment(payments=[paying(first, "100.00"), paying(second, "5.00")], **on_bank)
batches = many("batch_payments", both)
batch = call("batch made", lambda: one(api.create_batch_payment(tenant, batches), "batch_payments"))
delete = m.BatchPaymentDelete(batch_payment_id=batch.batch_payment_id, status="DELETED")
call("batch deleted", lambda: one(api.delete_batch_payment(tenant, delete), "batch_payments"))
kinds = (("SPEND", "429"), ("RECEIVE", "200"), ("RECEIVE-OVERPAYMENT", "610"))
moved = [
    m.BankTransaction(
        type=kind,
        contact=contact,
        line_items=lines("20.00", code),
        date=date(2026, 3, 22),
        line_amount_types=m.LineAmountTypes.INCLUSIVE,
        bank_account=m.Account(account_id=bank.account_id),
    )
    for kind, code in (*kinds, ("RECEIVE-PREPAYMENT", "200"))
]
all_four = many("bank_transactions", *moved)
spent, received, over, before = call(
    "bank transactions made",
    lambda: (
        api.create_bank_transactions(tenant, all_four, summarize_errors=False).bank_transactions
    ),
)
for name, held, more in (
    ("updated", spent, {"reference": "changed", "line_items": lines("13.00", "429")}),
    ("deleted", received, {"status": "DELETED", "line_items": []}),
):
    element = m.BankTransaction(type=held.type, contact=contact, bank_account=bank, **more)
    wanted = many("bank_transactions", element)
    number = held.bank_transaction_id
    update = api.update_bank_transaction
    single(f"bank transaction {name}", "bank_transactions", update, tenant, number, wanted)
this = (tenant, over.overpayment_id)
used = call(
    "overpayment allocated",
    lambda: api.create_overpayment_allocations(*this, part("20.00", second)).allocations[0],
)
gone = api.delete_overpayment_allocations
call("overpayment's allocation deleted", lambda: gone(*this, used.allocation_id).is_deleted)
call("overpayment", lambda: api.get_overpayment(*this).overpayments[0])
this = (tenant, before.prepayment_id)
call("prepayment", lambda: api.get_prepayment(*this).prepayments[0])
call(
    "prepayment allocated",
    lambda: api.create_prepayment_allocations(*this, part("10.00", second)).allocations[0],
)
transfer = m.BankTransfer(
    from_bank_account=bank, to_bank_account=savings, amount=Decimal("5.00"), date=date(2026, 3, 24)
)
transfers = many("bank_transfers", transfer)
sent = call(
    "transfer made", lambda: one(api.create_bank_transfer(tenant, transfers), "bank_transfers")
)
delete = m.BankTransferDeleteByUrlParam(status="DELETED")
this = (tenant, sent.bank_transfer_id)
call("transfer deleted", lambda: one(api.delete_bank_transfer(*this, delete), "bank_transfers"))


# -- reports
def rows_of(name: str, *given: Any, **words: Any) -> None:
    report = getattr(api, f"get_report_{name}")
    call(f"report {name}", lambda: report(*given, **words).reports[0].rows)


for name, words in REPORTS:
    rows_of(name, tenant, **words)
for name in ("aged_receivables", "aged_payables"):
    rows_of(f"{name}_by_contact", tenant, named.contact_id)
call("reports listed", lambda: api.get_reports_list(tenant).reports)
