"""A made-up organisation of any size, from a seed: products, teams, a network with cycles, and skewed facts.

A few platforms serve thousands of consumers and are metered; elsewhere shares are agreed. A product pulls mostly from
its own value stream and sometimes from anyone, so that most products lie on cycles. A tenth of the products have most
of the ledger lines, and a fifth of the metrics, the daily ones, most of the observations.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from bench.copying import copy, numbered
from bench.services import TODAY
from funding.models import FundingStream, LedgerEntry
from portfolio.common.months import add_months
from portfolio.network.models import Link, Usage
from products.catalog.models import Assignment, Insight, Product, Segment, ValueStream
from products.value.models import Metric, Observation, Valuation
from teams.models import Discipline, Membership, Person, Rate, Team

Integers = NDArray[np.int64]
Days = NDArray[np.datetime64]

SEED = 20_170_331
LINKS_EACH = 10
FACTS_EACH = 1_000 / 60  # facts of a product in a month
MICRO = 1_000_000  # units of a share
UNOBSERVED_DAYS = 3  # the last ones, for which what is observed daily has yet to come
CADENCES = {"daily": 1, "weekly": 7, "monthly": 31}


@dataclass(frozen=True)
class Size:
    """How much to make. Facts are observations, usage and ledger entries together."""

    products: int
    months: int = 60
    facts_each: float = FACTS_EACH

    @property
    def facts(self) -> int:
        """How many facts there are in all."""
        return round(self.products * self.months * self.facts_each)

    @property
    def links(self) -> int:
        """How many links there are."""
        return LINKS_EACH * self.products

    @property
    def first(self) -> date:
        """The first month."""
        return add_months(TODAY.replace(day=1), 1 - self.months)

    @property
    def month_starts(self) -> Days:
        """The first days of all months, and of the one after them."""
        return np.arange(np.datetime64(self.first, "M"), np.datetime64(TODAY, "M") + 2).astype("datetime64[D]")

    @property
    def days(self) -> Days:
        """All days."""
        return np.arange(self.month_starts[0], self.month_starts[-1])

    def __str__(self) -> str:
        return f"{self.products:,} products, {self.links:,} links, {self.facts:,} facts, {self.months} months"


QUICK = Size(100, months=12)  # to see that it runs


@dataclass
class Network:
    """Who pulls from whom: one link a row. Products are numbered from 0; the first `platforms` are metered."""

    platforms: int
    stream: Integers  #: value stream of each product
    supplier: Integers
    consumer: Integers
    share: Integers  #: in millionths, 0 where use is metered

    @property
    def is_metered(self) -> NDArray[np.bool_]:
        """Whether a link's supplier is a platform."""
        return self.supplier < self.platforms


@dataclass
class Metrics:
    """What is observed: one metric a row, in the order of their keys, which count from 1."""

    product: Integers
    is_level: NDArray[np.bool_]
    cadence: NDArray[np.str_]

    def observations(self, size: Size, random: np.random.Generator) -> tuple[Integers, Days, Days, Integers]:
        """Return metric, first day, day after the last, and value (in ten-thousandths) of every observation."""
        starts: list[Days] = []
        ends: list[Days] = []
        metric: list[Integers] = []
        keys = np.arange(1, len(self.product) + 1)
        months = size.month_starts
        for cadence, first, after in (
            ("daily", size.days[:-UNOBSERVED_DAYS], size.days[:-UNOBSERVED_DAYS] + 1),
            ("weekly", size.days[:-7:7], size.days[:-7:7] + 7),
            ("monthly", months[:-1], months[1:]),
        ):
            chosen = keys[self.cadence == cadence]
            metric.append(np.repeat(chosen, len(first)))
            starts.append(np.tile(first, len(chosen)))
            ends.append(np.tile(after, len(chosen)))
        of, begin, end = np.concatenate(metric), np.concatenate(starts), np.concatenate(ends)
        end = np.where(self.is_level[of - 1], begin + 1, end)
        usual = random.lognormal(4, 1.5, len(self.product))
        return of, begin, end, amounts(usual[of - 1] * random.lognormal(0, 0.3, len(of)), 10_000)


