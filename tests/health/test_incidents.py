"""What incidents cost, over journeys and along the network, once. The figures are those of docs/incidents.md."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from portfolio.board.today import queue
from products.health import drilled, losses
from products.health.incident_agenda import incidents as agenda_of
from products.health.models import Impact, Incident, Journey
from products.health.panels import panels_of
from tests import factories as make

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 31)
JANUARY = date(2026, 1, 1)


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = TODAY


def make_flow(product, low="2", high="2", unit="payments"):
    metric = make.make_metric(product=product, unit=unit)
    make.make_valuation(metric=metric, low=Decimal(low), high=Decimal(high), starts=JANUARY)
    return metric


@pytest.fixture
def platform():
    """A payments service that two journeys pass, one of them through a service that needs it."""
    gateway = make.make_service(code="gateway", product=make.make_product(kind="platform"))
    checkout = make.make_service(code="checkout")
    make.make_dependency(service=checkout, needs=gateway)
    for code, service, entered in (("tax", gateway, 3000), ("test", checkout, 1000)):
        journey = make.make_journey(code=code, product=make.make_product(code=code))
        make.make_step(journey=journey, service=service)
        make.make_passage(journey=journey, entered=entered, completed=entered)
    make.make_journey(code="elsewhere")
    return gateway


def costs(incident):
    return losses.costs_of(list(Impact.objects.known().filter(incident=incident).for_table()))


def cents(portions):
    return {getattr(one.of, "code", None): one.costs[0].cents for one in portions}


def test_an_impact_is_worth_what_was_lost_and_a_part_of_what_came_late():
    """The worked example: 120 lost and 200 late that lost a quarter of their worth, at 4 each: 170 × 4."""
    impact = make.make_impact(
        metric=make_flow(make.make_product(), "4", "4"), lost=120, late=200, late_share=Decimal("0.25")
    )
    [found] = costs(impact.incident)
    assert (found.quantity, found.costs[0].amount, found.is_unvalued) == (170, Decimal("680.00"), False)
    wide = make.make_impact(metric=make_flow(make.make_product(), "1", "4"), lost=10, incident=impact.incident)
    ranged = next(one for one in costs(wide.incident) if one.impact == wide)
    assert (ranged.costs[0].low, ranged.costs[0].high) == (10, 40)
    assert 20 < ranged.costs[0].amount < 23  # the mean of a lognormal lies above its median of 20
    nobody = make.make_impact(lost=5)
    assert costs(nobody.incident)[0].is_unvalued


def test_a_loss_on_a_shared_platform_shows_at_every_journey_and_counts_once(platform):
    """The worked example: 101 payments worth 2.00 are divided 3 to 1, and the parts add up."""
    payments = make_flow(platform.product)
    incident = make.make_incident(service=platform)
    make.make_impact(incident=incident, metric=payments, lost=101)
    divided = losses.over_journeys(costs(incident), losses.Ground())
    assert cents(losses.by_journey(divided)) == {"tax": 15_150, "test": 5_050}
    assert sorted(one.quantity for one in divided) == [Decimal("25.25"), Decimal("75.75")]
    by_journey = {code: losses.of_journey(journey, JANUARY) for code, journey in journeys().items()}
    assert {code: told[0].costs[0].cents if told else 0 for code, told in by_journey.items()} == {
        "tax": 15_150, "test": 5_050, "elsewhere": 0,
    }  # fmt: skip


def journeys():
    return {journey.code: journey for journey in Journey.objects.all()}


def test_a_loss_belongs_to_the_journey_that_is_named_or_counts_what_was_lost_or_to_none(platform):
    incident = make.make_incident(service=platform)
    tests = journeys()["test"]
    make.make_impact(incident=incident, metric=make_flow(platform.product), lost=5, journey=tests)
    metric = make_flow(tests.product)
    tests.metric = metric
    tests.save()
    make.make_impact(incident=incident, metric=metric, lost=7)
    divided = losses.over_journeys(costs(incident), losses.Ground())
    assert cents(losses.by_journey(divided)) == {"test": 2_400}
    nowhere = make.make_impact(metric=make_flow(make.make_product()), lost=1)
    assert cents(losses.by_journey(losses.over_journeys(costs(nowhere.incident), losses.Ground()))) == {None: 200}


def test_a_loss_reaches_customers_along_the_network_once(platform):
    """The worked example: 100 at the platform, of whose output tax pulls 0.3 and test 0.5, which tax's owner pulls."""
    tax, tests, last = (make.make_product(code=code) for code in ("a", "b", "c"))
    for supplier, consumer, share in ((platform.product, tax, "0.3"), (platform.product, tests, "0.5")):
        make.make_link(supplier=supplier, consumer=consumer, share=Decimal(share))
    make.make_link(supplier=tests, consumer=last, share=Decimal(1))
    incident = make.make_incident(service=platform)
    make.make_impact(incident=incident, metric=make_flow(platform.product, "1", "1"), lost=100)
    found = losses.along_network(costs(incident), platform.product_id, JANUARY, None)
    assert cents(found) == {platform.product.code: 2_000, "a": 3_000, "c": 5_000}
    make.make_impact(incident=incident, metric=make_flow(tests, "1", "1"), lost=10)
    found = losses.along_network(costs(incident), platform.product_id, JANUARY, None)
    assert cents(found) == {platform.product.code: 2_000, "a": 3_000, "b": 1_000, "c": 5_000}
    make.make_usage(supplier=platform.product, consumer=tax, month=JANUARY, quantity=1)
    make.make_usage(supplier=platform.product, consumer=None, month=JANUARY, quantity=3)
    found = losses.along_network(costs(incident), platform.product_id, JANUARY, None)
    assert cents(found) == {platform.product.code: 7_500, "a": 2_500, "b": 1_000}


