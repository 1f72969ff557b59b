"""What a scenario's split would do, as the studio, a comparison and the API tell it.

The whole, each value stream, neighbours in the network, guardrails, and teams; each against leaving it as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from numpy.typing import NDArray

from funding import guardrails
from portfolio.common import formats
from portfolio.common.errors import TwofoldError
from portfolio.common.money import base_currency
from portfolio.engine.response import average_returns, marginal_returns
from portfolio.rebalance.basis import Basis, basis
from portfolio.rebalance.effects import Change, Effects, effects
from portfolio.rebalance.studio import Study
from portfolio.rebalance.teams import TeamChange, assumptions, team_changes
from portfolio.rollup import reading

Floats = NDArray[np.float64]
NEIGHBOURS = 8
NO_FIGURES = "There are no figures yet, so nothing can be said of what a split would do. Amounts are kept all the same."
OUTSIDE = "It has neither figures nor money in this window: its money stays as it is in every suggestion."


@dataclass(frozen=True)
class RowFigures:
    """What the table shows of a line's product: value per unit of cost before and after, and two kinds of return."""

    before: float
    after: float
    average: float
    marginal: float
    why: str
    has_basis: bool

    @property
    def texts(self) -> list[str]:
        """Before, after, average and marginal, as text."""
        return [formats.ratio(figure) for figure in (self.before, self.after, self.average, self.marginal)]


@dataclass(frozen=True)
class Neighbour:
    """A product whose own money stays and whose value per unit of cost moves all the same."""

    name: str
    code: str
    before: float
    after: float

    @property
    def moved(self) -> float:
        """By how much it moves."""
        return self.after - self.before


@dataclass
class Panel:
    """All of it; without figures only what needs none."""

    problem: str = ""
    effects: Effects | None = None
    amounts: Floats | None = None  #: (P,) what each product of the basis would get
    streams: list[Change] = field(default_factory=list)
    neighbours: list[Neighbour] = field(default_factory=list)
    rules: list[guardrails.Outcome] = field(default_factory=list)
    already: frozenset[int] = frozenset()  #: keys of rules that are broken as it is, too
    rules_problem: str = ""
    waivers: list[Any] = field(default_factory=list)
    teams: list[TeamChange] = field(default_factory=list)

    @property
    def basis(self) -> Basis | None:
        """What the effects rest on."""
        return self.effects.basis if self.effects else None

    @property
    def broken(self) -> list[guardrails.Outcome]:
        """The rules that it breaks without leave."""
        return [outcome for outcome in self.rules if not outcome.is_allowed]

    @property
    def waived(self) -> list[guardrails.Outcome]:
        """The rules that it breaks with leave."""
        return [outcome for outcome in self.rules if not outcome.is_kept and outcome.is_allowed]

    @property
    def kept(self) -> list[guardrails.Outcome]:
        """The rules that it keeps."""
        return [outcome for outcome in self.rules if outcome.is_kept]

    @property
    def assumptions(self) -> list[str]:
        """What is assumed of teams."""
        return assumptions()

    @property
    def verdict(self) -> str:
        """What it comes to, in a sentence; a tie is told as a tie."""
        return verdict(self.effects) if self.effects else self.problem

    def as_json(self) -> dict[str, Any]:
        """Return it for programs: amounts are in the base currency, a month."""
        return {
            "currency": base_currency(),
            "problem": self.problem or None,
            "verdict": self.verdict,
            "whole": _effects_json(self.effects) if self.effects else None,
            "value_streams": [_change_json(change) for change in self.streams],
            "neighbours": [
                {"product": one.code, "before": _number(one.before), "after": _number(one.after)}
                for one in self.neighbours
            ],
            "guardrails": [
                {
                    "name": outcome.rule.name,
                    "is_kept": outcome.is_kept,
                    "is_allowed": outcome.is_allowed,
                    "broken_by": outcome.broken_by,
                    "words": outcome.words,
                    "waived_until": outcome.waiver.ends.isoformat() if outcome.waiver else None,
                }
                for outcome in self.rules
            ],
            "guardrails_problem": self.rules_problem or None,
            "teams": [
                {
                    "team": one.team.code,
                    "kind": one.kind,
                    "fte_before": round(one.before, 2),
                    "fte_after": round(one.after, 2),
                    "ramp_up_months": round(one.ramp_up, 2),
                    "tenure_months": round(one.tenure, 1),
                }
                for one in self.teams
            ],
            "assumptions": self.assumptions,
        }


