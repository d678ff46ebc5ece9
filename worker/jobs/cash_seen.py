"""Cash the ledger holds that is not ours and that no bank line explains yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from worker.books.intents import IntentState
from worker.books.records import CashRecord
from worker.mirror import bank_lines, cash, outbox

_CODE = re.compile(r"TO-[0-9A-Z]{7}")
# Written by us, or perhaps written: the record belongs to the intent's own line and to no other.
_PERHAPS: tuple[IntentState, ...] = ("sending", "unknown", "posted", "verified", "disputed")


def others_cash(
    conn: Connection, name: str, account_ids: Sequence[str], since: date | None
) -> tuple[CashRecord, ...]:
    """Live records of these accounts that someone else entered and that are free to be paired.

    A record we wrote is ours by its ledger id, and by its code while its answer is still unknown.
    """
    taken = bank_lines.explaining_records(conn, name)
    own = outbox.own_records(conn, name)
    codes = {intent.code for intent in outbox.open_intents(conn, name, states=_PERHAPS)}
    return tuple(
        record
        for record in cash.records(conn, name, account_ids, since)
        if record.id not in own
        and (record.id, record.account_id) not in taken
        and not codes.intersection(_CODE.findall(record.reference.upper()))
    )
