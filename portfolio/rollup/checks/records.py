"""What is recorded is sound: about things that exist, on days within reach, counted once, shared out at most whole."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, models
from django.db.models import Count, Exists, F, Max, Min, Model, OuterRef, Q, QuerySet, RowRange, Value, Window
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from funding.models import Allocation, Commitment, ExchangeRate, LedgerEntry
from portfolio.common import formats
from portfolio.common.models import StaleMark
from portfolio.common.money import base_currency
from portfolio.common.months import FIRST_DAY, LAST_DAY
from portfolio.network.models import Link, Usage
from portfolio.rollup.checks.findings import SHOWN, Finding, Wrong
from portfolio.rollup.checks.moment import Moment, month_name, waiting_words
from products.catalog.models import Assignment, Product
from products.health.models import Impact
from products.value.models import Behaviour, Confirmation, Observation, Valuation
from teams.models import Membership, Rate, Team

FACTS: tuple[type[Model], ...] = (LedgerEntry, Observation, Usage)
LONGEST_LAG = timedelta(minutes=1)
FOREVER = date(9999, 12, 31)
MICRO = 1_000_000  # a share of 1


def _name(model: type[Model], key: object) -> str:
    return f"{str(model._meta.verbose_name).capitalize()} {key}"


def _first(rows: QuerySet) -> tuple[int, QuerySet]:
    """Return how many rows there are, and the first of them.

    Counted before any is asked for: with a limit, the database hopes to find some soon and looks them up one by one,
    which takes minutes where there is none.
    """
    count = rows.count()
    return count, rows.order_by("pk")[:SHOWN] if count else rows.none()


def _page(row: Any) -> str:
    """Return the address of a row's page; none where what it is about is gone, so that there is no page."""
    try:
        return row.get_absolute_url()
    except (AttributeError, models.ObjectDoesNotExist):
        return ""


# -- the lag ---------------------------------------------------------------------------------------------------------


def marks_are_worked_off(now: Moment) -> Finding:
    """Look for marks that are older than a minute; those of months that cannot be read wait for somebody."""
    marks = StaleMark.objects.exclude(month__in=now.unread).order_by()
    finding = Finding(
        len(now.marked - now.unread),
        "months with marks",
        left_out=waiting_words(now.unread & now.marked, "cannot be read until what blocks them is mended"),
    )
    late = marks.filter(marked_at__lt=now.at - LONGEST_LAG).values_list("month")
    for month, count, oldest in late.annotate(count=Count("pk"), oldest=Min("marked_at")).order_by("month"):
        minutes = (now.at - oldest).total_seconds() / 60
        found = f"{count} mark{'' if count == 1 else 's'}, the oldest {minutes:,.0f} minutes old"
        finding.add(Wrong(month_name(month), found, "none older than a minute", reverse("rollup:run-list")))
    return finding


# -- what facts are about --------------------------------------------------------------------------------------------


def facts_have_subjects(now: Moment) -> Finding:
    """Look for facts about a product, metric, funding stream or consumer that is gone."""
    finding = Finding(0, "references")
    for model in FACTS:
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.ForeignKey) or field.related_model is model:
                continue
            finding.looked_at += 1
            parents = field.related_model._default_manager.filter(pk=OuterRef(field.attname))
            orphans = model._default_manager.filter(~Exists(parents), **{f"{field.attname}__isnull": False})
            count, first = _first(orphans)
            for key, gone in first.values_list("pk", field.attname):
                finding.add(Wrong(_name(model, key), f"{field.verbose_name} {gone}, which is gone", "one that exists"))
            finding.count += max(0, count - SHOWN)
    return finding


RECORDED: tuple[type[Model], ...] = (
    LedgerEntry, Observation, Link, Valuation, ExchangeRate, Allocation, Commitment, Assignment, Membership, Rate,
    Impact,
)  # fmt: skip


def days_are_within_reach(now: Moment) -> Finding:
    """Look for days that are centuries off, and for intervals without a day."""
    finding = Finding(len(RECORDED) + 1, "kinds of row")
    for model in RECORDED:
        # An exclusive end may be the day after the last one.
        beyond = Q(starts__lt=FIRST_DAY) | Q(starts__gt=LAST_DAY) | Q(ends__gt=LAST_DAY + timedelta(days=1))
        _days(finding, model, model.objects.filter(beyond | Q(ends__lte=F("starts"))), "starts", "ends")
    _days(finding, Usage, Usage.objects.filter(Q(month__lt=FIRST_DAY) | Q(month__gt=LAST_DAY)), "month")
    return finding


