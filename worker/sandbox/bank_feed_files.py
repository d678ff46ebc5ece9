"""Statement lines in a books folder: `StatementLines.json`, beside the files of the books."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from worker.sandbox.bank_feed import FILE, Feed
from worker.sandbox.json_stream import RecordFile
from worker.sandbox.store import Store
from worker.sandbox.wire import Record, dumps, from_minor


def open_lines(folder: Path) -> Iterable[Record]:
    """The statement lines of a books folder, read as they load; none where it has no such file.

    Iterating raises OSError for an unreadable file, ValueError for one that is no list of records.
    """
    path = folder / FILE
    return RecordFile(path, ("StatementLines",)) if path.exists() else ()


def read_lines(folder: Path) -> list[Record]:
    """The statement lines of a books folder, all of them at once; raises as `open_lines` does."""
    return list(open_lines(folder))


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
