"""Pages of the estate: services, components, processes, the map, and what ends its support."""

from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, histories, pages
from portfolio.common.formats import day_name
from portfolio.common.models import User
from portfolio.common.months import today
from products.catalog.models import Product, ValueStream
from products.health import estate, estate_exports, renewals
from products.health.estate_filters import ComponentTable, MapFilter, ProcessTable, ServiceTable, ShelfLifeTable
from products.health.estate_forms import ComponentForm, ProcessForm, RenewalForm, ServiceForm
from products.health.estate_map import MOST_SERVICES, estate_map
from products.health.models import Component, Dependency, Journey, OnCall, Part, Process, Service
from products.health.panels import panels_of
from products.health.renewal_actions import plan_renewal
from products.roadmaps.models import Horizon, Item, ItemKind, Roadmap
from teams.models import Team

FORM = "components/page_form.html"
SIDES = ("business", "technology")
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


# -- Services ---------------------------------------------------------------------------------------------------------


@require_safe
def service_list(request: HttpRequest) -> HttpResponseBase:
    """List the services, with what stands out of each."""
    rows = estate.with_signs_of_services(Service.objects.visible_to(request.user).for_table(), today())
    return pages.render_list(
        request,
        "health/service_list.html",
        ServiceTable(request.GET, rows),
        export=estate_exports.SERVICES,
        may_add=access.may_add(request.user, Service),
    )


@require_GET
def service_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a service: what it is for, who keeps and uses it, what it is built of, and all that is told of it."""
    on = today()
    rows = estate.with_signs_of_services(Service.objects.visible_to(request.user).for_table(), on)
    service = get_object_or_404(rows, code=code)
    parts = list(Part.objects.visible_to(request.user).known().current(on).filter(service=service).for_table())
    components = estate.with_signs_of_components(Component.objects.select_related("owner", "item"), on)
    found = components.in_bulk([row.component_id for row in parts])
    for row in parts:
        row.component = found[row.component_id]
    needs = Dependency.objects.visible_to(request.user).known().current(on).filter(service=service).for_table()
    duties = OnCall.objects.visible_to(request.user).known().current(on).filter(service=service).for_table()
    return render(
        request,
        "health/service_detail.html",
        {
            "service": service,
            "signs": estate.service_signs(service),
            "parts": parts,
            "needs": needs,
            "duties": duties,
            "consumers": estate.consumers_of(service, on),
            "panels": panels_of(service, cast(User, request.user), on),
            "history": histories.described_history(service),
            "may_write": access.may_write(request.user, service),
        },
    )


@get_or_post
def service_add(request: HttpRequest) -> HttpResponse:
    """Add a service."""
    pages.require_addable(request, Service)
    given = pages.rows_named(request, product=Product, owner=Team, process=Process)
    product = given.get("product")
    return pages.save_form(
        request,
        ServiceForm(request.POST or None, initial=given),
        FORM,
        to=Service.get_absolute_url,
        title="Add a service",
        kicker=product.name if product else "Services",
        intro="Something that a product offers, and that customers, journeys or other services use while it works.",
        submit="Add",
        cancel=product.get_absolute_url() if product else reverse("health:service-list"),
    )


@get_or_post
def service_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a service."""
    service = get_object_or_404(Service.objects.visible_to(request.user).for_table(), code=code)
    pages.require_writable(request, service)
    return pages.save_form(
        request,
        ServiceForm(request.POST or None, instance=service),
        FORM,
        to=Service.get_absolute_url,
        title=f"Change {service.name}",
        kicker=f"Service of {service.product} · {service.code}",
        submit="Save",
        cancel=service.get_absolute_url(),
    )


@require_safe
def service_map(request: HttpRequest) -> HttpResponseBase:
    """Show the way from business process to journey to service to component; all of it with `?show=all`."""
    on = today()
    rows = estate.with_signs_of_services(Service.objects.visible_to(request.user).for_table(), on)
    filterset = MapFilter(request.GET, rows)
    is_whole = request.GET.get("show") == "all"
    found = estate_map(filterset.qs, on, most=None if is_whole else MOST_SERVICES)
    return render(request, "health/service_map.html", {"filter": filterset, "map": found})


