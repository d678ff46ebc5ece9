"""Charts as inline SVG: no scripts, no outside resources, the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup, escape

from worker.books.money import ZERO
from worker.reports.profit_and_loss import ProfitAndLoss
from worker.reports.words import clean, money

Series = tuple[str, str, Sequence[Decimal | None]]
"""Name, colour, and one figure per group; None where there is no data."""

_WIDTH, _HEIGHT = 460, 240
_TOP, _BOTTOM, _BAR, _GAP = 44, 30, 34, 6
_INK, _QUIET, _RULE = "#1f2933", "#5f6c7b", "#cbd2d9"


def profit_chart(report: ProfitAndLoss) -> Markup:
    """Income, costs and profit of the periods the report has data for, oldest first."""
    month = report.month
    periods = [(month.plus(-12).title, 2, report.has_last_year)]
    periods += [(month.plus(-1).title, 1, report.has_previous), (month.title, 0, True)]
    shown = [(title, place) for title, place, has_data in periods if has_data]

    def row(figures: object) -> list[Decimal | None]:
        values = [getattr(figures, name) for name in ("this", "previous", "last_year")]
        return [values[place] for _, place in shown]

    series = (
        ("Income", "#2a7f72", row(report.income)),
        ("Costs", "#c98a2b", row(report.costs)),
        ("Profit", "#24476b", row(report.net)),
    )
    title = f"Income, costs and profit to {month.title}"
    return bars(title, [title for title, _ in shown], series, report.currency)


def bars(title: str, groups: Sequence[str], series: Sequence[Series], currency: str) -> Markup:
    """Grouped bars around a zero line, each with its figure; the description says all in words."""
    values = [value for _, _, row in series for value in row if value is not None]
    high, low = max([*values, ZERO]), min([*values, ZERO])
    # Room for a label under the deepest bar.
    foot = _HEIGHT - _BOTTOM - (16 if low else 0)
    scale = (foot - _TOP) / (high - low) if high != low else ZERO
    zero = _TOP + int(high * scale)
    parts = [_legend(series)]
    for g, group in enumerate(groups):
        middle = _WIDTH * (2 * g + 1) // (2 * len(groups))
        left = middle - (len(series) * (_BAR + _GAP) - _GAP) // 2
        for s, (_, colour, row) in enumerate(series):
            parts.append(_bar(left + s * (_BAR + _GAP), zero, row[g], scale, colour))
        parts.append(_text(middle, _HEIGHT - 8, group, _INK, 13))
    parts.append(Markup('<path d="M0 {0}.5H{1}" stroke="{2}"/>').format(zero, _WIDTH, _RULE))
    words = "; ".join(
        f"{group}: "
        + ", ".join(
            f"{name.lower()} {'no data' if (value := row[g]) is None else money(value, currency)}"
            for name, _, row in series
        )
        for g, group in enumerate(groups)
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" '
        'role="img" aria-labelledby="chart-title chart-desc" '
        'font-family="system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif">'
        '<title id="chart-title">{2}</title><desc id="chart-desc">{3}</desc>{4}</svg>'
    ).format(_WIDTH, _HEIGHT, clean(title), clean(words), Markup("").join(parts))


def short(amount: Decimal) -> str:
    """A figure for a bar, no currency: "950", "12.3k", "1.2m"; exact figures stand in the table."""
    size = abs(amount)
    minus = "-" if amount < 0 else ""
    for limit, unit in ((Decimal(1_000_000), "m"), (Decimal(1_000), "k")):
        # From the point where rounding would otherwise write 1000.0k.
        if size >= limit * Decimal("0.99995"):
            return f"{minus}{size / limit:,.1f}{unit}"
    return f"{minus if f'{size:.0f}' != '0' else ''}{size:.0f}"


def _bar(left: int, zero: int, value: Decimal | None, scale: Decimal, colour: str) -> Markup:
    if value is None:
        return Markup("")
    length = int(abs(value) * scale)
    top = zero - length if value >= 0 else zero
    label = top - 5 if value >= 0 else zero + length + 14
    drawn = Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="2" fill="{}"/>').format(
        left, top, _BAR, max(length, 1), colour
    )
    return drawn + _text(left + _BAR // 2, label, short(value), _QUIET, 12)


def _legend(series: Sequence[Series]) -> Markup:
    parts = []
    for s, (name, colour, _) in enumerate(series):
        x = 4 + s * 90
        parts.append(
            Markup('<rect x="{}" y="6" width="12" height="12" rx="2" fill="{}"/>').format(x, colour)
        )
        parts.append(
            Markup('<text x="{}" y="16" font-size="13" fill="{}">{}</text>').format(
                x + 18, _INK, name
            )
        )
    return Markup("").join(parts)


def _text(x: int, y: int, words: str, colour: str, size: int) -> Markup:
    return Markup(
        '<text x="{}" y="{}" text-anchor="middle" font-size="{}" fill="{}">{}</text>'
    ).format(x, y, size, colour, escape(clean(words)))
