"""The databases that tests are given."""

from __future__ import annotations

import socket

import pytest
from sqlalchemy import create_engine, text


def test_each_engine_gives_an_empty_database_that_takes_tables(any_database_url: str) -> None:
    engine = create_engine(any_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE proof (id INTEGER PRIMARY KEY)"))
        connection.execute(text("INSERT INTO proof VALUES (1)"))
    with engine.connect() as connection:
        found = connection.execute(text("SELECT count(*) FROM proof")).scalar_one()
    engine.dispose()

    assert found == 1


@pytest.mark.parametrize("host", ["192.0.2.1", "api.xero.com"])
def test_a_test_cannot_reach_beyond_this_machine(host: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=host):
        socket.create_connection((host, 443), timeout=1)
