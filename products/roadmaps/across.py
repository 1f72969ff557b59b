"""The items of all roadmaps together, grouped by outcome, value stream, team or partner: the portfolio's roadmap.

Groups are counted in one statement, and only those of one page are read, with the first items of each column. So a page
costs about the same however many items there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q, Sum, Value, Window
from django.db.models.functions import Coalesce, Concat, NullIf, RowNumber, Trim
from django.urls import reverse

from portfolio.common.money import base_currency
from products.roadmaps.across_filters import By
from products.roadmaps.board import Card, promised
from products.roadmaps.difference import Worth
from products.roadmaps.models import Horizon, Item
from products.roadmaps.models.items import ItemQuerySet
from products.roadmaps.worth import worths

GROUPS_A_PAGE = 12
FIRST_SHOWN = 36  #: items of a page at most, where groups stand below each other: so many to each column of each group
ONE_GROUP_SHOWN = 48  #: items of a column on each page of one group


@dataclass(frozen=True)
class Dimension:
    """One way to group items: the path to what they are grouped by, what it is called, and what to call its absence."""

    key: str
    code: str
    name: Any  #: the path to its name, or an expression of it
    beside: str  #: the path to what tells two groups of one name apart; "" where there is nothing
    none: str
    page: str  #: the name of the address of a group's page; "" where it has none


#: What a person is called, as everywhere: their full name, or their account where they have none.
FULL_NAME = Coalesce(
    NullIf(Trim(Concat("business_champion__first_name", Value(" "), "business_champion__last_name")), Value("")),
    "business_champion__username",
)
DIMENSIONS = {
    By.METRIC: Dimension(
        "metric", "metric__code", F("metric__name"), "metric__product__name", "No metric", "value:metric-detail"
    ),
    By.STREAM: Dimension(
        "product__value_stream", "product__value_stream__code", F("product__value_stream__name"), "", "",
        "catalog:value-stream-detail",
    ),
    By.TEAM: Dimension("team", "team__code", F("team__name"), "", "Any team of the product", "teams:team-detail"),
    By.PARTNER: Dimension("business_champion", "business_champion__username", FULL_NAME, "", "", ""),
}  # fmt: skip
NONE = ""  #: the code of the group of items that have none


@dataclass
class Column:
    """One horizon of one group: how many items it has, and those that are shown."""

    horizon: str
    label: str
    count: int
    before: int = 0  #: how many come before those that are shown
    cards: list[Card] = field(default_factory=list)

    @property
    def more(self) -> int:
        """How many come after those that are shown."""
        return max(0, self.count - self.before - len(self.cards))


@dataclass
class Group:
    """What one outcome, value stream, team or partner has on all roadmaps."""

    key: int | None
    address: str  #: what `?group=` calls it
    name: str
    beside: str
    href: str
    count: int
    columns: list[Column]
    amounts: dict[str, Decimal] = field(default_factory=dict)  #: worth of its promises a month, by currency
    overlapping: int = 0  #: promises that share their metric with another one of the group
    unvalued: int = 0  #: promises on metrics of which nobody has said what they are worth

    @property
    def sums(self) -> list[tuple[str, Decimal]]:
        """What its promises are worth a month, by currency, the base currency first."""
        return sorted(self.amounts.items(), key=lambda row: (row[0] != base_currency(), row[0]))


@dataclass(frozen=True)
class Across:
    """One page of the portfolio's roadmap."""

    by: By
    groups: list[Group]
    page: Page
    only: str  #: the name of the one group that is shown; "" where all are


