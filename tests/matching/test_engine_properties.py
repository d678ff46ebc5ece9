"""What holds for the matching engine whatever lines and documents come."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.matching.makers import POLICY, a_credit, a_document, a_line, decide
from worker.books.records import BankLine, Document
from worker.matching.assignment import choose
from worker.matching.candidate import Candidate

NAMES = ("Acme Widgets Ltd", "Bolton Glassworks", "Acme Widgets Europe BV", "Smith Plumbing")
# Few amounts, so that equal ones, sums and ties are common.
amounts = st.sampled_from(["10.00", "20.00", "30.00", "40.00", "99.95", "109.95"]).map(Decimal)
days = st.integers(0, 40).map(lambda n: date(2026, 2, 10) + timedelta(n))


@st.composite
def documents(draw: st.DrawFn) -> list[Document]:
    found = []
    for n in range(draw(st.integers(0, 7))):
        make = draw(st.sampled_from([a_document, a_document, a_document, a_credit]))
        side = draw(st.sampled_from(["receivable", "receivable", "payable"]))
        status = draw(st.sampled_from(["AUTHORISED"] * 5 + ["DRAFT", "PAID", "VOIDED"]))
        found.append(
            make(
                f"INV-{n + 1:04d}",
                draw(st.sampled_from(NAMES)),
                str(draw(amounts)),
                id=f"d{n}",
                side=side,
                status=status,
                date=draw(days),
                currency=draw(st.sampled_from(["GBP"] * 6 + ["EUR"])),
            )
        )
    return found


@st.composite
def bank_lines(draw: st.DrawFn) -> list[BankLine]:
    found = []
    for n in range(draw(st.integers(1, 6))):
        reference = draw(
            st.sampled_from(["", "", "INV-0001", "INV 1 2", "INV-0001-0003", "0002", "UNPAID"])
        )
        sign = draw(st.sampled_from(["", "", "-"]))
        payee = draw(st.sampled_from((*NAMES, "ACME WIDGETS", "NOBODY WE KNOW", "")))
        line = a_line(f"{sign}{draw(amounts)}", payee, reference, id=f"l{n}", date=draw(days))
        found.append(line)
    return found


@given(lines=bank_lines(), known=documents(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_the_order_of_input_changes_nothing(
    lines: list[BankLine], known: list[Document], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(lines)), data.draw(st.permutations(known))

    assert decide(list(shuffled[0]), list(shuffled[1])) == decide(lines, known)


@given(lines=bank_lines(), known=documents())
@settings(max_examples=250, deadline=None)
def test_nothing_is_promised_beyond_what_is_due_and_every_sum_is_exact(
    lines: list[BankLine], known: list[Document]
) -> None:
    by_id = {document.id: document for document in known}
    size = {line.id: abs(line.amount) for line in lines}
    taken: dict[str, Decimal] = defaultdict(Decimal)
    for line_id, proposal in decide(lines, known).items():
        assert proposal.why
        cash = sum((share.amount for share in proposal.shares), Decimal(0))
        over = sum((r.amount for r in proposal.remainder if r.kind == "overpayment"), Decimal(0))
        if proposal.shares and proposal.reason_code != "foreign_currency":
            assert cash + over == size[line_id]
        for share in proposal.shares:
            assert share.amount > 0
            taken[share.document_id] += share.amount
        for credit_id, share in proposal.credit_shares:
            taken[credit_id] += share.amount
            taken[share.document_id] += share.amount
        if proposal.action == "auto":
            assert cash == size[line_id]
            assert all(by_id[share.document_id].is_open for share in proposal.shares)
    assert all(amount <= by_id[document_id].due for document_id, amount in taken.items())


@given(lines=bank_lines(), known=documents())
@settings(max_examples=100, deadline=None)
def test_a_document_that_shares_nothing_changes_nothing(
    lines: list[BankLine], known: list[Document]
) -> None:
    stranger = a_document("ZZ/77", "Quorra Xylophones", "5501.13", date=date(2026, 1, 1))
    before, after = decide(lines, known), decide(lines, [*known, stranger])

    assert {i: (p.action, p.shares) for i, p in before.items()} == {
        i: (p.action, p.shares) for i, p in after.items()
    }


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), max_size=3, unique=True),
        min_size=1,
        max_size=4,
    )
)
def test_the_joint_choice_is_the_best_there_is(options: list[list[tuple[int, int]]]) -> None:
    lines = [
        [Candidate("exact", ((place, Decimal(1)),), weight=float(weight)) for place, weight in each]
        for each in options
    ]
    due = {place: Decimal(1) for place in range(4)}

    chosen = [choice.chosen for choice in choose(lines, due)]

    places = [c.places[0] for c in chosen if c is not None]
    assert len(places) == len(set(places))
    # A choice is worth its weight above the line below which nothing is shown.
    assert sum(c.weight + 2.5 for c in chosen if c is not None) == _best(lines, frozenset())


def _best(lines: list[list[Candidate]], used: frozenset[int]) -> float:
    if not lines:
        return 0.0
    first, rest = lines[0], lines[1:]
    taking = [
        c.weight + 2.5 + _best(rest, used | {c.places[0]}) for c in first if c.places[0] not in used
    ]
    return max([_best(rest, used), *taking])


def test_two_lines_that_could_swap_documents_are_both_asked_about() -> None:
    known = [
        a_document("INV-1", "Smith Plumbing", "600.00"),
        a_document("INV-2", "Smith & Sons Plumbing", "600.00"),
    ]
    lines = [a_line("600.00", "SMITH PLUMB", id=i) for i in "ab"]

    found = decide(lines, known)

    assert {p.action for p in found.values()} == {"suggest"}
    assert {s.document_number for p in found.values() for s in p.shares} == {"INV-1", "INV-2"}


def test_the_base_currency_may_be_unknown() -> None:
    euros = [replace(a_document("INV-1", NAMES[0], "10.00"), currency="EUR")]
    line = a_line("10.00", NAMES[0], "INV-1", currency="EUR")

    assert decide([line], euros, policy=replace(POLICY, base_currency=""))["L1"].action == "auto"
