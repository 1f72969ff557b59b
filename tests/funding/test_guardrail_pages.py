"""Guardrails and waivers as people and programs see them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from funding.models import Guardrail, Waiver
from portfolio.common import actions
from tests import factories as make

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 10)


@pytest.fixture(autouse=True)
def _today(settings):
    settings.TWOFOLD_TODAY = DAY


@pytest.fixture
def leader(client):
    user = make.make_user("leader")
    client.force_login(user)
    return user


def text(client, address: str, asked: dict | None = None) -> str:
    page = client.get(address, asked or {})
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def make_broken(**given) -> Guardrail:
    make.make_allocation(product=make.make_product(name="Tax"), monthly_amount=Decimal("450"))
    return make.make_guardrail(name="most-on-one", amount=Decimal("400.00"), **given)


def test_the_list_tells_how_the_money_stands_to_each_rule_and_until_when_it_is_waived(client, leader):
    rule = make_broken()
    make.make_guardrail(name="later", starts=date(2026, 5, 1))
    make.make_waiver(guardrail=rule, ends=date(2026, 4, 1))

    page = text(client, "/funding/guardrails/")

    assert "Any one product gets at most $400 a month." in page
    assert "Tax gets $450 a month, $50 more than the most that is allowed." in page
    assert "until 1 Apr 2026" in page
    assert "Not in force on this day" in page


def test_the_list_can_be_had_for_another_day_and_as_it_was_known(client, leader):
    rule = make_broken()
    then = timezone.now()
    actions.correct(rule, changes={"amount": Decimal("500.00")}, reason="Agreed anew.", by=None)

    assert "$50 below the most" in text(client, "/funding/guardrails/")
    assert "$50 more than the most" in text(client, "/funding/guardrails/", {"known": then.isoformat()})
    assert "No guardrails match" in text(client, "/funding/guardrails/", {"on": "2025-06-01"})


def test_a_missing_exchange_rate_is_told_and_the_rules_are_still_listed(client, leader):
    make.make_allocation(stream=make.make_stream(currency="SEK"))
    rule = make_broken()

    for address in ("/funding/guardrails/", rule.get_absolute_url()):
        page = text(client, address)
        assert "There is no exchange rate from SEK to USD on 2026-02-01" in page
        assert "most-on-one" in page


def test_the_page_of_a_rule_tells_what_breaks_it_and_what_it_measured_in_past_quarters(client, leader):
    product, stream = make.make_product(name="Tax"), make.make_stream()
    make.make_allocation(
        product=product, stream=stream, monthly_amount=Decimal("300"), starts=date(2025, 1, 1), ends=date(2025, 12, 1)
    )
    make.make_allocation(
        product=product, stream=stream, monthly_amount=Decimal("350"), starts=date(2025, 12, 1), ends=DAY
    )
    make.make_allocation(product=product, stream=stream, monthly_amount=Decimal("450"), starts=DAY)
    rule = make.make_guardrail(amount=Decimal("400.00"))

    page = client.get(rule.get_absolute_url())

    told = [(day, outcome.measured, held) for day, outcome, held in page.context["measured"]][:4]
    assert told == [
        (DAY, 450, True),
        (date(2025, 12, 31), 350, False),
        (date(2025, 9, 30), 300, False),
        (date(2025, 6, 30), 300, False),
    ]
    assert [words for _, words in page.context["parts"]] == [
        "Tax gets $450 a month, $50 more than the most that is allowed."
    ]


def test_a_corrected_rule_stays_readable(client, leader):
    rule = make_broken()
    actions.correct(rule, changes={"amount": Decimal("500.00")}, reason="Agreed anew.", by=leader)

    page = text(client, rule.get_absolute_url())

    assert "A later row replaces this one" in page
    assert "Agreed anew." in page


@pytest.mark.parametrize("address", ["/funding/guardrails/", "/funding/waivers/"])
def test_an_empty_list_says_what_to_do(client, leader, address):
    assert "yet</p>" in text(client, address)


def test_a_leader_records_ends_and_retracts_a_guardrail(client, leader):
    owner = make.make_person()
    given = {
        "name": "explore", "why": "Tomorrow.", "owner": owner.pk, "kind": "stage", "stage": "explore",
        "bound": "least", "share": "0.05", "starts": "2026-01-01",
    }  # fmt: skip

    wrong = client.post("/funding/guardrails/add/", given | {"stage": ""})
    added = client.post("/funding/guardrails/add/", given)
    rule = Guardrail.objects.known().get()
    ended = client.post(
        f"/funding/guardrails/{rule.pk}/correct/", given | {"ends": "2026-06-01", "reason": "It did its work."}
    )

    assert (wrong.status_code, added.status_code, ended.status_code) == (422, 302, 302)
    assert "Say what is measured" in wrong.content.decode()
    ended_rule = Guardrail.objects.known().get()
    assert (ended_rule.ends, ended_rule.corrects) == (date(2026, 6, 1), rule)
    client.post(f"/funding/guardrails/{ended_rule.pk}/retract/", {"reason": "Never agreed."})
    assert not Guardrail.objects.known().exists()


def test_a_leader_grants_a_waiver_and_ends_it_early(client, leader):
    rule = make_broken()
    given = {
        "guardrail": rule.name, "why": "A while.", "person": make.make_person().pk, "starts": "2026-02-01",
        "ends": "2026-06-01",
    }  # fmt: skip

    assert 'value="most-on-one" selected' in text(client, "/funding/waivers/add/", {"guardrail": rule.name})
    endless = client.post("/funding/waivers/add/", given | {"ends": ""})
    client.post("/funding/waivers/add/", given)
    waiver = Waiver.objects.known().get()
    client.post(f"/funding/waivers/{waiver.pk}/correct/", given | {"ends": "2026-03-01", "reason": "It is settled."})

    assert endless.status_code == 422
    assert (waiver.recorded_by, waiver.ends) == (leader, date(2026, 6, 1))
    assert Waiver.objects.known().get().ends == date(2026, 3, 1)
    assert "The rule holds again" in text(client, Waiver.objects.known().get().get_absolute_url())


def test_somebody_who_asks_does_not_grant_it_to_themselves(client, leader):
    rule, me = make_broken(), make.make_person(user=leader)

    page = client.post(
        "/funding/waivers/add/",
        {"guardrail": rule.name, "why": "A while.", "person": me.pk, "starts": "2026-02-01", "ends": "2026-06-01"},
    )

    assert page.status_code == 422
    assert "someone other than the one who asks" in page.content.decode()


@pytest.mark.parametrize("address", ["/funding/", "/funding/fees/", "/funding/allocations/", "/funding/guardrails/"])
def test_a_waiver_shows_on_every_page_of_how_money_is_split_while_it_is_in_force(client, leader, settings, address):
    make.make_stream(code="fees")
    rule = make_broken()
    make.make_waiver(
        guardrail=rule, person=make.make_person(name="Ada"), starts=DAY, ends=date(2026, 4, 1), why="A while."
    )
    words = "until 1 Apr 2026 (Ada): A while."

    assert words in text(client, address)
    settings.TWOFOLD_TODAY = date(2026, 4, 1)
    assert words not in text(client, address)
    settings.TWOFOLD_TODAY = DAY - timedelta(days=1)
    assert words not in text(client, address)


def test_a_waiver_that_was_not_known_yet_does_not_show(client, leader):
    rule = make_broken()
    then = timezone.now()
    make.make_waiver(guardrail=rule, why="A while.")

    for address in ("/funding/allocations/", "/funding/guardrails/"):
        assert "A while." in text(client, address)
        assert "A while." not in text(client, address, {"known": then.isoformat()})


def test_a_rule_on_a_team_does_not_show_what_a_single_person_is_paid(client, leader):
    discipline = make.make_discipline()
    make.make_rate(discipline=discipline, monthly_amount=Decimal("4000"))
    for _ in range(3):
        make.make_membership(discipline=discipline)
    alone, product = make.make_team(), make.make_product(name="Tax")
    own = make.make_discipline()
    make.make_rate(discipline=own, monthly_amount=Decimal("9876"))
    make.make_membership(team=alone, discipline=own)
    make.make_assignment(team=alone, product=product)
    rule = make.make_guardrail(kind="team", team=alone, bound="least", amount=None, share=Decimal(1))

    answer = client.get("/api/v1/guardrails/distances/").json()
    shown = [text(client, "/funding/guardrails/"), text(client, rule.get_absolute_url()), str(answer)]

    assert answer[0]["limit"] == "5469.00"
    assert not any("9876" in one or "9,876" in one or "9.9k" in one for one in shown)


# -- The API -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def api(leader) -> APIClient:
    client = APIClient()
    client.force_authenticate(leader)
    return client


def test_distances_are_told_in_the_api(api):
    rule = make_broken()
    waiver = make.make_waiver(guardrail=rule)
    other = make.make_guardrail(name="of-none", product=make.make_product(code="none"))

    answer = api.get("/api/v1/guardrails/distances/")

    first, second = answer.json()
    assert first == {
        "guardrail": rule.pk,
        "name": "most-on-one",
        "rule": "Any one product gets at most $400 a month.",
        "measured": "450.00",
        "limit": "400.00",
        "distance": "-50.00",
        "broken_by": "50.00",
        "is_kept": False,
        "is_allowed": True,
        "words": "Tax gets $450 a month, $50 more than the most that is allowed.",
        "broken": [
            {
                "product": first["broken"][0]["product"],
                "measured": "450.00",
                "limit": "400.00",
                "broken_by": "50.00",
                "waiver": waiver.pk,
                "words": "Tax gets $450 a month, $50 more than the most that is allowed.",
            }
        ],
    }
    assert first["broken"][0]["product"].startswith("product-")
    assert (second["guardrail"], second["measured"], second["broken"]) == (other.pk, "0.00", [])


def test_distances_of_another_day_and_as_known_then(api):
    rule = make_broken()
    then = timezone.now().isoformat()
    actions.retract(rule, reason="Never agreed.", by=None)

    assert api.get("/api/v1/guardrails/distances/").json() == []
    assert len(api.get("/api/v1/guardrails/distances/", {"known": then}).json()) == 1
    assert api.get("/api/v1/guardrails/distances/", {"known": then, "on": "2025-01-01"}).json() == []
    wrong = api.get("/api/v1/guardrails/distances/", {"on": "yesterday"})
    assert (wrong.status_code, wrong.json()["errors"][0]["attr"]) == (400, "on")


def test_distances_take_as_many_queries_for_twenty_rules_as_for_one(api):
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert api.get("/api/v1/guardrails/distances/").status_code == 200
        return len(counted)

    for _ in range(2):
        product = make.make_product()
        make.make_allocation(product=product, monthly_amount=Decimal("2000000"))
        make.make_guardrail(product=product)
    few = queries()
    for _ in range(18):
        make.make_guardrail(product=make.make_product())

    assert queries() == few


def test_a_guardrail_and_a_waiver_are_recorded_corrected_and_retracted(api):
    make.make_person(code="ada")
    rule = {"name": "explore", "owner": "ada", "kind": "stage", "stage": "explore", "bound": "least"} | {
        "share": "0.05", "starts": "2026-01-01", "why": "Tomorrow.",
    }  # fmt: skip

    made = api.post("/api/v1/guardrails/", rule, format="json")
    wrong = api.post("/api/v1/guardrails/", rule | {"name": "odd", "amount": "5.00"}, format="json")
    waived = api.post(
        "/api/v1/waivers/",
        {"guardrail": "explore", "person": "ada", "starts": "2026-02-01", "ends": "2026-03-01", "why": "A while."},
        format="json",
    )
    refused = api.post(f"/api/v1/guardrails/{made.json()['id']}/retract/", {"reason": "No."}, format="json")
    api.post(f"/api/v1/waivers/{waived.json()['id']}/retract/", {"reason": "Not needed."}, format="json")
    corrected = api.post(
        f"/api/v1/guardrails/{made.json()['id']}/correct/", {"share": "0.1", "reason": "Agreed anew."}, format="json"
    )

    assert made.json()["words"] == "Explore products get at least 5% of all money."
    assert (wrong.status_code, waived.status_code, refused.status_code, corrected.status_code) == (400, 201, 400, 201)
    assert "one limit" in wrong.json()["detail"]
    assert "nothing left to waive" in refused.json()["detail"]
    assert corrected.json()["share"] == "0.100000"
