"""Tie-outs: two totals that must agree, and whether they do, do not, or cannot be compared."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from worker.books.money import ZERO, to_cents
from worker.books.reports import LedgerReport, ReportRow, TieOut
from worker.reports.aged import Aged
from worker.reports.profit_and_loss import net_profit
from worker.reports.words import counted, day, money

AGREES = "This shows two totals agree, not that nothing is missing."

_NO_ACCOUNT = "00000000-0000-0000-0000-000000000000"


def receivables_tie_out(
    aged: Aged, balance_sheet: LedgerReport, control_account_ids: Collection[str]
) -> TieOut:
    """Open sales documents against accounts receivable on the balance sheet, in base currency."""
    return _control("receivables", aged, balance_sheet, control_account_ids)


def payables_tie_out(
    aged: Aged, balance_sheet: LedgerReport, control_account_ids: Collection[str]
) -> TieOut:
    """Open bills against accounts payable on the balance sheet, in base currency."""
    return _control("payables", aged, balance_sheet, control_account_ids)


def bank_tie_out(
    account: str,
    currency: str,
    closing_by_file: Decimal | None,
    closing_day: date | None,
    ledger_balance: Decimal | None,
    in_ledger_not_at_bank: Sequence[tuple[str, Decimal]],
    at_bank_not_in_ledger: Sequence[tuple[str, Decimal]],
    opening_difference: Decimal = ZERO,
) -> TieOut:
    """The closing balance a file states against the one the ledger leads us to expect.

    `closing by file = ledger balance - in ledger not yet at bank + at bank not yet in ledger +
    opening difference`; amounts signed as at the bank, all as at `closing_day`. `items` is the way
    from the ledger's own balance to the bank's. Where no file states a closing balance, `ours` is
    the expected one and nothing is proved; where the ledger's is unknown, `ours` is the file's.
    """
    name = f"bank {account}"
    on = f" on {day(closing_day)}" if closing_day else ""
    if ledger_balance is None:
        note = "Xero's own balance of the account could not be read."
        if closing_by_file is not None:
            note += f" The statement file closes at {money(closing_by_file, currency)}{on}."
        return TieOut(name, "not provable", closing_by_file or ZERO, None, currency, note)
    items = [(f"in Xero, not yet at the bank: {text}", -n) for text, n in in_ledger_not_at_bank]
    items += [(f"at the bank, not yet in Xero: {text}", n) for text, n in at_bank_not_in_ledger]
    if opening_difference:
        items.append(("opening difference", opening_difference))
    expected = sum((amount for _, amount in items), ledger_balance)
    way = (("balance in Xero", ledger_balance), *items)
    if closing_by_file is None:
        note = (
            f"No statement file states a closing balance{on}; "
            f"Xero leads us to expect {money(expected, currency)}."
        )
        return TieOut(name, "not provable", expected, None, currency, note, way)
    if closing_by_file == expected:
        note = f"Closing balance by file{on}, with {counted(len(items), 'item')} between. {AGREES}"
        return TieOut(name, "agrees", closing_by_file, expected, currency, note, way)
    off = money(closing_by_file - expected, currency)
    note = f"The file's closing balance{on} is {off} from what Xero and the listed items give."
    return TieOut(name, "different", closing_by_file, expected, currency, note, way)


def profit_tie_out(
    year_to_date: LedgerReport, balance_sheet: LedgerReport, currency: str
) -> TieOut:
    """The financial year's profit so far against current-year earnings on the balance sheet."""
    name = "profit, year to date"
    profit = net_profit(year_to_date)
    earnings = _current_year_earnings(balance_sheet)
    if profit is None:
        note = "Xero's profit and loss for the year to date has no net profit line."
        return TieOut(name, "not provable", ZERO, earnings, currency, note)
    if earnings is None:
        note = "Xero's balance sheet shows no current-year earnings line."
        return TieOut(name, "not provable", profit, None, currency, note)
    if profit == earnings:
        note = f"Profit and loss against current-year earnings on the balance sheet. {AGREES}"
        return TieOut(name, "agrees", profit, earnings, currency, note)
    off = money(profit - earnings, currency)
    note = f"Profit and loss is {off} from current-year earnings on the balance sheet."
    return TieOut(name, "different", profit, earnings, currency, note)


