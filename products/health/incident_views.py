"""Pages of incidents and failure modes; those of impacts and drills need nothing of their own."""

from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, formats, histories, pages
from portfolio.common.months import month_of, today
from portfolio.common.rows import FORM, RecordedPages, Shown, period_of
from products.health import drilled, journey_exports, losses
from products.health.incident_filters import DrillTable, FailureModeTable, ImpactTable, IncidentTable
from products.health.journey_forms import DrillForm, FailureModeForm, ImpactForm, IncidentForm
from products.health.models import Drill, FailureMode, Impact, Incident, Service

get_or_post = require_http_methods(["GET", "HEAD", "POST"])

ROOM = "health/_journey_room.html"


# -- Incidents --------------------------------------------------------------------------------------------------------


@require_safe
def incident_list(request: HttpRequest) -> HttpResponseBase:
    """List the incidents, latest first, each with what it cost."""
    return pages.render_list(
        request,
        "health/incident_list.html",
        IncidentTable(request.GET, Incident.objects.visible_to(request.user).for_table()),
        export=journey_exports.INCIDENTS,
        may_add=access.may_add(request.user, Incident),
    )


@require_GET
def incident_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show an incident: what it cost customers, and which journeys and products that fell to, once."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user).for_table(), code=code)
    impacts = Impact.objects.known().filter(incident=incident).for_table().order_by("starts", "pk")
    costs = losses.costs_of(list(impacts))
    divided = losses.over_journeys(costs, losses.Ground()) if costs else []
    started = month_of(incident.started_at.date())
    along = losses.along_network(costs, incident.service.product_id, started, None) if costs else []
    return render(
        request,
        "health/incident_detail.html",
        {
            "incident": incident,
            "costs": costs,
            "total": losses.added(one for cost in costs for one in cost.costs),
            "is_unvalued": any(cost.is_unvalued for cost in costs),
            "journeys": losses.by_journey(divided),
            "along": along,
            "drilled": drilled.states([incident.failure_mode], today())[incident.failure_mode_id]
            if incident.failure_mode
            else None,
            "history": histories.described_history(incident),
            "may_write": access.may_write(request.user, incident),
            "may_add_impact": access.may_write(request.user, Impact(incident=incident)),
        },
    )


@get_or_post
def incident_add(request: HttpRequest) -> HttpResponse:
    """Add an incident."""
    pages.require_addable(request, Incident)
    given = pages.rows_named(request, service=Service)
    service = given.get("service")
    return pages.save_form(
        request,
        IncidentForm(request.POST or None, initial=given),
        FORM,
        to=Incident.get_absolute_url,
        title="Add an incident",
        kicker=service.name if service else "Incidents",
        intro="A time in which a service did not do what customers count on. What it cost them is said next, on its "
        "page.",
        submit="Add",
        cancel=service.get_absolute_url() if service else reverse("health:incident-list"),
    )


@get_or_post
def incident_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit an incident."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user).select_related("service"), code=code)
    pages.require_writable(request, incident)
    return pages.save_form(
        request,
        IncidentForm(request.POST or None, instance=incident),
        FORM,
        to=Incident.get_absolute_url,
        title=f"Change {incident.name}",
        kicker=f"Incident · {incident.code}",
        submit="Save",
        cancel=incident.get_absolute_url(),
    )


# -- Failure modes ----------------------------------------------------------------------------------------------------


@require_safe
def failure_mode_list(request: HttpRequest) -> HttpResponseBase:
    """List the failure modes that are known in advance, with the drill that last tried each."""
    return pages.render_list(
        request,
        "health/failure_mode_list.html",
        FailureModeTable(request.GET, FailureMode.objects.visible_to(request.user).for_table()),
        export=journey_exports.FAILURE_MODES,
        may_add=access.may_add(request.user, FailureMode),
    )


