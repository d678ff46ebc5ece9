"""Who the other party of a bank line is: by account number, by learned alias, or by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from worker.books.records import BankLine
from worker.matching.book import Book, Direction
from worker.matching.memory import Memory, account_given, is_processor, payer_key
from worker.text.names import Grade, NameFit, is_cut_off, name_words, payer_words
from worker.text.party import party_of

Via = Literal["account", "alias", "name", "tie", "resembles", "nobody", "processor"]

_RESEMBLING_MAX = 5


@dataclass(frozen=True, slots=True)
class Payer:
    """The other party: one contact, several it could be, or nobody known.

    `contact_id` is set only where one contact is identified (via account, alias or name);
    `possible` lists every contact worth looking at, the identified one first.
    """

    via: Via
    printed: str
    """As the bank prints it."""
    contact_id: str = ""
    possible: tuple[str, ...] = ()
    namesakes: tuple[str, ...] = ()
    """Others the printed name fits as well, though an alias or account says who it is."""
    sightings: int = 0

    @property
    def is_identified(self) -> bool:
        return self.contact_id != ""


class Payers:
    """Finds payers, remembering what it found for a printed name within one run."""

    def __init__(self, book: Book, memory: Memory, own_names: Iterable[str] = ()) -> None:
        self._book = book
        self._memory = memory
        self._own = frozenset(word for name in own_names for word in name_words(name))
        self._fits: dict[tuple[str, bool, bool, Direction], tuple[NameFit, ...]] = {}

    def of(self, line: BankLine, direction: Direction) -> Payer:
        """Who is at the other end of this line."""
        printed = line.payee or payer_key(line).upper()
        if is_processor(line):
            return Payer("processor", printed)
        fits = self._names(line, direction)
        named = [fit.contact_id for fit in fits if fit.grade >= Grade.WIDER]
        resembling = [fit.contact_id for fit in fits if fit.grade < Grade.WIDER][:_RESEMBLING_MAX]
        holder, sightings = self._holder(line)
        if holder:
            return _identified("account", printed, holder, named, resembling, sightings)
        alias = self._memory.alias(line)
        if alias is not None and alias.is_confirmed:
            if named and alias.contact_id not in named:
                # The name says one contact and the past another: neither is taken on trust.
                return Payer("tie", printed, "", (alias.contact_id, *named))
            return _identified("alias", printed, alias.contact_id, named, resembling, alias.count)
        seen = tuple(alias.by_contact) if alias is not None else ()
        if len(named) == 1 and set(seen) <= set(named):
            return _identified("name", printed, named[0], named, resembling, 0)
        if named:
            return Payer("tie", printed, "", tuple(dict.fromkeys((*named, *seen))))
        close = tuple(dict.fromkeys((*sorted(seen), *resembling)))
        return Payer("resembles" if close else "nobody", printed, "", close)

    def _holder(self, line: BankLine) -> tuple[str, int]:
        number = account_given(line)
        if not number:
            return "", 0
        learned = self._memory.account_holders.get(number)
        if learned is not None and learned.is_confirmed:
            return learned.contact_id, learned.count
        on_cards = self._book.account_holders.get(number, ())
        return (on_cards[0], 0) if len(on_cards) == 1 else ("", 0)

    def _names(self, line: BankLine, direction: Direction) -> tuple[NameFit, ...]:
        """Contacts by name: from the payee, else from whatever else the bank printed."""
        found: tuple[NameFit, ...] = ()
        said: list[tuple[str, ...]] = []
        for text in (line.payee, line.description, line.reference):
            labelled = party_of(text)
            named = labelled or text
            printed = payer_words(named) if named else ()
            # A second text that repeats the first and is cut off sooner says less, not more.
            if not printed or any(_begins(printed, longer) for longer in said):
                continue
            said.append(printed)
            alone = text is line.payee or labelled != ""
            key = (" ".join(printed), is_cut_off(named), alone, direction)
            if key not in self._fits:
                self._fits[key] = self._of_direction(
                    self._book.names.fits(
                        printed,
                        cut_off=key[1],
                        run_on=not alone,
                        ignored=self._own,
                    ),
                    direction,
                )
            fits = self._fits[key]
            if not found or (fits and fits[0].grade > found[0].grade >= Grade.NONE):
                found = fits
            if found and found[0].grade >= Grade.WIDER:
                break
        return found

    def _of_direction(self, fits: Sequence[NameFit], direction: Direction) -> tuple[NameFit, ...]:
        """Whom we deal with this way, by his whole name, comes before strangers.

        Less than a whole name could as well be any other contact's; a whole name comes before a
        wider one.
        """
        dealt = self._book.dealt[direction]
        ours = [fit for fit in fits if fit.contact_id in dealt]
        kept = ours if ours and ours[0].grade == Grade.FULL else list(fits)
        if kept and kept[0].grade >= Grade.SHORTER:
            kept = [fit for fit in kept if fit.grade != Grade.WIDER]
        return tuple(kept)


def _begins(short: Sequence[str], long: Sequence[str]) -> bool:
    """The words of one text are the beginning of another's, the last one perhaps cut."""
    last = len(short) - 1
    return (
        len(short) <= len(long)
        and tuple(short[:last]) == tuple(long[:last])
        and long[last].startswith(short[last])
    )


def _identified(
    via: Via,
    printed: str,
    contact_id: str,
    named: Sequence[str],
    resembling: Sequence[str],
    sightings: int,
) -> Payer:
    namesakes = tuple(other for other in named if other != contact_id)
    possible = tuple(dict.fromkeys((contact_id, *named, *resembling)))
    return Payer(via, printed, contact_id, possible, namesakes, sightings)