def _control(
    name: str, aged: Aged, balance_sheet: LedgerReport, control_account_ids: Collection[str]
) -> TieOut:
    base = aged.base_currency
    foreign = [table for table in aged.tables if table.currency != base and table.rows]
    ours = aged.base.total + sum((t.base_value or ZERO for t in foreign), ZERO)
    items = [(f"documents in {base}", aged.base.total)]
    items += [
        (f"{money(t.total, t.currency)} at the documents' own rates", t.base_value)
        for t in foreign
        if t.base_value is not None
    ]
    if aged.base.deposits_held:
        kept = "held" if aged.side == "receivable" else "paid"
        held = money(aged.base.deposits_held, base)
        items.append((f"not counted: deposits {kept} of {held}, on their own account", ZERO))
    ledger, why = _control_balance(aged.as_of, balance_sheet, control_account_ids)
    if ledger is None:
        return TieOut(name, "not provable", ours, None, base, why, tuple(items))
    unrated = [table.currency for table in foreign if table.base_value is None]
    if unrated:
        why = f"No exchange rate is known for open documents in {', '.join(unrated)}."
        return TieOut(name, "not provable", ours, ledger, base, why, tuple(items))
    off = to_cents(ours - ledger, base)
    if not off:
        note = f"Open documents against the control account on {day(aged.as_of)}. {AGREES}"
        return TieOut(name, "agrees", ours, ledger, base, note, tuple(items))
    if foreign:
        # The balance sheet holds foreign documents at the day's rates, in the same one figure.
        items.append(("Xero's revaluation of foreign documents, or a difference", -off))
        note = (
            f"The balance sheet revalues foreign documents: {money(-off, base)} may be that "
            "revaluation, which cannot be told from a difference."
        )
        return TieOut(name, "not provable", ours, ledger, base, note, tuple(items))
    note = f"Open documents are {money(off, base)} from the control account on {day(aged.as_of)}."
    if aged.stale:
        note += f" {counted(len(aged.stale), 'document')} differ from their own payments."
    return TieOut(name, "different", ours, ledger, base, note, tuple(items))


def _control_balance(
    as_of: date, balance_sheet: LedgerReport, control_account_ids: Collection[str]
) -> tuple[Decimal | None, str]:
    """The control accounts' sum, or None and why it cannot be had."""
    if not control_account_ids:
        return None, "The chart of accounts names no control account for these documents."
    shown = _sheet_day(balance_sheet)
    if shown and shown != as_of:
        return None, f"The balance sheet is as at {day(shown)}, the documents as at {day(as_of)}."
    if not any(_amount(row) is not None for row in balance_sheet.rows):
        return None, "The balance sheet came without figures."
    # Xero leaves an account without a balance out of the report.
    mine = [r for r in balance_sheet.rows if r.account_id in control_account_ids and not r.is_total]
    return sum((_amount(row) or ZERO for row in mine), ZERO), ""


def _sheet_day(balance_sheet: LedgerReport) -> date | None:
    """The day its first column is headed with ("30 Apr 2019"); None where it is not in that form.

    Not `as_of`: Xero's ReportDate is the day the report was asked for.
    """
    pieces = balance_sheet.columns[0].split() if balance_sheet.columns else []
    if len(pieces) != 3 or not (pieces[0].isdecimal() and pieces[2].isdecimal()):
        return None
    months = [name.casefold() for name in calendar.month_abbr]
    month = pieces[1][:3].casefold()
    try:
        return date(int(pieces[2]), months.index(month), int(pieces[0]))
    except ValueError:
        return None


def _current_year_earnings(balance_sheet: LedgerReport) -> Decimal | None:
    rows = [row for row in balance_sheet.rows if not row.is_total and _amount(row) is not None]
    named = [row for row in rows if row.label.strip().casefold() == "current year earnings"]
    # The label is the ledger's language; the line without a real account, inside a titled section
    # (net assets stands in an untitled one), is the same line in any of them.
    computed = [row for row in rows if row.section and row.account_id in ("", _NO_ACCOUNT)]
    found = named or (computed if len(computed) == 1 else [])
    return sum((_amount(row) or ZERO for row in found), ZERO) if found else None


def _amount(row: ReportRow) -> Decimal | None:
    return row.amounts[0] if row.amounts else None
