"""Objectives from OpenSLO and support dates from endoflife.date become rows: all of them, or nothing."""

from datetime import date
from decimal import Decimal

import pytest

from portfolio.intake.catalogues.endoflife_import import import_support_dates
from portfolio.intake.catalogues.openslo_import import import_openslo
from products.health.models import Objective, Service, SupportDate
from products.health.openslo import openslo_file
from tests.factories import make_component, make_objective, make_product, make_service, make_user
from tests.intake.test_endoflife import CSV, REAL, V0
from tests.intake.test_openslo import SERVICE, slo

pytestmark = pytest.mark.django_db


def slos(*documents: str, **options):
    return import_openslo([("slo.yaml", "\n---\n".join(documents).encode())], **options)


def dates(text: str, name: str = "python.json", **options):
    return import_support_dates([(name, text.encode())], **options)


def test_an_slo_becomes_an_objective_and_an_edit_changes_just_that():
    product = make_product()
    report = slos(SERVICE, slo(), product=product)
    assert report.is_applied, report.stopping
    assert Service.objects.get(code="checkout").product == product
    objective = Objective.objects.get()
    assert (objective.target, objective.window_days, objective.service.code) == (Decimal("0.999"), 28, "checkout")
    assert slos(SERVICE, slo(), product=product).unchanged == 2
    report = slos(SERVICE, slo("{target: 0.9995}"), product=product)
    assert [(step.name, step.fields) for step in report.steps] == [("Checkout works", ("target",))]


def test_objectives_that_are_written_as_openslo_are_read_back_unchanged():
    objective = make_objective(code="fast", kind="latency", threshold=Decimal("250"), source="Gateway logs")
    make_objective(code="up", service=objective.service)
    file = openslo_file(Objective.objects.for_table())
    assert file.headers["Content-Disposition"] == 'attachment; filename="objectives.yaml"'
    report = slos(file.content.decode())
    assert (report.added, report.corrected, report.unchanged) == (0, 0, 2)


def test_an_slo_of_a_service_that_is_nowhere_is_told_and_can_be_left_out():
    make_service(code="check-out")
    broken = slo(), slo(name="other").replace("service: checkout", "service: check-out")
    report = slos(*broken)
    assert report.topics == {"Service": 1}
    assert "Did you mean check-out?" in report.stopping[0].message
    assert not Objective.objects.exists()
    slos(*broken, leave_out=True)
    assert Objective.objects.get().code == "other"


def test_new_services_need_a_product_and_the_rights_of_who_loads():
    assert slos(SERVICE, slo()).topics == {"Product": 1, "Service": 1}
    report = slos(SERVICE, slo(), product=make_product(), by=make_user("finance_partner"))
    assert "Roles" in report.topics


def test_a_file_that_cannot_be_read_stops_the_import_whatever_is_left_out():
    report = import_openslo([("a.yaml", b"a: ["), ("b.yaml", slo().encode())], leave_out=True)
    assert report.is_refused
    assert len(report.findings) == 1


def test_support_dates_are_recorded_corrected_and_told_of_the_components_they_concern():
    make_component(code="app", eol_product="python", eol_cycle="3.8")
    make_component(code="own", eol_product="python", eol_cycle="3.8", end_of_support=date(2030, 1, 1))
    make_component(code="new", eol_product="python", eol_cycle="3.13")
    report = dates(CSV, "releases.csv")
    assert (report.added, report.corrected) == (3, 0)
    assert [(one.before, one.after) for one in report.effects] == [
        ("not published", "ends 7 Oct 2024"),
        ("not published", "no end known"),
    ]
    assert dates(V0).unchanged == 3

    report = dates(V0.replace("2024-10-07", "2025-01-01"))
    assert (report.added, report.corrected, report.unchanged) == (0, 1, 2)
    assert SupportDate.objects.known().get(cycle="3.8").ends == date(2025, 1, 1)
    assert SupportDate.objects.filter(cycle="3.8").count() == 2
    assert [(one.before, one.after) for one in report.effects] == [("ends 7 Oct 2024", "ends 1 Jan 2025")]


def test_a_broken_date_stops_the_load_unless_it_is_left_out_and_so_do_roles():
    bad = CSV + "python,P,3.9,soon\n"
    assert dates(bad, "a.csv").is_refused
    assert not SupportDate.objects.exists()
    assert dates(bad, "a.csv", leave_out=True).added == 3
    assert dates(V0.replace("2024", "2025"), by=make_user("product_owner")).is_only_roles


@pytest.mark.real_data
def test_all_that_is_published_is_recorded():
    report = import_support_dates([(REAL.name, REAL.read_bytes())])
    assert (report.added, SupportDate.objects.count()) == (8_351, 8_351)
    assert import_support_dates([(REAL.name, REAL.read_bytes())]).unchanged == 8_351
