"""Reports for other programs: JSON with decimal strings, CSV that no spreadsheet will execute."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal

from worker.books.money import plain
from worker.books.reports import TieOut
from worker.reports.digest import Heading
from worker.reports.open_items import BUCKETS, Aged, AgedTable, Item
from worker.reports.profit_and_loss import Figures, ProfitAndLoss, Section
from worker.reports.words import clean

Json = dict[str, "Json"] | list["Json"] | str | int | None

# A cell that opens with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_FIGURES = ("this_month", "previous_month", "same_month_last_year", "change")


def as_json(model: ProfitAndLoss | Aged, about: Heading, tie_outs: Sequence[TieOut]) -> str:
    """The report as one JSON object; None is "no data"."""
    body = _profit(model) if isinstance(model, ProfitAndLoss) else _aged(model)
    whole: dict[str, Json] = {
        **body,
        "organisation": about.organisation,
        "read_at": about.as_of,
        "locked_through": about.locked_through.isoformat() if about.locked_through else None,
        "tie_outs": [_tie_out(tie_out) for tie_out in tie_outs],
        "run_id": about.run_id,
        "code_version": about.code_version,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def as_csv(model: ProfitAndLoss | Aged, about: Heading, tie_outs: Sequence[TieOut]) -> str:
    """The report as one table; amounts are bare numbers, words like formulas are quoted."""
    if isinstance(model, ProfitAndLoss):
        heads = ["row", "section", "account_id", "label", *_FIGURES]
        rows = list(_profit_rows(model))
        facts = {"month": str(model.month), "basis": model.basis, "currency": model.currency}
        facts["source"] = model.source
    else:
        heads = ["row", "currency", "contact_id", "label"]
        heads += [*(bucket.lower() for bucket in BUCKETS), "unapplied_credits", "total", "waiting"]
        rows = list(_aged_rows(model))
        facts = {"as_of": model.as_of.isoformat(), "base_currency": model.base_currency}
    for each in tie_outs:
        figures = (each.ours, each.ledger, each.difference)
        amounts = [_amount(value, each.currency) or "" for value in figures]
        rows.append(
            ["tie-out", each.state, "", f"{each.name} (ours, ledger, difference)", *amounts]
        )
    facts |= {"organisation": about.organisation, "read_at": about.as_of, "run_id": about.run_id}
    rows += [["about", key, "", value] for key, value in facts.items()]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    for row in rows:
        padded = [*row, *[""] * (len(heads) - len(row))]
        writer.writerow([*map(_words, padded[:4]), *padded[4:]])
    return out.getvalue()


def _profit(model: ProfitAndLoss) -> dict[str, Json]:
    blocks: list[Json] = []
    for block in model.blocks:
        if isinstance(block, Section):
            lines: list[Json] = [
                {
                    "account_id": line.account_id,
                    "label": line.label,
                    **_figures(line.figures, model.currency),
                }
                for line in block.lines
            ]
            total: dict[str, Json] = {
                "label": block.total_label,
                **_figures(block.total, model.currency),
            }
            blocks.append({"section": block.title, "lines": lines, "total": total})
        else:
            blocks.append({"result": block.label, **_figures(block.figures, model.currency)})
    return {
        "report": "profit-and-loss",
        "source": model.source,
        "month": str(model.month),
        "basis": model.basis,
        "currency": model.currency,
        "blocks": blocks,
        "income": _figures(model.income, model.currency),
        "costs": _figures(model.costs, model.currency),
        "net_profit": _figures(model.net, model.currency),
        "arithmetic": _tie_out(model.arithmetic),
    }


def _aged(model: Aged) -> dict[str, Json]:
    return {
        "report": f"aged-{model.side}s",
        "as_of": model.as_of.isoformat(),
        "base_currency": model.base_currency,
        "currencies": [_aged_table(table) for table in model.tables],
        "bounced": [
            {
                "document_id": each.document_id,
                "document_number": each.number,
                "contact": each.contact_name,
                "currency": each.currency,
                "amount": _amount(each.returned.amount, each.currency),
                "taken_back_on": each.returned.day.isoformat(),
            }
            for each in model.bounced
        ],
        "stale": [
            {
                "document_id": each.document_id,
                "document_number": each.number,
                "computed": _amount(each.computed, each.currency),
                "stated": _amount(each.stated, each.currency),
            }
            for each in model.stale
        ],
    }


def _aged_table(table: AgedTable) -> Json:
    currency = table.currency
    contacts: list[Json] = [
        {
            "contact_id": row.contact_id,
            "contact": row.name,
            **_ages(row.buckets, row.unapplied, row.total, row.waiting, currency),
            "documents": [_document(item) for item in row.items],
        }
        for row in table.rows
    ]
    return {
        "currency": currency,
        "contacts": contacts,
        **_ages(table.buckets, table.unapplied, table.total, table.waiting, currency),
        "overdue": _amount(table.overdue, currency),
        "deposits_held": _amount(table.deposits_held, currency),
    }


def _ages(
    buckets: Sequence[Decimal], unapplied: Decimal, total: Decimal, waiting: Decimal, currency: str
) -> dict[str, Json]:
    return {
        "buckets": {
            name: _amount(value, currency) for name, value in zip(BUCKETS, buckets, strict=True)
        },
        "unapplied_credits": _amount(unapplied, currency),
        "total": _amount(total, currency),
        "waiting": _amount(waiting, currency),
    }


def _document(item: Item) -> Json:
    return {
        "document_id": item.document_id,
        "document_number": item.number,
        "kind": item.kind,
        "date": item.date.isoformat(),
        "due_date": item.due_date.isoformat(),
        "total": _amount(item.total, item.currency),
        "open": _amount(item.open, item.currency),
        "days_overdue": max(0, item.days_overdue),
        "waiting": _amount(item.waiting.amount, item.currency) if item.waiting else None,
    }


def _tie_out(tie_out: TieOut) -> Json:
    return {
        "name": tie_out.name,
        "state": tie_out.state,
        "ours": _amount(tie_out.ours, tie_out.currency),
        "ledger": _amount(tie_out.ledger, tie_out.currency),
        "difference": _amount(tie_out.difference, tie_out.currency),
        "currency": tie_out.currency,
        "note": tie_out.note,
        "items": [
            {"text": text, "amount": _amount(amount, tie_out.currency)}
            for text, amount in tie_out.items
        ],
    }


def _profit_rows(model: ProfitAndLoss) -> Iterator[list[str]]:
    for block in model.blocks:
        if isinstance(block, Section):
            for line in block.lines:
                figures = _cells(line.figures, model.currency)
                yield ["account", block.title, line.account_id, line.label, *figures]
            total = _cells(block.total, model.currency)
            yield ["subtotal", block.title, "", block.total_label, *total]
        else:
            yield ["result", "", "", block.label, *_cells(block.figures, model.currency)]


def _aged_rows(model: Aged) -> Iterator[list[str]]:
    for table in model.tables:
        for row in table.rows:
            amounts = (*row.buckets, row.unapplied, row.total, row.waiting)
            cells = [plain(amount, table.currency) for amount in amounts]
            yield ["contact", table.currency, row.contact_id, row.name, *cells]
        amounts = (*table.buckets, table.unapplied, table.total, table.waiting)
        cells = [plain(amount, table.currency) for amount in amounts]
        yield ["total", table.currency, "", f"Total {table.currency}", *cells]
        if table.deposits:
            held = ["", "", "", "", "", "", plain(table.deposits_held, table.currency)]
            yield [
                "deposits",
                table.currency,
                "",
                "Deposits (prepayments), not in the total",
                *held,
            ]


def _figures(figures: Figures, currency: str) -> dict[str, Json]:
    amounts = (figures.this, figures.previous, figures.last_year, figures.change)
    return {name: _amount(a, currency) for name, a in zip(_FIGURES, amounts, strict=True)}


def _cells(figures: Figures, currency: str) -> list[str]:
    return [str(value or "") for value in _figures(figures, currency).values()]


def _amount(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else plain(amount, currency)


def _words(text: str) -> str:
    safe = clean(text)
    return f"'{safe}" if safe.lstrip().startswith(_FORMULA) else safe
