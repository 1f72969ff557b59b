"""What waits for a person: each kind for whom it is, until it is done; and nobody else's."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portfolio.board.today import queue
from portfolio.common import actions
from portfolio.rebalance.decision_actions import approve
from products.roadmaps.baseline_actions import say
from products.roadmaps.models import IdeaStatus, Item
from tests import factories as make

pytestmark = pytest.mark.django_db
TODAY = date(2016, 3, 31)


def waiting(user, key, on=TODAY):
    """Return what waits of one kind, as words; a user who is read anew, as a request reads them."""
    user = type(user).objects.get(pk=user.pk)
    return [entry.what for group in queue(user, on, show=key) for entry in group.entries]


@pytest.fixture
def roadmap():
    return make.make_roadmap(began_on=TODAY)


@pytest.fixture
def partner(roadmap):
    return roadmap.members.get(side="business").user


def test_a_baseline_waits_for_each_member_until_they_have_said_something(roadmap, partner):
    make.make_item(roadmap=roadmap)
    baseline = make.make_baseline(roadmap)
    owner = roadmap.members.get(side="technology").user

    assert waiting(partner, "sign-offs") == ["Sign or decline Baseline 1"]
    say(baseline, verdict="signed", by=partner)
    assert waiting(partner, "sign-offs") == []
    assert waiting(owner, "sign-offs") == ["Sign or decline Baseline 1"]
    assert waiting(make.make_user("leader"), "sign-offs") == []

    make.make_item(roadmap=roadmap)
    make.make_baseline(roadmap)
    assert waiting(partner, "sign-offs") == ["Sign or decline Baseline 2"]


def test_a_review_waits_for_members_and_owners_from_a_fortnight_before_it_is_due(partner):
    product = make.make_product()
    due = make.make_roadmap(products=[product], business=[partner], began_on=TODAY - timedelta(days=77))
    make.make_roadmap(products=[product], business=[partner], began_on=TODAY - timedelta(days=76))

    assert waiting(partner, "reviews") == [f"Review {due}"]
    assert waiting(make.make_user("product_owner", product=product), "reviews") == [f"Review {due}"]
    assert waiting(make.make_user("product_owner", product=make.make_product()), "reviews") == []
    make.make_review(roadmap=due, held_on=TODAY)
    assert waiting(partner, "reviews") == []


def test_what_a_review_gave_somebody_to_do_waits_until_the_next_one(roadmap, partner):
    partner.first_name, partner.last_name = "Ada", "Núñez"
    partner.save()
    decisions = [
        {"text": "Ask the garages.", "who": f"@{partner.username}", "due_on": "2016-03-15"},
        {"text": "Ask the insurers.", "who": "ada núñez", "due_on": None},
        {"text": "Wait.", "who": "Grace", "due_on": None},
        {"text": "Go on.", "who": "", "due_on": None},
    ]
    make.make_review(roadmap=roadmap, held_on=date(2016, 3, 1), decisions=decisions)

    [group] = queue(partner, TODAY, show="given")
    assert [(entry.what, entry.since) for entry in group.entries] == [
        ("Ask the insurers.", date(2016, 3, 1)),
        ("Ask the garages.", date(2016, 3, 15)),
    ]
    assert waiting(make.make_user(), "given") == []
    make.make_review(roadmap=roadmap, held_on=date(2016, 3, 20))
    assert waiting(partner, "given") == []


def test_metrics_wait_for_those_whose_role_lets_them_observe_the_latest_first():
    product = make.make_product()
    late, later, fresh = (make.make_metric(product=product, code=code) for code in ("late", "later", "fresh"))
    for metric, days in ((late, 32), (later, 60), (fresh, 31)):
        make.make_observation(metric=metric, starts=TODAY - timedelta(days=days))
    make.make_metric(product=product)  # never observed: not overdue, but unobserved

    [group] = queue(make.make_user("product_owner", product=product), TODAY, show="metrics")

    assert [(entry.what, entry.since) for entry in group.entries] == [
        (f"Observe {later}", TODAY - timedelta(days=29)),
        (f"Observe {late}", TODAY - timedelta(days=1)),
    ]
    assert group.entries[0].href == f"{reverse('value:observation-add')}?metric=later"
    assert waiting(make.make_user("product_owner", product=make.make_product()), "metrics") == []
    assert waiting(make.make_user("business_partner", product=product), "metrics") == []
    assert len(waiting(make.make_user("leader"), "metrics")) == 2


@pytest.mark.parametrize(
    ("shipped", "by_when", "is_due"),
    [
        (date(2016, 1, 1), date(2016, 3, 30), True),  # the promised day has passed
        (date(2015, 1, 1), date(2016, 3, 31), False),  # shipped long ago, promised for today
        (date(2016, 1, 1), date(2015, 12, 31), False),  # shipped late: it is given 90 days
        (date(2015, 12, 31), date(2015, 12, 1), True),
    ],
)
def test_a_result_waits_once_its_day_has_passed(roadmap, partner, shipped, by_when, is_due):
    item = make.make_item(roadmap=roadmap, by_when=by_when)
    Item.objects.update(state="shipped", ended_on=shipped)

    assert waiting(partner, "results") == ([f"See what came of {item}"] if is_due else [])


@pytest.mark.parametrize("noted", ["experiment", "review"])
def test_a_result_that_was_noted_waits_no_more(roadmap, noted):
    champion = make.make_user()
    item = make.make_item(roadmap=roadmap, by_when=date(2016, 3, 1), technology_champion=champion)
    Item.objects.update(state="shipped", ended_on=date(2016, 1, 1))
    make.make_review(roadmap=roadmap, held_on=date(2016, 2, 29))  # before there was a result
    assert waiting(champion, "results") == [f"See what came of {item}"]

    if noted == "review":
        make.make_review(roadmap=roadmap, held_on=date(2016, 3, 2))
    else:
        make.make_experiment(item=item, concluded_on=date(2016, 2, 1))
    assert waiting(champion, "results") == []


def test_a_comment_waits_for_whom_it_names_or_answers_until_they_speak_or_it_is_resolved(roadmap, partner):
    asks = make.make_comment(roadmap=roadmap, text="@partner Is this so?")
    asks.mentions.add(partner)
    said = make.make_comment(roadmap=roadmap, by=partner, text="A thought.")
    make.make_comment(roadmap=roadmap, answers=said, text="Why?")
    make.make_comment(roadmap=roadmap, by=partner, answers=said, text="@me To myself.").mentions.add(partner)
    make.make_comment(roadmap=roadmap, answers=said, text="Still, why?")

    assert waiting(partner, "comments") == ["@partner Is this so?", "Still, why?"]
    assert waiting(asks.by, "comments") == []
    make.make_comment(roadmap=roadmap, by=partner, answers=asks, text="It is.")
    said.resolved_at = timezone.now()
    said.save()
    assert waiting(partner, "comments") == []


def test_ideas_wait_for_owners_and_come_back_to_who_had_them_for_thirty_days(roadmap, partner):
    owner = make.make_user("product_owner", product=roadmap.products.get())
    idea = make.make_idea(roadmap=roadmap, by=partner)
    assert waiting(owner, "ideas") == [f"Decide on {idea}"]
    assert waiting(partner, "ideas") == []

    idea.status, idea.reason, idea.decided_at = IdeaStatus.DECLINED, "It costs too much.", timezone.now()
    idea.save()
    decided = timezone.localdate(idea.decided_at)
    assert waiting(owner, "ideas") == []
    assert waiting(partner, "decided", on=decided + timedelta(days=29)) == [f"Declined: {idea}"]
    assert waiting(partner, "decided", on=decided + timedelta(days=32)) == []


def test_a_proposal_waits_for_a_yes_in_a_role_that_nobody_spoke_in_yet():
    leader, finance, reader = make.make_user("leader"), make.make_user("finance_partner"), make.make_user()
    decision = make.make_decision(by=leader)  # a leader who proposes has said yes

    assert waiting(finance, "decisions") == [f"Approve or decline {decision.title}"]
    for person in (leader, make.make_user("leader"), reader):
        assert waiting(person, "decisions") == []
    approve(decision, by=finance)
    assert waiting(leader, "decisions") == waiting(finance, "decisions") == [f"Apply {decision.title}"]
    assert waiting(reader, "decisions") == []


def test_a_stream_waits_for_its_review(roadmap):
    stream = make.make_stream(reviewed_on=date(2014, 3, 31))
    assert waiting(make.make_user("finance_partner"), "streams") == [f"Review {stream}"]
    assert waiting(make.make_user("product_owner"), "streams") == []


def fill(roadmap, user, count):
    """Make `count` of each kind wait for one person."""
    for number in range(count):
        product = roadmap.products.get()
        make.make_observation(metric=make.make_metric(product=product), starts=TODAY - timedelta(days=90))
        other = make.make_roadmap(products=[product], business=[user], began_on=date(2015, 1, 1))
        make.make_item(roadmap=other)
        make.make_baseline(other)
        shipped = make.make_item(roadmap=other, by_when=date(2016, 3, 1), business_champion=user)
        Item.objects.filter(pk=shipped.pk).update(state="shipped", ended_on=date(2016, 1, 1))
        make.make_comment(roadmap=other).mentions.add(user)
        make.make_idea(roadmap=other)
        given = {"text": "Ask.", "who": user.username, "due_on": None}
        minuted = make.make_roadmap(products=[product], began_on=TODAY)
        make.make_review(roadmap=minuted, held_on=TODAY, decisions=[given])
        decided = {"status": IdeaStatus.DECLINED, "reason": "No.", "decided_at": timezone.now()}
        make.make_idea(roadmap=other, by=user, **decided)
        make.make_stream(reviewed_on=date(2014, 3, 31), code=f"stream-of-{user.pk}-{count}-{number}")


def test_the_page_shows_ten_of_each_kind_in_a_constant_number_of_queries(client, roadmap):
    user = make.make_user("leader")
    client.force_login(user)
    counts = []
    for count in (1, 12):
        fill(roadmap, user, count)
        client.get(reverse("board:today"))
        with CaptureQueriesContext(connection) as asked:
            page = client.get(reverse("board:today"))
        counts.append(len(asked))
    assert counts[0] == counts[1]
    groups = {group.source.key: group for group in page.context["groups"]}
    assert set(groups) == {
        "comments",
        "sign-offs",
        "reviews",
        "given",
        "streams",
        "metrics",
        "results",
        "ideas",
        "decided",
    }
    assert {(len(group.entries), group.count, group.more) for group in groups.values()} == {(10, 13, 3)}
    assert "?show=metrics" in page.content.decode()

    for key in groups:
        whole = client.get(reverse("board:today"), {"show": key})
        assert len(whole.context["groups"][0].entries) == 13, key
    assert client.get(reverse("board:today"), {"show": "nonsense"}).status_code == 404
    assert client.get(reverse("board:today"), {"show": "metrics", "page": "9"}).status_code == 200


@pytest.mark.parametrize(
    ("name", "label"), [("board:board", "Board"), ("board:today", "Today"), ("board:digest", "Today")]
)
def test_one_main_link_is_the_current_one(client, name, label):
    client.force_login(make.make_user())
    page = client.get(reverse(name)).content.decode()
    assert set(re.findall(r'aria-current="page">(\w+)</a>', page)) == {label}


def test_everyone_sees_their_own_queue_by_page_and_by_api(client, roadmap, partner):
    make.make_comment(roadmap=roadmap, text="Only for the partner.").mentions.add(partner)
    seen = {}
    for user in (partner, make.make_user()):
        client.force_login(user)
        page, told = client.get(reverse("board:today")), client.get(reverse("today-list"))
        seen[user] = told.json()
        assert ("Only for the partner." in page.content.decode()) == (user == partner)
        assert ("Nothing waits for you" in page.content.decode()) == (user != partner)

    [group], nothing = seen.values()
    assert nothing == []
    assert (group["key"], group["count"], group["entries"][0]["what"]) == ("comments", 1, "Only for the partner.")
    assert client.get(reverse("today-list"), {"show": "nonsense"}).status_code == 400


def test_a_renewal_waits_for_who_keeps_the_component_or_a_product_built_of_it_until_it_is_planned():
    team, product = make.make_team(), make.make_product()
    component = make.make_component(name="Database", owner=team, end_of_support=TODAY + timedelta(days=300))
    make.make_part(component=component, service=make.make_service(product=product), starts=date(2015, 1, 1))
    make.make_component(name="Not used", owner=team, end_of_support=TODAY)
    lead, owner = make.make_user("team_lead", team=team), make.make_user("product_owner", product=product)

    assert waiting(lead, "renewals") == waiting(owner, "renewals") == ["Plan the renewal of Database"]
    assert waiting(make.make_user("product_owner", product=make.make_product()), "renewals") == []
    assert waiting(lead, "renewals", TODAY - timedelta(days=90)) == []
    component.item = make.make_item(kind="obsolescence", metric=None)
    actions.save(component, by=None)
    assert waiting(lead, "renewals") == []