def _days(finding: Finding, model: type[Model], rows: QuerySet, *names: str) -> None:
    count, first = _first(rows)
    for row in first:
        found = " to ".join(str(getattr(row, name)) for name in names)
        needed = f"an interval between {FIRST_DAY} and {LAST_DAY}"
        finding.add(Wrong(_name(model, row.pk), found, needed, _page(row)))
    finding.count += max(0, count - SHOWN)


def usage_has_an_agreement(now: Moment) -> Finding:
    """Look for usage by a consumer in a month in which no link between the two holds."""
    links = Link.objects.known().filter(
        Q(ends__gt=OuterRef("month")) | Q(ends=None),
        supplier=OuterRef("supplier"),
        consumer=OuterRef("consumer"),
        starts__lte=OuterRef("month"),
    )
    usage = Usage.objects.known().filter(consumer__isnull=False)
    bare = usage.filter(~Exists(links))
    finding = Finding(usage.count(), "rows of usage")
    count, first = _first(bare)
    for key, month in first.values_list("pk", "month"):
        href = reverse("network:usage-detail", args=[key])
        finding.add(Wrong(_name(Usage, key), f"no link in {month_name(month)}", "a link that holds then", href))
    finding.count += max(0, count - SHOWN)
    return finding


def amounts_are_converted(now: Moment) -> Finding:
    """Look for ledger entries in the base currency that changed on conversion, and for others without a rate."""
    entries = LedgerEntry.objects.known()
    covering = ExchangeRate.objects.known().filter(
        Q(ends__gt=OuterRef("starts")) | Q(ends=None),
        currency=OuterRef("currency"),
        base=base_currency(),
        starts__lte=OuterRef("starts"),
    )
    finding = Finding(0, "ledger entries")
    finding.looked_at = entries.count()
    for rows, needed in (
        (entries.filter(currency=base_currency()).exclude(amount=F("base_amount")), "the same amount"),
        (entries.exclude(currency=base_currency()).filter(~Exists(covering)), "a rate that covers its first day"),
    ):
        count, first = _first(rows)
        for row in first:
            found = f"{row.amount} {row.currency} counted as {row.base_amount}"
            finding.add(Wrong(f"Ledger entry {row.reference}", found, needed, _page(row)))
        finding.count += max(0, count - SHOWN)
    return finding


# -- shared out at most whole ----------------------------------------------------------------------------------------


