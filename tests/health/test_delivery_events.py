"""What pipelines post counts once, and how a service is delivered follows from it."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from django.urls import reverse

from portfolio.common import actions
from products.health.delivery_actions import KeyUsedOtherwise, post_events
from products.health.delivery_reading import histories_of, quarters_until
from products.health.models import DeliveryEvent
from tests.at_once import at_once
from tests.factories import make_delivery_event, make_incident, make_service, make_team, make_user

pytestmark = pytest.mark.django_db
ON = date(2017, 3, 31)
POST = partial(dict, content_type="application/json")
EVENT = {
    "service": "tax",
    "kind": "deployment",
    "happened_at": "2017-03-01T12:00:00Z",
    "begun_at": "2017-02-27T12:00:00Z",
    "reference": "v1",
}


@pytest.fixture(autouse=True)
def _today(settings):
    settings.TWOFOLD_TODAY = ON


@pytest.fixture
def service():
    """Return a service that a pipeline posts of."""
    return make_service(code="tax", owner=make_team(code="ours"))


@pytest.fixture
def post(client, service):
    """Post events as the lead of the service's team."""
    user = make_user("team_lead", team=service.owner)
    client.force_login(user)
    return lambda body, **headers: client.post(
        "/api/v1/delivery-events/", body, content_type="application/json", headers=headers
    )


def test_the_same_key_answers_the_first_event_again_and_never_makes_a_second(post):
    first = post(EVENT, **{"Idempotency-Key": "run-1"})
    assert (first.status_code, first.json()["key"]) == (201, "run-1")
    again = post(EVENT, **{"Idempotency-Key": "run-1"})
    assert (again.status_code, again.json()) == (200, first.json())
    assert post(EVENT | {"key": "run-1"}).status_code == 200
    other = post(EVENT | {"reference": "v2", "key": "run-1"})
    assert other.status_code == 422
    assert "with another reference" in other.json()["detail"]
    assert post(EVENT | {"key": "run-2"}, **{"Idempotency-Key": "run-1"}).status_code == 400
    row = DeliveryEvent.objects.get()
    corrected = actions.correct(row, changes={"reference": "v1.0"}, reason="Its tag.", by=None)
    assert post(EVENT | {"key": "run-1"}).json()["id"] == row.pk  # as it was posted, with what became of it
    actions.retract(corrected, reason="Never went out.", by=None)
    assert post(EVENT | {"key": "run-1"}).status_code == 200
    assert not DeliveryEvent.objects.known().exists()
    assert post(EVENT).status_code == post(EVENT).status_code == 201  # without a key each is another


def test_a_list_is_recorded_whole_or_not_at_all(post, service):
    events = [EVENT | {"key": f"run-{number}"} for number in range(3)]
    assert [one["key"] for one in post(events).json()] == ["run-0", "run-1", "run-2"]
    assert post([*events, EVENT | {"key": "run-3"}]).status_code == 201
    assert post(events).status_code == 200
    wrong = post([EVENT | {"key": "run-4"}, EVENT | {"begun_at": "2018-01-01T00:00:00Z"}])
    assert wrong.status_code == 400
    assert "before it is deployed" in wrong.json()["detail"]
    assert post([EVENT, EVENT | {"key": "run-0", "kind": "failure"}]).status_code == 422
    assert "its own `key`" in post(events, **{"Idempotency-Key": "run-9"}).json()["detail"]
    assert DeliveryEvent.objects.count() == 4
    make_service(code="theirs", owner=make_team())
    assert post([EVENT | {"service": "theirs"}]).status_code == 403


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_that_post_the_same_at_once_make_one_event():
    service = make_service()
    facts = {"service": service, "kind": "deployment", "happened_at": datetime(2017, 3, 1, tzinfo=UTC), "key": "run-1"}
    found = at_once(*[lambda: post_events([DeliveryEvent(**facts)], by=None)] * 2)
    assert sorted(is_new for ((_, is_new),) in found) == [False, True]
    assert DeliveryEvent.objects.count() == 1
    other = at_once(*[lambda: post_events([DeliveryEvent(**facts | {"reference": "v2"})], by=None)] * 2)
    assert {type(one) for one in other} == {KeyUsedOtherwise}


def event(service, kind, day, **given):
    return make_delivery_event(service=service, kind=kind, happened_at=datetime(*day, tzinfo=UTC), **given)


def test_an_incident_counts_as_a_failed_change_only_where_an_event_bears_its_code(service):
    event(service, "deployment", (2017, 2, 1, 9), reference="v1")
    event(service, "deployment", (2017, 2, 2, 9), reference="v2")
    began = datetime(2017, 2, 3, 9, tzinfo=UTC)
    linked = make_incident(service=service, started_at=began, restored_at=began + timedelta(hours=5))
    make_incident(service=service, started_at=began, restored_at=began + timedelta(hours=1))
    event(service, "failure", (2017, 2, 3, 10), reference=linked.code, caused_by="v1")
    event(service, "restore", (2017, 2, 3, 11), reference=linked.code)
    history = histories_of([service.pk])[service.pk]
    assert [(one.deployment.reference, one.has_failed) for one in history.changed] == [("v1", True), ("v2", False)]
    figures = history.between(date(2017, 1, 1), date(2017, 4, 1))
    assert (figures.failed, figures.time_to_restore.median, figures.open_failures) == (1, timedelta(hours=5), 0)


def test_a_service_is_held_against_its_own_quarters(client, service):
    client.force_login(make_user())
    for month, days in ((11, 8), (12, 8), (13, 2), (15, 2)):
        at = datetime(2016 + month // 13, (month - 1) % 12 + 1, 20, 9, tzinfo=UTC)
        make_delivery_event(service=service, happened_at=at, begun_at=at - timedelta(days=days), reference=f"v{month}")
    event(service, "failure", (2017, 3, 20, 10), reference="broken")
    page = client.get(reverse("health:service-delivery", args=["tax"])).content.decode()
    for words in ("The median lead time fell from 8 to 2 days", "1 of 2: 50%", "1 open", "January 2017 to March 2017"):
        assert words in page
    assert quarters_until(date(2017, 4, 1))[-1] == (date(2017, 4, 1), date(2017, 7, 1))
    listed = client.get(reverse("health:delivery-event-list"), {"kind": "failure", "service": "tax"})
    assert [row.reference for row in listed.context["page"]] == ["broken"]
    assert (
        "Nothing delivered"
        in client.get(reverse("health:service-delivery", args=[make_service().code])).content.decode()
    )
