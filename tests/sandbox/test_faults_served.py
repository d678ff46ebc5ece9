"""`sandbox serve` misbehaving on demand, as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from tests.sandbox.desk import API
from worker.cli import main
from worker.sandbox.faults import KINDS


def test_help_explains_every_kind_of_fault_in_a_line() -> None:
    told = CliRunner().invoke(main, ["sandbox", "serve", "--help"]).output

    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert [f"{kind} {words}" in lines for kind, words in KINDS.items()] == [True] * len(KINDS)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--fault", "gremlins=0.1"], "gremlins is none of latency, clock-skew"),
        (["--fault", "html"], "'' is not a valid float"),
        (["--fault", "html=2"], "2.0 is not in the range 0<=x<=1"),
        (["--people", "-1"], "-1.0 is not in the range 0<=x<=1"),
    ],
)
def test_a_wrong_switch_is_refused_in_words(given: list[str], words: str) -> None:
    result = CliRunner().invoke(main, ["sandbox", "serve", *given])

    assert result.exit_code == 2
    assert words in " ".join(result.output.split())


def test_the_command_prints_its_seed_does_as_it_said_and_tells_each_deed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "worker", "sandbox", "serve", "--port", "0"]
    command += ["--books", str(tmp_path / "books"), "--fault", "drop-after=1"]
    command += ["--fault-on", "writes", "--people", "1", "--fault-seed", "42"]
    (tmp_path / "books").mkdir()
    environ = os.environ | {"TIEOUT_STATE_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environ) as process:
        assert process.stdout is not None
        said = []
        while not said or "people by seed" not in said[-1]:
            said.append(process.stdout.readline())
            assert said[-1], "it ended before it was ready"
        base = said[0].split()[3]
        with httpx.Client(base_url=base) as client:
            form = {"grant_type": "client_credentials"}
            token = client.post("/connect/token", data=form, auth=("sandbox", "sandbox")).json()
            client.headers["Authorization"] = f"Bearer {token['access_token']}"
            body = {"Contacts": [{"Name": "Kept & Co"}]}
            with pytest.raises(httpx.RemoteProtocolError):
                client.put(f"{API}/Contacts", json=body)
            kept = client.get(f"{API}/Contacts", headers={"Accept": "application/json"}).json()
        process.terminate()
        deeds = process.communicate(timeout=20)[1]

    assert "note: faults by seed 42 of writes: drop-after 100 %\n" in said
    assert f"note: drop-after: {KINDS['drop-after']}\n" in said
    assert "note: people by seed 42: somebody acts before 100 % of calls\n" in said
    assert [contact["Name"] for contact in kept["Contacts"]] == ["Kept & Co"]
    assert "PUT /api.xro/2.0/Contacts: drop-after: the sandbox answered 200 OK" in deeds
    assert deeds.count("somebody: ") == 3
