"""The roll-up in a real worker, over a real broker, from a correction posted through the API to the board's figure."""

import time
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from portfolio.common.models import StaleMark
from portfolio.rollup.models import Run
from tests.factories import make_ledger_entry, make_metric, make_observation, make_product, make_user, make_valuation

JANUARY = date(2016, 1, 1)
PATIENCE = 30  # seconds until a worker that does not answer is given up; no measure of its speed


def wait_for_the_worker() -> None:
    """Wait until nothing is stale."""
    given_up = time.monotonic() + PATIENCE
    while StaleMark.objects.exists():
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
