"""A secret that never shows: kept where the config says, read only when it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from worker.errors import SetupWrong

Kind = Literal["env", "file", "credential", "literal"]


class Secret:
    """A promise to produce a secret; `str()` and `repr()` are `***` whatever it holds.

    `kind` and `source` say where it is kept (a literal's source is where it is written).
    """

    __slots__ = ("_value", "kind", "source", "where")

    def __init__(self, kind: Kind, source: str, value: str | Path | None, where: str = "") -> None:
        """`value`: the text of env and literal, the file of file and credential; None if unset."""
        self.kind = kind
        self.source = source
        self.where = where
        self._value = value

    @classmethod
    def literal(cls, text: str) -> Secret:
        """A secret that is no secret, such as the sandbox's own."""
        return cls("literal", "literal", text)

    def reveal(self) -> str:
        """The secret itself. Raises SetupWrong naming what is missing, never what was found."""
        prefix = f"{self.where}: " if self.where else ""
        if self._value is None:
            raise SetupWrong(f"{prefix}{self._absence()}")
        if isinstance(self._value, str):
            return self._value
        try:
            text = self._value.read_text("utf-8").strip()
        except FileNotFoundError:
            raise SetupWrong(f"{prefix}secret {self.kind} {self._value} is not there") from None
        except (OSError, UnicodeDecodeError):
            raise SetupWrong(f"{prefix}secret {self.kind} {self._value} cannot be read") from None
        if not text:
            raise SetupWrong(f"{prefix}secret {self.kind} {self._value} is empty")
        return text

    def _absence(self) -> str:
        if self.kind == "credential":
            return (
                f"credential {self.source} needs systemd's $CREDENTIALS_DIRECTORY, which is not set"
            )
        return f"environment variable {self.source}, which holds the secret, is not set or empty"

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is never pickled")
