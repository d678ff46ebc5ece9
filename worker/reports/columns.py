"""Plain text of 80 columns: figures aligned and never cut, words wrapped."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from worker.reports.words import clean

WIDTH = 80
_LABEL_MIN = 20
_GAP = 2


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], rules: Sequence[int] = ()) -> str:
    """Rows of a label and figures under their headings; a rule is drawn before each row in `rules`.

    Where 80 columns leave a label too little room, labels stand above their figures; where the
    figures alone are wider, each stands on a line of its own.
    """
    every = [heads, *rows]
    widths = [max(display_width(row[i]) for row in every) + _GAP for i in range(1, len(heads))]
    room = WIDTH - sum(widths)
    if room < 0:
        return _stacked(heads, rows)
    lines: list[str] = []
    labelled = room >= _LABEL_MIN
    longest = max(display_width(clean(row[0])) for row in every)
    label_width = min(room, longest) if labelled else room
    for number, row in enumerate(every):
        if number == 1 or number - 1 in rules:
            lines.append("-" * (label_width + sum(widths)))
        figures = "".join(right(row[i + 1], width) for i, width in enumerate(widths))
        if labelled:
            lines.append((left(row[0], label_width) + figures).rstrip())
            continue
        if row[0]:
            lines.append(left(row[0], WIDTH).rstrip())
        lines.append((" " * room + figures).rstrip())
    return "\n".join(lines)


def wrap(text: str, indent: str = "", first: str | None = None) -> str:
    """Words wrapped to 80 columns; `first` opens the first line, `indent` the others."""
    lines: list[str] = []
    line, words = (indent if first is None else first), 0
    for word in clean(text).split():
        for piece in _pieces(word, WIDTH - display_width(indent)):
            gap = " " if words else ""
            if words and display_width(line + gap + piece) > WIDTH:
                lines.append(line)
                line, words, gap = indent, 0, ""
            line, words = line + gap + piece, words + 1
    return "\n".join([*lines, line])


def heading(text: str, line: str = "-") -> str:
    """A title with a line under it."""
    title = left(text, WIDTH).rstrip()
    return f"{title}\n{line * max(1, display_width(title))}"


def left(text: str, width: int) -> str:
    """The text in exactly `width` columns, cut with an ellipsis where it is longer."""
    text = clean(text)
    if display_width(text) > width:
        kept = ""
        for char in text:
            if display_width(kept + char) > width - 1:
                break
            kept += char
        text = kept + "…"
    return text + " " * (width - display_width(text))


def right(text: str, width: int) -> str:
    """The figure against the right edge of `width` columns, never cut."""
    return " " * max(0, width - display_width(text)) + text


def display_width(text: str) -> int:
    """Columns a terminal needs: wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    width = 0
    for char in text:
        if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
            continue
        width += 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
    return width


def _pieces(word: str, width: int) -> Iterator[str]:
    """A word as it is, or cut where not even an empty line could hold it."""
    while display_width(word) > width:
        kept = width
        while display_width(word[:kept]) > width:
            kept -= 1
        yield word[:kept]
        word = word[kept:]
    yield word


def _stacked(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    names = max(display_width(head) for head in heads[1:])
    lines: list[str] = []
    for row in rows:
        lines.append(left(row[0], WIDTH).rstrip())
        lines += [
            "  " + left(heads[i], names) + right(row[i], WIDTH - names - 2)
            for i in range(1, len(heads))
        ]
    return "\n".join(lines)
