"""RE2 patterns: linear in the text however hostile, letters of either case, nothing logged."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import re2


class Unreadable(ValueError):
    """The pattern is not RE2; the message says where it goes wrong."""


class Pattern(Protocol):
    def search(self, text: str) -> object | None: ...


@lru_cache(maxsize=1024)
def compiled(written: str) -> Pattern:
    """The pattern, case ignored. It is compiled as written: lower-casing would turn \\D into \\d.

    Raises Unreadable.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        pattern: Pattern = re2.compile(written, options)
    except re2.error as error:
        said = error.args[0] if error.args else error
        raise Unreadable(said.decode() if isinstance(said, bytes) else str(said)) from None
    return pattern
