"""OFX text as a tree: one tolerant reader for SGML (1.x), XML (2.x), and files that mix the two.

Banks print 2.x headers over bodies with unclosed tags, so the header is no guide. Elements are
taken as they stand: an element with text is a leaf whether it is closed or not; an element left
open without text, which a closing tag around it overtakes, was an empty leaf. There are no
entities but the standard ones, and a file that declares any is refused, so nothing can expand.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from sys import intern

from worker.bank.source import Source, clean
from worker.errors import BadInput

_DEPTH_MAX = 60
_TAG = re.compile(
    r"<(?P<end>/)?(?P<name>[A-Za-z][A-Za-z0-9._-]*)(?:\s[^<>]*?)?(?P<whole>/)?>"
    r"|(?P<quote><!--|<!\[CDATA\[)|<\?[^<>]*\?>"
)
_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
# Elements that hold lines or balances: one that is not closed may have lost some.
_MUST_CLOSE = frozenset(
    "OFX BANKMSGSRSV1 CREDITCARDMSGSRSV1 STMTTRNRS CCSTMTTRNRS STMTRS CCSTMTRS BANKTRANLIST"
    " STMTTRN LEDGERBAL".split()
)
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}


@dataclass(slots=True)
class Element:
    """One element: an aggregate with children, or a leaf with text. Names are in capitals."""

    name: str
    at: int
    """Where it begins, in characters from the text's beginning."""
    raw: str = ""
    children: Sequence[Element] = ()

    @property
    def text(self) -> str:
        """The text on one line, entities resolved once."""
        return clean(_ENTITY.sub(_letter, self.raw) if "&" in self.raw else self.raw)

    def adopt(self, children: Sequence[Element]) -> None:
        """Add children; a leaf, which most elements are, never holds a list."""
        if not isinstance(self.children, list):
            self.children = []
        self.children.extend(children)

    def all(self, name: str) -> Iterator[Element]:
        """The children of that name, in order."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> Element | None:
        return next(self.all(name), None)

    def text_of(self, *path: str) -> str:
        """The text of the leaf at the end of the path; "" where there is none."""
        found: Element | None = self
        for name in path:
            found = found.first(name) if found else None
        return found.text if found else ""


class Lines:
    """Turns a character position into a line number, counted from 1."""

    def __init__(self, text: str) -> None:
        self._ends = [found.start() for found in re.finditer(r"\r\n|\n|\r", text)]

    def place(self, at: int) -> str:
        return f"line {bisect_left(self._ends, at) + 1}"


def read_tree(source: Source, text: str, lines: Lines) -> Element:
    """The OFX element; raises BadInput where tags do not close in order, or the file is cut off."""
    start = re.search(r"<OFX\b", text, re.IGNORECASE)
    if not start:
        raise source.refusal("has no <OFX> element; export the statement again")
    if found := re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise source.refusal(
            "declares a document type; OFX needs none, so it is not read",
            lines.place(found.start()),
        )
    if "\x00" in text.rstrip("\x00"):
        raise source.refusal(
            "holds a NUL character; the file is damaged", lines.place(text.index("\x00"))
        )
    builder = _Builder(source, lines)
    at = start.start()
    while tag := _TAG.search(text, at):
        builder.say(text[at : tag.start()], at)
        at = tag.end()
        if name := intern((tag["name"] or "").upper()):
            if tag["end"]:
                builder.close(name, tag.start())
            else:
                builder.open(name, tag.start(), whole=bool(tag["whole"]))
        elif quote := tag["quote"]:
            mark = "-->" if quote == "<!--" else "]]>"
            end = text.find(mark, at)
            if end < 0:
                raise source.refusal(f"{quote} has no end", lines.place(tag.start()))
            if mark == "]]>":
                builder.say(text[at:end].replace("&", "&amp;"), at)
            at = end + len(mark)
    builder.say(text[at:].rstrip("\x1a\x00"), at)
    return builder.finished(len(text))


class _Builder:
    """Keeps the stack of open elements while tags and texts arrive in order."""

    def __init__(self, source: Source, lines: Lines) -> None:
        self._source = source
        self._lines = lines
        self._document = Element("", 0)
        self._stack = [self._document]
        self._leaf: Element | None = None  # the last opened element, while text still belongs to it

    def say(self, text: str, at: int) -> None:
        if self._leaf is not None:
            self._leaf.raw += text
        elif text and not text.isspace():
            raise self._wrong(f"holds text outside any element: {clean(text)[:40]!r}", at)

    def open(self, name: str, at: int, *, whole: bool) -> None:
        self._end_leaf()
        if len(self._stack) == 1 and self._document.children:
            raise self._wrong("holds a second document after </OFX>; split the file", at)
        element = Element(name, at)
        self._stack[-1].adopt((element,))
        self._leaf = None
        if not whole:
            self._stack.append(element)
            self._leaf = element
        if len(self._stack) > _DEPTH_MAX:
            raise self._wrong("is nested too deeply for a statement", at)

    def close(self, name: str, at: int) -> None:
        if self._stack[-1].name != name:
            self._end_leaf()
        self._leaf = None
        if all(element.name != name for element in self._stack):
            # Its own tag was ended by markup inside its text; anything else is a lost opening.
            if all(child.name != name for child in self._stack[-1].children[-8:]):
                raise self._wrong(f"</{name}> closes nothing that is open; the file is damaged", at)
            return
        while (element := self._stack.pop()).name != name:
            if element.name in _MUST_CLOSE:
                raise self._wrong(f"</{name}> comes before </{element.name}>", at)
            # It was an empty leaf: what follows it belongs beside it, not inside.
            self._stack[-1].adopt(element.children)
            element.children = ()

    def finished(self, end: int) -> Element:
        if len(self._stack) > 1:
            raise self._wrong(f"ends inside <{self._stack[1].name}>; the file is cut off", end)
        return self._document.children[0]

    def _end_leaf(self) -> None:
        """An element with text is a leaf: the next tag ends it, closed or not."""
        if self._leaf is not None and not self._leaf.raw.isspace() and self._leaf.raw:
            self._stack.pop()
            self._leaf = None

    def _wrong(self, what: str, at: int) -> BadInput:
        return self._source.refusal(what, self._lines.place(at))


def _letter(found: re.Match[str]) -> str:
    name = found[1]
    if not name.startswith("#"):
        return _ENTITIES[name]
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(code) if 0 < code <= 0x10FFFF else found[0]
