"""Spend and receive money, and the deposits it opens (fact sheet 5.3)."""

from __future__ import annotations

from decimal import Decimal

from worker.sandbox import contacts, items, lines
from worker.sandbox.chart import account_stub
from worker.sandbox.errors import Invalid
from worker.sandbox.ledger import SIDES
from worker.sandbox.session import Session
from worker.sandbox.wire import (
    ZERO,
    Record,
    day_of,
    flag,
    set_day,
    stamp,
    stored,
)

PLAIN = ("SPEND", "RECEIVE")
_DEPOSITS = {"OVERPAYMENT": "Overpayments", "PREPAYMENT": "Prepayments"}
_TYPES = (*PLAIN, *(f"{side}-{deposit}" for side in PLAIN for deposit in _DEPOSITS))
# What a deposit takes over from the bank transaction that opened it.
_COPIED = (
    *("Type", "Contact", "DateString", "Date", "Status", "LineAmountTypes", "LineItems"),
    *("SubTotal", "TotalTax", "Total", "CurrencyCode"),
)
_RECONCILED = (
    "This Bank Transaction cannot be edited as it has been reconciled with a Bank Statement."
)


def save(session: Session, sent: Record, record_id: str | None, create_only: bool) -> Record:
    """Create, update or delete (Status DELETED) one bank transaction; raises Invalid."""
    given = None if create_only else record_id or sent.get("BankTransactionID")
    if not given:
        return _create(session, sent)
    old = session.store.get("BankTransactions", str(given))
    if old is None:
        raise Invalid("The document with the supplied id was not found for this endpoint.")
    if old["Type"] not in PLAIN:
        raise Invalid(f"A bank transaction of type {old['Type']} cannot be updated or deleted")
    if old["Status"] != "AUTHORISED":
        raise Invalid("This Bank Transaction cannot be edited as it has been deleted")
    if old.get("IsReconciled"):
        raise Invalid(_RECONCILED)
    session.check_open(day_of(old["Date"]) or session.today)
    wanted = str(sent.get("Status") or "AUTHORISED")
    if wanted in ("DELETED", "VOIDED"):
        session.ledger.reverse(old["BankTransactionID"])
        old["Status"] = wanted
        stamp(old, session.now, text=False)
        session.store.put("BankTransactions", old)
        return old
    if sent.get("Type", old["Type"]) != old["Type"]:
        raise Invalid("The Type of a bank transaction cannot be changed")
    return _update(session, old, sent)


def _create(session: Session, sent: Record) -> Record:
    kind = sent.get("Type")
    if kind not in _TYPES:
        raise Invalid(f"The Type '{kind}' is not valid for a bank transaction made here")
    if sent.get("Status") not in (None, "", "AUTHORISED"):
        raise Invalid("A new bank transaction can only be AUTHORISED")
    account = session.bank_account(sent.get("BankAccount"))
    new: Record = {"BankTransactionID": session.store.new_id(), "Type": kind}
    new["BankAccount"] = account_stub(account)
    new["Contact"] = contacts.for_document(
        session, sent.get("Contact"), sales=kind.startswith("RECEIVE")
    )
    new["IsReconciled"] = bool(flag(sent.get("IsReconciled")))
    _fill(session, new, {}, sent, account)
    deposit = _open_deposit(session, new)
    session.store.put("BankTransactions", new)
    session.ledger.bank_money(new, account, deposit)
    return new


def _update(session: Session, old: Record, sent: Record) -> Record:
    new = dict(old)
    account = session.bank_account(sent.get("BankAccount") or old["BankAccount"])
    new["BankAccount"] = account_stub(account)
    if sent.get("Contact"):
        new["Contact"] = contacts.for_document(
            session, sent["Contact"], sales=old["Type"] == "RECEIVE"
        )
    if "IsReconciled" in sent:
        new["IsReconciled"] = bool(flag(sent["IsReconciled"]))
    _fill(session, new, old, sent, account)
    session.store.put("BankTransactions", new)
    session.ledger.reverse(new["BankTransactionID"])
    session.ledger.bank_money(new, account)
    return new


