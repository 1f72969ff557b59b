"""What was promised and not kept, for the agendas of roadmaps: budgets that are gone, releases that took a risk."""

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.text import capfirst

from portfolio.common.formats import day_name, ratio, share
from products.health.budget_reading import budgets_of
from products.health.models import DeliveryEvent, EventKind, Objective, Requirement
from products.health.promise_reading import requirements_of, risky_releases
from products.health.readiness import State, gap_in_words
from products.roadmaps.contributions import AgendaRow, AgendaSection, tells_agenda
from products.roadmaps.models import Roadmap

LOOKED_BACK = timedelta(weeks=13)  #: releases that a review looks at


@tells_agenda
def promises(roadmap: Roadmap, on: date, known: datetime | None) -> list[AgendaSection]:
    """Return error budgets that are overspent or burn fast, and releases while a requirement was unverified.

    Five queries, as known at a moment. Objectives and requirements are described as they are now.
    """
    services = {"service__product__in": [product.pk for product in roadmap.its_products], "service__is_retired": False}
    return [
        AgendaSection(
            "budgets",
            "Error budgets that are gone or burn fast",
            "Every error budget that is measured lasts.",
            _budget_rows(services, on, known),
        ),
        AgendaSection(
            "unverified",
            "Requirements that are not verified, and what was released all the same",
            "All that was agreed is verified, and was whenever something was released.",
            _release_rows(services, on, known),
        ),
    ]


def _budget_rows(services: dict, on: date, known: datetime | None) -> list[AgendaRow]:
    objectives = list(Objective.objects.filter(**services).select_related("service").order_by("service__name", "name"))
    rows = []
    for row in budgets_of(objectives, on, known=known):
        if row.budget.is_overspent or row.is_fast:
            words = f"{share(row.left)} of the budget is left; the last 7 days burned {ratio(row.budget.week_burn)}"
            if row.budget.runs_out:
                words += f", so it is gone on {day_name(row.budget.runs_out)}"
            rows.append(
                AgendaRow(
                    f"{row.objective.service}: {row.objective}",
                    f"{words}.",
                    row.objective.get_absolute_url(),
                    f"budget:{row.objective.code}",
                    is_urgent=row.budget.is_overspent,
                )
            )
    return rows


def _release_rows(services: dict, on: date, known: datetime | None) -> list[AgendaRow]:
    stated = Requirement.objects.filter(**services).select_related("service").order_by("service__name", "name", "pk")
    rows = {row.pk: row for row in stated}
    found = requirements_of({row.service_id for row in rows.values()}, known=known)
    unverified = [
        AgendaRow(
            f"{rows[one.pk].service}: {one.name}",
            capfirst(gap_in_words(one, on)),
            rows[one.pk].get_absolute_url(),
            f"requirement:{one.code}",
            is_urgent=one.state(on) == State.FAILED,
        )
        for several in found.values()
        for one in several
        if one.is_baselined(on) and one.state(on) != State.VERIFIED
    ]
    events = DeliveryEvent.objects.known(known).filter(
        **services,
        kind=EventKind.DEPLOYMENT,
        happened_at__date__gt=on - LOOKED_BACK,
        happened_at__date__lte=on,
    )
    released = [
        AgendaRow(
            f"{release.event.service}: {release.event.reference or 'a release'}",
            f"Released on {day_name(timezone.localdate(release.event.happened_at))} while these were not verified: "
            f"{release.in_words}.",
            release.event.get_absolute_url(),
        )
        for release in risky_releases(events.select_related("service").order_by("-happened_at"), found)
    ]
    return unverified + released
