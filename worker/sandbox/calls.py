"""One request past the gates, and the kinds of answer it can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.sandbox.body import elements
from worker.sandbox.endpoints import refuse
from worker.sandbox.errors import ApiError, Invalid, bad_body
from worker.sandbox.session import Session
from worker.sandbox.shapes import shaped
from worker.sandbox.wire import Record, dumps, loads


@dataclass(frozen=True, slots=True)
class Call:
    """One request past the gates; `parts` lower-cased, `names` as sent, `params` by lower name."""

    session: Session
    method: str
    parts: Sequence[str]
    names: Sequence[str]
    params: Mapping[str, str]
    body: bytes
    content_type: str
    since: str
    reports: Any = None
    wants_pdf: bool = False

    def sent(self, plural: str) -> list[Record]:
        """The elements of the body; raises ApiError 400."""
        return elements(self.body, self.content_type, plural)

    def fit(self, plural: str) -> list[Record]:
        """The same, each field of the kind its name promises; raises ApiError 400."""
        try:
            return [shaped(element, refuse) for element in self.sent(plural)]
        except Invalid as broken:
            raise bad_body(broken.messages[0]) from None


@dataclass(frozen=True, slots=True)
class Listed:
    """Records to be answered under a plural, as JSON texts."""

    plural: str
    texts: Sequence[str]
    pagination: Record | None = None

    def records(self) -> list[Record]:
        return [loads(text) for text in self.texts]


@dataclass(frozen=True, slots=True)
class Bare:
    """A reply without Xero's envelope."""

    value: Record


@dataclass(frozen=True, slots=True)
class Raw:
    """A reply that is a file."""

    content_type: str
    body: bytes


Found = Listed | Bare | Raw | None


def listed(plural: str, records: Sequence[Record]) -> Listed:
    """Records under their plural."""
    return Listed(plural, [dumps(record) for record in records])


def no_method() -> ApiError:
    """405 for a method the path does not have."""
    return ApiError(405, "The requested resource does not support this method")
