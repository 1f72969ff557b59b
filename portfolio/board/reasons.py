"""What moved since last month and why, in words: correction, value, network or cost, whichever weighs most."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from funding.models import LedgerEntry
from portfolio.common import formats
from portfolio.common.money import base_currency
from portfolio.common.months import add_months
from portfolio.network.models import Usage
from portfolio.rollup.actions import CORRECTION_DAYS
from portfolio.rollup.models import ProductMonth, Standing
from products.health.models import Impact
from products.value.models import Observation, Valuation

MOST = 6
NOTABLE = 0.005  # of value per dollar: less than that reads as nothing
SIDE = 0.34  # a second reason is named when it weighs at least this part of the first


@dataclass(frozen=True)
class Move:
    """A product whose value per dollar moved, and why."""

    standing: Standing
    reason: str
    url: str = ""  #: of the row that was corrected

    @property
    def moved(self) -> float:
        """By how much."""
        return self.standing.moved or 0.0


def top_moves(standings: Sequence[Standing], most: int = MOST) -> list[Move]:
    """Return the products whose movement is worth most money, with the reason of each.

    A few queries however many standings there are. Empty for windows that no movement is kept for.
    """
    moved = [row for row in standings if row.moved is not None and abs(row.moved) >= NOTABLE]
    top = sorted(moved, key=lambda row: -abs(row.moved or 0) * float(row.direct_cost))[:most]
    if not top:
        return []
    ends = _ends(top)
    corrections = _corrections([row.product_id for row in top if _weights(row)[0][0] == "correction"])
    return [_move(row, ends.get(row.product_id, {}), corrections) for row in top]


def _ends(rows: Sequence[Standing]) -> dict[int, dict]:
    """Return the direct costs of the month that left the window and of the one that joined it, by product."""
    first, last = rows[0].first_month, rows[0].last_month
    found: dict[int, dict] = {}
    for product, month, cost in ProductMonth.objects.filter(
        product__in=[row.product_id for row in rows], month__in=[add_months(first, -1), last]
    ).values_list("product_id", "month", "direct_cost"):
        found.setdefault(product, {})["joined" if month == last else "left"] = cost
    return found


def _weights(row: Standing) -> list[tuple[str, float]]:
    parts = [
        ("correction", row.moved_by_correction),
        ("value", row.moved_by_value),
        ("network", row.moved_by_network),
        ("cost", row.moved_by_cost),
    ]
    return sorted(parts, key=lambda part: -abs(part[1]))


def _move(row: Standing, ends: dict, corrections: dict[int, tuple[str, str]]) -> Move:
    cost = ends.get("joined", Decimal(0)) - ends.get("left", Decimal(0))
    cost_before = float(row.direct_cost - cost)
    parts = _weights(row)
    first, weight = parts[0]
    correction = corrections.get(row.product_id)
    words = [_reason(first, weight * cost_before, cost, correction)]
    asides = {name: part for name, part in parts[1:] if abs(part) >= max(SIDE * abs(weight), NOTABLE)}
    words += [_aside(name, part * cost_before, cost) for name, part in asides.items()]
    if not asides and first == "cost":
        words.append("value hardly changed")
    if not asides and first == "value":
        words.append("cost hardly changed" if _is_seen(cost) else "cost unchanged")
    return Move(row, f"{'; '.join(words)}.", correction[1] if correction and first == "correction" else "")


def _is_seen(amount: object) -> bool:
    return abs(float(amount or 0)) >= 0.5


def _amount(amount: object) -> str:
    return formats.money_short(abs(float(amount or 0)), base_currency())


def _reason(name: str, credited: float, cost: Decimal, correction: tuple[str, str] | None) -> str:
    match name:
        case "correction":
            if correction is None:
                return "Correction of earlier figures, here or at a neighbour"
            return f"Correction: {correction[0].rstrip('.')}"
        case "value":
            return f"{_amount(credited)} {'more' if credited > 0 else 'less'} value reached customers"
        case "network":
            more = "more" if credited > 0 else "less"
            return f"Network, not new value: {_amount(credited)} {more} is credited to it as use moved between products"
    if _is_seen(cost):
        return f"It cost {_amount(cost)} {'more' if cost > 0 else 'less'}"
    return "Its part of the cost it shares with its neighbours changed"


def _aside(name: str, credited: float, cost: Decimal) -> str:
    higher = "higher" if credited > 0 else "lower"
    match name:
        case "correction":
            return "earlier figures were corrected"
        case "value":
            return f"value {_amount(credited)} {higher}"
        case "network":
            return f"{_amount(credited)} {'more' if credited > 0 else 'less'} through the network"
    if _is_seen(cost):
        return f"cost {_amount(cost)} {'higher' if cost > 0 else 'lower'}"
    return "its part of shared cost changed"


def _corrections(products: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return the latest correction that touches each product's figures: its reason, and where the new row is."""
    if not products:
        return {}
    since = timezone.now() - timedelta(days=CORRECTION_DAYS)
    found: dict[int, tuple] = {}
    for model, owner in (
        (LedgerEntry, "product_id"),
        (Observation, "metric__product_id"),
        (Valuation, "metric__product_id"),
        (Impact, "metric__product_id"),
        (Usage, "supplier_id"),
    ):
        rows = model.objects.known().filter(
            Q(**{f"{owner}__in": products}), corrects__isnull=False, recorded_at__gt=since
        )
        for product, at, reason, pk in rows.values_list(owner, "recorded_at", "reason", "pk"):
            if product not in found or found[product][0] < at:
                found[product] = (at, reason, model, pk)
    return {product: (reason, _address(model, pk)) for product, (_, reason, model, pk) in found.items()}


def _address(model: type, pk: int) -> str:
    row = model(pk=pk)
    try:
        return row.get_absolute_url()
    except AttributeError:
        return ""
