"""Transfers between own bank accounts: created or deleted, with a leg on each side (5.4)."""

from __future__ import annotations

from decimal import Decimal

from worker.sandbox.chart import account_stub
from worker.sandbox.errors import Invalid
from worker.sandbox.ledger import Ledger
from worker.sandbox.session import Session
from worker.sandbox.wire import (
    ZERO,
    Record,
    day_of,
    exponent_of,
    flag,
    ms_date,
    ms_of,
    rounded,
    set_day,
    stamp,
    stored,
)


def save(session: Session, sent: Record, record_id: str | None, create_only: bool) -> Record:
    """Create one transfer with its two legs, or delete one; raises Invalid."""
    given = None if create_only else record_id or sent.get("BankTransferID")
    if given:
        return _delete_transfer(session, str(given), sent)
    source = session.bank_account(sent.get("FromBankAccount"))
    target = session.bank_account(sent.get("ToBankAccount"))
    if source["AccountID"] == target["AccountID"]:
        raise Invalid("A transfer must be between two different bank accounts")
    amount, day = session.money(sent), session.day(sent, "Date")
    session.check_open(day)
    new: Record = {"BankTransferID": session.store.new_id()}
    for field, account in (("FromBankAccount", source), ("ToBankAccount", target)):
        new[field] = account_stub(account)
    new["Amount"] = amount
    set_day(new, "Date", day)
    new["Reference"] = str(sent.get("Reference") or "")[:255]
    new.update(Status="AUTHORISED", CurrencyRate=_transfer_rate(session, source, target, sent))
    for side in ("From", "To"):
        new[f"{side}BankTransactionID"] = session.store.new_id()
        new[f"{side}IsReconciled"] = bool(flag(sent.get(f"{side}IsReconciled")))
        if isinstance(sent.get(f"{side}Tracking"), list):
            new[f"{side}Tracking"] = sent[f"{side}Tracking"]
    new["HasAttachments"] = False
    new["CreatedDateUTC"] = ms_date(ms_of(session.now))
    session.store.put("BankTransfers", new)
    post_transfer(session.ledger, new, source, target)
    return new


def _transfer_rate(session: Session, source: Record, target: Record, sent: Record) -> Decimal:
    held = {account.get("CurrencyCode") or session.base for account in (source, target)}
    foreign = held - {session.base}
    if not foreign:
        return Decimal(1)
    if len(foreign) > 1:
        raise Invalid("A transfer between two foreign currencies cannot be made here")
    return session.rate(sent) or session.usual_rate(foreign.pop())


def post_transfer(ledger: Ledger, transfer: Record, source: Record, target: Record) -> None:
    """Write a transfer's two legs, fetchable by id but not listed, and post it."""
    amount, rate = stored(transfer["Amount"]), stored(transfer.get("CurrencyRate") or 1)
    held = [account.get("CurrencyCode") or ledger.base for account in (source, target)]
    arriving = amount
    if held[0] != held[1]:
        changed = amount * rate if held[0] == ledger.base else amount / rate
        arriving = rounded(changed, exponent_of(held[1]))
    entries = [
        ledger.bank_entry(source, amount, -1, rate, None),
        ledger.bank_entry(target, arriving, 1, rate, None),
    ]
    gap = -sum(entry.amount for entry in entries)
    if gap:
        entries.append(ledger.gain(gap, "both"))
    day = day_of(transfer["Date"])
    if day is None:
        raise AssertionError(f"a transfer without a date: {transfer}")
    ledger.post("BankTransfers", transfer["BankTransferID"], day.isoformat(), entries)
    for side, account, value in (("From", source, amount), ("To", target, arriving)):
        leg: Record = {
            "BankTransactionID": transfer[f"{side}BankTransactionID"],
            "Type": "SPEND-TRANSFER" if side == "From" else "RECEIVE-TRANSFER",
            "BankAccount": account_stub(account),
            "IsReconciled": bool(transfer.get(f"{side}IsReconciled")),
            "Reference": transfer.get("Reference") or "",
        }
        set_day(leg, "Date", day)
        leg.update(Status=transfer["Status"], LineAmountTypes="NoTax", LineItems=[])
        leg.update(SubTotal=value, TotalTax=ZERO, Total=value)
        leg.update(CurrencyCode=account.get("CurrencyCode") or ledger.base, HasAttachments=False)
        leg["BankTransferID"] = transfer["BankTransferID"]
        leg["UpdatedDateUTC"] = transfer["CreatedDateUTC"]
        ledger.store.put("BankTransactions", leg)


def _delete_transfer(session: Session, transfer_id: str, sent: Record) -> Record:
    found = session.store.get("BankTransfers", transfer_id)
    if found is None:
        raise Invalid("The bank transfer with the supplied id was not found")
    if sent.get("Status") != "DELETED":
        raise Invalid("Bank transfers cannot be updated; they can only be created or deleted")
    if found["Status"] == "DELETED":
        raise Invalid("The bank transfer has been deleted already")
    if found.get("FromIsReconciled") or found.get("ToIsReconciled"):
        raise Invalid("A bank transfer with a reconciled side cannot be deleted")
    session.check_open(day_of(found["Date"]) or session.today)
    session.ledger.reverse(found["BankTransferID"])
    found["Status"] = "DELETED"
    session.store.put("BankTransfers", found)
    for side in ("From", "To"):
        leg = session.store.get("BankTransactions", found[f"{side}BankTransactionID"])
        if leg is not None:
            leg["Status"] = "DELETED"
            stamp(leg, session.now, text=False)
            session.store.put("BankTransactions", leg)
    return found
