"""Balance sheet and trial balance: what stands in the ledger as at a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from worker.sandbox.errors import refusal
from worker.sandbox.reports_figures import (
    Asked,
    Figures,
    Sums,
    Tracked,
    less,
    month_end,
    months_back,
)
from worker.sandbox.reports_rows import header, long_day, report, row, section, short_day, summary
from worker.sandbox.wire import Record, guid

# The id under which the spec's example shows the row that is no account.
CURRENT_YEAR = "00000000-0000-0000-0000-000000000000"
TRACKING_TRANSFERS = "00000000-0000-0000-0000-000000000001"
_ASSETS = (
    ("Bank", ("BANK",)),
    ("Current Assets", ("CURRENT", "INVENTORY", "PREPAYMENT")),
    ("Fixed Assets", ("FIXED",)),
    ("Non-current Assets", ("NONCURRENT",)),
)
_DEBTS = (
    ("Current Liabilities", ("CURRLIAB", "LIABILITY", "PAYG", "PAYGLIABILITY")),
    ("Non-current Liabilities", ("TERMLIAB",)),
)
_CLASSES = (
    ("Revenue", "REVENUE"),
    ("Expenses", "EXPENSE"),
    ("Assets", "ASSET"),
    ("Liabilities", "LIABILITY"),
    ("Equity", "EQUITY"),
)


def balance_sheet(figures: Figures, asked: Asked, today: date) -> Record:
    """What is owned and owed as at a day; comparisons stand at earlier month-ends."""
    asked.flag("standardLayout")  # these books know no other layout
    figures.tracked = _options(figures, asked)
    day = asked.day("date") or month_end(today)
    periods, step = asked.comparisons()
    days = [day, *(month_end(months_back(day, back * step)) for back in range(1, periods + 1))]
    columns = [figures.sums(None, day) for day in days]
    if figures.tracked:
        _even_out(figures, columns)
    assets, total_assets = _blocks(figures, columns, _ASSETS, 1)
    debts, total_debts = _blocks(figures, columns, _DEBTS, -1)
    equity, total_equity = _equity(figures, columns, days)
    net = less(total_assets, total_debts)
    rows = [
        header("", *(short_day(day) for day in days)),
        section("Assets", []),
        *assets,
        section("", [summary("Total Assets", figures.texts(total_assets))]),
        section("Liabilities", []),
        *debts,
        section("", [summary("Total Liabilities", figures.texts(total_debts))]),
        section("", [row("Net Assets", figures.texts(net))]),
        section("Equity", [*equity, summary("Total Equity", figures.texts(total_equity))]),
    ]
    titles = [figures.organisation["Name"], f"As at {long_day(day)}"]
    return report("BalanceSheet", "Balance Sheet", titles, today, rows)


def _options(figures: Figures, asked: Asked) -> tuple[Tracked, ...]:
    """The options asked for, of whichever category. Raises ApiError 400 for one not known."""
    found = []
    for name in ("trackingOptionID1", "trackingOptionID2"):
        wanted = asked.text(name)
        if wanted is None:
            continue
        pairs = [
            Tracked(category, option)
            for category in figures.store.all("TrackingCategories")
            for option in category.get("Options") or ()
            if guid(option["TrackingOptionID"]) == guid(wanted)
        ]
        if not pairs:
            raise refusal(f"The {name} is not a tracking option of this organisation")
        found.append(pairs[0])
    return tuple(found)


def _even_out(figures: Figures, columns: list[Sums]) -> None:
    """Balance what one option shows, as Xero does, through its tracking transfers account."""
    accounts = figures.accounts
    roles = {str(account.get("SystemAccount")): key for key, account in accounts.items()}
    key = roles.get("TRACKINGTRANSFERS", TRACKING_TRANSFERS)
    accounts.setdefault(key, {"Name": "Tracking Transfers", "Class": "EQUITY", "Type": "EQUITY"})
    for sums in columns:
        sums[key] = sums.get(key, 0) - sum(sums.values())


def _blocks(
    figures: Figures,
    columns: list[Sums],
    blocks: Sequence[tuple[str, tuple[str, ...]]],
    sign: int,
) -> tuple[list[Record], list[int]]:
    made, grand = [], [0] * len(columns)
    named = {kind for _, kinds in blocks for kind in kinds}
    side = "ASSET" if sign > 0 else "LIABILITY"
    for place, (title, kinds) in enumerate(blocks):
        rows, total = [], [0] * len(columns)
        for key, account in figures.accounts.items():
            kind = str(account.get("Type"))
            # A type Xero adds later still has a class; it goes with the first of its side.
            stray = place == 0 and kind not in named and account.get("Class") == side
            values = [sign * sums.get(key, 0) for sums in columns]
            if (kind in kinds or stray) and any(values):
                rows.append(figures.row(key, values))
                total = [a + b for a, b in zip(total, values, strict=True)]
        if rows:
            label = f"Total {title}"
            made.append(section(title, [*rows, summary(label, figures.texts(total))]))
            grand = [a + b for a, b in zip(grand, total, strict=True)]
    return made, grand


def _equity(
    figures: Figures, columns: list[Sums], days: list[date]
) -> tuple[list[Record], list[int]]:
    """Capital accounts, earnings of the current year, and those of all years before it."""
    current = [figures.profit(figures.year_start(day), day) for day in days]
    ever = [figures.profit(None, day) for day in days]
    rows = [row("Current Year Earnings", figures.texts(current), ("account", CURRENT_YEAR))]
    total = list(current)
    for key, account in figures.accounts.items():
        if account.get("Class") != "EQUITY":
            continue
        values = [-sums.get(key, 0) for sums in columns]
        retained = account.get("SystemAccount") == "RETAINEDEARNINGS"
        if retained:
            values = [v + a - b for v, a, b in zip(values, ever, current, strict=True)]
        if retained or any(values):
            rows.append(figures.row(key, values))
            total = [a + b for a, b in zip(total, values, strict=True)]
    return rows, total


def trial_balance(figures: Figures, asked: Asked, today: date) -> Record:
    """Every account's movement in the month and its balance, debit and credit side by side.

    Profit and loss accounts show the year to date; earlier years stand in retained earnings.
    """
    day = asked.day("date") or today
    month = figures.sums(day.replace(day=1), day)
    balance = figures.sums(None, day)
    year_start = figures.year_start(day)
    year = figures.sums(year_start, day)
    earlier = figures.profit(None, day) - figures.profit(year_start, day)
    sections, totals = [], [0, 0, 0, 0]
    for title, klass in _CLASSES:
        rows = []
        for key, account in figures.accounts.items():
            if account.get("Class") != klass:
                continue
            now = month.get(key, 0)
            ever = year.get(key, 0) if figures.in_profit(key) else balance.get(key, 0)
            if account.get("SystemAccount") == "RETAINEDEARNINGS":
                ever -= earlier
            if now or ever:
                values = [max(now, 0), max(-now, 0), max(ever, 0), max(-ever, 0)]
                totals = [a + b for a, b in zip(totals, values, strict=True)]
                rows.append(_two_sided(figures, account, now, ever))
        if rows:
            sections.append(section(title, rows))
    rows = [
        header("Account", "Debit", "Credit", "YTD Debit", "YTD Credit"),
        *sections,
        section("", [summary("Total", figures.texts(totals))]),
    ]
    titles = [figures.organisation["Name"], f"As at {long_day(day)}"]
    return report("TrialBalance", "Trial Balance", titles, today, rows)


def _two_sided(figures: Figures, account: Record, now: int, ever: int) -> Record:
    """A row with each figure on its own side and nothing on the other."""
    code = account.get("Code")
    label = f"{account['Name']} ({code})" if code else str(account["Name"])
    cells = []
    for amount in (now, ever):
        (size,) = figures.texts([abs(amount)])
        cells += ["", size] if amount < 0 else [size, ""]
    return row(label, cells, ("account", str(account["AccountID"])))
