"""The page that says what to measure next."""

from http import HTTPStatus

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portfolio.common import exports, pages
from portfolio.rebalance.decision_exports import NEEDS
from portfolio.rebalance.measuring import NO_FIGURES, Needs, needs
from portfolio.rebalance.measuring_forms import MeasureForm


@require_safe
def measure_next(request: HttpRequest) -> HttpResponseBase:
    """List what it would be worth to know, what is worth most first."""
    form = MeasureForm(request.GET)
    template = pages.page_or_fragment(request, "rebalance/measure_list.html")
    if not form.is_valid():
        context = {"form": form, "page": Paginator([], pages.PAGE_SIZE).get_page(1), "found": Needs(found=form.found)}
        return render(request, template, context, status=HTTPStatus.BAD_REQUEST)
    found = needs(form.asked) if form.asked else Needs(found=NO_FIGURES)
    rows = form.chosen(found.rows)
    if file := exports.asked_for(request):
        return pages.file_of(request, NEEDS, rows, file, form.fields)
    page = Paginator(rows, pages.PAGE_SIZE).get_page(request.GET.get("page"))
    page.has_files = True
    most = max((row.value for row in found.rows), default=0.0)
    response = render(
        request, template, {"form": form, "page": page, "found": found, "most": most, "asked": form.asked}
    )
    response.headers["Vary"] = "HX-Request, Cookie"  # one URL, two bodies: keep the caches apart
    return response
