"""Months that a payer's text and a document speak of ("MARCH RENT")."""

from __future__ import annotations

from functools import lru_cache

from worker.books.records import BankLine, Document
from worker.text.fold import words

# English, German, French, Spanish, Italian, Dutch, Portuguese, Nordic, Polish; only words that are
# months alone or long enough not to be something else. "may", "mars" and "mai" count too: the
# payer's own name is taken out before.
_MONTHS = {
    word: number
    for number, spelled in enumerate(
        (
            "january jan januar janvier enero gennaio januari janeiro styczen",
            "february feb februar fevrier febrero febbraio februari fevereiro luty",
            "march mar marz mars marzo maart marts marco marzec",
            "april apr avril abril aprile kwiecien",
            "may mai mayo maggio mei maj maio",
            "june jun juni juin junio giugno junho czerwiec",
            "july jul juli juillet julio luglio julho lipiec",
            "august aug aout agosto augustus augusti sierpien",
            "september sept sep septembre septiembre settembre setembro wrzesien",
            "october oct okt oktober octobre octubre ottobre outubro pazdziernik",
            "november nov novembre noviembre novembro listopad",
            "december dec dez dezember decembre diciembre dicembre dezembro desember grudzien",
        ),
        1,
    )
    for word in spelled.split()
}


def periods_said(line: BankLine, contact_name: str) -> frozenset[int]:
    """The months (1 to 12) the payer names, leaving out words of the payer's own name."""
    said = _months(f"{line.reference} {line.description}")
    return said if not said else _months_without(line, contact_name)


def periods_of(document: Document) -> frozenset[int]:
    """The months a document is for: those its lines name, else the month of its date."""
    named = _months(" ".join((document.reference, *document.descriptions)))
    return named or frozenset({document.date.month})


@lru_cache(maxsize=4096)
def _months(text: str) -> frozenset[int]:
    return frozenset(_MONTHS[word] for word in _spoken(text))


def _months_without(line: BankLine, contact_name: str) -> frozenset[int]:
    own = set(words(contact_name)) | set(words(line.payee))
    spoken = _spoken(f"{line.reference} {line.description}")
    return frozenset(_MONTHS[word] for word in spoken if word not in own)


def _spoken(text: str) -> list[str]:
    """Month words; one that follows a day ("31 MAR") is a date and names no period."""
    said = words(text)
    return [
        word
        for before, word in zip(("", *said), said, strict=False)
        if word in _MONTHS and not (before.isdigit() and len(before) <= 2)
    ]
