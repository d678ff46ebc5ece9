"""The demo company on a socket, for one client at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.openapi import Judged
from worker.sandbox.app import SandboxApp
from worker.sandbox.check import check
from worker.sandbox.demo import open_demo
from worker.sandbox.serve import running
from worker.sandbox.store import Store

NOW = datetime.fromisoformat("2026-03-31T09:00:00+00:00")


@dataclass(slots=True)
class Served:
    """A sandbox on loopback: where, its books, and what it was asked."""

    base: str
    store: Store
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    def faults(self) -> list[tuple[str, str, int]]:
        """Requests that met a fault of the sandbox."""
        return [each for each in self.asked if each[2] >= 500]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Served]:
    """The demo company of seed 1 on a spring day, without call limits; its books must balance and
    its answers be what Xero's own file says, where that is at hand.
    """
    store = open_demo(tmp_path / "sandbox.db", now=lambda: NOW)
    app: Any = SandboxApp(store, now=lambda: NOW, minute_limit=10**6, day_limit=10**6)
    judged = app = Judged(app, both=False)
    served = Served("", store)

    def heard(environ: Any, start_response: Any) -> Any:
        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            asked = environ["REQUEST_METHOD"], environ["PATH_INFO"], int(status[:3])
            served.asked.append(asked)
            return start_response(status, headers, *more)

        return app(environ, started)

    with running(heard) as base:
        served.base = base
        yield served
    wrong = check(store)
    store.close()
    assert served.faults() == []
    assert wrong == []
    assert sorted(judged.faults) == []
