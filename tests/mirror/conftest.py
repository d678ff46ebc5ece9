"""A mirror on either engine, empty."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.postgres import fresh_database
from worker.mirror.engine import Mirror, open_mirror
from worker.mirror.tables import metadata


@pytest.fixture(scope="session")
def built_postgres_url(postgres_server: str) -> Iterator[str]:
    """One PostgreSQL database for all tests that only need its tables, not its making."""
    with fresh_database(postgres_server, f"tieout_mirror_{os.getpid()}") as url:
        yield url


@pytest.fixture
def emptied_postgres_url(built_postgres_url: str) -> str:
    mirror = open_mirror(built_postgres_url)
    with mirror.write() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())
    mirror.close()
    return built_postgres_url


@pytest.fixture(params=["sqlite", "emptied_postgres"])
def mirror_url(request: pytest.FixtureRequest) -> str:
    """A database with tables, or one that gets them when it is opened; without rows."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def mirror(mirror_url: str) -> Iterator[Mirror]:
    opened = open_mirror(mirror_url)
    yield opened
    opened.close()
