"""The row shape of Xero's reports: header, sections, rows of cells, summary rows.

Amounts are text with two decimals. Joins go by the `account` attribute of a cell, never by its
label (fact sheet 7.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from worker.sandbox.wire import Record, day_ms, from_minor, ms_date


def report(
    name: str, title: str, subtitles: Sequence[str], today: date, rows: list[Record]
) -> Record:
    """One report as it stands in the answer's `Reports` list."""
    return {
        "ReportID": name,
        "ReportName": title,
        "ReportType": name,
        "ReportTitles": [title, *subtitles],
        "ReportDate": long_day(today),
        "UpdatedDateUTC": ms_date(day_ms(today)),
        "Fields": [],
        "Rows": rows,
    }


def header(*columns: str) -> Record:
    return {"RowType": "Header", "Cells": [{"Value": column} for column in columns]}


def section(title: str, rows: list[Record]) -> Record:
    """A titled block; totals of their own stand in a block whose title is empty."""
    return {"RowType": "Section", "Title": title, "Rows": rows}


def row(label: str, values: Iterable[str], attribute: tuple[str, str] | None = None) -> Record:
    """A row whose cells all carry the same attribute (id, value), if one is given."""
    cells: list[Record] = [{"Value": value} for value in (label, *values)]
    if attribute is not None:
        for cell in cells:
            cell["Attributes"] = [{"Value": attribute[1], "Id": attribute[0]}]
    return {"RowType": "Row", "Cells": cells}


def summary(label: str, values: Iterable[str]) -> Record:
    return {"RowType": "SummaryRow", "Cells": [{"Value": value} for value in (label, *values)]}


def text(amount: int, currency: str) -> str:
    """Minor units as Xero prints them: two decimals, a minus sign, no thousands mark."""
    return f"{from_minor(amount, currency):.2f}"


def long_day(day: date) -> str:
    """5 April 2026."""
    return f"{day.day} {day:%B %Y}"


def short_day(day: date) -> str:
    """5 Apr 2026."""
    return f"{day.day} {day:%b %Y}"
