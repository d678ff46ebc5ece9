"""Contacts: PUT creates, POST upserts by ContactID, ContactNumber, then Name."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from worker.sandbox.errors import Invalid
from worker.sandbox.session import Session
from worker.sandbox.store import Store
from worker.sandbox.wire import Record, flag, from_minor, stamp, to_minor

_TEXTS = {
    "Name": 255,
    "ContactNumber": 50,
    "AccountNumber": 50,
    "FirstName": 255,
    "LastName": 255,
    "CompanyNumber": 50,
    "EmailAddress": 255,
    "BankAccountDetails": 255,
    "TaxNumber": 50,
    "TaxNumberType": 10,
    "AccountsReceivableTaxType": 50,
    "AccountsPayableTaxType": 50,
    "DefaultCurrency": 3,
    "SalesDefaultAccountCode": 10,
    "PurchasesDefaultAccountCode": 10,
    "SalesDefaultLineAmountType": 20,
    "PurchasesDefaultLineAmountType": 20,
    "Website": 255,
}
_STRUCTURES = ("BatchPayments", "PaymentTerms", "ContactPersons", "Discount")
_COLLECTIONS = {"Addresses": "AddressType", "Phones": "PhoneType"}
_TYPES = {
    "AddressType": ("POBOX", "STREET", "DELIVERY"),
    "PhoneType": ("DEFAULT", "DDI", "MOBILE", "FAX", "OFFICE"),
}
# Only a paged or single read shows these (fact sheet 5.10).
DETAIL_ONLY = (
    "ContactPersons",
    "PaymentTerms",
    "BatchPayments",
    "SalesDefaultAccountCode",
    "PurchasesDefaultAccountCode",
    "SalesDefaultLineAmountType",
    "PurchasesDefaultLineAmountType",
    "Discount",
    "Website",
)
_ARCHIVED = (
    "The contact with the specified contact details has been archived. The contact must be "
    "un-archived before creating new invoices or credit notes."
)


def save(session: Session, sent: Record, record_id: str | None, create_only: bool) -> Record:
    """Create or update one contact; raises Invalid with Xero's texts."""
    old = None if create_only else _existing(session.store, sent, record_id)
    if record_id and old is None and not create_only:
        raise Invalid("The contact could not be found")
    found: Record = dict(old) if old else _blank(session)
    for field, length in _TEXTS.items():
        if field in sent:
            text = str(sent[field] if sent[field] is not None else "")
            if len(text) > length:
                raise Invalid(f"The {field} field cannot exceed {length} characters")
            found[field] = text
    found["Name"] = re.sub(r"\s+", " ", found.get("Name") or "").strip()
    _check_texts(found)
    for field in _STRUCTURES:
        if field in sent:
            found[field] = sent[field]
    found["ContactPersons"] = [_person(entry) for entry in found["ContactPersons"] or ()]
    if len(found["ContactPersons"]) > 5:
        raise Invalid("A contact can have at most 5 contact persons")
    for field, kind in _COLLECTIONS.items():
        if isinstance(sent.get(field), list):
            found[field] = _by_type(found[field], sent[field], kind)
    _status(found, sent)
    _check_unique(session.store, found)
    stamp(found, session.now, text=False)
    session.store.put("Contacts", found)
    if old is not None and old["Name"] != found["Name"]:
        rename(session.store, found)
    return found


def _blank(session: Session) -> Record:
    return {
        "ContactID": session.store.new_id(),
        "ContactStatus": "ACTIVE",
        "Name": "",
        "EmailAddress": "",
        "BankAccountDetails": "",
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "IsSupplier": False,
        "IsCustomer": False,
        "HasAttachments": False,
        "HasValidationErrors": False,
    }


def _existing(store: Store, sent: Record, record_id: str | None) -> Record | None:
    given = record_id or sent.get("ContactID")
    if given:
        found = store.get("Contacts", given)
        if found is None and record_id:
            found = store.by_number("Contacts", record_id)
        if found is None and not record_id:
            raise Invalid("The contact could not be found")
        return found
    if sent.get("ContactNumber"):
        found = store.by_number("Contacts", str(sent["ContactNumber"]))
        if found:
            return found
    return named(store, str(sent.get("Name") or ""))


def named(store: Store, name: str) -> Record | None:
    """The contact of this name in any case, an active one first."""
    wanted = re.sub(r"\s+", " ", name).strip()
    found = store.select(
        "kind = 'Contacts' AND contact_name = ? COLLATE NOCASE ORDER BY status LIMIT 1", (wanted,)
    )
    return found[0] if found else None


