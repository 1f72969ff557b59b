"""Pages of delivery: what pipelines posted, how a service is delivered, and who improves on their own past."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_safe

from portfolio.common import access, pages
from portfolio.common.months import today
from portfolio.common.rows import RecordedPages, Shown
from products.health import delivery_exports
from products.health.delivery_filters import DeliveryEventTable
from products.health.delivery_forms import DeliveryEventForm
from products.health.delivery_pictures import lead_time_chart
from products.health.delivery_reading import histories_of, quarters_until
from products.health.improvement import MEASURES, PAST_WEEKS, RECENT_WEEKS, Row, ranking
from products.health.improvement_filters import ImprovementFilter
from products.health.models import DeliveryEvent, Service
from products.health.promise_reading import requirements_of, risky_releases

LATEST = 12

DELIVERY_EVENTS = RecordedPages(
    DeliveryEvent,
    room="health",
    name="delivery-event",
    at="delivery",
    form=DeliveryEventForm,
    table=DeliveryEventTable,
    export=delivery_exports.DELIVERY_EVENTS,
    columns=(
        Shown("When", "happened_at", sort="when"),
        Shown("What", "kind", sort="kind"),
        Shown("Service", "service", sort="service"),
        Shown("Reference", "reference"),
        Shown("Caused by", "caused_by"),
    ),
    facts=(
        Shown("What", "kind"),
        Shown("Service", "service"),
        Shown("When, in UTC", "happened_at"),
        Shown("First change made", "begun_at"),
        Shown("Reference", "reference"),
        Shown("Caused by", "caused_by"),
        Shown("Key", "key"),
    ),
    room_nav="health/_promises.html",
    intro="Deployments, failures and restores, as pipelines and people post them. Moments are in UTC.",
    add="Record an event",
    add_intro="A pipeline does this by itself: it posts to /api/v1/delivery-events/, with a key by which each event "
    "counts once.",
    retract_words="It never happened. If its time or reference was another one, correct it instead.",
    empty="Let a pipeline post its deployments to /api/v1/delivery-events/, or record one by hand.",
    begins={"service": Service},
)


@require_GET
def service_delivery(request: HttpRequest, code: str) -> HttpResponse:
    """Show how a service is delivered: the four figures by quarter, against its own past."""
    service = get_object_or_404(Service.objects.visible_to(request.user).for_table(), code=code)
    on = today()
    history = histories_of([service.pk])[service.pk]
    quarters = [(first, after, history.between(first, after)) for first, after in quarters_until(on)]
    events = list(DeliveryEvent.objects.known().filter(service=service).for_table())
    releases = risky_releases(events, requirements_of([service.pk]))
    risked = {release.event.pk: release for release in releases}
    return render(
        request,
        "health/service_delivery.html",
        {
            "service": service,
            "quarters": quarters[::-1],
            "now": next((one for _, _, one in quarters[::-1] if not one.is_empty), None),
            "chart": lead_time_chart([(first, figures) for first, _, figures in quarters]),
            "events": [(event, risked.get(event.pk)) for event in events[:LATEST]],
            "event_count": len(events),
            "release_count": len(releases),
            "may_post": access.may_write(request.user, DeliveryEvent(service=service)),
            "on": on,
        },
    )


ORDERS: dict[str, Any] = {
    "better": lambda row: -(row.factor or 0),
    "service": lambda row: row.service.name,
    "product": lambda row: row.service.product.name,
    "team": lambda row: str(row.service.owner or ""),
}


def _ordered(rows: list[Row], sort: str) -> list[Row]:
    """Return rows by one of the page's orders; those of which too little is known stay at the end."""
    key = ORDERS.get(sort.lstrip("-"))
    if key is None:
        return rows
    known = sorted((row for row in rows if row.place.rank), key=key, reverse=sort.startswith("-"))
    return [*known, *(row for row in rows if not row.place.rank)]


@require_safe
def improvement_list(request: HttpRequest) -> HttpResponseBase:
    """List every service by how much it improved on its own past; open to all who are signed in."""
    services = Service.objects.visible_to(request.user).filter(is_retired=False).for_table()
    filterset = ImprovementFilter(request.GET, services)
    # The rank is that among all services: whoever looks at one team sees where it stands in the whole.
    rows = ranking(list(services), today())
    wanted = set(filterset.qs.values_list("pk", flat=True))
    shown = _ordered([row for row in rows if row.service.pk in wanted], request.GET.get("sort", ""))
    return pages.render_list(
        request,
        "health/improvement_list.html",
        filterset,
        rows=shown,
        export=delivery_exports.IMPROVEMENT,
        measures=list(MEASURES.values()),
        ranked=sum(bool(row.place.rank) for row in rows),
        untold=sum(not row.place.rank for row in rows),
        recent_weeks=RECENT_WEEKS,
        past_weeks=PAST_WEEKS,
    )
