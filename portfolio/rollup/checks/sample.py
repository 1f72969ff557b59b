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
from portfolio.rollup.closed import late_known, stored_late
from portfolio.rollup.facts import MissingRate, known, read_month
from portfolio.rollup.late import Late, with_late
from portfolio.rollup.models import ProductMonth
from products.health.models import Impact
from products.value.models import Observation

WHOLE_MONTHS = 2  # that are solved anew

FROM_FACTS = ("ledger_cost", "labour_cost", "own_value")
NONE = [0, 0, 0]


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
    """Return some product-months: a third each from the figures, from the ledger, and from what was observed,
    and as many of what incidents lost.

    Those that come from facts may have no figures yet: a mark that was lost shows in nothing else.
    """
    third = max(1, now.sample // 3)
    figures = list(_drawn(ProductMonth.objects.all(), now, "figures", third))
    pairs = set(ProductMonth.objects.filter(pk__in=figures).values_list("month", "product_id"))
    horizon = month_of(today())
    by_product = ((LedgerEntry, "product_id"), (Observation, "metric__product_id"), (Impact, "metric__product_id"))
    for model, path in by_product:
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
    # Marks are of products: those of a marked month that are not marked can be compared, but for what they take late.
    waiting = now.unread | (now.unsettled - now.marked) | (now.awaiting - now.unsettled)
    pairs = {pair for pair in drawn if pair[0] not in waiting}
    marked = StaleMark.objects.filter(month__in={month for month, _ in pairs}, product__in={one for _, one in pairs})
    pairs -= set(marked.values_list("month", "product_id"))
    finding = Finding(len(pairs), "product-months drawn")
    if len(pairs) < len(drawn):
        finding.left_out = f"{len(drawn) - len(pairs)} more that were drawn wait for the next roll-up."
    by_month: dict[date, set[int]] = {}
    for month, product in pairs:
        by_month.setdefault(month, set()).add(product)
    kept = stored_late(now.closed_through) if now.closed_through else {}
    for month, products in sorted(by_month.items()):
        try:
            needed = _from_facts(now, month, products)
        except MissingRate:
            continue  # the month says so itself: it is blocked
        late = _by_product(kept[month]) if month in kept else {}
        stored = {
            product: [int(cents or 0) for cents in figures]
            for product, *figures in ProductMonth.objects.filter(month=month, product__in=products).values_list(
                "product_id", *(Units(name, scale=100) for name in FROM_FACTS)
            )
        }
        named = products_named(products)
        for product in sorted(products):
            # The facts of a closed month come to its figures and what is late for it.
            beside = late.get(product, NONE)
            figures = [sum(both) for both in zip(stored.get(product, NONE), beside, strict=True)]
            for name, found, right in zip(FROM_FACTS, figures, needed.get(product, NONE), strict=True):
                if found != right:
                    what, href = product_month(named, product, month)
                    finding.add(Wrong(f"{what}, {name.replace('_', ' ')}", money(found), money(right), href))
    return finding


def _from_facts(now: Moment, month: date, products: set[int]) -> dict[int, list[int]]:
    """Return ledger, labour and value of some products, in cents, read anew; with what the month takes late."""
    inputs = read_month(month, known(), products)
    if now.closed_through and month == now.opens:
        inputs = with_late(inputs, late_known(now.closed_through, known(), products))
    columns = zip(inputs.ledger.tolist(), inputs.labour.tolist(), inputs.value.tolist(), strict=True)
    return dict(zip(inputs.products.tolist(), map(list, columns), strict=True))


def _by_product(late: Late) -> dict[int, list[int]]:
    """Return ledger, labour and value that are late, in cents, by product."""
    found: dict[int, list[int]] = {}
    for product, ledger, labour in zip(late.products.tolist(), late.ledger.tolist(), late.labour.tolist(), strict=True):
        found[product] = [ledger, labour, 0]
    for product, value in zip(late.owner.tolist(), late.value.tolist(), strict=True):
        found.setdefault(product, [0, 0, 0])[2] += value
    return found


def months_solve_to_the_same(now: Moment) -> Finding:
    """Read and solve some whole months anew, and compare all that came of it."""
    settled = [month for month in now.solved if month not in now.awaiting]
    chosen = sorted(now.chance("whole months").sample(settled, min(WHOLE_MONTHS, len(settled))))
    finding = Finding(0, f"product-months of {len(chosen)} whole month{'' if len(chosen) == 1 else 's'}")
    finding.left_out = waiting_words(now.awaiting & set(now.solved)) if len(settled) < WHOLE_MONTHS else ""
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
