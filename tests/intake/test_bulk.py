"""Facts loaded in bulk: the same rows, refusals and marks as one by one."""

import random
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from funding.models import LedgerEntry
from portfolio.common.models import StaleMark
from portfolio.common.recorded import Recorded
from portfolio.intake.actions import load_one_by_one, load_rows
from portfolio.intake.conditions import clean
from portfolio.intake.facts import FACTS
from portfolio.intake.kinds import KINDS, kind_named
from portfolio.network.models import Usage
from products.catalog.models import Product
from products.value.models import Observation
from tests.factories import (
    make_exchange_rate,
    make_ledger_entry,
    make_link,
    make_metric,
    make_observation,
    make_product,
    make_score,
    make_usage,
    make_user,
)

pytestmark = pytest.mark.django_db


def day(number: int) -> str:
    return str(date(2026, 1, 28) + timedelta(days=number))


def observations(dice: random.Random) -> list[dict]:
    rows = []
    for _ in range(dice.randrange(1, 5)):
        starts = dice.randrange(12)
        length = dice.choice([1, 1, 1, 1, 1, 1, 2, 4, 40, 0])
        rows.append(
            {
                "metric": dice.choice(["flow", "flow", "flow", "flow", "level", "level", "other"]),
                "starts": day(starts),
                "ends": day(starts + length),
                "value": str(dice.randrange(3)),
            }
        )
    return rows


def ledger_entries(dice: random.Random) -> list[dict]:
    return [
        {
            "reference": f"R{dice.randrange(6)}",
            "product": dice.choice(["mine"] * 6 + ["others"]),
            "starts": day(starts := dice.randrange(40)),
            "ends": day(starts + dice.choice([1, 1, 1, 31, 31, 31, 0])),
            "amount": dice.choice(["1.10", "-3", "7654321.09"]),
            "currency": dice.choice(["USD"] * 4 + ["EUR"] * 4 + ["GBP"]),
            "is_capital": dice.choice(["yes", "no", "no"]),
        }
        for _ in range(dice.randrange(1, 5))
    ]


def usage(dice: random.Random) -> list[dict]:
    return [
        {
            "supplier": "mine",
            "consumer": dice.choice(["", "", "", "", "others", "others", "others", "mine", "unlinked"]),
            "month": f"2026-0{dice.randrange(1, 6)}",
            "quantity": dice.choice(["0", "1", "2", "1", "2", "-1"]),
        }
        for _ in range(dice.randrange(1, 5))
    ]


def furnish() -> Product:
    mine, others = make_product(code="mine"), make_product(code="others")
    make_product(code="unlinked")
    make_metric(code="flow", product=mine)
    make_metric(code="level", product=mine, behaviour="level")
    make_metric(code="other", product=others)
    make_exchange_rate(currency="EUR", starts=date(2026, 1, 1), ends=date(2026, 2, 20))
    make_link(supplier=mine, consumer=others, starts=date(2026, 2, 1), ends=date(2026, 5, 1))
    return mine


def state(model: type[Recorded]) -> tuple:
    """Everything an import leaves behind, but for keys, moments and how often a month is marked."""
    own = [field.attname for field in model._meta.concrete_fields if field.attname not in {"id", "recorded_at"}]
    own = [name for name in own if name not in {"retracted_at", "corrects_id"}]
    rows = sorted(
        (
            tuple(str(getattr(row, name)) for name in own),
            row.retracted_at is None,
            row.corrects and tuple(str(getattr(row.corrects, name)) for name in own),
        )
        for row in model.objects.all()
    )
    return rows, set(StaleMark.objects.values_list("product", "month"))


def load(kind: str, batches: list[list[dict]], *, in_bulk: bool, by) -> list[tuple]:
    """Load batches one after another, mended where they are refused; undo them and return what each step left."""
    steps = []
    with transaction.atomic():
        StaleMark.objects.all().delete()
        for given in batches:
            rows = given
            while rows:
                if in_bulk:
                    report = load_rows(kind, rows, by=by)
                else:
                    report = load_one_by_one(kind_named(kind), rows, [], by=by, dry_run=False, source="")
                steps.append((report.counts, report.errors, state(KINDS[kind].model)))
                StaleMark.objects.all().delete()
                bad = {problem.row for problem in report.errors}
                rows = [row for number, row in enumerate(rows, start=2) if bad and number not in bad]
        transaction.set_rollback(True)
    return steps


