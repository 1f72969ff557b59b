"""Pages of decisions: the log, a decision, its steps, the record, and what to measure next."""

from decimal import Decimal
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from funding.models import Allocation
from portfolio.common import actions
from portfolio.rebalance import hindsight
from portfolio.rebalance.decision_actions import apply, approve, withdraw
from portfolio.rebalance.models import Decision, Status
from portfolio.rollup.actions import roll_up
from tests.factories import make_user
from tests.rebalance.proposals import (
    AFTER,
    STARTS,
    make_approved,
    make_decision,
    make_figures,
    make_move,
    move,
    paid,
    record_months,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def first_of_april(settings):
    settings.TWOFOLD_TODAY = STARTS


@pytest.fixture
def leader(client):
    somebody = make_user("leader")
    client.force_login(somebody)
    return somebody


def page(client, name: str, *arguments, **query):
    return client.get(reverse(f"rebalance:{name}", args=arguments), query)


# -- The log ---------------------------------------------------------------------------------------------------------


def test_the_log_says_what_to_do_when_it_is_empty(client, leader):
    assert "No decisions yet" in page(client, "decision-list").content.decode()


def test_the_log_is_filtered_by_status_stream_product_person_and_day(client, leader):
    open_one = make_decision()
    done = apply(make_approved(make_move(stream=open_one.lines.first().stream)), by=leader)
    line = done.lines.first()

    def shown(**query) -> set[int]:
        return {row.pk for row in page(client, "decision-list", **query).context["page"]}

    assert shown() == {open_one.pk, done.pk}
    assert shown(status="applied") == {done.pk}
    assert shown(product=line.product.code) == {done.pk}
    assert shown(value_stream=line.product.value_stream.code) == {done.pk}
    assert shown(by=leader.username) == {done.pk}
    assert shown(**{"from": "2026-04-02"}) == set()
    assert shown(to="2026-04-01") == {open_one.pk, done.pk}
    assert shown(search="nothing like it") == set()


def test_the_log_is_sorted_by_its_headers(client, leader):
    stream = make_decision(title="B").lines.first().stream
    make_decision(make_move(stream=stream), title="A")

    assert [row.title for row in page(client, "decision-list", sort="title").context["page"]] == ["A", "B"]
    assert [row.title for row in page(client, "decision-list", sort="-title").context["page"]] == ["B", "A"]


def test_the_log_takes_as_many_queries_for_twenty_as_for_one(client, leader):
    stream = make_decision().lines.first().stream

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            page(client, "decision-list")
        return len(found)

    queries()
    one = queries()
    for _ in range(19):
        make_decision(make_move(stream=stream))
    queries()  # how fresh the figures are is kept until they change
    assert queries() == one


def test_the_log_downloads_whole(client, leader):
    decision = make_decision()
    file = page(client, "decision-list", format="csv")
    text = b"".join(file.streaming_content).decode()

    assert text.splitlines()[0].startswith("id,title,status,value_stream,starts,why,proposed_by")
    assert decision.digest in text


def test_the_log_as_known_shows_the_status_of_then(client, leader):
    before = timezone.now()
    decision = make_decision()
    proposed = timezone.now()
    approve(decision, by=make_user("finance_partner"))
    approved = timezone.now()
    apply(decision, by=leader)

    def states(at) -> list[str]:
        return [row.state for row in page(client, "decision-list", known=at.isoformat()).context["page"]]

    assert states(before) == []
    assert states(proposed) == [Status.PROPOSED]
    assert states(approved) == [Status.APPROVED]
    assert states(timezone.now()) == [Status.APPLIED]
    shown = page(client, "decision-list", known=proposed.isoformat(), status="proposed")
    assert len(shown.context["page"]) == 1
    text = b"".join(page(client, "decision-list", known=proposed.isoformat(), format="csv").streaming_content)
    assert b",proposed," in text


# -- A decision ------------------------------------------------------------------------------------------------------


def test_a_proposal_says_who_is_still_needed(client, leader):
    decision = make_decision(by=leader)
    text = page(client, "decision-detail", decision.pk).content.decode()

    assert f"Needs a finance partner over all 2 products that it changes, other than {leader}." in text
    assert decision.digest in text
    assert "Withdraw" in text


def test_a_decision_shows_what_was_predicted_and_what_came_of_it(client, leader, settings):
    one, two, metric = make_figures(low=Decimal(1), high=Decimal(1))
    decision = apply(make_approved(move(one, "810.00", two, "2190.00")), by=leader)
    before = page(client, "decision-detail", decision.pk)
    assert "it will next be looked at on 1 July 2026" in before.content.decode()
    seen = timezone.now()

    record_months(one, metric, STARTS, AFTER, cost=9_720, quantity=30_000)
    record_months(two, two.metrics.get(), STARTS, AFTER, cost=26_280, quantity=24_000)
    settings.TWOFOLD_TODAY = AFTER
    roll_up(cause="a year on")
    hindsight.check_due()

    after = page(client, "decision-detail", decision.pk).content.decode()
    assert "Predicted, and what came of it" in after
    assert "It came to $30.0k, above the range of" in after
    then = page(client, "decision-detail", decision.pk, known=seen.isoformat()).content.decode()
    assert "It came to" not in then
    assert "As known at" in then


def test_a_decision_whose_frozen_part_was_changed_says_so(client, leader):
    decision = make_decision()
    assert "What it froze was changed" not in page(client, "decision-detail", decision.pk).content.decode()
    Decision.objects.filter(pk=decision.pk).update(why="Another reason")

    assert "What it froze was changed" in page(client, "decision-detail", decision.pk).content.decode()


def test_before_it_was_proposed_there_is_no_decision(client, leader):
    before = timezone.now()
    decision = make_decision()
    assert page(client, "decision-detail", decision.pk, known=before.isoformat()).status_code == 404
    assert page(client, "decision-detail", decision.pk, known="soon").status_code == 302


# -- Steps -----------------------------------------------------------------------------------------------------------


def test_from_a_scenario_to_an_applied_decision_by_pages(client, leader):
    scenario = make_move(by=leader)
    address = reverse("rebalance:decision-propose", args=[scenario.pk])
    form = client.get(address).context["form"]
    assert form.initial["version"] == 1

    client.post(address, {"title": "Move some", "why": "Tests return more.", "version": "1"})
    decision = Decision.objects.get()
    finance = make_user("finance_partner")
    client.force_login(finance)
    client.post(reverse("rebalance:decision-approve", args=[decision.pk]), {"comment": "The money is there."})
    done = client.post(reverse("rebalance:decision-apply", args=[decision.pk]), follow=True)

    assert "is applied" in done.content.decode()
    assert paid(decision) == [Decimal("800.00"), Decimal("1200.00")]
    decision.refresh_from_db()
    assert (decision.status, decision.applied_by) == (Status.APPLIED, finance)

    client.post(
        reverse("rebalance:decision-revert", args=[decision.pk]), {"why": "It did not help.", "starts": "2026-07-01"}
    )
    assert Decision.objects.latest("pk").reverts == decision


def test_a_form_that_is_wrong_says_what_is_missing(client, leader):
    scenario = make_move(by=leader)
    response = client.post(reverse("rebalance:decision-propose", args=[scenario.pk]), {"version": "1"})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"title", "why"}


