"""Two spellings of one booking, and the most pairs that can be made of them."""

from __future__ import annotations

from collections.abc import Sequence

_CUT_OFF_MIN = 3
"""Letters a cut-off text or word must have left to stand for the whole one."""


def largest_matching(choices: Sequence[Sequence[int]]) -> dict[int, int]:
    """The largest one-to-one matching: choice → chooser (augmenting paths, without recursion)."""
    taken: dict[int, int] = {}
    for chooser in range(len(choices)):
        reached: dict[int, int] = {}  # choice → the chooser that reaches it
        queue = [chooser]
        for current in queue:
            opening = None
            for choice in choices[current]:
                if choice in reached:
                    continue
                reached[choice] = current
                if choice not in taken:
                    opening = choice
                    break
                queue.append(taken[choice])
            if opening is not None:
                _augment(taken, reached, opening, chooser)
                break
    return taken


def _augment(taken: dict[int, int], reached: dict[int, int], choice: int, first: int) -> None:
    held = {chooser: choice for choice, chooser in taken.items()}
    while True:
        chooser = reached[choice]
        taken[choice] = chooser
        if chooser == first:
            return
        choice = held[chooser]


def compatible(one: str, other: str) -> bool:
    """Whether two folded texts can be one text: equal, cut off, or words of the other.

    A word may be cut off too. A line without text is compatible with any.
    """
    if len(one) >= _CUT_OFF_MIN and other.startswith(one):
        return True
    if len(other) >= _CUT_OFF_MIN and one.startswith(other):
        return True
    few, many = set(one.split()), set(other.split())
    return _within(few, many) or _within(many, few)


def _within(few: set[str], many: set[str]) -> bool:
    return all(
        len(word) >= _CUT_OFF_MIN and any(whole.startswith(word) for whole in many)
        for word in few - many
    )
