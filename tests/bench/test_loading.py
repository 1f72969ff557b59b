"""What is written for measurements is what the application would have let in: it can be rolled up, and it adds up."""

import pytest
from django.db import connection

from bench.generator import TODAY, Size, draw, write
from funding.models import LedgerEntry
from portfolio.network.models import Link, Usage
from portfolio.rollup.actions import roll_up
from products.value.models import Metric, Observation

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]

SIZE = Size(products=60, months=2)


@pytest.fixture
def loaded(settings):
    settings.TWOFOLD_TODAY = TODAY
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        write(cursor, draw(SIZE))


def test_an_organisation_has_the_size_that_was_asked_for(loaded):
    facts = LedgerEntry.objects.count() + Observation.objects.count() + Usage.objects.count()
    assert facts == SIZE.facts
    assert Link.objects.count() == SIZE.links


def test_its_rows_pass_the_models_own_rules(loaded):
    for model in (Metric, Link, Usage, Observation, LedgerEntry):
        for row in model.objects.order_by("pk")[:20]:
            row.full_clean(validate_unique=False)


def test_every_month_of_it_can_be_rolled_up_and_adds_up(loaded):
    run = roll_up(cause="a test")
    assert (run.months, run.product_months, run.error) == (SIZE.months, SIZE.months * SIZE.products, "")
    assert run.has_held


def test_new_rows_are_numbered_after_those_that_were_written(loaded):
    last = Metric.objects.order_by("-pk").first()
    last.pk, last.code = None, "another"
    last.save(force_insert=True)
    assert Metric.objects.filter(code="another", pk__gt=1).exists()
