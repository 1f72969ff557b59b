"""Facts, recorded by the ten thousand: the rules of `portfolio.common.actions`, held against a whole file at once.

Each class answers for one model what `complete`, `guard` and `touched` answer for one row, from a few queries for
all rows. What they refuse and mark is the same: `tests/intake/test_bulk.py` loads random files both ways.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Min

from funding.models import ExchangeRate, LedgerEntry
from portfolio.common import access, actions
from portfolio.common.errors import AlreadyRetracted, NotAllowed, TwofoldError
from portfolio.common.models import User
from portfolio.common.money import to_cent
from portfolio.common.months import add_months, last_day
from portfolio.common.recorded import Recorded
from portfolio.common.staleness import Touch, gathering_marks, mark_stale
from portfolio.intake.conditions import clean
from portfolio.network.models import Link, Usage
from products.catalog.models import Product
from products.value.models import Behaviour, Metric, Observation

CHUNK = 5_000  # ids in one query, well below what the databases take


@dataclass
class Change:
    """A row of the file that is to be recorded, in place of the row that stands, if there is one."""

    number: int
    row: Recorded
    old: Recorded | None = None


def chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield `items` in lists short enough for one query."""
    waiting = iter(items)
    while part := list(islice(waiting, CHUNK)):
        yield part


def hold_rows(model: type[models.Model], keys: Iterable[int]) -> None:
    """Lock rows until the transaction ends, always in the same order, so that two loads cannot wait for each other."""
    for part in chunks(sorted(keys)):
        list(model.objects.select_for_update().filter(pk__in=part).order_by("pk").values_list("pk"))


def replacement(row: Recorded, changes: Mapping[str, Any]) -> Recorded:
    """Return a new row with the facts of `row` and `changes`; not saved."""
    kept = {
        field.name: getattr(row, field.name)
        for field in row._meta.concrete_fields
        if field.name not in actions.RECORDING and not isinstance(field, models.GeneratedField)
    }
    return type(row)(**kept | dict(changes))


class Facts:
    """What rows of one model are held against; the base is a model without rules beyond its constraints."""

    def __init__(self, rows: list[Any]):
        self.rows = rows

    def lock(self) -> None:
        """Lock what the rows are held against."""

    def read(self) -> None:
        """Read what the rows are held against, once it is locked."""

    def complete(self, row: Any) -> None:
        """Fill in what follows from the given fields."""

    def guard(self, row: Any, old: Any | None) -> None:
        """Raise ValidationError where `row` cannot stand beside what is known, `old` being gone."""

    def accept(self, row: Any, old: Any | None) -> None:
        """Count `row` among what is known, and `old` no longer."""

    def touches(self, rows: list[Any]) -> list[Touch]:
        """Return the figures that rows, by now recorded or retracted, change."""
        return [touch for row in rows for touch in row.touched()]


class LedgerEntryFacts(Facts):
    """Ledger entries are converted at the rate of their first day, each rate looked up once."""

    def __init__(self, rows: list[LedgerEntry]):
        super().__init__(rows)
        self.rates: dict[tuple[str, date], Decimal | None] = {}

    def lock(self) -> None:
        """Wait for changes of the rates, once a currency."""
        for row in {row.currency: row for row in self.rows}.values():
            row.lock()

    def complete(self, row: LedgerEntry) -> None:
        """Convert to the base currency; a rate that is missing is refused by the row itself, in its words."""
        key = row.currency, row.starts
        if key not in self.rates:
            try:
                self.rates[key] = ExchangeRate.objects.known().rate_on(*key)
            except ValidationError:
                self.rates[key] = None
        rate = self.rates[key]
        if rate is None:
            row.complete()
        row.base_amount = to_cent(row.amount * rate)
        try:
            row._meta.get_field("base_amount").clean(row.base_amount, row)
        except ValidationError as error:
            raise ValidationError({"amount": error.messages}) from error