# -- Components -------------------------------------------------------------------------------------------------------


@require_safe
def component_list(request: HttpRequest) -> HttpResponseBase:
    """List what services are built of, with what stands out of each."""
    on = today()
    rows = estate.with_signs_of_components(Component.objects.visible_to(request.user).for_table(), on)
    return pages.render_list(
        request,
        "health/component_list.html",
        ComponentTable(request.GET, rows),
        export=estate_exports.COMPONENTS,
        may_add=access.may_add(request.user, Component),
    )


@require_GET
def component_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a component: its support, what renews it, and what is built of it."""
    on = today()
    rows = estate.with_signs_of_components(Component.objects.visible_to(request.user).for_table(), on)
    component = get_object_or_404(rows, code=code)
    parts = Part.objects.visible_to(request.user).known().current(on).filter(component=component).for_table()
    return render(
        request,
        "health/component_detail.html",
        {
            "component": component,
            "signs": estate.component_signs(component, on),
            "is_published": component.end_of_support is None and component.support_ends is not None,
            "parts": parts,
            "history": histories.described_history(component),
            "may_write": access.may_write(request.user, component),
            "may_plan": not component.is_planned and access.may_add(request.user, Item),
            "may_add_part": access.may_add(request.user, Part),
        },
    )


@get_or_post
def component_add(request: HttpRequest) -> HttpResponse:
    """Add a component."""
    pages.require_addable(request, Component)
    given = pages.rows_named(request, owner=Team)
    return pages.save_form(
        request,
        ComponentForm(request.POST or None, initial=given),
        FORM,
        to=Component.get_absolute_url,
        title="Add a component",
        kicker="Components",
        intro="What services are built of: a database, a library, a machine. Services say which they are built of.",
        submit="Add",
        cancel=reverse("health:component-list"),
    )


@get_or_post
def component_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a component."""
    component = get_object_or_404(Component.objects.visible_to(request.user).for_table(), code=code)
    pages.require_writable(request, component)
    return pages.save_form(
        request,
        ComponentForm(request.POST or None, instance=component),
        FORM,
        to=Component.get_absolute_url,
        title=f"Change {component.name}",
        kicker=f"Component · {component.code}",
        submit="Save",
        cancel=component.get_absolute_url(),
    )


# -- What ends its support --------------------------------------------------------------------------------------------


@require_safe
def component_shelf_life(request: HttpRequest) -> HttpResponseBase:
    """List what ends its support in the next three years, or has, by quarter, with what renews it."""
    on = today()
    rows = renewals.ending(Component.objects.visible_to(request.user).for_table(), on)
    return pages.render_list(
        request,
        "health/component_shelf_life_list.html",
        ShelfLifeTable(request.GET, rows.order_by(F("support_ends").asc(nulls_first=True), "name", "pk")),
        export=estate_exports.COMPONENTS,
        may_plan=access.may_add(request.user, Item),
    )


