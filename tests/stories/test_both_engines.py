"""The same day on SQLite and on PostgreSQL: the same decisions, the same postings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.stories.lived import DAYS, Lived, live


def test_postgresql_decides_and_posts_what_sqlite_does(
    tmp_path: Path, postgres_url: str, lived: Callable[[int, str], Lived]
) -> None:
    seed, now = DAYS[0]
    here, there = lived(seed, now), live(tmp_path, seed, now, postgres_url)

    assert not (tmp_path / "state" / "tieout.db").exists()
    assert there.first.problems == []
    assert there.decisions == here.decisions
    assert [writes(intent) for intent in there.intents] == [writes(i) for i in here.intents]
    assert there.first.lines == here.first.lines
    assert there.first.posted == here.first.posted
    assert there.first.tie_outs == here.first.tie_outs
    assert there.calls == here.calls
    assert there.second.posted == 0
    assert len(there.at_last["Payments"]) == len(here.at_last["Payments"])
    assert ledger(there) == ledger(here)


def writes(intent: Any) -> tuple[object, ...]:
    return (intent.meaning, intent.code, intent.kind, intent.line_ids, intent.shares, intent.state)


def ledger(day: Lived) -> list[tuple[Any, ...]]:
    """What stands in the sandbox's ledger, without the ids it draws."""
    store = day.store()
    try:
        return store.rows(
            "SELECT source_kind, date, account_id, contact_id, amount, currency, tax_type, basis"
            " FROM ledger_line ORDER BY 1, 2, 3, 4, 5, 6, 7, 8"
        )
    finally:
        store.close()
