"""The estate: what stands out, who uses what, the map, and what ends its support."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from portfolio.common import actions
from portfolio.common.errors import NotAllowed
from portfolio.common.months import today
from products.health import estate, renewals
from products.health.agenda import shelf_life
from products.health.estate_map import estate_map
from products.health.models import Component, Process, Service
from products.health.renewal_actions import RenewalRefused, plan_renewal
from products.roadmaps.contributions import interests_in
from products.roadmaps.item_actions import drop_item
from products.roadmaps.models import Item
from tests import factories as make

pytestmark = pytest.mark.django_db
TODAY = today()


def service_named(code: str) -> Service:
    return estate.with_signs_of_services(Service.objects.select_related("product"), TODAY).get(code=code)


def component_named(code: str) -> Component:
    return estate.with_signs_of_components(Component.objects.select_related("item"), TODAY).get(code=code)


def signs(row) -> list[str]:
    found = estate.service_signs(row) if isinstance(row, Service) else estate.component_signs(row, TODAY)
    assert all(sign.title and sign.words and sign.mend for sign in found)
    return [sign.key for sign in found]


def test_a_service_stands_out_until_somebody_keeps_and_uses_it_and_its_parts_are_supported():
    platform = make.make_product(kind="platform")
    service = make.make_service(code="pay", product=platform)
    part = make.make_part(service=service, component=make.make_component(end_of_support=TODAY), starts=date(2020, 1, 1))
    assert signs(service_named("pay")) == ["no-owner", "no-consumer", "no-support"]

    service.owner = make.make_team()
    actions.save(service, by=None)
    make.make_link(supplier=platform, starts=date(2020, 1, 1))
    actions.retract(part, reason="It never was.", by=None)
    assert signs(service_named("pay")) == []
    # Whatever is retired stands out in no way.
    orphan = make.make_service(code="old", product=make.make_product(kind="internal"), is_retired=True)
    assert signs(service_named(orphan.code)) == []


def test_another_service_a_product_with_customers_and_a_link_are_consumers_and_are_named():
    internal = make.make_product(kind="internal")
    needed = make.make_service(code="needed", product=internal)
    other = make.make_service(code="other", name="Other")
    make.make_dependency(service=other, needs=needed, starts=date(2020, 1, 1))
    make.make_link(supplier=internal, consumer=make.make_product(name="Tax"), starts=date(2020, 1, 1))
    segment = make.make_segment(product=other.product, name="Keepers")

    assert [(one.kind, one.name) for one in estate.consumers_of(needed, TODAY)] == [
        ("Service", "Other"), ("Product", "Tax"),
    ]  # fmt: skip
    assert [(one.kind, one.name) for one in estate.consumers_of(other, TODAY)] == [("Customers", segment.name)]
    assert signs(service_named("needed")) == ["no-owner"]


def test_a_component_says_what_is_missing_and_its_own_statement_goes_before_what_is_published():
    team, ends = make.make_team(), TODAY + timedelta(100)
    make.make_support_date(product="postgresql", cycle="9.6", ends=ends)
    make.make_support_date(product="ubuntu", cycle="14.04", ends=None, is_ended=True)
    published = make.make_component(code="db", owner=team, eol_product="postgresql", eol_cycle="9.6")
    make.make_part(component=published, starts=date(2020, 1, 1))
    make.make_component(code="own", owner=team, eol_product="postgresql", eol_cycle="9.6", end_of_support=TODAY)
    make.make_component(code="ended", eol_product="ubuntu", eol_cycle="14.04", owner=team)
    make.make_component(code="nobodys")

    assert component_named("db").support_ends == ends
    assert signs(component_named("db")) == ["ends-soon"]
    assert signs(component_named("own")) == ["no-consumer", "no-support"]
    assert signs(component_named("ended")) == ["no-consumer", "no-support"]
    assert signs(component_named("nobodys")) == ["no-owner", "no-consumer", "no-date"]
    # The filter finds the rows that say so, and no others.
    rows = estate.with_signs_of_components(Component.objects.all(), TODAY)
    for key, _ in estate.OF_COMPONENTS:
        found = set(rows.filter(estate.components_that(key, TODAY)).values_list("code", flat=True))
        assert found == {row.code for row in rows if key in signs(row)}


def test_a_renewal_becomes_an_item_for_whoever_may_change_the_roadmap_and_counts_as_planned():
    roadmap = make.make_roadmap()
    product = roadmap.products.get()
    component = make.make_component(code="db", end_of_support=TODAY + timedelta(30))
    make.make_part(component=component, service=make.make_service(product=product), starts=date(2020, 1, 1))
    [before] = renewals.renewals(TODAY)
    assert (before.products, before.is_planned, before.is_overdue) == ((product.pk,), False, False)
    assert [row.name for row in shelf_life(roadmap, TODAY, None)[0].rows] == [component.name]

    def item(code: str) -> Item:
        sides = {side: roadmap.members.get(side=side).user for side in ("business", "technology")}
        return Item(
            roadmap=roadmap, product=product, code=code, name="Renew", exception="Its support ends.",
            effort_low=Decimal(1), effort_high=Decimal(2), business_champion=sides["business"],
            technology_champion=sides["technology"],
        )  # fmt: skip

    with pytest.raises(NotAllowed):
        plan_renewal(component, item("not-mine"), by=make.make_user("finance_partner"))
    owner = make.make_user("product_owner", product=product)
    made = plan_renewal(component, item("renew-db"), by=owner)
    assert (made.kind, component_named("db").item, component_named("db").is_planned) == ("obsolescence", made, True)
    assert component.history.first().history_user == owner
    assert signs(component_named("db")) == ["no-owner"]
    assert shelf_life(roadmap, TODAY, None)[0].rows == []
    with pytest.raises(RenewalRefused, match="already"):
        plan_renewal(component, item("renew-db-again"), by=owner)
    drop_item(made, why="Too dear.", by=None)
    assert not component_named("db").is_planned


def test_a_product_that_is_retired_leaves_its_services_and_what_only_they_are_built_of():
    service = make.make_service(name="Pay")
    alone, shared = make.make_component(name="Alone"), make.make_component(name="Shared")
    for component in (alone, shared):
        make.make_part(service=service, component=component, starts=date(2020, 1, 1))
    make.make_part(component=shared, starts=date(2020, 1, 1))
    make.make_dependency(service=make.make_service(name="Needy"), needs=service, starts=date(2020, 1, 1))

    found = [(one.kind, one.name) for one in interests_in(service.product, TODAY)]
    assert found == [("Services", "Pay"), ("Services that need it", "Needy"), ("Components", "Alone")]


def test_the_map_goes_from_process_to_component_and_is_cut_where_it_is_long(django_assert_num_queries):
    process = make.make_process(name="Taxing")
    service = make.make_service(name="Pay", process=process)
    component = make.make_component(name="Database")
    make.make_part(service=service, component=component, starts=date(2020, 1, 1))
    make.make_service(name="Alone")
    rows = estate.with_signs_of_services(Service.objects.for_table(), TODAY)

    with django_assert_num_queries(4):
        found = estate_map(rows, TODAY)
    assert [place.name for place in found.processes] == ["Taxing", "Of no process"]
    [group] = found.processes[0].below
    assert (group.name, [place.name for place in group.below]) == ("In no journey", ["Pay"])
    assert [place.name for place in group.below[0].below] == ["Database"]
    assert {place.box.label for place in found.picture.boxes} == {"Taxing", "Pay", "Alone", "Database"}
    assert Process.objects.count() == 1
    cut = estate_map(rows, TODAY, most=1)
    assert (cut.count, cut.shown, cut.left_out) == (2, 1, 1)
