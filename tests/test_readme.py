"""Every command the README shows does what the README says, in the order it is read."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
TIEOUT = f"{shlex.quote(sys.executable)} -m worker"
SHOWN = {kind: re.findall(rf"```{kind}\n(.*?)```", README, re.S) for kind in ("sh", "yaml")}


class Reader:
    """Somebody who types what the README says, in a folder of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        shutil.copytree(ROOT / "rules", home / "rules")
        (home / "config.yaml").write_text("{}\n", "utf-8")

    def types(self, line: str, code: int = 0, **environ: str) -> str:
        """What a command prints on stdout; it must end in this code."""
        done = subprocess.run(
            ["sh", "-c", line.replace("./tieout", TIEOUT)],
            cwd=self.home,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, (line, done.stdout, done.stderr)
        return done.stdout

    def waits_a_minute(self) -> None:
        """The calls of the last minute no longer count: nobody has to wait for the limit."""
        mirror = sqlite3.connect(self.home / "state" / "tieout.db")
        with contextlib.closing(mirror), mirror:
            mirror.execute("DELETE FROM call_budgets")

    @property
    def environ(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("TIEOUT_")}
        return clean | {"PYTHONPATH": str(ROOT)}

    def answers(self, line: str) -> Any:
        return json.loads(self.types(line))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(tmp_path_factory.mktemp("reader"))


def block_with(words: str) -> str:
    (found,) = [block for block in SHOWN["sh"] if words in block]
    return found


def waiting(reader: Reader, reason: str) -> str:
    """A line that waits for this reason."""
    decided = reader.answers("./tieout decisions --json")
    return next(str(d["line_id"]) for d in decided if d["reason_code"] == reason)


def test_the_section_try_it_can_be_typed_from_top_to_bottom(reader: Reader) -> None:
    first = reader.types(block_with("--run-now").strip())
    assert "Larkfield Signs Ltd" in first
    assert list((reader.home / "out").iterdir())
    second = reader.types(block_with("--run-now").strip())
    assert re.search(r"\b0 postings made", second)
    accepted, declined = waiting(reader, "part_payment"), waiting(reader, "tie")
    said: dict[str, str] = {}
    for typed in block_with("./tieout accept").splitlines():
        command = typed.split("#")[0].strip()
        if command == "./test":
            continue
        reader.waits_a_minute()
        line = declined if " decline " in command else accepted
        said[command] = reader.types(command.replace("LINE", line))
        assert said[command].strip() or "reset" in command, command
    assert "posted, awaiting reconciliation in Xero" in said["./tieout accept LINE"]
    assert said["./tieout sandbox check"] == "The sandbox's books balance.\n"
    again = reader.answers("./tieout --run-now --json")
    assert again["organisations"][0]["posted"] > 0


def test_any_document_of_the_company_can_be_explained(reader: Reader) -> None:
    """Open or paid, with a bank line or without."""
    reader.types("./tieout --run-now --json")
    reader.types("./tieout sandbox dump --books dumped")
    invoices = json.loads((reader.home / "dumped" / "Invoices.json").read_text("utf-8"))
    sales = [
        i
        for i in invoices["Invoices"]
        if i["Type"] == "ACCREC" and i["Status"] in ("AUTHORISED", "PAID")
    ]
    without = set()
    for invoice in (sales[3], sales[-1], next(i for i in sales if i["AmountDue"])):
        told = reader.types(f"./tieout explain {shlex.quote(invoice['InvoiceNumber'])}")
        assert told.strip()
        if "No bank line is paired with it" in told:
            without.add(str(invoice["AmountDue"]) in told.replace(",", ""))
    assert without <= {True}


def test_the_configuration_shown_is_sound(reader: Reader) -> None:
    shown = "".join(SHOWN["yaml"])
    assert "client_secret: {env: ACME_XERO_SECRET}" in shown
    (reader.home / "own.yaml").write_text(shown, "utf-8")

    told = reader.types("./tieout --config own.yaml config check", ACME_XERO_SECRET="s" * 40)

    assert told == "The configuration is sound: 1 organisation.\n"
    schema = reader.answers("./tieout config schema")
    assert schema["properties"]["organisations"]


def test_the_engine_alone_matches_files(reader: Reader) -> None:
    reader.types("./tieout sandbox dump --books alone")
    books = reader.home / "alone"
    invoices = json.loads((books / "Invoices.json").read_text("utf-8"))["Invoices"]
    due = next(i for i in invoices if i["Type"] == "ACCREC" and i["Status"] == "AUTHORISED")
    payer, number, amount = due["Contact"]["Name"], due["InvoiceNumber"], due["AmountDue"]
    for name in ("Invoices.json", "Contacts.json"):
        shutil.copy(books / name, reader.home / name)
    (reader.home / "lines.csv").write_text(
        "line_id,account,date,amount,currency,payee,reference,description\n"
        f'1,090,2099-01-05,{amount},GBP,"{payer}",{number},\n',
        "utf-8",
    )

    reader.types(block_with("./tieout match").strip())

    (decision,) = json.loads((reader.home / "decisions.json").read_text("utf-8"))
    assert [a["document_number"] for a in decision["allocations"]] == [number]
    shape = reader.answers("./tieout decisions --json")
    assert not shape or decision.keys() <= shape[0].keys()


@contextlib.contextmanager
def served(reader: Reader, command: str, port: int) -> Iterator[str]:
    """The README's own serve command in a process of its own; what it says first."""
    process = subprocess.Popen(
        ["sh", "-c", "exec " + command.replace("./tieout", TIEOUT)],
        cwd=reader.home,
        env=reader.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        process.stdout.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
@pytest.mark.skipif(shutil.which("python3") is None, reason="no python3 on the path")
def test_curl_lists_invoices_and_posts_a_payment_on_the_served_sandbox(reader: Reader) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = block_with("sandbox serve").strip().replace("8437", str(port))
    script = block_with("curl").replace("8437", str(port))

    with served(reader, serve, port) as first:
        assert f"http://127.0.0.1:{port}" in first
        printed = reader.types(f"set -eu\n{script}", NO_PROXY="127.0.0.1")

    listed, rest = json.JSONDecoder().raw_decode(printed)
    written = json.loads(printed[rest:])
    assert len(listed["Invoices"]) == 5
    assert {invoice["Status"] for invoice in listed["Invoices"]} == {"AUTHORISED"}
    (payment,) = written["Payments"]
    assert payment["Status"] == "AUTHORISED"
    assert float(payment["Amount"]) == 1
    assert payment["PaymentID"]
    assert reader.types("./tieout sandbox check") == "The sandbox's books balance.\n"


def test_commands_and_files_named_in_the_text_exist(reader: Reader) -> None:
    for name in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"`((?:docs|worker|rules)/[\w/.-]+)`", README):
        assert (ROOT / name).exists(), name
    commands = {m.strip() for m in re.findall(r"`\.?/?tieout ((?:[a-z]+ ?)+)", README)}
    assert {"config check", "sandbox serve"} & commands
    for command in commands:
        reader.types(f"./tieout {command} --help")
