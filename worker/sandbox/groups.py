"""Contact groups, shown on the contacts that belong to them."""

from __future__ import annotations

from worker.sandbox.errors import Invalid
from worker.sandbox.session import Session
from worker.sandbox.store import Store
from worker.sandbox.wire import Record, guid

GROUPS_MAX = 100


def save(session: Session, sent: Record, record_id: str | None, create_only: bool) -> Record:
    """Create, rename or delete (Status DELETED) a contact group; raises Invalid."""
    store = session.store
    given = record_id or sent.get("ContactGroupID")
    old = store.get("ContactGroups", given) if given else None
    if given and old is None:
        raise Invalid("The contact group could not be found")
    found: Record = old or {"ContactGroupID": store.new_id(), "Status": "ACTIVE", "Contacts": []}
    found["Name"] = str(sent.get("Name") or found.get("Name") or "").strip()
    if not found["Name"]:
        raise Invalid("The contact group Name must be specified")
    if sent.get("Status") in ("ACTIVE", "DELETED"):
        found["Status"] = sent["Status"]
    twins = (g for g in store.all("ContactGroups") if g["Status"] == "ACTIVE")
    if any(
        g["Name"].lower() == found["Name"].lower()
        and g["ContactGroupID"] != found["ContactGroupID"]
        for g in twins
    ):
        raise Invalid("A contact group with this name already exists")
    if old is None and store.count("ContactGroups") >= GROUPS_MAX:
        raise Invalid(f"An organisation can have at most {GROUPS_MAX} contact groups")
    store.put("ContactGroups", found)
    show_members(store, found)
    return found


def set_members(store: Store, group: Record, sent: list[Record], *, keep: bool) -> Record:
    """Add contacts to a group (`keep`) or leave only those sent; raises Invalid."""
    members = list(group["Contacts"]) if keep else []
    for entry in sent:
        contact = store.get("Contacts", guid(entry.get("ContactID")))
        if contact is None:
            raise Invalid("The contact could not be found")
        stub = {"ContactID": contact["ContactID"], "Name": contact["Name"]}
        if stub not in members:
            members.append(stub)
    group["Contacts"] = members
    store.put("ContactGroups", group)
    show_members(store, group)
    return group


def show_members(store: Store, group: Record) -> None:
    """Show a group on its members, and nowhere else; contact stamps stay as they are."""
    stub = {field: group[field] for field in ("ContactGroupID", "Name", "Status")}
    members = {entry["ContactID"] for entry in group["Contacts"]}
    changed = []
    for contact in store.all("Contacts"):
        before = contact.get("ContactGroups") or []
        after = [g for g in before if g.get("ContactGroupID") != group["ContactGroupID"]]
        if contact["ContactID"] in members and group["Status"] == "ACTIVE":
            after.append(stub)
        if after != before:
            contact["ContactGroups"] = after
            changed.append(contact)
    store.put_many("Contacts", changed)