def test_a_scenario_that_moved_on_is_not_proposed_unseen(client, leader):
    scenario = make_move(by=leader, version=4)
    response = client.post(
        reverse("rebalance:decision-propose", args=[scenario.pk]), {"title": "T", "why": "W", "version": "3"}
    )
    assert response.status_code == 422
    assert "is at version 4, and you looked at version 3" in response.content.decode()


def test_alternatives_of_the_same_scope_are_offered(client, leader):
    scenario = make_move(by=leader)
    other = make_move(stream=scenario.lines.first().stream, by=leader, name="Another split")
    response = client.get(reverse("rebalance:decision-propose", args=[scenario.pk]))
    assert list(response.context["form"].fields["alternatives"].queryset) == [other]


def test_what_moved_is_shown_one_by_one(client, leader):
    decision = make_approved()
    allocation = Allocation.objects.known().get(product=decision.lines.first().product)
    actions.correct(allocation, changes={"monthly_amount": Decimal("1100.00")}, reason="Agreed elsewhere", by=None)
    response = client.post(reverse("rebalance:decision-apply", args=[decision.pk]))

    assert response.status_code == 422
    assert "<li>Fees to Licences was $1,000.00 a month when it was proposed and is $1,100.00.</li>" in (
        response.content.decode()
    )


