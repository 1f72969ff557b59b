"""Pages of scenarios and elasticities: they work as forms, and say what was found."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from portfolio.rebalance import scenario_actions as actions
from portfolio.rebalance.models import Elasticity, Scenario
from tests.factories import (
    make_allocation,
    make_elasticity,
    make_product,
    make_scenario,
    make_stream,
    make_user,
    make_value_stream,
)
from tests.rebalance.conftest import DAY

pytestmark = pytest.mark.django_db


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


def line_of(scenario, code):
    return scenario.lines.get(product__code=code)


def posted(page) -> dict[str, str]:
    """Return what the studio's form would send as it is shown."""
    study, form = page.context["study"], {"version": page.context["scenario"].version}
    for row in study.shown:
        form[f"amount-{row.line.pk}"] = row.shown
        if row.line.is_locked:
            form[f"locked-{row.line.pk}"] = "on"
    return form


def words(page) -> str:
    return " ".join(page.content.decode().split())


# -- Lists -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rebalance:scenario-list", "rebalance:elasticity-list", "rebalance:scenario-compare"])
def test_an_empty_list_says_what_to_do_next(client, reader, name):
    assert 'class="empty"' in words(client.get(reverse(name)))


@pytest.mark.parametrize(
    ("name", "make"), [("rebalance:scenario-list", make_scenario), ("rebalance:elasticity-list", make_elasticity)]
)
def test_a_list_has_the_same_number_of_queries_at_1_and_at_20_rows(
    client, reader, name, make, django_assert_num_queries, django_assert_max_num_queries
):
    url = reverse(name)
    make()
    client.get(url)
    with django_assert_max_num_queries(12) as first:
        client.get(url)
    once = len(first)
    for _ in range(19):
        make()
    client.get(url)
    with django_assert_num_queries(once):
        page = client.get(url)
    assert len(page.context["page"].object_list) == 20


def test_scenarios_are_filtered_sorted_and_counted(client, leader):
    quiet, busy = make_scenario(name="Quiet"), make_scenario(name="Busy", by=leader)
    line = busy.lines.first()
    actions.edit(busy, version=1, changes={line.pk: {"monthly_amount": Decimal("5")}}, by=leader)
    away = make_scenario(name="Away", by=leader)
    actions.archive(away, by=leader)

    def listed(**asked):
        return [row.name for row in client.get(reverse("rebalance:scenario-list"), asked).context["page"]]

    assert listed() == ["Busy", "Quiet"]
    assert listed(archived="yes") == ["Away"]
    assert listed(archived="all", sort="name") == ["Away", "Busy", "Quiet"]
    assert listed(search="qui") == ["Quiet"]
    assert listed(by=leader.username) == ["Busy"]
    [row] = [row for row in client.get(reverse("rebalance:scenario-list")).context["page"] if row == busy]
    assert (row.changed_count, row.line_count) == (1, busy.lines.count())
    assert quiet.name


@pytest.mark.parametrize("name", ["rebalance:scenario-list", "rebalance:elasticity-list"])
def test_a_list_downloads_whole(client, reader, name):
    make_scenario(name="Bold, and long")
    make_elasticity(why="A study")
    answer = client.get(reverse(name), {"format": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    assert ("Bold, and long" if "scenario" in name else "A study") in b"".join(answer.streaming_content).decode("utf-8")


# -- Elasticities ------------------------------------------------------------------------------------------------------


def test_an_elasticity_is_stated_corrected_and_retracted(client, leader):
    product = make_product(code="tax", name="Vehicle tax")
    given = {"product": product.pk, "low": "0.2", "high": "0.6", "evidence": "asserted", "why": "A judgement"}
    page = client.post(reverse("rebalance:elasticity-add"), given, follow=True)
    row = Elasticity.objects.get()
    assert page.redirect_chain[-1][0] == row.get_absolute_url()
    assert "brings 0.2 to 0.6% more value" in words(page)
    client.post(
        reverse("rebalance:elasticity-correct", args=[row.pk]), given | {"high": "0.5", "reason": "An experiment"}
    )
    new = Elasticity.objects.known().get()
    assert (new.high, new.corrects) == (Decimal("0.500"), row)
    client.post(reverse("rebalance:elasticity-retract", args=[new.pk]), {"reason": "Nobody knows"})
    assert not Elasticity.objects.known().exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"product": "", "stage": ""}, "name one of them"),
        ({"stage": "grow"}, "name one of them"),
        ({"low": "0.7"}, "swap the two"),
        ({"high": "1"}, "lies between 0 and 1"),
        ({"why": ""}, "This field is required"),
    ],
)
def test_an_elasticity_that_says_nothing_is_refused_in_words(client, leader, given, said):
    product = make_product()
    first = {"product": product.pk, "low": "0.2", "high": "0.6", "evidence": "asserted", "why": "A judgement"}
    page = client.post(reverse("rebalance:elasticity-add"), first | given)
    assert page.status_code == 422
    assert said in words(page)


