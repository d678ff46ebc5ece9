"""Document numbers as an organisation writes them, found in what payers type.

A number is read as runs of letters and runs of digits ("INV-0042" is inv, 42; leading zeros do not
count), and only whole tokens are read: "14" is never found inside "1814".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from worker.text.fold import fold

Key = tuple[str, ...]

_RUNS_MAX = 7
_RANGE_MAX = 40
_SHARED_MAX = 12
_RUN = re.compile(r"[a-z]+|\d+|[^\W\d_]+")
# Longer runs of digits number accounts and messages, not documents.
_DIGITS_MAX = 18
_O_FOR_ZERO = re.compile(r"(?<=\d)o+|(?<![a-np-z])o+(?=\d)")
_L_FOR_ONE = re.compile(r"(?<=\d)[il](?![a-z])|(?<![a-z])[il](?=\d)")
# Dates, times, amounts, sort codes and account numbers: digits that number no document.
_NOISE = re.compile(
    r"\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})\b|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}:\d{2}(?::\d{2})?\b"
    r"|\b\d{2}-\d{2}-\d{2}\b|\b\d{1,3}(?:[.,' ]\d{3})+[.,]\d{2}\b|\b\d+[.,]\d{2}\b"
    r"|\b\d{1,2}(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\d{0,4}\b"
    r"|\b(?:jan|feb|mar|apr|ma[yij]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z]*[ ./-]{1,2}"
    r"(?:0[1-9]|1[0-2]|20)?\d{2}\b"
    r"|\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?\b"
)
_INVOICE_WORDS = frozenset(
    "inv invs invoice invoices invno rechnung rechnungen rg rgnr re renr rnr facture factures fac "
    "fact factura facturas fattura fatture fatt ft fa faktura faktur fakt fakturanr fakturanummer "
    "factuur factuurnr factuurnummer lasku bill bills".split()
)
_NUMBER_WORDS = frozenset("no nos nr nrs num number numbers numero n nummer ref".split())
_DAY_ORDERS = {
    4: ("mmyy",),
    6: ("yymmdd", "ddmmyy", "mmddyy", "yyyymm", "mmyyyy"),
    8: ("yyyymmdd", "ddmmyyyy", "mmddyyyy"),
}
_LIST_WORDS = frozenset("and und et y e og och en plus".split())
_RANGE_WORDS = frozenset("to bis thru through a au".split())


class Strength(IntEnum):
    """How much a quoted number says by itself."""

    WEAK = 1
    """Digits that could be anything, or the customer's own reference."""
    BARE = 2
    """The counter alone, after a word for invoice or written to its full width."""
    FULL = 3
    """The whole number, prefix and all."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """One number a text quotes: the documents it can mean, and how it was written."""

    text: str
    documents: tuple[int, ...]
    strength: Strength


@dataclass(frozen=True, slots=True)
class References:
    """What a text names: quoted numbers, ranges between them, and numbers that name nothing."""

    quoted: tuple[Quoted, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()
    """Places in `quoted` joined by a dash or "to": perhaps all that lies between."""
    unknown: tuple[str, ...] = ()
    """Numbers written as ours are ("INV-0091") that no document has."""
    digits: tuple[str, ...] = ()
    """All whole digit tokens of three digits or more, to look for slips of the finger in."""


@dataclass(slots=True)
class _Scheme:
    """Documents of one way of numbering: everything before the counter is equal."""

    widths: set[int] = field(default_factory=set)
    by_counter: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class _Run:
    text: str
    digits: bool
    glued: bool
    """Touches the run before it."""
    between: str
    """What stands between it and the run before."""
    ends: bool
    """The run after it does not touch it."""
    noise: bool


class NumberIndex:
    """The numbers an organisation's documents bear, to be looked for in texts.

    Documents are known by their place in the sequence given.
    """

    def __init__(self, numbers: Sequence[tuple[str, str]]) -> None:
        """`numbers` holds (number, the other party's reference) of each document."""
        self._by_key: dict[Key, list[int]] = defaultdict(list)
        self._by_reference: dict[Key, list[int]] = defaultdict(list)
        self._schemes: dict[Key, _Scheme] = defaultdict(_Scheme)
        self._by_counter: dict[int, list[int]] = defaultdict(list)
        self._scheme_of: dict[int, Key] = {}
        self._counter_of: dict[int, tuple[int, int]] = {}
        for place, (number, reference) in enumerate(numbers):
            self._add_number(place, number)
            key = key_of(reference)
            if key != key_of(number) and _says_enough(key):
                self._by_reference[key].append(place)
        self._prefixes = {key[-1] for key in self._schemes if key and key[-1].isalpha()}
        self._starts = {key[0] for key in self._by_key} | {key[0] for key in self._by_reference}

    def find(self, texts: Iterable[str]) -> References:
        """Every number the texts quote, in order, each meaning once.

        Each text is read by itself, so that a list never runs on from one field to the next.
        """
        found = _Finding(self)
        for text in texts:
            found.read(text.casefold())
        if not found.quoted:
            for text in texts:
                mended = _O_FOR_ZERO.sub(lambda o: "0" * len(o[0]), text.casefold())
                mended = _L_FOR_ONE.sub("1", mended)
                if mended != text.casefold():
                    found.read(mended)
        return found.result()

    def alike(self, number: str) -> tuple[int, ...]:
        """Documents with this number, in whatever spelling."""
        return tuple(self._by_key.get(key_of(number), ()))

    def slip_of(self, digits: str, place: int) -> bool:
        """The digits are the document's counter but for one slip of the finger."""
        counter = self._counter_of.get(place)
        if counter is None or len(digits) < 3:
            return False
        value, width = counter
        return any(
            len(own) >= 3 and one_slip(digits, own) for own in {str(value), f"{value:0{width}d}"}
        )

    def between(self, first: int, last: int) -> tuple[int, ...]:
        """Documents of the first one's scheme numbered from it to the last, both included."""
        scheme = self._scheme_of.get(first)
        if scheme is None or scheme != self._scheme_of.get(last):
            return ()
        low, high = self._counter_of[first][0], self._counter_of[last][0]
        if not low < high <= low + _RANGE_MAX:
            return ()
        counters = self._schemes[scheme].by_counter
        return tuple(p for value in range(low, high + 1) for p in counters.get(value, ()))

    def _add_number(self, place: int, number: str) -> None:
        key = key_of(number)
        if not key or not any(run[0].isdecimal() for run in key) or key == ("0",):
            return
        self._by_key[key].append(place)
        if not key[-1][0].isdecimal():
            return
        digits = re.findall(r"\d+", fold(number))[-1]
        if len(digits) > _DIGITS_MAX:
            return
        scheme = self._schemes[key[:-1]]
        scheme.widths.add(len(digits))
        scheme.by_counter[int(digits)].append(place)
        self._by_counter[int(digits)].append(place)
        self._scheme_of[place] = key[:-1]
        self._counter_of[place] = (int(digits), len(digits))


class _Finding:
    """One pass over a line's texts."""

    def __init__(self, index: NumberIndex) -> None:
        self.index = index
        self.quoted: list[Quoted] = []
        self.ranges: list[tuple[int, int]] = []
        self.unknown: dict[str, None] = {}
        self.digits: dict[str, None] = {}

    def result(self) -> References:
        return References(
            tuple(self.quoted), tuple(self.ranges), tuple(self.unknown), tuple(self.digits)
        )

    def read(self, text: str) -> None:
        runs = _runs(text)
        self.digits.update((r.text, None) for r in runs if _is_whole_number(r) and len(r.text) > 2)
        at = 0
        context: Key | None = None
        in_list = False
        while at < len(runs):
            run = runs[at]
            if not run.glued:
                length, quoted = self._whole(runs, at)
                if quoted is not None:
                    place = self._keep(quoted)
                    # A range may run on in full: INV-0041 to INV-0043.
                    if in_list and _joins_range(runs, at):
                        self._range(place)
                    context, in_list = self._scheme_of(quoted), True
                    at += length
                    continue
            if _is_whole_number(run):
                quoted = self._bare(run, context, in_list, len(runs) == 1)
                if quoted is not None:
                    place = self._keep(quoted)
                    if in_list and _joins_range(runs, at):
                        self._range(place)
                    context, in_list = self._scheme_of(quoted) or context, True
                else:
                    if context is not None and not in_list:
                        self._note_unknown(run, context)
                    context, in_list = None, False
            elif run.digits and context is not None and run.glued and run.ends:
                self._glued_list(run, context)
            elif run.text in _INVOICE_WORDS or run.text in self.index._prefixes:
                context, in_list = (), False
                if run.text in self.index._prefixes and (run.text,) in self.index._schemes:
                    context = (run.text,)
            elif run.text in _NUMBER_WORDS or (
                in_list and (run.text in _LIST_WORDS or run.text in _RANGE_WORDS)
            ):
                pass
            else:
                context, in_list = None, False
            at += 1

    def _whole(self, runs: Sequence[_Run], at: int) -> tuple[int, Quoted | None]:
        """The longest whole number, prefix and all, that starts here."""
        index = self.index
        if _stem(runs[at]) not in index._starts:
            return 0, None
        for length in range(min(_RUNS_MAX, len(runs) - at), 0, -1):
            part = runs[at : at + length]
            if not part[-1].ends:
                continue
            if any(run.noise for run in part) and all(run.digits for run in part):
                continue
            key = tuple(_stem(run) for run in part)
            written = "".join(("" if i == 0 else r.between) + r.text for i, r in enumerate(part))
            if key in index._by_key and (length > 1 or not runs[at].digits):
                return length, Quoted(written, tuple(index._by_key[key]), _strength_of(part))
            if length > 1 and key in index._by_reference:
                return length, Quoted(written, tuple(index._by_reference[key]), Strength.WEAK)
        return 0, None

    def _bare(
        self, run: _Run, context: Key | None, in_list: bool, by_itself: bool
    ) -> Quoted | None:
        """A number standing alone: read by what stands before it, or by its own width."""
        index = self.index
        value, width = int(run.text), len(run.text)
        if context:
            plain = index._schemes[context].by_counter.get(value, [])
            documents = dict.fromkeys(plain + self._short_list_number(run, context, in_list))
            # A list is as sure as its first number.
            strength = self.quoted[-1].strength if in_list and self.quoted else Strength.FULL
            return Quoted(run.text, tuple(documents), strength) if documents else None
        alone = index._by_key.get((_stem(run),), [])
        if context is not None:
            known = alone or index._by_counter.get(value, [])
            return Quoted(run.text, tuple(known), Strength.BARE) if known else None
        if _reads_as_day(run.text):
            known = alone or index._by_counter.get(value, [])
            return Quoted(run.text, tuple(known), Strength.WEAK) if known else None
        if alone and width >= 5:
            return Quoted(run.text, tuple(alone), Strength.FULL)
        padded = [
            place
            for place in index._by_counter.get(value, [])
            if width == index._counter_of[place][1] and width >= 4
        ]
        if padded and (run.text[0] == "0" or width >= 5):
            return Quoted(run.text, tuple(padded), Strength.BARE)
        # One or two digits say something only where a document bears just them.
        short = width < 3 and (not alone or run.text[0] == "0")
        if short or 1990 <= value <= 2099:
            return None
        known = alone or index._by_counter.get(value, [])
        known = known or index._by_reference.get((_stem(run),), [])
        # A field of its own for one number of ours is a quote, not chance.
        sure = alone and by_itself and width >= 4
        return (
            Quoted(run.text, tuple(known), Strength.BARE if sure else Strength.WEAK)
            if known
            else None
        )

    def _short_list_number(self, run: _Run, context: Key, in_list: bool) -> list[int]:
        """INV-0431/32: the 32 after it is 0432."""
        if not in_list or not self.quoted or len(run.text) > 3:
            return []
        before = self.index._counter_of.get(self.quoted[-1].documents[0])
        if before is None:
            return []
        size = 10 ** len(run.text)
        value = before[0] - before[0] % size + int(run.text)
        return self.index._schemes[context].by_counter.get(value, [])

    def _glued_list(self, run: _Run, context: Key) -> None:
        """INV00430044: several numbers of full width with nothing between."""
        if not context:
            return
        scheme = self.index._schemes[context]
        for width in scheme.widths:
            parts = [run.text[i : i + width] for i in range(0, len(run.text), width)]
            documents = [scheme.by_counter.get(int(part), []) for part in parts]
            if len(parts) > 1 and len(parts[-1]) == width >= 3 and all(documents):
                for part, places in zip(parts, documents, strict=True):
                    self._keep(Quoted(part, tuple(places), Strength.BARE))
                return
        self._note_unknown(run, context)

    def _note_unknown(self, run: _Run, context: Key) -> None:
        """A number written like ours; a much longer one is somebody else's."""
        schemes = [self.index._schemes[context]] if context else self.index._schemes.values()
        if any(len(run.text) <= max(s.widths, default=0) for s in schemes):
            self.unknown[run.text] = None

    def _keep(self, quoted: Quoted) -> int:
        if len(quoted.documents) > _SHARED_MAX:
            return -1
        for place, held in enumerate(self.quoted):
            if held.documents == quoted.documents:
                if quoted.strength > held.strength:
                    self.quoted[place] = quoted
                return place
        self.quoted.append(quoted)
        return len(self.quoted) - 1

    def _range(self, last: int) -> None:
        if last > 0 and (last - 1, last) not in self.ranges:
            self.ranges.append((last - 1, last))

    def _scheme_of(self, quoted: Quoted) -> Key | None:
        if quoted.strength == Strength.WEAK:
            return None
        return self.index._scheme_of.get(quoted.documents[0])


def key_of(number: str) -> Key:
    """A number as runs of letters and digits, zeros before digits dropped: ("inv", "42")."""
    return tuple(_bare_digits(run) for run in _RUN.findall(fold(number)))


def one_slip(written: str, meant: str) -> bool:
    """Exactly one wrong, missing, added or swapped character apart.

    Swapped means two neighbours exchanged: 0191 for 0119.
    """
    if written == meant or abs(len(written) - len(meant)) > 1:
        return False
    if len(written) == len(meant):
        wrong = [i for i, (a, b) in enumerate(zip(written, meant, strict=True)) if a != b]
        if len(wrong) == 1:
            return True
        return (
            len(wrong) == 2
            and wrong[1] == wrong[0] + 1
            and written[wrong[0]] == meant[wrong[1]]
            and written[wrong[1]] == meant[wrong[0]]
        )
    short, long = sorted((written, meant), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _runs(text: str) -> list[_Run]:
    text = text if text.isascii() else _latin(text)
    noise = [found.span() for found in _NOISE.finditer(text)]
    runs: list[_Run] = []
    spans = [(found.start(), found.end()) for found in _RUN.finditer(text)]
    for i, (start, end) in enumerate(spans):
        before = spans[i - 1][1] if i else start
        after = spans[i + 1][0] if i + 1 < len(spans) else -1
        runs.append(
            _Run(
                text=text[start:end],
                digits=text[start].isdecimal(),
                glued=i > 0 and before == start,
                between=text[before:start],
                ends=after != end,
                noise=end - start > _DIGITS_MAX or any(a < end and start < b for a, b in noise),
            )
        )
    return runs


def _latin(text: str) -> str:
    """Folded words, one by one, so that what stands between them stays as it is."""
    return re.sub(r"[^\W_]+", lambda found: fold(found[0]).replace(" ", ""), text)


def _stem(run: _Run) -> str:
    return _bare_digits(run.text)


def _bare_digits(run: str) -> str:
    return (run.lstrip("0") or "0") if run[0].isdecimal() else run


def _strength_of(part: Sequence[_Run]) -> Strength:
    """A whole number of a few characters ("A1") could stand in any text for something else."""
    size = sum(len(run.text) for run in part)
    prefixed = not part[0].digits and len(part[0].text) >= 3
    return Strength.FULL if size >= 5 or prefixed else Strength.BARE


def _is_whole_number(run: _Run) -> bool:
    return run.digits and not run.glued and run.ends and not run.noise


def _reads_as_day(digits: str) -> bool:
    """Digits in a row that banks and payers write for a day or a month: 260315, 0326, 15032026."""
    return any(_is_day(digits, order) for order in _DAY_ORDERS.get(len(digits), ()))


def _is_day(digits: str, order: str) -> bool:
    """Whether the digits are a day of this century in an order such as "ddmmyy"."""
    of = {
        part: "".join(d for d, o in zip(digits, order, strict=True) if o == part) for part in "ymd"
    }
    year = int(of["y"]) if len(of["y"]) == 4 else 2000 + int(of["y"])
    first, last = (2020, 2039) if len(digits) == 4 else (2000, 2050)
    return first <= year <= last and 1 <= int(of["m"]) <= 12 and 1 <= int(of["d"] or "1") <= 31


def _joins_range(runs: Sequence[_Run], at: int) -> bool:
    run = runs[at]
    dashed = run.between.strip() in ("-", "–", "—", "..", "...")
    return at > 0 and (dashed or runs[at - 1].text in _RANGE_WORDS)


def _says_enough(key: Key) -> bool:
    """A customer's reference worth looking for: it has a digit, and is not a date or a word."""
    joined = "".join(key)
    return len(joined) >= 4 and any(run[0].isdecimal() for run in key)
