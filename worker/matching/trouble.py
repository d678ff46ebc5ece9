"""Lines nothing may be posted for: doubled rows, money that came back, money paid twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from worker.books.records import BankLine
from worker.matching.memory import Memory, payer_key
from worker.text.fold import fold, words

BOUNCE_DAYS_MAX = 10
DOUBLE_DAYS_MAX = 60

# How banks say that a payment came back, in several languages.
_RETURNED = frozenset(
    "returned return unpaid dishonoured dishonored bounced bounce reversal reversed reverse rev "
    "chargeback rejected reject recalled recall nsf rtn retd rucklastschrift retoure ruckgabe "
    "storno impaye rejet retour devolucion devuelto insoluto storna stornering retur geweigerd "
    "rlast".split()
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a line is held, whatever else may be said of it."""

    reason_code: Literal["duplicate_row", "unclear_identity", "bounce"]
    sentence: str


def says_returned(line: BankLine) -> bool:
    """The bank's text speaks of a payment that came back."""
    return any(word in _RETURNED for word in words(line.text))


def troubles(lines: Sequence[BankLine], memory: Memory) -> dict[str, Trouble]:
    """Held lines by id: rows the bank file doubled, and both legs of payments that came back.

    A bounce is an equal and opposite movement of the same account within 10 days, that either says
    so or repeats the first one's payer and reference.
    """
    found: dict[str, Trouble] = {}
    for line in lines:
        if line.flag == "duplicate_row":
            found[line.id] = Trouble(
                "duplicate_row",
                f"The row of {line.date} repeats another row of the same statement; the balances "
                "close without it, so it is no second movement.",
            )
        elif line.flag:
            found[line.id] = Trouble(
                "unclear_identity",
                f"The row of {line.date} may be one that was read before from another file; a "
                "person says whether it is a movement of its own.",
            )
    ordinary = [line for line in lines if line.id not in found]
    for back, sent in _bounces(ordinary, memory):
        sentence = (
            f"{_money(back)} on {back.date} takes back {_money(sent)} of {sent.date}"
            f"{_from(sent)}: the payment bounced, so what it paid is owed again."
        )
        found[back.id] = Trouble("bounce", sentence)
        found.setdefault(sent.id, Trouble("bounce", sentence))
    return found


def _bounces(lines: Sequence[BankLine], memory: Memory) -> list[tuple[BankLine, BankLine]]:
    by_movement: dict[tuple[str, Decimal], list[BankLine]] = defaultdict(list)
    for line in lines:
        by_movement[line.account_id, line.amount].append(line)
    pairs: list[tuple[BankLine, BankLine]] = []
    for back in sorted(lines, key=lambda line: (line.date, line.id)):
        opposite = (back.account_id, -back.amount)
        earlier = [
            *by_movement.get(opposite, ()),
            *(past.line for past in memory.moved.get(opposite, ()) if not past.is_transfer),
        ]
        near = [e for e in earlier if _comes_back(back, e)]
        same = [e for e in near if payer_key(e) and payer_key(e) == payer_key(back)]
        pairs += [(back, sent) for sent in same or near]
    return pairs


def _comes_back(back: BankLine, sent: BankLine) -> bool:
    if sent.id == back.id or not 0 <= (back.date - sent.date).days <= BOUNCE_DAYS_MAX:
        return False
    if says_returned(back) and not says_returned(sent):
        return True
    return (
        fold(back.reference) != ""
        and fold(back.reference) == fold(sent.reference)
        and payer_key(back) != ""
        and payer_key(back) == payer_key(sent)
        and (back.date, back.id) > (sent.date, sent.id)
    )


def _money(line: BankLine) -> str:
    return f"{abs(line.amount)} {line.currency}"


def _from(line: BankLine) -> str:
    printed = " ".join((line.payee or line.description).split())
    return f" ({printed[:60]})" if printed else ""