# -- Beginning and settings --------------------------------------------------------------------------------------------


def test_a_scenario_is_begun_from_a_form(client, leader):
    make_allocation()
    page = client.get(reverse("rebalance:scenario-add"))
    assert page.context["form"]["starts"].value() == DAY
    given = {"name": "Bold", "starts": "2026-07-01", "budget": "1.2m", "note": "", "value_stream": "", "based_on": ""}
    answer = client.post(reverse("rebalance:scenario-add"), given)
    scenario = Scenario.objects.get()
    assert answer.url == scenario.get_absolute_url()
    assert (scenario.budget, scenario.made_by) == (Decimal("1200000.00"), leader)


def test_a_form_that_cannot_begin_a_scenario_says_why(client, leader):
    given = {"name": "Bold", "starts": "2026-07-01", "budget": "plenty"}
    page = client.post(reverse("rebalance:scenario-add"), given)
    assert page.status_code == 422
    assert "is not an amount" in words(page)
    page = client.post(reverse("rebalance:scenario-add"), given | {"budget": ""})
    assert page.status_code == 422
    assert "No money is allotted to any product" in words(page)


def test_a_scenario_is_begun_on_top_of_another(client, leader):
    first = make_scenario(value_stream=None)
    page = client.get(reverse("rebalance:scenario-add"), {"based_on": first.pk})
    assert page.context["form"].initial["based_on"] == first
    for odd in ("x", "9" * 30, "0"):
        assert client.get(reverse("rebalance:scenario-add"), {"based_on": odd}).status_code == 200


def test_settings_are_saved_and_a_stale_form_is_told(client, leader):
    scenario = make_scenario(by=leader)
    edit = reverse("rebalance:scenario-edit", args=[scenario.pk])
    shown = client.get(edit).context["form"]["version"].value()
    given = {"version": shown, "name": "Bolder", "starts": "2026-07-01", "budget": "", "note": ""}
    assert client.post(edit, given).status_code == 302
    page = client.post(edit, given | {"name": "Boldest"})
    assert page.status_code == 422
    assert "was changed by" in words(page)
    scenario.refresh_from_db()
    assert scenario.name == "Bolder"


def test_a_stream_that_pays_nothing_yet_is_added(client, leader):
    scenario = make_scenario(by=leader)
    stream, product = make_stream(currency="EUR"), make_product()
    address = reverse("rebalance:scenario-line", args=[scenario.pk])
    page = client.post(address, {"stream": stream.pk, "product": product.pk, "monthly_amount": "$5"})
    assert page.status_code == 422
    assert "is not an amount" in words(page)


# -- The studio --------------------------------------------------------------------------------------------------------


def test_the_studio_shows_lines_returns_and_what_is_left(client, leader, bold):
    page = client.get(bold.get_absolute_url())
    assert page.status_code == 200
    study = page.context["study"]
    assert [group.stream.name for group in study.groups] == ["Everything", "Driving"]
    assert (study.now, study.left) == (Decimal("3500.00"), 0)
    figures = {row.line.product.code: row.figures for row in study.rows}
    assert [figures[code].texts for code in ("high", "middle", "low")] == [
        ["4.00", "4.00", "4.00", "2.00"],
        ["2.00", "2.00", "2.00", "1.00"],
        ["1.00", "1.00", "1.00", "0.50"],
    ]
    assert not figures["unknown"].has_basis
    shown = words(page)
    assert "no basis" in shown
    assert figures["unknown"].why in shown
    assert "Nothing is moved" in shown
    assert "All of the budget is given" in shown


