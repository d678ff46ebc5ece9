"""CSV statements under a profile: every row parses, adds up and is kept, or the file is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from worker.bank.balances import in_booking_order
from worker.bank.csv_profile import CsvProfile
from worker.bank.csv_sheet import Row, Sheet, open_sheet
from worker.bank.figures import FIRST_DAY, amount_of, booked_day, day_of, exact, moved
from worker.bank.profiles import fitting
from worker.bank.source import Source
from worker.books.money import ZERO
from worker.books.records import Statement, StatementLine
from worker.errors import BadInput, Refused

# Words that banks put into a state column. A word of neither list refuses the file.
_BOOKED = frozenset(
    "booked posted completed complete settled cleared reconciled executed processed success"
    " successful book bkd gebucht umsatz_gebucht no n false f 0".split()
)
_NOT_BOOKED = frozenset(
    "pending uncleared unposted authorised authorized authorisation authorization hold held"
    " reserved reverted declined failed cancelled canceled pdng pndg vorgemerkt"
    " umsatz_vorgemerkt not_booked not_posted scheduled yes y true t 1 x".split()
)
_DATE_FORMATS = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d",
    "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%d %b %y", "%d-%b-%y",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%y-%m-%d",
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S",
    "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M",
)  # fmt: skip

_Reading = TypeVar("_Reading")
_Style = TypeVar("_Style")


@dataclass(frozen=True, slots=True)
class _Figures:
    """A row's figures in one style: amount, or money out and in; balance."""

    amount: Decimal | None
    out: Decimal | None
    into: Decimal | None
    balance: Decimal | None


def read_csv(source: Source) -> Statement:
    """The statement of a CSV file, by its profile or the one shipped profile its header fits.

    Pending rows are dropped and counted. A repeated feed row (worker.bank.balances) is kept.
    Raises BadInput, naming file and line, for anything that is not sure.
    """
    profile = source.profile or fitting(source)
    sheet = open_sheet(source, profile)
    booked = [row for row in sheet.rows if not _is_pending(source, sheet, row)]
    currency = _currency(source, sheet, booked)
    days = _days(source, sheet, booked, profile)
    figures = _all_figures(source, sheet, booked, profile, currency)
    _not_cut_off(source, booked, figures)
    amounts = _amounts(source, booked, figures)
    lines, walked = in_booking_order(
        [
            _line(sheet, row, day, value_day, amount, figure.balance)
            for row, (day, value_day), amount, figure in zip(
                booked, days, amounts, figures, strict=True
            )
        ]
    )
    if walked.broken is not None:
        wrong = lines[walked.broken]
        raise source.refusal(
            f"the balance reads {wrong.balance} where the line before it and this amount"
            f" ({wrong.amount}) lead to {walked.expected}; a line is missing, or altered",
            wrong.place,
        )
    dates = [line.date for line in lines]
    return Statement(
        file=source.file,
        format="csv",
        account="",
        currency=currency or "",
        lines=lines,
        opening=walked.opening,
        closing=walked.closing,
        start=min(dates, default=None),
        end=max(dates, default=None),
        pending_dropped=len(sheet.rows) - len(booked),
    )


def _line(
    sheet: Sheet,
    row: Row,
    day: date,
    value_day: date | None,
    amount: Decimal,
    balance: Decimal | None,
) -> StatementLine:
    return StatementLine(
        date=day,
        amount=amount,
        payee=sheet.text(row, "payee"),
        reference=sheet.text(row, "reference"),
        description=sheet.text(row, "description"),
        type=sheet.text(row, "type"),
        counterparty_account=sheet.text(row, "counterparty_account"),
        bank_reference=sheet.text(row, "bank_reference"),
        balance=balance,
        place=row.place,
        value_date=value_day,
    )


def _is_pending(source: Source, sheet: Sheet, row: Row) -> bool:
    said = sheet.text(row, "pending")
    word = "_".join(said.casefold().split())
    if not word or word in _BOOKED:
        return False
    if word in _NOT_BOOKED:
        return True
    raise source.refusal(
        f"{said!r} says neither booked nor pending; remove the rows that are not booked yet",
        row.place,
    )


def _currency(source: Source, sheet: Sheet, rows: Sequence[Row]) -> str | None:
    """The one currency of all rows; the account's where the file states none."""
    currency = source.currency
    for row in rows:
        found = sheet.text(row, "currency").upper()
        if found and currency and found != currency:
            raise source.refusal(
                f"is in {found}, but the account is in {currency}; export each currency by itself",
                row.place,
            )
        currency = currency or found or None
    return currency


