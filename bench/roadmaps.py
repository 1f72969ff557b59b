"""What pages of roadmaps cost as roadmaps grow: board, agreement and difference of one, and all of them together.

    python -m bench roadmaps

A roadmap of 20 items and one of 200, each with a baseline of which a tenth of the items changed since; and the
portfolio's page over 20 items and over 5,000, on roadmaps of 200. Few and many are asked for in the same run, each
beside a hello of its own minutes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.generator import QUICK, Size
from bench.services import apart
from bench.serving import Act, Beside, Request, beside_hello, sending
from bench.sites import Bench, Site
from bench.table import Row, duration, times

FEW, MANY, ALL = 20, 200, 5_000  # items: of a small roadmap, of a large one, of all roadmaps together
ALL_QUICK = 400


@dataclass(frozen=True)
class Page:
    """One page at one size."""

    what: str
    path: str
    items: int

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return f"{self.what}, {self.items}"


def rows(bench: Bench) -> Iterator[Row]:
    """Measure each page with few items and with many, beside hello and beside itself."""
    size, items = (QUICK, ALL_QUICK) if bench.is_quick else (Size(1_000), ALL)
    rounds, seconds = (2, 0.1) if bench.is_quick else (7, 0.4)
    with bench.new_site(size, "few", has_facts=False) as few, bench.new_site(size, "many", has_facts=False) as many:
        apart(few.environment, fill, [FEW])
        apart(many.environment, fill, [FEW, MANY, *[MANY] * ((items - FEW - MANY) // MANY), (items - FEW) % MANY])
        for site in (few, many):
            site.look_over()
        bench.say(f"pages of roadmaps with up to {items:,} items")
        one = [page for count in (FEW, MANY) for page in pages_of(f"bench-{count}", count)]
        by = "Portfolio roadmap, by {}"
        ways = [(by.format(name), f"/roadmaps/portfolio/?by={key}") for name, key in
                (("outcome", "metric"), ("value stream", "stream"))]  # fmt: skip
        small = [Page(what, path, FEW) for what, path in ways]
        large = [*one, *(Page(what, path, items) for what, path in ways)]
        statements = _statements(few, small) | _statements(many, large)
        found: dict[str, Beside] = {}
        with bench.hello() as hello, few.served() as server:
            found |= beside_hello(hello, server, _makers(few, small), rounds=rounds, seconds=seconds)
        with bench.hello() as hello, many.served() as server:
            found |= beside_hello(hello, server, _makers(many, large), rounds=rounds, seconds=seconds)
    for page in sorted([*small, *large], key=lambda page: (page.what.startswith("Portfolio"), page.what, page.items)):
        least = next(one for one in (*large, *small) if one.what == page.what and one.items == FEW)
        yield _row(page, found[page.key], found[least.key] if page != least else None, statements[page.key])


def pages_of(code: str, items: int) -> list[Page]:
    """Return the pages of one roadmap."""
    return [
        Page("roadmap, board", f"/roadmaps/{code}/", items),
        Page("roadmap, agreement", f"/roadmaps/{code}/agreement/", items),
        Page("roadmap, difference", f"/roadmaps/{code}/difference/", items),
    ]


def _makers(site: Site, pages: list[Page]):
    return {page.key: lambda page=page: _asking(site, page) for page in pages}


def _asking(site: Site, page: Page) -> Act:
    return sending(Request(page.path, headers=site.keys.browser))


def _statements(site: Site, pages: list[Page]) -> dict[str, int]:
    counts = site.statements([lambda page=page: _asking(site, page) for page in pages])  # type: ignore[misc]
    return {page.key: count for page, count in zip(pages, counts, strict=True)}


def _row(page: Page, beside: Beside, least: Beside | None, statements: int) -> Row:
    grown = f"; {times(beside.cost.cpu / least.cost.cpu)} the page of {FEW}" if least else ""
    return Row(
        what=page.what,
        size=f"{page.items:,} items",
        measured=f"{duration(beside.cost.cpu)} CPU, {duration(beside.cost.wall)} in all; {statements} statements",
        yardstick=f"hello: {duration(beside.hello.cpu)} CPU, {duration(beside.hello.wall)} in all",
        ratio=f"{times(beside.cpu_ratio)} CPU{grown}",
    )


# -- in a process of its own, where Django is set up -----------------------------------------------------------------


def fill(counts: list[int]) -> None:
    """Make a roadmap for each count of items, with a baseline signed by one member and a tenth changed since."""
    from portfolio.common.models import Grant, User
    from products.catalog.models import Product

    people = [User.objects.create_user(f"bench-{side}") for side in ("business", "technology")]
    Grant.objects.create(user=people[1], role="leader")
    products = list(Product.objects.filter(metrics__felt_by="customer").distinct().order_by("pk")[:200])
    for number, count in enumerate(counts):
        if count:
            code = f"bench-{count}" if counts.index(count) == number else f"bench-{count}-{number}"
            _roadmap(code, count, [products[(number * 5 + place) % len(products)] for place in range(5)], people)


def _roadmap(code: str, count: int, products: list, people: list) -> None:
    from datetime import timedelta
    from decimal import Decimal

    from bench.services import TODAY
    from products.roadmaps.baseline_actions import say, take_baseline
    from products.roadmaps.item_actions import change_item
    from products.roadmaps.models import Dependency, Horizon, Item, Roadmap
    from products.roadmaps.roadmap_actions import save_roadmap
    from products.value.models import Metric

    business, technology = people
    roadmap = save_roadmap(
        Roadmap(code=code, name=f"Measured, {code}", began_on=TODAY),
        products=products,
        business=[business],
        technology=[technology],
        by=None,
    )
    metrics = list(
        Metric.objects.filter(product__in=products, felt_by="customer").select_related("product").order_by("pk")
    )
    items = Item.objects.bulk_create(
        Item(
            roadmap=roadmap,
            product=metrics[place % len(metrics)].product,
            code=f"{code}-item-{place}",
            name=f"Something to do, number {place}",
            description="What changes for the customer, in a sentence or two, as people write it.",
            horizon=Horizon.values[place % 3],
            rank=place,
            starts=TODAY + timedelta(days=place),
            ends=TODAY + timedelta(days=place + 60),
            metric=metrics[place % len(metrics)],
            metric_from=Decimal(100),
            metric_low=Decimal(120),
            metric_high=Decimal(140),
            by_when=TODAY + timedelta(days=365),
            effort_low=Decimal(4),
            effort_high=Decimal(8),
            business_champion=business,
            technology_champion=technology,
        )
        for place in range(count)
    )
    Dependency.objects.bulk_create(
        Dependency(item=later, needs=earlier) for earlier, later in zip(items[::4], items[1::4], strict=False)
    )
    baseline = take_baseline(roadmap, by=None)
    say(baseline, verdict="signed", by=business)
    for item in items[::10]:
        item.refresh_from_db()
        change_item(item, changes={"metric_high": Decimal(180), "name": f"{item.name}, and more"}, by=technology)