def test_the_studio_has_the_same_number_of_queries_at_few_lines_and_at_many(
    client, leader, services, django_assert_num_queries, django_assert_max_num_queries
):
    first = make_scenario(by=leader, starts=DAY)
    for _ in range(20):
        make_allocation(stream=services.fees, starts=date(2015, 2, 1))
    second = make_scenario(by=leader, starts=DAY)
    address = reverse("rebalance:scenario-effects", args=[first.pk])
    client.get(first.get_absolute_url())
    with django_assert_max_num_queries(45) as few:
        client.get(first.get_absolute_url())
    once = len(few)
    with django_assert_num_queries(once):
        client.get(second.get_absolute_url())
    with django_assert_max_num_queries(40) as few:
        client.get(address)
    once = len(few)
    with django_assert_num_queries(once):
        client.get(reverse("rebalance:scenario-effects", args=[second.pk]))


def test_without_figures_amounts_can_be_moved_all_the_same(client, leader):
    scenario = make_scenario(by=leader)
    page = client.get(scenario.get_absolute_url())
    assert "There are no figures yet" in words(page)
    given = posted(page) | {f"amount-{scenario.lines.get().pk}": "+10%"}
    client.post(reverse("rebalance:scenario-save", args=[scenario.pk]), given)
    assert scenario.lines.get().monthly_amount == Decimal("1100.00")


def test_the_form_saves_what_differs_as_one_step(client, leader, bold):
    page = client.get(bold.get_absolute_url())
    given = posted(page)
    given |= {f"amount-{line_of(bold, 'low').pk}": "-25%", f"amount-{line_of(bold, 'high').pk}": "1.25k"}
    given |= {f"locked-{line_of(bold, 'middle').pk}": "on"}
    page = client.post(reverse("rebalance:scenario-save", args=[bold.pk]), given, follow=True)
    assert line_of(bold, "low").monthly_amount == Decimal("750.00")
    assert line_of(bold, "high").monthly_amount == Decimal("1250.00")
    assert line_of(bold, "middle").is_locked
    [step] = bold.steps.all()
    assert len(step.changes) == 3
    # 4000 (1.25^0.5 - 1) - 1000 (1 - 0.75^0.5) = 472.14 - 133.97
    assert page.context["panel"].effects.gain == pytest.approx(338.16, abs=0.01)
    assert "of value a month more than leaving it as it is" in words(page)
    again = client.post(reverse("rebalance:scenario-save", args=[bold.pk]), posted(page), follow=True)
    assert "Nothing was different" in words(again)


def test_the_form_says_of_each_amount_what_is_wrong_and_saves_nothing(client, leader, bold):
    given = posted(client.get(bold.get_absolute_url()))
    given |= {f"amount-{line_of(bold, 'low').pk}": "lots", f"amount-{line_of(bold, 'high').pk}": "2k"}
    page = client.post(reverse("rebalance:scenario-save", args=[bold.pk]), given)
    assert page.status_code == 422
    assert "is not an amount" in words(page)
    assert 'value="lots"' in words(page)
    assert bold.steps.count() == 0


def test_lines_that_the_filter_leaves_out_are_left_alone(client, leader, bold):
    page = client.get(bold.get_absolute_url(), {"value_stream": "driving"})
    assert {row.line.product.code for row in page.context["study"].shown} == {"high", "middle"}
    actions.edit(bold, version=1, changes={line_of(bold, "low").pk: {"is_locked": True}}, by=leader)
    page = client.get(bold.get_absolute_url(), {"search": "HIGH fees"})
    given = posted(page) | {f"amount-{line_of(bold, 'high').pk}": "900"}
    answer = client.post(reverse("rebalance:scenario-save", args=[bold.pk]) + "?search=high", given)
    assert answer.url == f"{bold.get_absolute_url()}?search=high"
    assert (line_of(bold, "high").monthly_amount, line_of(bold, "low").is_locked) == (900, True)


def test_what_others_changed_meanwhile_is_kept_and_told(client, leader, bold):
    given = posted(client.get(bold.get_absolute_url()))
    other = make_user("leader")
    actions.edit(bold, version=1, changes={line_of(bold, "low").pk: {"monthly_amount": Decimal("500")}}, by=other)
    given |= {f"amount-{line_of(bold, 'high').pk}": "1500"}
    page = client.post(reverse("rebalance:scenario-save", args=[bold.pk]), given, follow=True)
    assert (line_of(bold, "low").monthly_amount, line_of(bold, "high").monthly_amount) == (500, 1500)
    assert f"Meanwhile {other} changed Low, from Fees: amount 1000.00 to 500.00" in words(page)


