"""The laws of conservation, checked on what is stored: on every roll-up for its months, and on demand for all."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Max, Sum

from funding.models import LedgerEntry
from portfolio.common.money import to_cent
from portfolio.common.spreading import parts_by_month
from portfolio.rollup.models import BlockedMonth, ProductMonth, SolvedMonth

EXACTNESS = 1e-9  # how far the engine's sums may be off before rounding, relative

LABELS = {
    "cost_retained": "Cost that stays with customers equals cost that went in",
    "value_credited": "Value credited to products equals value that customers had",
    "value_of_metrics": "Each product's value is the sum of its metrics'",
    "engine": "The engine's own sums hold to 1e-9 before rounding",
    "ledger": "What was rolled up from the ledger equals the ledger",
}

Outcome = dict[str, Any]


def _outcome(name: str, found: Decimal | float, needed: Decimal | float, *, within: float = 0.0) -> Outcome:
    off = abs(found - needed)  # type: ignore[operator]
    return {"label": LABELS[name], "found": str(found), "needed": str(needed), "held": float(off) <= within}


def check_months(months: Collection[date], gap: float = 0.0) -> dict[str, Outcome]:
    """Return how each law did on the stored figures of some months; blocked months, whose figures wait, left out."""
    months = [month for month in months if month not in set(BlockedMonth.objects.values_list("month", flat=True))]
    figures = dict.fromkeys(("cost", "retained", "value", "credited", "metrics"), Decimal(0))
    for row in _sums(months):
        for name, total in zip(figures, row, strict=True):
            figures[name] += to_cent(Decimal(total or 0))
    return {
        "cost_retained": _outcome("cost_retained", figures["retained"], figures["cost"]),
        "value_credited": _outcome("value_credited", figures["credited"], figures["value"]),
        "value_of_metrics": _outcome("value_of_metrics", figures["value"], figures["metrics"]),
        "engine": _outcome("engine", gap, 0.0, within=EXACTNESS),
    }


def _sums(months: Collection[date]) -> list[tuple]:
    """Return, by month, the sums of product-months, and what the metrics come to.

    In one statement: a month that others write meanwhile is of one moment in it, and only in it.
    """
    if not months:
        return []
    of = ProductMonth.objects.filter(month__in=months).order_by().values("month")
    sums, params = of.annotate(
        cost=Sum("direct_cost"), retained=Sum("retained_cost"), value=Sum("own_value"), credited=Sum("credited_value")
    ).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sums.cost, sums.retained, sums.value, sums.credited, solved.metrics_value "  # noqa: S608
            f"FROM ({sums}) AS sums JOIN {SolvedMonth._meta.db_table} AS solved ON solved.month = sums.month",
            params,
        )
        return cursor.fetchall()


def check_all() -> dict[str, Outcome]:
    """Return how each law does on everything that is stored, the ledger included: to the cent, against its source."""
    outcomes = check_months(list(ProductMonth.objects.order_by().values_list("month", flat=True).distinct()))
    del outcomes["engine"]  # it is of a run, not of what is stored
    last = ProductMonth.objects.aggregate(last=Max("month"))["last"]
    rolled_up = to_cent(Decimal(ProductMonth.objects.aggregate(total=Sum("ledger_cost"))["total"] or 0))
    return outcomes | {"ledger": _outcome("ledger", rolled_up, _ledger_until(last) if last else Decimal(0))}


def _ledger_until(last: date) -> Decimal:
    """Return what the known ledger comes to in the months up to `last`; of entries that go on, the part until then."""
    entries = LedgerEntry.objects.known()
    total = to_cent(Decimal(entries.filter(last_month__lte=last).aggregate(total=Sum("base_amount"))["total"] or 0))
    for amount, starts, ends in entries.filter(
        month__lte=last, last_month__gt=last, month__lt=F("last_month")
    ).values_list("base_amount", "starts", "ends"):
        parts = parts_by_month(int(amount * 100), starts, ends)
        total += Decimal(sum(part for month, part in parts.items() if month <= last)).scaleb(-2)
    return total