def _days(
    source: Source, sheet: Sheet, rows: Sequence[Row], profile: CsvProfile
) -> list[tuple[date, date | None]]:
    def read(row: Row, form: str) -> tuple[date, date | None]:
        day = booked_day(day_of(sheet.text(row, "date"), form), source.today)
        text = sheet.text(row, "value_date")
        value_day = day_of(text, form) if text else None
        if value_day and value_day < FIRST_DAY:
            raise Refused(f"{value_day} cannot be a value date")
        return day, value_day

    forms = (profile.date_format,) if profile.date_format else _DATE_FORMATS
    return _one_reading(source, rows, forms, read, "date", "date_format, such as %d/%m/%Y")


def _all_figures(
    source: Source,
    sheet: Sheet,
    rows: Sequence[Row],
    profile: CsvProfile,
    currency: str | None,
) -> list[_Figures]:
    def read(row: Row, decimal: str) -> _Figures:
        def figure(name: str) -> Decimal | None:
            text = sheet.text(row, name)
            if not text:
                return None
            thousands = profile.thousands
            return amount_of(text, decimal=decimal, thousands=thousands, currency=currency)

        balance = figure("balance")
        return _Figures(
            figure("amount"), figure("debit"), figure("credit"),
            None if balance is None else exact(balance + 0, currency),
        )  # fmt: skip

    marks = [profile.decimal] if profile.decimal else [m for m in ".," if m != profile.thousands]
    return _one_reading(source, rows, marks, read, "amount", "decimal, '.' or ','")


def _one_reading(
    source: Source,
    rows: Sequence[Row],
    styles: Sequence[_Style],
    read: Callable[[Row, _Style], _Reading],
    what: str,
    key: str,
) -> list[_Reading]:
    """All rows read in the one style that fits them all.

    Raises BadInput at the first row that two fitting styles read differently, and at the row that
    the best of the styles cannot read.
    """
    readings: list[list[_Reading]] = []
    furthest, fault = -1, BadInput("")
    for style in styles:
        reading: list[_Reading] = []
        try:
            for row in rows:
                reading.append(read(row, style))
        except Refused as refused:
            if len(reading) > furthest:
                furthest, fault = len(reading), source.refusal(str(refused), row.place)
        else:
            readings.append(reading)
    if not readings:
        raise fault
    for other in readings[1:]:
        for row, one, two in zip(rows, readings[0], other, strict=True):
            if one != two:
                raise source.refusal(
                    f"the {what} can be read in two ways; state the profile's {key}", row.place
                )
    return readings[0]


def _not_cut_off(source: Source, rows: Sequence[Row], figures: Sequence[_Figures]) -> None:
    # Banks that print a balance only once a day leave more than one row without.
    without = [row for row, figure in zip(rows, figures, strict=True) if figure.balance is None]
    if len(rows) > 1 and without == [rows[-1]]:
        raise source.refusal(
            "the last row alone has no balance: the file is cut off; export it again",
            rows[-1].place,
        )


def _amounts(source: Source, rows: Sequence[Row], figures: Sequence[_Figures]) -> list[Decimal]:
    """Signed amounts, money in positive.

    A debit column holds positive figures, or all negative ones; a mix is accepted only beside
    balances, which then prove that a negative debit was a reversal.
    """
    outs = [figure.out for figure in figures if figure.out]
    signed_out = bool(outs) and all(out < 0 for out in outs)
    proved = any(figure.balance is not None for figure in figures)
    amounts = []
    for row, figure in zip(rows, figures, strict=True):
        if figure.out and figure.out < 0 and not signed_out and not proved:
            raise source.refusal(
                f"a debit of {figure.out} among positive ones: it may be money in or out; export"
                " the statement with balances",
                row.place,
            )
        try:
            amounts.append(_amount(figure, signed_out))
        except Refused as refused:
            raise source.refusal(str(refused), row.place) from None
    return amounts


def _amount(figure: _Figures, signed_out: bool) -> Decimal:
    if figure.amount is not None:
        return moved(figure.amount)
    if figure.out is None and figure.into is None:
        raise Refused("has no amount; each booked row needs one")
    if figure.out and figure.into:
        raise Refused(f"holds both a debit ({figure.out}) and a credit ({figure.into})")
    if figure.out:
        return figure.out if signed_out else -figure.out
    return abs(figure.out or ZERO) if figure.into is None else moved(figure.into)
