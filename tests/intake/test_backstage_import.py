"""A Backstage catalogue becomes teams, products, services, components and what they need: all of it, or nothing."""

import pytest

from portfolio.intake.catalogues.backstage_import import import_catalogue
from portfolio.intake.catalogues.findings import Weight
from products.catalog.models import Product
from products.health.models import Component, Dependency, Part, Service
from teams.models import Team
from tests.factories import make_link, make_product, make_service, make_team, make_user, make_value_stream
from tests.intake.test_backstage import REAL, entity

pytestmark = pytest.mark.django_db

GROUP = entity(
    "payers", "type: team", "members: [a, b]", "parent: all", kind="Group", title="Payers", description="Pay."
)
SYSTEM = entity("paying", "owner: payers", kind="System", title="Paying")
PAY = entity(
    "pay", "type: service", "owner: payers", "system: paying", "dependsOn: [component:ledger, resource:db]",
    "consumesApis: [mail-api]", description="Takes money.",
)  # fmt: skip
LEDGER = entity("ledger", "type: service", "owner: payers", "system: paying")
MAIL = entity("mail", "type: website", "owner: payers", "providesApis: [mail-api]")
API = entity("mail-api", "type: openapi", "owner: payers", kind="API")
DATABASE = entity("db", "type: database", "owner: payers", kind="Resource")
ESTATE = (GROUP, SYSTEM, PAY, LEDGER, MAIL, API, DATABASE)


def load(*entities: str, **options):
    return import_catalogue([("catalog.yaml", "\n---\n".join(entities).encode())], **options)


@pytest.fixture
def places():
    return {"value_stream": make_value_stream(code="money"), "product": make_product(code="other")}


def test_a_catalogue_becomes_an_estate_and_loading_it_again_changes_nothing(places):
    report = load(*ESTATE, **places)

    assert report.is_applied
    assert not report.stopping
    team, paying, pay = Team.objects.get(), Product.objects.get(code="paying"), Service.objects.get(code="pay")
    assert (team.code, team.name, team.purpose) == ("payers", "Payers", "Pay.")
    assert (paying.name, paying.value_stream) == ("Paying", places["value_stream"])
    assert (pay.product, pay.owner, pay.purpose) == (paying, team, "Takes money.")
    assert Service.objects.get(code="mail").product == places["product"]
    assert Component.objects.get().kind == "database"
    assert {str(row.needs) for row in Dependency.objects.known()} == {"ledger", "mail"}
    assert [str(row) for row in Part.objects.known()] == ["db in pay"]

    again = load(*ESTATE, **places)
    assert (again.added, again.corrected, again.unchanged) == (0, 0, report.added)
    assert pay.history.count() == 1


def test_an_edit_in_the_file_changes_just_that(places):
    load(*ESTATE, **places)
    changed = [one.replace("Takes money.", "Takes all money.") for one in ESTATE]
    report = load(*changed, **places)
    assert (report.added, report.corrected) == (0, 1)
    assert [(step.name, step.fields) for step in report.steps] == [("pay", ("purpose",))]
    # What the file does not say stays, and so does what was agreed here and is gone from the file.
    report = load(
        *ESTATE[:2], PAY.replace("component:ledger, ", "").replace("  description: Takes money.\n", ""), *ESTATE[3:]
    )
    assert Service.objects.get(code="pay").purpose == "Takes all money."
    assert Dependency.objects.known().count() == 2
    assert any("pay needs ledger stands here" in finding.message for finding in report.of_weight(Weight.NEXT))


def test_a_dry_run_says_the_same_and_changes_nothing(places):
    report = load(*ESTATE, dry_run=True, **places)
    assert report.added == 9
    assert not report.is_applied
    assert not Team.objects.exists()


def test_every_broken_reference_is_told_at_once_and_nothing_is_changed(places):
    broken = (
        entity("a", "type: service", "owner: group:nobody", "system: gone", "dependsOn: [resource:none]"),
        entity("b", "type: service", "owner: group:TEAM-NAME", "consumesApis: [lost]"),
        entity("c", "type: service"),
        entity("d", "type: service", "owner: user:ada"),
    )
    report = load(GROUP, *broken, **places)
    assert report.is_refused
    assert report.topics == {"Missing owner": 3, "Broken reference": 3, "Placeholder": 1}
    assert not Team.objects.exists()
    places_of = {finding.place.document: finding.place.line for finding in report.stopping}
    assert set(places_of) == {2, 3, 4, 5}

    report = load(GROUP, *broken, leave_out=True, **places)
    assert report.is_applied
    assert Service.objects.filter(owner=None, product=places["product"]).count() == 4
    assert not Dependency.objects.exists()
    assert any("4 services have no owner" in one.message for one in report.of_weight(Weight.NEXT))


def test_of_a_name_that_stands_twice_the_first_is_taken_where_broken_things_are_left_out(places):
    twice = (GROUP, MAIL, MAIL.replace("owner", "lifecycle: old\n  owner"), API)
    assert load(*twice, **places).topics == {"Duplicate name": 1}
    report = load(*twice, leave_out=True, **places)
    assert Service.objects.count() == 1
    assert {tally.kind: tally.left_out for tally in report.tallies} == {"Services": 1, "Teams": 0}


def test_references_reach_what_stands_here_already(places):
    team = make_team(code="payers")
    make_service(code="ledger")
    report = load(PAY.replace("system: paying", "lifecycle: new").replace(", resource:db", ""), API, **places)
    assert report.is_applied, report.stopping
    assert Service.objects.get(code="pay").owner == team
    assert Dependency.objects.get().needs.code == "ledger"


def test_a_new_system_needs_a_value_stream_and_a_service_without_one_a_product():
    report = load(*ESTATE)
    assert report.topics == {"Product": 3, "Value stream": 1}
    assert not Team.objects.exists()


def test_products_that_pull_from_each_other_are_to_agree_a_share_and_no_link_is_made_up(places):
    report = load(*ESTATE, **places)
    told = [one.message for one in report.of_weight(Weight.NEXT)]
    assert any("Paying pulls from" in one and "pay needs mail" in one for one in told)
    make_link(supplier=places["product"], consumer=Product.objects.get(code="paying"))
    told = [one.message for one in load(*ESTATE, **places).of_weight(Weight.NEXT)]
    assert not any("pulls from" in one for one in told)


def test_an_import_writes_under_the_rights_of_who_loads_it(places):
    owner = make_user("product_owner", product=places["product"])
    report = load(*ESTATE, by=owner, **places)
    assert "Roles" in report.topics
    assert not Service.objects.exists()
    alone = entity("mail", "type: service", "owner: payers")
    make_team(code="payers")
    assert load(alone, by=owner, product=places["product"]).is_applied
    assert Service.objects.get().history.get().history_user == owner


@pytest.mark.real_data
def test_the_real_catalogue_becomes_a_readable_estate_with_what_is_broken_told(places):
    files = [(path.name, path.read_bytes()) for path in sorted(REAL.glob("*.yaml")) if "examples" not in path.name]

    assert import_catalogue(files, **places).is_refused
    assert not Service.objects.exists()
    report = import_catalogue(files, leave_out=True, **places)

    assert report.topics == {"Missing owner": 13, "Duplicate name": 6, "Placeholder": 1}
    assert (Team.objects.count(), Service.objects.count()) == (12, 68)
    assert Service.objects.filter(owner=None).count() == 11
    again = import_catalogue(files, leave_out=True, **places)
    assert (again.added, again.corrected, again.unchanged) == (0, 0, 80)
