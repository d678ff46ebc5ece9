"""Two organisations in one configuration, one database and one account code never mix."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.stories.demo import Elapsed
from tests.stories.place import (
    LINES,
    SALES,
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
from worker.sandbox.store import Store

NORTH, SOUTH = "North", "South"
# The same bank lines for both; who owes what differs, and what the past has taught.
NAME_IN_TRADE = ("23/03/2026", "QUAYSIDE TRADING", "", "333.00")
STATEMENT = (*LINES, ("26/03/2026", "ABEL ORCHARDS", "INV-0009", "41.00"), NAME_IN_TRADE)
TAUGHT = [("06/02/2026", "QUAYSIDE TRADING", "", "310.00")]
OF_NORTH = (*SALES, ("INV-0007", "Dune Fisheries", "333.00"))
OF_SOUTH = (*SALES[:1], ("INV-0009", "Abel Orchards", "41.00"), ("INV-0008", "Elm", "333.00"))
PAID_IN_NORTH = ((("INV-0005", "Dune Fisheries", "310.00"), "2026-02-06"),)


@dataclass(frozen=True, slots=True)
class Both:
    """One place that works for two organisations; their ledgers' files and addresses."""

    place: Place
    north: Path
    south: Path
    bases: dict[str, str]
    asked: dict[str, list[str]]

    def configure(self, **xero: dict[str, Any]) -> None:
        """Both organisations, the `xero` section of one changed by its name."""
        told = []
        for name in (NORTH, SOUTH):
            one = organisation(self.bases[name], name, xero=xero.get(name, {}))
            told.append(one | {"accounts": one["accounts"][:1]})
        self.place.configure(*told)


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, Story]:
    folder = tmp_path_factory.mktemp("shops")
    return (
        make_shop(
            folder / "north",
            name="North Ltd",
            sales=OF_NORTH,
            lines=[*TAUGHT, *STATEMENT],
            paid=PAID_IN_NORTH,
        ),
        make_shop(folder / "south", name="South Ltd", sales=OF_SOUTH, lines=[*TAUGHT, *STATEMENT]),
    )


@pytest.fixture
def both(tmp_path: Path, shops: tuple[Story, Story], elapsed: Elapsed) -> Iterator[Both]:
    place = Place(tmp_path / "place")
    asked: dict[str, list[str]] = {NORTH: [], SOUTH: []}
    with contextlib.ExitStack() as stack:
        paths, bases = {}, {}
        for name, shop in zip((NORTH, SOUTH), shops, strict=True):
            paths[name] = shop.put(place, name)

            def noting(app: Any, told: list[str] = asked[name]) -> Any:
                def answer(environ: dict[str, Any], start: Any) -> Any:
                    told.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
                    return app(environ, start)

                return answer

            bases[name] = stack.enter_context(
                ledger(paths[name], noting, minute_limit=10**6, concurrent=50)
            )
        found = Both(place, paths[NORTH], paths[SOUTH], bases, asked)
        found.configure()
        yield found


def paid(path: Path) -> dict[str, str]:
    """Number and amount of every invoice the ledger of a file shows as paid."""
    with contextlib.closing(Store(path)) as store:
        numbers = {each["InvoiceID"]: each["InvoiceNumber"] for each in store.all("Invoices")}
        return {
            numbers[each["Invoice"]["InvoiceID"]]: f"{each['Amount']:.2f}"
            for each in store.all("Payments")
            if each["Status"] == "AUTHORISED"
        }


IN_NORTH = {
    "INV-0001": "120.00",
    "INV-0002": "250.50",
    "INV-0003": "75.25",
    "INV-0005": "310.00",
}
IN_SOUTH = {"INV-0001": "120.00", "INV-0009": "41.00"}


def told(done: Ended) -> dict[str, Any]:
    return {one["name"]: one for one in json.loads(done.out)["organisations"]}


def decided(both: Both, name: str) -> list[dict[str, Any]]:
    done = both.place.run("decisions", "--all", "--org", name, "--json")
    assert done.code == 0, done.err
    found: list[dict[str, Any]] = json.loads(done.out)
    return found


def refused(done: Ended, code: int, *words: str) -> None:
    assert done.code == code, done.err or done.out
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err, done.err


