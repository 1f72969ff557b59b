"""What the figures say now, for the agendas of roadmaps: of each of their products, with range, movement and age."""

from datetime import date, datetime

from portfolio.common.formats import day_name, month_name, ratio
from portfolio.rollup.freshness import freshness
from portfolio.rollup.models import Standing
from portfolio.rollup.reading import Asked, asked, read_standings
from products.roadmaps.contributions import AgendaRow, AgendaSection
from products.roadmaps.models import Roadmap

NOTHING = "There are no figures of its products yet: record what they cost, and what reaches their customers."


def agenda_sections(roadmap: Roadmap, on: date, known: datetime | None) -> list[AgendaSection]:
    """Return what a dollar brings in each product of a roadmap, as known at a moment; a constant number of queries."""
    what = asked(at=known)
    found = _standings(what, roadmap) if what else []
    rows = [
        AgendaRow(
            str(row.product), _in_words(row), row.product.get_absolute_url(), f"value-per-dollar:{row.product.code}"
        )
        for row in sorted(found, key=lambda row: (row.product.name, row.product_id or 0))
    ]
    if what and rows:
        rows.append(AgendaRow("How fresh they are", _age(what)))
    return [AgendaSection("figures", "What the figures say now", NOTHING, rows)]


def _standings(what: Asked, roadmap: Roadmap) -> list[Standing]:
    products = {product.pk: product for product in roadmap.its_products}
    if what.is_kept:
        rows = list(Standing.objects.filter(window=what.window, product__in=products))
    else:
        rows = [row for row in read_standings(what) if row.product_id in products]
    for row in rows:
        row.product = products[row.product_id or 0]
    return rows


def _in_words(row: Standing) -> str:
    """Return one product's figures in sentences."""
    kinds = [
        f"{name} {ratio(value)} ({ratio(low)} to {ratio(high)})" if low is not None else f"{name} {ratio(value)}"
        for name, value, low, high in (
            ("direct", row.direct, row.direct_low, row.direct_high),
            ("loaded", row.loaded, row.loaded_low, row.loaded_high),
            ("credited", row.credited, row.credited_low, row.credited_high),
        )
        if value is not None
    ]
    if not kinds:
        return "Nothing was spent, so there is no value per dollar."
    words = [f"Value per dollar: {', '.join(kinds)}."]
    if not row.is_valued:
        words.append("No value reaches it that is known.")
    if row.moved is not None:
        sign = "+" if row.moved > 0 else ""
        words.append(f"Credited moved by {sign}{ratio(row.moved)} against the window a month before.")
    if row.overdue_days:
        words.append(f"A metric of it is {row.overdue_days} days overdue, so its range is wider.")
    if row.is_blocked:
        words.append("A month of it is blocked: it shows its last good figures.")
    return " ".join(words)


def _age(what: Asked) -> str:
    words = [f"Of {month_name(what.first)} to {month_name(what.last)}."]
    if what.at:
        words.append(f"As known at {what.at:%Y-%m-%d %H:%M %Z}.")
        return " ".join(words)
    state = freshness()
    if state.at:
        words.append(f"Last worked out on {day_name(state.at.date())} at {state.at:%H:%M %Z}.")
    if state.stale:
        words.append("Some of them are being worked out again.")
    if state.blocked:
        words.append(f"Months that are blocked: {state.blocked}.")
    return " ".join(words)
