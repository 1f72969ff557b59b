"""The lists of this room as files; rates stay private."""

from http import HTTPStatus

import pytest

from tests import factories as make
from tests.files import columns, content, lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    client.force_login(make.make_user())
    return client


@pytest.mark.parametrize(
    ("address", "rows"),
    [
        ("/teams/", lambda: [make.make_team(name=name) for name in "BAC"]),
        ("/teams/people/", lambda: [make.make_person(name=name) for name in "BAC"]),
        ("/teams/disciplines/", lambda: [make.make_discipline(name=name) for name in "BAC"]),
    ],
)
@pytest.mark.parametrize("asked", [{}, {"sort": "-name"}, {"search": "B"}])
def test_the_file_of_a_list_has_the_rows_of_its_page_in_their_order(reader, address, rows, asked):
    rows()

    shown = [row.code for row in reader.get(address, asked).context["page"]]
    found = [line["code"] for line in lines(reader.get(address, asked | {"format": "csv"}))]

    assert found == shown
    assert shown


def test_memberships_name_person_team_and_discipline_by_their_codes(reader):
    make.make_membership(
        person=make.make_person(code="ada", name="Ada"),
        team=make.make_team(code="tax"),
        discipline=make.make_discipline(code="design"),
        fte="0.80",
        by=make.make_user("leader"),
    )
    make.make_membership(person=make.make_person(code="bob", name="Bob"))

    found = lines(reader.get("/teams/memberships/", {"format": "csv", "team": "tax"}))

    assert [(line["person"], line["team"], line["discipline"], line["fte"]) for line in found] == [
        ("ada", "tax", "design", "0.80")
    ]
    assert found[0]["recorded_by"].startswith("user-")


def test_people_are_told_with_their_account(reader):
    user = make.make_user()
    user.username = "=cmd@here"
    user.save()
    make.make_person(code="ada", user=user)

    assert list(columns(reader.get("/teams/people/", {"format": "csv"}), "code", "user")) == [("ada", "'=cmd@here")]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("role", ["leader", "team_lead", "product_owner", None])
def test_nobody_gets_rates_as_a_file_who_may_not_read_them(client, role, form):
    make.make_rate(monthly_amount="8765.43", discipline=make.make_discipline(code="engineering"))
    client.force_login(make.make_user(*([role] if role else [])))

    assert client.get("/teams/rates/", {"format": form}).status_code == HTTPStatus.FORBIDDEN
    assert client.head("/teams/rates/", {"format": form}).status_code == HTTPStatus.FORBIDDEN
    file = content(client.get("/api/v1/rates/", {"format": form}))
    assert b"8765" not in file
    if form == "csv":
        assert len(file.splitlines()) == 1  # its header


def test_finance_partners_get_the_rates_as_a_file(client):
    make.make_rate(monthly_amount="8765.43", discipline=make.make_discipline(code="engineering"))
    client.force_login(make.make_user("finance_partner"))

    for address in ("/teams/rates/", "/api/v1/rates/"):
        found = columns(client.get(address, {"format": "csv"}), "discipline", "monthly_amount", "currency", "ends")
        assert list(found) == [("engineering", "8765.43", "USD", "")]


def test_who_is_not_signed_in_gets_no_file(client):
    make.make_team()

    assert client.get("/teams/?format=csv").status_code == HTTPStatus.FOUND
    assert client.get("/api/v1/teams/?format=csv").status_code == HTTPStatus.UNAUTHORIZED