class ObservationFacts(Facts):
    """Observations of a flow must not overlap; each metric's days are kept in order, so that neighbours tell."""

    def __init__(self, rows: list[Observation]):
        super().__init__(rows)
        self.metrics = {row.metric_id for row in rows}
        self.taken: dict[int, list[Observation]] = defaultdict(list)

    def lock(self) -> None:
        """Hold the metrics."""
        hold_rows(Metric, self.metrics)

    def read(self) -> None:
        """Read the days that are counted already."""
        flows = {row.metric_id: row.metric for row in self.rows if row.metric.behaviour == Behaviour.FLOW}
        first, after = min(row.starts for row in self.rows), max(row.ends for row in self.rows)
        for part in chunks(flows):
            known = Observation.objects.known().filter(metric__in=part, starts__lt=after, ends__gt=first)
            for standing in known.order_by("starts"):
                standing.metric = flows[standing.metric_id]
                self.taken[standing.metric_id].append(standing)

    def guard(self, row: Observation, old: Observation | None) -> None:
        """Refuse days that are counted already, and a level for more than a day."""
        if row.metric.behaviour == Behaviour.LEVEL:
            row.guard()
            return
        days = self.taken[row.metric_id]
        # Days that stand do not overlap, so only the one before and those from this day on can: of these, `old`
        # starts on this very day.
        place = bisect_left(days, row.starts, key=_starts)
        for other in days[max(0, place - 1) : place + 2]:
            if other.starts < row.ends and other.ends > row.starts and not (old and other.pk == old.pk):
                raise row.clash_with(other)

    def accept(self, row: Observation, old: Observation | None) -> None:
        """Put the row among its metric's days."""
        days = self.taken[row.metric_id]
        place = bisect_left(days, row.starts, key=_starts)
        if old and place < len(days) and days[place].pk == old.pk:
            days[place] = row
        else:
            days.insert(place, row)

    def touches(self, rows: list[Observation]) -> list[Touch]:
        """Return each row's own months, and those after it until the next observation that now stands."""
        first, last = min(row.starts for row in rows), max(row.starts for row in rows)
        starts: dict[int, list[date]] = defaultdict(list)
        for part in chunks({row.metric_id for row in rows}):
            known = Observation.objects.known().filter(metric__in=part)
            within = known.filter(starts__gte=first, starts__lte=last).order_by("starts")
            beyond = known.filter(starts__gt=last).order_by().values("metric").annotate(next=Min("starts"))
            for metric, day in [*within.values_list("metric", "starts"), *beyond.values_list("metric", "next")]:
                starts[metric].append(day)
        touches = []
        for row in rows:
            days = starts[row.metric_id]
            place = bisect_right(days, row.starts)
            last = max(days[place], last_day(row.ends)) if place < len(days) else None
            touches.append(Touch(row.metric.product_id, row.starts, last))
        return touches


def _starts(row: Observation) -> date:
    return row.starts


class UsageFacts(Facts):
    """Usage needs a link in its month; all links of the suppliers are read once."""

    def __init__(self, rows: list[Usage]):
        super().__init__(rows)
        self.suppliers = {row.supplier_id for row in rows}
        self.links: dict[tuple[int, int], list[tuple[date, date | None]]] = defaultdict(list)

    def lock(self) -> None:
        """Hold the suppliers, so that no link goes meanwhile."""
        hold_rows(Product, self.suppliers)

    def read(self) -> None:
        """Read the links of the suppliers."""
        for part in chunks(self.suppliers):
            links = Link.objects.known().filter(supplier__in=part)
            for supplier, consumer, starts, ends in links.values_list("supplier", "consumer", "starts", "ends"):
                self.links[supplier, consumer].append((starts, ends))

    def guard(self, row: Usage, old: Usage | None) -> None:
        """Refuse usage without an agreement; the row says so itself, in its words."""
        if row.consumer_id is None:
            return
        links = self.links[row.supplier_id, row.consumer_id]
        if not any(starts <= row.month and (ends is None or ends > row.month) for starts, ends in links):
            row.guard()

    def touches(self, rows: list[Usage]) -> list[Touch]:
        """Return each row's month, and those after it until its supplier is metered again."""
        first, last = min(row.month for row in rows), max(row.month for row in rows)
        metered: dict[int, list[date]] = defaultdict(list)
        for part in chunks({row.supplier_id for row in rows}):
            known = Usage.objects.known().filter(supplier__in=part).order_by()
            within = known.filter(month__gte=first, month__lte=last).order_by("month").distinct()
            beyond = known.filter(month__gt=last).values("supplier").annotate(next=Min("month"))
            for supplier, month in [
                *within.values_list("supplier", "month"),
                *beyond.values_list("supplier", "next"),
            ]:
                metered[supplier].append(month)
        touches = []
        for row in rows:
            months = metered[row.supplier_id]
            place = bisect_right(months, row.month)
            following = add_months(months[place], -1) if place < len(months) else None
            touches.append(Touch(row.supplier_id, row.month, following))
        return touches


