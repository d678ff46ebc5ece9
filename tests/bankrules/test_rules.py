"""Bank rules: what the language accepts, what it says of faults, and what rules make of lines."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.bankrules.apply import apply
from worker.bankrules.language import parse
from worker.bankrules.rule import Ask, Code
from worker.books.decisions import Proposal
from worker.books.records import BankLine, Contact, TaxRate
from worker.errors import SetupWrong

RULES = Path(__file__).parents[2] / "rules"
ACCOUNTS = frozenset({"404", "469", "489", "835"})
TAXES = [TaxRate(t, t, Decimal(0), "ACTIVE") for t in ("NONE", "INPUT2", "EXEMPTEXPENSES")]
BANK = Contact("c1", "Aire Commercial Bank", "ACTIVE")


def a_line(amount: str = "-12.00", payee: str = "", **more: str) -> BankLine:
    return BankLine(
        id="L1",
        account_id="acc",
        account_code="090",
        date=date(2026, 3, 17),
        amount=Decimal(amount),
        currency="GBP",
        payee=payee,
        **more,
    )


def rules_of(when: str, then: str = "{ask: 'why?'}", more: str = "") -> str:
    return f"rules:\n  - name: R\n    when: {when}\n    then: {then}\n{more}"


def applied(text: str, line: BankLine, contacts: tuple[Contact, ...] = (BANK,)) -> Proposal | None:
    found = apply([line], parse(text, "r.yaml"), contacts, ACCOUNTS, TAXES)
    return found.get(line.id)


CODE = "{code: {contact: Aire Commercial Bank, account: '404', tax: NONE}}"


def test_a_rule_codes_a_line_with_account_tax_and_contact() -> None:
    found = applied(rules_of("{all: [{text: account fee}]}", CODE), a_line(payee="ACCOUNT-FEE"))

    assert found is not None
    assert found.action == "rule"
    assert found.coding is not None
    assert (found.coding.contact_id, found.coding.rule) == ("c1", "R")
    assert [(p.account_code, p.tax_type, p.amount) for p in found.coding.lines] == [
        ("404", "NONE", Decimal("12.00"))
    ]
    assert "R" in found.why


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ("{all: [{text: café}]}", True),
        ("{all: [{text: {equals: CAFE NERO}}]}", True),
        ("{all: [{text: {equals: CAFE}}]}", False),
        ("{all: [{payer: {starts: cafe}}]}", True),
        ("{all: [{payer: {ends: nero}}]}", True),
        ("{all: [{payer: {starts: nero}}]}", False),
        ("{all: [{payer: {one-of: [COSTA, Cafe Nero]}}]}", True),
        ("{all: [{payer: [costa, nero]}]}", True),
        (r"{all: [{reference: {regex: 'A\d{3}'}}]}", True),
        (r"{all: [{reference: {regex: 'a\D\d+$'}}]}", False),
        ("{all: [{reference: B123}]}", False),
        ("{all: [{amount: 12}]}", True),
        ("{all: [{amount: {from: 12.00, to: 12.00}}]}", True),
        ("{all: [{amount: {from: 12.01}}]}", False),
        ("{all: [{sign: out}]}", True),
        ("{all: [{sign: in}]}", False),
        ("{all: [{account: '090'}]}", True),
        ("{all: [{account: ['091', '092']}]}", False),
        ("{all: [{day: {from: 15, to: 17}}]}", True),
        ("{all: [{day: 16}]}", False),
        ("{all: [{currency: gbp}]}", True),
        ("{all: [{sign: out}, {text: nobody}]}", False),
        ("{any: [{text: nobody}, {sign: out}]}", True),
        ("{all: [{sign: out}], none: [{text: nero}]}", False),
    ],
)
def test_conditions_fit_or_do_not(when: str, fits: bool) -> None:
    line = a_line(payee="Café Néro", reference="A123")

    assert (applied(rules_of(when), line) is not None) is fits


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("'404'", "'999'"), "unknown_account"),
        (("NONE", "INPUT9"), "unknown_tax"),
        (("Aire Commercial Bank", "Nobody"), "unknown_contact"),
    ],
)
def test_a_rule_that_names_what_is_not_there_only_suggests(
    change: tuple[str, str], reason: str
) -> None:
    found = applied(rules_of("{all: [{sign: out}]}", CODE.replace(*change)), a_line())

    assert found is not None
    assert (found.action, found.reason_code, found.coding) == ("suggest", reason, None)


def test_a_contact_name_borne_by_two_is_asked_about() -> None:
    twins = (BANK, Contact("c2", "AIRE COMMERCIAL BANK", "ACTIVE"))

    found = applied(rules_of("{all: [{sign: out}]}", CODE), a_line(), twins)

    assert found is not None
    assert found.reason_code == "unknown_contact"


@pytest.mark.parametrize(
    ("then", "action", "reason"),
    [
        ("{ask: 'what is it?'}", "suggest", "rule_ask"),
        ("{ignore: counted elsewhere}", "none", "rule_ignore"),
        ("{transfer: '091'}", "suggest", "rule_transfer"),
    ],
)
def test_other_actions_post_nothing(then: str, action: str, reason: str) -> None:
    found = applied(rules_of("{all: [{sign: out}]}", then), a_line())

    assert found is not None
    assert (found.action, found.reason_code) == (action, reason)


SPLIT = """
rules:
  - name: Phone
    when: {all: [{sign: out}]}
    then:
      split:
        contact: Aire Commercial Bank
        lines:
          - {account: "404", tax: NONE, amount: 1.50}
          - {account: "489", tax: INPUT2, percent: 33.3}
          - {account: "835", tax: NONE, remainder: yes, description: "Private, {month}"}
