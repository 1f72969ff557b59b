"""What a list was exported as can be loaded again, and changes nothing."""

from decimal import Decimal

import pytest
from django.urls import reverse

from portfolio.common.models import User
from portfolio.intake.actions import load_file
from portfolio.intake.kinds import KINDS
from products.value.models import Observation
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
    "rates": "teams:rate-list",
    "assignments": "catalog:assignment-list",
    "metrics": "value:metric-list",
    "valuations": "value:valuation-list",
    "observations": "value:observation-list",
    "scores": "value:score-list",
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
def root(client):
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def portfolio(db):
    """One row of each kind, and some whose cells are hard to carry: formulas, quotes, line breaks, long numbers."""
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
    return world


def test_every_kind_has_a_page_that_exports_it():
    assert set(PAGES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_list_is_loaded_again_unchanged(root, portfolio, kind):
    file = content(root.get(reverse(PAGES[kind]), {"format": "csv"}))

    report = load_file(kind, file, by=None)

    assert not report.errors, report.errors[:3]
    standing = KINDS[kind].standing().count()
    assert report.counts == (0, standing, 0)
    assert standing


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_begins_with_the_columns_that_the_import_reads(root, portfolio, kind):
    names = list(lines(root.get(reverse(PAGES[kind]), {"format": "csv"}))[0])

    read = [column.name for column in KINDS[kind].columns]
    assert names[: len(read)] == read
    assert set(names[len(read) :]) == KINDS[kind].passed_over


def test_what_was_defused_for_spreadsheets_is_loaded_as_it_was(root):
    make.make_team(code="tax", purpose="=cmd|' /C calc'!A0")
    file = content(root.get(reverse("teams:team-list"), {"format": "csv"}))
    assert b"'=cmd" in file

    report = load_file("teams", file.replace(b"tax,", b"levy,"), by=None)

    assert report.counts == (1, 0, 0)
    assert lines(root.get("/teams/", {"format": "csv", "search": "levy"}))[0]["purpose"] == "'=cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", ["'=1", "''+1", "=1", "'plain"])
def test_json_is_taken_at_its_word_and_its_rows_are_exported_and_loaded_unchanged(root, text):
    make.make_metric(code="calls")
    row = {"metric": "calls", "starts": "2026-01-01", "ends": "2026-01-02", "value": "5", "source": text}

    made = root.post("/api/v1/observations/batch/", [row], content_type="application/json")

    assert made.status_code < 300, made.content
    assert Observation.objects.get().source == text
    file = content(root.get("/metrics/observations/", {"format": "csv"}))
    assert load_file("observations", file, by=None).counts == (0, 1, 0)
    back = root.post("/api/v1/observations/batch/", file, content_type="text/csv")
    assert back.status_code < 300, back.content
    assert Observation.objects.count() == 1