def test_where_both_changed_the_same_both_are_shown_and_nothing_is_lost(client, leader, bold):
    given = posted(client.get(bold.get_absolute_url()))
    other = make_user("leader")
    line = line_of(bold, "low")
    actions.edit(bold, version=1, changes={line.pk: {"monthly_amount": Decimal("500")}}, by=other)
    given |= {f"amount-{line.pk}": "600", f"amount-{line_of(bold, 'high').pk}": "1500"}
    page = client.post(reverse("rebalance:scenario-save", args=[bold.pk]), given)
    assert page.status_code == 409
    assert "yours 600.00, theirs 500.00" in words(page)
    assert line_of(bold, "high").monthly_amount == 1000
    # The page that says so saves, sent again as it is.
    client.post(reverse("rebalance:scenario-save", args=[bold.pk]), posted(page))
    assert (line_of(bold, "low").monthly_amount, line_of(bold, "high").monthly_amount) == (600, 1500)


def test_undo_and_redo_are_buttons(client, leader, bold):
    given = posted(client.get(bold.get_absolute_url())) | {f"amount-{line_of(bold, 'low').pk}": "0"}
    client.post(reverse("rebalance:scenario-save", args=[bold.pk]), given)
    client.post(reverse("rebalance:scenario-undo", args=[bold.pk]))
    assert line_of(bold, "low").monthly_amount == 1000
    client.post(reverse("rebalance:scenario-redo", args=[bold.pk]))
    assert line_of(bold, "low").monthly_amount == 0
    page = client.post(reverse("rebalance:scenario-redo", args=[bold.pk]), follow=True)
    assert "There is nothing to redo" in words(page)


def test_the_steps_can_be_read_and_undone_by_name(client, leader, bold):
    for code, amount in (("low", "900"), ("high", "1100")):
        given = posted(client.get(bold.get_absolute_url())) | {f"amount-{line_of(bold, code).pk}": amount}
        client.post(reverse("rebalance:scenario-save", args=[bold.pk]), given)
    page = client.get(reverse("rebalance:scenario-steps", args=[bold.pk]))
    assert [step.number for step in page.context["steps"]] == [3, 2]
    answer = client.post(reverse("rebalance:scenario-undo", args=[bold.pk]), {"step": "2", "to": "steps"})
    assert answer.url == reverse("rebalance:scenario-steps", args=[bold.pk])
    assert (line_of(bold, "low").monthly_amount, line_of(bold, "high").monthly_amount) == (1000, 1100)
    page = client.get(reverse("rebalance:scenario-steps", args=[bold.pk]))
    assert [(step.number, step.stands) for step in page.context["steps"]] == [(4, True), (3, True), (2, False)]


def test_a_past_moment_is_read_only_and_as_it_was(client, leader, bold):
    before = timezone.now()
    actions.edit(bold, version=1, changes={line_of(bold, "low").pk: {"monthly_amount": Decimal("1")}}, by=leader)
    page = client.get(bold.get_absolute_url(), {"known": before.isoformat()})
    assert not page.context["may_write"]
    assert {row.line.monthly_amount for row in page.context["study"].rows} == {Decimal("1000"), Decimal("500")}
    assert client.get(bold.get_absolute_url(), {"known": "yesterday"}).status_code == 400
    later = timezone.now() + timedelta(days=1)
    page = client.get(bold.get_absolute_url(), {"known": later.isoformat()})
    assert Decimal("1") in {row.line.monthly_amount for row in page.context["study"].rows}


def test_a_reader_sees_the_studio_and_moves_nothing(client, reader, bold):
    page = client.get(bold.get_absolute_url())
    assert 'name="amount-' not in words(page)
    assert client.post(reverse("rebalance:scenario-save", args=[bold.pk]), {"version": "1"}).status_code == 403


def test_an_archived_scenario_is_shown_to_read(client, leader, bold):
    client.post(reverse("rebalance:scenario-archive", args=[bold.pk]))
    page = client.get(bold.get_absolute_url())
    assert not page.context["may_write"]
    assert "Restore" in words(page)
    client.post(reverse("rebalance:scenario-restore", args=[bold.pk]))
    assert client.get(bold.get_absolute_url()).context["may_write"]


