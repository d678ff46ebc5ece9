"""A folder where the command works, the ledgers it talks to, and what these ledgers then hold."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from worker.__main__ import main
from worker.sandbox.app import SandboxApp
from worker.sandbox.books import load_books
from worker.sandbox.chart import supplied_accounts
from worker.sandbox.check import check
from worker.sandbox.demo import open_demo
from worker.sandbox.serve import running
from worker.sandbox.statements import CSV_PROFILE
from worker.sandbox.store import Store

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.fromisoformat("2026-03-31T09:00:00+00:00")
SECRET = "s3cret-that-must-not-show"


@dataclass(frozen=True, slots=True)
class Ended:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def sentences(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.strip()]


class Place:
    """State, inbox, out and rules of its own under `root`, and the command run there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "config.yaml"
        self.state, self.inbox = root / "state", root / "inbox"
        self.out, self.rules = root / "out", root / "rules"
        root.mkdir(exist_ok=True)

    def configure(self, *organisations: Mapping[str, Any], **more: Any) -> None:
        told = {"organisations": list(organisations), **more}
        self.config.write_text(json.dumps(told), "utf-8")

    def environ(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("TIEOUT_")}
        return clean | {
            "TIEOUT_NOW": NOW.isoformat(),
            "TIEOUT_CONFIG": str(self.config),
            "TIEOUT_STATE_DIR": str(self.state),
            "TIEOUT_INBOX_DIR": str(self.inbox),
            "TIEOUT_OUT_DIR": str(self.out),
            "TIEOUT_RULES_DIR": str(self.rules if self.rules.exists() else ROOT / "rules"),
            "PYTHONPATH": str(ROOT),
            "NO_COLOR": "1",
        }

    def run(self, *words: str, environ: Mapping[str, str] | None = None) -> Ended:
        """The command's own `main`, in this process."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("TIEOUT_")]:
                patch.delenv(name)
            for name, value in (self.environ() | dict(environ or {})).items():
                patch.setenv(name, value)
            patch.chdir(self.root)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(words)
        return Ended(code, out.getvalue(), err.getvalue())

    def process(self, *words: str, before: Sequence[str] = ()) -> Ended:
        """The command as a process of its own; `before` is a program that starts it."""
        done = subprocess.run(
            [*before, sys.executable, "-m", "worker", *words],
            cwd=self.root,
            env=self.environ(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The command as a process that heeds Ctrl-C, even where the tests run with it ignored."""
        return subprocess.Popen(
            [sys.executable, "-m", "worker", *words],
            cwd=self.root,
            env=self.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heed_ctrl_c,
        )

    def told(self, *words: str) -> Any:
        """What a run said in JSON; it must have gone well."""
        done = self.run("--run-now", "--json", *words)
        assert done.code == 0, done.err or done.out
        return json.loads(done.out)


def _heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def organisation(base: str, name: str = "story", **changed: Any) -> dict[str, Any]:
    """A configured organisation that posts by itself; a dictionary as change is merged."""
    first = {"mode": "auto", "post_from": "2025-01-01", "currency": "GBP"}
    told: dict[str, Any] = {
        "name": name,
        "xero": {
            "base_url": base,
            "token_url": f"{base}/connect/token",
            "client_id": "sandbox",
            "client_secret": "sandbox",
        },
        "accounts": [
            {"code": "090", "csv": CSV_PROFILE, **first},
            {"code": "091", **first},
            {"code": "092", "kind": "card", **first},
        ],
    }
    for key, value in changed.items():
        told[key] = told[key] | value if isinstance(value, dict) else value
    return told


@dataclass(frozen=True, slots=True)
class Story:
    """A company made once: its ledger, and the bank's downloads."""

    store: Path
    inbox: Path

    def put(self, place: Place, name: str = "") -> Path:
        """Its statements into the place's inbox, its ledger beside; the ledger's file."""
        shutil.copytree(self.inbox, place.inbox / name, dirs_exist_ok=True)
        ledger = place.root / f"ledger{name}.db"
        shutil.copy(self.store, ledger)
        return ledger


def make_story(folder: Path, seed: int = 1) -> Story:
    """The demo company of a seed."""
    inbox = folder / "inbox"
    path = folder / "sandbox.db"
    open_demo(path, now=lambda: NOW, seed=seed, inbox=inbox).close()
    return Story(path, inbox)


BANK_NUMBER = "12-3456-0012345-00"
Sale = tuple[str, str, str]
"""Number, customer, amount."""
Line = tuple[str, str, str, str]
"""Day, payer, reference, amount."""
SALES: tuple[Sale, ...] = (
    ("INV-0001", "Abel Orchards", "120.00"),
    ("INV-0002", "Birch & Co", "250.50"),
    ("INV-0003", "Cedar Homes", "75.25"),
)
LINES: tuple[Line, ...] = (
    ("24/03/2026", "ABEL ORCHARDS", "INV-0001", "120.00"),
    ("25/03/2026", "BIRCH AND CO", "INV-0002", "250.50"),
    ("26/03/2026", "CEDAR HOMES", "INV-0003", "75.25"),
    ("27/03/2026", "SOMEBODY", "", "9.99"),
)


