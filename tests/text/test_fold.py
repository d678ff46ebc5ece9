"""Folding gives one spelling to what banks write in many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.text.fold import fold, words


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("  ACME   Ltd. ", "acme ltd"),
        ("Müller & Söhne GmbH", "muller sohne gmbh"),
        ("Straße 7", "strasse 7"),
        ("O'Brien", "obrien"),
        ("O’Brien", "obrien"),
        ("S.A.R.L. Dupont", "sarl dupont"),
        ("Łódź Ørsted Æble", "lodz orsted aeble"),
        ("INV-0042/A", "inv 0042 a"),
        ("Иванов", "ivanov"),
        ("Αθήνα", "athina"),
        ("İstanbul", "istanbul"),
        ("ﬁnance", "finance"),
        ("１２３", "123"),
        ("a_b", "a b"),
        ("", ""),
        ("—", ""),
    ],
)
def test_folding_gives_one_spelling(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_words_are_the_folded_parts_in_order() -> None:
    assert words("Marlow & Finch, Ltd") == ("marlow", "finch", "ltd")
    assert words(" - ") == ()


@given(st.text())
def test_folding_twice_changes_nothing_and_leaves_single_spaces(text: str) -> None:
    once = fold(text)

    assert fold(once) == once
    assert "  " not in once
    assert once == once.strip()