"""


@given(st.integers(400, 10_000_000))
def test_a_split_sums_to_the_line_to_the_penny(pence: int) -> None:
    found = applied(SPLIT, a_line(f"-{Decimal(pence).scaleb(-2)}"))

    assert found is not None
    assert found.coding is not None
    assert sum(p.amount for p in found.coding.lines) == Decimal(pence).scaleb(-2)
    assert found.coding.lines[2].description == "Private, March 2026"


def test_a_split_larger_than_the_line_is_asked_about() -> None:
    found = applied(SPLIT, a_line("-1.00"))

    assert found is not None
    assert found.reason_code == "split_does_not_fit"


@pytest.mark.parametrize(("stop", "reason"), [("yes", "rule_ask"), ("no", "rules_disagree")])
def test_a_rule_that_does_not_stop_hears_the_next_one(stop: str, reason: str) -> None:
    text = dedent(f"""
        rules:
          - {{name: Late, priority: 20, when: {{all: [{{sign: out}}]}}, then: {{ignore: x}}}}
          - {{name: First, priority: 10, stop: {stop}, when: {{all: [{{sign: out}}]}},
             then: {{ask: y}}}}
        """)

    found = applied(text, a_line())

    assert found is not None
    assert found.reason_code == reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [", "r.yaml:1"),
        ("rulez: []", "r.yaml:1: “rulez” is not known in a rules file; did you mean “rules”?"),
        ("- name: R", "r.yaml:1: a rules file is written as key: value with rules"),
        ("rules:\n  - name: R\n    then: {ask: x}", "r.yaml:2: a rule needs “when:”"),
        (rules_of("{}"), "r.yaml:3: a rule without a condition under all: or any:"),
        (rules_of("{none: [{sign: out}]}"), "would take every line"),
        (rules_of("{all: [{text: '--'}]}"), "r.yaml:3: nothing to look for"),
        (rules_of("{all: [{txt: fee}]}"), "did you mean “text”?"),
        (rules_of("{all: [{text: {contians: fee}}]}"), "did you mean “contains”?"),
        (rules_of("{all: [{text: {regex: '(fee'}}]}"), "no RE2 pattern"),
        (rules_of("{all: [{text: {regex: 'x*'}}]}"), "would fit every line"),
        (rules_of("{all: [{amount: {from: 9, to: 1}}]}"), "from 9 to 1 holds nothing"),
        (rules_of("{all: [{amount: -3}]}"), "size without sign"),
        (rules_of("{all: [{amount: lots}]}"), "'lots' is no number"),
        (rules_of("{all: [{sign: minus}]}"), "in (money received) or out"),
        (rules_of("{all: [{sign: out}]}", "{code: {contact: X, account: '404'}}"),
         "r.yaml:4: “tax:” is missing; it is never taken from the account"),
        (rules_of("{all: [{sign: out}]}", "{code: {account: '404', tax: NONE}}"),
         "“contact:” is missing"),
        (rules_of("{all: [{sign: out}]}", "{ask: x, ignore: y}"), "“then:” is one action"),
        (rules_of("{all: [{sign: out}]}",
                  "{code: {contact: X, account: '1', tax: N, description: '{amount}'}}"),
         "{amount} cannot be filled in"),
        (rules_of("{all: [{sign: out}]}",
                  "{code: {contact: X, account: '1', tax: N, description: '{payee.__class__}'}}"),
         "cannot be filled in"),
        (rules_of("{all: [{sign: out}]}", more="    stop: perhaps\n"), "neither yes nor no"),
        (rules_of("{all: [{sign: out}]}", more="    priority: 1.5\n"), "no whole number"),
        (rules_of("{all: [{sign: out}]}", more="    name: R\n"), "“name:” is written twice"),
        (rules_of("{all: [{sign: out}]}", "{split: {contact: X, lines: []}}"),
         "exactly one “remainder: yes”"),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_and_mend(text: str, said: str) -> None:
    with pytest.raises(SetupWrong) as fault:
        parse(text, "r.yaml")

    assert said in str(fault.value)


def test_all_faults_of_a_file_are_told_at_once() -> None:
    faulty = (
        "  - {name: A, then: {ask: x}}\n  - {name: B, when: {all: [{sign: up}]}, then: {ask: x}}"
    )

    with pytest.raises(SetupWrong) as fault:
        parse(f"rules:\n{faulty}\n", "r.yaml")

    assert [line.split(":")[1] for line in str(fault.value).splitlines()] == ["2", "3"]


def test_an_empty_file_holds_no_rules() -> None:
    assert parse("# nothing yet\n", "r.yaml") == ()


def test_scalars_stay_as_they_are_written() -> None:
    (rule,) = parse(
        rules_of("{all: [{sign: out}]}", "{code: {contact: NO, account: 0090, tax: NONE}}"), "r"
    )

    assert isinstance(rule.then, Code)
    assert (rule.then.contact, rule.then.slices[0].account) == ("NO", "0090")


def test_flagged_rows_and_rows_of_nothing_are_left_alone() -> None:
    text = rules_of("{any: [{sign: out}, {sign: in}]}")

    assert applied(text, a_line(flag="duplicate_row")) is None
    assert applied(text, a_line("0.00")) is None


@pytest.mark.parametrize("path", sorted(RULES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_example_rules_say_tax_and_are_understood(path: Path) -> None:
    rules = parse(path.read_text("utf-8"), path.name)

    assert rules
    for rule in rules:
        assert isinstance(rule.then, (Code, Ask))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    with suppress(SetupWrong):
        assert all(rule.place.startswith("r.yaml") for rule in parse(text, "r.yaml"))


def test_a_file_nested_without_end_is_refused() -> None:
    with pytest.raises(SetupWrong, match=r"r\.yaml"):
        parse("[" * 20_000, "r.yaml")
