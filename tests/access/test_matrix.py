"""Roles × actions over every endpoint there is.

The endpoints are found in the router and in the resolver, so one that is added later is in the matrix at once: it is
tried with every role over every scope, or, where it cannot be told what it does, the test says what to add.
What is expected comes from the tables of `tests/access/world.py`, never from the rules themselves.
"""

from http import HTTPStatus

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse

from portfolio.intake.kinds import KINDS as FILES
from tests.access.endpoints import (
    ADD_KIND,
    API,
    ASKING,
    ASKING_LISTS,
    PAGES,
    PUBLIC_PAGES,
    SECRET,
    SIGNING,
    SPECIAL,
    STEPS,
    UNKNOWN,
    VERSIONED,
    WRITING,
    Endpoint,
    arguments_of,
    every_page,
)
from tests.access.world import KINDS, Someone, World

pytestmark = pytest.mark.django_db


# -- The world, made once; what a request changes is rolled back ------------------------------------------------------


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        made = World()
        ahead = made.rows["roadmaps.roadmap"]
        made.at = {
            "value:confirmation-add": made.unconfirmed,
            "health:component-renew": made.rows["health.component"],
        } | {f"roadmaps:{name}": ahead for name in ("baseline-add", "baseline-list", "comment-add", "comment-list")}
        made.clients = {person.name: _client(person) for person in (*made.people, made.member)}
        yield made
        transaction.set_rollback(True)


HANDLER = Client().handler  # the middleware is loaded once, not for each person


def _client(person: Someone) -> Client:
    client = Client()
    client.handler = HANDLER
    if person.user:
        client.force_login(person.user)
    return client


@pytest.fixture(autouse=True)
def nothing_kept():
    cache.clear()


def request(world: World, person: Someone, endpoint: Endpoint):
    """Send a request and undo what it did."""
    send = getattr(world.clients[person.name], endpoint.method.lower())
    version = getattr(world.rows.get(endpoint.kind), "version", 1)
    seen = {"headers": {"If-Match": f'"{version}"'}} if endpoint.action in VERSIONED else {}
    address = endpoint.address(world)
    with transaction.atomic():
        if endpoint.method == "GET":
            response = send(address)
        elif endpoint in API:
            response = send(address, body(world, endpoint), content_type="application/json", **seen)
        else:
            response = send(address, {"reason": "It was wrong."})
        transaction.set_rollback(True)
    return response


def body(world: World, endpoint: Endpoint) -> dict:
    """Return a body that is right in all but, perhaps, who sends it."""
    if endpoint.name in world.bodies:
        return world.bodies[endpoint.name]
    if endpoint.action == "create":
        return world.new(endpoint.kind)
    if endpoint.action in ("batch", "load"):
        return [world.new(endpoint.kind)]
    if endpoint.action in world.bodies:
        return world.bodies[endpoint.action]
    if endpoint.action == "partial_update":
        return {"name": "Another name"}
    if endpoint.action == "change":
        return {"monthly_amount": "5.00", "starts": "2026-02-01", "why": "It does well."}
    return {"reason": "It was wrong."}


def concerned(world: World, kind: str) -> list[Someone]:
    """Return who to try: each role over the whole, writers over every scope that matters, and the special cases.

    Where a role over the row's own product covers nothing, one over another product is not tried as well.
    """
    written = KINDS[kind]
    covering = {*written.covered_by, *(written.added_by or ())}
    matters = {"whole", "stream", "product", "team", *covering, *(f"other {scope}" for scope in covering)}
    return [
        person
        for person in world.people
        if not person.role or person.scope == "whole" or (person.role in written.writers and person.scope in matters)
    ]


def may(person: Someone, endpoint: Endpoint) -> bool:
    """Return what the tables say."""
    kind = KINDS[endpoint.kind]
    if kind.is_open and endpoint.needs in ("add", "begin"):
        return True
    ask = {"write": kind.may_write, "add": kind.may_add, "begin": kind.may_begin}[endpoint.needs]
    return bool(person.role) and ask(person.role, person.scope)


