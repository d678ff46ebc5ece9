"""The configuration: what it says, what overrides it, and every fault at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import pytest
import yaml

from worker.config import (
    READ_SCOPES,
    WRITE_SCOPES,
    Config,
    CsvProfile,
    OrganisationConfig,
    Secret,
    load,
    schema,
    values,
)
from worker.errors import SetupWrong

SECTIONS: dict[str, Any] = {
    name: kind
    for name, kind in vars(values).items()
    if isinstance(kind, type) and is_dataclass(kind)
}
ROOT = Path(__file__).parents[1]
LOCAL = "http://127.0.0.1:8080"
SECRET = "client_id: a, client_secret: {env: S}"
XERO = "{client_id: 0123, client_secret: {env: XERO_SECRET}}"
ONE = f"organisations: [{{name: Acme, xero: {XERO}, accounts: [{{code: 090}}]}}]"


def written(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    file = tmp_path / "config.yaml"
    file.write_text(dedent(text), "utf-8")
    return load(file, environ or {})


def faults(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SetupWrong) as raised:
        written(tmp_path, text, environ)
    assert raised.value.exit_code == 78
    return str(raised.value).replace(f"{tmp_path}/", "").splitlines()


def the_organisation(tmp_path: Path, keys: str) -> OrganisationConfig:
    found = written(tmp_path, f"organisations:\n  - {{name: Acme, xero: {XERO}, {keys}}}")
    return found.organisations[0]


# --- what it says ---------------------------------------------------------------------------


def test_without_a_file_the_defaults_stand_in_the_folder_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    found = load(None, {})

    assert found.organisations == ()
    assert [found.state_dir, found.inbox_dir, found.out_dir, found.rules_dir] == [
        tmp_path / name for name in ("state", "inbox", "out", "rules")
    ]
    assert found.database_url == f"sqlite:///{tmp_path}/state/tieout.db"
    assert found.matching.wrong_posts_max == Fraction(1, 2000)
    assert found.matching.identical_documents == "oldest_first"
    assert found.posting.per_run_max == 500


def test_paths_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    found = written(tmp_path, "state_dir: ../s\nout_dir: /abs/out\ndatabase_url: sqlite:///x.db")

    assert found.state_dir == tmp_path.parent / "s"
    assert found.out_dir == Path("/abs/out")
    assert found.database_url == f"sqlite:///{tmp_path}/x.db"


def test_scalars_stay_what_was_written(tmp_path: Path) -> None:
    found = written(
        tmp_path,
        f"""
        posting: {{per_run_amount_max: 12.50}}
        csv_profiles: {{bank: {{columns: {{date: 1, amount: NO, payee: [A b, c]}}, header: NO}}}}
        organisations: [{{name: Yes, xero: {XERO}, accounts: [{{code: 0123, csv: bank}}]}}]
        """,
    )

    assert str(found.posting.per_run_amount_max) == "12.50"
    assert found.organisations[0].name == "Yes"
    account = found.organisations[0].accounts[0]
    assert account.code == "0123"
    assert isinstance(account.csv, CsvProfile)
    assert account.csv == found.csv_profiles["bank"]
    assert account.csv.header is False
    assert account.csv.columns.date == "1"
    assert account.csv.columns.amount == "NO"
    assert account.csv.columns.payee == ("A b", "c")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 in 2000", Fraction(1, 2000)),
        ("1/500", Fraction(1, 500)),
        ("0.0005", Fraction(1, 2000)),
        ("0", Fraction(0)),
    ],
)
def test_the_error_budget_is_an_exact_fraction(tmp_path: Path, text: str, value: Fraction) -> None:
    found = written(tmp_path, f"matching: {{wrong_posts_max: {text}}}")

    assert found.matching.wrong_posts_max == value


def test_an_organisation_overrides_the_shared_sections_key_by_key(tmp_path: Path) -> None:
    found = written(
        tmp_path,
        f"""
        posting: {{per_run_max: 7, earn_after: 3}}
        roles: {{bank_fee: 404}}
        tax_filed_through: 2026-03-31
        organisations:
          - {{name: A, xero: {XERO}, posting: {{per_run_max: none}}, inbox_dir: own}}
          - {{name: B, xero: {XERO}, roles: {{processors: {{stripe: 093}}}}}}
        """,
    )

    first, second = found.organisations
    assert (first.posting.per_run_max, first.posting.earn_after) == (None, 3)
    assert (second.posting.per_run_max, second.posting.earn_after) == (7, 3)
    assert first.inbox_dir == tmp_path / "own"
    assert second.inbox_dir == found.inbox_dir
    assert second.roles.bank_fee == "404"
    assert dict(second.roles.processors) == {"stripe": "093"}
    assert first.tax_filed_through == date(2026, 3, 31)


def test_discounts_are_read_exactly(tmp_path: Path) -> None:
    found = written(
        tmp_path, "discounts: [{all: yes, percent: 2.5, days: 10, tax: adjust, account: 470}]"
    )

    assert found.discounts[0].percent == Decimal("2.5")
    assert found.discounts[0].base == "gross"


@pytest.mark.parametrize(
    ("keys", "scopes"),
    [
        ("accounts: [{code: 1}]", READ_SCOPES),
        ("accounts: [{code: 1}, {code: 2, mode: suggest, post_from: 2026-01-01}]", WRITE_SCOPES),
    ],
)
def test_scopes_left_out_are_the_fewest_the_modes_need(
    tmp_path: Path, keys: str, scopes: tuple[str, ...]
) -> None:
    assert the_organisation(tmp_path, keys).xero.scopes == scopes


def test_scopes_may_be_written_as_xero_writes_them(tmp_path: Path) -> None:
    text = (
        "organisations: [{name: A, xero: {client_id: a, client_secret: {env: B}, scopes: a.b c}}]"
    )

    assert written(tmp_path, text).organisations[0].xero.scopes == ("a.b", "c")


@pytest.mark.parametrize(
    ("keys", "token_url"),
    [
        ("base_url: https://api.xero.com", "https://identity.xero.com/connect/token"),
        (f"base_url: {LOCAL}/", f"{LOCAL}/connect/token"),
        (f"base_url: {LOCAL}, token_url: http://localhost/t", "http://localhost/t"),
    ],
)
def test_a_local_base_url_brings_its_own_token_url(
    tmp_path: Path, keys: str, token_url: str
) -> None:
    text = (
        f"organisations: [{{name: A, xero: {{client_id: a, client_secret: {{env: B}}, {keys}}}}}]"
    )

    assert written(tmp_path, text).organisations[0].xero.token_url == token_url


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql:///d?host=/tmp", "postgresql+psycopg:///d?host=/tmp"),
        ("sqlite:////abs/x.db", "sqlite:////abs/x.db"),
    ],
)
def test_database_addresses_name_their_driver(tmp_path: Path, given: str, found: str) -> None:
    assert written(tmp_path, "", {"TIEOUT_DATABASE_URL": given}).database_url == found


def test_statement_folders_are_short_only_while_nobody_shares_the_inbox(tmp_path: Path) -> None:
    one = written(tmp_path, ONE)
    two = written(
        tmp_path, f"organisations: [{{name: A, xero: {XERO}}}, {{name: B, xero: {XERO}}}]"
    )

    inbox = tmp_path / "inbox"
    assert one.statement_folders(one.organisations[0], "090") == (
        inbox / "Acme" / "090",
        inbox / "090",
    )
    assert two.statement_folders(two.organisations[0], "090") == (inbox / "A" / "090",)


# --- the environment ------------------------------------------------------------------------


def test_every_key_can_come_from_the_environment(tmp_path: Path) -> None:
    base = "TIEOUT_ORGANISATIONS__0__"
    found = written(
        tmp_path,
        "organisations: []",
        {
            "TIEOUT_POSTING__PER_RUN_MAX": "9",
            "TIEOUT_STATE_DIR": "elsewhere",
            f"{base}NAME": "Acme",
            f"{base}XERO__CLIENT_ID": "abc",
            f"{base}XERO__CLIENT_SECRET__ENV": "HIDDEN",
            f"{base}XERO__SCOPES": "a b",
            f"{base}ACCOUNTS__0__CODE": "090",
            f"{base}ACCOUNTS__1__CODE": "091",
            "TIEOUT_CSV_PROFILES__MINE__COLUMNS__DATE": "Date",
            "TIEOUT_CSV_PROFILES__MINE__COLUMNS__AMOUNT": "Sum",
            "TIEOUT_NOW": "2026-03-31T09:00:00Z",
            "TIEOUT_LOG": "debug",
            "TIEOUT_OUT_DIR": "",
            "HIDDEN": "s3cret",
        },
    )

    organisation = found.organisations[0]
    assert found.posting.per_run_max == 9
    assert found.state_dir == tmp_path / "elsewhere"
    assert found.out_dir == tmp_path / "out"
    assert organisation.xero.client_secret.reveal() == "s3cret"
    assert organisation.xero.scopes == ("a", "b")
    assert [account.code for account in organisation.accounts] == ["090", "091"]
    assert found.csv_profiles["mine"].columns.amount == "Sum"


def test_a_variable_wins_over_the_file_and_reaches_into_its_lists(tmp_path: Path) -> None:
    found = written(tmp_path, ONE, {"TIEOUT_ORGANISATIONS__0__ACCOUNTS__0__CODE": "777"})

    assert found.organisations[0].accounts[0].code == "777"
    assert found.organisations[0].name == "Acme"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("TIEOUT_STATE_DRI", "x", "unknown key state_dri; did you mean state_dir?"),
        ("TIEOUT_POSTING__PER_RUN_MAX", "lots", 'per_run_max "lots" is not a whole number'),
        ("TIEOUT_ORGANISATIONS__3__NAME", "x", "3 is no place in a list of 0"),
        ("TIEOUT_POSTING", "x", 'posting must hold keys of its own, not the text "x"'),
        ("TIEOUT_STATE_DIR__X", "x", "state_dir must be one value, not keys"),
        ("TIEOUT___", "x", "unknown key"),
    ],
)
def test_a_fault_of_a_variable_names_the_variable(
    tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    told = faults(tmp_path, "organisations: []", {name: value})

    assert len(told) == 1
    assert told[0].startswith(f"{name}: {sentence}")


def test_a_variable_that_holds_a_secret_is_no_unknown_key(tmp_path: Path) -> None:
    text = "organisations: [{name: A, xero: {client_id: a, client_secret: {env: TIEOUT_SECRET_A}}}]"

    found = written(tmp_path, text, {"TIEOUT_SECRET_A": "x"})

    assert found.organisations[0].xero.client_secret.reveal() == "x"


# --- faults ---------------------------------------------------------------------------------


def test_all_faults_are_told_at_once_in_the_files_order(tmp_path: Path) -> None:
    told = faults(
        tmp_path,
        """\
        databse_url: sqlite:///x.db
        posting:
          per_run_max: -1
        organisations:
          - name: Acme
            xero: {client_secret: {env: S}}
            accounts: [{code: 090, mode: atuo}]
          - name: Beta
            xero: {client_id: a, client_secret: {env: S}}
            accounts:
              - {code: 090, mode: auto}
        """,
        {"TIEOUT_OUT_DRI": "x"},
    )

    assert told == [
        "config.yaml:1: unknown key databse_url; did you mean database_url?",
        'config.yaml:3: per_run_max "-1" is below 0',
        "config.yaml:6: organisations[0].xero lacks client_id: client id of the connection",
        'config.yaml:7: mode "atuo" is none of observe, suggest, auto; did you mean auto?',
        "config.yaml:11: account 090 lacks post_from: in mode auto it names "
        "the first day whose lines may be posted",
        "TIEOUT_OUT_DRI: unknown key out_dri; did you mean out_dir?",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: b: c", "config.yaml:1: this is not YAML: mapping values are not allowed here"),
        ("state_dir: s\nx: [1", "this is not YAML: "),
        ("state_dir: s\nstate_dir: t", "config.yaml:2: state_dir is here twice; first on line 1"),
        ("- a", "config.yaml:1: the file must hold keys and values"),
        ("just text", "config.yaml:1: the file must hold keys and values"),
        ("? [a]\n: b", "config.yaml:1: a key must be a plain word"),
        ("state_dir: !env X", "config.yaml:1: the tag !env has no meaning here"),
        ("state_dir: !!python/name:os.system x", "has no meaning here"),
        ("posting: &a {x: *a}", "its aliases unfold without end"),
        ("state_dir: s\nout_dir: 'a\0b'", "this is not YAML: character U+0000 is not allowed"),
        ("a: " + "[" * 5000, "nested too deeply"),
        ("a: s\n---\nb: t", "this is not YAML"),
        ("state_dir:", "state_dir says nothing; give it a value or leave the key out"),
        ("posting: {per_run_max: ~}", "per_run_max says nothing"),
        ("tax_filed_through: 31/3/2026", "is not a day; write it like 2026-03-31"),
        ("tax_filed_through: 2026-02-30", "is not a day; write it like 2026-03-31"),
        ("matching: {wrong_posts_max: 1 in 0}", "is not odds; write them like 1 in 2000"),
        ("matching: {wrong_posts_max: 2}", "must be at least 0 and below 1"),
        ("posting: {per_run_amount_max: 1e9}", "is not a number; write one like 1250.00"),
        ("posting: {per_run_amount_max: NaN}", "is not a number"),
        ("schedule: {run: every day}", "is not a cron line"),
        ("database_url: mysql://h/d", "database_url must be like sqlite:///state/tieout.db"),
        ("database_url: 'sqlite://'", "database_url must name a file"),
        ("database_url: 'sqlite:///:memory:'", "database_url must name a file"),
        ("digest: {basis: both, recipients: {a: b}}", "recipients must be a list, not keys"),
        ("delivery: {channels: [pigeon]}", '"pigeon" is none of folder'),
        ("csv_profiles: {a: {columns: {date: D, debit: X}}}", "columns lack amount, or debit and"),
        ("csv_profiles: {a: {columns: {date: D, amount: A}, delimiter: xx}}", "not one character"),
        ("csv_profiles: {a: {columns: {date: D, amount: A}, encoding: zip}}", "no text encoding"),
        ("discounts: [{percent: 2, days: 3, tax: none, account: 4}]", "for one of contact, group"),
        ("discounts: [{all: yes, percent: 100, days: 3, tax: none, account: 4}]", "between 0 and"),
        ("organisations: [{name: a}]", "organisations[0] lacks xero"),
    ],
)
def test_a_fault_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    told = faults(tmp_path, text)

    assert len(told) == 1, told
    assert sentence in told[0]


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ("accounts: [{code: 1}, {code: 1}]", "account 1 is in Acme twice"),
        ("accounts: [{code: a}, {code: A}]", "account A is in Acme twice"),
        ("accounts: [{code: 1, mode: auto}]", "account 1 lacks post_from"),
        ("accounts: [{code: 1, mode: suggest}]", "account 1 lacks post_from"),
        ("accounts: [{code: 1, kind: trust, mode: auto}]", "mode must be observe: trust money"),
        ("accounts: [{code: ../x}]", "cannot name a folder"),
        ("accounts: [{code: 1, currency: nzd}]", '"nzd" is not a currency code'),
        ("accounts: [{code: 1, csv: {columns: {date: d}}}]", "columns lack amount"),
    ],
)
def test_an_accounts_fault_is_one_sentence(tmp_path: Path, keys: str, sentence: str) -> None:
    told = faults(tmp_path, f"organisations: [{{name: Acme, xero: {XERO}, {keys}}}]")

    assert len(told) == 1, told
    assert sentence in told[0]


@pytest.mark.parametrize(
    "name", ["..", ".", "a/b", "a\\\\b", "a:b", " a", "a.", "con\\ntrol", "x" * 200, ""]
)
def test_an_organisations_name_must_be_safe_as_a_folder(tmp_path: Path, name: str) -> None:
    told = faults(tmp_path, f'organisations: [{{name: "{name}", xero: {XERO}}}]')

    assert len(told) == 1
    assert "name" in told[0]


def test_two_organisations_may_not_share_a_name_in_any_case(tmp_path: Path) -> None:
    told = faults(
        tmp_path, f"organisations:\n- {{name: Acme, xero: {XERO}}}\n- {{name: ACME, xero: {XERO}}}"
    )

    assert told == ["config.yaml:3: organisation ACME is here twice"]


def test_a_local_ledger_may_post_without_post_from(tmp_path: Path) -> None:
    xero = f"{{base_url: '{LOCAL}', client_id: sandbox, client_secret: sandbox}}"
    text = f"organisations: [{{name: A, xero: {xero}, accounts: [{{code: 1, mode: auto}}]}}]"

    assert written(tmp_path, text).organisations[0].accounts[0].mode == "auto"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"name: \xe9\n"])
def test_a_file_that_is_not_utf8_is_told_with_its_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(content)

    with pytest.raises(SetupWrong, match=r"config.yaml:1: this is not UTF-8 text"):
        load(file, {})


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SetupWrong, match=r"nowhere\.yaml is not there"):
        load(tmp_path / "nowhere.yaml", {})
    with pytest.raises(SetupWrong, match=r"nowhere\.yaml is not there"):
        load(None, {"TIEOUT_CONFIG": str(tmp_path / "nowhere.yaml")})
    with pytest.raises(SetupWrong, match="cannot be read: Is a directory"):
        load(tmp_path, {})


# --- secrets and addresses ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("http://127.0.0.1:9", True),
        ("http://127.8.8.8", True),
        ("http://localhost:9", True),
        ("http://[::1]:9", True),
        ("https://api.xero.com", True),
        ("http://api.xero.com", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("http://0.0.0.0", False),
        ("http://10.0.0.1", False),
        ("ftp://127.0.0.1", False),
        ("127.0.0.1:80", False),
        ("https://", False),
        ("http://[::1", False),
        ("http://localhost:port", False),
        ("https://user:pw@api.xero.com", False),
    ],
)
def test_plain_http_is_for_this_machine_only(tmp_path: Path, address: str, allowed: bool) -> None:
    text = (
        f"organisations: [{{name: A, xero: {{base_url: '{address}', client_id: a, "
        "client_secret: {env: S}}}]"
    )

    if allowed:
        assert written(tmp_path, text).organisations[0].xero.base_url == address
    else:
        told = faults(tmp_path, text)
        assert told[0].startswith("config.yaml:1: base_url")
        assert "pw" not in told[0]


@pytest.mark.parametrize(
    ("urls", "allowed"),
    [
        (f"base_url: '{LOCAL}'", True),
        ("base_url: https://api.xero.com", False),
        (f"base_url: '{LOCAL}', token_url: https://identity.xero.com/connect/token", False),
    ],
)
def test_a_secret_stands_in_the_file_only_for_a_local_ledger(
    tmp_path: Path, urls: str, allowed: bool
) -> None:
    text = f"organisations: [{{name: A, xero: {{{urls}, client_id: a, client_secret: hunter2}}}}]"

    if allowed:
        assert written(tmp_path, text).organisations[0].xero.client_secret.reveal() == "hunter2"
    else:
        told = faults(tmp_path, text)
        assert "client_secret must not stand in the file" in told[0]
        assert "hunter2" not in told[0]


@pytest.mark.parametrize(
    ("place", "environ", "sentence"),
    [
        ("{env: S}", {}, "environment variable S, which holds the secret, is not set or empty"),
        ("{env: S}", {"S": ""}, "environment variable S"),
        ("{file: nowhere}", {}, "/nowhere is not there"),
        ("{file: .}", {}, "cannot be read"),
        ("{file: empty}", {}, "/empty is empty"),
        ("{credential: xero}", {}, "credential xero needs systemd's $CREDENTIALS_DIRECTORY"),
        ("{credential: xero}", {"CREDENTIALS_DIRECTORY": "/nowhere"}, "/nowhere/xero is not there"),
    ],
)
def test_a_missing_secret_is_told_when_it_is_needed(
    tmp_path: Path, place: str, environ: dict[str, str], sentence: str
) -> None:
    (tmp_path / "empty").write_text("\n")
    text = f"organisations: [{{name: A, xero: {{client_id: a, client_secret: {place}}}}}]"
    secret = written(tmp_path, text, environ).organisations[0].xero.client_secret

    with pytest.raises(SetupWrong) as raised:
        secret.reveal()

    assert sentence in str(raised.value)
    assert "config.yaml:1" in str(raised.value)


@pytest.mark.parametrize("place", ["{file: kept}", "{credential: kept}"])
def test_a_secret_in_a_file_is_read_without_its_line_end(tmp_path: Path, place: str) -> None:
    (tmp_path / "kept").write_text("hunter2\n")
    text = f"organisations: [{{name: A, xero: {{client_id: a, client_secret: {place}}}}}]"
    found = written(tmp_path, text, {"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert found.organisations[0].xero.client_secret.reveal() == "hunter2"


@pytest.mark.parametrize(
    "place",
    ["{}", "[]", "''", "{env: A, file: B}", "{vault: A}", "{env: {a: b}}", "{credential: ../a}"],
)
def test_a_secret_names_exactly_one_place(tmp_path: Path, place: str) -> None:
    text = f"organisations: [{{name: A, xero: {{client_id: a, client_secret: {place}}}}}]"

    told = faults(tmp_path, text)

    assert len(told) == 1
    assert "client_secret" in told[0]


def test_nothing_printed_shows_a_secret(tmp_path: Path) -> None:
    xero = f"{{base_url: '{LOCAL}', client_id: a, client_secret: hunter2}}"
    text = f"""
    database_url: postgresql://user:hunter2@host/db
    organisations: [{{name: A, xero: {xero}}}]
    """
    found = written(tmp_path, text)

    shown = f"{found!r} {found} {found.organisations[0].xero.client_secret} {Secret.literal('x')}"
    assert "hunter2" not in shown
    assert "***" in shown


# --- schema, example, weight ----------------------------------------------------------------


def test_the_schema_is_valid_and_takes_the_example() -> None:
    described = schema()
    jsonschema.Draft202012Validator.check_schema(described)

    jsonschema.validate(yaml.safe_load((ROOT / "config.yaml").read_text("utf-8")), described)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"databse_url": "x"}, described)


def test_the_example_loads_and_names_every_key() -> None:
    text = (ROOT / "config.yaml").read_text("utf-8")
    words = set(re.findall(r"[a-z_]+", text))

    def keys(cls: type) -> Iterator[str]:
        for one in fields(cls):
            yield one.name
            for name, section in SECTIONS.items():
                if re.search(rf"\b{name}\b", str(one.type)):
                    yield from keys(section)

    assert load(ROOT / "config.yaml", {}).organisations == ()
    assert set(keys(Config)) - words == set()


def test_the_commented_example_of_an_organisation_is_itself_correct(tmp_path: Path) -> None:
    text = (ROOT / "config.yaml").read_text("utf-8").replace("organisations: []\n", "", 1)
    example = text[text.index("# organisations:") :]
    example = re.sub(r"(?m)^# (?= |\w+:)", "", example)

    found = written(tmp_path, example)

    assert found.organisations[0].accounts[0].csv == found.csv_profiles["my_bank"]
    assert found.organisations[0].roles.bank_fee == "404"


def test_reading_the_configuration_loads_nothing_heavy() -> None:
    heavy = {"sqlalchemy", "httpx", "pydantic", "alembic", "click", "rich"}
    code = "import sys, worker.config; print(*sorted({n.split('.')[0] for n in sys.modules}))"

    environ = dict(os.environ)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=True)
    loaded = done.stdout.decode().split()

    assert heavy & set(loaded) == set()
