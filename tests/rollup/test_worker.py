"""The roll-up in a real worker, over a real broker, from a correction posted through the API to the board's figure."""

import threading
import time
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from portfolio.common import staleness
from portfolio.common.models import StaleMark
from portfolio.rollup import actions, claims
from portfolio.rollup.freshness import freshness
from portfolio.rollup.models import ProductMonth, Run, SolvedMonth, Standing
from tests.factories import make_ledger_entry, make_metric, make_observation, make_product, make_user, make_valuation

JANUARY = date(2016, 1, 1)
PATIENCE = 30  # seconds until a worker that does not answer is given up; no measure of its speed


def wait_for_the_worker() -> None:
    """Wait until nothing is stale."""
    given_up = time.monotonic() + PATIENCE
    while freshness().stale:
        assert time.monotonic() < given_up, "The worker did not work off the marks."
        time.sleep(0.05)


def credited(client, **query) -> str:
    [row] = client.get("/api/v1/standings/", {"product": "tax", **query}).json()["results"]
    return row["credited"]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_correction_through_the_api_reaches_the_board_and_the_past_stays(worker, client, settings):
    settings.TWOFOLD_TODAY = date(2016, 1, 31)
    product = make_product(code="tax")
    entry = make_ledger_entry(product=product, starts=JANUARY, amount=Decimal("100.00"))
    metric = make_metric(product=product)
    make_observation(metric=metric, starts=JANUARY, value=Decimal("200"))
    make_valuation(metric=metric, low=Decimal(1), high=Decimal(1), starts=JANUARY)
    wait_for_the_worker()
    client.force_login(make_user("finance_partner"))
    assert Decimal(credited(client)) == 2
    then = timezone.now()
    answer = client.post(
        f"/api/v1/ledger-entries/{entry.pk}/correct/",
        {"amount": "50.00", "reason": "Posted twice"},
        content_type="application/json",
    )
    assert answer.status_code == 201
    wait_for_the_worker()
    assert Decimal(credited(client)) == 4
    assert Decimal(credited(client, known=then.isoformat())) == 2


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_lost_and_repeated_messages_change_nothing(worker, settings):
    from portfolio.rollup.tasks import refresh_standings

    settings.TWOFOLD_TODAY = date(2016, 1, 31)
    make_ledger_entry(starts=JANUARY)
    wait_for_the_worker()
    runs = Run.objects.count()
    for _ in range(5):
        refresh_standings.delay()
    entry = make_ledger_entry(starts=JANUARY)
    wait_for_the_worker()
    assert Run.objects.count() == runs + 1
    assert entry.product.months.get().ledger_cost == Decimal("100.00")


# -- two at once, on a database that can do two things at once -----------------------------------------------------


