"""Whether the ground that a proposal stands on has moved: what pays what now, against what paid it then."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from funding.models import Allocation, PeriodClose
from portfolio.common import formats
from portfolio.common.errors import Moved
from portfolio.common.months import add_months

Pair = tuple[int, int]


class GroundMoved(Moved):
    """What a proposal rests on is no longer so; `differences` has one sentence for each thing that moved."""

    def __init__(self, differences: Sequence[str]):
        self.differences = list(differences)
        self.found = {"differences": self.differences}
        several = f"{len(differences)} things" if len(differences) > 1 else "Something"
        super().__init__(
            f"{several} moved since this was proposed, so nothing was changed: {' '.join(differences)} "
            "Withdraw it, and propose again from the amounts as they are now."
        )


@dataclass(frozen=True)
class Standing:
    """What a stream pays a product on a day, and from when that is agreed to change again, if it is."""

    amount: Decimal
    changes_on: date | None


def standing_amounts(pairs: Iterable[Pair], on: date) -> dict[Pair, Standing]:
    """Return what each stream pays each product on a day, by their keys: one query for any number of pairs."""
    wanted = set(pairs)
    rows = (
        Allocation.objects.known()
        .filter(
            Q(ends=None) | Q(ends__gt=on),
            stream__in={stream for stream, _ in wanted},
            product__in={product for _, product in wanted},
        )
        .order_by("starts")
        .values_list("stream_id", "product_id", "starts", "monthly_amount")
    )
    paid = dict.fromkeys(wanted, Decimal("0.00"))
    later: dict[Pair, date] = {}
    for stream, product, starts, amount in rows:
        pair = (stream, product)
        if pair not in wanted:
            continue
        if starts <= on:
            paid[pair] += amount
        else:
            later.setdefault(pair, starts)
    return {pair: Standing(amount, later.get(pair)) for pair, amount in paid.items()}


def differences(lines: Iterable, on: date) -> list[str]:
    """Return, in a sentence each, where what stands on a day is not what the lines of a decision say was there before.

    A line has `stream`, `product` and `before`. An amount that is agreed to change after the day counts as well: the
    decision did not know of it, and would be undone by it.
    """
    lines = list(lines)
    found = []
    closed = PeriodClose.objects.through()
    if closed is not None and on < add_months(closed, 1):
        found.append(f"{formats.month_name(closed)} is closed, and the money was to be split anew from {on} on.")
    stands = standing_amounts([(line.stream_id, line.product_id) for line in lines], on)
    for line in lines:
        now = stands[line.stream_id, line.product_id]
        named = f"{line.stream} to {line.product}"
        if now.amount != line.before:
            was, is_ = (formats.money(amount, line.stream.currency) for amount in (line.before, now.amount))
            found.append(f"{named} was {was} a month when it was proposed and is {is_}.")
        if now.changes_on:
            found.append(f"{named} is agreed to change on {formats.day_name(now.changes_on)}.")
    return found
