"""How large books fare in the sandbox: load, memory, pages, proof, and the start of the story.

    python bench/sandbox_scale.py [--invoices 120000] [--lines 100000] [--contacts 15000] [--check]

Makes the books in a temporary folder, loads them in a process of its own, asks for pages over the
WSGI app, and prints a table. Memory is the peak of the whole process that did the work.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
FIRST_DAY = date(2023, 1, 1)
DAYS = 1180
READINGS = (
    ("first page", "page=1", ""),
    ("last page", "page={last}", ""),
    ("Statuses=AUTHORISED, page 20", "page=20&Statuses=AUTHORISED", ""),
    ("Statuses=PAID, page 40", "page=40&Statuses=PAID", ""),
    ('Status=="AUTHORISED", page 20', 'page=20&where=Status=="AUTHORISED"', ""),
    ("AmountDue>0 of sales, page 10", 'page=10&where=Type=="ACCREC" AND AmountDue>0', ""),
    ("a year by Date, page 20", "page=20&where=Date>=DateTime(2025,1,1)", ""),
    ("a month by Date", "page=1&where=Date>=DateTime(2026,1,1) AND Date<DateTime(2026,2,1)", ""),
    ("order=Date DESC, page 60", "page=60&order=Date DESC", ""),
    ("order=InvoiceNumber, page 60", "page=60&order=InvoiceNumber", ""),
    ("If-Modified-Since a week", "page=1", "2026-03-20T00:00:00"),
    ("If-Modified-Since two years, page 60", "page=60", "2024-03-20T00:00:00"),
)


def made_id(kind: str, place: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"{kind}/{place}"))


def write_books(folder: Path, invoices: int, lines: int, contacts: int) -> None:
    """Books of documents and payments (one for every second document), and a bank's lines."""
    _write(folder, "Contacts", (_contact(place) for place in range(contacts)))
    _write(folder, "Invoices", (_invoice(place, contacts) for place in range(invoices)))
    _write(folder, "Payments", (_payment(place) for place in range(0, invoices, 2)))
    _write(folder, "StatementLines", (_line(place) for place in range(lines)))


def _write(folder: Path, kind: str, records: Iterator[dict[str, Any]]) -> None:
    with (folder / f"{kind}.json").open("w", encoding="utf-8") as file:
        file.write(f'{{"{kind}": [')
        for place, record in enumerate(records):
            file.write((",\n" if place else "\n") + json.dumps(record))
        file.write("\n]}\n")


def _day(place: int) -> date:
    return FIRST_DAY + timedelta(days=place * 7919 % DAYS)


def _cents(place: int) -> int:
    return 1_000 + place * 37 % 250_000


def _contact(place: int) -> dict[str, Any]:
    return {
        "ContactID": made_id("contact", place),
        "Name": f"Customer {place:05} Trading Limited",
        "EmailAddress": f"accounts{place}@example.com",
        "Addresses": [{"AddressType": "STREET", "AddressLine1": f"{place} High Street"}],
        "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": f"01234 {place:06}"}],
    }