def test_each_ones_money_goes_to_its_own_ledger_and_what_one_learned_stays_there(
    both: Both, any_database_url: str
) -> None:
    told_before = both.place.config.read_text("utf-8")
    both.place.config.write_text(
        json.dumps(json.loads(told_before) | {"database_url": any_database_url}), "utf-8"
    )

    runs = told(both.place.run("--run-now", "--json"))

    assert {name: run["posted"] for name, run in runs.items()} == {NORTH: 3, SOUTH: 2}
    assert paid(both.north) == IN_NORTH
    assert paid(both.south) == IN_SOUTH
    assert len(books(both.north)) == len(books(both.south)) + 4
    # The payer that trades under another name is known where it has paid before, and only there.
    (taught,) = [d for d in decided(both, NORTH) if d["amount"] == "333.00"]
    (untaught,) = [d for d in decided(both, SOUTH) if d["amount"] == "333.00"]
    assert [a["document_number"] for a in taught["allocations"]] == ["INV-0007"]
    assert untaught["action"] in ("none", "suggest")
    assert "Dune" not in json.dumps(decided(both, SOUTH))
    assert "Elm" not in json.dumps(decided(both, NORTH))
    # No line, file or report of one is the other's.
    lines = [{d["line_id"] for d in decided(both, name)} for name in (NORTH, SOUTH)]
    assert len(lines[0]) == len(lines[1]) == 7
    assert not lines[0] & lines[1]
    for name, run in runs.items():
        assert [Path(file).parent for file in run["files"]] == [both.place.out / name] * 2
        digest = Path(run["files"][1]).read_text("utf-8")
        assert f"{name} Ltd" in digest
        assert ({NORTH: "Elm", SOUTH: "Dune"}[name]) not in digest

    again = told(both.place.run("--run-now", "--json"))

    assert [run["posted"] for run in again.values()] == [0, 0]
    assert (paid(both.north), paid(both.south)) == (IN_NORTH, IN_SOUTH)


def test_a_run_for_one_leaves_the_other_alone(both: Both) -> None:
    inbox, before = both.place.inbox / SOUTH / "090", journal(both.south)

    runs = told(both.place.run("--run-now", "--org", NORTH, "--json"))

    assert list(runs) == [NORTH]
    assert paid(both.north) == IN_NORTH
    assert journal(both.south) == before
    assert both.asked[SOUTH] == []
    assert [path.name for path in inbox.iterdir()] == ["march.csv"]
    assert not (both.place.out / SOUTH).exists()
    status = json.loads(both.place.run("status", "--json").out)["organisations"]
    assert [(one["name"], one["organisation"]) for one in status] == [
        (NORTH, "North Ltd"),
        (SOUTH, None),
    ]


def test_files_in_a_folder_that_could_be_either_ones_are_told_and_left(both: Both) -> None:
    shared = both.place.inbox / "090"
    shutil.copytree(both.place.inbox / NORTH / "090", shared)

    runs = told(both.place.run("--run-now", "--job", "pull", "--json"))

    for name, run in runs.items():
        assert run["problems"] == [
            {
                "kind": "not_read",
                "message": f"{shared} holds 1 file that is not read: with several organisations "
                f"such files belong into {both.place.inbox / name / '090'}",
            }
        ]
    assert [path.name for path in shared.iterdir()] == ["march.csv"]


@pytest.mark.parametrize(
    "words",
    [
        ["decisions"],
        ["explain", "L1"],
        ["accept", "L1"],
        ["decline", "L1"],
        ["import", "march.csv", "--account", "090"],
        ["report", "aged-receivables"],
    ],
    ids=lambda words: words[0],
)
def test_a_command_for_one_organisation_must_be_told_which(both: Both, words: list[str]) -> None:
    refused(both.place.run(*words), 2, "several organisations", "--org NAME", NORTH, SOUTH)
    refused(both.place.run(*words, "--org", "East"), 2, "no organisation 'East'", NORTH, SOUTH)
    refused(both.place.run("--run-now", "--org", "East"), 2, "no organisation 'East'")
    assert both.asked == {NORTH: [], SOUTH: []}


