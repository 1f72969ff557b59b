"""One cheap question that tells whether anything a page shows has changed, for caches and for live pages."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection

_TABLES = {
    "run": "rollup.run",
    "mark": "common.stalemark",
    "month": "rollup.solvedmonth",
    "blocked": "rollup.blockedmonth",
    "product": "catalog.historicalproduct",
    "stream": "catalog.historicalvaluestream",
}
_QUESTION = """
    SELECT
        (SELECT max(id) FROM {run}),
        (SELECT max(started_at) FROM {run} WHERE id = (SELECT max(id) FROM {run})),
        (SELECT max(history_id) FROM {product}),
        (SELECT max(history_id) FROM {stream}),
        (SELECT min(id) FROM {mark}),
        (SELECT max(id) FROM {mark}),
        (SELECT sum(version + CASE WHEN is_due THEN 1 ELSE 0 END) FROM {month}),
        (SELECT count(*) FROM {blocked})
"""


@dataclass(frozen=True)
class Pulse:
    """What the figures are made from, and what waits; two that are equal are of the same figures."""

    figures: tuple[Any, ...]  #: the latest run, and the latest edits of products and value streams
    waiting: tuple[Any, ...]  #: the marks there are, the versions of the months, and the months that are blocked

    @property
    def run(self) -> int:
        """The latest run; 0 before the first."""
        return self.figures[0] or 0

    @property
    def solved(self) -> tuple[Any, ...]:
        """How often months were worked out, in the standings yet or not, and how many are blocked."""
        return self.waiting[2:]

    @property
    def key(self) -> str:
        """The figures' part of a cache's key."""
        return "-".join(map(str, self.figures)).replace(" ", "T")


def pulse() -> Pulse:
    """Return the present pulse: one query, of a few index entries and a row a month."""
    tables = {name: apps.get_model(model)._meta.db_table for name, model in _TABLES.items()}
    with connection.cursor() as cursor:
        cursor.execute(_QUESTION.format(**tables))
        found = cursor.fetchone()
    return Pulse(tuple(found[:4]), tuple(found[4:]))


def pulse_of(request: Any) -> Pulse:
    """Return the pulse as of the first time that this request asked for it."""
    found = getattr(request, "_pulse", None)
    if found is None:
        found = request._pulse = pulse()
    return found
