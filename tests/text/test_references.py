"""Document numbers are found in what payers type: whole tokens, lists, ranges, slips."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.text.references import NumberIndex, Strength, key_of, one_slip

NUMBERS = [
    *(f"INV-{n:04d}" for n in (*range(1, 60), *range(420, 440))),
    "CN-0001", "88213", "A/2024/113", "RE-2024-001", "1042",
]  # fmt: skip
INDEX = NumberIndex([(number, "") for number in NUMBERS])


def found_in(*texts: str) -> list[str]:
    return [NUMBERS[q.documents[0]] for q in INDEX.find(texts).quoted]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("FPI MARLOW INV-0042", ["INV-0042"]),
        ("inv0042", ["INV-0042"]),
        ("INV#42", ["INV-0042"]),
        ("Invoice no. 23 and 24", ["INV-0023", "INV-0024"]),
        ("LARKFIELD 0042", ["INV-0042"]),
        ("INV 43 44", ["INV-0043", "INV-0044"]),
        ("INV-0431 433 434", ["INV-0431", "INV-0433", "INV-0434"]),
        ("0041-0043, 45", ["INV-0041", "INV-0043", "INV-0045"]),
        ("INV-0042,INV-0043", ["INV-0042", "INV-0043"]),
        ("INV00430044", ["INV-0043", "INV-0044"]),
        ("INV-O042", ["INV-0042"]),
        ("INV-OO42", ["INV-0042"]),
        ("INV-00l2", ["INV-0012"]),
        ("88213", ["88213"]),
        ("A/2024/113", ["A/2024/113"]),
        ("RE 2024 001", ["RE-2024-001"]),
        ("Rechnung Nr 1042", ["1042"]),
        ("INV 43 FPI 44", ["INV-0043"]),
        # Nothing of ours.
        ("1814", []),
        ("x0042y", []),
        ("UNIT 42", []),
        ("42", []),
        ("12/03/2026", []),
        ("2026-03-12 10:42", []),
        ("1250.00", []),
        ("1,042.00", []),
        ("20-00-42", []),
        ("9" * 5000, []),
        ("INV-" + "0" * 5000 + "42", ["INV-0042"]),
        ("GB29NWBK60161331926819", []),
        ("INVOICE", []),
        ("", []),
    ],
)
def test_numbers_are_found_as_whole_tokens(text: str, quoted: list[str]) -> None:
    assert found_in(text) == quoted


def test_a_number_that_looks_like_part_of_a_date_is_not_found_in_one() -> None:
    index = NumberIndex([("2026-03", ""), ("12/2026", "")])

    assert not index.find(["2026-03-12", "paid 03/12/2026"]).quoted
    assert index.find(["re 2026-03"]).quoted


def test_a_whole_number_of_two_letters_says_no_more_than_a_counter() -> None:
    assert NumberIndex([("A1", "")]).find(["A1 TAXIS"]).quoted[0].strength is Strength.BARE


def test_a_list_never_runs_on_into_the_next_field() -> None:
    assert found_in("INV 43", "44 HIGH STREET") == ["INV-0043"]


def test_a_dash_between_numbers_may_be_a_range() -> None:
    found = INDEX.find(["INV 41-43"])

    ((first, last),) = found.ranges
    between = INDEX.between(found.quoted[first].documents[0], found.quoted[last].documents[0])
    assert [NUMBERS[p] for p in between] == ["INV-0041", "INV-0042", "INV-0043"]


def test_a_short_number_in_a_list_may_continue_the_one_before() -> None:
    meant = INDEX.find(["INV-0431/32"]).quoted[1]

    assert {NUMBERS[p] for p in meant.documents} == {"INV-0032", "INV-0432"}


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("INV-0042", Strength.FULL),
        ("88213", Strength.FULL),
        ("INVOICE 42", Strength.BARE),
        ("0042", Strength.BARE),
        ("432", Strength.WEAK),
    ],
)
def test_how_a_number_is_written_says_how_sure_it_is(text: str, strength: Strength) -> None:
    assert INDEX.find([text]).quoted[0].strength is strength


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("INV-0091", ("0091",)),
        ("INV0091", ("0091",)),
        ("INV-0042 0091", ()),
        ("INVOICE 123456789", ()),
        ("0091", ()),
    ],
)
def test_a_number_written_like_ours_that_none_has_is_noted(
    text: str, unknown: tuple[str, ...]
) -> None:
    assert INDEX.find([text]).unknown == unknown


def test_the_customers_own_reference_is_a_weak_name() -> None:
    index = NumberIndex([("INV-1", "PO-4471"), ("INV-2", "")])

    (found,) = index.find(["payment PO 4471"]).quoted

    assert (found.documents, found.strength) == ((0,), Strength.WEAK)


@pytest.mark.parametrize(
    ("written", "meant", "slip"),
    [
        ("0191", "0119", True),
        ("0119", "0119", False),
        ("119", "0119", True),
        ("01199", "0119", True),
        ("0118", "0119", True),
        ("0911", "0119", False),
        ("0291", "0119", False),
        ("1", "123", False),
    ],
)
def test_one_slip_is_one_wrong_missing_added_or_swapped(
    written: str, meant: str, slip: bool
) -> None:
    assert one_slip(written, meant) is slip


def test_zeros_and_marks_make_no_difference_to_a_number() -> None:
    assert key_of("INV-0042") == key_of("inv 42") == key_of("INV0042") == ("inv", "42")


@given(st.lists(st.text(max_size=30), max_size=4), st.text(max_size=60))
def test_no_text_and_no_numbering_breaks_the_search(numbers: list[str], text: str) -> None:
    index = NumberIndex([(number, number[::-1]) for number in numbers])

    for quoted in index.find([text, *numbers]).quoted:
        assert all(0 <= place < len(numbers) for place in quoted.documents)
