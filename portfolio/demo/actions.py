"""Loading the demonstration: the general import for every row, then the correction, the people and a full roll-up."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction

from funding.models import Allocation
from portfolio.common import actions
from portfolio.common.errors import TwofoldError
from portfolio.common.models import Grant, StaleMark, User
from portfolio.common.money import base_currency
from portfolio.common.staleness import gathering_marks
from portfolio.demo import rows
from portfolio.demo.customers import listen
from portfolio.demo.decisions import decide
from portfolio.demo.estate import plan_a_renewal
from portfolio.demo.recognition import recognise
from portfolio.demo.roadmaps import plan, review
from portfolio.demo.scenarios import begin_scenarios
from portfolio.demo.users import USERS
from portfolio.intake.actions import load_rows
from portfolio.intake.kinds import kind_named
from portfolio.rollup.actions import roll_up
from portfolio.rollup.models import Run
from products.catalog.models import Product, ValueStream
from products.health.budget_actions import keep_budget_days
from products.value.models import Confirmation, Valuation
from teams.models import Team

SOURCE = "the demonstration"

#: A worth that one demo user confirms, so that a confirmation can be seen: the metric, who, and why.
CONFIRMED = ("vehicle-tax-digital", "owner", "Our own costs since 2013 leave room for no more than this.")


class CannotLoadDemo(TwofoldError):
    """The demonstration does not fit this database, or its rows were refused."""


def load_demo(say: Callable[[str], None] = lambda _: None) -> Run:
    """Load the whole demonstration and roll it up, all or nothing; `say` is told what is going on.

    Loading it again changes nothing, and returns the roll-up that was made of it.
    """
    with transaction.atomic():
        _check_database()
        with gathering_marks():
            for kind in rows.KINDS:
                say(f"{kind_named(kind).label}: {_load(kind)}")
            for correction in rows.corrections():
                _correct(correction)
            if settings.TWOFOLD_DEMO:
                _make_users()
                _confirm()
                begin_scenarios()
                plan()
                plan_a_renewal()
                keep_budget_days()
                listen()
                recognise()
        made = Run.objects.filter(is_full=True).first()
        if made is None or StaleMark.objects.exists():
            say("Rolling up every month")
            made = roll_up(cause="Demonstration loaded")
        if settings.TWOFOLD_DEMO:
            decide()
            review()
        return made


def _check_database() -> None:
    if base_currency() != "GBP":
        raise CannotLoadDemo(
            f"The demonstration is in pounds, and the base currency here is {base_currency()}. "
            "Set TWOFOLD_BASE_CURRENCY=GBP, on a database of its own."
        )
    ours = {row["code"] for row in rows.rows("products")}
    foreign = Product.objects.exclude(code__in=ours).values_list("name", flat=True).first()
    if foreign:
        raise CannotLoadDemo(
            f"This database holds products of its own, such as {foreign}. The demonstration would mix its figures "
            "with theirs: name an empty database in DATABASE_URL."
        )


def _load(kind: str) -> int:
    """Load the rows of one kind and return how many there are."""
    given = rows.rows(kind)
    # What was put right since must not be put wrong again, nor what was decided since be undone.
    if kind == "ledger-entries":
        corrected = _corrected(kind)
        given = [row for row in given if row["reference"] not in corrected]
    if kind == "allocations":
        changed = _changed_allocations()
        given = [row for row in given if (row["stream"], row["product"], row["starts"]) not in changed]
    report = load_rows(kind, given, source=SOURCE)
    if report.errors:
        raise CannotLoadDemo(
            f"The demonstration's {kind} were refused: " + "; ".join(str(error) for error in report.errors[:5])
        )
    return len(given)


def _corrected(kind: str) -> set[str]:
    standing = kind_named(kind).standing().exclude(corrects=None)
    return set(standing.values_list("reference", flat=True))


def _changed_allocations() -> set[tuple[str, str, str]]:
    gone = Allocation.objects.exclude(retracted_at=None)
    return {
        (stream, product, str(starts))
        for stream, product, starts in gone.values_list("stream__code", "product__code", "starts")
    }


def _correct(correction: rows.Row) -> None:
    kind = kind_named(correction["kind"])
    column = kind.by_name[correction["column"]]
    value = column.read(correction["value"])
    row = kind.standing().get(reference=correction["reference"])
    if getattr(row, column.field.name) != value:
        actions.correct(row, changes={column.field.name: value}, reason=correction["reason"], by=None)


def _make_users() -> None:
    """Make the people to sign in as; they have no password, so that only the demonstration lets them in."""
    models = {"value_stream": ValueStream, "product": Product, "team": Team}
    for person in USERS:
        user, is_new = User.objects.get_or_create(
            username=person.username, defaults={"first_name": person.first_name, "last_name": person.last_name}
        )
        if is_new:
            user.set_unusable_password()
            user.save()
        scope: dict[str, Any] = {}
        if person.scope:
            name, code = person.scope
            scope = {name: models[name].objects.get(code=code)}
        Grant.objects.get_or_create(user=user, role=person.role, **scope)


def _confirm() -> None:
    metric, username, comment = CONFIRMED
    valuation = Valuation.objects.known().get(metric__code=metric, ends=None)
    user = User.objects.get(username=username)
    if not valuation.confirmations.known().filter(recorded_by=user).exists():
        confirmation = Confirmation(valuation=valuation, comment=comment, is_illustrative=True)
        actions.record(confirmation, by=user)
