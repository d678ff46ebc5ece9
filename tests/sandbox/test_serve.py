"""The sandbox as a process of its own: loopback, keep-alive, clean stop, and a hard kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.sandbox.desk import API, STARTING_BOOKS, a_payment, an_invoice
from worker.sandbox.app import SandboxApp
from worker.sandbox.books import load_books
from worker.sandbox.check import check
from worker.sandbox.serve import running, serve
from worker.sandbox.store import Store

PROGRAM = """
import sys
from worker.sandbox.app import SandboxApp
from worker.sandbox.books import load_books
from worker.sandbox.serve import serve
from worker.sandbox.store import Store
store = Store(sys.argv[1])
if not store.count("Organisation"):
    load_books(store, {"Currencies": [{"Code": "GBP"}]})
app = SandboxApp(store, minute_limit=100000)
serve(app, ready=lambda port: print(port, flush=True))
store.close()
print("stopped", flush=True)
"""


@contextmanager
def served(path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A sandbox process on the books at `path`, and its base URL."""
    command = [sys.executable, "-c", PROGRAM, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            if process.poll() is None:
                process.kill()


@contextmanager
def signed_in(base: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base, headers={"Accept": "application/json"}) as client:
        form = {"grant_type": "client_credentials"}
        token = client.post("/connect/token", data=form, auth=("sandbox", "sandbox")).json()
        client.headers["Authorization"] = f"Bearer {token['access_token']}"
        yield client


@pytest.fixture
def app() -> Iterator[SandboxApp]:
    store = Store(":memory:")
    load_books(store, STARTING_BOOKS)
    yield SandboxApp(store, minute_limit=10**6)
    store.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with served(tmp_path / "deep" / "books.db") as (process, base), signed_in(base) as client:
        assert client.get(f"{API}/Organisation").status_code == 200
        process.send_signal(number)
        rest, _ = process.communicate(timeout=20)

    assert (process.returncode, rest) == (0, "stopped\n")


def test_what_was_answered_is_there_after_a_hard_kill(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    key = {"Idempotency-Key": "once"}
    with served(path) as (process, base), signed_in(base) as client:
        made = client.put(f"{API}/Invoices", json=an_invoice()).json()["Invoices"][0]
        body = a_payment(made, "20.00")
        first = client.put(f"{API}/Payments", json=body, headers=key).json()
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
    with served(path) as (_, base), signed_in(base) as client:
        again = client.put(f"{API}/Payments", json=body, headers=key).json()
        invoice = client.get(f"{API}/Invoices/{made['InvoiceID']}").json()["Invoices"][0]

    assert again == first
    assert (invoice["AmountDue"], len(invoice["Payments"])) == (100, 1)
    store = Store(path)
    assert check(store) == []
    store.close()


def test_a_kill_amid_writes_leaves_whole_books(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    answered = []
    with served(path) as (process, base), signed_in(base) as client:
        enough = threading.Event()
        killer = threading.Thread(
            target=lambda: enough.wait() and os.kill(process.pid, signal.SIGKILL)
        )
        killer.start()
        with suppress(httpx.HTTPError):
            while True:
                reply = client.put(f"{API}/Invoices", json=an_invoice())
                answered.append(reply.json()["Invoices"][0]["InvoiceID"])
                if len(answered) == 15:
                    enough.set()
        killer.join()
        process.wait(timeout=20)
    store = Store(path)
    kept = {record["InvoiceID"] for record in store.all("Invoices")}
    wrong = check(store)
    store.close()

    assert set(answered) <= kept
    assert len(kept) <= len(answered) + 1
    assert wrong == []


def test_one_connection_carries_many_requests(app: SandboxApp) -> None:
    with running(app) as base:
        host, port = base.removeprefix("http://").split(":")
        line = socket.create_connection((host, int(port)), timeout=10)
        with line, line.makefile("rb") as reader:
            for body in (b"x=1", b"", b"yy=22"):
                line.sendall(
                    b"POST /connect/token HTTP/1.1\r\nHost: a\r\nContent-Length: "
                    + str(len(body)).encode() + b"\r\n\r\n" + body
                )  # fmt: skip
                assert reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
                headers = dict(iter(lambda: tuple(reader.readline().split(b": ")), (b"\r\n",)))
                assert b"invalid_client" in reader.read(int(headers[b"Content-Length"]))


def test_chunked_bodies_are_read_and_a_204_has_no_body(app: SandboxApp) -> None:
    with running(app) as base, signed_in(base) as client:
        body = (
            part for part in (b'{"Invoices": [{"Type": "ACCREC", ', b'"Contact": {"Name": "A"}}]}')
        )
        made = client.put(f"{API}/Invoices", content=body).json()["Invoices"][0]
        invoice = an_invoice(Contact={"Name": "Marlow Ltd"})
        sent = client.put(f"{API}/Invoices", json=invoice).json()["Invoices"][0]
        mail = client.post(f"{API}/Invoices/{sent['InvoiceID']}/Email", json={})
        after = client.get(f"{API}/Organisation")

    assert made["Contact"]["Name"] == "A"
    assert (mail.status_code, mail.content) == (204, b"")
    assert after.status_code == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"NONSENSE\r\n\r\n",
        b"GET /\xff\xfe%ff?%00=%00 HTTP/1.1\r\nX: \xff\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"",
    ],
)
def test_hostile_requests_harm_nobody_else(app: SandboxApp, raw: bytes) -> None:
    with running(app) as base:
        host, port = base.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as line:
            line.sendall(raw)
            line.shutdown(socket.SHUT_WR)
            while line.recv(4096):
                pass
        with signed_in(base) as client:
            assert client.get(f"{API}/Organisation").status_code == 200


def test_eight_threads_pay_one_invoice_no_further_than_it_is_due() -> None:
    store = Store(":memory:")
    load_books(store, STARTING_BOOKS)
    app = SandboxApp(store, minute_limit=10**6, concurrent=100)
    with running(app) as base, signed_in(base) as client:
        invoice = client.put(f"{API}/Invoices", json=an_invoice("50.00")).json()["Invoices"][0]

        def pay() -> None:
            for _ in range(10):
                client.put(f"{API}/Payments", json=a_payment(invoice, "1.00"))

        threads = [threading.Thread(target=pay) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        paid = client.get(f"{API}/Invoices/{invoice['InvoiceID']}").json()["Invoices"][0]
    wrong = check(store)
    count = store.count("Payments")
    store.close()

    assert (paid["Status"], count, wrong) == ("PAID", 50, [])


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com"])
def test_only_loopback_is_served(app: SandboxApp, host: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - a name is no address, an address no loopback
        serve(app, host)


def test_a_port_that_is_taken_is_an_os_error(app: SandboxApp) -> None:
    with running(app) as base, pytest.raises(OSError):  # noqa: PT011
        serve(app, port=int(base.rpartition(":")[2]))