def read(items: ItemQuerySet, by: By, *, group: str = "", page: str | None = None) -> Across:
    """Return a page of groups of these items; with a `group`, a page of that one alone.

    `group` is what `Group.address` says. What belongs to another way of grouping, or is not there, is all groups.
    """
    dimension = DIMENSIONS[by]
    headers = _headers(items, dimension)
    prefix, _, code = group.partition(":")
    if prefix == by:
        wanted = Q(**{f"{dimension.key}__isnull": True}) if code == NONE else Q(**{dimension.code: code})
        row = headers.filter(wanted).first()
        if row:
            longest = max(row[horizon] for horizon in Horizon.values)
            places = Paginator(range(longest), ONE_GROUP_SHOWN).get_page(page)
            found = _group(row, by, dimension)
            _fill(items, dimension, [found], first=places.start_index(), last=places.end_index())
            return Across(by, [found], places, found.name)
    shown = Paginator(headers, GROUPS_A_PAGE).get_page(page)
    groups = [_group(row, by, dimension) for row in shown.object_list]
    a_column = max(1, FIRST_SHOWN // (len(Horizon) * max(1, len(groups))))
    _fill(items, dimension, groups, first=1, last=a_column)
    return Across(by, groups, shown, "")


def _headers(items: ItemQuerySet, dimension: Dimension) -> Any:
    names: dict[str, Any] = {"key": F(dimension.key), "group_code": F(dimension.code), "group_name": dimension.name}
    if dimension.beside:
        names["beside"] = F(dimension.beside)
    return (
        items.order_by()
        .values(**names)
        .annotate(count=Count("pk"), **{horizon: Count("pk", filter=Q(horizon=horizon)) for horizon in Horizon.values})
        .order_by(F("group_name").asc(nulls_last=True), "key")
    )


def _group(row: Mapping[str, Any], by: By, dimension: Dimension) -> Group:
    code = row["group_code"]
    return Group(
        key=row["key"],
        address=f"{by}:{code or NONE}",
        name=row["group_name"] or dimension.none,
        beside=row.get("beside") or "",
        href=reverse(dimension.page, args=[code]) if code and dimension.page else "",
        count=row["count"],
        columns=[Column(horizon, Horizon(horizon).label, row[horizon]) for horizon in Horizon.values],
    )


def _fill(items: ItemQuerySet, dimension: Dimension, groups: Sequence[Group], *, first: int, last: int) -> None:
    """Read what the groups of a page show: the items at some places of each column, and what all promises are worth."""
    keys = [group.key for group in groups if group.key is not None]
    within = Q(**{f"{dimension.key}__in": keys})
    if len(keys) < len(groups):
        within |= Q(**{f"{dimension.key}__isnull": True})
    inside = items.filter(within).order_by()
    # The order of a column is that of the roadmaps: what is first on one of them stands before what is second.
    place = Window(RowNumber(), partition_by=[F(dimension.key), F("horizon")], order_by=["rank", "roadmap_id", "pk"])
    numbered = inside.annotate(place=place).filter(place__gte=first, place__lte=last)
    rows = list(
        Item.objects.filter(pk__in=numbered.values("pk"))
        .for_table()
        .select_related("product__value_stream")
        .order_by("rank", "roadmap_id", "pk")
    )
    gains = list(
        inside.filter(metric__isnull=False)
        .values(key=F(dimension.key), metric_code=F("metric__code"))
        .annotate(twice=Sum(F("metric_low") + F("metric_high") - 2 * F("metric_from")), count=Count("pk"))
        .order_by("key", "metric_code")
    )
    unit_worths = worths(row["metric_code"] for row in gains)
    found = {group.key: group for group in groups}
    for row in gains:
        _add_worth(found[row["key"]], row, unit_worths)
    for group in groups:
        for column in group.columns:
            column.before = min(column.count, first - 1)
    for item in rows:
        column = found[_key_of(item, dimension)].columns[Horizon.values.index(item.horizon)]
        column.cards.append(Card(item, column.before + len(column.cards) + 1, *promised(item, unit_worths)))


def _add_worth(group: Group, row: Mapping[str, Any], unit_worths: Mapping[str, Worth]) -> None:
    worth = unit_worths.get(row["metric_code"])
    if worth is None:
        group.unvalued += row["count"]
        return
    gained = row["twice"] / 2 * worth.a_unit
    group.amounts[worth.currency] = group.amounts.get(worth.currency, Decimal(0)) + gained
    if row["count"] > 1:
        group.overlapping += row["count"]


def _key_of(item: Item, dimension: Dimension) -> int | None:
    *path, last = dimension.key.split("__")
    row: Any = item
    for name in path:
        row = getattr(row, name)
    return getattr(row, f"{last}_id")
