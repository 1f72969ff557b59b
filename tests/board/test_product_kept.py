"""What is kept of a product's page: it spares the work, and nobody can tell."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache

from funding.actions import change_allocation
from portfolio.common import actions as rows
from portfolio.rollup import actions
from products.catalog.models import Assignment, Insight, Segment
from products.value.models import Observation, Valuation
from tests.board.conftest import FEBRUARY, JANUARY
from tests.board.test_board import text_of
from tests.factories import (
    make_allocation,
    make_assignment,
    make_confirmation,
    make_exchange_rate,
    make_insight,
    make_metric,
    make_observation,
    make_segment,
    make_stream,
    make_user,
    make_valuation,
)

pytestmark = pytest.mark.django_db

PAGE = "/product/tax/"
PAST = f"{PAGE}?from=2016-01&to=2016-01"


@pytest.fixture
def busy(network):
    """The network, with something of every kind on the page of vehicle tax, and an owner."""
    network.tax.owner = make_user(first_name="Ada", last_name="Owner")
    rows.save(network.tax, by=None)
    make_allocation(stream=make_stream(name="Fees"), product=network.tax, starts=JANUARY)
    make_insight(
        product=network.tax,
        segment=make_segment(product=network.tax, name="Drivers"),
        text="It took long.",
        said_on=JANUARY,
    )
    make_assignment(product=network.tax, starts=JANUARY)
    actions.refresh_standings()
    return network


def edit(row, **changes) -> None:
    """Save a described row with changes."""
    for name, value in changes.items():
        setattr(row, name, value)
    rows.save(row, by=None)


def change(row, **changes) -> None:
    """Correct a recorded row."""
    rows.correct(row, changes=changes, reason="It was wrong", by=None)


def known(model):
    """Return the one row of a model that is known."""
    return model.objects.known().get()


def body_of(response) -> str:
    """Return a page without its foot, which says that figures wait."""
    return response.content.decode().partition("<footer")[0].partition("<main")[2]


#: Every kind of write that the page shows, none of which a roll-up follows here.
WRITES = {
    "the product edited": lambda tax: edit(tax, purpose="Pay for the road."),
    "its owner renamed": lambda tax: type(tax.owner).objects.filter(pk=tax.owner_id).update(username="grace"),
    "its value stream edited": lambda tax: edit(tax.value_stream, name="Roads"),
    "a neighbour edited": lambda tax: edit(type(tax).objects.get(code="platform"), name="Log-in"),
    "an insight recorded": lambda tax: make_insight(product=tax, text="It was easy.", said_on=FEBRUARY),
    "an insight corrected": lambda tax: change(known(Insight), text="It took far too long."),
    "an insight retracted": lambda tax: rows.retract(known(Insight), reason="Never said", by=None),
    "a segment added": lambda tax: make_segment(product=tax, name="Hauliers"),
    "a segment edited": lambda tax: edit(Segment.objects.get(), name="Motorists"),
    "a team assigned": lambda tax: make_assignment(product=tax, starts=FEBRUARY),
    "an assignment ended": lambda tax: change(known(Assignment), ends=FEBRUARY),
    "a team edited": lambda tax: edit(known(Assignment).team, name="The renamed"),
    "money allocated": lambda tax: make_allocation(stream=make_stream(name="Grant"), product=tax, starts=JANUARY),
    "money no longer allocated": lambda tax: rows.retract(tax.allocations.get(), reason="Not agreed", by=None),
    "money changed": lambda tax: change_allocation(
        tax.allocations.get(), monthly_amount=Decimal(5), starts=FEBRUARY, why="Less.", by=None
    ),
    "a funding stream edited": lambda tax: edit(tax.allocations.get().stream, name="Levies"),
    "a metric added": lambda tax: make_metric(product=tax, name="Calls saved"),
    "a metric edited": lambda tax: edit(tax.metrics.get(), name="Renewals done"),
    "a worth changed": lambda tax: change(known(Valuation), low=Decimal("1.11"), high=Decimal("9.99")),
    "a worth withdrawn": lambda tax: rows.retract(known(Valuation), reason="A guess", by=None),
    "a worth confirmed": lambda tax: make_confirmation(valuation=known(Valuation)),
    "another worth": lambda tax: make_valuation(metric=make_metric(product=tax, name="Calls"), starts=JANUARY),
    "something observed": lambda tax: make_observation(metric=tax.metrics.get(), starts=date(2016, 1, 20)),
    "an observation corrected": lambda tax: change(known(Observation), ends=date(2016, 1, 9)),
    "an observation retracted": lambda tax: rows.retract(known(Observation), reason="Miscounted", by=None),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_a_write_shows_at_once_though_no_roll_up_follows(reader, busy, write):
    before = [body_of(reader.get(address)) for address in (PAGE, PAST)]
    write(busy.tax)
    after = [body_of(reader.get(address)) for address in (PAGE, PAST)]
    assert after[0] != before[0]
    cache.clear()
    assert after == [body_of(reader.get(address)) for address in (PAGE, PAST)]


def test_a_rate_that_tells_whether_money_was_cut_shows_at_once(reader, busy):
    euros = make_stream(currency="EUR")
    for stream, before, after in ((euros, "100.00", "200.00"), (make_stream(), "100.00", "40.00")):
        for amount, starts, ends in ((before, JANUARY, FEBRUARY), (after, FEBRUARY, None)):
            given = {"stream": stream, "monthly_amount": Decimal(amount), "starts": starts, "ends": ends}
            make_allocation(product=busy.tax, **given)
    assert "Cut 1 month ago" in text_of(
        reader.get(PAGE)
    )  # one stream pays less, and what the other's is worth is unknown
    make_exchange_rate(rate=Decimal("1.00"), starts=JANUARY)
    assert "Never cut" in text_of(reader.get(PAGE))


def test_new_figures_show_as_soon_as_they_are_worked_out(reader, busy):
    before = text_of(reader.get(PAGE))
    change(busy.tax.ledger_entries.get(), amount=Decimal("77.00"))
    assert text_of(reader.get(PAGE)).count("$77.00") == before.count("$77.00") == 0
    actions.refresh_standings()
    assert "$77.00" in text_of(reader.get(PAGE))


def test_a_product_that_was_seen_costs_few_queries(reader, busy, django_assert_num_queries):
    first = reader.get(PAGE)
    # The session, the user, the product, what the user may do, whether figures have changed, or anything else, what it
    # shipped, what incidents cost its customers, whether a roadmap of it is to be reviewed, and its services.
    with django_assert_num_queries(10):
        again = reader.get(PAGE)
    assert text_of(first) == text_of(again)
    with django_assert_num_queries(10):
        assert text_of(reader.get(PAGE)) == text_of(again)


BUTTONS = ("Change", "Add a metric", "Add a segment", "Record an insight", "Assign a team")


def buttons_for(client, user) -> list[str]:
    """Return which buttons of the page a user is shown."""
    client.force_login(user)
    page = client.get(PAGE).content.decode()
    assert user.username in page
    return [name for name in BUTTONS if f">{name}</a>" in page]


def test_nobody_is_shown_the_buttons_of_who_came_before(client, busy):
    leader, owner, lead, nobody = (
        make_user("leader"),
        make_user("product_owner", product=busy.tax),
        make_user("team_lead", product=busy.tax),
        make_user(),
    )
    shown = {
        leader: list(BUTTONS),
        owner: ["Change", "Add a metric", "Add a segment", "Record an insight"],
        lead: ["Record an insight", "Assign a team"],
        nobody: [],
    }
    for order in (list(shown), list(reversed(shown))):
        cache.clear()
        for user in (*order, *order):
            assert buttons_for(client, user) == shown[user]


def test_who_is_given_a_role_is_shown_its_buttons_at_once(client, busy):
    user = make_user()
    assert not buttons_for(client, user)
    user.grants.create(role="leader")
    assert buttons_for(client, user) == list(BUTTONS)


def test_what_is_kept_of_a_product_holds_nothing_of_who_saw_it_first(client, busy, monkeypatch):
    kept = []
    monkeypatch.setattr("portfolio.board.fragments.keep", lambda key, parts: kept.append((key, parts)))
    user = make_user("leader")
    assert buttons_for(client, user) == list(BUTTONS)
    (key, parts) = kept[0]
    assert "Add a metric" in parts["content"]
    assert all(word not in f"{key} {parts}" for word in (user.username, "csrf", "session"))


def test_other_windows_of_a_product_are_kept_apart(reader, busy):
    def look() -> list[str]:
        # How long ago the figures were made is of the moment, not of what is kept.
        pages = [text_of(reader.get(address)) for address in (PAGE, PAST, f"{PAGE}?by=month", "/product/platform/")]
        return [re.sub(r"Fresh[^.]*? ago|Fresh just now", "Fresh", page) for page in pages]

    seen = look()
    assert len(set(seen)) == 4
    assert look() == seen


def test_a_window_that_makes_no_sense_is_refused_each_time(reader, busy):
    for _ in range(2):
        assert reader.get(f"{PAGE}?from=2016-03&to=2016-01").status_code == 400
