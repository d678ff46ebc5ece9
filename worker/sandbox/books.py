"""Loading and dumping whole books: one list of Xero-shaped records per endpoint.

The ledger is derived from documents, payments and allocations. Partial books are completed: an
organisation, a minimal chart, contacts named by documents, deposits behind bank transactions.
Money that a document says was paid, with no payment to show for it, stands against the
historical adjustment account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from worker.sandbox import chart as supplied
from worker.sandbox import load_besides
from worker.sandbox.bank_feed import FILE as STATEMENT_LINES
from worker.sandbox.intake import (
    Doubts,
    clean,
    clean_account,
    clean_lines,
    clean_organisation,
    label,
    made_id,
)
from worker.sandbox.json_stream import RecordFile
from worker.sandbox.load_documents import finished
from worker.sandbox.loading import KINDS, Loading
from worker.sandbox.pile import Pile, temporary
from worker.sandbox.posting import derive
from worker.sandbox.store import ID_FIELDS, Store
from worker.sandbox.wire import Record, dumps, guid, loads

ENDPOINTS = tuple(ID_FIELDS)
_SETTINGS = ("Organisation", "Accounts", "TaxRates", "TrackingCategories")
DOCUMENTS = ("Invoices", "CreditNotes", "Overpayments", "Prepayments", "BankTransactions")
# Priced and embedding contacts like documents, but nothing of them is in the ledger.
_PRICED = (*DOCUMENTS, "Quotes", "PurchaseOrders", "RepeatingInvoices")


def load_books(store: Store, books: Mapping[str, Iterable[Record]]) -> list[str]:
    """Replace what the store holds by these books; returns notes and problems as sentences.

    One transaction: a fault leaves the store as it was. Records are taken one by one and wait on
    disk, so that books of any size load in the memory of small ones.
    """
    doubts = Doubts()
    with closing(temporary()) as db, store.transaction():
        for table in ("record", "ledger_line", "history", "idempotency", "attachment", "meta"):
            store.rows(f"DELETE FROM {table}")
        held = {kind: list(_records(books, kind, doubts)) for kind in _SETTINGS}
        base = _settings(store, held, doubts)
        chart = supplied.Chart(store)
        piles = {
            kind: Pile(db, kind, ID_FIELDS[kind]) for kind in ENDPOINTS if kind not in _SETTINGS
        }
        for kind, pile in piles.items():
            _clean_into(pile, kind, _records(books, kind, doubts), doubts)
        currencies = _priced(piles, chart, base, doubts)
        _currencies(store, piles.pop("Currencies"), currencies)
        load_besides.fill(piles, chart, doubts)
        load = Loading(store, chart, base, piles, doubts)
        derive(load)
        for kind, pile in piles.items():
            store.put_many(kind, finished(load, kind, pile) if kind in KINDS else pile)
    return list(doubts)


def _records(books: Mapping[str, Iterable[Record]], kind: str, doubts: Doubts) -> Iterator[Record]:
    names = ("Organisation", "Organisations") if kind == "Organisation" else (kind,)
    odd = 0
    for name in names:
        for record in books.get(name) or ():
            if isinstance(record, dict):
                yield record
            else:
                odd += 1
    if odd:
        doubts.tell(f"{kind}: {odd} entries are not records and are left out")


def _settings(store: Store, held: Mapping[str, list[Record]], doubts: Doubts) -> str:
    """Store the organisation, chart, tax rates and tracking; returns the base currency."""
    given = held["Organisation"][:1]
    if not given:
        doubts.tell("No organisation in these books: a UK company in GBP is supplied")
    organisation = clean_organisation(
        given[0] if given else {}, supplied.supplied_organisation(), doubts
    )
    base = str(organisation["BaseCurrency"])
    store.set_meta("seed", organisation["OrganisationID"])
    store.put("Organisation", organisation)
    chart = [
        clean_account(record, place, base, doubts) for place, record in enumerate(held["Accounts"])
    ]
    if not chart:
        doubts.tell("No accounts in these books: a minimal UK chart is supplied")
        chart = supplied.supplied_accounts(base)
    store.put_many("Accounts", [*chart, *supplied.missing_accounts(chart)])
    rates = [clean("TaxRates", record, 0, doubts) for record in held["TaxRates"]]
    rates = rates or supplied.supplied_tax_rates()
    if not any(rate["TaxType"] == "NONE" for rate in rates):
        rates.append(supplied.supplied_tax_rates()[-1])
    store.put_many("TaxRates", rates)
    for place, record in enumerate(held["TrackingCategories"]):
        found = clean("TrackingCategories", record, place, doubts)
        found.setdefault("Status", "ACTIVE")
        found.setdefault("Options", [])
        store.put("TrackingCategories", found)
    return base


def _clean_into(pile: Pile, kind: str, records: Iterable[Record], doubts: Doubts) -> None:
    for place, record in enumerate(records):
        one = clean(kind, record, place, doubts)
        if one[ID_FIELDS[kind]] in pile:
            doubts.tell(f"{label(kind, one)} appears twice: the last one counts")
        pile.put(one)


def _priced(
    piles: Mapping[str, Pile], chart: supplied.Chart, base: str, doubts: Doubts
) -> set[str]:
    """Price lines and embed contacts the one way; returns the currencies of all documents."""
    people, named, used = _People(piles["Contacts"]), Doubts(), {base}
    for kind in _PRICED:
        for record in piles[kind].revised():
            record["CurrencyCode"] = str(record.get("CurrencyCode") or base).upper()
            used.add(record["CurrencyCode"])
            clean_lines(kind, record, chart, doubts)
            people.embed(kind, record, named)
    for sentence in named:
        doubts.tell(sentence)
    people.fill()
    return used


class _People:
    """Contacts by id and by name; those that only documents name are made."""

    def __init__(self, pile: Pile) -> None:
        self._pile = pile
        self._names: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._traded: dict[str, set[str]] = {"IsCustomer": set(), "IsSupplier": set()}
        for record in pile:
            self._names[record["ContactID"]] = record.get("Name", "")
            self._ids[str(record.get("Name") or "").lower()] = record["ContactID"]

    def embed(self, kind: str, record: Record, doubts: Doubts) -> None:
        """Write a record's contact in as its id and name."""
        stub = record.get("Contact") or {}
        name, sent = str(stub.get("Name") or "").strip(), stub.get("ContactID")
        found: str | None = guid(sent)
        if found not in self._names:
            found = None if sent else self._ids.get(name.lower())
        if found is None and (name or sent):
            found = self._supply(guid(sent or made_id("contact", name.lower())), name, doubts)
        if found is None:
            if not str(record.get("Type", "")).endswith("-TRANSFER"):
                doubts.tell(f"{label(kind, record)} names no contact")
            return
        record["Contact"] = {"ContactID": found, "Name": self._names[found]}
        if kind in DOCUMENTS:
            sales = str(record.get("Type", "")).startswith(("ACCREC", "RECEIVE", "AR"))
            self._traded["IsCustomer" if sales else "IsSupplier"].add(found)

    def _supply(self, contact_id: str, name: str, doubts: Doubts) -> str:
        made = clean("Contacts", {"ContactID": contact_id, "Name": name or contact_id}, 0, doubts)
        self._pile.put(made)
        self._names[contact_id] = made["Name"]
        self._ids[name.lower()] = contact_id
        doubts.tell(f"Contact {made['Name']} is named by documents only, and supplied")
        return contact_id

    def fill(self) -> None:
        """Give every contact what it lacks."""
        for record in self._pile.revised():
            for field, traded in self._traded.items():
                if record["ContactID"] in traded:
                    record[field] = True
            record.setdefault("Name", record["ContactID"])
            record.setdefault("ContactStatus", "ACTIVE")
            for field in ("Addresses", "Phones", "ContactGroups", "ContactPersons"):
                record.setdefault(field, [])
            for field in ("IsSupplier", "IsCustomer", "HasAttachments", "HasValidationErrors"):
                record.setdefault(field, False)
            record.pop("Balances", None)


