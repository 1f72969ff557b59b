"""Addresses of the estate's pages, and the pages of its recorded rows, which need none of their own making."""

from django.urls import URLPattern, path

from portfolio.common.rows import RecordedPages, Shown, period_of
from products.health import estate_exports as exports
from products.health import estate_views as views
from products.health.estate_filters import DependencyTable, OnCallTable, PartTable, SupportDateTable
from products.health.estate_forms import DependencyForm, OnCallForm, PartForm, SupportDateForm
from products.health.models import Component, Dependency, OnCall, Part, Service, SupportDate
from teams.models import Team

NAV = "health/_room.html"
WHEN = Shown("When", "self", period_of, sort="starts")

PARTS = RecordedPages(
    Part,
    room="health",
    room_nav=NAV,
    name="part",
    at="parts",
    form=PartForm,
    table=PartTable,
    export=exports.PARTS,
    columns=[
        Shown("Part", "self", str),
        Shown("Service", "service", sort="service"),
        Shown("Built of", "component", sort="component"),
        WHEN,
    ],
    intro="Which service is built of which component, and since when.",
    add="Record a part",
    add_intro="A component that a service is built of, from a day on.",
    retract_words="The service was never built of it. If it is no more, correct the end instead.",
    empty="Record for each service what it is built of.",
    begins={"service": Service, "component": Component},
)
DEPENDENCIES = RecordedPages(
    Dependency,
    room="health",
    room_nav=NAV,
    name="dependency",
    at="dependencies",
    form=DependencyForm,
    table=DependencyTable,
    export=exports.DEPENDENCIES,
    columns=[
        Shown("Dependency", "self", str),
        Shown("Service", "service", sort="service"),
        Shown("Needs", "needs", sort="needs"),
        WHEN,
    ],
    intro="Which service does not work without which other one.",
    add="Record a dependency",
    add_intro="A service that does not work without another one, from a day on.",
    retract_words="The service never needed it. If it does no more, correct the end instead.",
    empty="Record for each service which others it needs.",
    begins={"service": Service, "needs": Service},
)
ON_CALL = RecordedPages(
    OnCall,
    room="health",
    room_nav=NAV,
    name="on-call",
    at="on-call",
    form=OnCallForm,
    table=OnCallTable,
    export=exports.ON_CALL,
    columns=[
        Shown("Duty", "self", str),
        Shown("Service", "service", sort="service"),
        Shown("Team", "team", sort="team"),
        Shown("Hours a week", "hours_a_week", sort="hours", is_number=True),
        WHEN,
    ],
    intro="Which team is on call for which service, and for how many hours a week.",
    add="Record a duty",
    add_intro="A team that is on call for a service, from a day on.",
    retract_words="The team was never on call for it. If it is no more, correct the end instead.",
    empty="Record for each service who is on call.",
    begins={"service": Service, "team": Team},
)
SUPPORT_DATES = RecordedPages(
    SupportDate,
    room="health",
    room_nav=NAV,
    name="support-date",
    at="support-dates",
    form=SupportDateForm,
    table=SupportDateTable,
    export=exports.SUPPORT_DATES,
    columns=[
        Shown("Release cycle", "self", str, sort="product"),
        Shown("Support ends", "ends", sort="ends"),
        Shown("Ended", "is_ended"),
        Shown("Source", "source"),
    ],
    intro="When support for release cycles ends, as published. Components refer to them by product and cycle.",
    add="Record a support date",
    add_intro="When support for a release cycle ends, as its maker or endoflife.date has published it.",
    retract_words="It was never published so. If the day has moved, correct it instead.",
    empty="Record when support ends for what components are made of, or load a file of them.",
)

urlpatterns: list[URLPattern] = [
    path("", views.service_list, name="service-list"),
    path("add/", views.service_add, name="service-add"),
    path("map/", views.service_map, name="service-map"),
    path("processes/", views.process_list, name="process-list"),
    path("processes/add/", views.process_add, name="process-add"),
    path("processes/<slug:code>/", views.process_detail, name="process-detail"),
    path("processes/<slug:code>/edit/", views.process_edit, name="process-edit"),
    path("components/", views.component_list, name="component-list"),
    path("components/add/", views.component_add, name="component-add"),
    path("shelf-life/", views.component_shelf_life, name="component-shelf-life"),
    path("components/<slug:code>/", views.component_detail, name="component-detail"),
    path("components/<slug:code>/edit/", views.component_edit, name="component-edit"),
    path("components/<slug:code>/renew/", views.component_renew, name="component-renew"),
    *PARTS.urls(),
    *DEPENDENCIES.urls(),
    *ON_CALL.urls(),
    *SUPPORT_DATES.urls(),
    # These two last: what stands at the place of a code before them is an address of its own.
    path("<slug:code>/", views.service_detail, name="service-detail"),
    path("<slug:code>/edit/", views.service_edit, name="service-edit"),
]