def test_a_line_of_one_cannot_be_asked_for_accepted_or_declined_as_the_others(both: Both) -> None:
    told_before = both.place.config.read_text("utf-8")
    both.place.config.write_text(told_before.replace('"auto"', '"suggest"'), "utf-8")
    both.place.run("--run-now", "--job", "pull,match")
    mine = {d["amount"]: d for d in decided(both, NORTH)}["120.00"]["line_id"]
    before = journal(both.south)

    for words in (["explain", mine], ["accept", mine], ["decline", mine], ["explain", "INV-0007"]):
        done = both.place.run(*words, "--org", SOUTH)
        refused(done, 65, words[1])

    assert journal(both.south) == before
    assert both.place.run("accept", mine, "--org", NORTH).code == 0
    assert journal(both.south) == before


def test_a_file_imported_for_one_is_new_to_the_other(both: Both) -> None:
    file = both.place.inbox / NORTH / "090" / "march.csv"
    words = ("import", str(file), "--account", "090", "--json", "--org")

    found = [
        json.loads(both.place.run(*words, name).out)["files"][0] for name in (NORTH, SOUTH, NORTH)
    ]

    assert [(one["new"], one["duplicates"]) for one in found] == [(7, 0), (7, 0), (0, 7)]


@pytest.mark.parametrize(
    ("name", "xero", "words"),
    [
        (NORTH, {"client_secret": SECRET}, "invalid_client"),
        (SOUTH, {"client_secret": {"env": "NOT_SET"}}, "NOT_SET"),
        (SOUTH, {"base_url": "http://127.0.0.1:1"}, "no connection"),
    ],
)
def test_one_that_fails_does_not_stop_the_other(
    both: Both, name: str, xero: dict[str, Any], words: str
) -> None:
    both.configure(**{name: xero})

    done = both.place.run("--run-now", "--json")

    refused(done, 1, f"tieout: {name}: ", words)
    assert len(done.sentences) == 1
    assert SECRET not in done.out + done.err
    runs = told(done)
    assert json.loads(done.out)["ok"] is False
    assert [len(runs[each]["problems"]) > 0 for each in (NORTH, SOUTH)] == [
        name == NORTH,
        name == SOUTH,
    ]
    other, path, all_of_it = (
        (SOUTH, both.south, IN_SOUTH) if name == NORTH else (NORTH, both.north, IN_NORTH)
    )
    assert paid(path) == all_of_it
    assert runs[other]["posted"] > 0
    assert runs[name]["posted"] == 0


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_two_names_for_one_ledger_are_refused_whoever_comes_second(
    both: Both, engine: str, request: pytest.FixtureRequest
) -> None:
    """The credentials of one pasted twice: both inboxes would be posted into one ledger."""
    south = {"base_url": both.bases[NORTH], "token_url": f"{both.bases[NORTH]}/connect/token"}
    both.configure(**{SOUTH: south})
    address = request.getfixturevalue(f"{engine}_url")
    told_before = json.loads(both.place.config.read_text("utf-8"))
    both.place.config.write_text(json.dumps(told_before | {"database_url": address}), "utf-8")

    done = both.place.run("--run-now", "--json")

    refused(done, 1, "which is", "in this database: nothing is read or written")
    runs = told(done)
    assert sorted(run["posted"] > 0 for run in runs.values()) == [False, True]
    assert set(paid(both.north).values()) <= set(IN_NORTH.values())
    assert len(paid(both.north)) >= 3


def test_credentials_exchanged_between_two_known_organisations_stop_both(both: Both) -> None:
    assert both.place.run("--run-now").code == 0
    before = journal(both.north), journal(both.south)
    for name in (NORTH, SOUTH):
        shutil.copy(
            both.place.inbox / name / "090" / "done" / "march.csv",
            both.place.inbox / name / "090" / "april.csv",
        )
        file = both.place.inbox / name / "090" / "april.csv"
        header = file.read_text("utf-8").splitlines()[0]
        file.write_text(f"{header}\n30/03/2026,BGC,,ELM,INV-0008,,333.00,,,B99\n", "utf-8")
    other = {NORTH: SOUTH, SOUTH: NORTH}
    both.configure(
        **{
            name: {
                "base_url": both.bases[other[name]],
                "token_url": f"{both.bases[other[name]]}/connect/token",
            }
            for name in (NORTH, SOUTH)
        }
    )

    done = both.place.run("--run-now")

    refused(done, 1, f"tieout: {NORTH}: these credentials", f"tieout: {SOUTH}: these credentials")
    assert (journal(both.north), journal(both.south)) == before
    for name in (NORTH, SOUTH):
        assert (both.place.inbox / name / "090" / "april.csv").exists()
