"""The open page on which services are ranked by how much they improve on their own past."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from products.health.improvement import PAST_WEEKS, RECENT_WEEKS, ranking
from products.health.models import Service
from tests.factories import (
    make_delivery_event,
    make_incident,
    make_measurement,
    make_metric,
    make_objective,
    make_product,
    make_score,
    make_service,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db
ON = date(2017, 3, 31)
ADDRESS = "health:improvement-list"


@pytest.fixture(autouse=True)
def _today(settings):
    settings.TWOFOLD_TODAY = ON


def measure(service, before, now, total=100_000):
    """Measure a service by the month: so many were bad, and so many are; a little more or less in turn."""
    objective = make_objective(service=service)
    weeks = PAST_WEEKS + RECENT_WEEKS
    for week in range(0, weeks, 2):
        bad = before if week < PAST_WEEKS else now
        bad += bad // 10 if week % 4 else -bad // 10
        starts = ON - timedelta(weeks=weeks - week)
        make_measurement(
            objective=objective, starts=starts, ends=min(starts + timedelta(weeks=2), ON), good=total - bad, total=total
        )
    return service


def deploy(service, before, now, *, count=12):
    """Deploy a service evenly, after so many hours before, and now."""
    for place in range(count):
        day = ON - timedelta(weeks=60) + timedelta(days=place * 400 // count)
        hours = (now if day >= ON - timedelta(weeks=RECENT_WEEKS) else before) + place % 3
        at = datetime.combine(day, time(12), UTC)
        make_delivery_event(
            service=service, happened_at=at, begun_at=at - timedelta(hours=hours), reference=f"v{place}"
        )


def test_services_are_ranked_by_their_own_past_whatever_their_level(client):
    client.force_login(make_user())  # who has no role at all
    team = make_team(name="Mending")
    high, low = (make_service(name=name, owner=owner) for name, owner in (("High", None), ("Low", team)))
    measure(high, 20, 20)
    measure(low, 4000, 1000)  # four times as good, and still far worse
    deploy(low, 100, 50, count=24)
    make_incident(service=high, started_at=datetime(2016, 6, 1, tzinfo=UTC), restored_at=None)
    make_service(name="Silent")
    first, second, last = ranking(list(Service.objects.select_related("product", "owner")), ON)
    assert [row.service.name for row in (first, second, last)] == ["Low", "High", "Silent"]
    assert (first.place.rank, last.place.rank, last.factor) == (1, 0, None)
    assert first.figures["availability"].change.factor == pytest.approx(4, rel=0.1)
    assert first.basis == ["Availability", "Lead time"]
    assert second.low < 1 < second.high
    page = client.get(reverse(ADDRESS)).content.decode()
    for words in (
        "Low",
        "Mending",
        "too little to tell",
        first.figures["availability"].now,
        "better",
        "2 services are ranked",
    ):
        assert words in page
    filtered = client.get(reverse(ADDRESS), {"team": team.code})
    assert [row.service.name for row in filtered.context["page"]] == ["Low"]
    backwards = client.get(reverse(ADDRESS), {"sort": "-better"})
    assert [row.service.name for row in backwards.context["page"]] == ["High", "Low", "Silent"]
    file = b"".join(client.get(reverse(ADDRESS), {"format": "csv"}).streaming_content).decode()
    assert file.splitlines()[0].startswith("rank,service,name,product,team,times_better")
    assert file.splitlines()[1].startswith(f"1,{low.code},Low,")


def test_what_customers_answer_counts_for_every_service_of_the_product():
    product = make_product()
    make_service(product=product, name="One")
    content = make_metric(product=product, behaviour="level", unit="of 5", asks="satisfaction")
    for months, mean in ((10, "3.0"), (6, "3.2"), (2, "4.0"), (1, "4.0")):
        starts = ON - timedelta(days=30 * months)
        make_score(metric=content, starts=starts, ends=starts + timedelta(days=28), answers=50, mean=Decimal(mean))
    (row,) = ranking(list(Service.objects.select_related("product", "owner")), ON)
    figure = row.figures["satisfaction"]
    assert (figure.now, figure.before, figure.tone) == ("4.00 of 5", "3.10 of 5", "up")
    assert figure.change.factor == pytest.approx(4 / 3.1)


def test_the_page_takes_as_many_queries_for_20_services_as_for_1(client):
    client.force_login(make_user())
    deploy(measure(make_service(), 100, 50), 9, 9)
    for _ in range(2):
        client.get(reverse(ADDRESS))
    with CaptureQueriesContext(connection) as at_one:
        client.get(reverse(ADDRESS))
    for _ in range(19):
        deploy(make_service(), 9, 5, count=3)
    client.get(reverse(ADDRESS))
    with CaptureQueriesContext(connection) as at_twenty:
        client.get(reverse(ADDRESS))
    assert len(at_twenty) == len(at_one)
