"""A mirror on either engine, empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from worker.mirror.engine import Mirror, open_mirror


@pytest.fixture
def mirror(any_database_url: str) -> Iterator[Mirror]:
    opened = open_mirror(any_database_url)
    yield opened
    opened.close()