def verdict(found: Effects) -> str:
    """Return what a split comes to, in a sentence."""
    currency = base_currency()
    if np.array_equal(found.before.spend, found.after.spend):
        return "Nothing is moved: this is leaving it as it is."
    gain = formats.money_short(found.gain, currency)
    span = f"{formats.money_short(found.gain_low, currency)} to {formats.money_short(found.gain_high, currency)}"
    chance = formats.share(found.probability)
    if found.is_tie:
        return (
            f"It cannot be told apart from leaving it as it is: {gain} of value a month is expected, "
            f"with a range of {span} that includes nothing. A gain in {chance} of the draws."
        )
    word = "more" if found.gain >= 0 else "less"
    size = formats.money_short(abs(found.gain), currency)
    return f"{size} of value a month {word} than leaving it as it is, range {span}. A gain in {chance} of the draws."


def read(found: Study, asked: reading.Asked | None) -> Panel:
    """Work out what a scenario's split would do, and put on each of its rows what the table shows of its product.

    A constant number of queries, whatever the size.
    """
    at = asked.at if asked else None
    panel = Panel()
    try:
        ground = basis(on=found.scenario.starts, asked=asked)
    except ValidationError as error:
        ground, panel.problem = None, " ".join(error.messages)
    if ground is None:
        panel.problem = panel.problem or NO_FIGURES
        before = _by_product(found, "now")
        after = _by_product(found, "proposed")
    else:
        panel.amounts = amounts(ground, found)
        panel.effects = effects(ground, panel.amounts)
        panel.streams = _streams(panel.effects)
        panel.neighbours = _neighbours(panel.effects)
        _put_on_rows(found, panel.effects)
        ids = ground.products.tolist()
        before = dict(zip(ids, ground.spend.tolist(), strict=True))
        after = dict(zip(ids, panel.amounts.tolist(), strict=True))
    panel.teams = team_changes(before, after, on=found.scenario.starts, known=at)
    try:
        _hold_against_rules(panel, found, at)
    except TwofoldError as error:
        panel.rules_problem = str(error)
    return panel


def _by_product(found: Study, name: str) -> dict[int, float]:
    money: dict[int, float] = {}
    for row in found.rows:
        money[row.line.product_id] = money.get(row.line.product_id, 0.0) + float(getattr(row, name))
    return money


def amounts(ground: Basis, found: Study) -> Floats:
    """Return what each product of the basis would get a month in the base currency, (P,).

    The lines' amounts take the place of what their streams pay their products now; everything else stays.
    """
    given = ground.spend.copy()
    paid = {(line.stream.pk, int(ground.products[line.place])): float(line.amount) * line.rate for line in ground.lines}
    for row in found.rows:
        place = ground.place_of(row.line.product_id)
        if place is not None:
            new = float(row.line.monthly_amount) * float(row.rate)
            given[place] += new - paid.get((row.line.stream_id, row.line.product_id), 0.0)
    return np.maximum(given, 0.0)


def _streams(found: Effects) -> list[Change]:
    """Return the value streams whose figures move, those that move most first."""
    moved = [change for change in found.streams if _differs(change)]
    return sorted(moved, key=lambda change: -abs(change.after.value - change.before.value))


def _differs(change: Change) -> bool:
    return any(
        abs(new - old) > 0.5
        for old, new in (
            (change.before.spend, change.after.spend),
            (change.before.value, change.after.value),
            (change.before.cost, change.after.cost),
        )
    )


