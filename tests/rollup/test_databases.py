"""SQLite and PostgreSQL give identical standings, from the same history of writes and corrections."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]

# Run in a process of its own on SQLite: the same history, its figures printed.
ON_SQLITE = """
import json, os, sys
os.environ["DATABASE_URL"] = "sqlite://:memory:"
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.rollup.test_databases import tell
print(json.dumps(tell(int(sys.argv[1]))))
"""


def tell(seed: int) -> list:
    """Make a history from a seed, roll it up, and return all figures by code, as text."""
    from datetime import date

    from django.test import override_settings

    from portfolio.rollup import actions
    from portfolio.rollup.models import BlockedMonth, ProductMonth, Standing
    from portfolio.rollup.snapshots import solved_months
    from products.catalog.models import Product
    from products.value.models import Metric
    from tests import factories
    from tests.rollup.test_histories import History, every_month, in_words

    factories._numbers = iter(range(1, 1_000_000))
    names = {
        ProductMonth: ["product__code"],
        Standing: ["product__code", "value_stream__code"],
    }
    with override_settings(TWOFOLD_TODAY=date(2016, 6, 30)):
        history = History(seed)
        for _ in range(80):
            history.happen()
        actions.refresh_standings()
    figures = []
    # A blocked month keeps its last good figures: those depend on when it was rolled up, here after every write.
    blocked = list(BlockedMonth.objects.values_list("month", flat=True))
    kept = {ProductMonth: ProductMonth.objects.exclude(month__in=blocked), Standing: Standing.objects.all()}
    for model, codes in names.items():
        columns = [
            field.name
            for field in model._meta.concrete_fields
            if not field.is_relation and field.name not in {"id", "blocked_at"}
        ]
        figures.append([model.__name__, sorted(map(str, kept[model].values_list(*codes, *columns)))])
    names_of = {
        "products": dict(Product.objects.values_list("pk", "code")),
        "metric.ids": dict(Metric.objects.values_list("pk", "code")),
        "metric.valuation": {},
    }
    for month, solved in solved_months([month for month in every_month() if month not in blocked]).items():
        words = in_words(solved)
        for name, codes_of in names_of.items():
            words[name] = str([codes_of.get(key, bool(key)) for key in json.loads(words[name])])
        figures.append([str(month), words])
    return figures


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize("seed", [11, 12])
def test_sqlite_and_postgresql_give_identical_figures(seed):
    assert connection.vendor == "postgresql"
    here = tell(seed)
    there = subprocess.run(
        [sys.executable, "-c", ON_SQLITE, str(seed)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(there.stdout.splitlines()[-1]) == here
