"""A line is new once: whatever the next file calls it, cuts off, renumbers or puts elsewhere."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bank.builders import a_bank_line, a_line, a_statement
from worker.bank.identity import Identified, identify
from worker.bank.pairing import compatible, largest_matching
from worker.books.records import BankLine, Statement, StatementLine
from worker.errors import Refused

ORGANISATION = "Marlow Ltd"


class Books:
    """The account's stored lines, and the format each came from."""

    def __init__(self) -> None:
        self.lines: list[BankLine] = []
        self.formats: dict[str, str] = {}

    def take(self, statement: Statement) -> Identified:
        found = identify(
            statement, self.lines, organisation=ORGANISATION, account_code="090",
            account_id="ACC", currency="GBP", stored_formats=self.formats,
        )  # fmt: skip
        assert len(found.new) + len(found.known) == len(statement.lines), "a line was dropped"
        self.lines += found.new
        self.formats |= {line.id: statement.format for line in found.new}
        return found


def imported(*statements: Statement) -> Books:
    books = Books()
    for statement in statements:
        books.take(statement)
    return books


texts = st.sampled_from(["COFFEE", "COFFEE HOUSE", "RENT", "INV-0042 MARLOW", "FPI SMITH", ""])
months = st.lists(
    st.builds(
        a_line,
        st.integers(1, 9),
        st.sampled_from(["-3.50", "3.50", "-900.00", "250.00"]),
        texts,
        bank_reference=st.sampled_from(["", "A1", "A2", "B9"]),
    ),
    max_size=14,
)


@settings(deadline=None)
@given(months)
def test_a_file_imported_twice_adds_nothing_the_second_time(lines: list[StatementLine]) -> None:
    books = imported(a_statement(lines))

    assert books.take(a_statement(lines)).new == ()
    assert len(books.lines) == len(lines)


@settings(deadline=None)
@given(months, st.randoms(use_true_random=False))
def test_a_re_sorted_file_with_other_bank_ids_adds_nothing(
    lines: list[StatementLine], order: random.Random
) -> None:
    books = imported(a_statement(lines))
    shuffled = [replace(line, bank_reference=f"N{at}") for at, line in enumerate(lines)]
    order.shuffle(shuffled)

    assert books.take(a_statement(shuffled)).new == ()


@settings(deadline=None)
@given(months, st.integers(0, 10), st.integers(0, 10))
def test_files_that_overlap_by_days_add_each_line_once(
    lines: list[StatementLine], first_end: int, second_start: int
) -> None:
    before = [line for line in lines if line.date.day <= first_end]
    after = [line for line in lines if line.date.day >= min(second_start, first_end + 1)]
    books = imported(a_statement(before), a_statement(after))

    assert len(books.lines) == len(lines)
    assert books.take(a_statement(lines)).new == ()


@settings(deadline=None)
@given(months)
def test_another_format_of_the_same_days_adds_nothing(lines: list[StatementLine]) -> None:
    books = imported(a_statement(lines))
    other = [
        replace(line, payee=line.description[:32], description="", bank_reference=f"F{at}")
        for at, line in enumerate(lines)
    ]

    assert books.take(a_statement(other, format="ofx")).new == ()


@settings(deadline=None)
@given(months, st.randoms(use_true_random=False))
def test_ids_depend_on_what_lines_say_and_not_on_their_order(
    lines: list[StatementLine], order: random.Random
) -> None:
    shuffled = list(lines)
    order.shuffle(shuffled)
    one, two = imported(a_statement(lines)), imported(a_statement(shuffled))

    assert {line.id for line in one.lines} == {line.id for line in two.lines}
    assert len({line.id for line in one.lines}) == len(lines)
    assert sorted((line.id, line.flag, line.description) for line in one.lines) == sorted(
        (line.id, line.flag, line.description) for line in two.lines
    )


def test_two_equal_coffees_on_one_day_are_two_lines() -> None:
    found = Books().take(a_statement([a_line(4, "-3.50"), a_line(4, "-3.50")]))

    assert len({line.id for line in found.new}) == 2
    assert (found.asked, [line.flag for line in found.new]) == (0, ["", ""])


def test_an_id_is_the_same_in_a_database_built_anew() -> None:
    (line,) = Books().take(a_statement([a_line(4, "-3.50")])).new

    assert line.id == Books().take(a_statement([a_line(4, "-3.5")])).new[0].id
    assert len(line.id) == 17
    assert line.id.startswith("L")


def test_organisations_with_the_same_account_code_never_share_an_id() -> None:
    def id_in(organisation: str, account_code: str) -> str:
        found = identify(
            a_statement([a_line(4, "-3.50")]), [], organisation=organisation,
            account_code=account_code, account_id="", currency="GBP", stored_formats={},
        )  # fmt: skip
        return found.new[0].id

    assert len({id_in("A", "090"), id_in("B", "090"), id_in("A", "091"), id_in("A0", "90")}) == 4


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("coffee", "coffee", True),
        ("marlow and finch construc", "marlow and finch construction ltd", True),
        ("marlow inv 42", "fpi marlow inv 42 ref", True),
        ("inv 42 marlow", "marlow inv 42", True),
        ("smith plumb", "card smith plumbing", True),
        ("", "coffee", True),
        ("coffee", "rent", False),
        ("inv 42", "inv 43", False),
        ("co", "coffee", False),
        ("a smith", "b smith", False),
    ],
)
def test_texts_are_compatible_when_one_can_be_the_other_cut_off(
    one: str, other: str, same: bool
) -> None:
    assert compatible(one, other) is same
    assert compatible(other, one) is same


