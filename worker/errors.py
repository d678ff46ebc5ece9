"""Errors named for what happens next; the exit code each ends a command with.

    TieoutError
    ├── TryLater        the job runs again by itself: busy, rate limited, unreachable (75)
    │   └── DayLimit    the day's calls are used up, or a brake is on: not before `until` (69)
    ├── Refused         this item goes to review; the rest goes on (65 when it ends a command)
    │   ├── BadInput    a file's content is wrong: names file, line and the mend (65)
    │   └── NoInput     a file that should be there is missing (66)
    ├── SetupWrong      stop and tell the operator (78)
    │   ├── Unauthorised   the ledger refuses who we are, or what we may do (77)
    │   └── CannotStore    disk full, read-only folder (74)
    └── PromiseBroken   our own bug: stop loudly (70)

Codes 65-78 are those of BSD `sysexits.h`.
"""

from __future__ import annotations

from datetime import datetime


class TieoutError(Exception):
    """Any failure Tieout knows by name; `str()` is one sentence a person can act on."""

    exit_code = 1


class TryLater(TieoutError):
    """Nothing is wrong with the item: the same work can succeed later.

    `retry_after_seconds` is the ledger's own wish where it stated one.
    """

    exit_code = 75

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class DayLimit(TryLater):
    """No more calls before `until` (aware UTC); a persisted fact, never slept through."""

    exit_code = 69

    def __init__(self, message: str, *, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class Refused(TieoutError):
    """This item cannot be done as it stands; a person decides."""

    exit_code = 65


class BadInput(Refused):
    """A file's content is wrong; the sentence names file, line and mend."""

    exit_code = 65


class NoInput(Refused):
    """A file that was named is not there."""

    exit_code = 66


class SetupWrong(TieoutError):
    """Nothing can go on until the operator changes a setting."""

    exit_code = 78


class Unauthorised(SetupWrong):
    """The ledger refuses the credentials, the scope, or the organisation."""

    exit_code = 77


class CannotStore(SetupWrong):
    """Disk full, or a folder we may not write to."""

    exit_code = 74


class PromiseBroken(TieoutError):
    """A bug of ours: something that cannot happen did."""

    exit_code = 70