def make_shop(
    folder: Path,
    *,
    name: str = "Corner Shop",
    sales: Sequence[Sale] = SALES,
    lines: Sequence[Line] = LINES,
    paid: Sequence[tuple[Sale, str]] = (),
) -> Story:
    """A company that fits on a page: open sales, sales paid on a day, and one download."""
    folder.mkdir(exist_ok=True)
    accounts = supplied_accounts("GBP")
    accounts[0]["BankAccountNumber"] = BANK_NUMBER
    books = {
        "Organisation": [{"OrganisationID": str(uuid5(NAMESPACE_URL, name)), "Name": name}],
        "Accounts": accounts,
        "Invoices": [_invoice(sale) for sale in (*sales, *(sale for sale, _ in paid))],
        "Payments": [_payment(sale, day) for sale, day in paid],
    }
    store = Store(folder / "shop.db")
    load_books(store, books)
    store.close()
    header = ",".join(CSV_PROFILE["columns"].values())
    rows, balance = [header], Decimal(0)
    for number, (day, payer, reference, amount) in enumerate(lines):
        balance += Decimal(amount)
        rows.append(f"{day},BGC,,{payer},{reference},,{amount},{balance},,B{number}")
    (folder / "inbox" / "090").mkdir(parents=True)
    (folder / "inbox" / "090" / "march.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return Story(folder / "shop.db", folder / "inbox")


def _invoice(sale: Sale) -> dict[str, Any]:
    number, customer, amount = sale
    item = {"Description": "goods", "Quantity": 1, "UnitAmount": amount, "AccountCode": "200"}
    return {
        # The same ids in every shop: only the organisation tells them apart.
        "InvoiceID": str(uuid5(NAMESPACE_URL, number)),
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "InvoiceNumber": number,
        "Contact": {"ContactID": str(uuid5(NAMESPACE_URL, customer)), "Name": customer},
        "Date": "2026-03-02",
        "DueDate": "2026-03-31",
        "LineAmountTypes": "NoTax",
        "LineItems": [{**item, "TaxType": "NONE"}],
        "CurrencyCode": "GBP",
        "Total": amount,
    }


def _payment(sale: Sale, day: str) -> dict[str, Any]:
    number, _, amount = sale
    return {
        "PaymentID": str(uuid5(NAMESPACE_URL, f"paid {number}")),
        "Invoice": {"InvoiceID": str(uuid5(NAMESPACE_URL, number))},
        "Account": {"Code": "090"},
        "Date": day,
        "Amount": amount,
        "IsReconciled": True,
        "Status": "AUTHORISED",
    }


@contextlib.contextmanager
def ledger(
    path: Path, around: Callable[[Any], Any] = lambda app: app, **knobs: Any
) -> Iterator[str]:
    """The ledger of a file served on loopback; its base URL. `around` wraps the app."""
    store = Store(path)
    try:
        with running(around(SandboxApp(store, now=lambda: NOW, **knobs))) as base:
            yield base
    finally:
        store.close()


def books(path: Path) -> list[tuple[Any, ...]]:
    """What a ledger holds by meaning, without ids and stamps of its writes; it must balance."""
    store = Store(path)
    try:
        assert check(store) == []
        return sorted(_rows(store), key=str)
    finally:
        store.close()


def journal(path: Path) -> list[Any]:
    """How many records of each kind a ledger holds, and its last journal line."""
    store = Store(path)
    try:
        return [store.last_line(), *(store.count(kind) for kind in KINDS)]
    finally:
        store.close()


KINDS = (
    "Contacts",
    "Invoices",
    "CreditNotes",
    "Payments",
    "BatchPayments",
    "BankTransactions",
    "BankTransfers",
)


def _rows(store: Store) -> Iterator[tuple[Any, ...]]:
    for payment in store.all("Payments"):
        if payment["Status"] == "AUTHORISED":
            document = payment.get("Invoice") or payment.get("CreditNote") or {}
            number = document.get("InvoiceID") or document.get("CreditNoteID")
            account = payment["Account"]["AccountID"]
            yield "payment", payment["Date"], payment["Amount"], number, account
    for kind in ("BankTransactions", "BankTransfers", "BatchPayments"):
        for record in store.all(kind):
            if record.get("Status", "AUTHORISED") == "AUTHORISED":
                amount = record.get("Total", record.get("Amount", record.get("TotalAmount")))
                yield kind, record["Date"], amount, record.get("Type")
    for invoice in store.all("Invoices"):
        yield "invoice", invoice["InvoiceID"], invoice.get("AmountDue"), invoice["Status"]
    for note in store.all("CreditNotes"):
        yield "credit", note["CreditNoteID"], note.get("RemainingCredit"), note["Status"]
