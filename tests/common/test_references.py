"""What facts refer to stays there, though no foreign key says so."""

from importlib import import_module
from pkgutil import iter_modules
from threading import Event, Thread

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from funding.models import LedgerEntry
from portfolio.common import actions
from portfolio.common.recorded import Fact
from portfolio.common.references import Guard, guard_sql
from portfolio.network.models import Usage
from products.value.models import Metric, Observation
from tests import factories as make

FACTS = [model for model in apps.get_models() if issubclass(model, Fact)]
REFERENCES = [
    (model, field)
    for model in FACTS
    for field in model._meta.concrete_fields
    if field.is_relation and not field.db_constraint
]


def delete_metric(metric: Metric) -> None:
    """Delete a row as whoever gets around the models would."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM value_metric WHERE id = %s", [metric.pk])


def guard() -> None:
    """Create the triggers: tests may make the tables without the migrations that bring them."""
    with connection.cursor() as cursor:
        for model, field in REFERENCES:
            for statement in guard_sql(model._meta.db_table, field.column, field.related_model._meta.db_table):
                cursor.execute(statement)


def test_facts_are_what_comes_by_the_million():
    assert set(FACTS) == {LedgerEntry, Observation, Usage}
    assert {field.name for _, field in REFERENCES} == {
        "metric", "product", "stream", "supplier", "consumer", "recorded_by", "retracted_by", "corrects",
    }  # fmt: skip


def test_every_reference_of_a_fact_has_its_guard_in_a_migration():
    folders = [import_module(f"{model._meta.app_config.name}.migrations") for model in FACTS]
    names = [f"{folder.__name__}.{found.name}" for folder in folders for found in iter_modules(folder.__path__)]
    operations = [one for name in names for one in import_module(name).Migration.operations]
    guarded = {(one.table, one.column, one.parent) for one in operations if isinstance(one, Guard)}
    assert guarded == {
        (model._meta.db_table, field.column, field.related_model._meta.db_table) for model, field in REFERENCES
    }


@pytest.mark.django_db
def test_a_row_that_facts_are_about_is_not_deleted():
    observation = make.make_observation()
    with pytest.raises(ProtectedError):
        observation.metric.delete()
    actions.retract(observation, reason="It was wrong.", by=None)
    with pytest.raises(ProtectedError):
        observation.metric.delete()


@pytest.mark.django_db
def test_a_fact_about_a_row_that_is_gone_is_refused():
    gone = make.make_metric()
    row = Observation(metric=gone, starts="2026-01-01", ends="2026-01-02", value=1)
    Metric.objects.filter(pk=gone.pk).delete()
    with pytest.raises((ValidationError, Metric.DoesNotExist)):
        actions.record(row, by=None)


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize("is_retracted", [False, True])
def test_postgresql_keeps_what_facts_refer_to_from_whoever_gets_around_the_models(is_retracted):
    guard()
    observation = make.make_observation()
    if is_retracted:
        actions.retract(observation, reason="It was wrong.", by=None)
    with (
        pytest.raises(IntegrityError, match=r"is still referred to in value_observation\.metric_id"),
        transaction.atomic(),
    ):
        delete_metric(observation.metric)
    free = make.make_metric()
    delete_metric(free)
    assert not Metric.objects.filter(pk=free.pk).exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_row_is_not_deleted_while_a_fact_about_it_is_being_recorded():
    guard()
    metric = make.make_metric()
    is_recorded, errors = Event(), []

    def delete() -> None:
        is_recorded.wait(10)
        try:
            delete_metric(metric)
        except IntegrityError as error:
            errors.append(error)
        finally:
            connection.close()

    other = Thread(target=delete)
    other.start()
    with transaction.atomic():
        observation = make.make_observation(metric=metric)
        is_recorded.set()
        other.join(0.5)
        assert other.is_alive()  # it waits for this transaction
    other.join(10)
    assert errors
    assert Observation.objects.get(pk=observation.pk).metric == metric


@pytest.mark.postgresql
@pytest.mark.django_db
def test_all_that_a_metric_ever_had_is_found_by_its_two_indexes():
    metric = make.make_metric()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    everything = Observation.objects.known("2026-01-01T00:00Z").filter(metric=metric, recorded_at__isnull=False)
    plan = everything.order_by().explain()
    assert "BitmapOr" in plan
    assert "observation_retracted" in plan
