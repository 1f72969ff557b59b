"""Two more ways to read a roadmap: over time, and by outcome."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from products.roadmaps import outcome_tree, timeline
from products.roadmaps.board import BoardForm
from products.roadmaps.views.roadmaps import roadmap_of


def _status(form: BoardForm) -> int:
    return HTTPStatus.BAD_REQUEST if form.is_bound and not form.is_valid() else HTTPStatus.OK


@require_GET
def roadmap_timeline(request: HttpRequest, code: str) -> HttpResponse:
    """Show a roadmap over months or years: bars, what waits for what, and a table that says the same."""
    roadmap = roadmap_of(request, code)
    found = timeline.read(roadmap, request.GET)
    context = {"roadmap": roadmap, "timeline": found}
    return render(request, "roadmaps/roadmap_timeline.html", context, status=_status(found.form))


@require_GET
def roadmap_outcomes(request: HttpRequest, code: str) -> HttpResponse:
    """Show a roadmap by outcome: metric, items, products; what moves no customer's metric comes last."""
    roadmap = roadmap_of(request, code)
    found = outcome_tree.read(roadmap, request.GET)
    return render(
        request, "roadmaps/roadmap_outcomes.html", {"roadmap": roadmap, "tree": found}, status=_status(found.form)
    )
