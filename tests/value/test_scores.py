"""Scores: what customers answered, with how many they were, an interval, and the observation that stands for it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from portfolio.common import actions
from portfolio.common.models import StaleMark
from products.catalog import feedback_actions
from products.value.feedback_scores import score_feedback
from products.value.models import Observation, Score
from products.value.score_actions import correct_score, record_score, retract_score
from tests import factories as make

pytestmark = pytest.mark.django_db
MONTH = {"starts": date(2026, 1, 1), "ends": date(2026, 2, 1)}


def asking(asks: str, **given):
    return make.make_metric(behaviour="level", unit="of 5", asks=asks, **given)


def test_a_score_stands_in_the_figures_by_an_observation_that_follows_it():
    StaleMark.objects.all().delete()
    score = make.make_score()
    first = score.observation
    assert (first.starts, first.value, first.source) == (date(2026, 1, 31), Decimal("4.2"), "Survey 1")
    assert StaleMark.objects.exists()

    new = correct_score(score, changes={"mean": Decimal("3.9")}, reason="Counted anew.", by=None)
    assert new.observation.value == Decimal("3.9")
    assert new.observation.corrects == first
    assert Observation.objects.known().get() == new.observation

    retract_score(new, reason="Nobody was asked.", by=None)
    assert not Observation.objects.known().exists()
    assert not Score.objects.known().exists()
    with pytest.raises(actions.AlreadyRetracted):
        retract_score(new, reason="Again.", by=None)


def test_an_observation_that_stands_for_a_score_is_not_changed_apart_from_it(client):
    score = make.make_score()
    client.force_login(make.make_user("leader"))
    own = score.observation
    for change in (
        lambda: actions.correct(own, changes={"value": Decimal(1)}, reason="So.", by=None),
        lambda: actions.retract(own, reason="So.", by=None),
    ):
        with pytest.raises(ValidationError, match=rf"retract the score instead, at /metrics/scores/{score.pk}/"):
            change()
    page = client.get(own.get_absolute_url()).content.decode()
    assert score.get_absolute_url() in page
    assert reverse("value:observation-correct", args=[own.pk]) not in page
    refused = client.post(reverse("value:observation-retract", args=[own.pk]), {"reason": "So."})
    assert refused.status_code == 422
    assert "Correct or retract the score instead" in refused.content.decode()
    assert Observation.objects.known().get() == own


@pytest.mark.parametrize(
    ("asks", "given", "field"),
    [
        ("", {"mean": Decimal(4), "deviation": Decimal(1)}, "metric"),
        ("satisfaction", {"completed": 3}, "mean"),
        ("satisfaction", {"mean": Decimal(4), "deviation": Decimal(3)}, "deviation"),
        ("completion", {"mean": Decimal(4), "deviation": Decimal(1)}, "completed"),
        ("completion", {"completed": 11}, "completed"),
    ],
)
def test_answers_that_nobody_can_have_given_are_refused(asks, given, field):
    score = Score(metric=asking(asks), answers=10, source="Survey", **MONTH, **given)
    with pytest.raises(ValidationError) as refused:
        record_score(score, by=None)
    assert field in refused.value.message_dict
    assert not Observation.objects.exists()


def test_a_score_says_its_interval_and_a_single_answer_says_that_it_has_none():
    """docs/customers.md: 81 of 90 completed it; and 40 answers of 4.2, differing by 0.9."""
    done = make.make_score(metric=asking("completion"), answers=90, completed=81)
    assert (done.value_text, done.interval_text) == ("90.0%", "83.6% to 94.1%")
    felt = make.make_score()
    assert (felt.value_text, felt.interval_text) == ("4.20", "3.96 to 4.44")
    alike = make.make_score(answers=10, mean=Decimal(5), deviation=Decimal(0))
    assert alike.interval_text == "4.15 to 5.00"
    one = make.make_score(metric=asking("effort"), answers=1, mean=Decimal(2), deviation=None)
    assert (one.interval(), one.interval_text) == (None, "none: one answer")


def test_pages_and_api_record_correct_and_retract_a_score_with_its_observation(client):
    client.force_login(make.make_user("leader"))
    metric = asking("completion", code="done")
    typed = {"metric": metric.pk, "starts": "2026-01-01", "ends": "2026-02-01", "answers": "90", "source": "Survey"}
    assert client.post(reverse("value:score-add"), typed | {"completed": "91"}).status_code == 422
    page = client.post(reverse("value:score-add"), typed | {"completed": "81"}, follow=True)
    assert "83.6% to 94.1%" in page.content.decode()
    score = Score.objects.get()
    typed |= {"completed": "80", "reason": "Counted anew."}
    page = client.post(reverse("value:score-correct", args=[score.pk]), typed, follow=True)
    assert page.status_code == 200
    new = Score.objects.known().get()
    assert (new.completed, new.observation.value) == (80, Decimal("88.8889"))
    assert "83.6% to 94.1%" not in client.get(metric.get_absolute_url()).content.decode()
    assert new.interval_text in client.get(metric.get_absolute_url()).content.decode()

    found = client.get("/api/v1/scores/", {"metric": "done"}).json()["results"]
    assert [(row["value"], row["low"][:4], row["observation"]) for row in found] == [
        ("88.8889", "82.2", new.observation_id)
    ]
    address = f"/api/v1/scores/{new.pk}/"
    corrected = client.post(f"{address}correct/", {"answers": 100, "reason": "So."}, "application/json")
    assert corrected.status_code == 201, corrected.content
    assert corrected.json()["value"] == "80.0000"
    gone = client.post(
        f"/api/v1/scores/{corrected.json()['id']}/retract/", {"reason": "So."}, content_type="application/json"
    )
    assert gone.status_code == 200
    assert not Observation.objects.known().exists()
    body = {"metric": "done", "starts": "2026-03-01", "ends": "2026-04-01", "answers": 1, "completed": 1, "source": "S"}
    made = client.post("/api/v1/scores/", body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert (made.json()["low"], made.json()["high"]) == (None, None)
    assert Observation.objects.known().get().value == 100


def test_a_list_of_scores_takes_as_many_queries_for_twenty_rows_as_for_one(client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(make.make_user("leader"))
    make.make_score()
    url = reverse("value:score-list")
    client.get(url)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    one = count()
    for _ in range(19):
        make.make_score()
    client.get(url)
    assert count() == one


def test_what_was_answered_by_a_form_becomes_a_score_a_day_and_follows_what_becomes_of_the_answers(settings):
    settings.TWOFOLD_TODAY = date(2026, 3, 10)
    form = make.make_feedback_form()
    felt, done = (asking(asks, product=form.product) for asks in ("satisfaction", "completion"))
    day = datetime(2026, 3, 9, 12, tzinfo=UTC)
    rows = [
        make.make_feedback(form=form, received_at=day, satisfaction=answer, is_done=answer > 2) for answer in (5, 4, 1)
    ]
    make.make_feedback(form=form, received_at=day, satisfaction=1, state="spam")
    make.make_feedback(form=form, received_at=datetime(2026, 3, 10, 12, tzinfo=UTC), satisfaction=1)

    assert (score_feedback().recorded, score_feedback().recorded) == (2, 0)
    score = Score.objects.known().get(metric=felt)
    assert (score.starts, score.answers, score.mean, score.deviation) == (
        date(2026, 3, 9), 3, Decimal("3.3333"), Decimal("2.0817"),
    )  # fmt: skip
    assert Score.objects.known().get(metric=done).completed == 2

    feedback_actions.mark_as_spam(rows[2], by=None)
    assert score_feedback().corrected == 2
    score = Score.objects.known().get(metric=felt)
    assert (score.answers, score.mean) == (2, Decimal("4.5"))

    correct_score(score, changes={"answers": 3}, reason="One by post.", by=make.make_user("leader"))
    for row in rows:
        feedback_actions.mark_as_spam(row, by=None)
    found = score_feedback()
    assert (found.corrected, found.retracted) == (0, 1)  # what somebody corrected by hand stays
    assert Score.objects.known().get().answers == 3