@require_GET
def failure_mode_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a failure mode, its drills, and the incidents in which it came about."""
    mode = get_object_or_404(FailureMode.objects.visible_to(request.user).for_table(), code=code)
    drills = list(Drill.objects.known().filter(failure_mode=mode).for_table())
    return render(
        request,
        "health/failure_mode_detail.html",
        {
            "mode": mode,
            "drills": drills,
            "state": drilled.state(drills[0] if drills else None, today()),
            "incidents": mode.incidents.for_table(),
            "history": histories.described_history(mode),
            "may_write": access.may_write(request.user, mode),
            "may_add_drill": access.may_write(request.user, Drill(failure_mode=mode)),
        },
    )


@get_or_post
def failure_mode_add(request: HttpRequest) -> HttpResponse:
    """Add a failure mode."""
    pages.require_addable(request, FailureMode)
    given = pages.rows_named(request, service=Service)
    service = given.get("service")
    return pages.save_form(
        request,
        FailureModeForm(request.POST or None, initial=given),
        FORM,
        to=FailureMode.get_absolute_url,
        title="Add a failure mode",
        kicker=service.name if service else "Failure modes",
        intro="A way in which a service can fail, written down before it does: what customers would feel, how it would "
        "be noticed, and what to do.",
        submit="Add",
        cancel=service.get_absolute_url() if service else reverse("health:failure-mode-list"),
    )


@get_or_post
def failure_mode_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a failure mode."""
    mode = get_object_or_404(FailureMode.objects.visible_to(request.user), code=code)
    pages.require_writable(request, mode)
    return pages.save_form(
        request,
        FailureModeForm(request.POST or None, instance=mode),
        FORM,
        to=FailureMode.get_absolute_url,
        title=f"Change {mode.name}",
        kicker=f"Failure mode · {mode.code}",
        submit="Save",
        cancel=mode.get_absolute_url(),
    )


# -- Impacts and drills -----------------------------------------------------------------------------------------------


def _share(value: Decimal) -> str:
    return formats.share(value, 0)


IMPACTS = RecordedPages(
    Impact,
    room="health",
    name="impact",
    at="impacts",
    form=ImpactForm,
    table=ImpactTable,
    export=journey_exports.IMPACTS,
    columns=(
        Shown("Impact", "self", str),
        Shown("Incident", "incident", sort="incident"),
        Shown("What was lost", "metric", sort="metric"),
        Shown("Journey", "journey"),
        Shown("When", "self", period_of, sort="starts"),
        Shown("Lost", "lost", sort="lost", is_number=True),
        Shown("Late", "late", sort="late", is_number=True),
        Shown("Part lost by lateness", "late_share", _share, is_number=True),
        Shown("In the figures already", "is_in_figures"),
        Shown("Taken off the metric", "counted", is_number=True),
    ),
    room_nav=ROOM,
    intro="What incidents cost customers: how many were lost or came late. It is taken off the value of the "
    "product whose metric it is, once.",
    add="State an impact",
    add_intro="Say how many payments, calls, orders or activations were lost, or came late and lost a part of their "
    "worth. Where the observations are lower by it already, say so, and it is not taken off a second time.",
    retract_words="The incident did not cost customers this.",
    empty="Open an incident and state what it cost customers.",
    begins={"incident": Incident},
)

DRILLS = RecordedPages(
    Drill,
    room="health",
    name="drill",
    at="drills",
    form=DrillForm,
    table=DrillTable,
    export=journey_exports.DRILLS,
    columns=(
        Shown("Drill", "self", str),
        Shown("Failure mode", "failure_mode", sort="mode"),
        Shown("Held on", "held_on", sort="held"),
        Shown("Passed", "has_passed", sort="passed"),
        Shown("Minutes", "minutes", sort="minutes", is_number=True),
    ),
    facts=(
        Shown("Failure mode", "failure_mode"),
        Shown("Held on", "held_on"),
        Shown("Passed", "has_passed"),
        Shown("Minutes until customers were served again", "minutes"),
        Shown("What was learned", "notes"),
    ),
    room_nav=ROOM,
    intro="Failure modes that were tried on purpose, and whether the response worked.",
    add="Record a drill",
    add_intro="A day on which a failure mode was tried on purpose, and what was learned.",
    retract_words="No such drill was held.",
    empty="Try a failure mode on purpose, and record what came of it.",
    begins={"failure_mode": FailureMode},
)
