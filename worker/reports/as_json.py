"""Reports as JSON for other programs: amounts are decimal strings, days ISO, None is "no data"."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from worker.books.money import plain
from worker.books.reports import TieOut
from worker.reports.digest import Heading
from worker.reports.open_items import BUCKETS, Aged, AgedTable, Item
from worker.reports.profit_and_loss import Figures, ProfitAndLoss, Section

Json = dict[str, "Json"] | list["Json"] | str | int | None


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


def _figures(figures: Figures, currency: str) -> dict[str, Json]:
    return {
        "this_month": _amount(figures.this, currency),
        "previous_month": _amount(figures.previous, currency),
        "same_month_last_year": _amount(figures.last_year, currency),
        "change": _amount(figures.change, currency),
    }


def _amount(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else plain(amount, currency)
