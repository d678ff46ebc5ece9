"""The answers Xero gives when it refuses, in the shapes its clients have recorded.

`ApiError` ends a request; `Invalid` refuses one element of a batch and becomes its
`ValidationErrors`. Shapes: fact sheet section 4.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

_NOT_FOUND = "The resource you're looking for cannot be found"


class ApiError(Exception):
    """A refusal of the whole request: HTTP `status`, and a `body` that is JSON (dict) or text."""

    def __init__(
        self, status: int, body: dict[str, Any] | str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


class Invalid(Exception):
    """One element breaks a rule; `messages` are what Xero would print, `element` its echo."""

    def __init__(self, *messages: str, element: dict[str, Any] | None = None) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages
        self.element = element


class UnknownPath(ApiError):
    """404 for a path nobody answers here: the same short text, and worth a line in the log."""

    def __init__(self) -> None:
        super().__init__(404, _NOT_FOUND)


def validation(elements: Sequence[dict[str, Any]]) -> ApiError:
    """400 with the elements that broke a rule, each carrying its `ValidationErrors`."""
    return ApiError(
        400,
        {
            "ErrorNumber": 10,
            "Type": "ValidationException",
            "Message": "A validation exception occurred",
            "Elements": list(elements),
        },
    )


def refusal(message: str, element: Mapping[str, Any] | None = None) -> ApiError:
    """400 for a request about a single record, with one message."""
    return validation([{**(element or {}), "ValidationErrors": [{"Message": message}]}])


def no_data(endpoint: str) -> ApiError:
    """400 for a body in which the endpoint finds nothing to work on."""
    text = (
        "No data has been processed for this endpoint. This endpoint is expecting "
        f"{endpoint} data to be specifed in the request body."
    )
    return ApiError(400, {"ErrorNumber": 17, "Type": "NoDataProcessedException", "Message": text})


def bad_body(reason: str) -> ApiError:
    """400 for a body that cannot be read at all."""
    return ApiError(400, {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": reason})


def bad_query(reason: str) -> ApiError:
    """400 for a `where` or `order` that cannot be understood."""
    return ApiError(400, {"ErrorNumber": 16, "Type": "QueryParseException", "Message": reason})


def too_wide() -> ApiError:
    """400 for a read over too many records through a filter no index serves."""
    text = (
        "Your request is not filtering records efficiently, given the extremely high volume "
        "for this organisation. Please use optimised filters and paging."
    )
    return ApiError(400, {"ErrorNumber": 18, "Type": "ValidationException", "Message": text})


def denied(status: int, title: str, detail: str) -> ApiError:
    """401 or 403 in the problem shape of Xero's gateway."""
    return ApiError(
        status,
        {
            "Type": None,
            "Title": title,
            "Status": status,
            "Detail": detail,
            "Instance": str(uuid4()),
            "Extensions": {},
        },
    )


def not_found() -> ApiError:
    """404: a short text, not JSON."""
    return ApiError(404, _NOT_FOUND)