def _fill(session: Session, new: Record, old: Record, sent: Record, account: Record) -> None:
    """Date, reference, currency, lines and totals."""
    kind = new["Type"]
    if kind in PLAIN:
        new["Reference"] = str(sent.get("Reference", old.get("Reference")) or "")[:255]
    day = session.day(sent, "Date", day_of(old.get("Date")))
    session.check_open(day)
    set_day(new, "Date", day)
    new["Status"] = "AUTHORISED"
    held = account.get("CurrencyCode") or session.base
    wanted = session.currency(sent.get("CurrencyCode") or held)
    if wanted != held:
        raise Invalid("The CurrencyCode must be the currency of the bank account")
    new["CurrencyCode"] = held
    if held != session.base:
        new["CurrencyRate"] = (
            session.rate(sent) or old.get("CurrencyRate") or session.usual_rate(held)
        )
    overpayment = kind.endswith("-OVERPAYMENT")
    default = "NoTax" if overpayment else old.get("LineAmountTypes") or "Inclusive"
    mode = lines.mode_of(sent.get("LineAmountTypes"), default)
    given = sent.get("LineItems", old.get("LineItems"))
    given = [given] if isinstance(given, dict) else given
    if not isinstance(given, list) or not given or not all(isinstance(g, dict) for g in given):
        raise Invalid("One or more line items must be specified")
    if overpayment and len(given) != 1:
        raise Invalid("An overpayment must have exactly one line item")
    new["LineAmountTypes"] = mode = "NoTax" if overpayment else mode
    given = items.fill_lines(session, given, sales=kind.startswith("RECEIVE"))
    merged = lines.merge_lines(old.get("LineItems") or [], given)
    new["LineItems"] = [_line(session, line, mode, kind) for line in merged]
    subtotal, tax, total = lines.totals(new["LineItems"], mode)
    if total <= 0:
        raise Invalid("The total of a bank transaction must be greater than zero")
    new.update(SubTotal=subtotal, TotalTax=tax, Total=total)
    if sent.get("Url"):
        new["Url"] = str(sent["Url"])
    new.setdefault("HasAttachments", False)
    stamp(new, session.now, text=False)


def _line(session: Session, line: Record, mode: str, kind: str) -> Record:
    control = None
    if kind.endswith("-OVERPAYMENT"):
        control = session.chart.accounts[session.chart.role(SIDES[kind][0])]
        kept = ("Description", "Quantity", "UnitAmount", "LineAmount", "Tracking", "LineItemID")
        line = {key: line[key] for key in kept if key in line} | {"TaxType": "NONE"}
    priced = lines.price(
        line, session.chart, mode, places=session.places, discounts=False, free_tax=False
    )
    if stored(priced["Quantity"]) <= 0:
        raise Invalid("The Quantity of a line must be greater than zero")
    if control is not None:
        priced["AccountID"] = control["AccountID"]
        if control.get("Code"):
            priced["AccountCode"] = control["Code"]
    elif not priced.get("AccountID") and not kind.endswith("-PREPAYMENT"):
        raise Invalid("Account code must be specified")
    priced["LineItemID"] = priced.get("LineItemID") or session.store.new_id()
    return priced


def _open_deposit(session: Session, new: Record) -> str | None:
    """Make the over- or prepayment a bank transaction opens, and return its id."""
    _, _, deposit = new["Type"].partition("-")
    if deposit not in _DEPOSITS:
        return None
    kind = _DEPOSITS[deposit]
    found = deposit_record(session.store.new_id(), kind, new)
    stamp(found, session.now)
    session.store.put(kind, found)
    new[f"{kind[:-1]}ID"] = found[f"{kind[:-1]}ID"]
    return str(found[f"{kind[:-1]}ID"])


def deposit_record(deposit_id: str, kind: str, money: Record) -> Record:
    """The Overpayment or Prepayment standing behind a bank transaction, wholly unapplied."""
    found: Record = {f"{kind[:-1]}ID": deposit_id}
    found |= {key: money[key] for key in _COPIED if key in money}
    found["CurrencyRate"] = money.get("CurrencyRate") or Decimal(1)
    found.update(RemainingCredit=stored(money.get("Total")), AppliedAmount=ZERO)
    found.update(Allocations=[], Payments=[], HasAttachments=False)
    return found