@get_or_post
def component_renew(request: HttpRequest, code: str) -> HttpResponse:
    """Put the renewal of a component on a roadmap, as an item that is filled in as far as it is known."""
    pages.require_addable(request, Item)
    on = today()
    rows = estate.with_signs_of_components(Component.objects.visible_to(request.user).for_table(), on)
    component = get_object_or_404(rows, code=code)
    if component.is_planned:
        messages.info(request, f"{component.item} renews {component} already.")
        return redirect(component.item.get_absolute_url())
    paying = list(renewals.payers([component], on)[component.pk])
    form = RenewalForm(
        request.POST or None,
        instance=Item(kind=ItemKind.OBSOLESCENCE),
        initial=_renewal(request, component, paying, on),
        user=request.user,
        products=paying,
    )
    if request.method == "POST" and form.is_valid():
        item = pages.attempt(
            form,
            lambda: plan_renewal(component, form.instance, why=form.cleaned_data["why"], by=cast(User, request.user)),
        )
        if item:
            messages.success(request, f"{item} is on {item.roadmap}, and renews {component}.")
            return redirect(item.get_absolute_url())
    return render(
        request,
        FORM,
        {
            "form": form,
            "title": f"Plan the renewal of {component}",
            "kicker": f"Component · {component.code}",
            "intro": "It becomes an item of the kind obsolescence. What it costs is said at the component, and is held "
            "against the money of the product that you choose.",
            "submit": "Put it on the roadmap",
            "cancel": component.get_absolute_url(),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


def _renewal(request: HttpRequest, component: Component, paying: list[int], on: date) -> dict[str, Any]:
    """Return what is known of an item that renews a component."""
    ends = component.support_ends  # type: ignore[attr-defined]
    words = f"on {day_name(ends)}" if ends else "already"
    verb = "ended" if estate.is_unsupported(component, on) else "ends"
    given: dict[str, Any] = {
        "name": f"Renew {component.name}",
        "code": f"renew-{component.code}"[:60].rstrip("-"),
        "exception": f"Support for {component} {verb} {words}.",
        "horizon": Horizon.NOW if ends is None or ends <= on else Horizon.NEXT,
        "ends": ends if ends and ends > on else None,
        "team": component.owner_id,
        "is_illustrative": component.is_illustrative,
    }
    writable = access.writable(Roadmap.objects.visible_to(request.user), request.user)
    roadmap = (
        pages.rows_named(request, roadmap=Roadmap).get("roadmap")
        or writable.filter(products__in=paying).order_by("name", "pk").first()
    )
    if roadmap:
        its = {product.pk for product in roadmap.products.all()}
        members = {side: [one.user_id for one in roadmap.members.all() if one.side == side] for side in SIDES}
        given |= {"roadmap": roadmap.pk, "product": next((key for key in paying if key in its), None)}
        if given["product"] is None and len(its) == 1:
            given["product"] = next(iter(its))
        given |= {
            f"{side}_champion": request.user.pk if request.user.pk in those else those[0]
            for side, those in members.items()
            if those
        }
    return given


# -- Processes --------------------------------------------------------------------------------------------------------


@require_safe
def process_list(request: HttpRequest) -> HttpResponseBase:
    """List the business processes."""
    in_use = Count("services", filter=Q(services__is_retired=False), distinct=True)
    rows = Process.objects.visible_to(request.user).for_table()
    return pages.render_list(
        request,
        "health/process_list.html",
        ProcessTable(request.GET, rows.annotate(service_count=in_use, journey_count=Count("journeys", distinct=True))),
        export=estate_exports.PROCESSES,
        may_add=access.may_add(request.user, Process),
    )


@require_GET
def process_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a business process, its journeys, and the services that serve it."""
    process = get_object_or_404(Process.objects.visible_to(request.user).for_table(), code=code)
    on = today()
    services = estate.with_signs_of_services(Service.objects.visible_to(request.user).for_table(), on)
    in_journeys = Q(steps__journey__process=process, steps__retracted_at=None, steps__starts__lte=on) & (
        Q(steps__ends=None) | Q(steps__ends__gt=on)
    )
    serving = services.filter(Q(process=process) | in_journeys, is_retired=False).distinct()
    return render(
        request,
        "health/process_detail.html",
        {
            "process": process,
            "services": serving,
            "journeys": Journey.objects.visible_to(request.user).filter(process=process).for_table(),
            "history": histories.described_history(process),
            "may_write": access.may_write(request.user, process),
        },
    )


@get_or_post
def process_add(request: HttpRequest) -> HttpResponse:
    """Add a business process."""
    pages.require_addable(request, Process)
    given = pages.rows_named(request, value_stream=ValueStream)
    return pages.save_form(
        request,
        ProcessForm(request.POST or None, initial=given),
        FORM,
        to=Process.get_absolute_url,
        title="Add a business process",
        kicker="Processes",
        intro="What the business does, end to end, such as licensing a driver. Journeys and services serve it.",
        submit="Add",
        cancel=reverse("health:process-list"),
    )


@get_or_post
def process_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a business process."""
    process = get_object_or_404(Process.objects.visible_to(request.user).for_table(), code=code)
    pages.require_writable(request, process)
    return pages.save_form(
        request,
        ProcessForm(request.POST or None, instance=process),
        FORM,
        to=Process.get_absolute_url,
        title=f"Change {process.name}",
        kicker=f"Business process · {process.code}",
        submit="Save",
        cancel=process.get_absolute_url(),
    )
