"""Pages of teams, through the browser's eyes: what is shown, to whom, and what forms do."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portfolio.common import actions
from portfolio.common.models import User
from teams.models import Membership, Person, Rate, Team
from tests import factories as make

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=30)


@pytest.fixture
def leader(client) -> User:
    """A leader of the whole portfolio, signed in."""
    user = make.make_user("leader")
    client.force_login(user)
    return user


@pytest.fixture
def finance(client) -> User:
    """A finance partner of the whole portfolio, signed in."""
    user = make.make_user("finance_partner")
    client.force_login(user)
    return user


def text_of(response) -> str:
    return response.content.decode()


def queries_of(client, url) -> int:
    client.get(url)  # how fresh the figures are is kept until they change
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


LISTS = ["team", "person", "membership", "discipline", "rate"]


def make_rows(kind: str, count: int) -> None:
    for _ in range(count):
        membership = make.make_membership()
        make.make_assignment(team=membership.team, share=Decimal("0.5"))
        make.make_rate(discipline=membership.discipline)


# -- Lists ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_takes_as_many_queries_for_twenty_rows_as_for_one(client, finance, kind):
    url = reverse(f"teams:{kind}-list")
    make_rows(kind, 1)
    one = queries_of(client, url)
    make_rows(kind, 19)

    assert queries_of(client, url) == one


@pytest.mark.parametrize("kind", LISTS)
def test_an_empty_list_says_what_to_do_next(client, finance, kind):
    assert "empty-title" in text_of(client.get(reverse(f"teams:{kind}-list")))


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_gives_htmx_just_its_table(client, finance, kind):
    make_rows(kind, 1)
    response = client.get(reverse(f"teams:{kind}-list"), headers={"HX-Request": "true"})

    assert "<html" not in text_of(response)
    assert "<table" in text_of(response)
    assert "HX-Request" in response.headers["Vary"]


@pytest.mark.parametrize("kind", LISTS)
def test_pages_are_for_who_is_signed_in(client, kind):
    assert client.get(reverse(f"teams:{kind}-list")).status_code == 302


@pytest.mark.parametrize(
    ("kind", "sorts"),
    [
        ("team", ["name", "people", "fte", "products", "assigned", "free"]),
        ("person", ["name", "fte"]),
        ("membership", ["person", "team", "discipline", "fte", "starts", "ends"]),
        ("discipline", ["name", "people", "fte"]),
        ("rate", ["discipline", "amount", "starts", "ends"]),
    ],
)
def test_lists_are_sorted_by_their_headers(client, finance, kind, sorts):
    make_rows(kind, 3)
    for sort in [*sorts, *(f"-{sort}" for sort in sorts)]:
        response = client.get(reverse(f"teams:{kind}-list"), {"sort": sort})
        assert response.status_code == 200
        assert not response.context["filter"].errors, sort
        assert len(response.context["page"].object_list) == 3


def test_teams_are_sorted_by_what_is_free(client, leader):
    busy, idle = make.make_team(name="Busy"), make.make_team(name="Idle")
    for team in (busy, idle):
        make.make_membership(team=team)
    make.make_assignment(team=busy, share=Decimal("0.9"))
    response = client.get(reverse("teams:team-list"), {"sort": "-free"})

    assert [team.name for team in response.context["page"]] == ["Idle", "Busy"]


def test_teams_are_found_by_their_words_and_by_their_product(client, leader):
    assignment = make.make_assignment(team=make.make_team(name="Licensing", purpose="Renew licences"))
    make.make_assignment(team=make.make_team(name="Land"))

    def found(**query):
        return [team.name for team in client.get(reverse("teams:team-list"), query).context["page"]]

    assert found(search="renew") == ["Licensing"]
    assert found(product=assignment.product.code) == ["Licensing"]
    assert found(product="nothing") == []


def test_people_are_found_by_the_team_they_are_in_today(client, leader):
    here = make.make_membership(person=make.make_person(name="Ada"))
    make.make_membership(
        person=make.make_person(name="Grace"), team=here.team, starts=make.START, ends=make.START + MONTH
    )
    response = client.get(reverse("teams:person-list"), {"team": here.team.code})

    assert [person.name for person in response.context["page"]] == ["Ada"]


def test_memberships_as_they_were_known(client, leader):
    old = make.make_membership(fte=Decimal("1.00"))
    before = timezone.now()
    new = actions.correct(old, changes={"fte": Decimal("0.60")}, reason="Part time", by=leader)

    def listed(**query):
        return list(client.get(reverse("teams:membership-list"), query).context["page"])

    assert listed() == [new]
    assert listed(known=before.isoformat()) == [old]


def test_what_is_made_up_is_marked_wherever_it_shows(client, leader):
    membership = make.make_membership(is_illustrative=True)
    make.make_team(is_illustrative=True)

    assert "illustrative" in text_of(client.get(reverse("teams:team-list")))
    assert "illustrative" in text_of(client.get(membership.team.get_absolute_url()))
    assert "illustrative" in text_of(client.get(membership.get_absolute_url()))


# -- The page of a team -----------------------------------------------------------------------------------


def test_a_team_shows_its_people_its_products_and_what_is_free(client, leader):
    team = make.make_team(name="Licensing", purpose="Renew licences without a visit.")
    make.make_membership(team=team, person=make.make_person(name="Ada Lovelace"), fte=Decimal("0.80"))
    make.make_assignment(team=team, product=make.make_product(name="Renewals"), share=Decimal("0.75"))
    text = text_of(client.get(team.get_absolute_url()))

    for words in ("Renew licences without a visit.", "Ada Lovelace", "Renewals", "75.0%", "25%", "0.20 FTE"):
        assert words in text


def test_a_team_is_shown_as_it_was_on_a_day_and_as_it_was_known(client, leader):
    membership = make.make_membership(starts=date(2026, 1, 1), ends=date(2026, 2, 1), fte=Decimal("1.00"))
    before = timezone.now()
    actions.correct(membership, changes={"fte": Decimal("0.50")}, reason="Part time", by=leader)
    url = membership.team.get_absolute_url()

    def fte(**query):
        return client.get(url, query).context["capacity"].fte

    assert fte() == 0
    assert fte(on="2026-01-15") == Decimal("0.50")
    assert fte(on="2026-01-15", known=before.isoformat()) == Decimal("1.00")


def test_a_day_that_is_none_is_told_beside_its_field(client, leader):
    response = client.get(make.make_team().get_absolute_url(), {"on": "soon", "known": "yesterday"})

    assert response.status_code == 200
    assert "Enter a valid date" in text_of(response)
    assert "is not a moment" in text_of(response)


def test_buttons_are_for_those_who_may_use_them(client):
    team = make.make_team()
    client.force_login(make.make_user())
    assert "Add a member" not in text_of(client.get(team.get_absolute_url()))
    client.force_login(make.make_user("team_lead", team=team))
    text = text_of(client.get(team.get_absolute_url()))
    assert "Add a member" in text
    assert reverse("teams:team-edit", args=[team.code]) in text
    assert reverse("teams:team-add") not in text_of(client.get(reverse("teams:team-list")))


def test_a_page_of_a_team_that_is_not_there(client, leader):
    assert client.get(reverse("teams:team-detail", args=["nothing"])).status_code == 404


def test_the_page_of_a_team_takes_as_many_queries_for_twenty_members_as_for_one(client, leader):
    team = make.make_team()

    def add(count):
        for _ in range(count):
            make.make_membership(team=team)
            make.make_assignment(team=team, share=Decimal("0.04"))

    add(1)
    client.get(team.get_absolute_url())
    one = queries_of(client, team.get_absolute_url())
    add(19)

    assert queries_of(client, team.get_absolute_url()) == one


# -- Forms -------------------------------------------------------------------------------------------------


def test_a_leader_adds_a_team_and_changes_it(client, leader):
    data = {"code": "licensing", "name": "Licensing", "purpose": "Renew licences."}
    assert client.post(reverse("teams:team-add"), data).url == "/teams/licensing/"
    client.post(reverse("teams:team-edit", args=["licensing"]), {"name": "Driver licensing", "code": "stolen"})

    team = Team.objects.get()
    assert (team.code, team.name) == ("licensing", "Driver licensing")
    assert team.history.first().history_user == leader
    assert "Driver licensing" in text_of(client.get(team.get_absolute_url()))


def test_an_edit_shows_in_the_history_with_who_and_what(client, leader):
    team = make.make_team(name="Licensing")
    client.post(reverse("teams:team-edit", args=[team.code]), {"name": "Driver licensing"})
    text = text_of(client.get(team.get_absolute_url()))

    assert "<del>" in text
    assert str(leader) in text


def test_errors_stand_beside_their_field(client, leader):
    make.make_team(code="alpha")
    response = client.post(reverse("teams:team-add"), {"code": "alpha", "name": ""})

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"code", "name"}
    assert 'id="id_code_error"' in text_of(response)
    assert Team.objects.count() == 1


def test_a_reserved_code_is_told_beside_its_field(client, leader):
    response = client.post(reverse("teams:team-add"), {"code": "people", "name": "People"})

    assert "part of an address" in str(response.context["form"].errors["code"])


def test_a_team_lead_adds_a_person_and_puts_them_into_the_team(client):
    team, discipline = make.make_team(), make.make_discipline()
    lead = make.make_user("team_lead", team=team)
    client.force_login(lead)
    client.post(reverse("teams:person-add"), {"code": "ada", "name": "Ada Lovelace"})
    person = Person.objects.get(code="ada")
    form = client.get(reverse("teams:membership-add"), {"team": team.code, "person": "ada"}).context["form"]
    assert form.initial == {"team": team, "person": person}
    data = {"person": person.pk, "team": team.pk, "discipline": discipline.pk, "fte": "0.8", "starts": "2026-02-01"}
    response = client.post(reverse("teams:membership-add"), data)

    assert response.url == team.get_absolute_url()
    membership = Membership.objects.get()
    assert (membership.recorded_by, membership.fte, membership.ends) == (lead, Decimal("0.80"), None)


def test_a_team_lead_cannot_put_anyone_into_another_team(client):
    client.force_login(make.make_user("team_lead", team=make.make_team()))
    person, other, discipline = make.make_person(), make.make_team(), make.make_discipline()
    data = {"person": person.pk, "team": other.pk, "discipline": discipline.pk, "fte": "1", "starts": "2026-02-01"}
    response = client.post(reverse("teams:membership-add"), data)

    assert response.status_code == 422
    assert "You may not change this membership" in text_of(response)
    assert not Membership.objects.exists()


def test_a_clash_of_memberships_is_told_beside_the_day(client, leader):
    known = make.make_membership()
    data = {
        "person": known.person_id,
        "team": known.team_id,
        "discipline": known.discipline_id,
        "fte": "1",
        "starts": "2026-02-01",
    }
    response = client.post(reverse("teams:membership-add"), data)

    assert "already in" in str(response.context["form"].errors["starts"])


def test_an_end_before_the_start_is_told_in_words(client, leader):
    data = {
        "person": make.make_person().pk,
        "team": make.make_team().pk,
        "discipline": make.make_discipline().pk,
        "fte": "1",
        "starts": "2026-02-01",
        "ends": "2026-01-01",
    }
    response = client.post(reverse("teams:membership-add"), data)

    assert response.status_code == 422
    assert "The end must come after the start" in text_of(response)


def test_a_correction_keeps_the_old_row_and_says_why_it_was_made(client, leader):
    old = make.make_membership(fte=Decimal("1.00"))
    url = reverse("teams:membership-correct", args=[old.pk])
    assert client.get(url).context["form"]["fte"].value() == Decimal("1.00")
    data = {
        "person": old.person_id,
        "team": old.team_id,
        "discipline": old.discipline_id,
        "fte": "0.60",
        "starts": old.starts,
        "reason": "Works three days",
    }
    response = client.post(url, data)

    new = Membership.objects.known().get()
    assert response.url == new.get_absolute_url()
    assert (new.corrects_id, new.fte) == (old.pk, Decimal("0.60"))
    for row in (old, new):
        text = text_of(client.get(row.get_absolute_url()))
        assert "Works three days" in text
        assert str(leader) in text
    assert "See the row that counts now" in text_of(client.get(old.get_absolute_url()))


def test_a_correction_needs_a_reason(client, leader):
    row = make.make_membership()
    data = {"person": row.person_id, "team": row.team_id, "discipline": row.discipline_id, "fte": "1"}
    response = client.post(reverse("teams:membership-correct", args=[row.pk]), data | {"starts": row.starts})

    assert response.status_code == 422
    assert "reason" in response.context["form"].errors


@pytest.mark.parametrize("action", ["correct", "retract"])
def test_what_no_longer_counts_cannot_be_changed(client, leader, action):
    row = make.make_membership()
    actions.retract(row, reason="Never", by=None)
    url = reverse(f"teams:membership-{action}", args=[row.pk])

    assert client.get(url).status_code == 409
    assert client.post(url, {"reason": "Again"}).status_code == 409


def test_a_retraction_keeps_the_row_with_its_reason(client, leader):
    row = make.make_membership()
    assert "never in this team" in text_of(client.get(reverse("teams:membership-retract", args=[row.pk])))
    client.post(reverse("teams:membership-retract", args=[row.pk]), {"reason": "Another Ada"})

    row.refresh_from_db()
    assert (row.retracted_by, row.reason) == (leader, "Another Ada")
    assert "Another Ada" in text_of(client.get(row.get_absolute_url()))
    assert not client.get(reverse("teams:membership-list")).context["page"].object_list


def test_forms_are_refused_before_they_are_shown_to_who_may_not_use_them(client):
    membership = make.make_membership()
    client.force_login(make.make_user("product_owner", product=make.make_product()))
    urls = [
        reverse("teams:team-add"),
        reverse("teams:team-edit", args=[membership.team.code]),
        reverse("teams:person-add"),
        reverse("teams:person-edit", args=[membership.person.code]),
        reverse("teams:discipline-add"),
        reverse("teams:discipline-edit", args=[membership.discipline.code]),
        reverse("teams:membership-add"),
        reverse("teams:membership-correct", args=[membership.pk]),
        reverse("teams:membership-retract", args=[membership.pk]),
    ]

    for url in urls:
        assert client.get(url).status_code == 403, url
        assert client.post(url, {"reason": "Mine"}).status_code == 403, url


def test_names_are_text_and_never_markup(client, leader):
    make.make_membership(
        team=make.make_team(code="alpha", name="<b>Alpha</b>", purpose="<script>alert(1)</script>"),
        person=make.make_person(name="<i>Ada</i>"),
    )
    for url in (reverse("teams:team-detail", args=["alpha"]), reverse("teams:person-list"), reverse("teams:team-list")):
        text = text_of(client.get(url))
        assert "<script>alert" not in text
        assert "<b>Alpha" not in text
        assert "<i>Ada" not in text


# -- Rates are private ---------------------------------------------------------------------------------------


def rate_urls(rate: Rate) -> list[str]:
    return [
        reverse("teams:rate-list"),
        reverse("teams:rate-add"),
        reverse("teams:rate-detail", args=[rate.pk]),
        reverse("teams:rate-correct", args=[rate.pk]),
        reverse("teams:rate-retract", args=[rate.pk]),
    ]


@pytest.mark.parametrize("role", ["leader", "product_owner", "business_partner", "team_lead"])
def test_rates_are_not_shown_to_other_roles(client, role):
    rate = make.make_rate(monthly_amount=Decimal("7654.00"))
    client.force_login(make.make_user(role))

    for url in rate_urls(rate):
        assert client.get(url).status_code == 403
        assert client.post(url, {}).status_code in {403, 405}
    for url in (rate.discipline.get_absolute_url(), reverse("teams:discipline-list"), reverse("teams:team-list")):
        text = text_of(client.get(url))
        assert "7,654" not in text
        assert reverse("teams:rate-list") not in text


def test_rates_are_not_shown_to_a_finance_partner_of_one_product(client):
    rate = make.make_rate()
    client.force_login(make.make_user("finance_partner", product=make.make_product()))

    for url in rate_urls(rate):
        assert client.get(url).status_code == 403


def test_a_finance_partner_reads_adds_and_corrects_rates(client, finance):
    discipline = make.make_discipline(name="Design")
    data = {"discipline": discipline.pk, "monthly_amount": "7654", "currency": "USD", "starts": "2026-01-01"}
    client.post(reverse("teams:rate-add"), data)
    rate = Rate.objects.get()
    assert "7,654.00" in text_of(client.get(reverse("teams:rate-list")))
    assert "7,654.00" in text_of(client.get(discipline.get_absolute_url()))
    changed = data | {"monthly_amount": "7700", "reason": "Misread"}
    client.post(reverse("teams:rate-correct", args=[rate.pk]), changed)

    new = Rate.objects.known().get()
    assert (new.monthly_amount, new.corrects) == (Decimal("7700.00"), rate)
    client.post(reverse("teams:rate-retract", args=[new.pk]), {"reason": "Not agreed"})
    assert not Rate.objects.known().exists()


def test_a_superuser_reads_rates(client):
    rate = make.make_rate()
    client.force_login(User.objects.create_superuser("root", "root@example.org", "correct horse battery"))

    assert client.get(reverse("teams:rate-list")).status_code == 200
    assert client.get(reverse("admin:teams_rate_change", args=[rate.pk])).status_code == 200


def test_the_admin_hides_rates_from_staff_who_may_not_read_them(client):
    from django.contrib.auth.models import Permission

    rate = make.make_rate(monthly_amount=Decimal("7654.00"))
    staff = make.make_user("leader")
    staff.is_staff = True
    staff.save()
    staff.user_permissions.set(Permission.objects.filter(codename="view_rate"))
    client.force_login(staff)

    assert "7654" not in text_of(client.get(reverse("admin:teams_rate_changelist")))
    assert client.get(reverse("admin:teams_rate_change", args=[rate.pk])).status_code == 302


@pytest.mark.parametrize("model", ["discipline", "person", "team", "membership", "rate"])
def test_the_admin_shows_rows_and_changes_none(client, model):
    make_rows(model, 1)
    client.force_login(User.objects.create_superuser("root", "root@example.org", "correct horse battery"))

    assert client.get(reverse(f"admin:teams_{model}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:teams_{model}_add")).status_code == 403
