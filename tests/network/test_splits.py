"""What a team that is past its limit could become, drawn from the network."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from portfolio.network.splits import proposal
from tests.factories import (
    START,
    make_assignment,
    make_discipline,
    make_link,
    make_membership,
    make_person,
    make_product,
    make_team,
    make_usage,
    make_user,
)

pytestmark = pytest.mark.django_db

CODES = ["product", "design", "engineering", "quality", "data", "support"]
#: The fourteen: two product managers, two designers, six engineers, two testers, two data analysts; no support.
FOURTEEN = ["product"] * 2 + ["design"] * 2 + ["engineering"] * 6 + ["quality"] * 2 + ["data"] * 2


@pytest.fixture
def vehicles(settings):
    """Fourteen people on tax, off-road notices, trade licences and a fleet portal; data sets come from a platform."""
    settings.TWOFOLD_TODAY, settings.TWOFOLD_TEAM_LIMIT, settings.TWOFOLD_DISCIPLINES = START, 9, CODES
    disciplines = {code: make_discipline(code=code, name=code.capitalize()) for code in CODES}
    team, data = make_team(name="Vehicles"), make_team(name="Data platform team")
    for number, code in enumerate(FOURTEEN):
        make_membership(team=team, person=make_person(name=f"Person {number:02}"), discipline=disciplines[code])
    for _ in range(3):
        make_membership(team=data, discipline=disciplines["data"])
    tax, off_road, trade, fleet, platform = (
        make_product(name=name) for name in ("Vehicle tax", "Off-road", "Trade licences", "Fleet portal", "Data sets")
    )
    for product, share in ((tax, "0.30"), (off_road, "0.20"), (trade, "0.25"), (fleet, "0.25")):
        make_assignment(team=team, product=product, share=Decimal(share))
    make_assignment(team=data, product=platform, share=Decimal("0.5"))
    make_link(supplier=tax, consumer=off_road, share=Decimal("0.40"), service="refunds")
    make_link(supplier=trade, consumer=fleet, share=Decimal("0.30"))
    make_link(supplier=tax, consumer=fleet, share=Decimal("0.05"))
    make_link(supplier=platform, consumer=tax, share=Decimal("0.20"))
    return team


def test_a_team_of_fourteen_gets_a_split_that_says_why_it_is_sensible(vehicles, client):
    """What pulls most stays together: refunds for off-road (1.68 FTE), licences for fleets (1.05); 0.21 is cut."""
    found = proposal(vehicles)
    assert [part.name for part in found.parts] == ["Vehicle tax and Off-road", "Fleet portal and Trade licences"]
    assert [len(part.people) for part in found.parts] == [7, 7]
    for part in found.parts:
        assert dict(part.disciplines) == {"Product": 1, "Design": 1, "Engineering": 3, "Quality": 1, "Data": 1}
        assert [lack.name for lack in part.lacks] == ["Support"]
    assert [(one.link.consumer.name, one.fte) for one in found.cut] == [("Fleet portal", Decimal("0.21"))]
    assert [one.name for one in found.instead] == ["Data"]
    assert not found.is_enough_instead
    assert found == proposal(vehicles)

    client.force_login(make_user())
    text = " ".join(
        strip_tags(client.get(reverse("network:team-split", args=[vehicles.code])).content.decode()).split()
    )
    assert "7 people, 7.00 FTE, for 50% of the work" in text
    assert "They pull from each other: Off-road pulls refunds from Vehicle tax: 40% of what it does." in text
    assert "7% of what its products pull from each other would go from part to part; 93% stays" in text
    assert "Support: the team lacks it as it is. No other team has it." in text
    assert "Data platform team (3 people, 1.50 FTE free, which Data sets comes from already)" in text
    assert "Nobody is moved by it" in text


def test_metered_use_counts_before_what_was_agreed(vehicles):
    """Off-road turns out to use a hundredth of tax, and the fleet portal the rest."""
    supplier = vehicles.assignments.get(product__name="Vehicle tax").product
    for name, quantity in (("Off-road", 1), ("Fleet portal", 99)):
        consumer = vehicles.assignments.get(product__name=name).product
        make_usage(supplier=supplier, consumer=consumer, quantity=Decimal(quantity), month=START)
    with_tax = next(part.name for part in proposal(vehicles).parts if "Vehicle tax" in part.name)
    assert with_tax == "Vehicle tax and Fleet portal"


def test_a_team_within_the_limit_or_with_one_product_is_told_why_there_is_no_split(vehicles, client, settings):
    client.force_login(make_user())
    address = reverse("network:team-split", args=[vehicles.code])
    for row in vehicles.assignments.all()[1:]:
        row.delete()
    page = client.get(address).content.decode()
    assert "only 1 product to part, and a product is not cut in two" in page
    settings.TWOFOLD_TEAM_LIMIT = 14
    assert "There is nothing to split" in client.get(address).content.decode()


def test_a_proposal_takes_as_many_queries_for_a_large_organisation(vehicles, django_assert_num_queries):
    def ask():
        proposal(vehicles)

    with django_assert_num_queries(7):
        ask()
    for _ in range(3):
        other = make_assignment(team=make_team()).team
        make_membership(team=other, discipline=vehicles.memberships.first().discipline)
    with django_assert_num_queries(7):
        ask()
