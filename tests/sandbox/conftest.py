from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.desk import Desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    found = Desk().sign_in()
    yield found
    found.close()
