"""Loading and dumping whole books: one list of Xero-shaped records per endpoint.

The ledger is derived from documents, payments and allocations. Partial books are completed: an
organisation, a minimal chart, contacts named by documents, deposits behind bank transactions.
Money that a document says was paid, with no payment to show for it, stands against the
historical adjustment account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from worker.sandbox.loading import Loading
from worker.sandbox.posting import derive
from worker.sandbox.store import ID_FIELDS, Store
from worker.sandbox.wire import Record, dumps, guid, loads

ENDPOINTS = tuple(ID_FIELDS)
_SETTINGS = ("Organisation", "Accounts", "TaxRates", "TrackingCategories")
DOCUMENTS = ("Invoices", "CreditNotes", "Overpayments", "Prepayments", "BankTransactions")
# Priced and embedding contacts like documents, but nothing of them is in the ledger.
_PRICED = (*DOCUMENTS, "Quotes", "PurchaseOrders", "RepeatingInvoices")


def load_books(store: Store, books: Mapping[str, Sequence[Record]]) -> list[str]:
    """Replace what the store holds by these books; returns notes and problems as sentences.

    One transaction: a fault leaves the store as it was.
    """
    doubts = Doubts()
    with store.transaction():
        for table in ("record", "ledger_line", "history", "idempotency", "attachment", "meta"):
            store.rows(f"DELETE FROM {table}")
        held = {kind: _records(books, kind, doubts) for kind in ENDPOINTS}
        base = _settings(store, held, doubts)
        chart = supplied.Chart(store)
        cleaned = {
            kind: _cleaned(kind, held[kind], doubts) for kind in ENDPOINTS if kind not in _SETTINGS
        }
        for kind in _PRICED:
            for record in cleaned[kind]:
                record["CurrencyCode"] = str(record.get("CurrencyCode") or base).upper()
                clean_lines(kind, record, chart, doubts)
        _contacts(cleaned, doubts)
        _currencies(store, cleaned.pop("Currencies"), cleaned, base)
        load_besides.fill(cleaned, chart, doubts)
        derive(Loading(store, chart, base, cleaned, doubts))
        for kind, records in cleaned.items():
            store.put_many(kind, records)
    return list(doubts)


def _records(books: Mapping[str, Sequence[Record]], kind: str, doubts: Doubts) -> list[Record]:
    names = ("Organisation", "Organisations") if kind == "Organisation" else (kind,)
    found = [record for name in names for record in books.get(name) or ()]
    kept = [record for record in found if isinstance(record, dict)]
    if len(kept) < len(found):
        doubts.tell(f"{kind}: {len(found) - len(kept)} entries are not records and are left out")
    return kept


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


def _cleaned(kind: str, records: Sequence[Record], doubts: Doubts) -> list[Record]:
    found: dict[str, Record] = {}
    for place, record in enumerate(records):
        one = clean(kind, record, place, doubts)
        if one[ID_FIELDS[kind]] in found:
            doubts.tell(f"{label(kind, one)} appears twice: the last one counts")
        found[one[ID_FIELDS[kind]]] = one
    return list(found.values())


def _contacts(cleaned: dict[str, list[Record]], doubts: Doubts) -> None:
    """Fill contacts in, make those that only documents name, and embed them the one way."""
    known = {record["ContactID"]: record for record in cleaned["Contacts"]}
    by_name = {str(record.get("Name") or "").lower(): record for record in cleaned["Contacts"]}
    for kind in _PRICED:
        for record in cleaned[kind]:
            stub = record.get("Contact") or {}
            name = str(stub.get("Name") or "").strip()
            found = known.get(guid(stub.get("ContactID"))) or (
                by_name.get(name.lower()) if not stub.get("ContactID") else None
            )
            if found is None and (name or stub.get("ContactID")):
                contact_id = guid(stub.get("ContactID") or made_id("contact", name.lower()))
                found = {"ContactID": contact_id, "Name": name or contact_id}
                found = clean("Contacts", found, 0, doubts)
                known[contact_id] = by_name[name.lower()] = found
                doubts.tell(f"Contact {found['Name']} is named by documents only, and supplied")
            if found is None:
                if not str(record.get("Type", "")).endswith("-TRANSFER"):
                    doubts.tell(f"{label(kind, record)} names no contact")
                continue
            record["Contact"] = {"ContactID": found["ContactID"], "Name": found.get("Name", "")}
            if kind in DOCUMENTS:
                sales = str(record.get("Type", "")).startswith(("ACCREC", "RECEIVE", "AR"))
                found["IsCustomer" if sales else "IsSupplier"] = True
    for record in known.values():
        record.setdefault("Name", record["ContactID"])
        record.setdefault("ContactStatus", "ACTIVE")
        for field in ("Addresses", "Phones", "ContactGroups", "ContactPersons"):
            record.setdefault(field, [])
        for field in ("IsSupplier", "IsCustomer", "HasAttachments", "HasValidationErrors"):
            record.setdefault(field, False)
        record.pop("Balances", None)
    cleaned["Contacts"] = list(known.values())


def _currencies(
    store: Store, given: Sequence[Record], cleaned: Mapping[str, list[Record]], base: str
) -> None:
    used = {record["CurrencyCode"] for kind in _PRICED for record in cleaned[kind]} | {base}
    used |= {a["CurrencyCode"] for a in store.all("Accounts") if a.get("CurrencyCode")}
    names = {str(record["Code"]).upper(): record for record in given if record.get("Code")}
    missing = sorted(used - names.keys())
    store.put_many("Currencies", [{**record, "Code": code} for code, record in names.items()])
    store.put_many("Currencies", [{"Code": code, "Description": code} for code in missing])


def read_folder(path: Path | str) -> tuple[dict[str, list[Record]], list[str]]:
    """(books, notes) of a folder with one `<Endpoint>.json` per endpoint.

    Raises OSError where the folder or a file cannot be read, and ValueError naming the file that
    is not JSON of the expected shape. Files of other names are ignored with a note; statement
    lines are no part of the books, and read by `bank_feed`.
    """
    books: dict[str, list[Record]] = {}
    notes: list[str] = []
    for file in sorted(Path(path).iterdir()):
        if file.name == STATEMENT_LINES:
            continue
        kind = "Organisation" if file.stem == "Organisations" else file.stem
        if file.suffix != ".json" or kind not in ENDPOINTS:
            notes.append(f"{file.name} is not a file of a books folder and is ignored")
            continue
        try:
            value = loads(file.read_bytes().decode("utf-8-sig"))
        except ValueError as unreadable:
            raise ValueError(f"{file.name}: not readable as JSON ({unreadable})") from None
        books.setdefault(kind, []).extend(_unwrapped(value, kind, file.name))
    return books, notes


def _unwrapped(value: Any, kind: str, name: str) -> list[Record]:
    """Records of `{"Invoices": [...]}`, a bare list, or one bare record."""
    if isinstance(value, dict):
        plural = "Organisations" if kind == "Organisation" else kind
        value = value.get(kind, value.get(plural, [value] if ID_FIELDS[kind] in value else None))
        value = [value] if isinstance(value, dict) else value
    if not isinstance(value, list) or not all(isinstance(record, dict) for record in value):
        raise ValueError(f'{name}: expected {{"{kind}": [...]}} with records in the list')
    return value


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