def test_a_step_that_is_past_is_refused_in_words(client, leader):
    decision = make_approved()
    withdraw(decision, why="No.", by=decision.proposed_by)
    for step in ("apply", "approve"):
        response = client.post(reverse(f"rebalance:decision-{step}", args=[decision.pk]))
        assert response.status_code == 422
        assert "This was withdrawn by" in response.content.decode()


def test_an_owner_who_proposed_it_may_withdraw_it(client):
    owner = make_user("product_owner")
    decision = make_decision(by=owner)
    client.force_login(owner)
    client.post(reverse("rebalance:decision-withdraw", args=[decision.pk]), {"why": "Something better came up."})
    decision.refresh_from_db()
    assert decision.status == Status.WITHDRAWN


# -- The record and what to measure next -----------------------------------------------------------------------------


def test_the_record_says_when_there_is_none_yet(client, leader):
    assert "Once a decision is applied" in page(client, "calibration").content.decode()
    one, two, _ = make_figures()
    apply(make_approved(move(one, "900.00", two, "2100.00")), by=leader)
    assert "The first prediction is due on 1 Jul 2026." in page(client, "calibration").content.decode()


def test_the_record_shows_how_often_ranges_held(client, leader):
    one, two, _ = make_figures()
    decision = apply(make_approved(move(one, "900.00", two, "2100.00")), by=leader)
    for row in decision.predictions.all():
        type(row).objects.filter(pk=row.pk).update(outcome=row.middle, checked_at=timezone.now(), score=0)
    shown = page(client, "calibration")
    text = shown.content.decode()

    assert "24 of 24 outcomes fell inside" in text
    assert "Stated for the product" in text
    assert "Licences done" in text
    assert len(shown.context["chart"].rows) == 20
    past = quote("2000-01-01T00:00Z")
    assert client.get(f"{reverse('rebalance:calibration')}?known={past}").context["whole"].covered.count == 0


def test_what_to_measure_next_is_ranked_by_what_it_is_worth(client, leader):
    make_figures()
    shown = page(client, "measure-next")
    rows = list(shown.context["page"])

    assert {row.kind for row in rows} == {"worth", "elasticity"}
    assert len(rows) == 4
    assert [row.value for row in rows] == sorted((row.value for row in rows), reverse=True)
    assert rows[0].value > 0
    assert {row.kind for row in page(client, "measure-next", kind="worth").context["page"]} == {"worth"}
    assert {row.product.code for row in page(client, "measure-next", product="tests").context["page"]} == {"tests"}
    assert [row.name for row in page(client, "measure-next", sort="name", kind="worth").context["page"]] == [
        "Licences done: Licences",
        "Tests done: Tests",
    ]


def test_what_to_measure_next_downloads_whole(client, leader):
    make_figures()
    file = page(client, "measure-next", format="csv")
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert lines[0] == "kind,code,name,product,value_stream,value_a_month,probability,moved_a_month,low,high,method"
    assert len(lines) == 5


def test_what_to_measure_next_says_why_there_is_nothing(client, leader):
    assert "There are no figures yet." in page(client, "measure-next").content.decode()
    assert page(client, "measure-next", known="soon").status_code == 400


def test_a_certain_worth_is_nothing_to_measure(client, leader):
    make_figures(low=Decimal(1), high=Decimal(1))
    assert {row.kind for row in page(client, "measure-next").context["page"]} == {"elasticity"}
