"""Loading bank money and transfers, and the deposits that bank money opens."""

from __future__ import annotations

from decimal import Decimal

from worker.sandbox.banking import deposit_record
from worker.sandbox.chart import account_stub
from worker.sandbox.entries import SIDES
from worker.sandbox.intake import label, made_id
from worker.sandbox.loading import LIVE, Loading
from worker.sandbox.store import ID_FIELDS
from worker.sandbox.transfers import post_transfer
from worker.sandbox.wire import ZERO, Record, flag, guid


def bank_transactions(load: Loading) -> None:
    """Post spend and receive money; legs of transfers are left to the transfers."""
    legs = {
        guid(transfer.get(f"{side}BankTransactionID"))
        for transfer in load.books["BankTransfers"]
        for side in ("From", "To")
    }
    left_out = []
    for record in load.books["BankTransactions"].revised():
        if str(record.get("Type", "")).endswith("-TRANSFER"):
            if record["BankTransactionID"] not in legs:
                load.doubts.tell(
                    f"{label('BankTransactions', record)} is a leg of a transfer that is not "
                    "in the books, and is left out"
                )
            left_out.append(record["BankTransactionID"])
            continue
        _bank_transaction(load, record)
    load.books["BankTransactions"].remove(left_out)


def _bank_transaction(load: Loading, record: Record) -> None:
    load.dated("BankTransactions", record)
    record.setdefault("Status", "AUTHORISED")
    record["IsReconciled"] = bool(flag(record.get("IsReconciled")))
    record.setdefault("HasAttachments", False)
    bank = load.account(record.get("BankAccount"), label("BankTransactions", record))
    record["BankAccount"] = account_stub(bank)
    kind = str(record.get("Type", ""))
    if kind not in ("SPEND", "RECEIVE") and kind not in SIDES:
        load.doubts.tell(f"{label('BankTransactions', record)}: Type {kind!r} is not known")
        return
    deposit_id = None
    for ending, plural in (("-OVERPAYMENT", "Overpayments"), ("-PREPAYMENT", "Prepayments")):
        if kind.endswith(ending):
            deposit_id = _deposit(load, record, plural)
    if record["Status"] in LIVE:
        load.ledger.bank_money(record, bank, deposit_id)


def _deposit(load: Loading, record: Record, plural: str) -> str:
    name = ID_FIELDS[plural]
    deposit_id = guid(record.get(name)) or made_id(plural, record["BankTransactionID"])
    record[name] = deposit_id
    if deposit_id not in load.books[plural]:
        found = deposit_record(deposit_id, plural, record)
        found["UpdatedDateUTC"] = record["UpdatedDateUTC"]
        load.books[plural].put(found)
    if record["Status"] in LIVE:
        load.opened.add(deposit_id)
    return deposit_id


def transfers(load: Loading) -> None:
    """Post transfers, and make their legs anew."""
    for transfer in load.books["BankTransfers"].revised():
        name = label("BankTransfers", transfer)
        load.dated("BankTransfers", transfer)
        transfer.setdefault("Status", "AUTHORISED")
        transfer.setdefault("CurrencyRate", Decimal(1))
        transfer.setdefault("Amount", ZERO)
        banks = []
        for side in ("From", "To"):
            bank = load.account(transfer.get(f"{side}BankAccount"), name)
            transfer[f"{side}BankAccount"] = account_stub(bank)
            banks.append(bank)
            key = f"{side}BankTransactionID"
            transfer[key] = guid(transfer.get(key)) or made_id(transfer["BankTransferID"], side)
            transfer[f"{side}IsReconciled"] = bool(flag(transfer.get(f"{side}IsReconciled")))
        transfer.setdefault("HasAttachments", False)
        if transfer["Status"] == "AUTHORISED" and transfer["Amount"]:
            post_transfer(load.ledger, transfer, banks[0], banks[1])
