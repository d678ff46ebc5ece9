"""SIGKILL at step boundaries, against a ledger in its own process, then run again: same books."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from worker.sandbox.check import check
from worker.sandbox.statements import CSV_PROFILE
from worker.sandbox.store import Store

ROOT = Path(__file__).resolve().parents[2]
HARNESS = Path(__file__).with_name("killed.py")
NOW = "2026-03-31T09:00:00Z"
# Real elapsed seconds ahead, run by run: the first in the next minute of calls, the others as far
# apart as three reads of an absence and then a resend need.
RECOVERIES = (61, 95, 135, 500, 510)


def environment(home: Path) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TIEOUT_")}
    return clean | {
        "TIEOUT_NOW": NOW,
        "TIEOUT_STATE_DIR": str(home / "state"),
        "TIEOUT_INBOX_DIR": str(home / "inbox"),
        "TIEOUT_OUT_DIR": str(home / "out"),
        "TIEOUT_RULES_DIR": str(ROOT / "rules"),
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
    }


@contextlib.contextmanager
def served(home: Path) -> Iterator[str]:
    """The story on its own port, in its own process; its base URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "worker", "sandbox", "serve", "--port", str(port)]
    # Six runs within seconds would meet the true limit, which is not what is tried here.
    command += ["--minute-limit", "1000"]
    with (home / "serve.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            cwd=home,
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert "Sandbox Xero on" in said, (home / "serve.log").read_text("utf-8")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)
        process.stdout.close()


def config(home: Path, base: str) -> Path:
    profile = {**CSV_PROFILE, "header": True}
    organisation = {
        "name": "story",
        "xero": {
            "base_url": base,
            "token_url": f"{base}/connect/token",
            "client_id": "sandbox",
            "client_secret": "sandbox",
        },
        "accounts": [
            {"code": "090", "currency": "GBP", "mode": "auto", "post_from": "2025-01-01"}
            | {"csv": profile},
            {"code": "091", "currency": "GBP", "mode": "auto", "post_from": "2025-01-01"},
            {"code": "092", "currency": "GBP", "kind": "card", "mode": "auto"}
            | {"post_from": "2025-01-01"},
        ],
    }
    path = home / "config.yaml"
    path.write_text(json.dumps({"organisations": [organisation]}), "utf-8")
    return path


def run(home: Path, path: Path, point: str, number: int, seconds: float = 0) -> Any:
    """What one run said, or None when it was killed."""
    done = subprocess.run(
        [sys.executable, str(HARNESS), str(path), point, str(number), str(seconds)],
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def books(home: Path) -> list[tuple[Any, ...]]:
    """What the sandbox's own ledger holds, by meaning: no ids of ours, no codes, no stamps."""
    store = Store(home / "state" / "sandbox.db")
    try:
        assert check(store) == []
        rows: list[tuple[Any, ...]] = []
        for payment in store.all("Payments"):
            if payment["Status"] == "AUTHORISED":
                document = payment.get("Invoice") or payment.get("CreditNote") or {}
                number = document.get("InvoiceID") or document.get("CreditNoteID")
                rows.append(("payment", str(payment["Date"])[:10], payment["Amount"], number))
        for kind in ("BankTransactions", "BankTransfers", "BatchPayments"):
            for record in store.all(kind):
                if record.get("Status", "AUTHORISED") == "AUTHORISED":
                    amount = record.get("Total", record.get("Amount", record.get("TotalAmount")))
                    rows.append((kind, str(record["Date"])[:10], amount, record.get("Type")))
        for note in store.all("CreditNotes"):
            rows.append(("credit", note["CreditNoteNumber"], note.get("RemainingCredit"), None))
        return sorted(rows, key=str)
    finally:
        store.close()


@pytest.fixture(scope="session")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, int], list[Any]]:
    """How many points a whole run passes, and the books it leaves."""
    home = tmp_path_factory.mktemp("unharmed")
    with served(home) as base:
        told = run(home, config(home, base), "none", 0)
    assert told["error"] is None
    assert told["posted"] > 0
    assert told["unknown"] == 0
    return told["seen"], books(home)


def killed_then_finished(
    home: Path, point: str, number: int, whole: tuple[dict[str, int], list[Any]]
) -> None:
    with served(home) as base:
        path = config(home, base)
        killed = run(home, path, point, number)
        assert killed is None, f"{point} {number} was never reached"
        for seconds in RECOVERIES:
            told = run(home, path, "none", 0, seconds)
            assert told["error"] is None
            if told["posted"] == told["unknown"] == 0 and books(home) == whole[1]:
                break
    assert books(home) == whole[1], f"killed at {point} {number}"


def spread(count: int, wanted: int) -> list[int]:
    """`wanted` numbers spread over 1..count, both ends included."""
    if count <= wanted:
        return list(range(1, count + 1))
    return sorted({1 + round(i * (count - 1) / (wanted - 1)) for i in range(wanted)})


@pytest.mark.parametrize(("point", "which"), [("send", 1), ("answer", 1), ("answer", 2)])
def test_killed_around_a_write_it_ends_in_the_same_books(
    tmp_path: Path, point: str, which: int, unharmed: tuple[dict[str, int], list[Any]]
) -> None:
    killed_then_finished(tmp_path, point, which, unharmed)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_killed_between_two_commits_it_ends_in_the_same_books(
    tmp_path: Path, share: float, unharmed: tuple[dict[str, int], list[Any]]
) -> None:
    number = max(1, round(unharmed[0]["commit"] * share))
    killed_then_finished(tmp_path, "commit", number, unharmed)


@pytest.mark.slow
def test_killed_at_every_boundary_it_ends_in_the_same_books(
    tmp_path: Path, unharmed: tuple[dict[str, int], list[Any]]
) -> None:
    """Every write before and after, and two dozen commits spread over the whole run."""
    seen, _ = unharmed
    points = [(kind, n) for kind in ("send", "answer") for n in range(1, seen[kind] + 1)]
    points += [("commit", n) for n in spread(seen["commit"], 24)]
    for point, number in points:
        home = tmp_path / f"{point}-{number}"
        home.mkdir()
        killed_then_finished(home, point, number, unharmed)
