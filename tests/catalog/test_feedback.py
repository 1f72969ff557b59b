"""Feedback: the public form, what it shows and takes, what becomes of what came in, and the same by the API."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from products.catalog import feedback_actions, feedback_views
from products.catalog.models import Feedback, FeedbackForm, Insight
from tests import factories as make

pytestmark = pytest.mark.django_db
SAID = "It went well, but for the reference number."


@pytest.fixture
def form() -> FeedbackForm:
    return make.make_feedback_form(code="tax", name="How was it?", product=make.make_product(name="Vehicle tax"))


def token(form: FeedbackForm, *, seconds: float = 30, code: str = "") -> str:
    opened_at = timezone.now().timestamp() - seconds
    return signing.dumps([code or form.code, f"key-{opened_at}", opened_at], salt=feedback_views.SALT)


def send(client, form, **given):
    typed = {"satisfaction": "4", "ease": "5", "is_done": "yes", "text": SAID, "token": token(form)} | given
    body = "&".join(f"{name}={value}" for name, value in typed.items())
    return client.post(f"/feedback/{form.code}/", body, content_type="application/x-www-form-urlencoded")


# -- The public form ---------------------------------------------------------------------------------------------------


def test_whoever_has_the_address_says_how_it_went_without_an_account_a_cookie_or_a_script(client, form):
    page = client.get("/feedback/tax/")
    text = page.content.decode()
    assert page.status_code == 200
    assert not page.cookies
    assert "<script" not in text
    assert "no-cache" in page.headers["Cache-Control"]
    typed = {"satisfaction": "4", "is_done": "no", "text": SAID, "may_quote": "on"}
    opened = page.context["answers"].initial["token"]
    sent = send(client, form, **typed, token=opened)
    assert (sent.status_code, sent.url) == (302, "/feedback/tax/thanks/")
    assert not sent.cookies
    taken = Feedback.objects.get()
    assert (taken.satisfaction, taken.ease, taken.is_done, taken.text) == (4, 5, False, SAID)
    assert (taken.may_quote, taken.consent) == (True, feedback_views.CONSENT)
    assert "Vehicle tax" in client.get(sent.url).content.decode()
    again = send(client, form, **typed, token=opened)  # sent twice by the button, or by going back
    assert again.status_code == 302
    assert Feedback.objects.count() == 1


def test_the_form_shows_its_own_words_and_nothing_of_the_portfolio(client, form, settings):
    other = make.make_feedback(form=form, text="Somebody else's words")
    make.make_insight(product=form.product, text="An insight")
    form.product.owner = make.make_user()
    form.product.purpose = "Not said here"
    form.product.save()
    for address in ("/feedback/tax/", "/feedback/tax/thanks/"):
        text = client.get(address).content.decode()
        for secret in (other.text, "An insight", "Not said here", form.product.owner.username, 'href="/products'):
            assert secret not in text, (address, secret)
    assert client.get("/feedback/none/").status_code == 404
    assert client.get("/feedback/none/thanks/").status_code == 404
    form.is_open = False
    form.save()
    assert client.get("/feedback/tax/").status_code == 410
    assert send(client, form).status_code == 410
    assert Feedback.objects.count() == 1


@pytest.mark.parametrize(
    "given",
    [{"website": "x.example"}, {"seconds": 1}, {"text": "See https://pills.example"}],
)
def test_what_looks_like_spam_is_thanked_for_and_kept_apart(client, form, given):
    seconds = given.pop("seconds", 30)
    assert send(client, form, **given, token=token(form, seconds=seconds)).status_code == 302
    assert Feedback.objects.get().state == "spam"


def test_a_form_that_was_not_opened_here_or_too_long_ago_is_handed_out_again_with_what_was_typed(client, form):
    make.make_feedback_form(code="other")
    for wrong in ("", "forged", token(form, code="other"), token(form)[:-1]):
        page = send(client, form, token=wrong)
        assert page.status_code == 422, wrong
        assert SAID in page.content.decode()
        assert "open for too long" in page.content.decode()
    assert not Feedback.objects.exists()
    fresh = page.context["answers"].data["token"]
    assert send(client, form, token=fresh).status_code == 302


def test_nothing_and_too_much_are_refused(client, form):
    empty = send(client, form, satisfaction="", ease="", is_done="", text="")
    assert (empty.status_code, "Nothing is answered yet" in empty.content.decode()) == (422, True)
    assert send(client, form, satisfaction="6").status_code == 422
    assert send(client, form, text="x" * 4001).status_code == 422
    assert send(client, form, text="x" * 40_000).status_code == 413
    assert client.post("/feedback/tax/", {"text": "as a file would come"}).status_code == 415
    assert not Feedback.objects.exists()


# -- How much of it ----------------------------------------------------------------------------------------------------


def test_beyond_what_one_place_may_send_in_an_hour_it_is_told_when_to_come_back(client, form, settings):
    settings.TWOFOLD_FEEDBACK_AN_HOUR = 2
    assert [send(client, form).status_code for _ in range(3)] == [302, 302, 429]
    page = send(client, form)
    assert 3500 < int(page.headers["Retry-After"]) <= 3600
    assert "as much as is taken from one place in an hour. Try again in 60 minutes." in page.content.decode()
    assert SAID in page.content.decode()
    client.defaults["REMOTE_ADDR"] = "192.0.2.9"
    assert send(client, form).status_code == 302
    assert Feedback.objects.count() == 3
    senders = set(Feedback.objects.values_list("sender", flat=True))
    assert len(senders) == 2
    assert all(len(sender) == 64 for sender in senders)


def test_beyond_what_a_form_takes_in_a_minute_everybody_waits_page_and_api_alike(client, form, settings):
    settings.TWOFOLD_FEEDBACK_A_MINUTE = 1
    make.make_feedback(form=form, received_at=timezone.now() - timedelta(seconds=20))
    page = send(client, form)
    assert page.status_code == 429
    assert 35 <= int(page.headers["Retry-After"]) <= 40
    client.force_login(make.make_user())
    refused = client.post("/api/v1/feedback/", {"form": "tax", "satisfaction": 5}, content_type="application/json")
    assert refused.status_code == 429
    assert 35 <= int(refused.headers["Retry-After"]) <= 40
    Feedback.objects.update(received_at=timezone.now() - timedelta(seconds=61))
    assert send(client, form).status_code == 302


def test_a_clock_that_lags_behind_another_host_s_lets_no_more_through(form, settings):
    settings.TWOFOLD_FEEDBACK_A_MINUTE = 2
    make.make_feedback(form=form, received_at=timezone.now() + timedelta(seconds=50))
    taken = feedback_actions.take(form, {"ease": 3})
    assert taken.received_at >= timezone.now() + timedelta(seconds=40)
    with pytest.raises(feedback_actions.TooMuchFeedback):
        feedback_actions.take(form, {"ease": 3})


def test_an_hour_is_an_hour_over_midnight_and_after_a_day_senders_are_forgotten(form, settings, monkeypatch):
    settings.TWOFOLD_FEEDBACK_AN_HOUR = 1
    before = datetime(2026, 3, 1, 23, 50, tzinfo=UTC)
    monkeypatch.setattr(feedback_actions.timezone, "now", lambda: before)
    feedback_actions.take(form, {"ease": 3}, address="192.0.2.9")
    monkeypatch.setattr(feedback_actions.timezone, "now", lambda: before + timedelta(minutes=20))
    with pytest.raises(feedback_actions.TooMuchFeedback):
        feedback_actions.take(form, {"ease": 3}, address="192.0.2.9")
    assert feedback_actions.forget_senders(before + timedelta(hours=23)) == 0
    assert feedback_actions.forget_senders(before + timedelta(hours=25)) == 1
    assert feedback_actions.forget_senders(before + timedelta(hours=25)) == 0
    assert Feedback.objects.get().sender == ""


# -- What becomes of it ------------------------------------------------------------------------------------------------


def test_what_was_written_is_read_by_who_answers_for_the_product_and_what_was_answered_by_all(client, form):
    row = make.make_feedback(form=form, text=SAID)
    detail = reverse("catalog:feedback-detail", args=[row.pk])
    pages = [detail, reverse("catalog:feedback-list"), form.get_absolute_url()]
    for user, may_read in (
        (make.make_user("product_owner", product=form.product), True),
        (make.make_user("product_owner", product=make.make_product()), False),
        (make.make_user("team_lead"), False),
        (make.make_user(), False),
        (make.make_user("leader"), True),
    ):
        client.force_login(user)
        for address in pages:
            page = client.get(address)
            assert page.status_code == 200
            assert (SAID in page.content.decode()) == may_read, address
        [found] = client.get("/api/v1/feedback/").json()["results"]
        assert (found["text"], found["satisfaction"]) == (SAID if may_read else None, 4)
        assert client.get(f"/api/v1/feedback/{row.pk}/").json()["text"] == (SAID if may_read else None)
        file = client.get(reverse("catalog:feedback-list"), {"format": "csv"}).getvalue().decode()
        assert SAID not in file
        assert client.post(reverse("catalog:feedback-spam", args=[row.pk])).status_code in (
            (302,) if may_read else (403,)
        )
        Feedback.objects.update(state="new")


def test_kept_feedback_is_an_insight_in_words_that_its_author_agreed_to(client, form, settings):
    settings.TWOFOLD_TODAY = date(2026, 3, 5)
    client.force_login(make.make_user("business_partner", product=form.product))
    theme = make.make_theme(product=form.product)
    day = datetime(2026, 3, 2, 12, tzinfo=UTC)
    quoted, private = (
        make.make_feedback(form=form, text=SAID, may_quote=may, received_at=day) for may in (True, False)
    )
    keep = reverse("catalog:feedback-keep", args=[quoted.pk])
    assert SAID in str(client.get(keep).context["form"]["text"].value())
    assert client.get(reverse("catalog:feedback-keep", args=[private.pk])).context["form"]["text"].value() is None
    assert client.post(keep, {"text": SAID, "theme": theme.pk}).status_code == 302
    insight = Insight.objects.get()
    assert (insight.text, insight.kind, insight.source, insight.said_on, insight.theme, insight.feedback) == (
        SAID, "survey", "Feedback form, 2026-03-02", date(2026, 3, 2), theme, quoted,
    )  # fmt: skip
    quoted.refresh_from_db()
    assert quoted.state == "kept"
    assert feedback_actions.keep(quoted, by=None) == insight
    with pytest.raises(ValidationError, match="did not agree to be quoted"):
        feedback_actions.keep(private, by=None)

    corrected = {
        "product": form.product.pk,
        "said_on": "2026-03-02",
        "kind": "survey",
        "text": "Shorter",
        "source": "S",
    }
    answer = client.post(reverse("catalog:insight-correct", args=[insight.pk]), corrected | {"reason": "Shorter."})
    assert answer.status_code == 302
    assert Insight.objects.known().get().feedback == quoted
    assert client.post(reverse("catalog:feedback-aside", args=[quoted.pk])).status_code == 302
    assert not Insight.objects.known().exists()
    feedback_actions.keep(quoted, by=None)
    assert Insight.objects.known().get().text == SAID


def test_the_api_takes_feedback_once_a_key_and_says_what_becomes_of_it(client, form):
    user = make.make_user()
    client.force_login(user)

    def post(address: str, **body):
        return client.post(f"/api/v1/feedback/{address}", body, content_type="application/json")

    given = {"form": "tax", "is_done": True, "text": SAID, "may_quote": True, "consent": "As told", "key": "survey-7"}
    first, again = post("", **given), post("", **given)
    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    row = Feedback.objects.get()
    assert (row.is_from_api, row.consent, row.sender, row.state) == (True, "As told", "", "new")
    assert post("", form="tax").status_code == 400
    assert post("", form="tax", satisfaction=6).status_code == 400
    assert post(f"{row.pk}/keep/").status_code == 403
    client.force_login(make.make_user("product_owner", product=form.product))
    assert post(f"{row.pk}/keep/").json()["state"] == "kept"
    assert Insight.objects.known().get().text == SAID
    assert post(f"{row.pk}/set-aside/").json()["state"] == "aside"
    assert post(f"{row.pk}/spam/").json()["state"] == "spam"
    assert not Insight.objects.known().exists()
    assert client.get("/api/v1/feedback/").json()["results"] == []
    assert len(client.get("/api/v1/feedback/", {"state": "spam"}).json()["results"]) == 1


def test_a_form_is_opened_changed_and_closed_by_who_owns_the_product(client):
    product = make.make_product(code="levy", name="Levy")
    client.force_login(make.make_user("product_owner", product=product))
    add = client.get(reverse("catalog:feedback-form-add"), {"product": "levy"})
    assert add.context["form"].initial["code"] == "levy"
    typed = {"product": product.pk, "name": "How was it?", "code": "levy", "is_open": "on"}
    page = client.post(reverse("catalog:feedback-form-add"), typed, follow=True)
    assert "/feedback/levy/" in page.content.decode()
    edit = reverse("catalog:feedback-form-edit", args=["levy"])
    assert client.post(edit, {"name": "How did it go?"}).status_code == 302
    form = FeedbackForm.objects.get()
    assert (form.name, form.is_open) == ("How did it go?", False)
