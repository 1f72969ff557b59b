"""Figures worked out anew from the facts, for a sample that the seed draws: what no sum of stored figures can show."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Max, Min
from django.db.models.query import QuerySet

from funding.models import LedgerEntry
from portfolio.common.models import StaleMark
from portfolio.common.months import month_of, month_range, today
from portfolio.common.parts import Units
from portfolio.rollup import standings
from portfolio.rollup.checks.findings import SHOWN, Finding, Wrong
from portfolio.rollup.checks.moment import Moment, money, product_month, products_named, waiting_words
from portfolio.rollup.facts import MissingRate, known, read_month
from portfolio.rollup.models import ProductMonth
from products.value.models import Observation

WHOLE_MONTHS = 2  # that are solved anew

FROM_FACTS = ("ledger_cost", "labour_cost", "own_value")


def _drawn(rows: QuerySet, now: Moment, name: str, count: int) -> Iterator[int]:
    """Yield the keys of some rows: those that follow a number drawn between the first and the last."""
    ends = rows.order_by().aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return
    chance = now.chance(name)
    for _ in range(count):
        drawn = rows.filter(pk__gte=chance.randint(ends["first"], ends["last"])).order_by("pk")
        if (key := drawn.values_list("pk", flat=True).first()) is not None:
            yield key


def _pairs(now: Moment) -> set[tuple[date, int]]:
    """Return some product-months: a third each from the figures, from the ledger, and from what was observed.

    Those that come from facts may have no figures yet: a mark that was lost shows in nothing else.
    """
    third = max(1, now.sample // 3)
    figures = list(_drawn(ProductMonth.objects.all(), now, "figures", third))
    pairs = set(ProductMonth.objects.filter(pk__in=figures).values_list("month", "product_id"))
    horizon = month_of(today())
    for model, path in ((LedgerEntry, "product_id"), (Observation, "metric__product_id")):
        chance = now.chance(f"months of {model.__name__}")
        keys = sorted(set(_drawn(model.objects.known(), now, model.__name__, third)))
        facts = model.objects.filter(pk__in=keys).order_by("pk")
        for product, first, last in facts.values_list(path, "month", "last_month"):
            months = list(month_range(first, min(last, horizon)))
            if months and product is not None:
                pairs.add((chance.choice(months), product))
    return pairs


def figures_equal_facts(now: Moment) -> Finding:
    """Read some product-months anew from the facts, and compare their costs and their value."""
    drawn = _pairs(now)
    waiting = now.unread | (now.unsettled - now.marked)
    pairs = {pair for pair in drawn if pair[0] not in waiting}
    marked = StaleMark.objects.filter(month__in={month for month, _ in pairs}, product__in={one for _, one in pairs})
    pairs -= set(marked.values_list("month", "product_id"))
    finding = Finding(len(pairs), "product-months drawn")
    if len(pairs) < len(drawn):
        finding.left_out = f"{len(drawn) - len(pairs)} more that were drawn wait for the next roll-up."
    by_month: dict[date, set[int]] = {}
    for month, product in pairs:
        by_month.setdefault(month, set()).add(product)
    for month, products in sorted(by_month.items()):
        try:
            inputs = read_month(month, known(), products)
        except MissingRate:
            continue  # the month says so itself: it is blocked
        read = zip(inputs.ledger.tolist(), inputs.labour.tolist(), inputs.value.tolist(), strict=True)
        needed = dict.fromkeys(products, (0, 0, 0)) | dict(zip(inputs.products.tolist(), read, strict=True))
        stored = {
            product: [int(cents or 0) for cents in figures]
            for product, *figures in ProductMonth.objects.filter(month=month, product__in=products).values_list(
                "product_id", *(Units(name, scale=100) for name in FROM_FACTS)
            )
        }
        named = products_named(products)
        for product in sorted(products):
            for name, found, right in zip(FROM_FACTS, stored.get(product, [0] * 3), needed[product], strict=True):
                if found != right:
                    what, href = product_month(named, product, month)
                    finding.add(Wrong(f"{what}, {name.replace('_', ' ')}", money(found), money(right), href))
    return finding


def months_solve_to_the_same(now: Moment) -> Finding:
    """Read and solve some whole months anew, and compare all that came of it."""
    settled = [month for month in now.solved if month not in now.unsettled]
    chosen = sorted(now.chance("whole months").sample(settled, min(WHOLE_MONTHS, len(settled))))
    finding = Finding(0, f"product-months of {len(chosen)} whole month{'' if len(chosen) == 1 else 's'}")
    finding.left_out = waiting_words(now.unsettled & set(now.solved)) if len(settled) < WHOLE_MONTHS else ""
    columns = [Units(name, scale=100) for name in standings.COLUMNS]
    for month in chosen:
        fresh = standings.fresh_panel([month], known())
        needed = dict(zip(fresh.products.tolist(), fresh.data[0].tolist(), strict=True))
        stored = {
            product: [int(cents or 0) for cents in figures]
            for product, *figures in ProductMonth.objects.filter(month=month).values_list("product_id", *columns)
        }
        nothing = [0] * len(columns)
        everyone = stored.keys() | needed.keys()
        finding.looked_at += len(everyone)
        differ = sorted(one for one in everyone if stored.get(one, nothing) != needed.get(one, nothing))
        named = products_named(differ[:SHOWN])
        for product in differ[:SHOWN]:
            figures = zip(standings.COLUMNS, stored.get(product, nothing), needed.get(product, nothing), strict=True)
            name, found, right = next(row for row in figures if row[1] != row[2])
            what, href = product_month(named, product, month)
            finding.add(Wrong(f"{what}, {name.replace('_', ' ')}", money(found), money(right), href))
        finding.count += max(0, len(differ) - SHOWN)
    return finding
