"""What a reader is given: one file's bytes, and what the account it is for expects of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from worker.bank.csv_profile import CsvProfile
from worker.errors import BadInput


@dataclass(frozen=True, slots=True)
class Source:
    """One file, read into memory, on its way to become a Statement."""

    file: str
    """Its name, as refusals state it."""
    data: bytes
    account_code: str
    today: date
    currency: str | None = None
    """The account's ISO code; None where only the ledger knows it."""
    account_number: str = ""
    """The account's number at the bank, "" where unknown."""
    profile: CsvProfile | None = None

    def refusal(self, what: str, place: str = "") -> BadInput:
        """The sentence that refuses the whole file: file, place, what is wrong and the mend."""
        where = f"{self.file}, {place}" if place else self.file
        return BadInput(f"{where}: {what}")


def clean(text: str) -> str:
    """The text on one line: control characters become spaces, invisible marks go, spaces collapse.

    Nothing else is changed: what looks like a formula or markup stays the text it is.
    """
    joined = " ".join(text.split())
    return joined if joined.isprintable() else " ".join("".join(_visible(joined)).split())


def _visible(text: str) -> Iterable[str]:
    for letter in text:
        category = unicodedata.category(letter)
        if category == "Cc":
            yield " "
        elif category not in ("Cf", "Cs"):
            yield letter


def same_account(one: str, other: str) -> bool:
    """Whether two spellings can mean one account: punctuation, masks and bank codes aside."""
    short, long = sorted((_plain(one), _plain(other)), key=len)
    # Four figures identify only at the end, as on a card slip; six or more may stand in an IBAN.
    return (
        short == long
        or (len(short) >= 4 and long.endswith(short))
        or (len(short) >= 6 and short in long)
    )


def _plain(account: str) -> str:
    letters = re.sub(r"[^0-9A-Za-z]", "", account).upper()
    return letters.lstrip("X") or letters
