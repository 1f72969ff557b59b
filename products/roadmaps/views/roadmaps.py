"""Pages of roadmaps: the list, the board, its changes, and the form."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from portfolio.common import access, pages
from portfolio.common.errors import TwofoldError
from products.catalog.models import Product
from products.roadmaps import board, histories, seen
from products.roadmaps.filters import RoadmapTable
from products.roadmaps.forms import ReorderForm, RoadmapForm
from products.roadmaps.models import Horizon, Roadmap
from products.roadmaps.order_actions import reorder
from products.roadmaps.roadmap_actions import save_roadmap

FORM = "roadmaps/roadmap_form.html"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def roadmap_of(request: HttpRequest, code: str) -> Roadmap:
    """Return a roadmap with what its head shows: products, members, the last review."""
    rows = Roadmap.objects.visible_to(request.user).with_review().prefetch_related("products", "members__user")
    return get_object_or_404(rows, code=code)


@require_safe
def roadmap_list(request: HttpRequest) -> HttpResponseBase:
    """List the roadmaps."""
    rows = Roadmap.objects.visible_to(request.user).for_table()
    filterset = RoadmapTable(request.GET, rows, request=request)
    return pages.render_list(
        request, "roadmaps/roadmap_list.html", filterset, may_add=access.may_add(request.user, Roadmap)
    )


@require_GET
def roadmap_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a roadmap's board; for htmx and `static/roadmap.js`, the cards alone."""
    return render_board(request, roadmap_of(request, code))


def render_board(
    request: HttpRequest, roadmap: Roadmap, *, said: str = "", wrong: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    """Render a roadmap's board as the address asks, with what was done or what was wrong."""
    found = board.read(roadmap, request.GET)
    if status == HTTPStatus.OK and not found.form.is_valid() and found.form.is_bound:
        status = HTTPStatus.BAD_REQUEST
    context = {
        "roadmap": roadmap,
        "board": found,
        "horizons": Horizon.choices,
        "may_write": access.may_write(request.user, roadmap),
        "query": request.GET.urlencode(),
        "whole": _whole(request, roadmap),
        "said": said,
        "wrong": wrong,
    }
    response = render(
        request, "roadmaps/_board.html" if _is_part(request) else "roadmaps/roadmap_detail.html", context, status=status
    )
    response.headers["Vary"] = "HX-Request, Cookie"
    return response


def _whole(request: HttpRequest, roadmap: Roadmap) -> str:
    """Return the address of the board with all of its cards, as it is filtered."""
    query = request.GET.copy()
    query["whole"] = "1"
    return f"{roadmap.get_absolute_url()}?{query.urlencode()}"


def _is_part(request: HttpRequest) -> bool:
    return bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]


def answer(request: HttpRequest, code: str, *, said: str = "", refused: Exception | None = None) -> HttpResponse:
    """Answer a change made on the board: with the board for the script, else by going back to the page.

    The script is told what was done, or what was refused with a status that says so, and gets the board as it is.
    """
    wrong = " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused or "")
    if not _is_part(request):
        (messages.error if wrong else messages.success)(request, wrong or said)
        query = request.GET.urlencode()
        return redirect(reverse("roadmaps:roadmap-detail", args=[code]) + (f"?{query}" if query else ""))
    status = HTTPStatus.OK
    if refused is not None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if isinstance(refused, ValidationError) else HTTPStatus.CONFLICT
    return render_board(request, roadmap_of(request, code), said=said, wrong=wrong, status=status)


@require_POST
def roadmap_reorder(request: HttpRequest, code: str) -> HttpResponse:
    """Put the items of a horizon in order: `items` in the order wanted, or each with its number in `places`."""
    roadmap = roadmap_of(request, code)
    pages.require_writable(request, roadmap)
    form = ReorderForm(request.POST)
    if not form.is_valid():
        return answer(request, code, refused=ValidationError(form.errors.as_data()))
    given = form.cleaned_data
    codes = request.POST.getlist("items")
    places = request.POST.getlist("places")
    if places:
        if len(places) != len(codes) or not all(place.isdecimal() and len(place) < 10 for place in places):
            refused = ValidationError("Give each item a place: a whole number from 1 on.")
            return answer(request, code, refused=refused)
        codes = [one for _, one in sorted(zip(map(int, places), codes, strict=True), key=lambda pair: pair[0])]
    try:
        done = reorder(
            roadmap,
            horizon=given["horizon"],
            codes=codes,
            version=given["version"],
            by=request.user,
            why=given["why"],
        )
    except (ValidationError, TwofoldError) as error:
        return answer(request, code, refused=error)
    label = Horizon(given["horizon"]).label
    words = f"{label} was in this order already." if done.version == roadmap.version else f"{label} is in order."
    return answer(request, code, said=words)


@require_GET
def roadmap_history(request: HttpRequest, code: str) -> HttpResponse:
    """Show every change of a roadmap: its number, who made it, when and why, and what it changed."""
    roadmap = roadmap_of(request, code)
    page = Paginator(histories.of_roadmap(roadmap), pages.PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"roadmap": roadmap, "page": page, "entries": histories.entries(page.object_list)}
    return render(request, "roadmaps/roadmap_history.html", context)


# -- The form --------------------------------------------------------------------------------------------------------


@get_or_post
def roadmap_add(request: HttpRequest) -> HttpResponse:
    """Begin a roadmap; `?product=` names its first product."""
    pages.require_addable(request, Roadmap)
    named = pages.rows_named(request, product=Product)
    initial = {"products": [named["product"].pk]} if named else {}
    form = RoadmapForm(request.POST if request.method == "POST" else None, user=request.user, initial=initial)
    context = {"title": "Begin a roadmap", "submit": "Begin", "cancel": reverse("roadmaps:roadmap-list")}
    return _save(request, form, **context)


@get_or_post
def roadmap_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change what a roadmap says, its products and its members."""
    roadmap = roadmap_of(request, code)
    pages.require_writable(request, roadmap)
    form = RoadmapForm(request.POST if request.method == "POST" else None, user=request.user, instance=roadmap)
    context = {"title": f"Change {roadmap}", "submit": "Save", "cancel": roadmap.get_absolute_url(), "roadmap": roadmap}
    if request.method == "POST" and form.is_valid() and (version := form.cleaned_data["version"]) is not None:
        theirs = seen.roadmap_changed_since(roadmap, version)
        if theirs:
            return _moved(request, form, theirs, **context)
    return _save(request, form, **context)


def _moved(request: HttpRequest, form: RoadmapForm, theirs: dict[str, seen.Theirs], **context: Any) -> HttpResponse:
    """Show the form again as a 409: what was typed stands, and what others changed is said beside it.

    It is for the version that is there now, so that saving it again is a choice that somebody made.
    """
    for name, one in theirs.items():
        form.add_error(name, str(one))
    data = request.POST.copy()
    data["version"] = str(Roadmap.objects.get(pk=form.instance.pk).version)
    form.data = data  # type: ignore[assignment]
    return render(request, FORM, {"form": form, **context}, status=HTTPStatus.CONFLICT)


def _save(request: HttpRequest, form: RoadmapForm, **context: Any) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        saved = pages.attempt(
            form,
            lambda: save_roadmap(
                form.instance,
                products=list(given["products"]),
                business=list(given["business"]),
                technology=list(given["technology"]),
                by=request.user,
                why=given["why"],
            ),
        )
        if saved:
            messages.success(request, f"{saved} is saved.")
            return redirect(saved.get_absolute_url())
    is_refused = form.is_bound and bool(form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    return render(request, FORM, {"form": form, **context}, status=status)