def _over_one(model: type[Model], owner: str) -> list[tuple[int, date, int]]:
    """Return who gives away more than it has: owner, first such day, and the most on any day, in millionths.

    A running total over the days on which a share begins or ends: one sort, however many share with each other.
    """
    quote = connection.ops.quote_name
    table, column = quote(model._meta.db_table), quote(f"{model._meta.get_field(owner).attname}")
    share = f"CAST(ROUND(share * {MICRO}) AS BIGINT)"
    sql = (
        f"WITH event (owner, day, share) AS ("  # noqa: S608 - names of our own tables and columns, and one number
        f"SELECT {column}, starts, {share} FROM {table} WHERE retracted_at IS NULL UNION ALL "
        f"SELECT {column}, ends, -{share} FROM {table} WHERE retracted_at IS NULL AND ends IS NOT NULL), "
        f"by_day AS (SELECT owner, day, SUM(share) AS share FROM event GROUP BY owner, day), "
        f"running AS (SELECT owner, day, SUM(share) OVER (PARTITION BY owner ORDER BY day) AS total FROM by_day) "
        f"SELECT owner, MIN(day), MAX(total) FROM running WHERE total > {MICRO} GROUP BY owner ORDER BY owner"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall()
    return [(key, day if isinstance(day, date) else date.fromisoformat(day), int(total)) for key, day, total in rows]


def links_share_at_most_all(now: Moment) -> Finding:
    """Look for suppliers whose agreed shares exceed their output on some day."""
    finding = Finding(Link.objects.known().values("supplier").distinct().count(), "suppliers")
    over = _over_one(Link, "supplier")
    products = Product.objects.in_bulk([owner for owner, *_ in over[:SHOWN]])
    for owner, day, most in over:
        product = products.get(owner)
        href = f"{reverse('network:network')}?supplier={product.code}" if product else ""
        found = f"{most / MICRO:.2%} of its output, from {formats.day_name(day)} on"
        finding.add(Wrong(product.name if product else f"Product {owner}", found, "at most 100%", href))
    return finding


def teams_share_at_most_all(now: Moment) -> Finding:
    """Look for teams whose assignments exceed their capacity on some day."""
    finding = Finding(Assignment.objects.known().values("team").distinct().count(), "teams")
    over = _over_one(Assignment, "team")
    teams = Team.objects.in_bulk([owner for owner, *_ in over[:SHOWN]])
    for owner, day, most in over:
        team = teams.get(owner)
        found = f"{most / MICRO:.2%} of its capacity, from {formats.day_name(day)} on"
        name = team.name if team else f"Team {owner}"
        finding.add(Wrong(name, found, "at most 100%", team.get_absolute_url() if team else ""))
    return finding


# -- counted once ----------------------------------------------------------------------------------------------------


KEYS: tuple[tuple[type[Model], Sequence[str]], ...] = (
    (LedgerEntry, ["reference"]),
    (Observation, ["metric", "starts"]),
    (Usage, ["supplier", "consumer", "month"]),
    (ExchangeRate, ["currency", "base", "starts"]),
    (Confirmation, ["valuation", "recorded_by"]),
)


def keys_are_known_once(now: Moment) -> Finding:
    """Look for rows that stand beside another with the same natural key."""
    finding = Finding(len(KEYS), "kinds of row")
    for model, key in KEYS:
        rows = model.objects.known()
        if model is Confirmation:
            rows = rows.exclude(recorded_by=None)
        twice = rows.order_by().values(*key).annotate(count=Count("pk"), first=Min("pk")).filter(count__gt=1)
        found = list(twice.order_by("first")[:SHOWN])
        named = model.objects.in_bulk([one["first"] for one in found])
        for one in found:
            row = named[one["first"]]
            what = ", ".join(f"{model._meta.get_field(name).verbose_name} {one[name]}" for name in key)
            needed = "one that stands"
            finding.add(Wrong(_name(model, row.pk), f"{one['count']} that stand with {what}", needed, _page(row)))
        finding.count += twice.count() - SHOWN if len(found) == SHOWN else 0
    return finding


def _overlapping(rows: QuerySet, keys: Iterable[str]) -> QuerySet:
    """Return the rows that begin before an earlier one with the same keys has ended: one sort."""
    before = Window(
        Max(Coalesce("ends", Value(FOREVER))),
        partition_by=[F(key) for key in keys],
        order_by=[F("starts").asc(), F("pk").asc()],
        frame=RowRange(start=None, end=-1),
    )
    return rows.order_by().annotate(before=before).filter(before__gt=F("starts"))


def flows_do_not_overlap(now: Moment) -> Finding:
    """Look for days on which a flow was observed twice."""
    flows = Observation.objects.known().filter(metric__behaviour=Behaviour.FLOW)
    return _overlaps(Finding(0, "observations"), [(flows, ["metric_id"])])


def agreements_do_not_overlap(now: Moment) -> Finding:
    """Look for days on which an agreement holds twice."""
    return _overlaps(
        Finding(0, "agreements"),
        [
            (Valuation.objects.known(), ["metric_id"]),
            (Link.objects.known(), ["supplier_id", "consumer_id"]),
            (ExchangeRate.objects.known(), ["currency", "base"]),
            (Allocation.objects.known(), ["stream_id", "product_id"]),
            (Assignment.objects.known(), ["team_id", "product_id"]),
            (Membership.objects.known(), ["person_id", "team_id", "discipline_id"]),
            (Rate.objects.known(), ["discipline_id"]),
        ],
    )


def _overlaps(finding: Finding, kinds: list[tuple[QuerySet, list[str]]]) -> Finding:
    for rows, keys in kinds:
        finding.looked_at += rows.count()
        twice = _overlapping(rows, keys)
        found = list(twice.values_list("pk", "starts", "before")[:SHOWN])
        named = rows.model.objects.in_bulk([key for key, *_ in found])
        for key, starts, before in found:
            until = "has no end" if before == FOREVER else f"ends on {before}"
            text = f"starts on {starts}, but one before it {until}"
            finding.add(Wrong(_name(rows.model, key), text, "each day once", _page(named[key])))
        finding.count += twice.count() - SHOWN if len(found) == SHOWN else 0
    return finding


def recorded_in_order(now: Moment) -> Finding:
    """Look for rows that claim to have been recorded in time to come, or retracted before they were recorded."""
    ahead = timezone.now() + timedelta(minutes=5)  # clocks of several hosts differ a little
    finding = Finding(len(FACTS), "kinds of fact")
    for model in FACTS:
        odd = model.objects.filter(Q(recorded_at__gt=ahead) | Q(retracted_at__lt=F("recorded_at")))
        count, first = _first(odd)
        for row in first:
            found = f"recorded {row.recorded_at:%Y-%m-%d %H:%M}" + (
                f", retracted {row.retracted_at:%Y-%m-%d %H:%M}" if row.retracted_at else ""
            )
            finding.add(Wrong(_name(model, row.pk), found, "in that order, and not in time to come", _page(row)))
        finding.count += max(0, count - SHOWN)
    return finding
