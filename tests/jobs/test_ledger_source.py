"""An account without statement files: what somebody typed into Xero is paired, never posted."""

from __future__ import annotations

import pytest

from tests.stories.demo import Demo
from worker.errors import Refused

TYPED_IN = "entered by hand, invoice open"


@pytest.fixture
def without_statements(demo: Demo) -> Demo:
    """The demo company whose main account has no statement files."""
    demo.sources["090"] = "ledger"
    return demo


def test_money_typed_in_by_hand_is_paired_with_the_open_invoice_and_not_posted(
    without_statements: Demo,
) -> None:
    number = without_statements.number(TYPED_IN)

    run = without_statements.run()

    paired = [
        decision
        for decision in without_statements.decisions().values()
        if [share["document_number"] for share in decision["allocations"]] == [number]
    ]
    (decision,) = paired
    assert (decision["action"], decision["reason_code"]) == ("suggest", "already_in_ledger")
    assert "Xero holds this money already" in decision["why"]
    assert all(i.account_id != "" and i.kind != "payment" for i in without_statements.intents())
    assert run.lines["total"] == sum(n for kind, n in run.lines.items() if kind != "total")


def test_a_persons_word_does_not_make_it_new_cash(without_statements: Demo) -> None:
    number = without_statements.number(TYPED_IN)
    without_statements.run()
    entry = without_statements.last_entry()

    with (
        without_statements.worker() as worker,
        pytest.raises(Refused, match="in Xero already"),
    ):
        worker.accept(number, "jo")

    assert without_statements.last_entry() == entry


def test_a_second_run_makes_no_second_line_of_it(without_statements: Demo) -> None:
    without_statements.run()
    before = set(without_statements.decisions())

    again = without_statements.run()

    assert set(without_statements.decisions()) == before
    assert again.posted == 0
