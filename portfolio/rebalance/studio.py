"""What the studio's table shows: the lines of a scenario by value stream, their sums, and what is left to give.

A scenario can be read as it stood at a past moment: its steps since are taken back, on paper.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from portfolio.common import formats
from portfolio.common.money import base_currency, to_cent
from portfolio.rebalance import steps
from portfolio.rebalance.models import Scenario, ScenarioLine
from portfolio.rebalance.scenario_actions import from_text, scenario_rates
from products.catalog.models import ValueStream

ZERO = Decimal("0.00")
SLIDES = 100  # steps from nothing to twice what a line has


@dataclass
class Row:
    """One line as the table shows it; `typed` and `error` are what was typed and what is wrong with it."""

    line: ScenarioLine
    rate: Decimal
    typed: str = ""
    error: str = ""
    figures: Any = None  #: what its product's money returns; see `panel`
    was: Decimal = ZERO  #: what the scenario has, where the line holds what is suggested instead

    @property
    def change(self) -> Decimal:
        """What would change a month, in the stream's currency."""
        return self.line.monthly_amount - self.line.base_amount

    @property
    def change_text(self) -> str:
        """What would change, as text: with its sign, empty where nothing does."""
        return change_text(self.change, self.line.stream.currency)

    @property
    def against(self) -> Decimal:
        """What would change against what the scenario has, in the stream's currency."""
        return self.line.monthly_amount - self.was

    @property
    def now(self) -> Decimal:
        """What it had when the scenario began, in the base currency."""
        return to_cent(self.line.base_amount * self.rate)

    @property
    def proposed(self) -> Decimal:
        """What it would have, in the base currency."""
        return to_cent(self.line.monthly_amount * self.rate)

    @property
    def shown(self) -> str:
        """What stands in the box: what was typed, or the amount."""
        return self.typed or f"{self.line.monthly_amount:,.2f}"

    @cached_property
    def slide(self) -> tuple[str, str]:
        """The slider's sensible step, and its far end: twice what there is, or was."""
        size = max(self.line.base_amount, self.line.monthly_amount) or Decimal(1000)
        step = _round_step(2 * size / SLIDES)
        return f"{step:f}", f"{-(-2 * size // step) * step:f}"


def change_text(change: Decimal, currency: str) -> str:
    """Return a change with its sign, such as +£12k; nothing where there is none."""
    if not change:
        return ""
    return f"{'+' if change > 0 else formats.MINUS}{formats.money_short(abs(change), currency)}"


def _round_step(size: Decimal) -> Decimal:
    """Return the largest of 1, 2 or 5 times a power of ten, not below a cent, that is no more than `size`."""
    power = Decimal(10) ** max(size.adjusted(), -2)
    return next((factor * power for factor in (5, 2) if factor * power <= size), power)


class Sums:
    """What rows add up to, in the base currency."""

    rows: list[Row]

    @cached_property
    def now(self) -> Decimal:
        """What they had when the scenario began."""
        return sum((row.now for row in self.rows), ZERO)

    @property
    def proposed(self) -> Decimal:
        """What they would have."""
        return sum((row.proposed for row in self.rows), ZERO)

    @property
    def change(self) -> Decimal:
        """What would change."""
        return self.proposed - self.now

    @property
    def change_text(self) -> str:
        """What would change, as text."""
        return change_text(self.change, base_currency())


@dataclass
class Group(Sums):
    """The rows of a value stream's own products."""

    stream: ValueStream
    rows: list[Row] = field(default_factory=list)