def test_the_lines_download_whole(client, reader, bold):
    answer = client.get(bold.get_absolute_url(), {"format": "csv"})
    assert len(b"".join(answer.streaming_content).splitlines()) == 5


def test_effects_come_alone_with_the_tables_totals(client, leader, bold):
    actions.edit(bold, version=1, changes={line_of(bold, "low").pk: {"monthly_amount": Decimal("500")}}, by=leader)
    page = client.get(reverse("rebalance:scenario-effects", args=[bold.pk]))
    assert 'data-into="proposed-all"' in words(page)
    assert "new-figures" in words(page)
    assert "<html" not in words(page)
    assert client.get(reverse("rebalance:scenario-effects", args=[bold.pk]), {"window": "x"}).status_code == 400


# -- Suggestions and comparisons ---------------------------------------------------------------------------------------


def test_a_suggestion_is_shown_and_taken(client, leader, bold):
    page = client.get(reverse("rebalance:scenario-suggest", args=[bold.pk]))
    assert page.status_code == 200
    suggestion = page.context["suggestion"]
    given = {"version": bold.version, "digest": suggestion.digest}
    client.post(reverse("rebalance:scenario-take", args=[bold.pk]), given)
    # Equal elasticities of a half: money goes by the square of what each returns, 16 : 4 : 1 of 3,000.
    amounts = {line.product.code: line.monthly_amount for line in bold.lines.all()}
    assert amounts["high"] == pytest.approx(Decimal("2285.71"), abs=Decimal("0.01"))
    assert amounts["middle"] == pytest.approx(Decimal("571.43"), abs=Decimal("0.01"))
    assert amounts["low"] == pytest.approx(Decimal("142.86"), abs=Decimal("0.01"))
    assert amounts["unknown"] == Decimal("500.00")
    assert sum(amounts.values()) == Decimal("3500.00")
    page = client.get(reverse("rebalance:scenario-suggest", args=[bold.pk]))
    assert "The scenario has the best split already." in words(page)


def test_a_suggestion_that_is_not_what_was_shown_is_shown_again(client, leader, bold):
    page = client.get(reverse("rebalance:scenario-suggest", args=[bold.pk]))
    given = {"version": bold.version, "digest": page.context["suggestion"].digest}
    actions.edit(bold, version=1, changes={line_of(bold, "high").pk: {"is_locked": True}}, by=make_user("leader"))
    page = client.post(reverse("rebalance:scenario-take", args=[bold.pk]), given)
    assert page.status_code == 409
    assert "Look again" in words(page)
    assert bold.steps.count() == 1


def test_scenarios_are_compared_beside_leaving_it_as_it_is(client, reader, bold):
    other = make_scenario(name="Careful", starts=DAY)
    actions.edit(
        bold,
        version=1,
        changes={
            line_of(bold, "high").pk: {"monthly_amount": Decimal("1500")},
            line_of(bold, "low").pk: {"monthly_amount": Decimal("500")},
        },
        by=bold.made_by,
    )
    page = client.get(reverse("rebalance:scenario-compare"), {"s": [bold.pk, other.pk]})
    comparison = page.context["comparison"]
    assert comparison.verdict == (
        "Bold is expected to be worth most, and is worth more than the others as far as can be told."
    )
    assert {row.name: (row.now, row.amounts) for row in comparison.products} == {
        "High": (1000, (1500, 1000)),
        "Low": (1000, (500, 1000)),
    }
    assert {row.name for row in comparison.streams} == {"Everything", "Driving"}


def test_more_than_four_scenarios_do_not_fit_and_a_missing_one_is_told(client, reader):
    made = [make_scenario().pk for _ in range(5)]
    page = client.get(reverse("rebalance:scenario-compare"), {"s": made})
    assert page.status_code == 400
    assert "at most 4 fit" in words(page)
    assert client.get(reverse("rebalance:scenario-compare"), {"s": [*made[:1], 999999]}).status_code == 400


def test_the_navigation_leads_here(client, reader):
    make_value_stream()
    assert f'href="{reverse("rebalance:scenario-list")}"' in words(client.get(reverse("catalog:product-list")))
