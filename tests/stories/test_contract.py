"""A whole run of ours against the sandbox, each request and each answer held to Xero's own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.openapi import SPEC, Judged
from tests.stories.place import Place, ledger, make_story, organisation

pytestmark = pytest.mark.skipif(not SPEC.exists(), reason=f"{SPEC.name} is not beside the project")


def test_all_that_is_said_in_a_run_is_what_xeros_file_allows(tmp_path: Path) -> None:
    place = Place(tmp_path / "place")
    path = make_story(tmp_path / "story").put(place)
    heard: list[Judged] = []

    def judged(app: object) -> Judged:
        heard.append(Judged(app))  # type: ignore[arg-type]
        return heard[-1]

    with ledger(path, judged) as base:
        place.configure(organisation(base))
        first = place.told()
        place.told()

    assert sorted(heard[0].faults) == []
    assert heard[0].judged > 40
    assert first
