"""What is wrong with facts of a batch, in words: the rules of `portfolio.common.actions`, held against many at once.

Only rows that may be wrong come here (`portfolio.intake.plans` finds them). Each class answers for one model what
`complete` and `guard` answer for one row, from a few queries for all. What they refuse is the same:
`tests/intake/test_bulk.py` loads random files both ways.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from funding.models import ExchangeRate, LedgerEntry
from portfolio.common import access, actions
from portfolio.common.errors import TwofoldError
from portfolio.common.models import User
from portfolio.common.money import to_cent
from portfolio.common.recorded import Recorded
from portfolio.intake.conditions import clean
from portfolio.network.models import Link, Usage
from products.value.models import Behaviour, Observation, Score

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

    def read(self) -> None:
        """Read what the rows are held against, once it is locked."""

    def complete(self, row: Any) -> None:
        """Fill in what follows from the given fields."""

    def guard(self, row: Any, old: Any | None) -> None:
        """Raise ValidationError where `row` cannot stand beside what is known, `old` being gone."""

    def accept(self, row: Any, old: Any | None) -> None:
        """Count `row` among what is known, and `old` no longer."""


class LedgerEntryFacts(Facts):
    """Ledger entries are converted at the rate of their first day, each rate looked up once."""

    def __init__(self, rows: list[LedgerEntry]):
        super().__init__(rows)
        self.rates: dict[tuple[str, date], Decimal | None] = {}

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
        self.scores: dict[int, Score] = {}

    def read(self) -> None:
        """Read the days that are counted already, and which of their observations stand for a score."""
        for part in chunks(self.metrics):
            known = Score.objects.known().filter(metric__in=part, observation__isnull=False)
            self.scores |= {score.observation_id: score for score in known}
        flows = {row.metric_id: row.metric for row in self.rows if row.metric.behaviour == Behaviour.FLOW}
        first, after = min(row.starts for row in self.rows), max(row.ends for row in self.rows)
        for part in chunks(flows):
            known = Observation.objects.known().filter(metric__in=part, starts__lt=after, ends__gt=first)
            for standing in known.order_by("starts"):
                standing.metric = flows[standing.metric_id]
                self.taken[standing.metric_id].append(standing)

    def guard(self, row: Observation, old: Observation | None) -> None:
        """Refuse days that are counted already, a level for more than a day, and what its score is to change."""
        if old and (score := self.scores.get(old.pk)):
            raise old.belongs_to(score)
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


def _starts(row: Observation) -> date:
    return row.starts


class UsageFacts(Facts):
    """Usage needs a link in its month; all links of the suppliers are read once."""

    def __init__(self, rows: list[Usage]):
        super().__init__(rows)
        self.suppliers = {row.supplier_id for row in rows}
        self.links: dict[tuple[int, int], list[tuple[date, date | None]]] = defaultdict(list)

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


#: The models whose files run to many thousands of rows.
FACTS: dict[type[models.Model], type[Facts]] = {
    LedgerEntry: LedgerEntryFacts,
    Observation: ObservationFacts,
    Usage: UsageFacts,
}


def check_facts(changes: list[Change], *, by: User | None, refuse: Callable[[int, Exception], None]) -> None:
    """Call `refuse` with the number of every row that cannot stand, and with what is wrong with it.

    Rows that may be in each other's way must be given together.
    """
    if not changes:
        return
    model = type(changes[0].row)
    facts = FACTS[model]([change.row for change in changes])
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