def _currencies(store: Store, given: Iterable[Record], used: set[str]) -> None:
    used |= {a["CurrencyCode"] for a in store.all("Accounts") if a.get("CurrencyCode")}
    names = {str(record["Code"]).upper(): record for record in given if record.get("Code")}
    missing = sorted(used - names.keys())
    store.put_many("Currencies", [{**record, "Code": code} for code, record in names.items()])
    store.put_many("Currencies", [{"Code": code, "Description": code} for code in missing])


def open_folder(path: Path | str) -> tuple[dict[str, RecordFile], list[str]]:
    """(books, notes) of a folder with one `<Endpoint>.json` per endpoint, read as they load.

    Raises OSError where the folder cannot be read; a file that is not JSON of the expected shape
    is named by the ValueError its iteration raises. Files of other names are ignored with a note;
    statement lines are no part of the books, and read by `bank_feed`.
    """
    books: dict[str, RecordFile] = {}
    notes: list[str] = []
    for file in sorted(Path(path).iterdir()):
        if file.name == STATEMENT_LINES:
            continue
        kind = "Organisation" if file.stem == "Organisations" else file.stem
        if file.suffix != ".json" or kind not in ENDPOINTS:
            notes.append(f"{file.name} is not a file of a books folder and is ignored")
            continue
        names = (kind, "Organisations") if kind == "Organisation" else (kind,)
        books[file.stem] = RecordFile(file, names, ID_FIELDS[kind])
    return books, notes


def read_folder(path: Path | str) -> tuple[dict[str, list[Record]], list[str]]:
    """(books, notes) of a folder, all of it at once; raises as `open_folder` and its books do."""
    books, notes = open_folder(path)
    return {kind: list(records) for kind, records in books.items()}, notes


def dump_folder(store: Store, path: Path | str) -> None:
    """Write the books as a folder: same books, same bytes.

    Raises OSError when the folder cannot be written.
    """
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ENDPOINTS:
        with (folder / f"{kind}.json").open("w", encoding="utf-8", newline="\n") as file:
            file.write(f'{{"{kind}": [')
            mark = "\n"
            for (text,) in _texts(store, kind):
                file.write(mark + dumps(_sorted(loads(text))))
                mark = ",\n"
            file.write("\n]}\n")


def _texts(store: Store, kind: str) -> list[tuple[Any, ...]]:
    # A transfer's legs are made anew from the transfer.
    return store.rows(
        "SELECT json FROM record WHERE kind = ? AND COALESCE(type, '') NOT LIKE '%-TRANSFER'"
        " ORDER BY COALESCE(date, ''), COALESCE(number, ''), id",
        (kind,),
    )


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
