"""Whether a split of money keeps the guardrails, and by how much it does or does not: no queries."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from funding.guardrails.frames import Amounts, Mask, SplitFrame
from funding.models import Bound, Guardrail, GuardrailKind, Waiver
from portfolio.common import formats


@dataclass(frozen=True)
class Part:
    """What a rule measures of one product, or of a sum, in the base currency a month."""

    measured: float
    limit: float
    room: float  #: how far it is from the limit, to the cent; below zero where it is broken
    waiver: Waiver | None = None
    product_id: int | None = None  #: None is a sum
    product_name: str = ""
    change: float = 0.0  #: of a rule about changes: by how much the product's money changed, with its sign

    @property
    def broken_by(self) -> float:
        """The amount by which the rule is broken; zero where it is kept."""
        return max(0.0, -self.room)


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a split stands to one guardrail.

    A rule that holds each product by itself is told by its `worst`: the product that breaks it most without leave,
    else most with leave, else comes closest to the limit for its size. `parts` has all that break it, worst first.
    Without a basis nothing is measured: no such product has money.
    """

    rule: Guardrail
    currency: str
    worst: Part | None
    is_kept: bool  #: whether nothing breaks it
    is_allowed: bool  #: whether it is kept, or whatever breaks it is waived
    find_parts: Callable[[], tuple[Part, ...]]

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All that breaks it, worst first; put together when it is asked for, since it may be hundreds of products."""
        return self.find_parts()

    @property
    def has_basis(self) -> bool:
        """Whether there is anything to measure."""
        return self.worst is not None

    @property
    def measured(self) -> float | None:
        """What is measured a month; None without a basis."""
        return self.worst.measured if self.worst else None

    @property
    def limit(self) -> float | None:
        """The limit as an amount a month; None without a basis."""
        return self.worst.limit if self.worst else None

    @property
    def distance(self) -> float | None:
        """How much room is left a month; below zero where the rule is broken; None without a basis."""
        return self.worst.room if self.worst else None

    @property
    def broken_by(self) -> float:
        """The amount by which the worst breaks it, waived or not; zero where it is kept."""
        return self.worst.broken_by if self.worst else 0.0

    @property
    def unwaived(self) -> tuple[Part, ...]:
        """What breaks it without leave, worst first."""
        return tuple(part for part in self.parts if part.waiver is None)

    @property
    def waiver(self) -> Waiver | None:
        """The waiver in force of what is told."""
        return self.worst.waiver if self.worst else None

    @property
    def words(self) -> str:
        """How it stands, in plain words, amounts rounded."""
        return self.tell(self.worst)

    def tell(self, part: Part | None, *, is_exact: bool = False) -> str:
        """Return how one part stands, in a sentence."""
        if part is None:
            return "There is nothing to measure yet."

        def money(amount: float) -> str:
            return formats.money(amount, self.currency) if is_exact else formats.money_short(amount, self.currency)

        is_most = self.rule.bound == Bound.MOST
        limit = "the most that is allowed" if is_most else "the least that is asked"
        if self.rule.kind == GuardrailKind.TEAM:
            limit = f"what keeps {self.rule.team} whole" if self.rule.team_id else "what keeps its teams whole"
        distance = money(abs(part.room))
        if part.room < 0:
            side = f"{distance} {'more' if is_most else 'less'} than {limit}"
        elif part.room > 0:
            side = f"{distance} {'below' if is_most else 'above'} {limit}"
        else:
            side = f"exactly {limit}"
        name = part.product_name or self.rule.subject
        if self.rule.kind == GuardrailKind.CHANGE:
            if not part.change:
                return f"{name} gets what it did as the quarter began, and may change by {money(part.limit)} a month."
            verb = "gains" if part.change > 0 else "loses"
            return f"{name} {verb} {money(part.measured)} a month this quarter, {side}."
        verb = {GuardrailKind.STREAM: "pays", GuardrailKind.STAGE: "get"}.get(self.rule.kind, "gets")  # type: ignore[call-overload]
        return f"{name} {verb} {money(part.measured)} a month, {side}."


def check(frame: SplitFrame, amounts: Amounts | None = None) -> list[Outcome]:
    """Return how a split stands to each guardrail of the frame, in their order.

    Parameters
    ----------
    frame : SplitFrame
        The products, streams, rules and waivers of a day.
    amounts : ndarray, shape (L,)
        What each line pays a month, in the base currency; without it, as it stands.

    Raises ValueError where the amounts are not one for each line.
    """
    given = frame.amounts if amounts is None else np.asarray(amounts, np.float64)
    if given.shape != frame.amounts.shape:
        raise ValueError(f"There are {given.shape} amounts for {len(frame.amounts)} lines; give one for each.")
    by_product, total = frame.by_product(given), float(given.sum())
    return [
        _each(frame, rule, by_product, total) if rule.is_per_product else _sum(frame, rule, given, total)
        for rule in frame.rules
    ]


def _sum(frame: SplitFrame, rule: Guardrail, amounts: Amounts, total: float) -> Outcome:
    """Hold a sum against its limit."""
    measured = float(amounts[frame.lines_of(rule)].sum())
    limit = frame.limit_of(rule, total)
    room = limit - measured if rule.bound == Bound.MOST else measured - limit
    waiver = next((waiver for waiver, _ in frame.waivers_of(rule)), None)
    part = Part(measured, limit, to_cent(room), waiver)
    is_kept = part.room >= 0
    return Outcome(
        rule, frame.currency, part, is_kept, is_kept or waiver is not None, lambda: () if is_kept else (part,)
    )


def _each(frame: SplitFrame, rule: Guardrail, by_product: Amounts, total: float) -> Outcome:
    """Hold each product against its limit."""
    measured, limit, applies = _measures(frame, rule, by_product, total)
    if not applies.any():
        return Outcome(rule, frame.currency, None, True, True, tuple)
    room = np.round(limit - measured if rule.bound == Bound.MOST else measured - limit, 2) + 0.0
    waivers = frame.waivers_of(rule)

    def part(index: int) -> Part:
        return Part(
            float(measured[index]),
            float(limit[index]),
            float(room[index]),
            next((waiver for waiver, covered in waivers if covered[index]), None),
            int(frame.product_ids[index]),
            frame.product_names[index],
            float(by_product[index] - frame.as_quarter_began[index]),
        )

    room[~applies] = np.inf
    is_broken = room < 0
    is_waived = np.zeros(len(room), np.bool_)
    for _, covered in waivers:
        is_waived |= covered
    without_leave = is_broken & ~is_waived

    def parts() -> tuple[Part, ...]:
        found = np.flatnonzero(is_broken)
        return tuple(map(part, found[np.argsort(room[found], kind="stable")].tolist()))

    # What breaks it without leave is told first, for that is what there is something to do about; where nothing does,
    # the product that has used up most of what it may, rather than the smallest one.
    if is_broken.any():
        worst = int(np.where(without_leave, room, np.inf).argmin() if without_leave.any() else room.argmin())
    else:
        worst = int((room / np.maximum(limit, 0.01)).argmin())
    return Outcome(rule, frame.currency, part(worst), not is_broken.any(), not without_leave.any(), find_parts=parts)


def _measures(frame: SplitFrame, rule: Guardrail, by_product: Amounts, total: float) -> tuple[Amounts, Amounts, Mask]:
    """Return what is measured of each product, its limit, and which products the rule holds: all (P,)."""
    products = frame.products_of(rule)
    if rule.kind == GuardrailKind.CHANGE:
        began = frame.as_quarter_began
        # What had nothing has no part to change by: new products are free to begin.
        return np.abs(by_product - began), began * float(rule.share or 0), products & (began > 0)
    if rule.kind == GuardrailKind.TEAM:
        floor = frame.floor_of(rule)
        return by_product, floor, floor > 0
    limit = np.full(len(by_product), frame.limit_of(rule, total))
    return by_product, limit, products & ((by_product > 0) | bool(rule.product_id))


def to_cent(amount: float) -> float:
    """Round to the cent; what is nothing has no sign."""
    return round(amount, 2) + 0.0


def broken(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return what is broken without leave."""
    return [outcome for outcome in outcomes if not outcome.is_allowed]