def expected(person: Someone, endpoint: Endpoint) -> set[int]:
    """Return the statuses that are right."""
    is_api = endpoint in API
    if person.user is None or not person.user.is_active:
        return {HTTPStatus.UNAUTHORIZED} if is_api else {HTTPStatus.FOUND}
    if may(person, endpoint):
        if is_api:
            # There is no step yet to undo.
            nothing = {HTTPStatus.BAD_REQUEST} if endpoint.action in ("undo", "redo") else set()
            unsaid = {HTTPStatus.BAD_REQUEST, HTTPStatus.PRECONDITION_REQUIRED} if endpoint.action in STEPS else set()
            return {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, *nothing, *unsaid}
        # An empty form is told what it lacks; a retraction with its reason is done.
        return {HTTPStatus.OK} if endpoint.method == "GET" else {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.FOUND}
    is_hidden = KINDS[endpoint.kind].is_secret and endpoint.argument
    return {HTTPStatus.FORBIDDEN, *({HTTPStatus.NOT_FOUND} if is_hidden else ())}


# -- The matrix --------------------------------------------------------------------------------------------------------


def test_the_matrix_knows_what_every_endpoint_does():
    assert not UNKNOWN, "\n".join(UNKNOWN)


@pytest.mark.parametrize("endpoint", WRITING, ids=str)
def test_writing_follows_the_role_and_its_scope(world, endpoint):
    assert endpoint.kind in KINDS, ADD_KIND.format(name=endpoint, kind=endpoint.kind)
    wrong = []
    for person in concerned(world, endpoint.kind):
        response = request(world, person, endpoint)
        if response.status_code not in expected(person, endpoint):
            right = "/".join(str(int(status)) for status in sorted(expected(person, endpoint)))
            wrong.append(f"{person}: {response.status_code}, should be {right}")
    assert not wrong, f"{endpoint}\n" + "\n".join(wrong)


@pytest.mark.parametrize("endpoint", SIGNING, ids=str)
def test_only_a_member_signs_whatever_roles_others_hold(world, endpoint):
    wrong = []
    for person in (*world.people, world.member):
        status = request(world, person, endpoint).status_code
        if person.user is None or not person.user.is_active:
            right = {HTTPStatus.UNAUTHORIZED} if endpoint in API else {HTTPStatus.FOUND}
        elif person is world.member:
            right = {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}
        else:
            right = {HTTPStatus.FORBIDDEN}
        wrong += [] if status in right else [f"{person}: {status}"]
    assert not wrong, f"{endpoint}\n" + "\n".join(wrong)


@pytest.mark.parametrize("endpoint", [one for one in (*API, *PAGES) if not one.needs], ids=str)
def test_reading_is_open_to_who_is_signed_in_and_to_nobody_else(world, endpoint):
    if endpoint.name in SPECIAL:
        address = _reading_address(endpoint.name)
    else:
        address = endpoint.address(world)
    people = {person.name: person for person in world.people}
    is_api = endpoint in API or endpoint.name == "schema"

    def ask(name: str):
        # A question whose body may be long is a POST, which changes nothing all the same.
        client = world.clients[name]
        return client.get(address) if endpoint.method == "GET" else client.post(address, {}, "application/json")

    outside = [ask(name) for name in ("nobody signed in", "a leader who left")]
    inside = ask("somebody without a role")

    for response in outside:
        assert response.status_code == (HTTPStatus.UNAUTHORIZED if is_api else HTTPStatus.FOUND)
        assert is_api or response.url.startswith(reverse("account_login"))
    if endpoint not in SECRET:
        # Before any figures there is no headline to give.
        assert inside.status_code in {
            HTTPStatus.OK,
            *({HTTPStatus.BAD_REQUEST} if endpoint.action in ASKING or endpoint.name in ASKING_LISTS else ()),
        }
    assert people["somebody without a role"].user.is_authenticated


def _reading_address(name: str) -> str:
    return reverse(name, kwargs=SPECIAL[name])


