"""The command line as scripts and people meet it: help, usage, streams, exit codes."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest

from tests.stories.demo import ROOT, Demo, environment, time_in_hand
from worker.__main__ import main
from worker.cli import main as group
from worker.sandbox.app import SandboxApp
from worker.sandbox.serve import running
from worker.sandbox.statements import CSV_PROFILE
from worker.sandbox.store import Store

# What other programs may rely on, by command (design: command contract).
OPTIONS = {
    "": "--run-now --job --org --dry-run --json --config --quiet --no-input --version",
    "status": "--json",
    "decisions": "--json --org --all",
    "explain": "--json --org",
    "import": "--account --json --org",
    "match": "--lines --documents --history --as-of --out",
    "report": "--month --as-of --format --org",
    "accept": "--org --json",
    "decline": "--org --why",
    "sandbox serve": "--books --port --seed --minute-limit --day-limit --fault --people "
    "--reading --paranoid",
    "sandbox dump": "--books",
    "sandbox check": "--books",
    "sandbox reset": "",
    "config check": "",
    "config schema": "",
    "db upgrade": "",
}
HEAVY = {"sqlalchemy", "httpx", "jinja2", "rapidfuzz", "alembic", "re2", "rich", "apscheduler"}


def commands(command: click.Command, path: str = "") -> Iterator[str]:
    """Every command there is, groups left out, as one types it."""
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from commands(each, f"{path} {name}".strip())
    else:
        yield path


def test_no_command_is_missing_from_the_contract_above() -> None:
    assert {"", *commands(group)} == set(OPTIONS)


@pytest.fixture(scope="module")
def helps() -> tuple[dict[str, str], set[str]]:
    """The help of every command, all asked in one process, and the modules that took.

    That of `sandbox serve` comes last: the sandbox itself tells there which faults it knows.
    """
    asked = sorted(OPTIONS, key="sandbox serve".__eq__)
    code = (
        "import contextlib, io, json, sys\n"
        "from worker.__main__ import main\n"
        "told = {}\n"
        "for command in json.loads(sys.argv[1]):\n"
        "    with contextlib.redirect_stdout(io.StringIO()) as out:\n"
        "        assert main([*command.split(), '--help']) == 0, command\n"
        "    told[command] = out.getvalue()\n"
        "    if command != 'sandbox serve':\n"
        "        loaded = {n.split('.')[0] for n in sys.modules}\n"
        "print(json.dumps([told, sorted(loaded)]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(asked)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        env={"PATH": "/nowhere"},
    )
    told, modules = json.loads(done.stdout)
    return told, set(modules)


@pytest.mark.parametrize("command", OPTIONS)
def test_help_names_every_option_and_says_what_the_command_does(
    helps: tuple[dict[str, str], set[str]], command: str
) -> None:
    text = helps[0][command]
    for option in OPTIONS[command].split():
        assert re.search(rf"{option}\b", text), option
    assert text.startswith(f"Usage: tieout {command}".rstrip())
    assert len(text.splitlines()) >= 5


def test_help_is_quick_because_it_loads_nothing_heavy(
    helps: tuple[dict[str, str], set[str]],
) -> None:
    assert helps[1] & HEAVY == set()


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company's folder after its first run; a minute of calls is behind it."""
    home = tmp_path_factory.mktemp("cli")
    with time_in_hand() as elapsed:
        elapsed.passes(-300)
        Demo(home, elapsed).run()
    return home