@pytest.mark.parametrize("has_all_rights", [True, False])
@pytest.mark.parametrize(
    ("kind", "make"),
    [("observations", observations), ("ledger-entries", ledger_entries), ("usage", usage)],
)
def test_files_loaded_in_bulk_leave_what_loading_row_by_row_leaves(kind, make, has_all_rights):
    mine = furnish()
    by = None if has_all_rights else make_user("product_owner", "finance_partner", product=mine)
    accepted = refused = corrected = 0
    for seed in range(12):
        dice = random.Random(seed)
        batches = [make(dice) for _ in range(3)]
        one_by_one = load(kind, batches, in_bulk=False, by=by)
        assert load(kind, batches, in_bulk=True, by=by) == one_by_one, f"seed {seed}"
        refused += sum(bool(problems) for _, problems, _ in one_by_one)
        accepted += sum(not problems for _, problems, _ in one_by_one)
        corrected += sum(counts[2] for counts, problems, _ in one_by_one if not problems)
    assert accepted > 5
    assert refused > 5
    assert corrected > 0


def test_bulk_loading_asks_the_database_no_more_for_fifty_rows_than_for_ten():
    furnish()

    def queries(count: int, year: int) -> int:
        rows = [
            {"metric": "flow", "starts": str(one), "ends": str(one + timedelta(days=1)), "value": "1"}
            for one in (date(year, 1, 1) + timedelta(days=n) for n in range(count))
        ]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert load_rows("observations", rows, by=make_user("leader")).counts == (count, 0, 0)
        return len(captured)

    queries(1, 2019)
    assert queries(10, 2020) == queries(50, 2021)


@pytest.mark.parametrize("model", FACTS, ids=lambda model: model.__name__)
def test_facts_that_are_loaded_in_bulk_have_no_rules_that_bulk_loading_leaves_out(model):
    if model is not Observation:  # what stands for a score is the score's to correct: see the next test
        assert model.guard_without is Recorded.guard_without
    assert model.derived is Recorded.derived


@pytest.mark.parametrize("is_bulk", [True, False])
def test_what_stands_for_a_score_is_not_corrected_apart_from_it(is_bulk):
    score = make_score()
    row = {"metric": score.metric.code, "starts": "2026-01-31", "ends": "2026-02-01", "value": "3"}
    again = row | {"value": "4.2", "source": "Survey 1"}

    def load(rows):
        if is_bulk:
            return load_rows("observations", rows)
        return load_one_by_one(kind_named("observations"), rows, [], by=None, dry_run=False, source="")

    assert load([again]).counts == (0, 1, 0)
    [error] = load([row]).errors
    assert f"score of 40 answers. Correct or retract the score instead, at /metrics/scores/{score.pk}/" in str(error)
    assert score.metric.observations.known().get().value == score.value


def test_facts_are_cleaned_without_asking_the_database(django_assert_num_queries):
    product = make_product()
    rows = [
        make_ledger_entry(product=product),
        make_observation(metric=make_metric(product=product)),
        make_usage(supplier=product),
    ]
    with django_assert_num_queries(0):
        for row in rows:
            clean(row)


def test_a_month_of_observations_marks_the_months_until_the_next_one():
    furnish()
    row = {"metric": "level", "value": "1"}
    load_rows("observations", [row | {"starts": "2026-08-10", "ends": "2026-08-11"}])
    StaleMark.objects.all().delete()
    load_rows("observations", [row | {"starts": "2026-02-10", "ends": "2026-02-11"}])
    months = sorted(set(StaleMark.objects.values_list("month", flat=True)))
    assert (months[0], months[-1]) == (date(2026, 2, 1), date(2026, 8, 1))


def test_the_models_that_are_loaded_in_bulk_are_those_with_many_rows():
    assert set(FACTS) == {LedgerEntry, Observation, Usage}
