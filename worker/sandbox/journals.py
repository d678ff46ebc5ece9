"""Manual journals: balanced by hand, and never on receivables, payables or a bank (5.11)."""

from __future__ import annotations

from decimal import Decimal

from worker.sandbox import lines
from worker.sandbox.entries import Entry
from worker.sandbox.errors import Invalid
from worker.sandbox.ledger import Ledger
from worker.sandbox.session import Session
from worker.sandbox.wire import (
    MONEY_MAX,
    ZERO,
    Record,
    day_of,
    dumps,
    flag,
    number,
    record_day,
    rounded,
    set_day,
    stamp,
    stored,
    to_minor,
)

_NEXT = {
    "": ("DRAFT", "POSTED"),
    "DRAFT": ("DRAFT", "POSTED", "DELETED"),
    "POSTED": ("POSTED", "VOIDED"),
}


def save(session: Session, sent: Record, record_id: str | None, create_only: bool) -> Record:
    """Create, update, post, void or delete one manual journal; raises Invalid."""
    given = record_id or sent.get("ManualJournalID")
    old = session.store.get("ManualJournals", str(given)) if given else None
    if given and (old is None or create_only):
        raise Invalid("The document with the supplied id was not found for this endpoint.")
    before = old or {}
    held = str(before.get("Status") or "")
    status = str(sent.get("Status") or held or "DRAFT")
    if status not in _NEXT.get(held, ()):
        raise Invalid(f"A manual journal cannot go from {held or 'new'} to {status}")
    if old is not None and held == "POSTED":
        session.check_open(day_of(old["Date"]) or session.today)
        session.ledger.reverse(old["ManualJournalID"])
    new = before | {"Status": status}
    if status not in ("VOIDED", "DELETED"):
        _fill(session, new, before, sent)
    new.setdefault("HasAttachments", False)
    stamp(new, session.now, text=False)
    session.store.put("ManualJournals", new)
    if status == "POSTED":
        post(session.ledger, new)
    return new


def _fill(session: Session, new: Record, before: Record, sent: Record) -> None:
    new.setdefault("ManualJournalID", session.store.new_id())
    new["Narration"] = str(sent.get("Narration") or before.get("Narration") or "").strip()
    if not new["Narration"]:
        raise Invalid("The Narration must be specified")
    day = session.day(sent, "Date", day_of(before.get("Date")))
    if new["Status"] == "POSTED":
        session.check_open(day)
    set_day(new, "Date", day)
    new.pop("DateString")
    mode = lines.mode_of(sent.get("LineAmountTypes"), before.get("LineAmountTypes") or "NoTax")
    new["LineAmountTypes"] = mode
    on_cash = flag(sent.get("ShowOnCashBasisReports"))
    shown = before.get("ShowOnCashBasisReports", True) if on_cash is None else on_cash
    new["ShowOnCashBasisReports"] = shown
    if sent.get("Url"):
        new["Url"] = str(sent["Url"])
    given = sent.get("JournalLines") or before.get("JournalLines") or []
    if len(given) < 2:
        raise Invalid("A manual journal needs at least two JournalLines")
    new["JournalLines"] = [_line(session, line, mode) for line in given]
    made = new["JournalLines"]
    left = sum((lines.line_net(line, mode) + _tax(line, mode) for line in made), ZERO)
    if left:
        raise Invalid(f"The total debits must equal total credits; they differ by {left}")


def _line(session: Session, sent: Record, mode: str) -> Record:
    found = dict(sent)
    try:
        amount = number(sent.get("LineAmount"))
    except ValueError:
        raise Invalid("LineAmount must be a number") from None
    found["LineAmount"] = rounded(amount or ZERO)
    if abs(found["LineAmount"]) > MONEY_MAX:
        raise Invalid("The LineAmount is too large")
    lines.code(found, session.chart)
    if not found.get("AccountID"):
        raise Invalid("Account code must be specified on each journal line")
    if not found.get("TaxType"):
        found["TaxType"] = "NONE"
    lines.tax(found, sent, session.chart, mode, free_tax=True)
    found.setdefault("Tracking", [])
    found["IsBlank"] = not found["LineAmount"]
    return found


def _tax(line: Record, mode: str) -> Decimal:
    return ZERO if mode == "NoTax" else stored(line.get("TaxAmount"))


def post(ledger: Ledger, journal: Record) -> int:
    """Post a journal's lines and their tax, on both views where it says so; returns what is left.

    The rest is nought for what `save` let through; a loaded journal's stands against history.
    """
    mode = journal["LineAmountTypes"]
    basis = "both" if journal.get("ShowOnCashBasisReports", True) else "accrual"
    entries = []
    for line in journal["JournalLines"]:
        tracking = dumps(line["Tracking"]) if line.get("Tracking") else None
        targets = (
            (line["AccountID"], lines.line_net(line, mode)),
            (ledger.chart.role("GST"), _tax(line, mode)),
        )
        for account_id, amount in targets:
            units = to_minor(amount, ledger.base)
            entries.append(
                Entry(
                    account_id,
                    units,
                    units,
                    ledger.base,
                    basis,
                    tax_type=line["TaxType"],
                    tracking=tracking,
                )
            )
    left = -sum(entry.amount for entry in entries)
    if left:
        entries.append(Entry(ledger.chart.role("HISTORICAL"), left, left, ledger.base, basis))
    day = record_day(journal)
    if day is None:
        raise AssertionError(f"a manual journal without a date: {journal}")
    ledger.post("ManualJournals", journal["ManualJournalID"], day.isoformat(), entries)
    return left
