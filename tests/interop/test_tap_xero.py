"""Singer's tap-xero takes the whole organisation, then what changed since."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.interop.conftest import Served
from tests.interop.homes import CLIENTS, python_of, run

pytestmark = pytest.mark.slow

API = "/api.xro/2.0"
# Journals are closed to new apps (fact sheet 0, fact 8); the tap asks for them without need.
CLOSED = {"journals"}


SCOPES = "offline_access accounting.transactions accounting.contacts accounting.settings"


def signed_in(base: str) -> str:
    """The refresh token of a person who has let the tap in."""
    wanted = {"response_type": "code", "client_id": "sandbox", "scope": SCOPES}
    code = httpx.get(f"{base}/identity/connect/authorize", params=wanted).text.strip()
    form = {"grant_type": "authorization_code", "code": code}
    reply = httpx.post(f"{base}/connect/token", data=form, auth=("sandbox", "sandbox"))
    return str(reply.json()["refresh_token"])


class Tap:
    """The tap in a folder of its own: configuration, catalogue, state, and what it wrote."""

    def __init__(self, served: Served, folder: Path) -> None:
        self.python = python_of("tap_xero")
        self.served, self.folder = served, folder
        organisation = served.store.organisation()
        config = {
            "start_date": "2020-01-01T00:00:00Z",
            "client_id": "sandbox",
            "client_secret": "sandbox",
            "tenant_id": organisation["OrganisationID"],
            "refresh_token": signed_in(served.base),
            "include_archived_contacts": "true",
        }
        self.write("config.json", config)

    def write(self, name: str, value: Any) -> None:
        (self.folder / name).write_text(json.dumps(value), "utf-8")

    def run(self, *words: str) -> str:
        script = str(CLIENTS / "tap_xero_sync.py")
        base = [self.python, script, self.served.base, "--config", "config.json"]
        return run([*base, *words], folder=self.folder)

    def discover(self) -> list[str]:
        """Choose every stream the tap knows, but those closed to it; their names."""
        catalogue = json.loads(self.run("--discover"))
        for stream in catalogue["streams"]:
            wanted = stream["tap_stream_id"] not in CLOSED
            stream["schema"]["selected"] = wanted
            for told in stream["metadata"]:
                told["metadata"]["selected"] = wanted
        self.write("catalog.json", catalogue)
        return [s["tap_stream_id"] for s in catalogue["streams"] if s["schema"]["selected"]]

    def sync(self, *words: str) -> dict[str, list[dict[str, Any]]]:
        """The records of one sync by stream; its last state is kept for the next."""
        messages = [
            json.loads(line) for line in self.run("--catalog", "catalog.json", *words).splitlines()
        ]
        self.write("state.json", [m for m in messages if m["type"] == "STATE"][-1]["value"])
        found: dict[str, list[dict[str, Any]]] = {
            m["stream"]: [] for m in messages if m["type"] == "SCHEMA"
        }
        for message in messages:
            if message["type"] == "RECORD":
                found[message["stream"]].append(message["record"])
        return found


def made_meanwhile(base: str) -> set[str]:
    """Two invoices made after the first sync; their ids."""
    auth = ("sandbox", "sandbox")
    form = {"grant_type": "client_credentials"}
    token = httpx.post(f"{base}/connect/token", data=form, auth=auth).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    line = {"Description": "Work", "UnitAmount": "10.00", "AccountCode": "200"}
    invoice = {
        "Type": "ACCREC",
        "Contact": {"Name": "Tapped Ltd"},
        "Date": "2026-03-31",
        "DueDate": "2026-04-30",
        "LineItems": [line],
    }
    body = {"Invoices": [invoice, invoice]}
    reply = httpx.put(f"{base}{API}/Invoices", json=body, headers=headers).json()
    return {made["InvoiceID"] for made in reply["Invoices"]}


def test_the_tap_syncs_all_then_only_what_changed(sandbox: Served, tmp_path: Path) -> None:
    tap = Tap(sandbox, tmp_path)
    before = json.loads((tmp_path / "config.json").read_text("utf-8"))["refresh_token"]
    streams = tap.discover()

    whole = tap.sync()
    new = made_meanwhile(sandbox.base)
    then = tap.sync("--state", "state.json")

    store = sandbox.store
    assert set(whole) == set(streams)
    assert len(streams) == 22
    for stream, kind in [
        ("invoices", "Invoices"),
        ("contacts", "Contacts"),
        ("payments", "Payments"),
    ]:
        known = store.count(kind) - (len(new) if kind == "Invoices" else kind == "Contacts")
        assert len(whole[stream]) == known, stream
    assert {record["InvoiceID"] for record in then["invoices"]} >= new
    # The last stamp is asked for again, so a few that share it come twice.
    assert len(then["invoices"]) < len(whole["invoices"]) / 10
    assert [record["Name"] for record in then["contacts"]][-1] == "Tapped Ltd"
    assert len(then["currencies"]) == len(whole["currencies"]) > 0
    after = json.loads((tmp_path / "config.json").read_text("utf-8"))["refresh_token"]
    assert after != before
