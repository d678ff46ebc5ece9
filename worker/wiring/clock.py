"""The machine's clock, with business time that can be made to stand still."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from worker.errors import SetupWrong


class SystemClock:
    """The machine's clock; business time stands still at TIEOUT_NOW where that is set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Raises SetupWrong where TIEOUT_NOW is no instant."""
        self._fixed: datetime | None = None
        text = environ.get("TIEOUT_NOW", "")
        if text:
            try:
                fixed = datetime.fromisoformat(text.replace("Z", "+00:00"))
            except ValueError:
                raise SetupWrong(
                    f"TIEOUT_NOW={text} is no instant; write it as 2026-03-31T09:00:00Z"
                ) from None
            self._fixed = fixed.astimezone(UTC) if fixed.tzinfo else fixed.replace(tzinfo=UTC)

    def now(self) -> datetime:
        return self._fixed or datetime.now(UTC)

    def real(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()
