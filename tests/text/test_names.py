"""Names as banks print them are recognised as the contacts they are, and as no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.text.names import Grade, NameIndex, is_cut_off, name_words, payer_words

CONTACTS = (
    "Marlow & Finch Ltd",
    "Greta Olsen Design",
    "Smith Plumbing",
    "Smith & Sons Plumbing Ltd",
    "J Ellison Roofing Ltd",
    "J Ellison Roofing (Leeds) Ltd",
    "Hawksworth Primary Academy",
    "Ashdown Property Services Ltd",
    "Moorland Letting Agents Ltd",
    "Pemberton Hospitality Ltd t/a The Copper Kettle",
    "Online",
    "O'Brien S.A.",
    "Müller Söhne GmbH",
)
INDEX = NameIndex([(name, name) for name in CONTACTS])


def named(printed: str) -> list[str]:
    """Contacts whose name the printed one is, cut or not."""
    fits = INDEX.fits(payer_words(printed), cut_off=is_cut_off(printed))
    return [fit.contact_id for fit in fits if fit.grade >= Grade.WIDER]


@pytest.mark.parametrize(
    ("printed", "contacts"),
    [
        ("MARLOW & FINCH", ["Marlow & Finch Ltd"]),
        ("FINCH MARLOW LIMITED", ["Marlow & Finch Ltd"]),
        ("MARLOWFINCH", ["Marlow & Finch Ltd"]),
        ("MARLOW FINHC", []),
        ("MARLOW FINCH CONSULTING SERVICES", ["Marlow & Finch Ltd"]),
        ("MARLOW FINCH EUROPE", []),
        ("MARLOW FINCH CATERING", []),
        ("MARLOWE FINCH", ["Marlow & Finch Ltd"]),
        ("G OLSEN DESIGN", ["Greta Olsen Design"]),
        ("BGC ASHDOWN PROPERTY S", ["Ashdown Property Services Ltd"]),
        ("MOORLAND LETTING A", ["Moorland Letting Agents Ltd"]),
        ("SMITH PLUMB", ["Smith Plumbing", "Smith & Sons Plumbing Ltd"]),
        ("SMITH AND SONS PLUMBING", ["Smith & Sons Plumbing Ltd"]),
        ("J ELLISON ROOFING", ["J Ellison Roofing Ltd", "J Ellison Roofing (Leeds) Ltd"]),
        ("J ELLISON ROOFING LEEDS", ["J Ellison Roofing (Leeds) Ltd"]),
        ("THE COPPER KETTLE", ["Pemberton Hospitality Ltd t/a The Copper Kettle"]),
        ("O BRIEN SA", ["O'Brien S.A."]),
        ("MUELLER SOEHNE", ["Müller Söhne GmbH"]),
        ("MÜLLER SÖHNE G.M.B.H.", ["Müller Söhne GmbH"]),
        # Not enough to say who.
        ("SMITH", []),
        ("JOHN SMITH", []),
        ("HAWKSWORTH ACADEMY TRUST", []),
        ("PLUMBING SERVICES", []),
        ("TRANSFER TO SAVINGS ONLINE", []),
        ("ONLINE", []),
        ("DESIGN SERVICES GROUP", []),
        ("", []),
    ],
)
def test_a_printed_name_is_these_contacts_and_no_others(printed: str, contacts: list[str]) -> None:
    assert named(printed) == contacts


def test_words_in_common_are_a_resemblance_not_a_name() -> None:
    (fit,) = INDEX.fits(payer_words("HAWKSWORTH ACADEMY TRUST"))

    assert (fit.contact_id, fit.grade) == ("Hawksworth Primary Academy", Grade.PARTIAL)


def test_text_that_runs_on_after_a_name_leaves_the_name() -> None:
    said = payer_words("MOORLAND LETTING A LARKFIELD")

    assert INDEX.fits(said)[0].grade is Grade.PARTIAL  # another company, for all we know
    assert INDEX.fits(said, run_on=True)[0].grade is Grade.WIDER
    assert INDEX.fits(said, ignored=frozenset({"larkfield"}))[0].grade >= Grade.WIDER


@pytest.mark.parametrize(
    ("name", "telling"),
    [
        ("The Müller & Söhne GmbH", ("muller", "sohne")),
        ("Dupont S.A.R.L.", ("dupont",)),
        ("Kowalski Sp. z o.o.", ("kowalski",)),
        ("Acme Pty Ltd", ("acme",)),
        ("Co", ("co",)),
        ("Mrs A J Pearce", ("a", "j", "pearce")),
        ("As You Like It AS", ("as", "you", "like", "it")),
    ],
)
def test_legal_forms_titles_and_joiners_tell_nothing(name: str, telling: tuple[str, ...]) -> None:
    assert name_words(name) == telling


@given(st.lists(st.text(max_size=25), max_size=5), st.text(max_size=40))
def test_no_name_breaks_the_search(names: list[str], printed: str) -> None:
    index = NameIndex([(str(n), name) for n, name in enumerate(names)])

    for fit in index.fits(payer_words(printed), cut_off=True, run_on=True):
        assert 0 <= fit.score <= 1.0001
