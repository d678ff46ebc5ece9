"""Reading one large file of a books folder record by record, so that memory stays flat."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from io import TextIOBase
from pathlib import Path
from typing import Any

from worker.sandbox.wire import Record, no_constant

CHUNK_CHARACTERS = 1 << 18
_BLANK = " \t\n\r"


class RecordFile:
    """The records of `{"Invoices": [...]}`, a bare list, or one bare record, in a JSON file.

    Every iteration reads the file anew. `names` are the keys the list may stand under, the first
    found counting; a lone object that carries `id_field`, where one is
    named, is a record itself. Iterating raises
    OSError for an unreadable file, and ValueError naming one that is not JSON of this shape.
    """

    def __init__(self, path: Path, names: tuple[str, ...], id_field: str | None = None) -> None:
        self.path = path
        self.names = names
        self.id_field = id_field

    def __iter__(self) -> Iterator[Record]:
        name = self.path.name
        shape = f'{name}: expected {{"{self.names[0]}": [...]}} with records in the list'
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            try:
                for record in self._records(_Reader(file)):
                    if not isinstance(record, dict):
                        break
                    yield record
                else:
                    return
            except ValueError as unreadable:
                raise ValueError(f"{name}: not readable as JSON ({unreadable})") from None
        raise ValueError(shape)

    def _records(self, reader: _Reader) -> Iterator[Any]:
        """Each record; anything that is no record stands for a file of another shape."""
        first = reader.peek()
        if first == "[":
            yield from reader.elements()
        elif first == "{":
            yield from self._listed(reader)
        else:
            yield reader.value()
        reader.end()

    def _listed(self, reader: _Reader) -> Iterator[Any]:
        """What stands under one of the names, or the object itself where it is a record."""
        bare: Record = {}
        streamed = False
        for key in reader.names():
            if key in self.names and reader.peek() == "[":
                if streamed:
                    raise ValueError(f"{key} is there twice")
                streamed = True
                yield from reader.elements()
            else:
                bare[key] = reader.value()
        if not streamed:
            lone = bare if self.id_field in bare else None
            yield next((bare[name] for name in self.names if name in bare), lone)


class _Reader:
    """JSON text taken in by pieces; every method raises ValueError where it is not JSON."""

    def __init__(self, file: TextIOBase) -> None:
        self._file = file
        self._text = ""
        self._place = 0
        self._ended = False
        self._scan = json.JSONDecoder(parse_float=Decimal, parse_constant=no_constant).raw_decode

    def peek(self) -> str:
        """The next character that is not blank; empty at the end."""
        while True:
            while self._place < len(self._text):
                if self._text[self._place] not in _BLANK:
                    return self._text[self._place]
                self._place += 1
            if not self._more(CHUNK_CHARACTERS):
                return ""

    def value(self) -> Any:
        """The next whole value."""
        self.peek()
        size = CHUNK_CHARACTERS
        while True:
            try:
                found, end = self._scan(self._text, self._place)
            except RecursionError:
                raise ValueError("JSON is nested too deeply") from None
            except json.JSONDecodeError:
                # Cut off by the end of a piece, it may be whole with the next one.
                if not self._more(size):
                    raise
                size *= 2
                continue
            if end == len(self._text) and self._more(size):
                continue
            self._place = end
            return found

    def elements(self) -> Iterator[Any]:
        """The values of a list, one by one."""
        yield from self._parts("[", "]", self.value)

    def names(self) -> Iterator[str]:
        """The names in an object; the caller takes each value before the next name."""
        yield from self._parts("{", "}", self._name)

    def end(self) -> None:
        """Nothing but blanks may follow."""
        if self.peek():
            self._wrong("the end of the file")

    def _parts(self, opens: str, closes: str, take: Callable[[], Any]) -> Iterator[Any]:
        self._need(opens)
        if self.peek() == closes:
            self._place += 1
            return
        while True:
            yield take()
            if self.peek() == closes:
                self._place += 1
                return
            self._need(",")

    def _name(self) -> str:
        if self.peek() != '"':
            self._wrong("a name in quotes")
        key = self.value()
        self._need(":")
        return str(key)

    def _need(self, mark: str) -> None:
        if self.peek() != mark:
            self._wrong(mark)
        self._place += 1

    def _wrong(self, wanted: str) -> None:
        near = self._text[self._place : self._place + 20]
        raise ValueError(f"expected {wanted} near {near!r}")

    def _more(self, size: int) -> bool:
        """Take in another piece of the file; False at its end."""
        piece = "" if self._ended else self._file.read(size)
        self._ended = not piece
        self._text = self._text[self._place :] + piece
        self._place = 0
        return bool(piece)
