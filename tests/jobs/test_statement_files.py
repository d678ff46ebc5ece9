"""Statement files that are missing, unreadable or not ours: told, and nothing else suffers."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from tests.stories.demo import Demo


def test_a_proved_gap_stops_posting_from_that_account_and_names_the_days(demo: Demo) -> None:
    statements = sorted((demo.inbox / "090").iterdir())
    missing = statements[len(statements) // 2]
    kept_elsewhere = missing.rename(demo.home / missing.name)
    first, last = missing.stem.removeprefix("090-").split("-to-")

    run = demo.run()

    (told,) = [message for kind, message in run.problems if kind == "statement_gap"]
    assert "account 090" in told
    assert before(first) in told
    assert after(last) in told
    decided = demo.decisions().values()
    sure = [d for d in decided if d["action"] in ("auto", "rule", "transfer")]
    assert {d["held_by"] for d in sure if d["account"] == "090"} <= {"gap", "lock"}
    assert [d for d in sure if d["account"] == "092" and d["held_by"] is None]
    posted = [i for i in demo.intents() if i.state == "verified"]
    assert {i.kind for i in posted} == {"bank_transaction"}
    assert "agrees" not in [t.state for t in run.tie_outs if t.name.startswith("bank 090")]

    kept_elsewhere.rename(missing)
    whole = demo.run()
    assert [kind for kind, _ in whole.problems] == []
    assert whole.posted >= 40


def before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(1)).isoformat()


def after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(1)).isoformat()


def test_files_that_cannot_be_read_are_put_aside_with_the_reason_and_others_go_on(
    demo: Demo,
) -> None:
    folder = demo.inbox / "092"
    spoilt = {
        "aaa.csv": b"\x00\x01\x02 no statement at all",
        "scan.pdf": b"%PDF-1.7\n...",
        "empty.ofx": b"",
        "zzz.csv": b"Date,Amount\n31/02/2026,1.00\n",
        "savings.ofx": max((demo.inbox / "091").iterdir()).read_bytes(),
    }
    for name, content in spoilt.items():
        (folder / name).write_bytes(content)

    run = demo.run()

    assert not run.ok
    told = [message for kind, message in run.problems if kind == "statement_refused"]
    assert len(told) == len(spoilt)
    assert names(folder / "refused") == {*spoilt, *(f"{name}.why" for name in spoilt)}
    for name, content in spoilt.items():
        why = (folder / "refused" / f"{name}.why").read_text("utf-8").strip()
        assert name in why
        assert f"account 092: {why}" in told
        assert (folder / "refused" / name).read_bytes() == content
    assert run.posted >= 50
    assert not any(path.is_file() for path in folder.iterdir())
    again = demo.run()
    assert again.ok
    assert again.posted == 0


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_read_once_adds_nothing_when_it_comes_again(demo_after_a_run: Demo) -> None:
    demo = demo_after_a_run
    known = demo.decisions()
    done = sorted((demo.inbox / "090" / "done").iterdir())
    (demo.inbox / "090" / "again.csv").write_bytes(done[-1].read_bytes())

    run = demo.run()

    assert run.posted == 0
    assert run.ok
    assert demo.decisions().keys() == known.keys()
