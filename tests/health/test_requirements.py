"""Requirements: what is not verified shows on pages, in agendas and on Today, and so does what was released anyway."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from portfolio.board.today import queue
from products.health.promise_actions import tell_expiring
from products.health.promise_agenda import promises
from tests.factories import (
    make_delivery_event,
    make_evidence,
    make_objective,
    make_product,
    make_requirement,
    make_roadmap,
    make_service,
    make_user,
)

pytestmark = pytest.mark.django_db
ON = date(2017, 3, 31)


@pytest.fixture(autouse=True)
def _today(settings):
    settings.TWOFOLD_TODAY = ON


@pytest.fixture
def leader(client):
    """Sign a leader in."""
    user = make_user("leader")
    client.force_login(user)
    return user


def verified(name, verified_on, expires_on, *, baselined_on=date(2016, 1, 1), has_passed=True, **given):
    """Make a requirement with one look at it."""
    requirement = make_requirement(name=name, baselined_on=baselined_on, **given)
    make_evidence(requirement=requirement, verified_on=verified_on, expires_on=expires_on, has_passed=has_passed)
    return requirement


def released(service, day, reference):
    return make_delivery_event(service=service, happened_at=datetime(*day, 12, tzinfo=UTC), reference=reference)


def test_a_release_while_a_requirement_is_unverified_is_visible_wherever_the_service_is(client, leader):
    product = make_product()
    service = make_service(code="tax", product=product)
    verified("Back in 4 hours", date(2016, 2, 1), date(2017, 2, 1), service=service, code="back")
    released(service, (2016, 6, 1), "v1")
    risky = released(service, (2017, 3, 1), "v2")
    readiness = client.get(reverse("health:service-readiness", args=["tax"])).content.decode()
    for words in ("Not ready for production", "its evidence of 1 Feb 2016 expired on 1 Feb 2017",
                  "Accessibility: nobody has said what must hold", "1 of 2 deployments was made"):  # fmt: skip
        assert words in readiness
    for name in ("health:service-detail", "health:service-delivery"):
        page = client.get(reverse(name, args=["tax"])).content.decode()
        assert "1 deployment went out while a requirement was unverified" in page
    assert "released unverified" in page
    _, section = promises(make_roadmap(products=[product]), ON, None)
    assert [(row.name, row.detail) for row in section.rows] == [
        (f"{service}: Back in 4 hours", "Its evidence of 1 Feb 2016 expired on 1 Feb 2017."),
        (f"{service}: v2", "Released on 1 Mar 2017 while these were not verified: Back in 4 hours."),
    ]
    assert section.rows[1].href == risky.get_absolute_url()


def test_evidence_that_expires_soon_or_has_waits_for_who_may_write_it(client):
    service = make_service()
    soon = verified("Soon", date(2017, 1, 1), date(2017, 4, 30), service=service)
    verified("Later", date(2017, 1, 1), date(2017, 5, 1), service=service)
    verified("Gone", date(2016, 1, 1), date(2017, 1, 1), service=service)
    verified("Failed", date(2017, 1, 1), date(2017, 4, 1), service=service, has_passed=False)
    verified("Draft", date(2017, 1, 1), date(2017, 4, 1), service=service, baselined_on=None)
    owner = make_user("product_owner", product=service.product)
    (group,) = queue(owner, ON, show="evidence")
    assert [(one.what, one.since) for one in group.entries] == [
        ("Verify Gone again", date(2017, 1, 1)),
        ("Verify Soon again", date(2017, 4, 30)),
    ]
    assert group.entries[1].href == soon.get_absolute_url()
    assert queue(make_user("product_owner", product=make_product()), ON, show="evidence") == []
    assert [one.requirement.name for one in tell_expiring()] == ["Gone", "Soon"]


def test_requirements_are_stated_verified_and_filtered_by_page_and_api(client, leader):
    service = make_service(code="tax")
    address = reverse("health:requirement-add")
    assert "Recovery point" in client.get(address, {"service": "tax", "kind": "recovery_point"}).content.decode()
    form = {"name": "No loss", "code": "no-loss", "service": service.pk, "kind": "recovery_point",
            "statement": "At most 5 minutes are lost.", "baselined_on": "2016-01-01"}  # fmt: skip
    assert client.post(address, form).status_code == 302
    requirement = service.requirements.get()
    proof = {"requirement": requirement.pk, "verified_on": "2017-03-01", "expires_on": "2018-03-01",
             "has_passed": "on", "source": "Restore test 4"}  # fmt: skip
    assert client.post(reverse("health:evidence-add"), proof).status_code == 302
    early = client.post(reverse("health:evidence-add"), proof | {"verified_on": "2017-04-01"})
    assert "has not come yet" in early.content.decode()
    make_requirement(service=service, baselined_on=None)
    listed = client.get(reverse("health:requirement-list"), {"state": "verified"})
    assert [row["requirement"].code for row in listed.context["page"]] == ["no-loss"]
    rows = client.get("/api/v1/requirements/").json()["results"]
    assert sorted(row["state"] for row in rows) == ["draft", "verified"]
    page = client.get(requirement.get_absolute_url()).content.decode()
    assert "Counts until before 1 Mar 2018" in page
    assert (
        client.get("/api/v1/evidence/", {"requirement": "no-loss"}).json()["results"][0]["source"] == "Restore test 4"
    )


def test_a_service_page_says_what_is_promised_and_what_is_missing(client, leader):
    objective = make_objective(service=make_service(code="tax"))
    page = client.get(reverse("health:service-detail", args=["tax"])).content.decode()
    for words in (objective.name, "not measured", "Not ready for production", "No delivery of it is known"):
        assert words in page