@pytest.fixture
def at(evening: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that evening, where the commands of a test work."""
    home = shutil.copytree(evening, tmp_path / "home")
    for name, value in environment(home).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def morning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder: nothing has ever run."""
    home = tmp_path / "home"
    for name, value in environment(home).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(home)
    return home


WRONG_WORDS = [
    ["nonsense"],
    ["--nonsense"],
    ["--run-now", "--job", "pull,nonsense"],
    ["--run-now", "--job", ""],
    ["explain"],
    ["import", "--account", "090"],
    ["import", "file.csv"],
    ["match", "--lines", "a.csv"],
    ["report", "aged-receivables", "--format", "nonsense"],
    ["report", "aged-receivables", "--as-of", "31/03/2026"],
    ["sandbox", "serve", "--port", "70000"],
    ["sandbox", "serve", "--reading", "nonsense=1"],
    ["sandbox", "serve", "--reading", "scope-denial=500"],
    ["sandbox", "nonsense"],
    ["config", "nonsense"],
]


@pytest.mark.parametrize("words", WRONG_WORDS, ids=" ".join)
def test_wrong_words_end_in_2_on_stderr_and_touch_nothing(
    morning: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err
    assert sorted(path.name for path in morning.iterdir()) == ["config.yaml"]


CODES = [
    (["explain", "nothing-of-this-name"], 65, "no bank line 'nothing-of-this-name'"),
    (["accept", "nothing-of-this-name"], 65, "no bank line"),
    (["report", "aged-receivable"], 65, "did you mean aged-receivables?"),
    (["import", "missing.ofx", "--account", "090"], 66, "missing.ofx: no such file"),
    (["import", "config.yaml", "--account", "999"], 65, "accounts are: 090, 091, 092"),
    (["import", "config.yaml", "--account", "090"], 65, "config.yaml"),
    (["sandbox", "check", "--books", "missing"], 66, "missing: no such folder"),
    (["--config", "missing.yaml", "status"], 78, "missing.yaml is not there"),
    (["status", "--org", "x"], 2, "--org"),
    (["decisions", "--org", "elsewhere"], 78, "there are: sandbox"),
]


@pytest.mark.parametrize(("words", "code", "sentence"), CODES, ids=lambda v: str(v)[:40])
def test_what_cannot_be_done_ends_in_a_sentence_and_its_code(
    at: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, sentence: str
) -> None:
    assert main(words) == code
    err = capsys.readouterr().err
    assert sentence in err
    assert "Traceback" not in err
    assert not list(at.glob("state/crash-*"))


@pytest.mark.parametrize("words", [["sandbox", "check"], ["--run-now"], ["sandbox", "serve"]])
def test_sandbox_books_of_another_version_name_the_command_that_helps(
    morning: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    (morning / "state").mkdir()
    with closing(sqlite3.connect(morning / "state" / "sandbox.db")) as db:
        db.executescript("CREATE TABLE record (id TEXT); PRAGMA user_version = 1;")

    assert main(words) == 78
    err = capsys.readouterr().err
    assert "`tieout sandbox reset`" in err
    assert "Traceback" not in err
    assert main(["sandbox", "reset"]) == 0
    assert main(["sandbox", "check"]) == 0


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """All of stdout, which must be one JSON text and nothing beside it."""
    assert main(words) == 0, capsys.readouterr().err
    out = capsys.readouterr().out
    assert "\x1b" not in out
    return json.loads(out)


DECISION = set(
    "line_id bank_reference account date amount action allocations remainder confidence "
    "alternatives account_code tax_type transfer_to reason_code held_by why".split()
)


def test_with_json_stdout_is_json_and_nothing_else(
    at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = told(capsys, "--run-now", "--json")
    decided = told(capsys, "decisions", "--json")
    waiting = next(d for d in decided if d["reason_code"] == "part_payment")
    explained = told(capsys, "explain", waiting["line_id"], "--json")
    accepted = told(capsys, "accept", waiting["line_id"], "--json")
    file = min((at / "inbox" / "092" / "done").iterdir())
    imported = told(capsys, "import", str(file), "--account", "092", "--json")
    status = told(capsys, "status", "--json")
    report = told(capsys, "report", "aged-payables", "--format", "json")

    assert run.keys() >= {"run_id", "ok", "dry_run", "organisations"}
    (organisation,) = run["organisations"]
    assert organisation.keys() >= set(
        "name mode lines posted verified unknown refused api_calls bytes_read tie_outs files "
        "seconds problems".split()
    )
    assert organisation["lines"]["total"] == sum(
        count for action, count in organisation["lines"].items() if action != "total"
    )
    assert all(decision.keys() >= DECISION for decision in decided)
    assert explained.keys() >= DECISION | {"evidence"}
    assert (accepted["queued"], accepted["posted"]) == (False, 1)
    (only,) = imported["files"]
    assert (only["lines"], only["new"], only["refused"]) == (only["duplicates"], 0, False)
    assert status["organisations"][0]["postings"]["verified"] >= 50
    assert report


def test_amounts_in_json_are_decimal_strings(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    decided = told(capsys, "decisions", "--json")

    for decision in decided:
        shares = [*decision["allocations"], *decision["remainder"]]
        for amount in (decision["amount"], *(share["amount"] for share in shares)):
            assert re.fullmatch(r"-?\d+\.\d\d", amount), decision
        assert all(not share["amount"].startswith("-") for share in decision["allocations"])


TALKED = [["--run-now"], ["decisions"], ["decisions", "--all"], ["status"], ["report", "cash"]]


@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_no_colour_reaches_a_pipe_or_who_wants_none(
    at: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for words in TALKED:
        main(words)
        out, err = capsys.readouterr()
        assert "\x1b" not in out + err, words


def test_quiet_says_nothing_when_all_is_well(
    morning: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--quiet", "--run-now"]) == 0
    assert capsys.readouterr() == ("", "")
    assert len(list((morning / "out").iterdir())) == 2


def test_quiet_speaks_up_when_something_is_wrong(
    at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (at / "inbox" / "092" / "scan.pdf").write_bytes(b"%PDF-1.7")

    assert main(["--quiet", "--run-now"]) == 1
    assert "scan.pdf" in capsys.readouterr().err


def test_talk_goes_to_stderr_and_results_to_stdout(
    at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("sandbox: Larkfield Signs Ltd, mode auto")
    assert "built-in sandbox" in err


def test_a_run_says_whose_books_what_was_written_and_what_to_do_next(
    morning: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--run-now"]) == 0
    out = capsys.readouterr().out
    total, *parts = (
        int(count)
        for count in re.findall(
            r"^ *(\d+) +(?:bank lines|already|sure:|proposed|left alone)", out, re.MULTILINE
        )
    )
    assert total == sum(parts) > 700
    assert len(parts) == 4
    assert out.startswith("Larkfield Signs Ltd\n")
    for path in (morning / "out").iterdir():
        assert str(path) in out
    assert "tieout decisions" in out


def test_accept_on_an_observed_account_is_refused_and_sends_nothing(
    tmp_path: Path,
    morning: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Through the configuration and a socket, as for an organisation of one's own."""
    with time_in_hand() as elapsed:
        books = Demo(tmp_path / "served", elapsed)
    shutil.copytree(books.inbox, morning / "inbox")
    store = Store(books.books)
    with running(SandboxApp(store, now=lambda: books.now)) as base:
        own = {
            "name": "own",
            "xero": {"base_url": base, "client_id": "sandbox", "client_secret": "sandbox"},
            "accounts": [
                {"code": "090", "csv": {**CSV_PROFILE, "skip_rows": 0}},
                {"code": "091"},
                {"code": "092", "kind": "card"},
            ],
        }
        (morning / "config.yaml").write_text(json.dumps({"organisations": [own]}), "utf-8")
        entry = store.last_line()

        run = told(capsys, "--run-now", "--json")["organisations"][0]
        decided = told(capsys, "decisions", "--json")
        sure = next(d for d in decided if d["action"] == "auto" and d["allocations"])
        refused = main(["accept", sure["line_id"]])

        assert refused == 65
        assert "account 090 is in observe: nothing is sent" in capsys.readouterr().err
        assert (run["mode"], run["posted"]) == ("observe", 0)
        assert sure["held_by"] == "mode"
        assert store.last_line() == entry
    store.close()
