"""Whatever is wrong: one sentence, the right exit code, and nothing half done."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stories.demo import Elapsed
from tests.stories.place import (
    BANK_NUMBER,
    SECRET,
    Ended,
    Place,
    Story,
    books,
    journal,
    ledger,
    make_shop,
    organisation,
)
from worker.config import READ_SCOPES, WRITE_SCOPES
from worker.sandbox.statements import CSV_PROFILE

NOBODY = "11111111-1111-1111-1111-111111111111"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return make_shop(tmp_path_factory.mktemp("shops") / "shop")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "place")


def assert_told(done: Ended, code: int, *words: str) -> None:
    """One sentence on stderr that holds these words; no traceback and no secret anywhere."""
    assert done.code == code, f"{done.code}: {done.err}{done.out}"
    assert len(done.sentences) == 1, done.err
    for word in words:
        assert word in done.err
    assert "Traceback" not in done.err + done.out
    assert SECRET not in done.err + done.out


def waiting_files(place: Place) -> list[str]:
    return sorted(str(path.relative_to(place.inbox)) for path in place.inbox.rglob("*.*"))


# --- who we are, and what we may do --------------------------------------------------------------


@pytest.mark.parametrize(
    ("xero", "code", "words"),
    [
        ({"client_secret": SECRET}, 77, ["invalid_client", "id or secret is wrong"]),
        ({"client_id": "somebody else"}, 77, ["invalid_client", "id or secret is wrong"]),
        ({"client_secret": {"env": "XERO_KEY"}}, 78, ["config.yaml:1", "XERO_KEY", "not set"]),
        ({"client_secret": {"file": "no/such"}}, 78, ["no/such", "is not there"]),
        ({"tenant_id": NOBODY}, 77, ["Organisation", "403", "tenant_id"]),
        (
            {"scopes": [*WRITE_SCOPES, "accounting.journals.read"]},
            77,
            ["invalid_scope", "not enabled on the connection: accounting.journals.read;"],
        ),
    ],
    ids=["secret", "client id", "variable", "file", "tenant", "scope"],
)
def test_refused_before_anything_is_done_the_inbox_and_both_books_stay_as_they_are(
    place: Place, shop: Story, xero: dict[str, Any], code: int, words: list[str]
) -> None:
    path = shop.put(place)
    inbox, before = waiting_files(place), journal(path)
    with ledger(path) as base:
        place.configure(organisation(base, xero=xero))

        assert_told(place.run("--run-now"), code, "story: ", *words)

    assert waiting_files(place) == inbox
    assert journal(path) == before
    status = place.run("status", "--json")
    (told,) = json.loads(status.out)["organisations"]
    assert (told["organisation"], told["postings"], told["lines_waiting"]) == (None, {}, 0)


@pytest.mark.parametrize("denial", [401, 403])
def test_a_scope_that_only_reads_ends_the_posting_and_the_mended_scope_finishes_it(
    place: Place, shop: Story, denial: int, elapsed: Elapsed
) -> None:
    path = shop.put(place)
    before = journal(path)
    with ledger(path, scope_denial=denial, minute_limit=10**6) as base:
        place.configure(organisation(base, xero={"scopes": list(READ_SCOPES)}))

        assert_told(place.run("--run-now"), 77, str(denial), "it needs scope accounting.")
        assert journal(path) == before

        place.configure(organisation(base))
        for _ in range(4):
            # What was refused counts as sent until reading has shown three times that it was not.
            elapsed.passes(400)
            place.told()
    assert len([row for row in books(path) if row[0] == "payment"]) == 3


def test_another_organisation_behind_the_same_credentials_is_not_touched(
    place: Place, shop: Story, tmp_path: Path
) -> None:
    theirs = make_shop(tmp_path / "theirs", name="Another Shop")
    path = shop.put(place)
    with ledger(path) as base:
        place.configure(organisation(base))
        place.told("--job", "pull,match")
    before = journal(theirs.store)
    with ledger(theirs.store) as base:
        place.configure(organisation(base))

        done = place.run("--run-now")

    assert_told(done, 77, "these credentials open", "nothing more is read or written")
    assert journal(theirs.store) == before


def test_a_bank_account_the_ledger_does_not_have_is_told_with_those_it_has(
    place: Place, shop: Story
) -> None:
    path = shop.put(place)
    inbox, before = waiting_files(place), journal(path)
    with ledger(path) as base:
        unknown = {"code": "999", "mode": "auto", "post_from": "2025-01-01"}
        wanted = organisation(base)
        place.configure(wanted | {"accounts": [*wanted["accounts"], unknown]})

        done = place.run("--run-now")

    assert_told(done, 78, "999 is no bank account of Corner Shop", "090", "091", "092")
    assert waiting_files(place) == inbox
    assert journal(path) == before


# --- what answers at the address -----------------------------------------------------------------


def answering(status: str, content_type: str, body: bytes, **headers: str) -> Callable[[Any], Any]:
    """The token service works; everything else gets this one answer."""

    def around(app: Any) -> Any:
        def answer(environ: dict[str, Any], start: Any) -> Any:
            if environ["PATH_INFO"] == "/connect/token":
                return app(environ, start)
            told = {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}
            start(status, list(told.items()))
            return [body]

        return answer

    return around


PAGE = b"<html><head><title>Sign in</title></head><body>Welcome to the hotel</body></html>"


@pytest.mark.parametrize(
    ("around", "xero", "code", "words"),
    [
        (None, {"base_url": "http://127.0.0.1:1", "token_url": ""}, 75, ["no connection"]),
        (None, {"base_url": "BASE/v1"}, 78, ["404", "base_url must be the API's root"]),
        (None, {"token_url": "BASE/token"}, 78, ["token_url answered 404", "whole token address"]),
        (answering("302 Found", "", b"", Location="/login"), {}, 78, ["302", "base_url"]),
        (answering("503 No", "text/plain", b"offline"), {}, 75, ["503", "offline"]),
        (answering("200 OK", "text/html", PAGE), {}, 75, ["a page of HTML", "in 3 tries"]),
        (answering("200 OK", "application/json", b'{"Organ'), {}, 75, ["in 3 tries"]),
        (answering("404 No", "text/html", PAGE), {}, 78, ["Welcome to the hotel", "base_url"]),
    ],
    ids=["refuses", "below root", "token", "redirect", "503", "html", "cut", "html 404"],
)
def test_an_address_that_is_not_the_ledger_is_told_as_what_it_is(
    place: Place,
    shop: Story,
    around: Callable[[Any], Any] | None,
    xero: dict[str, str],
    code: int,
    words: list[str],
    elapsed: Elapsed,
) -> None:
    path = shop.put(place)
    inbox = waiting_files(place)
    with ledger(path, around or (lambda app: app)) as base:
        changed = {key: value.replace("BASE", base) for key, value in xero.items()}
        place.configure(organisation(base, xero={k: v for k, v in changed.items() if v}))

        assert_told(place.run("--run-now"), code, "story: ", *words)

    assert waiting_files(place) == inbox


@pytest.mark.slow
def test_a_ledger_that_never_answers_is_given_up_for_later(place: Place, shop: Story) -> None:
    """The token service alone is waited for: three times twenty seconds."""
    path = shop.put(place)

    def silent(app: Any) -> Any:
        def answer(environ: dict[str, Any], start: Any) -> Any:
            time.sleep(25)
            return app(environ, start)

        return answer

    with ledger(path, silent) as base:
        place.configure(organisation(base))

        assert_told(place.run("--run-now"), 75, "token service", "did not answer in time")


# --- limits --------------------------------------------------------------------------------------


def test_the_days_calls_used_up_end_the_run_and_the_next_one_does_not_even_ask(
    place: Place, shop: Story
) -> None:
    path = shop.put(place)
    asked: list[str] = []

    def counted(app: Any) -> Any:
        def answer(environ: dict[str, Any], start: Any) -> Any:
            asked.append(environ["PATH_INFO"])
            return app(environ, start)

        return answer

    with ledger(path, counted, day_limit=5) as base:
        place.configure(organisation(base))

        assert_told(place.run("--run-now"), 69, "the day's API calls are used up")
        assert len([path for path in asked if path.startswith("/api.xro")]) == 6
        asked.clear()
        done = place.run("--run-now", "--json")

    assert_told(done, 69, "the day's API calls are used up", "no calls before")
    assert json.loads(done.out)["organisations"][0]["api_calls"] == 0
    assert [path for path in asked if path.startswith("/api.xro")] == []


# --- statement files -----------------------------------------------------------------------------

GOOD = ",".join(CSV_PROFILE["columns"].values()) + "\n"
OFX = (
    "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n<OFX>"
    "<BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>{currency}<BANKACCTFROM><BANKID>1<ACCTID>{account}"
    "<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20260330<DTEND>20260331<STMTTRN>"
    "<TRNTYPE>CREDIT<DTPOSTED>20260330<TRNAMT>12.50<FITID>1<NAME>PAYER</STMTTRN></BANKTRANLIST>"
    "<LEDGERBAL><BALAMT>12.50<DTASOF>20260331</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
)


def test_an_unreadable_statement_is_set_aside_whole_and_the_others_go_on(
    place: Place, shop: Story
) -> None:
    path = shop.put(place)
    bad = place.inbox / "090" / "000-broken.csv"
    good = (place.inbox / "090" / "march.csv").read_text("utf-8").splitlines(True)
    bad.write_text("".join([*good[:3], good[3].replace("2026", "twenty-six")]), "utf-8")
    with ledger(path) as base:
        place.configure(organisation(base))

        done = place.run("--run-now", "--json")

    assert_told(done, 1, "account 090: 000-broken.csv, line 4:", "twenty-six")
    (run,) = json.loads(done.out)["organisations"]
    assert [p["kind"] for p in run["problems"]].count("statement_refused") == 1
    assert run["posted"] == 3
    refused = place.inbox / "090" / "refused"
    assert sorted(p.name for p in refused.iterdir()) == ["000-broken.csv", "000-broken.csv.why"]
    assert (refused / "000-broken.csv.why").read_text("utf-8").strip() in done.err
    assert [p.name for p in (place.inbox / "090" / "done").iterdir()] == ["march.csv"]
    assert len(books(path)) > 0


def test_a_download_that_is_always_called_the_same_does_not_take_its_predecessors_place(
    place: Place, shop: Story
) -> None:
    path = shop.put(place)
    whole = (place.inbox / "090" / "march.csv").read_bytes()
    half = b"".join(whole.splitlines(keepends=True)[:3])
    with ledger(path) as base:
        place.configure(organisation(base))
        for content in (half, whole, half):
            (place.inbox / "090" / "march.csv").write_bytes(content)
            place.told("--job", "pull")

    done = {p.name: p.read_bytes() for p in (place.inbox / "090" / "done").iterdir()}
    assert done == {"march.csv": half, "march (2).csv": whole}


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (None, 66, ["no such file"]),
        (b"", 65, ["is empty"]),
        (bytes(range(256)) * 40, 65, []),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", 65, ["PDF"]),
        (b"PK\x03\x04" + bytes(100), 65, []),
        (b"just some words\nand more of them\n", 65, []),
        ((GOOD + "31/02/2026,BGC,a,b,c,,12.50,12.50,,1\n").encode(), 65, ["line 2", "31/02/2026"]),
        ((GOOD + "30/03/2026,BGC,a,b,c,,twelve,12.50,,1\n").encode(), 65, ["line 2", "twelve"]),
        ((GOOD + "30/03/2026,BGC,a,b\n").encode(), 65, ["line 2"]),
        (OFX.format(account="12-3456-0099999-00", currency="GBP").encode(), 65, ["account"]),
        (OFX.format(account=BANK_NUMBER, currency="USD").encode(), 65, ["USD", "GBP"]),
        ("directory", 65, ["is not a regular file"]),
        ("link", 65, ["is a link"]),
        ("pipe", 65, ["is not a regular file"]),
    ],
    ids=(
        "missing empty binary pdf zip words day amount short account currency dir link pipe"
    ).split(),
)
def test_import_refuses_a_file_as_a_whole_and_says_why(
    place: Place,
    known: Path,
    content: bytes | str | None,
    code: int,
    words: list[str],
) -> None:
    place.root.rmdir()
    shutil.copytree(known, place.root)
    file = place.root / "some statement.csv"
    if content == "directory":
        file.mkdir()
    elif content == "link":
        file.symlink_to(place.config)
    elif content == "pipe":
        os.mkfifo(file)
    elif isinstance(content, bytes):
        file.write_bytes(content)

    done = place.run("import", str(file), "--account", "090", "--json")

    assert_told(done, code, "some statement.csv", *words)
    if code == 65:
        (told,) = json.loads(done.out)["files"]
        assert (told["refused"], told["lines"], told["new"]) == (True, 0, 0)
    with contextlib.closing(sqlite3.connect(place.state / "tieout.db")) as mirror:
        assert mirror.execute("SELECT count(*) FROM bank_lines").fetchone() == (0,)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory, shop: Story) -> Path:
    """A place whose mirror knows the ledger, but no bank line yet."""
    place = Place(tmp_path_factory.mktemp("known") / "place")
    path = shop.put(place)
    shutil.rmtree(place.inbox)
    with ledger(path) as base:
        place.configure(organisation(base))
        place.told("--job", "pull")
    return place.root


def test_of_several_files_the_good_ones_are_imported_and_the_bad_one_is_named(
    place: Place, known: Path, shop: Story
) -> None:
    place.root.rmdir()
    shutil.copytree(known, place.root)
    good = shop.inbox / "090" / "march.csv"
    half, bad = place.root / "half.csv", place.root / "bad.csv"
    half.write_text("".join(good.read_text("utf-8").splitlines(True)[:3]), "utf-8")
    bad.write_bytes(b"")

    done = place.run("import", str(half), str(bad), str(good), "--account", "090", "--json")

    assert_told(done, 65, "bad.csv: is empty")
    files = json.loads(done.out)["files"]
    told = [(file["refused"], file["lines"], file["new"]) for file in files]
    assert told == [(False, 2, 2), (True, 0, 0), (False, 4, 2)]


# --- disks and folders ---------------------------------------------------------------------------

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip(f"this machine does not let us mount: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@needs_root
@pytest.mark.parametrize("size", ["64k", "300k"])
def test_a_full_disk_under_the_state_is_told_and_a_larger_one_finishes_the_work(
    place: Place, shop: Story, size: str
) -> None:
    path = shop.put(place)
    with ledger(path) as base:
        place.configure(organisation(base))
        with small_disk(place.state, size):
            assert_told(place.process("--run-now"), 74, "disk is full")
            assert list(place.state.glob("crash-*")) == []
            kept = place.root / "kept"
            shutil.copytree(place.state, kept)
        shutil.copytree(kept, place.state, dirs_exist_ok=True)

        told = place.told()

    assert told["ok"]
    assert len(books(path)) > 0


@needs_root
def test_a_full_disk_under_the_reports_is_told_after_the_postings_and_made_good_later(
    place: Place, shop: Story
) -> None:
    path = shop.put(place)
    with ledger(path) as base:
        place.configure(organisation(base))
        with small_disk(place.out, "8k"):
            done = place.process("--run-now")
            assert_told(done, 74, "digest-2026-03", "disk is full")
            assert list(place.out.iterdir()) == []

        told = place.told()

    (run,) = told["organisations"]
    assert run["posted"] == 0
    assert [Path(file).name for file in run["files"]] == [
        "digest-2026-03.html",
        "digest-2026-03.txt",
    ]


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[list[str]]:
    """The folder without the right to write, and what starts a program that is held to it."""
    before: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root writes everywhere, and there is no setpriv to stop it")
        before = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o500)
    try:
        yield before
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize("which", ["state", "out", "inbox/090", "."])
def test_a_folder_we_may_not_write_to_is_named_and_mended_it_works(
    place: Place, shop: Story, which: str
) -> None:
    path = shop.put(place)
    folder = place.root / which
    inbox = waiting_files(place)
    with ledger(path) as base:
        place.configure(organisation(base))
        with read_only(folder) as before:
            done = place.process("--run-now", before=before)
            assert_told(done, 74, str(folder))
        if which != "out":
            assert waiting_files(place) == inbox

        assert place.told()["ok"]


def test_an_inbox_we_may_not_read_is_named(place: Place, shop: Story) -> None:
    path = shop.put(place)
    with ledger(path) as base:
        place.configure(organisation(base))
        with read_only(place.inbox / "090") as before:
            (place.inbox / "090").chmod(0o300)
            done = place.process("--run-now", before=before)

    assert_told(done, 74, f"inbox {place.inbox / '090'} cannot be read")


# --- the database --------------------------------------------------------------------------------


def garbage(place: Place) -> None:
    (place.state / "tieout.db").write_bytes(b"this is no database, " * 500)


def damaged(place: Place) -> None:
    with (place.state / "tieout.db").open("r+b") as file:
        file.seek(4096)
        file.write(bytes(range(256)) * 2000)


def newer(place: Place) -> None:
    with contextlib.closing(sqlite3.connect(place.state / "tieout.db")) as mirror, mirror:
        mirror.execute("UPDATE alembic_version SET version_num = '9999'")


@pytest.mark.parametrize(
    ("harm", "code", "words"),
    [
        (garbage, 78, ["tieout.db", "no SQLite database"]),
        (damaged, 78, ["tieout.db", "damaged"]),
        (newer, 78, ["9999", "newer than this program", "update Tieout"]),
    ],
)
def test_a_mirror_that_cannot_be_used_stops_everything_before_the_ledger_is_asked(
    place: Place, known: Path, harm: Callable[[Place], None], code: int, words: list[str]
) -> None:
    place.root.rmdir()
    shutil.copytree(known, place.root)
    harm(place)

    assert_told(place.run("--run-now"), code, *words)


@pytest.mark.slow
def test_a_mirror_somebody_keeps_locked_is_tried_again_later(place: Place, known: Path) -> None:
    """A locked database is waited for, fifteen seconds."""
    place.root.rmdir()
    shutil.copytree(known, place.root)
    with contextlib.closing(sqlite3.connect(place.state / "tieout.db")) as other:
        other.execute("BEGIN EXCLUSIVE")

        assert_told(place.run("status"), 75, "tieout.db", "busy")


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        (f"postgresql://tieout:{SECRET}@127.0.0.1:1/books", 75, ["127.0.0.1", "reached"]),
        ("mysql://root@localhost/books", 78, ["database_url"]),
        ("sqlite:///:memory:", 78, ["database_url"]),
    ],
)
def test_a_database_that_is_not_there_is_told_without_its_password(
    place: Place, address: str, code: int, words: list[str]
) -> None:
    place.configure(database_url=address)

    assert_told(place.run("--run-now", "--quiet"), code, *words)


# --- what the owner wrote ------------------------------------------------------------------------


def test_every_fault_of_the_configuration_is_told_at_once_with_its_line(place: Place) -> None:
    place.config.write_text(
        "state_dirs: state\n"
        "posting:\n"
        "  per_run_max: many\n"
        "organisations:\n"
        "  - name: One\n"
        "    xero: {client_id: a, client_secret: in the open}\n"
        "    accounts:\n"
        "      - {code: 090, mode: automatic}\n"
        "  - name: One\n"
        "    xero: {client_id: a}\n",
        "utf-8",
    )

    done = place.run("--run-now")

    assert done.code == 78
    assert done.out == ""
    for word in (
        "config.yaml:1:",
        "did you mean state_dir?",
        "config.yaml:3:",
        "config.yaml:6:",
        "config.yaml:8:",
        "did you mean auto?",
        "config.yaml:10:",
    ):
        assert word in done.err, done.err
    assert len(done.sentences) >= 5
    assert not place.state.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{unclosed: [", ["config.yaml:"]),
        ("- a\n- list\n", ["config.yaml:1"]),
        ("\x00\x01", ["config.yaml"]),
        ("state_dir: caf\xe9", ["config.yaml:1", "UTF-8"]),
    ],
)
def test_a_configuration_that_is_none_is_told_with_its_line(
    place: Place, text: str, words: list[str]
) -> None:
    place.config.write_text(text, "latin-1")

    assert_told(place.run("config", "check"), 78, *words)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"TIEOUT_NOW": "yesterday"}, ["TIEOUT_NOW=yesterday is no instant", "2026-03-31T09:00"]),
        ({"TIEOUT_NOW": "2026-02-30T09:00:00Z"}, ["TIEOUT_NOW"]),
        ({"TIEOUT_STATE_DRI": "x"}, ["TIEOUT_STATE_DRI", "did you mean"]),
        ({"TIEOUT_POSTING__PER_RUN_MAX": "-1"}, ["TIEOUT_POSTING__PER_RUN_MAX"]),
        ({"TIEOUT_CONFIG": "/no/such/config.yaml"}, ["/no/such/config.yaml", "not there"]),
    ],
)
def test_a_wrong_variable_is_named(place: Place, environ: dict[str, str], words: list[str]) -> None:
    place.configure()

    assert_told(place.run("--run-now", "--quiet", environ=environ), 78, *words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules: [", ["mine.yaml:"]),
        ("- nonsense\n", ["mine.yaml:1"]),
        (
            "rules:\n  - name: Fees\n    when: {all: [{text: {regex: '('}}]}\n"
            "    then: {ask: yes}\n",
            ["mine.yaml:"],
        ),
        ("caf\xe9", ["mine.yaml"]),
    ],
)
def test_a_fault_in_the_rules_is_told_with_its_file_and_line(
    place: Place, text: str, words: list[str]
) -> None:
    place.configure()
    place.rules.mkdir()
    (place.rules / "mine.yaml").write_text(text, "latin-1")

    assert_told(place.run("--run-now", "--quiet"), 78, *words)


@pytest.mark.parametrize(
    "words",
    [
        ["--run-now", "--job", "pull,tidy"],
        ["--run-later"],
        ["report", "profit-and-loss", "--as-of", "31/03/2026"],
        ["import", "a.csv"],
    ],
)
def test_a_command_line_that_is_wrong_is_a_matter_of_usage(place: Place, words: list[str]) -> None:
    place.configure()

    done = place.run(*words)

    assert done.code == 2
    assert "Traceback" not in done.err
    assert not place.state.exists()


# --- stopped by hand -----------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["GET /api.xro/2.0/Invoices", "PUT /api.xro/2.0/Payments"])
def test_stopped_by_hand_it_says_so_and_the_next_run_goes_on(
    place: Place, shop: Story, at: str
) -> None:
    path = shop.put(place)
    running: list[subprocess.Popen[str]] = []
    stopped: list[str] = []

    def interrupting(app: Any) -> Any:
        def answer(environ: dict[str, Any], start: Any) -> Any:
            call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
            if call == at and not stopped:
                stopped.append(call)
                running[0].send_signal(signal.SIGINT)
            return app(environ, start)

        return answer

    with ledger(path, interrupting) as base:
        place.configure(organisation(base))
        running.append(place.start("--run-now"))
        out, err = running[0].communicate(timeout=60)
        assert_told(Ended(running[0].returncode, out, err), 130, "the next run goes on from here")
        assert stopped == [at]

        (run,) = place.told()["organisations"]

    assert run["posted"] == 3
    assert len(books(path)) > 0
