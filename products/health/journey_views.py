"""Pages of journeys; those of their steps and passages need nothing of their own."""

from decimal import Decimal
from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from portfolio.common import access, formats, histories, pages
from portfolio.common.models import User
from portfolio.common.months import add_months, month_of
from portfolio.common.rows import FORM, RecordedPages, Shown, period_of
from products.catalog.models import Insight, Product
from products.health import journey_exports, journey_pictures, losses
from products.health.journey_actions import By, divide_budget
from products.health.journey_filters import JourneyTable, PassageTable, StepTable
from products.health.journey_forms import JourneyForm, PassageForm, StepForm
from products.health.journey_reading import MONTHS, walk
from products.health.models import Journey, Passage, Process, Step

get_or_post = require_http_methods(["GET", "HEAD", "POST"])

ROOM = "health/_journey_room.html"


@require_safe
def journey_list(request: HttpRequest) -> HttpResponseBase:
    """List the journeys, with how often they were there and who completed them last."""
    return pages.render_list(
        request,
        "health/journey_list.html",
        JourneyTable(request.GET, Journey.objects.visible_to(request.user).for_table()),
        export=journey_exports.JOURNEYS,
        may_add=access.may_add(request.user, Journey),
    )


@require_GET
def journey_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a journey: its steps against both budgets, where people leave it, and what incidents cost it."""
    journey = get_object_or_404(Journey.objects.visible_to(request.user).for_table(), code=code)
    going = walk(journey)
    may_divide = access.may_write(request.user, Step(journey=journey))
    insights = Insight.objects.visible_to(request.user).known().filter(journey=journey)
    return render(
        request,
        "health/journey_detail.html",
        {
            "journey": journey,
            "walk": going,
            "steps": journey_pictures.steps(going),
            "key_figures": journey_pictures.key_figures(going),
            "drop_off": journey_pictures.drop_off(going),
            "incidents": losses.of_journey(journey, add_months(month_of(going.on), 1 - MONTHS)),
            "insights": list(insights.for_table().latest_few()),
            "insight_count": insights.count(),
            "may_add_insight": access.may_write(request.user, Insight(product=journey.product)),
            "history": histories.described_history(journey),
            "may_write": access.may_write(request.user, journey),
            "may_divide": may_divide and bool(going.steps) and (journey.availability or journey.response_ms),
            "may_add_step": may_divide,
            "months": MONTHS,
        },
    )


@get_or_post
def journey_add(request: HttpRequest) -> HttpResponse:
    """Add a journey."""
    pages.require_addable(request, Journey)
    given = pages.rows_named(request, product=Product, process=Process)
    start = given.get("product") or given.get("process")
    return pages.save_form(
        request,
        JourneyForm(request.POST or None, initial=given),
        FORM,
        to=Journey.get_absolute_url,
        title="Add a journey",
        kicker=start.name if start else "Journeys",
        intro="What a customer does from beginning to end, over the services of several products. Set how often it "
        "must work and how long it may take first; its steps get their parts of that.",
        submit="Add",
        cancel=start.get_absolute_url() if start else reverse("health:journey-list"),
    )


@get_or_post
def journey_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a journey."""
    journey = get_object_or_404(Journey.objects.visible_to(request.user), code=code)
    pages.require_writable(request, journey)
    return pages.save_form(
        request,
        JourneyForm(request.POST or None, instance=journey),
        FORM,
        to=Journey.get_absolute_url,
        title=f"Change {journey.name}",
        kicker=f"Journey · {journey.code}",
        submit="Save",
        cancel=journey.get_absolute_url(),
    )


@require_POST
def journey_divide(request: HttpRequest, code: str) -> HttpResponse:
    """Divide the budgets of a journey over its steps."""
    journey = get_object_or_404(Journey.objects.visible_to(request.user), code=code)
    pages.require_writable(request, journey)
    try:
        changed = divide_budget(journey, by=cast(User, request.user), how=request.POST.get("how", By.MEASURED))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        count = len(changed)
        words = f"{count} step{'' if count == 1 else 's'} changed." if count else "It was divided like that already."
        messages.success(request, f"The budget of {journey} is divided. {words}")
    return redirect(journey)


# -- Steps and passages -----------------------------------------------------------------------------------------------


def _share(value: Decimal | None) -> str:
    return formats.share(value, 3)


def _milliseconds(value: int | None) -> str:
    return formats.NONE if value is None else f"{formats.quantity(value)} ms"


STEPS = RecordedPages(
    Step,
    room="health",
    name="step",
    at="steps",
    form=StepForm,
    table=StepTable,
    export=journey_exports.STEPS,
    columns=(
        Shown("Step", "name", sort="name"),
        Shown("Journey", "journey", sort="journey"),
        Shown("Which step", "position", sort="position", is_number=True),
        Shown("Service", "service", sort="service"),
        Shown("Must work", "availability", _share, is_number=True),
        Shown("May take", "response_ms", _milliseconds, is_number=True),
        Shown("Set by hand", "is_fixed"),
        Shown("When", "self", period_of, sort="starts"),
    ),
    room_nav=ROOM,
    intro="What customers do on their way, each step done by one service, with its part of the journey's budgets.",
    add="Add a step",
    add_intro="Leave its parts of the budgets empty: dividing the journey's fills them in. A step that is set by hand "
    "is kept as it is.",
    retract_words="No such step was ever part of the journey. If it has come to an end, correct its end instead.",
    empty="Add the steps of a journey in their order, each with the service that does it.",
    begins={"journey": Journey},
)


def _month(day) -> str:
    return formats.month_name(day)


PASSAGES = RecordedPages(
    Passage,
    room="health",
    name="passage",
    at="passages",
    form=PassageForm,
    table=PassageTable,
    export=journey_exports.PASSAGES,
    columns=(
        Shown("Passage", "self", str),
        Shown("Journey", "journey", sort="journey"),
        Shown("Which step", "position", sort="position", is_number=True),
        Shown("Month", "month", _month, sort="month"),
        Shown("Entered", "entered", sort="entered", is_number=True),
        Shown("Completed", "completed", sort="completed", is_number=True),
    ),
    room_nav=ROOM,
    intro="How many entered each step in a month and completed it: where they leave, and what that is worth.",
    add="Record who passed",
    add_intro="Once a month for each step of the journey; a month counts when all of its steps are there.",
    retract_words="Nobody counted this.",
    empty="Record for a month how many entered each step and completed it, by hand, by API or as a file.",
    begins={"journey": Journey},
)
