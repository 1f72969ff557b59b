"""Incidents since the last review, for the agendas of roadmaps: those of its products, and those that hit customers."""

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q

from portfolio.common import formats
from portfolio.common.months import months_after
from products.health import losses
from products.health.models import Impact, Incident
from products.roadmaps.contributions import AgendaRow, AgendaSection, tells_agenda
from products.roadmaps.models import Review, Roadmap

MOST = 20
FIRST_MONTHS = 3  #: that are looked back where there was no review yet


@tells_agenda
def incidents(roadmap: Roadmap, on: date, known: datetime | None) -> list[AgendaSection]:
    """Return the incidents of a roadmap's products, or that cost their customers something, since the last review.

    Three queries. Incidents are described as they are now, what they cost as known at the moment.
    """
    products = [product.pk for product in roadmap.its_products]
    last = Review.objects.known(known).filter(roadmap=roadmap, held_on__lt=on).order_by("-held_on").first()
    since = last.held_on if last else months_after(on, -FIRST_MONTHS)
    impacts = Impact.objects.known(known).filter(metric__product__in=products)
    rows = list(
        Incident.objects.filter(Q(service__product__in=products) | Q(pk__in=impacts.values("incident")))
        .filter(
            started_at__gte=datetime.combine(since, time(), UTC),
            started_at__lt=datetime.combine(on + timedelta(days=1), time(), UTC),
        )
        .select_related("service", "failure_mode")
        .order_by("-started_at", "-pk")[: MOST + 1]
    )
    told = losses.told_of(rows[:MOST], known) if rows else {}
    found = [
        AgendaRow(
            str(row),
            _in_words(row, told[row.pk]),
            row.get_absolute_url(),
            f"incident:{row.code}",
            is_urgent=row.severity == 1 or row.restored_at is None or not told[row.pk].is_stated,
        )
        for row in rows[:MOST]
    ]
    if len(rows) > MOST:
        found.append(AgendaRow("And more", "The list of incidents has them all."))
    when = f"since {formats.day_name(since)}"
    return [AgendaSection("incidents", f"Incidents {when}", f"No incident is known {when}.", found)]


def _in_words(row: Incident, told: losses.Told) -> str:
    parts = [f"{row.service}, severity {row.severity}, {formats.day_name(row.started_at.date())}"]
    if row.restored_at is None:
        parts.append("not restored yet")
    if not told.is_stated:
        parts.append("nobody has stated what it cost customers")
    elif told.costs:
        amounts = " and ".join(
            f"{formats.money(one.amount, one.currency)} "
            f"({formats.money(one.low, one.currency)} to {formats.money(one.high, one.currency)})"
            for one in told.costs
        )
        parts.append(f"cost customers {amounts}")
    else:
        parts.append("cost customers nothing that is valued" if told.lost else "cost customers nothing")
    if row.failure_mode is None:
        parts.append("not known in advance")
    return "; ".join(parts)