@dataclass
class Study(Sums):
    """A scenario as it is read: all of its lines, and which of them are shown."""

    scenario: Scenario
    rows: list[Row]
    groups: list[Group]
    words: str = ""
    shown_stream: str = ""

    @cached_property
    def by_key(self) -> dict[int, Row]:
        """All rows, by the key of their line."""
        return {row.line.pk: row for row in self.rows}

    def with_amounts(self, amounts: Mapping[int, Decimal]) -> "Study":
        """Return it with other amounts, by line, on paper: all of its lines, in no groups."""
        rows = []
        for row in self.rows:
            line = copy(row.line)
            line.monthly_amount = amounts.get(line.pk, line.monthly_amount)
            rows.append(Row(line, row.rate, was=row.line.monthly_amount))
        return Study(self.scenario, rows, [])

    @property
    def lines(self) -> list[ScenarioLine]:
        """All lines, shown or not."""
        return [row.line for row in self.rows]

    @property
    def moved(self) -> Decimal:
        """How much money moves: half of what is taken and given, where as much is given as taken."""
        return sum((abs(row.proposed - row.now) for row in self.rows), ZERO) / 2

    @property
    def budget(self) -> Decimal:
        """What there is a month."""
        return self.now if self.scenario.budget is None else self.scenario.budget

    @property
    def left(self) -> Decimal:
        """What is left to give; below nothing where more is given than there is."""
        return self.budget - self.proposed

    @property
    def left_words(self) -> str:
        """What is left, in words."""
        amount = formats.money(abs(self.left), base_currency())
        if self.left == 0:
            return "All of the budget is given, to the cent."
        return f"{amount} a month left to give." if self.left > 0 else f"{amount} a month more than there is."

    @property
    def changed(self) -> list[Row]:
        """The rows with another amount than they began with."""
        return [row for row in self.rows if row.change]

    @property
    def shown(self) -> Iterator[Row]:
        """The rows that the filter leaves."""
        return (row for group in self.groups for row in group.rows)

    @property
    def is_narrowed(self) -> bool:
        """Whether some rows are left out."""
        return bool(self.words or self.shown_stream)


def study(scenario: Scenario, *, at: datetime | None = None, words: str = "", stream: str = "") -> Study:
    """Read a scenario, as it stands or as it stood `at` a moment; show only lines with `words`, below a value stream.

    A constant number of queries, whatever its size.
    """
    lines = list(scenario.lines.select_related("stream", "product").order_by("product__name", "stream__name", "pk"))
    if at is not None:
        take_back(scenario, lines, at)
    rates = scenario_rates(scenario, {line.stream.currency for line in lines}, at)
    tree = ValueStream.objects.all().as_tree()
    by_key = {one.pk: one for one in tree}
    wanted = {one.pk for one in tree if not stream or stream in {one.code, *(above.code for above in one.above)}}
    groups = {one.pk: Group(one) for one in tree}
    rows = []
    looked_for = words.casefold().split()
    for line in lines:
        line.scenario = scenario
        line.product.value_stream = by_key[line.product.value_stream_id]
        row = Row(line, rates[line.stream.currency])
        rows.append(row)
        found = f"{line.product.name} {line.product.code} {line.stream.name} {line.stream.code}".casefold()
        if line.product.value_stream_id in wanted and all(word in found for word in looked_for):
            groups[line.product.value_stream_id].rows.append(row)
    return Study(scenario, rows, [group for group in groups.values() if group.rows], words, stream)


def as_seen(scenario: Scenario, lines: Iterable[ScenarioLine], version: int) -> dict[int, tuple[Decimal, bool]]:
    """Return the amount and lock that each line had at a version, by line."""
    seen = {line.pk: (line.monthly_amount, line.is_locked) for line in lines}
    if version < scenario.version:
        for (line, name), old in steps.before(steps.changes_since(scenario, version)).items():
            if line in seen:
                amount, is_locked = seen[line]
                value = from_text(name, old)
                seen[line] = (value, is_locked) if name == "monthly_amount" else (amount, value)
    return seen


def take_back(scenario: Scenario, lines: Iterable[ScenarioLine], at: datetime) -> None:
    """Give scenario and lines, in memory, what they had at a moment."""
    since = list(scenario.steps.filter(at__gt=at).order_by("number"))
    held: Mapping[int | None, Any] = {None: scenario, **{line.pk: line for line in lines}}
    for (line, name), old in steps.before(since).items():
        if line in held:
            setattr(held[line], name, from_text(name, old))
    if since:
        scenario.version = since[0].number - 1