def _neighbours(found: Effects) -> list[Neighbour]:
    own = found.before.spend != found.after.spend
    before, after = found.before.ratio, found.after.ratio
    return [
        Neighbour(found.basis.rows[place].name, found.basis.rows[place].code, float(before[place]), float(after[place]))
        for place in found.moved_most(NEIGHBOURS, but_for=own)
        if formats.ratio(before[place]) != formats.ratio(after[place])
    ]


def _put_on_rows(found: Study, effect: Effects) -> None:
    ground, given = effect.basis, effect.after.spend
    elasticity = np.where(ground.has_basis, ground.middle, np.nan)
    average = average_returns(ground.spend, ground.credited, elasticity, given)
    marginal = marginal_returns(ground.spend, ground.credited, elasticity, given)
    before, after = effect.before.ratio, effect.after.ratio
    why, has_basis = ground.why, ground.has_basis
    by_place: dict[int, RowFigures] = {}
    for row in found.rows:
        place = ground.place_of(row.line.product_id)
        if place is None:
            row.figures = RowFigures(np.nan, np.nan, np.nan, np.nan, OUTSIDE, has_basis=False)
            continue
        if place not in by_place:
            by_place[place] = RowFigures(
                float(before[place]),
                float(after[place]),
                float(average[place]),
                float(marginal[place]),
                why[place],
                bool(has_basis[place]),
            )
        row.figures = by_place[place]


# -- Guardrails --------------------------------------------------------------------------------------------------------


def _hold_against_rules(panel: Panel, found: Study, at: datetime | None) -> None:
    frame, given = split_frame(found, at)
    panel.rules = sorted(guardrails.check(frame, given), key=lambda one: (one.is_kept, one.is_allowed, one.rule.name))
    panel.already = frozenset(one.rule.pk for one in guardrails.check(frame) if not one.is_kept)
    panel.waivers = list(frame.waivers)


def split_frame(found: Study, at: datetime | None = None) -> tuple[guardrails.SplitFrame, Floats]:
    """Return the frame of the scenario's day with its lines in it, and what each line would get, (L,)."""
    frame = guardrails.frame(found.scenario.starts, at)
    known_products, known_streams = set(frame.product_ids.tolist()), set(frame.stream_ids.tolist())
    rows = [
        row
        for row in found.rows
        if row.line.product_id in known_products and row.line.stream_id in known_streams
    ]  # fmt: skip
    frame = frame.with_lines([(row.line.product_id, row.line.stream_id) for row in rows])
    given = frame.amounts.copy()
    at_line = line_places(frame)
    for row in rows:
        given[at_line[row.line.product_id, row.line.stream_id]] = float(row.line.monthly_amount) * float(row.rate)
    return frame, given


def line_places(frame: guardrails.SplitFrame) -> Mapping[tuple[int, int], int]:
    """Return where the line of a product's and a stream's key is in a frame."""
    products, streams = frame.product_ids.tolist(), frame.stream_ids.tolist()
    pairs = zip(frame.line_products.tolist(), frame.line_streams.tolist(), strict=True)
    return {(products[product], streams[stream]): place for place, (product, stream) in enumerate(pairs)}


# -- For programs ------------------------------------------------------------------------------------------------------


def _number(figure: float | None) -> float | None:
    return None if figure is None or not np.isfinite(figure) else float(figure)


def _effects_json(found: Effects) -> dict[str, Any]:
    return _change_json(found.whole) | {
        "low_before": _number(found.low_before),
        "high_before": _number(found.high_before),
        "low_after": _number(found.low),
        "high_after": _number(found.high),
        "gain": found.gain,
        "gain_low": found.gain_low,
        "gain_high": found.gain_high,
        "probability_of_gain": found.probability,
        "is_tie": found.is_tie,
    }


def _change_json(change: Change) -> dict[str, Any]:
    name = {"value_stream": change.value_stream.code} if change.value_stream else {}
    return name | {
        side: {
            "spend": _number(part.spend),
            "cost": _number(part.cost),
            "value": _number(part.value),
            "ratio": _number(part.ratio),
        }
        for side, part in (("before", change.before), ("after", change.after))
    }
