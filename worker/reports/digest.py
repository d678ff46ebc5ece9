"""One month's digest as one model: what is known, what it rests on, what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from worker.books.money import ZERO
from worker.books.period import Month
from worker.books.reports import TieOut
from worker.reports.aged import Aged
from worker.reports.completeness import Completeness
from worker.reports.open_items import ContactRow
from worker.reports.profit_and_loss import Basis, ProfitAndLoss
from worker.reports.words import counted, day, in_and_out, listed, money

# A field named `date` hides the type of that name inside its own class.
Day = date

DoneKind = Literal["explained", "posted", "rule", "transfer", "allocation", "held", "unknown"]

DONE_WORDS: dict[DoneKind, str] = {
    "explained": "Already in Xero",
    "posted": "Payment posted, awaiting reconciliation in Xero",
    "rule": "Coded by your rules, awaiting reconciliation in Xero",
    "transfer": "Transfer posted, awaiting reconciliation in Xero",
    "allocation": "Credit allocated to its document in Xero",
    "held": "Decided, not sent (the account's mode, a cap or a guard holds it)",
    "unknown": "Sent, answer lost: being settled by reading",
}

PROFIT_CAVEAT = "before tax, depreciation, stock and year-end adjustments, unless already entered"


@dataclass(frozen=True, slots=True)
class Heading:
    """What every page says of itself: whose, as of when, by which run and which version."""

    organisation: str
    as_of: str
    """The instant the figures were read, in words: "22 March 2026, 09:00 GMT"."""
    run_id: str
    code_version: str
    locked_through: date | None = None
    note: str = ""
    """Shown at the top where it is not empty: "Sandbox: invented figures"."""


@dataclass(frozen=True, slots=True)
class Cash:
    """One account's cash as somebody states it; None where nobody does."""

    account: str
    currency: str
    amount: Decimal | None
    day: Day | None
    source: str
    """Who says so: "by statement file", "in Xero"."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of some bank lines; in and out both positive."""

    kind: DoneKind
    count: int
    money_in: Decimal
    money_out: Decimal
    currency: str

    @property
    def label(self) -> str:
        return DONE_WORDS[self.kind]


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A bank line that waits for a person, with the reason in words; `amount` signed."""

    line_id: str
    date: Day
    account: str
    amount: Decimal
    currency: str
    payer: str
    why: str


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything the month's page shows; rendering adds no figure to it."""

    heading: Heading
    month: Month
    basis: Basis
    currency: str
    draft: tuple[str, ...]
    """Why this edition is not final; empty where it is."""
    completeness: Completeness
    profit_and_loss: ProfitAndLoss
    receivables: Aged
    cash: tuple[Cash, ...]
    done: tuple[Done, ...]
    waiting: tuple[WaitingLine, ...]
    locked: tuple[WaitingLine, ...]
    """Lines a lock or a filed tax period blocks: not among `waiting`."""
    tie_outs: tuple[TieOut, ...]
    problems: tuple[tuple[str, str], ...]
    """(kind, message)."""
    payables: Aged | None = None

    @property
    def headlines(self) -> tuple[tuple[str, str], ...]:
        """The owner's page in three sentences, each with its title."""
        return (
            ("Cash", cash_sentence(self.cash)),
            ("Profit", profit_sentence(self.profit_and_loss)),
            ("Who owes me", owed_sentence(self.receivables)),
        )

    @property
    def waiting_sums(self) -> str:
        return in_and_out((line.amount, line.currency) for line in self.waiting)

    @property
    def locked_sums(self) -> str:
        return in_and_out((line.amount, line.currency) for line in self.locked)


def draft_reasons(
    completeness: Completeness,
    tie_outs: Sequence[TieOut],
    *,
    in_flight: int = 0,
    locked: int = 0,
    others: Sequence[str] = (),
) -> tuple[str, ...]:
    """Why the month's digest is a draft, a clause each; empty when the month can be closed."""
    reasons = list(completeness.reasons)
    if in_flight:
        verb = "is" if in_flight == 1 else "are"
        reasons.append(f"{counted(in_flight, 'posting')} {verb} on the way")
    if locked:
        verb = "is" if locked == 1 else "are"
        reasons.append(f"{counted(locked, 'line')} {verb} blocked by a lock or a filed tax period")
    reasons += [f"the tie-out of {t.name} differs" for t in tie_outs if t.state == "different"]
    return (*reasons, *others)


def cash_sentence(cash: Sequence[Cash]) -> str:
    """Cash by account and date, each with who says so; never one sum over accounts."""
    parts = []
    for each in cash:
        if each.amount is None:
            parts.append(f"{each.account}: no balance known")
            continue
        on = f" on {day(each.day)}" if each.day else ""
        parts.append(f"{each.account} {money(each.amount, each.currency)}{on} ({each.source})")
    return "; ".join(parts) + "." if parts else "No bank account is configured."


def profit_sentence(report: ProfitAndLoss) -> str:
    """The month's profit against the one before, with the two accounts that moved it most."""
    net, currency = report.net, report.currency
    made = "made a profit of" if net.this >= 0 else "made a loss of"
    text = f"{report.month.title} {made} {money(abs(net.this), currency)}"
    before = report.month.plus(-1).title
    if net.change is None:
        text += f"; there is no data for {before}"
    elif not net.change:
        text += f", the same as {before}"
    else:
        way = "better" if net.change > 0 else "worse"
        text += f", {money(abs(net.change), currency)} {way} than {before}"
        text += _two_reasons(report)
    return f"{text}. {report.basis.capitalize()} basis, {PROFIT_CAVEAT}."


def owed_sentence(receivables: Aged) -> str:
    """What customers owe, how much of it is late, and the five who owe most."""
    tables = [table for table in receivables.tables if table.rows]
    if not tables:
        return f"Nobody owes anything as at {day(receivables.as_of)}."
    text = []
    for table in tables:
        part = f"Customers owe {money(table.total, table.currency)}"
        if table.overdue:
            part += f", of which {money(table.overdue, table.currency)} is overdue"
        if table.waiting:
            part += f"; {money(table.waiting, table.currency)} is already waiting at the bank"
        top = [row for row in table.rows if row.total > 0][:5]
        if top:
            part += f". The most: {listed([_owes(row, table.currency) for row in top])}"
        text.append(part + ".")
    for bounced in receivables.bounced:
        amount = money(bounced.returned.amount, bounced.currency)
        text.append(
            f"{bounced.contact_name} {bounced.number} ({amount}) is shown as paid in Xero, but "
            f"the bank took it back on {day(bounced.returned.day)}."
        )
    return " ".join(text)


def _owes(row: ContactRow, currency: str) -> str:
    return f"{row.name} {money(row.total, currency)}"


def _two_reasons(report: ProfitAndLoss) -> str:
    reasons = []
    for movement in report.movements[:2]:
        way = "added" if movement.effect > 0 else "took"
        reasons.append(f"{movement.label} {way} {money(abs(movement.effect), report.currency)}")
    return f": {listed(reasons)}" if reasons else ""


def total_of(done: Sequence[Done]) -> int:
    """How many lines the groups count together."""
    return sum(each.count for each in done)


def moved(done: Done) -> str:
    """A group's money in words: "in £100.00, out £5.00"."""
    amounts = ((done.money_in, done.currency), (-done.money_out, done.currency))
    return in_and_out(amounts) if done.money_in or done.money_out else money(ZERO, done.currency)