class Elsewhere(threading.Thread):
    """Runs something on a connection of its own; what it raises is raised where it is awaited."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.result, self.error = work, None, None
        self.start()

    def run(self) -> None:
        try:
            self.result = self.work()
        except BaseException as error:
            self.error = error
        finally:
            connection.close()

    def wait(self):
        self.join(PATIENCE)
        assert not self.is_alive(), "It waits for something."
        if self.error:
            raise self.error
        return self.result


@pytest.fixture
def quiet(settings):
    """Nobody works off what is written but who is told to."""
    settings.TWOFOLD_TODAY = date(2016, 6, 30)
    hint = staleness._send_refresh
    staleness._send_refresh = lambda: None
    yield
    staleness._send_refresh = hint


def held(month: date, until: threading.Event, is_held: threading.Event) -> None:
    """Keep a month claimed, as a worker would that takes its time over it."""
    with transaction.atomic():
        SolvedMonth.objects.select_for_update().get(month=month)
        is_held.set()
        assert until.wait(PATIENCE)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_take_the_same_month_and_lose_no_mark(quiet):
    products = [make_product() for _ in range(3)]
    for month in range(1, 7):
        for product in products:
            make_ledger_entry(product=product, starts=date(2016, month, 1), amount=Decimal("100.00"))
    groups = claims.work_to_do()
    months = sorted(month for group in groups for month in group)
    taken = [Elsewhere(lambda: claims.work_off(months, {})) for _ in range(3)]
    worked = [month for each in taken for month in each.wait()]
    worked += claims.work_off(months, {})  # what they passed over while another had it
    assert sorted(worked) == months
    assert not StaleMark.objects.exists()
    assert set(SolvedMonth.objects.values_list("version", flat=True)) == {1}
    actions.refresh_standings()
    assert Run.objects.count() == 1
    assert ProductMonth.objects.filter(ledger_cost=Decimal("100.00")).count() == 18


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_slow_month_holds_no_other(quiet):
    product = make_product()
    make_ledger_entry(product=product, starts=JANUARY, ends=date(2016, 4, 1), amount=Decimal("91.00"))
    claims.work_to_do()
    done, is_held = threading.Event(), threading.Event()
    slow = Elsewhere(lambda: held(date(2016, 2, 1), done, is_held))
    assert is_held.wait(PATIENCE)
    actions.refresh_standings()
    assert [row.month.month for row in ProductMonth.objects.filter(product=product)] == [1, 3]
    assert freshness().stale
    done.set()
    slow.wait()
    actions.refresh_standings()
    assert [row.month.month for row in ProductMonth.objects.filter(product=product)] == [1, 2, 3]
    assert not freshness().stale


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_mark_that_is_written_between_claim_and_commit_stays(quiet, monkeypatch):
    product = make_product()
    make_ledger_entry(product=product, starts=date(2016, 6, 1), amount=Decimal("100.00"))
    real = claims.store

    def store_while_another_is_written(inputs, results, **about):
        monkeypatch.setattr(claims, "store", real)
        Elsewhere(lambda: make_ledger_entry(product=product, starts=date(2016, 6, 2), amount=Decimal("11.00"))).wait()
        return real(inputs, results, **about)

    monkeypatch.setattr(claims, "store", store_while_another_is_written)
    [june] = claims.work_to_do()
    claims.work_off(june, {})
    assert product.months.get().ledger_cost == Decimal("100.00")
    assert StaleMark.objects.count() == 1
    actions.refresh_standings()
    assert product.months.get().ledger_cost == Decimal("111.00")
    assert not StaleMark.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_who_finds_the_standings_taken_leaves_its_months_to_who_has_them(quiet, monkeypatch):
    first = make_ledger_entry(starts=date(2016, 5, 1), amount=Decimal("100.00"))
    real = actions.write_standings

    def write_while_another_works(run):
        monkeypatch.setattr(actions, "write_standings", real)
        Elsewhere(lambda: make_ledger_entry(starts=date(2016, 6, 1), amount=Decimal("11.00"))).wait()
        assert Elsewhere(actions.refresh_standings).wait() is None
        return real(run)

    monkeypatch.setattr(actions, "write_standings", write_while_another_works)
    actions.refresh_standings()
    assert first.product.standings.filter(window="t12m").exists()
    whole = Standing.objects.get(window="t12m", product=None, value_stream=None)
    assert whole.direct_cost == Decimal("111.00")
    assert Run.objects.count() == 2
    assert not freshness().stale


@pytest.mark.services
@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_workers_help_with_a_full_roll_up(worker, settings):
    settings.TWOFOLD_TODAY = date(2018, 12, 31)
    entry = make_ledger_entry(starts=JANUARY, ends=date(2019, 1, 1), amount=Decimal("1096.00"))
    wait_for_the_worker()
    run = actions.roll_up(cause="all of it")
    assert not freshness().stale
    assert run.is_full
    assert set(SolvedMonth.objects.values_list("was_whole", flat=True)) == {True}
    assert sum(row.ledger_cost for row in entry.product.months.all()) == Decimal("1096.00")