def _check_texts(found: Record) -> None:
    if not found["Name"]:
        raise Invalid("The Contact Name must be specified.")
    if "<" in found["Name"] or ">" in found["Name"]:
        raise Invalid("The Contact Name cannot contain angle brackets")
    email = found.get("EmailAddress")
    if email and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", email):
        raise Invalid(f"The email address '{email}' is not valid")


def _person(sent: Record) -> Record:
    if "IncludeInEmails" not in sent:
        return sent
    return {**sent, "IncludeInEmails": bool(flag(sent["IncludeInEmails"]))}


def _by_type(old: list[Record], sent: list[Any], kind: str) -> list[Record]:
    for entry in sent:
        if isinstance(entry, dict) and entry.get(kind, "") not in ("", None, *_TYPES[kind]):
            raise Invalid(f"The {kind} '{entry[kind]}' is not valid")
    found = {entry.get(kind): entry for entry in old}
    found |= {entry.get(kind): entry for entry in sent if isinstance(entry, dict)}
    return list(found.values())


def _status(found: Record, sent: Record) -> None:
    wanted = sent.get("ContactStatus")
    if wanted is None:
        return
    if wanted not in ("ACTIVE", "ARCHIVED"):
        raise Invalid(f"The ContactStatus '{wanted}' is not valid")
    found["ContactStatus"] = wanted


def _check_unique(store: Store, found: Record) -> None:
    twin = named(store, found["Name"])
    if twin and twin["ContactID"] != found["ContactID"] and twin["ContactStatus"] == "ACTIVE":
        raise Invalid(
            f"The contact name {found['Name']} is already assigned to another contact. The contact "
            "name must be unique across all active contacts. Please enter a unique Name."
        )
    if found.get("ContactNumber"):
        twin = store.by_number("Contacts", found["ContactNumber"])
        if twin and twin["ContactID"] != found["ContactID"]:
            raise Invalid("The ContactNumber is already assigned to another contact")


def rename(store: Store, contact: Record) -> None:
    """Carry a contact's new name into its documents, without a new stamp on them."""
    for kind in ("Invoices", "CreditNotes", "BankTransactions", "Overpayments", "Prepayments"):
        held = store.select("kind = ? AND contact_id = ?", (kind, contact["ContactID"]))
        for record in held:
            record["Contact"]["Name"] = contact["Name"]
        store.put_many(kind, held)


def for_document(session: Session, sent: object, *, sales: bool) -> Record:
    """The contact a new document names, made when only a new Name is given: {ContactID, Name}.

    Raises Invalid when nothing identifies it, or it is archived.
    """
    given = sent if isinstance(sent, dict) else {}
    if not any(given.get(field) for field in ("ContactID", "ContactNumber", "Name")):
        raise Invalid(
            "The Contact must contain at least 1 of the following elements to identify the "
            "contact: Name, ContactID, ContactNumber"
        )
    found = _existing(session.store, given, None)
    if found is None:
        found = save(session, given, None, True)
    if found["ContactStatus"] != "ACTIVE":
        raise Invalid(_ARCHIVED)
    role = "IsCustomer" if sales else "IsSupplier"
    if not found.get(role):
        # Xero moves no stamp for this either (fact sheet 2.5).
        found[role] = True
        session.store.put("Contacts", found)
    return {"ContactID": found["ContactID"], "Name": found["Name"]}


def balances(store: Store, ids: list[str], base: str, today: str) -> dict[str, Record]:
    """`Balances` of contacts with something open, in base currency, worked out at read time."""
    marks = ",".join("?" * len(ids))
    found: dict[str, Record] = {}
    sums: dict[tuple[str, str, str], int] = {}
    for contact_id, kind, due, units, rate, currency in store.rows(
        "SELECT contact_id, type, due_date, amount_due, CASE WHEN currency = ? THEN 1"
        " ELSE json_extract(json, '$.CurrencyRate') END, currency FROM record"
        " WHERE kind = 'Invoices' AND status = 'AUTHORISED' AND amount_due > 0"
        f" AND contact_id IN ({marks})",
        [base, *ids],
    ):
        amount = Decimal(units).scaleb(-4)
        if currency and currency != base and rate:
            amount /= Decimal(str(rate))
        side = "AccountsReceivable" if kind == "ACCREC" else "AccountsPayable"
        minor = to_minor(amount, base)
        for label in ("Outstanding", "Overdue") if due and due < today else ("Outstanding",):
            key = (contact_id, side, label)
            sums[key] = sums.get(key, 0) + minor
    empty = from_minor(0, base)
    for (contact_id, side, label), minor in sums.items():
        sides = found.setdefault(
            contact_id,
            {
                name: {"Outstanding": empty, "Overdue": empty}
                for name in ("AccountsReceivable", "AccountsPayable")
            },
        )
        sides[side][label] = from_minor(minor, base)
    return found
