"""One question that tells whether anything has changed that a product's page shows beside its figures.

Figures change with a roll-up, which the pulse tells. An insight, an assignment or a team's new name needs none, and
where no worker runs an observation is there long before its figures are: whoever wrote it must see it at once.
"""

from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection

from products.catalog.models import Product

_TABLES = {
    "allocation": "funding.allocation",
    "assignment": "catalog.assignment",
    "confirmation": "value.confirmation",
    "exchange_rate": "funding.exchangerate",
    "decision": "rebalance.decision",
    "decision_line": "rebalance.decisionline",
    "insight": "catalog.insight",
    "metric": "value.metric",
    "observation": "value.observation",
    "roadmap": "roadmaps.roadmap",
    "roadmap_product": "roadmaps.roadmap_products",
    "score": "value.score",
    "segment": "catalog.segment",
    "valuation": "value.valuation",
    "edited_metric": "value.historicalmetric",
    "edited_segment": "catalog.historicalsegment",
    "edited_feedback_form": "catalog.historicalfeedbackform",
    "edited_theme": "catalog.historicaltheme",
    "edited_stream": "funding.historicalfundingstream",
    "edited_team": "teams.historicalteam",
}
_METRICS = "SELECT id FROM {metric} WHERE product_id = %(product)s"
_KNOWN = "WHERE product_id = %(product)s AND retracted_at IS NULL"
# A row that stands is never changed, and a later one has a higher key: how many there are and the sum of their keys
# tell every set of them from those before it. Of what is edited in place, each edit adds a row of history. Unlike the
# latest key alone, both also tell a row that a slower transaction put in with a lower one. Observations may be many
# thousands: those that stand and those that were retracted are counted, each in an index of its own.
# A decision only ever goes on, from one status to the next. Every change to a roadmap and its items raises its version.
_QUESTION = """
    SELECT 1, count(*), sum(id) FROM {allocation} {known}
    UNION ALL SELECT 2, count(*), sum(id) FROM {assignment} {known}
    UNION ALL SELECT 3, count(*), sum(id) FROM {insight} {known}
    UNION ALL SELECT 4, count(*), 0 FROM {observation} WHERE metric_id IN ({metrics}) AND retracted_at IS NULL
    UNION ALL SELECT 13, count(*), 0 FROM {observation} WHERE metric_id IN ({metrics}) AND retracted_at IS NOT NULL
    UNION ALL SELECT 5, count(*), sum(id) FROM {valuation} WHERE metric_id IN ({metrics}) AND retracted_at IS NULL
    UNION ALL SELECT 6, count(*), sum(id) FROM {confirmation} WHERE retracted_at IS NULL
        AND valuation_id IN (SELECT id FROM {valuation} WHERE metric_id IN ({metrics}))
    UNION ALL SELECT 7, count(*), sum(id) FROM {metric} WHERE product_id = %(product)s
    UNION ALL SELECT 8, count(*), sum(id) FROM {segment} WHERE product_id = %(product)s
    UNION ALL SELECT 9, count(*), sum(history_id) FROM {edited_metric} WHERE id IN ({metrics})
    UNION ALL SELECT 10, count(*), sum(history_id) FROM {edited_segment}
        WHERE id IN (SELECT id FROM {segment} WHERE product_id = %(product)s)
    UNION ALL SELECT 11, count(*), sum(history_id) FROM {edited_stream}
        WHERE id IN (SELECT stream_id FROM {allocation} {known})
    UNION ALL SELECT 12, count(*), sum(history_id) FROM {edited_team}
        WHERE id IN (SELECT team_id FROM {assignment} {known})
    UNION ALL SELECT 14, count(*), sum(id) FROM {exchange_rate} WHERE retracted_at IS NULL
    UNION ALL SELECT 15, count(*), sum(CASE status WHEN 'proposed' THEN 1 WHEN 'approved' THEN 2 WHEN 'applied' THEN 3
        WHEN 'reverted' THEN 4 ELSE 5 END) FROM {decision} WHERE id IN (
        SELECT decision_id FROM {decision_line} WHERE product_id = %(product)s)
    UNION ALL SELECT 16, count(*), sum(version) FROM {roadmap} WHERE id IN (
        SELECT roadmap_id FROM {roadmap_product} WHERE product_id = %(product)s)
    UNION ALL SELECT 17, count(*), sum(id) FROM {score} WHERE metric_id IN ({metrics}) AND retracted_at IS NULL
    UNION ALL SELECT 18, count(*), sum(id) FROM {insight} WHERE retracted_at IS NULL
        AND team_id IN (SELECT team_id FROM {assignment} {known})
    UNION ALL SELECT 19, count(*), sum(history_id) FROM {edited_theme} WHERE product_id = %(product)s
    UNION ALL SELECT 20, count(*), sum(history_id) FROM {edited_feedback_form} WHERE product_id = %(product)s
"""


def shown(product: Product) -> tuple[Any, ...]:
    """Return what tells apart all that the page of a product can show beside figures: one query.

    Of the product itself it is every column, with the names of its owner and value stream.
    """
    with connection.cursor() as cursor:
        cursor.execute(_question(), {"product": product.pk})
        counted = tuple((int(kind), int(count), int(keys or 0)) for kind, count, keys in sorted(cursor.fetchall()))
    columns = tuple(str(getattr(product, field.attname)) for field in product._meta.concrete_fields)
    return columns, str(product.owner or ""), str(product.value_stream), counted


@cache
def _question() -> str:
    tables = {name: apps.get_model(model)._meta.db_table for name, model in _TABLES.items()}
    return _QUESTION.format(**tables, metrics=_METRICS.format(**tables), known=_KNOWN)