@pytest.mark.parametrize("endpoint", SECRET, ids=str)
def test_rates_are_read_by_finance_partners_of_the_whole_portfolio_alone(world, endpoint):
    amount = str(world.rows["teams.rate"].monthly_amount)
    for person in world.people:
        may_read = (person.role, person.scope) == ("finance_partner", "whole")
        forms = ("", "?format=csv") if endpoint.name.endswith("-list") else ("",)  # a list can be had as a file, too
        for form in forms:
            response = world.clients[person.name].get(endpoint.address(world) + form)
            shown = response.getvalue().decode().replace(",", "")
            assert (amount in shown) == may_read, f"{endpoint}{form} by {person}: {response.status_code}"


@pytest.mark.parametrize("endpoint", [one for one in PAGES if not one.needs], ids=str)
def test_a_page_that_is_said_to_read_takes_no_post(world, endpoint):
    address = _reading_address(endpoint.name) if endpoint.name in SPECIAL else endpoint.address(world)

    response = world.clients["leader of whole"].post(address)

    assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("name", sorted(name for name, _ in every_page(get_resolver())))
def test_without_signing_in_there_is_nothing_but_the_door(world, name):
    pattern = dict(every_page(get_resolver()))[name]
    given = {
        "pk": 1,
        "code": "here",
        "month": "2026-01",
        "kind": "products",
        "key": "abc",
        "uidb36": "1",
        "token": "abc",
    }
    address = reverse(name, kwargs={argument: given[argument] for argument in arguments_of(pattern)})

    for method in ("get", "post"):
        response = getattr(world.clients["nobody signed in"], method)(address)
        is_refused = response.status_code == HTTPStatus.UNAUTHORIZED or (
            response.status_code == HTTPStatus.FOUND and response.url.startswith(reverse("account_login"))
        )
        assert is_refused or name in PUBLIC_PAGES, f"{method} {name}: {response.status_code}"


def test_the_admin_is_for_staff(world):
    for person in world.people:
        response = world.clients[person.name].get(reverse("admin:index"))
        assert response.status_code in {HTTPStatus.FOUND, HTTPStatus.FORBIDDEN}, person


def test_the_matrix_covers_every_kind_of_row_that_somebody_may_write(world):
    from portfolio.common.access import WRITERS

    nobodys = {"value.celebration"}  # the system's own
    assert set(WRITERS) == set(KINDS) == set(world.rows) - nobodys
    assert {kind: {str(role) for role in roles} for kind, roles in WRITERS.items()} == {
        name: set(kind.writers) for name, kind in KINDS.items()
    }
    assert {endpoint.kind for endpoint in WRITING} == set(KINDS)


# -- Files: one page for all kinds -----------------------------------------------------------------------------------


def test_files_are_offered_to_who_may_add_such_rows_somewhere(world):
    labels = {name: file.model._meta.label_lower for name, file in FILES.items()}
    for person in world.people:
        if person.user is None or not person.user.is_active:
            continue
        page = world.clients[person.name].get(reverse("intake:import"))
        offered = {kind.name for kind in page.context["kinds"]}
        right = {
            name for name, kind in labels.items() if person.role and KINDS[kind].may_begin(person.role, person.scope)
        }
        assert offered == right, person


@pytest.mark.parametrize("role", ["product_owner", "business_partner", "finance_partner"])
@pytest.mark.parametrize("scope", ["whole", "product", "other product", "team"])
def test_a_file_is_loaded_row_by_row_under_the_same_rules(world, role, scope):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from products.catalog.models import Segment

    person = next(person for person in world.people if (person.role, person.scope) == (role, scope))
    client = world.clients[person.name]
    with transaction.atomic():
        file = SimpleUploadedFile("segments.csv", b"code,product,name,size,size_basis\nnew,here,New,5,Census\n")
        response = client.post(reverse("intake:import"), {"kind": "segments", "file": file})
        if response.status_code == HTTPStatus.FOUND:
            page = client.get(response.url)
            client.post(response.url, {"shown": page.context["shown"]})
        is_there = Segment.objects.filter(code="new").exists()
        transaction.set_rollback(True)

    assert is_there == KINDS["catalog.segment"].may_add(role, scope)
