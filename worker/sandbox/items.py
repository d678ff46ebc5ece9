"""Items: what a document line may name by its code (fact sheet 5.11). Stock is not kept."""

from __future__ import annotations

from typing import Any

from worker.sandbox.errors import Invalid
from worker.sandbox.session import Session
from worker.sandbox.wire import Record, flag, number, stamp

_TEXTS = {"Code": 30, "Name": 50, "Description": 4000, "PurchaseDescription": 4000}
_DETAILS = ("SalesDetails", "PurchaseDetails")


def save(session: Session, sent: Record, record_id: str | None, create_only: bool) -> Record:
    """Create or update one item, by ItemID or Code; raises Invalid."""
    store = session.store
    given = record_id or sent.get("ItemID")
    code = str(sent.get("Code") or "").strip()
    twin = store.by_number("Items", code) if code else None
    old = store.get("Items", str(given)) if given else None if create_only else twin
    if given and old is None:
        raise Invalid("The item could not be found")
    if create_only and given:
        raise Invalid("An item with this ItemID exists already")
    if twin is not None and (old is None or twin["ItemID"] != old["ItemID"]):
        raise Invalid(f"Price List Item with Code '{code}' already exists")
    found: Record = dict(old) if old else {"ItemID": store.new_id()}
    for field, length in _TEXTS.items():
        if field in sent:
            found[field] = str(sent[field] or "").strip()
            if len(found[field]) > length:
                raise Invalid(f"The {field} field cannot exceed {length} characters")
    if not found.get("Code"):
        raise Invalid("The item Code must be specified")
    for field in _DETAILS:
        if field in sent:
            found[field] = _details(session, sent[field])
    if sent.get("InventoryAssetAccountCode"):
        raise Invalid("Tracked inventory is not kept by this organisation")
    for field in ("IsSold", "IsPurchased"):
        found[field] = flag(sent.get(field)) is not False and found.get(field, True)
    found["IsTrackedAsInventory"] = False
    stamp(found, session.now, text=False)
    store.put("Items", found)
    return found


def _details(session: Session, sent: Any) -> Record:
    """Price, account and tax type of one side of an item."""
    if not isinstance(sent, dict):
        return {}
    found: Record = {}
    try:
        price = number(sent.get("UnitPrice"))
    except ValueError:
        raise Invalid("UnitPrice must be a number") from None
    if price is not None:
        found["UnitPrice"] = price
    code = str(sent.get("AccountCode") or "")
    if code:
        account = session.chart.find({"Code": code})
        if account is None or account.get("Type") == "BANK":
            raise Invalid(f"Account code '{code}' is not a valid code for an item.")
        found["AccountCode"] = code
    tax_type = str(sent.get("TaxType") or "")
    if tax_type:
        if tax_type not in session.chart.tax_rates:
            raise Invalid(f"The TaxType code '{tax_type}' does not exist")
        found["TaxType"] = tax_type
    return found


def remove(session: Session, record: Record) -> None:
    """Delete an item; the documents that name it keep their lines."""
    session.store.rows("DELETE FROM record WHERE kind = 'Items' AND id = ?", (record["ItemID"],))


def fill_lines(session: Session, given: list[Record], *, sales: bool) -> list[Record]:
    """Lines with what their items supply: words, price, account, tax; raises Invalid."""
    return [_filled(session, line, sales=sales) if line.get("ItemCode") else line for line in given]


def _filled(session: Session, line: Record, *, sales: bool) -> Record:
    item = session.store.by_number("Items", str(line["ItemCode"]))
    if item is None:
        if line.get("LineItemID"):
            return line
        raise Invalid(f"Item code '{line['ItemCode']}' is not valid")
    if line.get("LineItemID"):
        return line
    details = item.get("SalesDetails" if sales else "PurchaseDetails") or {}
    words = item.get("Description" if sales else "PurchaseDescription") or item.get("Name")
    found = {"Description": words, **line}
    if "UnitAmount" not in line and "LineAmount" not in line and "UnitPrice" in details:
        found["UnitAmount"] = details["UnitPrice"]
        found.setdefault("Quantity", 1)
    if not (line.get("AccountCode") or line.get("AccountID")) and details.get("AccountCode"):
        found["AccountCode"] = details["AccountCode"]
    if not line.get("TaxType") and details.get("TaxType"):
        found["TaxType"] = details["TaxType"]
    return found