def _invoice(place: int, contacts: int) -> dict[str, Any]:
    day, cents = _day(place), _cents(place)
    return {
        "InvoiceID": made_id("invoice", place),
        "InvoiceNumber": f"INV-{place:06}",
        "Type": "ACCPAY" if place % 4 == 3 else "ACCREC",
        "Reference": f"PO {place * 31 % 99_991}",
        "Status": "AUTHORISED" if place % 2 else "PAID",
        "Contact": {"ContactID": made_id("contact", place % contacts)},
        "DateString": f"{day}T00:00:00",
        "DueDateString": f"{day + timedelta(days=30)}T00:00:00",
        "UpdatedDateUTC": f"{day}T09:{place % 60:02}:00",
        "LineAmountTypes": "NoTax",
        "LineItems": [
            {"Description": "Work as agreed", "Quantity": 1, "LineAmount": half / 100}
            for half in (cents // 2, cents - cents // 2)
        ],
    }


def _payment(place: int) -> dict[str, Any]:
    return {
        "PaymentID": made_id("payment", place),
        "Date": f"{_day(place) + timedelta(days=20)}",
        "Amount": _cents(place) / 100,
        "Account": {"Code": "090"},
        "Invoice": {"InvoiceID": made_id("invoice", place)},
        "IsReconciled": True,
    }


def _line(place: int) -> dict[str, Any]:
    paid = 2 * place
    return {
        "accountCode": "090",
        "date": f"{_day(paid) + timedelta(days=21)}",
        "amount": (_cents(paid) if paid % 4 != 3 else -_cents(paid)) / 100,
        "payee": f"Customer {paid % 15_000:05}",
        "reference": f"INV-{paid:06}",
        "id": f"line-{place}",
    }


def load(folder: Path) -> dict[str, float]:
    """Seconds to load the books of a folder into `sandbox.db` beside it."""
    from worker.sandbox.demo import open_books

    began = time.perf_counter()
    store, notes = open_books(folder.parent / "sandbox.db", folder)
    took = time.perf_counter() - began
    store.close()
    return {"load, seconds": took, "notes": len(notes)}


def pages(folder: Path) -> dict[str, float]:
    """Milliseconds of each kind of page, the first time and the best of three after it."""
    from worker.sandbox.query import read_list
    from worker.sandbox.store import Store

    found: dict[str, float] = {}
    for title, query, since in READINGS:
        store = Store(folder.parent / "sandbox.db")
        last = -(-store.count("Invoices") // 1000)
        params = dict(part.split("=", 1) for part in query.format(last=last).split("&"))
        params = {key.lower(): value for key, value in params.items()} | {"pagesize": "1000"}
        times = []
        for _ in range(4):
            began = time.perf_counter()
            texts = read_list(
                store, "Invoices", params, since, today="2026-03-31", base="GBP",
                high_volume=10**9,
            ).texts  # fmt: skip
            times.append((time.perf_counter() - began) * 1000)
        store.close()
        found[f"{title} ({len(texts)}), cold ms"] = times[0]
        found[f"{title} ({len(texts)}), warm ms"] = min(times[1:])
    return found


def proof(folder: Path) -> dict[str, float]:
    """Seconds to prove the loaded books."""
    from worker.sandbox.check import check
    from worker.sandbox.store import Store

    store = Store(folder.parent / "sandbox.db")
    began = time.perf_counter()
    problems = check(store)
    took = time.perf_counter() - began
    store.close()
    return {"check, seconds": took, "problems": len(problems)}


def story(folder: Path) -> dict[str, float]:
    """Seconds until the demo organisation stands."""
    from worker.sandbox.demo import open_demo

    began = time.perf_counter()
    open_demo(folder.parent / "story.db", now=lambda: NOW).close()
    return {"story start, seconds": time.perf_counter() - began}


def measured(act: Callable[[Path], dict[str, float]], folder: Path) -> dict[str, float]:
    """What an act found in a fresh process, with that process's peak memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found, peak_mb = pool.apply(_with_peak, (act, folder))
    return {**found, f"{act.__name__}, peak MB": peak_mb}


def _with_peak(
    act: Callable[[Path], dict[str, float]], folder: Path
) -> tuple[dict[str, float], float]:
    found = act(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found, peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--invoices", type=int, default=120_000)
    reader.add_argument("--lines", type=int, default=100_000)
    reader.add_argument("--contacts", type=int, default=15_000)
    reader.add_argument("--check", action="store_true", help="also prove the loaded books")
    asked = reader.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "books"
        folder.mkdir()
        write_books(folder, asked.invoices, asked.lines, asked.contacts)
        acts = (load, pages, proof, story) if asked.check else (load, pages, story)
        for act in acts:
            for name, value in measured(act, folder).items():
                sys.stdout.write(f"{name:60}{value:10.1f}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
