"""Did the cash of every bank line move in the ledger exactly once?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from worker.sandbox.bank_feed import Feed, Item, StatementLine, nearest


@dataclass(frozen=True, slots=True)
class Cash:
    """Bank lines beside the account transactions that move their money.

    `moved` pairs each line with its records: those reconciled with it, else the unreconciled record
    of its amount nearest in date, else none. `spare` are the records no line stands behind:
    money the ledger moved and the bank did not, or moved a second time.
    """

    moved: dict[StatementLine, tuple[Item, ...]]
    spare: tuple[Item, ...]

    def of(self, mark: str) -> list[Item]:
        """The spare records whose reference carries `mark`: counted once too often by its owner."""
        return [item for item in self.spare if mark in item.reference]


def cash_moved(feed: Feed) -> Cash:
    """Pair all lines and records one to one; records before an account's first line are left out.

    Raises AssertionError when a reconciled line and its records come to different sums: the feed
    lets nobody do that.
    """
    lines = feed.lines()
    tied = feed.tied()
    first = {line.account_id: line.date for line in reversed(lines)}
    behind: defaultdict[str, list[Item]] = defaultdict(list)
    free: list[Item] = []
    for account_id, day in first.items():
        for item in feed.items(account_id):
            if item.id in tied:
                behind[tied[item.id]].append(item)
            elif item.date >= day:
                free.append(item)
    moved = {line: tuple(behind[line.id]) for line in lines}
    for line, items in moved.items():
        if items and sum(item.amount for item in items) != line.amount:
            raise AssertionError(f"line {line.id} is {line.amount}, its records are {items}")
    waiting: defaultdict[tuple[str, int], list[StatementLine]] = defaultdict(list)
    for line in lines:
        if not moved[line]:
            waiting[line.account_id, line.amount].append(line)
    spare = []
    for item in free:
        found = nearest(waiting[item.account_id, item.amount], item)
        if found is None:
            spare.append(item)
        else:
            waiting[item.account_id, item.amount].remove(found)
            moved[found] = (item,)
    return Cash(moved, tuple(spare))
