from __future__ import annotations

import logging

import pytest

from worker.errors import SetupWrong
from worker.wiring.logs import configure


@pytest.fixture(autouse=True)
def as_it_was() -> object:
    ours = logging.getLogger("worker")
    before = (list(ours.handlers), ours.level, ours.propagate)
    yield
    ours.handlers[:], level, ours.propagate = before[0], before[1], before[2]
    ours.setLevel(level)


def test_an_event_is_one_line_with_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    configure({"TIEOUT_LOG": "info"})

    logging.getLogger("worker.jobs.post").info("payment_posted", extra={"amount": "12.50 NZD"})

    (line,) = capsys.readouterr().err.splitlines()
    assert 'level=info event=payment_posted amount="12.50 NZD"' in line


def test_below_the_level_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure({"TIEOUT_LOG": "warning"})

    logging.getLogger("worker.jobs.post").info("payment_posted")

    assert capsys.readouterr().err == ""


def test_an_unknown_level_is_a_wrong_setting() -> None:
    with pytest.raises(SetupWrong, match="debug, info, warning"):
        configure({"TIEOUT_LOG": "loud"})