def test_a_failure_mode_stands_out_until_a_drill_within_a_year_has_passed():
    mode = make.make_failure_mode()
    assert drilled.states([mode], TODAY)[mode.pk].words == "Never drilled"
    make.make_drill(failure_mode=mode, held_on=TODAY - timedelta(days=366))
    assert drilled.states([mode], TODAY)[mode.pk].tone == "warn"
    passed = make.make_drill(failure_mode=mode, held_on=TODAY - timedelta(days=10))
    assert not drilled.states([mode], TODAY)[mode.pk].is_due
    make.make_drill(failure_mode=mode, held_on=TODAY - timedelta(days=1), has_passed=False)
    assert drilled.states([mode], TODAY)[mode.pk].words == "Failed on 30 Mar 2026"
    service = passed.failure_mode.service
    incident = make.make_incident(service=service, failure_mode=mode)
    panels = {panel.key: panel for panel in panels_of(service, make.make_user("leader"), TODAY)}
    assert panels["journeys"].context["steps"] == []
    assert [one.incident for one in panels["incidents"].context["told"]] == [incident]


def test_an_incident_waits_for_its_cost_from_three_days_after_it_was_restored():
    restored = datetime(2026, 3, 28, 12, tzinfo=UTC)
    started = restored - timedelta(hours=2)
    waiting = make.make_incident(started_at=started, restored_at=restored)
    make.make_incident(started_at=started, restored_at=restored, is_harmless=True)
    make.make_incident(started_at=started, restored_at=restored + timedelta(days=1))
    make.make_impact(incident=make.make_incident(started_at=started, restored_at=restored))
    leader = make.make_user("leader")
    [group] = queue(leader, TODAY, show="incidents")
    assert [entry.href for entry in group.entries] == [reverse("health:incident-detail", args=[waiting.code])]
    assert group.entries[0].since == TODAY
    assert queue(make.make_user("product_owner", product=make.make_product()), TODAY, show="incidents") == []


def test_an_agenda_tells_incidents_since_the_last_review_with_what_they_cost():
    product = make.make_product()
    roadmap = make.make_roadmap(products=[product], began_on=date(2025, 6, 1))
    make.make_review(roadmap=roadmap, held_on=date(2026, 1, 5))
    hit = make.make_impact(metric=make_flow(product), lost=50).incident
    make.make_incident(service=make.make_service(product=product), started_at=datetime(2026, 1, 2, tzinfo=UTC))
    [section] = agenda_of(roadmap, TODAY, None)
    assert [row.name for row in section.rows] == [str(hit)]
    assert "cost customers $100.00 ($100.00 to $100.00); not known in advance" in section.rows[0].detail
    assert Incident.objects.count() == 2
