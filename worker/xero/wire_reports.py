"""A report from Xero's rows of rows as one flat list, joined by account id and never by label."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from worker.books.reports import LedgerReport, ReportRow
from worker.xero.wire_values import Json, as_guid, as_number, parts, text

_MONTHS = (
    "january february march april may june july august september october november december".split()
)


def report(name: str, record: Json, raw: str) -> LedgerReport:
    """The report as rows in its own order; `columns` are those right of the label."""
    titles = record.get("ReportTitles")
    header = next((row for row in parts(record, "Rows") if _is(row, "Header")), None)
    return LedgerReport(
        name=name,
        titles=tuple(str(each) for each in titles) if isinstance(titles, list) else (),
        columns=tuple(_cells(header)[1:]) if header is not None else (),
        rows=tuple(_rows(record, section="", titled=False)),
        raw=raw,
        as_of=_report_day(text(record, "ReportDate")),
    )


def _rows(record: Json, *, section: str, titled: bool) -> Iterator[ReportRow]:
    for row in parts(record, "Rows"):
        if _is(row, "Section"):
            title = text(row, "Title")
            yield from _rows(row, section=title or section, titled=bool(title))
        elif not _is(row, "Header"):
            cells = _cells(row)
            account_id = _account(row)
            yield ReportRow(
                section=section,
                label=cells[0] if cells else "",
                account_id=account_id,
                amounts=tuple(_money(cell) for cell in cells[1:]),
                # Gross and net profit stand in sections without a title, as plain rows.
                is_total=_is(row, "SummaryRow") or not (titled or account_id),
            )


def _is(row: Json, kind: str) -> bool:
    return text(row, "RowType").lower() == kind.lower()


def _cells(row: Json) -> list[str]:
    return [text(cell, "Value") for cell in parts(row, "Cells")]


def _account(row: Json) -> str:
    for cell in parts(row, "Cells"):
        for attribute in parts(cell, "Attributes"):
            if text(attribute, "Id").lower() in ("account", "accountid"):
                return as_guid(text(attribute, "Value"))
    return ""


def _money(cell: str) -> Decimal | None:
    """A cell's figure; None for blanks, percentages and words. "(12.00)" is minus twelve."""
    words = cell.strip().replace(",", "")
    if words.startswith("(") and words.endswith(")"):
        words = "-" + words[1:-1]
    return as_number(words)


def _report_day(words: str) -> date | None:
    """ "23 April 2019" or ISO; None for anything else."""
    try:
        return datetime.fromisoformat(words).date()
    except ValueError:
        pass
    pieces = words.lower().split()
    if len(pieces) != 3 or pieces[1] not in _MONTHS:
        return None
    try:
        return date(int(pieces[2]), _MONTHS.index(pieces[1]) + 1, int(pieces[0]))
    except ValueError:
        return None
