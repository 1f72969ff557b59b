"""Pictures of this room, each with its table."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from portfolio.common import charts, formats
from products.value.exposure_marks import marks
from products.value.models import Exposure, Metric, Observation, Score

MOST_POINTS = 400


def observed(
    metric: Metric,
    observations: Sequence[Observation],
    *,
    baseline: Decimal | None,
    exposures: Sequence[Exposure] = (),
) -> charts.Chart:
    """Draw a metric's observations, oldest first, with its target, the baseline of its worth and what was exposed."""
    points: list[tuple[date, Decimal]] = [(row.starts, row.value) for row in observations]
    is_good = metric.meets_target(points[-1][1]) if points else None
    words = [] if is_good is None else [f"The latest {'meets' if is_good else 'misses'} the target."]
    if not metric.is_level and len({(row.ends - row.starts).days > 27 for row in observations}) > 1:
        words.append("Days and longer periods are mixed: compare like with like in the list below.")
    chart = charts.series(
        [day for day, _ in points],
        [float(value) for _, value in points],
        title=f"{metric.name}, {'as observed' if metric.is_level else 'by period'}",
        unit=metric.unit,
        baseline=None if baseline is None else float(baseline),
        target=None if metric.target is None else float(metric.target),
        marks=[(mark.on, mark.words) for mark in marks(exposures, [day for day, _ in points])],
        summary=" ".join(words) or "No observation yet." * (not points),
    )
    rows = [(formats.period(row.starts, row.ends), formats.quantity(row.value)) for row in reversed(observations)]
    return replace(chart, columns=(charts.Column("When", False), chart.columns[1]), rows=rows)


def scored(metric: Metric, scores: Sequence[Score]) -> charts.Chart:
    """Draw a metric's scores, oldest first, each with its 90% interval."""
    ends = [row.interval() for row in scores]
    chart = charts.series(
        [row.last_day for row in scores],
        [float(row.value) for row in scores],
        title=f"{metric.name}, with 90% intervals",
        unit=metric.unit,
        target=None if metric.target is None else float(metric.target),
        summary="The bar through each is its 90% interval: the fewer answered, the longer it is.",
        ranges=[None if pair is None else (float(pair[0]), float(pair[1])) for pair in ends],
    )
    columns = (
        charts.Column("When", False),
        charts.Column("Score"),
        charts.Column("90% interval"),
        charts.Column("Answers"),
    )
    rows = [
        (formats.period(row.starts, row.ends), row.value_text, row.interval_text, formats.quantity(row.answers))
        for row in reversed(scores)
    ]
    return replace(chart, columns=columns, rows=rows)
