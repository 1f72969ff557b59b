"""Pages of value."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from portfolio.common import actions
from products.value.models import Confirmation, Metric, Observation, Valuation
from tests.factories import (
    make_confirmation,
    make_metric,
    make_observation,
    make_product,
    make_user,
    make_valuation,
    make_value_stream,
)

pytestmark = pytest.mark.django_db

MARCH = date(2026, 3, 1)
MAKERS = {
    "metric": lambda: make_confirmation(
        valuation=make_valuation(metric=make_observation(metric=make_metric(target=Decimal("5"))).metric)
    ),
    "observation": lambda: make_observation(by=make_user("leader")),
    "valuation": lambda: make_confirmation().valuation,
}
CHANGES = {"observation": {"value": Decimal("7")}, "valuation": {"high": Decimal("7")}}


@pytest.fixture(autouse=True)
def _today(settings):
    settings.TWOFOLD_TODAY = date(2026, 6, 30)


@pytest.fixture
def leader(client):
    """Sign a leader in."""
    user = make_user("leader")
    client.force_login(user)
    return user


@pytest.fixture
def reader(client):
    """Sign someone in who may write nothing."""
    user = make_user()
    client.force_login(user)
    return user


# -- Lists


@pytest.mark.parametrize("kind", MAKERS)
def test_an_empty_list_says_what_to_do_next(client, reader, kind):
    answer = client.get(reverse(f"value:{kind}-list"))
    assert answer.status_code == 200
    assert 'class="empty"' in answer.content.decode()


@pytest.mark.parametrize("kind", MAKERS)
def test_a_list_has_the_same_number_of_queries_at_1_and_at_20_rows(
    client, reader, kind, django_assert_num_queries, django_assert_max_num_queries
):
    url = reverse(f"value:{kind}-list")
    MAKERS[kind]()
    client.get(url)
    with django_assert_max_num_queries(14) as captured:
        client.get(url)
    once = len(captured)
    for _ in range(19):
        MAKERS[kind]()
    client.get(url)  # how fresh the figures are is kept until they change
    with django_assert_num_queries(once):
        answer = client.get(url)
    assert answer.context["page"].paginator.count == 20


@pytest.mark.parametrize("kind", MAKERS)
def test_htmx_gets_the_table_alone(client, reader, kind):
    MAKERS[kind]()
    url = reverse(f"value:{kind}-list")
    page, fragment = client.get(url), client.get(url, headers={"HX-Request": "true"})
    assert "<html" in page.content.decode()
    assert "<html" not in fragment.content.decode()
    assert "<table" in fragment.content.decode()
    assert "HX-Request" in fragment.headers["Vary"]


@pytest.mark.parametrize("kind", MAKERS)
def test_a_filter_that_fits_nothing_says_so(client, reader, kind):
    MAKERS[kind]()
    answer = client.get(reverse(f"value:{kind}-list"), {"product": "no-such-product"})
    assert answer.context["page"].paginator.count == 0
    assert "match" in answer.content.decode()


@pytest.mark.parametrize("sort", ["name", "-product", "behaviour", "-seen", "late", "felt_by"])
def test_metrics_are_sorted_by_their_address(client, reader, sort):
    for day in (3, 1, 2):
        make_observation(metric=make_metric(name=f"M{day}"), starts=date(2026, 2, day))
    rows = list(client.get(reverse("value:metric-list"), {"sort": sort}).context["page"])
    key = {
        "name": lambda row: row.name, "product": lambda row: row.product.name, "seen": lambda row: row.latest_ends,
        "late": lambda row: row.days_late,
    }.get(sort.removeprefix("-"), lambda row: 0)  # fmt: skip
    assert rows == sorted(rows, key=key, reverse=sort.startswith("-"))


def test_metrics_are_filtered(client, reader):
    stream = make_value_stream(code="driving")
    product = make_product(code="tax", value_stream=make_value_stream(parent=stream))
    wanted = make_metric(product=product, name="Satisfaction", behaviour="level", felt_by="business")
    make_observation(metric=wanted, starts=MARCH)
    make_valuation(metric=make_metric())
    make_observation(metric=Metric.objects.exclude(pk=wanted.pk).get(), starts=date(2026, 6, 20))
    url = reverse("value:metric-list")
    for query in (
        {"product": "tax"},
        {"value_stream": "driving"},
        {"behaviour": "level"},
        {"felt_by": "business"},
        {"valued": "false"},
        {"overdue": "true"},
        {"search": "satisf"},
    ):
        assert list(client.get(url, query).context["page"]) == [wanted], query
    for query in ({"valued": "true"}, {"overdue": "false"}):
        (other,) = client.get(url, query).context["page"]
        assert other != wanted


def test_observations_are_filtered_by_any_of_their_days(client, reader):
    wanted = make_observation(starts=MARCH, ends=date(2026, 4, 1))
    make_observation(starts=date(2026, 5, 1))
    url = reverse("value:observation-list")
    for query in (
        {"metric": wanted.metric.code},
        {"product": wanted.metric.product.code},
        {"from": "2026-03-31", "to": "2026-04-30"},
        {"to": "2026-03-01"},
    ):
        assert list(client.get(url, query).context["page"]) == [wanted], query


def test_valuations_are_filtered(client, reader):
    wanted = make_confirmation(valuation=make_valuation(starts=MARCH, evidence="measured")).valuation
    make_valuation(starts=date(2026, 1, 1), ends=MARCH)
    url = reverse("value:valuation-list")
    for query in ({"evidence": "measured"}, {"confirmed": "true"}, {"on": "2026-03-01"}):
        assert list(client.get(url, query).context["page"]) == [wanted], query
    assert client.get(url, {"confirmed": "false"}).context["page"].paginator.count == 1


@pytest.mark.parametrize("query", [{"from": "soon"}, {"known": "soon"}, {"sort": "colour"}, {"behaviour": "odd"}])
def test_a_filter_that_makes_no_sense_is_explained_and_left_out(client, reader, query):
    make_observation()
    answer = client.get(reverse("value:observation-list"), query)
    assert answer.status_code == 200
    assert answer.context["page"].paginator.count == 1
    assert answer.context["filter"].form.errors


# -- The page of a metric


def test_a_metric_shows_its_observations_its_worth_and_who_says_so(client, reader):
    metric = make_metric(code="taxed", name="Taxed online", target=Decimal("90"), product=make_product(name="Tax"))
    make_observation(metric=metric, starts=MARCH, ends=date(2026, 4, 1), value=Decimal("1234.5"), source="Ledger 9")
    valuation = make_valuation(metric=metric, low=Decimal("0.5"), high=Decimal("2"), evidence="estimated")
    confirmation = make_confirmation(valuation=valuation)
    page = client.get(metric.get_absolute_url())
    text = page.content.decode()
    for words in (
        "Taxed online", "1,234.5", "March 2026", "Ledger 9", "$0.50 to $2.00", "estimated", "A partner",
        str(confirmation.recorded_by), "The latest meets it", "60 days late", "Expected every 31 days",
    ):  # fmt: skip
        assert words in text, words
    assert page.context["chart"].rows == [("March 2026", "1,234.5")]


def test_a_metric_can_be_had_as_it_was_known(client, reader):
    observation = make_observation(value=Decimal("5"))
    valuation = make_valuation(metric=observation.metric)
    before = timezone.now()
    actions.correct(observation, changes={"value": Decimal("6")}, reason="Misread", by=None)
    actions.retract(valuation, reason="No source", by=None)
    url = observation.metric.get_absolute_url()
    now, then = client.get(url), client.get(url, {"known": before.isoformat()})
    assert [row.value for row in now.context["latest"]] == [6]
    assert [row.value for row in then.context["latest"]] == [5]
    assert (now.context["worth"], then.context["worth"]) == (None, valuation)
    assert "As known at" in then.content.decode()


def test_an_unvalued_metric_says_why(client, reader):
    metric = make_metric(unvalued_reason="Machines ask it, nobody waits")
    assert "Machines ask it, nobody waits" in client.get(metric.get_absolute_url()).content.decode()
    assert "Nobody has said" in client.get(make_metric().get_absolute_url()).content.decode()


def test_a_metric_page_asks_as_often_for_many_rows_as_for_one(client, reader, django_assert_num_queries):
    metric = make_metric()

    def add(month: int) -> None:
        starts, ends = date(2026, month, 1), date(2026, month + 1, 1)
        make_observation(metric=metric, starts=starts, by=make_user("leader"))
        make_confirmation(valuation=make_valuation(metric=metric, starts=starts, ends=ends))

    add(1)
    client.get(metric.get_absolute_url())
    with django_assert_num_queries(12):
        client.get(metric.get_absolute_url())
    for month in range(2, 7):
        add(month)
    client.get(metric.get_absolute_url())  # how fresh the figures are is kept until they change
    with django_assert_num_queries(12):
        client.get(metric.get_absolute_url())


def test_mixed_periods_of_a_flow_are_pointed_out(client, reader):
    metric = make_metric()
    make_observation(metric=metric, starts=date(2026, 1, 1), ends=date(2026, 2, 1))
    make_observation(metric=metric, starts=date(2026, 2, 1))
    assert "mixed" in client.get(metric.get_absolute_url()).context["chart"].summary


# -- Pages of one row


@pytest.mark.parametrize("kind", CHANGES)
def test_a_recorded_row_shows_its_chain_of_corrections(client, leader, kind):
    row = MAKERS[kind]()
    new = actions.correct(row, changes=CHANGES[kind], reason="Read from the wrong line", by=leader)
    old_page, new_page = client.get(row.get_absolute_url()), client.get(new.get_absolute_url())
    assert "A later row replaces this one" in old_page.content.decode()
    assert new.get_absolute_url() in old_page.content.decode()
    for page in (old_page, new_page):
        assert page.status_code == 200
        assert "Read from the wrong line" in page.content.decode()
        assert [entry["what"] for entry in page.context["history"]] == ["Corrected", "Recorded"]
    assert not old_page.context["may_write"]
    assert new_page.context["may_write"]


def test_buttons_are_only_for_those_who_may(client, reader):
    for row in (make_metric(), make_observation(), make_valuation()):
        page = client.get(row.get_absolute_url()).content.decode()
        assert not any(f"/{verb}/" in page for verb in ("add", "edit", "correct", "retract", "confirm"))


def test_a_made_up_row_is_marked(client, reader):
    observation = make_observation(is_illustrative=True)
    assert "illustrative" in client.get(observation.get_absolute_url()).content.decode()
    assert "illustrative" in client.get(reverse("value:observation-list")).content.decode()


@pytest.mark.parametrize("path", ["no-such-metric/", "observations/9999/", "valuations/9999/confirm/"])
def test_what_is_not_there_is_a_404(client, leader, path):
    assert client.get(f"/metrics/{path}").status_code == 404


# -- Forms


def _observation(**given) -> dict:
    return {"metric": given.pop("metric", None) or make_metric().pk, "starts": "2026-03-01", "value": "12.5"} | given


def _valuation(**given) -> dict:
    return {
        "metric": given.pop("metric", None) or make_metric().pk, "low": "1.5", "high": "4", "currency": "usd",
        "evidence": "estimated", "asserted_by": "Ada", "source": "Study", "starts": "2026-03-01",
    } | given  # fmt: skip


def test_an_observation_without_an_end_is_for_one_day(client, leader):
    answer = client.post(reverse("value:observation-add"), _observation())
    row = Observation.objects.get()
    assert answer.url == row.metric.get_absolute_url()
    assert (row.ends, row.value, row.recorded_by) == (date(2026, 3, 2), Decimal("12.5"), leader)


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"ends": "2026-03-01"}, "ends", "must come after the start"),
        ({"ends": "soon"}, "ends", "valid date"),
        ({"starts": "0202-01-01"}, "starts", "is out of reach"),
        ({"value": "1.00005"}, "value", "4 decimal places"),
        ({"value": ""}, "value", "required"),
    ],
)
def test_an_error_stands_beside_its_field(client, leader, given, field, words):
    answer = client.post(reverse("value:observation-add"), _observation(**given))
    assert answer.status_code == 422
    assert any(words in error for error in answer.context["form"].errors[field])
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Observation.objects.exists()


def test_an_observation_is_begun_from_the_page_of_its_metric(client, leader):
    metric = make_metric()
    form = client.get(reverse("value:observation-add"), {"metric": metric.code}).context["form"]
    assert form.initial["metric"] == metric


def test_a_correction_keeps_the_old_row(client, leader):
    row = make_observation(value=Decimal("10"))
    url = reverse("value:observation-correct", args=[row.pk])
    form = client.get(url).context["form"]
    data = {name: form.initial[name] for name in ("metric", "starts", "ends", "value")}
    answer = client.post(url, data | {"value": "12", "reason": "Misread"})
    new = Observation.objects.known().get()
    assert answer.url == new.get_absolute_url()
    assert (new.value, new.corrects, new.recorded_by) == (Decimal("12"), row, leader)
    row.refresh_from_db()
    assert (row.value, row.reason, row.retracted_by) == (Decimal("10"), "Misread", leader)


@pytest.mark.parametrize("kind", CHANGES)
def test_a_retraction_keeps_the_row_readable(client, leader, kind):
    row = MAKERS[kind]()
    answer = client.post(reverse(f"value:{kind}-retract", args=[row.pk]), {"reason": "Not so"}, follow=True)
    assert "This row no longer counts" in answer.content.decode()
    assert not type(row).objects.known().filter(pk=row.pk).exists()


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("verb", ["correct", "retract"])
def test_what_no_longer_counts_cannot_be_changed(client, leader, kind, verb):
    row = MAKERS[kind]()
    actions.retract(row, reason="Not so", by=None)
    assert client.get(reverse(f"value:{kind}-{verb}", args=[row.pk])).status_code == 409


@pytest.mark.parametrize("kind", MAKERS)
def test_who_may_not_write_is_told_which_roles_may(client, reader, kind):
    answer = client.get(reverse(f"value:{kind}-add"))
    assert answer.status_code == 403
    assert "leader" in answer.content.decode()


def test_a_worth_is_recorded_with_its_evidence(client, leader):
    answer = client.post(reverse("value:valuation-add"), _valuation())
    row = Valuation.objects.get()
    assert answer.url == row.get_absolute_url()
    assert (row.low, row.high, row.currency, row.evidence) == (Decimal("1.5"), Decimal("4"), "USD", "estimated")


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"low": "5"}, "__all__", "must not be above"),
        ({"baseline": "3"}, "baseline", "A flow has no baseline"),
        ({"starts": "2026-03-02"}, "starts", "first of a month"),
        ({"currency": "QQQ"}, "currency", "not a currency"),
        ({"evidence": ""}, "evidence", "required"),
    ],
)
def test_a_worth_that_cannot_be_is_explained(client, leader, given, field, words):
    answer = client.post(reverse("value:valuation-add"), _valuation(**given))
    assert answer.status_code == 422
    assert any(words in error for error in answer.context["form"].errors[field])


def test_a_metric_is_added_and_changed_but_keeps_its_code(client, leader):
    product = make_product()
    data = {
        "name": "Taxed", "code": "taxed", "product": product.pk, "behaviour": "flow", "unit": "taxes",
        "cadence_days": "31", "is_higher_better": "on", "felt_by": "customer",
    }  # fmt: skip
    answer = client.post(reverse("value:metric-add"), data)
    metric = Metric.objects.get()
    assert answer.url == metric.get_absolute_url()
    client.post(reverse("value:metric-edit", args=["taxed"]), data | {"code": "other", "name": "Taxed online"})
    metric.refresh_from_db()
    assert (metric.code, metric.name) == ("taxed", "Taxed online")
    assert "Taxed online" in client.get(metric.get_absolute_url()).content.decode()


# -- Confirming


def test_someone_else_confirms_a_worth_and_may_withdraw_it(client, leader):
    valuation = make_valuation(by=make_user("product_owner"))
    url = reverse("value:confirmation-add", args=[valuation.pk])
    assert url in client.get(valuation.get_absolute_url()).content.decode()
    answer = client.post(url, {"comment": "I read the study."}, follow=True)
    confirmation = Confirmation.objects.get()
    assert (confirmation.recorded_by, confirmation.valuation) == (leader, valuation)
    page = answer.content.decode()
    assert "I read the study." in page
    assert url not in page
    withdraw = reverse("value:confirmation-retract", args=[confirmation.pk])
    assert withdraw in page
    answer = client.post(withdraw, {"reason": "The study was withdrawn"}, follow=True)
    assert "The study was withdrawn" in answer.content.decode()
    assert not Confirmation.objects.known().exists()


def test_ones_own_worth_cannot_be_confirmed(client, leader):
    valuation = make_valuation(by=leader)
    page = client.get(valuation.get_absolute_url()).content.decode()
    assert "someone other than you" in page
    answer = client.post(reverse("value:confirmation-add", args=[valuation.pk]), {"comment": ""})
    assert answer.status_code == 422
    assert "someone else has to confirm it" in answer.content.decode()


def test_a_worth_that_was_corrected_has_to_be_confirmed_again(client, leader):
    valuation = make_confirmation().valuation
    new = actions.correct(valuation, changes={"high": Decimal("9")}, reason="Wider", by=None)
    assert client.get(reverse("value:confirmation-add", args=[valuation.pk])).status_code == 409
    page = client.get(new.get_absolute_url())
    assert page.context["may_confirm"]
    assert "Nobody else has confirmed it" in page.content.decode()
