"""A CSV file as rows under known columns: encoding, delimiter, quotes and headers settled."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from worker.bank.csv_profile import CsvProfile
from worker.bank.identify import bom_encoding, decoded
from worker.bank.source import Source, clean

_DELIMITERS = ",;\t|"
_LINE_MAX = 64 * 1024
"""Characters on one line; the longest real notes are a few thousand."""


@dataclass(frozen=True, slots=True)
class Row:
    """One data row: its cells, and the line of the file it begins on."""

    line: int
    cells: tuple[str, ...]

    @property
    def place(self) -> str:
        return f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The data rows of a file, none left out but blank ones, and where our columns are in them."""

    rows: tuple[Row, ...]
    columns: Mapping[str, tuple[int, ...]]

    def text(self, row: Row, name: str) -> str:
        """The cell (or cells) of one of our columns on one line; "" where the file has none."""
        return " ".join(filter(None, (clean(row.cells[at]) for at in self.columns.get(name, ()))))


def open_sheet(source: Source, profile: CsvProfile) -> Sheet:
    """The file's rows under the profile; raises BadInput where they do not fit."""
    lines = _lines(source, profile)
    delimiter = profile.delimiter or _delimiter(lines, profile)
    rows = _rows(source, lines, delimiter, profile.skip_rows)
    if profile.header:
        header = next(rows, None)
        if header is None:
            raise source.refusal("holds no header row; export the statement again")
        columns = _by_header(source, header, profile)
        width = len(_trimmed(header.cells))
    else:
        columns = {name: _positions(at) for name, at in profile.columns.items()}
        width = 0
    data = tuple(rows)
    if not profile.header and data:
        width = len(_trimmed(data[0].cells))
    width = max(width, 1 + max(at for places in columns.values() for at in places))
    return Sheet(tuple(_fitting(source, row, width) for row in data), columns)


def header_names(source: Source, skip_rows: int = 0) -> dict[str, tuple[str, ...]]:
    """The header's names as the file has them, under each delimiter that could be meant."""
    lines = _lines(source, CsvProfile(columns={}, skip_rows=skip_rows))
    found = {}
    for delimiter in _DELIMITERS:
        cells = _first_cells(lines, delimiter)
        if cells:
            found[delimiter] = tuple(clean(cell) for cell in _trimmed(cells))
    return found


def _lines(source: Source, profile: CsvProfile) -> list[str]:
    """The file's lines below the skipped ones, in the declared encoding or the one that fits."""
    if profile.encoding is None:
        text = decoded(source.data)
    else:
        marked = bom_encoding(source.data)
        try:
            text = source.data.decode(marked or profile.encoding)
        except UnicodeError as fault:
            at = source.data.count(b"\n", 0, getattr(fault, "start", 0)) + 1
            raise source.refusal(
                f"is not written in {profile.encoding}; state the profile's encoding (utf-8,"
                " cp1252, utf-16)", f"line {at}"
            ) from None  # fmt: skip
    if text is None:
        raise source.refusal("is written in no encoding we know; state the profile's encoding")
    lines = re.split("\r*\n|\r", text.removeprefix("\ufeff").rstrip("\x1a"))
    for number, line in enumerate(lines, 1):
        if len(line) > _LINE_MAX:
            raise source.refusal("is too long for a row of a statement", f"line {number}")
        if "\x00" in line:
            raise source.refusal(
                "holds a NUL character; the file is damaged or written in UTF-16", f"line {number}"
            )
    if not any(line.strip() for line in lines):
        raise source.refusal("is empty; export the statement again")
    return lines[profile.skip_rows :]


def _rows(source: Source, lines: list[str], delimiter: str, skipped: int) -> Iterator[Row]:
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, strict=True)
    while True:
        start = skipped + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as fault:
            raise source.refusal(
                f"cannot be split into fields ({fault}); a quote mark is missing or stray",
                f"line {start}",
            ) from None
        if cells is None:
            return
        if any("\n" in cell for cell in cells):
            _no_swallowed_rows(source, cells, delimiter, start)
        if any(cell.strip() for cell in cells):
            yield Row(start, tuple(cells))


def _no_swallowed_rows(source: Source, cells: Sequence[str], delimiter: str, start: int) -> None:
    # A note may run over lines, but a lost quote mark turns whole rows into a note.
    for cell in cells:
        if any(part.count(delimiter) >= max(2, len(cells) - 1) for part in cell.split("\n")[1:]):
            raise source.refusal(
                "a quoted field runs over what looks like further rows; a quote mark is missing",
                f"line {start}",
            )


def _fitting(source: Source, row: Row, width: int) -> Row:
    if len(row.cells) < width or any(cell.strip() for cell in row.cells[width:]):
        raise source.refusal(
            f"has {len(row.cells)} fields where {width} belong; the row is cut off, or a field"
            " with the delimiter in it lacks its quote marks",
            row.place,
        )
    return row


def _delimiter(lines: list[str], profile: CsvProfile) -> str:
    """The delimiter under which the profile's columns are found, else that of most columns."""

    def fits(delimiter: str) -> tuple[bool, int]:
        cells = _first_cells(lines, delimiter)
        if not profile.header:
            return True, len(cells)
        names = {folded(cell) for cell in cells}
        wanted = (folded(one) for places in profile.columns.values() for one in places)
        return all(one in names or one.isdigit() for one in wanted), len(cells)

    return max(_DELIMITERS, key=fits)


def _first_cells(lines: list[str], delimiter: str) -> list[str]:
    first = next((line for line in lines if line.strip()), "")
    try:
        return next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:
        return []


def _by_header(source: Source, header: Row, profile: CsvProfile) -> dict[str, tuple[int, ...]]:
    names = [folded(cell) for cell in header.cells]
    return {
        ours: tuple(_column(source, header, names, ours, wanted) for wanted in places)
        for ours, places in profile.columns.items()
    }


def _column(source: Source, header: Row, names: list[str], ours: str, wanted: str) -> int:
    name = folded(wanted)
    if names.count(name) == 1:
        return names.index(name)
    if names.count(name) > 1:
        raise source.refusal(
            f"has two columns {wanted!r}; give columns.{ours} as a position, counted from 1",
            header.place,
        )
    if name.isdigit() and name.isascii():
        (at,) = _positions((name,))
        if 0 <= at < len(names):
            return at
    near = get_close_matches(name, names, n=1)
    hint = f"; did you mean {header.cells[names.index(near[0])].strip()!r}?" if near else ""
    listed = ", ".join(repr(clean(cell)) for cell in _trimmed(header.cells))
    raise source.refusal(
        f"has no column {wanted!r} for {ours}{hint}; its columns are {listed[:600]}", header.place
    )


def _positions(places: Sequence[str]) -> tuple[int, ...]:
    return tuple(int(place) - 1 for place in places)


def _trimmed(cells: Sequence[str]) -> list[str]:
    """The cells without empty ones at the end, which a closing delimiter makes."""
    kept = list(cells)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


def folded(name: str) -> str:
    """A header's name without regard to case, spaces, underscores and a closing colon."""
    return " ".join(name.replace("\ufeff", "").replace("_", " ").split()).casefold().rstrip(":")