@given(st.lists(st.lists(st.integers(0, 5), unique=True), max_size=6))
def test_no_larger_matching_exists(choices: list[list[int]]) -> None:
    found = largest_matching(choices)

    assert len(set(found.values())) == len(found)
    assert all(choice in choices[chooser] for choice, chooser in found.items())
    assert len(found) == best_size(choices, frozenset())


def best_size(choices: Sequence[Sequence[int]], used: frozenset[int]) -> int:
    if not choices:
        return 0
    with_first = [1 + best_size(choices[1:], used | {c}) for c in choices[0] if c not in used]
    return max([best_size(choices[1:], used), *with_first])


def flags(first: Sequence[StatementLine], then: Statement, first_format: str = "csv") -> list[str]:
    """The flags of the lines that the second statement adds to the first."""
    return [x.flag for x in imported(a_statement(first, format=first_format)).take(then).new]


@pytest.mark.parametrize(
    ("stored", "stored_format", "then", "more", "flagged"),
    [
        pytest.param([a_line(4, "-3.50")], "csv", [a_line(4, "-3.50", "TEA")], {},
                     [""], id="other text, same format: another movement"),
        pytest.param([a_line(4, "-3.50")], "ofx", [a_line(4, "-3.50", "TEA")], {},
                     ["unclear_identity"], id="other text, other format: may be the same"),
        pytest.param([a_line(4, "-3.50")], "ofx", [a_line(5, "-3.50", "TEA")], {},
                     [""], id="another day: nothing to mistake it for"),
        pytest.param([a_line(4, "-3.50")], "ofx", [a_line(3, "-9.00"), a_line(5, "-3.50")], {},
                     ["", "unclear_identity"], id="other format dates it a day later"),
        pytest.param([a_line(4, "-3.50")], "ofx", [a_line(5, "-3.50")], {},
                     [""], id="a day later, and the file does not cover the stored day"),
        pytest.param([a_line(4, "-3.50")], "csv", [a_line(4, "-3.50"), a_line(4, "-3.50")], {},
                     ["unclear_identity"], id="one more of the same on the file's last day"),
        pytest.param([a_line(4, "-3.50")], "csv",
                     [a_line(1, "1.00"), a_line(4, "-3.50"), a_line(4, "-3.50"), a_line(9, "1.00")],
                     {}, ["", "", ""], id="one more of the same on a day told in full"),
        pytest.param([a_line(4, "-3.50")], "csv",
                     [a_line(4, "-3.50", balance=a_line(4, "96.50").amount),
                      a_line(4, "-3.50", balance=a_line(4, "93.00").amount)],
                     {}, [""], id="one more of the same, proved by its balance"),
        pytest.param([], "csv",
                     [a_line(4, "-3.50", balance=a_line(4, "96.50").amount),
                      a_line(4, "-3.50", balance=a_line(4, "96.50").amount)],
                     {}, ["", "duplicate_row"], id="a row printed again: the balance did not move"),
        pytest.param([a_line(4, "-3.50", bank_reference="F1")], "csv",
                     [a_line(4, "-3.50", "TEA", bank_reference="F1")], {},
                     ["unclear_identity"], id="the bank's id on another text"),
        pytest.param([], "ofx",
                     [a_line(4, "-3.50", bank_reference="F1"),
                      a_line(4, "-3.50", bank_reference="F1")], {"format": "ofx"},
                     ["", "unclear_identity"], id="one id of the bank printed twice"),
        pytest.param([], "ofx",
                     [a_line(4, "-3.50", bank_reference="F1"),
                      a_line(4, "-3.50", bank_reference="F2")], {"format": "ofx"},
                     ["", ""], id="two ids of the bank: two coffees"),
    ],
)  # fmt: skip
def test_what_may_be_known_already_is_kept_and_asked(
    stored: list[StatementLine],
    stored_format: str,
    then: list[StatementLine],
    more: dict[str, Any],
    flagged: list[str],
) -> None:
    books = imported(a_statement(stored, format=stored_format))
    found = books.take(a_statement(then, **more))

    assert [line.flag for line in found.new] == flagged
    assert found.asked == sum(1 for flag in flagged if flag)
    assert books.take(a_statement(then, **more)).new == ()


def test_a_repeated_row_pairs_with_the_stored_repetition_and_not_the_real_line() -> None:
    line = a_line(4, "-3.50")
    stored = [a_bank_line(line, "L-again", "duplicate_row"), a_bank_line(line, "L-real")]
    found = identify(
        a_statement([replace(line, place="line 2")]), stored, organisation=ORGANISATION,
        account_code="090", account_id="ACC", currency="GBP", stored_formats={},
    )  # fmt: skip

    assert found.known == (("line 2", "L-real"),)


def test_the_banks_id_chooses_among_equal_lines() -> None:
    stored = [a_bank_line(a_line(4, "-3.50", bank_reference=r), f"L-{r}") for r in ("A", "B")]
    found = identify(
        a_statement([a_line(4, "-3.50", bank_reference="B", place="line 2")]), stored,
        organisation=ORGANISATION, account_code="090", account_id="ACC", currency="GBP",
        stored_formats={},
    )  # fmt: skip

    assert found.known == (("line 2", "L-B"),)


def test_a_statement_in_another_currency_is_refused() -> None:
    with pytest.raises(Refused, match=r"march\.csv is in EUR, the account in GBP"):
        Books().take(a_statement([a_line(4, "-3.50")], currency="EUR"))
