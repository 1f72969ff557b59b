"""Reviews: the agenda is kept as everyone saw it, what was decided stays in sight, and what is overdue says so."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from portfolio.common import actions
from portfolio.common.months import today
from products.roadmaps.item_actions import change_item
from products.roadmaps.models import Item, Review, Roadmap
from products.roadmaps.review_actions import hold_review, settle_decision
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def roadmap():
    made = make.make_roadmap(code="ahead", name="Ahead", began_on=today() - timedelta(200))
    make.make_item(roadmap=made, code="phone", name="By phone")
    make.make_baseline(made)
    return made


@pytest.fixture
def owner(client, roadmap):
    user = make.make_user("product_owner", product=roadmap.products.get())
    client.force_login(user)
    return user


GIVEN = {"present": "Ada\nGrace", "minutes": "We looked at it all.", "decisions": "Ask drivers | Ada | 2030-05-01"}


def test_a_review_keeps_the_agenda_of_its_day_through_every_correction(client, roadmap, owner):
    given = GIVEN | {"roadmap": roadmap.pk, "held_on": today().isoformat()}
    assert client.post("/roadmaps/reviews/add/?roadmap=ahead", given).status_code == 302
    review = Review.objects.get()
    assert review.baseline == roadmap.baselines.get()
    assert review.decisions == [{"text": "Ask drivers", "who": "Ada", "due_on": "2030-05-01", "done_on": None}]

    change_item(Item.objects.get(code="phone"), changes={"name": "By something else altogether"}, by=None)
    shown = client.get(f"/roadmaps/reviews/{review.pk}/correct/").content.decode()
    assert "Ask drivers | Ada | 2030-05-01" in shown
    corrected = given | {"minutes": "We looked at most of it.", "reason": "It was not all."}
    assert client.post(f"/roadmaps/reviews/{review.pk}/correct/", corrected).status_code == 302
    new = Review.objects.known().get()
    assert new.agenda == review.agenda
    assert new.baseline == review.baseline
    page = client.get(new.get_absolute_url()).content.decode()
    assert "We looked at most of it." in page
    assert "By something else altogether" not in page

    assert client.post(f"/roadmaps/reviews/{new.pk}/settle/", {"number": "1"}).status_code == 302
    assert Review.objects.known().get().decisions[0]["done_on"] == today().isoformat()
    assert client.post(f"/roadmaps/reviews/{new.pk}/retract/", {"reason": "No."}).status_code == 409


def test_minutes_can_be_read_back_from_their_pdf(client, roadmap, owner):
    review = hold_review(
        Review(
            roadmap=roadmap, held_on=today(), present="Ada Lovelace", minutes="Zażółć.", decisions=[{"text": "Go."}]
        ),
        by=owner,
    )
    response = client.get(f"/roadmaps/reviews/{review.pk}/minutes.pdf")
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages)
    assert all(words in text for words in ("Ada Lovelace", "Zażółć.", "Go.", "The agenda as it was", "Page 1"))
    assert response.content == client.get(f"/roadmaps/reviews/{review.pk}/minutes.pdf").content
    markdown = client.get("/roadmaps/ahead/review/?format=md").content.decode()
    assert markdown.startswith("# Review of Ahead: agenda")
    assert client.get("/roadmaps/ahead/review/?format=doc").status_code == 404
    assert client.get("/roadmaps/ahead/review/?known=never").status_code == 400


def test_a_review_that_cannot_have_been_held_is_refused(roadmap):
    tomorrow = Review(roadmap=roadmap, held_on=today() + timedelta(1), present="Ada", minutes="None.")
    with pytest.raises(ValidationError, match="has not come yet"):
        hold_review(tomorrow, by=None)
    with pytest.raises(ValidationError, match="out of reach"):
        hold_review(Review(roadmap=roadmap, held_on=date.min, present="Ada", minutes="None."), by=None)
    made = hold_review(Review(roadmap=roadmap, held_on=today(), present="Ada", minutes="None."), by=None)
    with pytest.raises(ValidationError, match="no decision 1"):
        settle_decision(made, number=1, by=None)
    with pytest.raises(ValidationError, match="says nothing"):
        hold_review(Review(roadmap=roadmap, held_on=today(), decisions=[{"text": " "}]), by=None)


def test_an_overdue_review_shows_on_every_page_that_draws_on_the_roadmap(client, roadmap, owner):
    assert list(Roadmap.objects.overdue()) == [roadmap]
    product = roadmap.products.get()
    words = "was due for review on"
    pages = ["/roadmaps/ahead/review/", "/roadmaps/reviews/", product.get_absolute_url(), "/roadmaps/items/phone/"]
    for page in pages:
        assert words in client.get(page).content.decode(), page

    review = hold_review(Review(roadmap=roadmap, held_on=today(), present="Ada", minutes="All."), by=None)
    assert not Roadmap.objects.overdue().exists()
    assert Roadmap.objects.overdue(today() + timedelta(roadmap.cadence_days)).count() == 0
    assert Roadmap.objects.overdue(today() + timedelta(roadmap.cadence_days + 1)).count() == 1
    for page in [*pages, review.get_absolute_url()]:
        assert words not in client.get(page).content.decode(), page
    actions.retract(review, reason="It was not held.", by=None)
    assert Roadmap.objects.overdue().count() == 1


def test_reviews_are_listed_filtered_and_given_as_files_in_as_many_queries_for_many(client, roadmap, owner):
    counts = []
    for number in range(1, 21):
        make.make_review(roadmap=make.make_roadmap() if number % 2 else roadmap, held_on=today() - timedelta(number))
        if number in (1, 20):
            client.get("/roadmaps/reviews/")
            with CaptureQueriesContext(connection) as queries:
                client.get("/roadmaps/reviews/")
            counts.append(len(queries))
    assert counts[0] == counts[1]
    found = client.get(f"/roadmaps/reviews/?roadmap=ahead&from={today() - timedelta(4)}").context["page"]
    assert [row.held_on for row in found] == [today() - timedelta(2), today() - timedelta(4)]
    file = b"".join(client.get("/roadmaps/reviews/?format=csv&roadmap=ahead")).decode()
    assert file.count("\nahead,") == 10


def test_the_api_holds_corrects_and_retracts_reviews(client, roadmap, owner):
    given = {"roadmap": "ahead", "held_on": today().isoformat(), "present": "Ada", "minutes": "All."}
    post = {"content_type": "application/json"}
    made = client.post("/api/v1/reviews/", given | {"decisions": [{"text": "Go", "due_on": "2030-01-01"}]}, **post)
    assert made.status_code == 201, made.content
    address = f"/api/v1/reviews/{made.json()['id']}/"
    kept = client.get(address).json()
    assert kept["baseline"] == 1
    assert kept["decisions"] == [{"text": "Go", "who": "", "due_on": "2030-01-01", "done_on": None}]
    assert next(section["key"] for section in kept["agenda"]["sections"]) == "shipped"

    wrong = client.post(address + "correct/", {"decisions": [{"text": ""}], "reason": "Typo."}, **post)
    assert wrong.status_code == 400
    new = client.post(address + "correct/", {"minutes": "Most.", "reason": "Typo."}, **post)
    assert new.status_code == 201
    again = client.get(f"/api/v1/reviews/{new.json()['id']}/").json()
    assert again["agenda"] == kept["agenda"]
    assert again["decisions"] == kept["decisions"]
