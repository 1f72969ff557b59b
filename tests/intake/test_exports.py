"""What a list was exported as can be loaded again, and changes nothing."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from portfolio.common.models import User
from portfolio.intake.actions import load_file
from portfolio.intake.kinds import KINDS
from tests import factories as make
from tests.access.world import World
from tests.files import content, lines

pytestmark = pytest.mark.django_db

PAGES = {
    "value-streams": "catalog:value-stream-list",
    "products": "catalog:product-list",
    "segments": "catalog:segment-list",
    "themes": "catalog:theme-list",
    "insights": "catalog:insight-list",
    "disciplines": "teams:discipline-list",
    "people": "teams:person-list",
    "teams": "teams:team-list",
    "memberships": "teams:membership-list",
    "absences": "teams:absence-list",
    "rates": "teams:rate-list",
    "assignments": "catalog:assignment-list",
    "metrics": "value:metric-list",
    "valuations": "value:valuation-list",
    "observations": "value:observation-list",
    "scores": "value:score-list",
    "shared-outcomes": "value:shared-outcome-list",
    "roadmap-items": "roadmaps:item-list",
    "processes": "health:process-list",
    "services": "health:service-list",
    "components": "health:component-list",
    "parts": "health:part-list",
    "service-dependencies": "health:dependency-list",
    "on-call": "health:on-call-list",
    "support-dates": "health:support-date-list",
    "objectives": "health:objective-list",
    "measurements": "health:measurement-list",
    "requirements": "health:requirement-list",
    "evidence": "health:evidence-list",
    "delivery-events": "health:delivery-event-list",
    "failure-modes": "health:failure-mode-list",
    "drills": "health:drill-list",
    "journeys": "health:journey-list",
    "journey-steps": "health:step-list",
    "passages": "health:passage-list",
    "incidents": "health:incident-list",
    "impacts": "health:impact-list",
    "exposures": "value:exposure-list",
    "streams": "funding:stream-list",
    "allocations": "funding:allocation-list",
    "ledger-entries": "funding:ledger-entry-list",
    "fx-rates": "funding:exchange-rate-list",
    "guardrails": "funding:guardrail-list",
    "waivers": "funding:waiver-list",
    "commitments": "funding:commitment-list",
    "transfers": "funding:transfer-list",
    "carry-forwards": "funding:carry-forward-list",
    "links": "network:network",
    "usage": "network:usage-list",
    "elasticities": "rebalance:elasticity-list",
}


@pytest.fixture
def root(portfolio, client):
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture(scope="module")
def portfolio(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Rows of each kind, made once, for they take longer than a test does; what a test changes is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        _make_rows()
        yield
        transaction.set_rollback(True)


def _make_rows() -> None:
    """Make a row of each kind, and some whose cells are hard to carry: formulas, quotes, line breaks, long numbers."""
    world = World()
    hard = [
        "=1+1",
        "-2",
        "+3",
        "@sum",
        "'=quoted",
        "''=twice",
        "'plain",
        'He said "no", twice\nand left',
        "£ ü 漢字 🚗",
    ]
    for number, text in enumerate(hard):
        product = make.make_product(name=text, purpose=text)
        theme = make.make_theme(product=product, name=text, summary=text)
        item = make.make_item(
            roadmap=make.make_roadmap(products=[product]), product=product, metric=None, exception=text
        )
        make.make_insight(
            product=product, text=text, source=text, theme=theme, said_by=number + 1, team=make.make_team(), item=item,
            metric=make.make_metric(product=product), journey=make.make_journey(product=product),
        )  # fmt: skip
        make.make_team(name=text, purpose=text)
        make.make_item(name=text, description=text, needs=[make.make_item(metric=None, exception=text)])
        make.make_ledger_entry(product=product, memo=text, reference=text, amount=Decimal("-9999999999999.99"))
        make.make_observation(value=Decimal("12345678901.2345"), source=text, is_illustrative=bool(number % 2))
    make.make_exchange_rate(currency="JPY", rate=Decimal("0.00000001"))
    make.make_usage(supplier=world.product, month=make.START, quantity=Decimal("0.0001"))
    make.make_segment(size=None, size_basis="")


def test_every_kind_has_a_page_that_exports_it():
    assert set(PAGES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_list_is_loaded_again_unchanged(root, kind):
    file = content(root.get(reverse(PAGES[kind]), {"format": "csv"}))

    report = load_file(kind, file, by=None)

    assert not report.errors, report.errors[:3]
    standing = KINDS[kind].standing().count()
    assert report.counts == (0, standing, 0)
    assert standing


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_begins_with_the_columns_that_the_import_reads(root, kind):
    names = list(lines(root.get(reverse(PAGES[kind]), {"format": "csv"}))[0])

    read = [column.name for column in KINDS[kind].columns]
    assert names[: len(read)] == read
    assert set(names[len(read) :]) == KINDS[kind].passed_over