#: The models whose files run to many thousands of rows.
FACTS: dict[type[models.Model], type[Facts]] = {
    LedgerEntry: LedgerEntryFacts,
    Observation: ObservationFacts,
    Usage: UsageFacts,
}


def record_facts(
    changes: list[Change], *, reason: str, by: User | None, refuse: Callable[[int, Exception], None]
) -> None:
    """Record new facts, and those that correct others with `reason`, in a few statements for all.

    Calls `refuse` with a row's number and what is wrong with it, for every row that cannot stand; then nothing is
    written. Must run inside a transaction.
    """
    if not changes:
        return
    model = type(changes[0].row)
    facts = FACTS[model]([change.row for change in changes])
    facts.lock()
    facts.read()
    covered = access.reach(by, access.writers_of(model)) if by is not None else access.Reach(is_everything=True)

    def attempt(change: Change) -> Exception | None:
        try:
            _check(change, facts, covered=covered, by=by)
        except (ValidationError, TwofoldError) as error:
            return error
        facts.accept(change.row, change.old)
        return None

    refused = settle([change for change in changes if change.old], attempt)
    refused += [(change, error) for change in changes if not change.old and (error := attempt(change))]
    for change, error in refused:
        refuse(change.number, error)
    if not refused:
        _write(changes, facts, reason=reason, by=by)


def settle(changes: list[Change], attempt: Callable[[Change], Exception | None]) -> list[tuple[Change, Exception]]:
    """Attempt corrections until none of those left can be made; return these, each with its refusal.

    One correction may free what another takes, such as a share or a day, whichever comes first in the file.
    """
    left = changes
    while True:
        refused = [(change, error) for change in left if (error := attempt(change))]
        if not refused or len(refused) == len(left):
            return refused
        left = [change for change, _ in refused]


def _check(change: Change, facts: Facts, *, covered: access.Reach, by: User | None) -> None:
    """Do for one row what `portfolio.common.actions` does before it writes, in the same order."""

    def require(one: Recorded) -> None:
        if not covered.is_everything and not one.is_within(covered):
            access.require(by, one)

    row, old = change.row, change.old
    require(old or row)
    facts.complete(row)
    clean(row)
    facts.guard(row, old)
    require(row)


def _write(changes: list[Change], facts: Facts, *, reason: str, by: User | None) -> None:
    model = type(changes[0].row)
    olds = [change.old for change in changes if change.old]
    now = actions.now_after(*olds)
    retracted = sum(
        model.objects.filter(pk__in=part, retracted_at=None).update(retracted_at=now, retracted_by=by, reason=reason)
        for part in chunks(old.pk for old in olds)
    )
    if retracted != len(olds):
        raise AlreadyRetracted("Rows of this file were corrected or retracted in the meantime. Load it again.")
    for change in changes:
        change.row.recorded_at, change.row.recorded_by = now, by
        if change.old:
            change.row.corrects, change.row.reason = change.old, reason
    try:
        with transaction.atomic():
            model.objects.bulk_create([change.row for change in changes], batch_size=CHUNK)
    except IntegrityError as error:
        raise NotAllowed(
            f"The database refused these rows, most likely because someone recorded some of them in the meantime. "
            f"Load the file again. ({error})"
        ) from error
    name = model._meta.verbose_name
    recorded = [change.row for change in changes if not change.old]
    corrected = [row for change in changes if change.old for row in (change.old, change.row)]
    with gathering_marks():
        for rows, verb in ((recorded, "recorded"), (corrected, "corrected")):
            if rows:
                mark_stale(facts.touches(rows), cause=f"{name} {verb}")
