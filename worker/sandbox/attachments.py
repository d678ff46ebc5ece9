"""Files kept beside a record: raw bytes in and out, ten at the most (fact sheet 2.3, 5.5)."""

from __future__ import annotations

import mimetypes

from worker.sandbox.errors import Invalid
from worker.sandbox.session import Session
from worker.sandbox.store import ID_FIELDS, Store
from worker.sandbox.wire import Record, guid

COUNT_MAX = 10
BYTES_MAX = 10_000_000
NAME_MAX = 255
_FORBIDDEN = frozenset('<>:"/\\|?*+')


def attached(store: Store, kind: str, record_id: str) -> list[Record]:
    """What hangs on a record, in the order it came."""
    found = store.rows(
        "SELECT id, name, mime, online, LENGTH(body) FROM attachment WHERE record_id = ?"
        " ORDER BY rowid",
        (guid(record_id),),
    )
    return [_shown(kind, record_id, *row) for row in found]


def _shown(
    kind: str, record_id: str, found_id: str, name: str, mime: str, online: int, size: int
) -> Record:
    return {
        "AttachmentID": found_id,
        "FileName": name,
        "Url": f"https://api.xero.com/api.xro/2.0/{kind}/{record_id}/Attachments/{name}",
        "MimeType": mime,
        "ContentLength": size,
        "IncludeOnline": bool(online),
    }


def content(store: Store, record_id: str, key: str) -> tuple[str, bytes] | None:
    """(mime type, bytes) of an attachment by its id or file name; None where there is none."""
    found = store.rows(
        "SELECT mime, body FROM attachment WHERE record_id = ? AND (id = ? OR name = ?)",
        (guid(record_id), guid(key), key),
    )
    return (str(found[0][0]), bytes(found[0][1])) if found else None


def keep(
    session: Session, kind: str, record: Record, name: str, mime: str, body: bytes, *, online: bool
) -> Record:
    """Keep a file under its name, in place of one of that name; raises Invalid."""
    store, record_id = session.store, str(record[ID_FIELDS[kind]])
    if not name.strip() or len(name) > NAME_MAX or _FORBIDDEN & set(name):
        raise Invalid(f"The file name '{name[:60]}' holds a character that is not allowed")
    if not body:
        raise Invalid("The attachment is empty")
    if len(body) > BYTES_MAX:
        raise Invalid("The attachment is larger than 10 MB")
    held = {entry["FileName"]: entry for entry in attached(store, kind, record_id)}
    if name not in held and len(held) >= COUNT_MAX:
        raise Invalid(f"A record can have at most {COUNT_MAX} attachments")
    plain = mime.partition(";")[0].strip() or mimetypes.guess_type(name)[0]
    kept_id = held[name]["AttachmentID"] if name in held else store.new_id()
    store.rows(
        "INSERT INTO attachment VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (record_id, name)"
        " DO UPDATE SET mime = excluded.mime, online = excluded.online, body = excluded.body",
        (kept_id, record_id, name, plain or "application/octet-stream", int(online), body),
    )
    if not record.get("HasAttachments"):
        record["HasAttachments"] = True
        store.put(kind, record)
    return next(e for e in attached(store, kind, record_id) if e["AttachmentID"] == kept_id)
