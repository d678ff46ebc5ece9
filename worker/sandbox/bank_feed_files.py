"""Statement lines in a books folder: `StatementLines.json`, beside the files of the books."""

from __future__ import annotations

from pathlib import Path

from worker.sandbox.bank_feed import FILE, Feed
from worker.sandbox.store import Store
from worker.sandbox.wire import Record, dumps, from_minor, loads


def read_lines(folder: Path) -> list[Record]:
    """The statement lines of a books folder; none where it has no such file.

    Raises OSError for an unreadable file, ValueError for one that is no list of records.
    """
    path = folder / FILE
    if not path.exists():
        return []
    try:
        value = loads(path.read_bytes().decode("utf-8-sig"))
    except ValueError as unreadable:
        raise ValueError(f"{FILE}: not readable as JSON ({unreadable})") from None
    if isinstance(value, dict):
        value = value.get("StatementLines")
    if not isinstance(value, list) or not all(isinstance(record, dict) for record in value):
        raise ValueError(f'{FILE}: expected {{"StatementLines": [...]}} with records in the list')
    return value


def write_lines(store: Store, folder: Path) -> None:
    """Write the statement lines beside dumped books; same lines, same bytes; no file for none.

    Raises OSError when the folder cannot be written.
    """
    feed = Feed(store)
    accounts = {str(account["AccountID"]): account for account in store.accounts()}
    texts = []
    for line in feed.lines():
        account = accounts[line.account_id]
        record: Record = {"accountCode": account.get("Code"), "date": line.date.isoformat()}
        record["amount"] = from_minor(line.amount, feed.currency(account))
        record |= {"payee": line.payee, "reference": line.reference, "id": line.id}
        texts.append(dumps(dict(sorted(record.items()))))
    if texts:
        body = ",\n".join(texts)
        (folder / FILE).write_bytes(f'{{"StatementLines": [\n{body}\n]}}\n'.encode())