@dataclass
class Organisation:
    """Everything that is drawn; the same for the same size and seed."""

    size: Size
    network: Network
    metrics: Metrics
    random: np.random.Generator = field(repr=False)


def amounts(values: NDArray[np.float64], units: int) -> Integers:
    """Return amounts in whole units, at least one."""
    return np.maximum(1, np.rint(values * units)).astype(np.int64)


def draw(size: Size, seed: int = SEED) -> Organisation:
    """Draw an organisation; nothing is written."""
    random = np.random.default_rng([seed, size.products, size.months])
    network = draw_network(size.products, random)
    # Platforms have no customers of their own; of the others three in five have one metric, some two or three.
    serving = np.repeat(
        np.arange(network.platforms, size.products),
        random.choice(4, size.products - network.platforms, p=[0.4, 0.35, 0.15, 0.1]),
    )
    metrics = Metrics(
        serving,
        random.random(len(serving)) < 0.2,
        random.choice(list(CADENCES), len(serving), p=[0.2, 0.3, 0.5]),
    )
    return Organisation(size, network, metrics, random)


def draw_network(products: int, random: np.random.Generator) -> Network:
    """Draw LINKS_EACH links a product on average; what a supplier's consumers share never exceeds its output."""
    platforms = max(2, products // 500)
    streams = max(2, products // 20)
    stream = np.arange(products) % streams
    tries = 16
    consumer = np.repeat(np.arange(products), tries)
    supplier = random.integers(0, products, consumer.size)
    kind = np.tile(np.arange(tries), products)
    # Two of sixteen from platforms, the first of them most; ten from the own value stream; the others from anyone.
    popularity = 1 / (1 + np.arange(platforms))
    is_platform = kind < 2
    supplier[is_platform] = random.choice(platforms, is_platform.sum(), p=popularity / popularity.sum())
    is_near = (kind >= 2) & (kind < 12)
    supplier[is_near] = (stream[consumer[is_near]] + streams * random.integers(0, 20, is_near.sum())) % products
    pairs = np.unique(supplier * products + consumer)
    pairs = pairs[pairs // products != pairs % products]
    pairs = np.sort(random.permutation(pairs)[: LINKS_EACH * products])
    supplier, consumer = np.divmod(pairs, products)

    passed_on = random.uniform(0.05, 0.7, products)
    weight = random.gamma(1.0, size=len(pairs))
    total = np.bincount(supplier, weight, minlength=products)
    share = np.floor(MICRO * passed_on[supplier] * weight / total[supplier]).astype(np.int64)
    return Network(platforms, stream, supplier, consumer, np.where(supplier < platforms, 0, share))


def load(address: str, size: Size, seed: int = SEED, *, has_facts: bool = True) -> Organisation:
    """Write an organisation into an empty, migrated database."""
    made = draw(size, seed)
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        # Drawn from keys that exist: there is nothing to check row by row. It takes a superuser.
        cursor.execute("SET session_replication_role = replica")
        write(cursor, made, has_facts=has_facts)
    return made


def write(cursor: psycopg.Cursor, made: Organisation, *, has_facts: bool = True) -> None:
    """Write an organisation, or all of it but its facts."""
    load_catalogue(cursor, made)
    load_teams(cursor, made)
    load_network(cursor, made)
    if has_facts:
        load_facts(cursor, made)
    number_on(cursor)


def load_catalogue(cursor: psycopg.Cursor, made: Organisation) -> None:
    """Write value streams, products with a segment and two insights each, metrics and what they are worth."""
    random, network, metrics = made.random, made.network, made.metrics
    streams = int(network.stream.max()) + 1
    keys = np.arange(1, streams + 1)
    roots = max(1, streams // 10)
    copy(cursor, ValueStream, roots, id=keys[:roots], **named("stream", keys[:roots]), parent_id=None)
    below = keys[roots:]
    copy(
        cursor,
        ValueStream,
        len(below),
        id=below,
        **named("stream", below),
        parent_id=1 + (below - roots - 1) % roots,
    )
    products = np.arange(1, made.size.products + 1)
    is_platform = products <= network.platforms
    copy(
        cursor,
        Product,
        len(products),
        id=products,
        **named("product", products),
        value_stream_id=network.stream + 1,
        stage=random.choice([b"explore", b"grow", b"sustain"], len(products)),
        kind=np.where(is_platform, b"platform", b"customer"),
        usage_unit=b"calls",
    )
    copy(cursor, Segment, len(products), **named("segment", products), product_id=products, size=1_000)
    copy(
        cursor,
        Insight,
        2 * len(products),
        product_id=np.repeat(products, 2),
        said_on=np.datetime64(TODAY) - random.integers(0, 700, 2 * len(products)),
        kind=b"survey",
        text=b"The form asks for the same address twice.",
        source=b"Exit survey",
    )
    keys = np.arange(1, len(metrics.product) + 1)
    copy(
        cursor,
        Metric,
        len(keys),
        id=keys,
        **named("metric", keys),
        product_id=metrics.product + 1,
        behaviour=np.where(metrics.is_level, b"level", b"flow"),
        unit=b"renewals",
        cadence_days=np.array([CADENCES[cadence] for cadence in metrics.cadence]),
        is_higher_better=random.random(len(keys)) < 0.8,
        target=None,
    )
    # Five metrics in six have a worth; half of those had another one until the last year began.
    valued = keys[random.random(len(keys)) < 5 / 6]
    is_revised = random.random(len(valued)) < 0.5
    change = max(made.size.first, add_months(TODAY.replace(day=1), -11))
    low = random.lognormal(1, 1, len(valued))
    for of, worth, starts, ends in (
        (valued[is_revised], low[is_revised], made.size.first, change),
        (valued[is_revised], low[is_revised] * 1.2, change, None),
        (valued[~is_revised], low[~is_revised], made.size.first, None),
    ):
        if starts == ends or not len(of):
            continue
        for is_level in (False, True):
            here = metrics.is_level[of - 1] == is_level
            copy(
                cursor,
                Valuation,
                int(here.sum()),
                metric_id=of[here],
                low=amounts(worth[here], MICRO),
                high=amounts(worth[here] * 1.8, MICRO),
                baseline=10_000 if is_level else None,
                evidence=random.choice([b"measured", b"estimated", b"asserted"], int(here.sum())),
                asserted_by=b"Analysis",
                source=b"Customer study",
                starts=starts,
                ends=ends,
            )


def load_teams(cursor: psycopg.Cursor, made: Organisation) -> None:
    """Write a team for every ten products: six people in four disciplines, shared by up to five products."""
    random = made.random
    disciplines = np.arange(1, 5)
    copy(cursor, Discipline, 4, id=disciplines, **named("discipline", disciplines))
    copy(
        cursor,
        Rate,
        4,
        discipline_id=disciplines,
        monthly_amount=np.array([900_000, 1_000_000, 1_100_000, 1_200_000]),
        starts=made.size.first,
        ends=None,
    )
    teams = np.arange(1, max(1, made.size.products // 10) + 1)
    copy(cursor, Team, len(teams), id=teams, **named("team", teams))
    people = np.arange(1, 6 * len(teams) + 1)
    copy(cursor, Person, len(people), id=people, **named("person", people))
    copy(
        cursor,
        Membership,
        len(people),
        person_id=people,
        team_id=np.repeat(teams, 6),
        discipline_id=random.integers(1, 5, len(people)),
        fte=100,
        starts=made.size.first,
        ends=None,
    )
    assigned = random.permutation(made.size.products)[: 5 * len(teams)] + 1
    copy(
        cursor,
        Assignment,
        len(assigned),
        team_id=np.repeat(teams, 5)[: len(assigned)],
        product_id=assigned,
        share=random.choice([100_000, 150_000, 200_000], len(assigned)),
        starts=made.size.first,
        ends=None,
    )


def load_network(cursor: psycopg.Cursor, made: Organisation) -> None:
    """Write the links: they hold over all months, but one in twenty of the agreed ones ended a year ago."""
    network = made.network
    has_ended = ~network.is_metered & (made.random.random(len(network.supplier)) < 0.05)
    end = max(add_months(made.size.first, 1), add_months(TODAY.replace(day=1), -11))
    for here, ends in ((~has_ended, None), (has_ended, end)):
        copy(
            cursor,
            Link,
            int(here.sum()),
            supplier_id=network.supplier[here] + 1,
            consumer_id=network.consumer[here] + 1,
            service=b"calls",
            share=network.share[here],
            starts=made.size.first,
            ends=ends,
        )


def load_facts(cursor: psycopg.Cursor, made: Organisation) -> None:
    """Write observations, metered usage and ledger entries, each in the order in which they happened."""
    size, random = made.size, made.random
    metric, starts, ends, value = made.metrics.observations(size, random)
    order = np.argsort(starts, kind="stable")
    copy(
        cursor,
        Observation,
        len(order),
        metric_id=metric[order],
        starts=starts[order],
        ends=ends[order],
        value=value[order],
    )
    used = load_usage(cursor, made)
    load_ledger(cursor, made, max(size.products, size.facts - len(order) - used))


def load_usage(cursor: psycopg.Cursor, made: Organisation) -> int:
    """Write what each consumer, and customers outside, used of each platform in each month; return how many rows."""
    size, network, random = made.size, made.network, made.random
    supplier, consumer = network.supplier[network.is_metered], network.consumer[network.is_metered]
    usual = random.lognormal(5, 2, len(supplier))
    months = size.month_starts[:-1]
    count = len(months) * len(supplier)
    copy(
        cursor,
        Usage,
        count,
        supplier_id=np.tile(supplier, len(months)) + 1,
        consumer_id=np.tile(consumer, len(months)) + 1,
        month=np.repeat(months, len(supplier)),
        quantity=amounts(np.tile(usual, len(months)) * random.lognormal(0, 0.3, count), 10_000),
    )
    platforms = np.unique(supplier)
    outside = np.bincount(supplier, usual)[platforms] * 0.1
    copy(
        cursor,
        Usage,
        len(months) * len(platforms),
        supplier_id=np.tile(platforms, len(months)) + 1,
        consumer_id=None,
        month=np.repeat(months, len(platforms)),
        quantity=amounts(np.tile(outside, len(months)), 10_000),
    )
    return count + len(months) * len(platforms)


def load_ledger(cursor: psycopg.Cursor, made: Organisation, count: int) -> None:
    """Write ledger entries: most for one day, some for a month, a few for a quarter; one credit in fifty."""
    size, random = made.size, made.random
    copy(cursor, FundingStream, 3, id=np.arange(1, 4), **named("stream", np.arange(1, 4)))
    often = random.lognormal(0, 1.5, size.products)
    product = 1 + np.searchsorted(np.cumsum(often) / often.sum(), random.random(count)).clip(0, size.products - 1)
    starts = np.sort(random.choice(size.days, count))
    length = random.choice([1, 30, 90], count, p=[0.9, 0.08, 0.02])
    last = size.month_starts[-1]
    cents = amounts(random.lognormal(5, 1.5, count), 100) * random.choice([1, -1], count, p=[0.98, 0.02])
    copy(
        cursor,
        LedgerEntry,
        count,
        reference=numbered("L", np.arange(count), 9),
        product_id=product,
        stream_id=random.integers(1, 4, count),
        starts=starts,
        ends=np.minimum(starts + length, last),
        amount=cents,
        base_amount=cents,
        account=b"6200",
    )


def named(kind: str, keys: Integers) -> dict[str, Any]:
    """Return codes and names of described rows: product-000042, Product 000042."""
    return {"code": numbered(f"{kind}-", keys, 6), "name": numbered(f"{kind.capitalize()} ", keys, 6)}


def number_on(cursor: psycopg.Cursor) -> None:
    """Let the database number new rows after those that were written with their keys."""
    for model in (ValueStream, Product, Metric, Discipline, Team, Person, FundingStream):
        table = model._meta.db_table
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM \"{table}\"))")
