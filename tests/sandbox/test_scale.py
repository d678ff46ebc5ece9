"""Large books in small memory, measured in a process of its own."""

from __future__ import annotations

import importlib.util
import multiprocessing
import resource
import sys
from pathlib import Path

import pytest

PEAK_MB_MAX = 400


@pytest.mark.slow
def test_large_books_load_and_are_proved_in_400_mb(tmp_path: Path) -> None:
    folder = tmp_path / "books"
    folder.mkdir()
    _bench().write_books(folder, invoices=120_000, lines=100_000, contacts=15_000)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        counts, problems, peak_mb = pool.apply(_loaded_and_proved, (folder,))
        pool.close()
        pool.join()

    assert counts == {"Invoices": 120_000, "Payments": 60_000, "Contacts": 15_000}
    assert problems == []
    assert peak_mb <= PEAK_MB_MAX


def _loaded_and_proved(folder: Path) -> tuple[dict[str, int], list[str], float]:
    from worker.sandbox.check import check
    from worker.sandbox.demo import open_books

    store, _ = open_books(folder.parent / "sandbox.db", folder)
    counts = {kind: store.count(kind) for kind in ("Invoices", "Payments", "Contacts")}
    problems = check(store)
    store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return counts, problems, peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _bench():  # type: ignore[no-untyped-def]
    path = Path(__file__).parents[2] / "bench" / "sandbox_scale.py"
    found = importlib.util.spec_from_file_location("sandbox_scale", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
